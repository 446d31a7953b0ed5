/** The columns that the head of the list and its rows share. */
export const COLUMNS =
  'grid-cols-[44px_minmax(0,1fr)_150px_100px_68px_150px] xl:grid-cols-[44px_minmax(0,1fr)_152px_100px_72px_80px_88px_164px]'
