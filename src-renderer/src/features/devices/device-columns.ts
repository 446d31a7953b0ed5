/** The columns that the head of the list and every row share: fixed where numbers tick, so that nothing moves. */
export const DEVICE_COLUMNS =
  'grid grid-cols-[minmax(0,4fr)_minmax(0,5fr)_80px_84px_84px_96px_64px_76px] gap-x-3 xl:gap-x-5 xl:grid-cols-[minmax(0,5fr)_minmax(0,6fr)_104px_104px_92px_116px_76px_84px]'
