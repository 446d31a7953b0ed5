/** Something that happened while opening and that the person should be told. */
export interface HistoryNotice {
  kind: 'corrupted-kept-aside' | 'migrated'
  /** Where the old file or the copy is; null where there is none (PostgreSQL). */
  path: string | null
  title: string
  /** Says what happened and what can be done. */
  detail: string
}
