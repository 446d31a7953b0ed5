/** Opening the history, in either database. */
import { type HistoryNotice } from './database/notices.ts'
import {
  type HistoryLocation,
  openDatabase,
  type OpenDatabaseOptions,
  openDatabaseToRead,
} from './database/open.ts'
import { type History, historyOn, type HistoryQueries, queriesOn } from './history.ts'

export interface OpenedHistory {
  history: History
  /** What the person should be told. */
  notices: HistoryNotice[]
}

/**
 * Opens, checks and migrates the history, creating it if absent. It has one writer at a time.
 * @throws HeadframeError `history/newer-version`, `history/not-ours`, `history/migration-failed`,
 *   `history/not-writable`, `history/busy`, `history/disk-full`, `history/write-failed`; for a file also
 *   `history/node-too-old`; for a server also `history/wrong-address`, `history/wrong-site-name`,
 *   `history/server-unreachable`, `history/wrong-password`, `history/missing-database`, `history/no-rights`,
 *   `history/site-in-use`
 */
export async function openHistory(options: OpenDatabaseOptions): Promise<OpenedHistory> {
  const { db, notices } = await openDatabase(options)
  return { history: historyOn(db), notices }
}

/**
 * A read-only connection for heavy reads, beside the writer, which must have opened the history before.
 * @throws HeadframeError as `openHistory` does, a server's failures at the first query
 */
export function openHistoryQueries(database: HistoryLocation): HistoryQueries {
  return queriesOn(openDatabaseToRead(database))
}
