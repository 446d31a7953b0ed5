/** The same tests of a whole history over both of its databases. */
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished } from 'vitest'
import {
  HISTORY_FILE,
  type History,
  type HistoryLocation,
  openHistory,
} from '../../src-main/history/index.ts'
import { freshSite, isPostgresSkipped, queryServer } from './postgres.ts'
import { temporaryDir } from './temporary-dir.ts'

export interface DatabaseUnderTest {
  readonly kind: HistoryLocation['kind']
  /** An empty database for the running test. */
  fresh(): Promise<HistoryLocation>
}

const DATABASES: readonly DatabaseUnderTest[] = [
  { kind: 'sqlite', fresh: () => Promise.resolve({ kind: 'sqlite', dataDir: temporaryDir() }) },
  { kind: 'postgres', fresh: freshSite },
]

/** `describe` for SQLite and for PostgreSQL; the latter is skipped where it is missing (see `postgres.ts`). */
export function describeOnBoth(title: string, body: (database: DatabaseUnderTest) => void): void {
  for (const database of DATABASES) {
    describe.skipIf(database.kind === 'postgres' && isPostgresSkipped)(`${title} (${database.kind})`, () =>
      body(database),
    )
  }
}

/** Opens a history that is closed when the running test ends, unless it was closed before. */
export async function openForTest(database: HistoryLocation, nowMs: number): Promise<History> {
  const { history, notices } = await openHistory({ database, nowMs })
  expect(notices).toEqual([])
  let closing: Promise<void> | undefined
  const opened = { ...history, close: () => (closing ??= history.close()) }
  onTestFinished(() => opened.close())
  return opened
}

/** Runs one statement beside the history; returns how many rows it changed. */
export async function changeBeside(database: HistoryLocation, statement: string): Promise<number> {
  if (database.kind === 'postgres') {
    return (await queryServer(database.url, statement, database.site)).rowCount ?? 0
  }
  const db = new Database(join(database.dataDir, HISTORY_FILE))
  try {
    return db.prepare(statement).run().changes
  } finally {
    db.close()
  }
}

/**
 * What a kill leaves behind, to be opened anew: of SQLite the file and its journal as they are now; of PostgreSQL the
 * site, whose writer is gone.
 */
export async function afterKill(database: HistoryLocation, history: History): Promise<HistoryLocation> {
  if (database.kind === 'postgres') {
    await history.close()
    return database
  }
  const next = temporaryDir()
  for (const suffix of ['', '-wal']) {
    const from = join(database.dataDir, HISTORY_FILE + suffix)
    if (existsSync(from)) cpSync(from, join(next, HISTORY_FILE + suffix))
  }
  await history.close()
  return { kind: 'sqlite', dataDir: next }
}
