/** The columns that the head of the list and its rows share. */
export const COLUMNS =
  'grid-cols-[44px_minmax(0,1fr)_136px_116px_104px_132px] xl:grid-cols-[44px_minmax(0,1fr)_160px_128px_116px_88px_164px]'
