/** The databases that a suite of the history runs on: every test of a store is a test on each. */
import { onTestFinished } from 'vitest'
import { type HistoryDb } from '../../src-main/history/database/history-db.ts'
import { openDatabase } from '../../src-main/history/database/open.ts'
import { freshSite, isPostgresSkipped } from './postgres.ts'
import { temporaryDir } from './temporary-dir.ts'

export interface TestDatabase {
  readonly name: string
  /** A new, empty database of the latest version; it is gone when the running test ends. */
  open(): Promise<HistoryDb>
}

const NOW = Date.UTC(2026, 10, 22)

const sqlite: TestDatabase = {
  name: 'SQLite',
  open: async () => {
    const { db } = await openDatabase({ database: { kind: 'sqlite', dataDir: temporaryDir() }, nowMs: NOW })
    return closedAtEnd(db)
  },
}

const postgres: TestDatabase = {
  name: 'PostgreSQL',
  open: async () => {
    const { db } = await openDatabase({ database: await freshSite(), nowMs: NOW })
    return closedAtEnd(db)
  },
}

export const historyDatabases: readonly TestDatabase[] = isPostgresSkipped ? [sqlite] : [sqlite, postgres]

function closedAtEnd(db: HistoryDb): HistoryDb {
  // A test may have closed it itself.
  onTestFinished(() => db.close().catch(() => {}))
  return db
}
