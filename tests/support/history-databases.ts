/** The databases that a suite of the history runs on: every test of a store is a test on each. */
import { onTestFinished } from 'vitest'
import { type HistoryDb } from '../../src-main/history/database/history-db.ts'
import { openFile } from '../../src-main/history/database/open-sqlite.ts'
import { temporaryDir } from './temporary-dir.ts'

export interface TestDatabase {
  readonly name: string
  /** A new, empty database of the latest version; it is gone when the running test ends. */
  open(): Promise<HistoryDb>
}

const sqlite: TestDatabase = {
  name: 'SQLite',
  open: () => {
    const { db } = openFile({ dataDir: temporaryDir(), nowMs: Date.UTC(2026, 10, 22) })
    onTestFinished(() => db.close().catch(() => {}))
    return Promise.resolve(db)
  },
}

export const historyDatabases: readonly TestDatabase[] = [sqlite]
