/**
 * Opening the history file: the only place that decides what becomes of a file that cannot be used.
 * A damaged file is kept aside and the newest sound backup takes its place, a foreign or newer one is left alone, and
 * nothing is ever deleted.
 */
import { chmodSync, existsSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { errorText, HeadframeError, systemErrorCode } from '../../base/index.ts'
import { fileDate, HISTORY_FILE, unusedPath } from '../keeping/backup-names.ts'
import { forgetDamage, recoverHistory, wasDamageNoted } from '../keeping/recover.ts'
import { historyFailure, isCorruption, notWritable } from './failures.ts'
import { HistoryDb } from './history-db.ts'
import { migrateFile, migrations, requireKnownFile } from './migrations.ts'
import { type HistoryNotice } from './notices.ts'
import { type SchemaStep } from './schema.ts'
import { CachedStatements } from './sqlite-statements.ts'
import { type HistoryTables } from './tables.ts'

export { HISTORY_FILE }

/** How long a statement waits for another program's lock. */
const FILE_MODE = 0o600
const BUSY_TIMEOUT_MS = 5000

/** Files above this are read through at the start only after a session that was killed: see `isSound`. */
const ALWAYS_CHECKED_BYTES = 64 * 2 ** 20

export interface OpenFileOptions {
  /** Must exist. */
  dataDir: string
  /** Dates the name of a file kept aside or copied. */
  nowMs: number
  /** For tests: the steps to migrate by. */
  steps?: readonly SchemaStep[]
}

export interface OpenedDatabase {
  db: HistoryDb
  /** What the person should be told. */
  notices: HistoryNotice[]
}

/**
 * Opens, checks and migrates `<dataDir>/history.sqlite`, creating it if absent.
 * @throws HeadframeError `history/node-too-old`, `history/not-writable`, `history/newer-version`,
 *   `history/not-ours`, `history/migration-failed`, `history/busy`, `history/disk-full`,
 *   `history/write-failed`
 */
export function openFile({ dataDir, nowMs, steps = migrations }: OpenFileOptions): OpenedDatabase {
  requireNodeApi()
  const path = join(dataDir, HISTORY_FILE)
  const date = fileDate(nowMs)
  const notices: HistoryNotice[] = []
  let opened: Database.Database | undefined
  try {
    opened = openSound(path, steps)
    if (opened === undefined) {
      notices.push(recoverHistory(path, keepAside(path, date), steps.length))
      opened = openSound(path, steps)
      if (opened === undefined) throw new Error(`a new database at ${path} fails its own check`)
    }
    const migrated = migrateFile(opened, path, unusedPath(join(dataDir, `history.before-${date}`)), steps)
    if (migrated !== undefined) {
      notices.push({
        kind: 'migrated',
        path: migrated.backupPath,
        title: 'The history was brought up to date',
        detail: `From version ${migrated.from} to ${migrated.to}. A copy from before is at ${migrated.backupPath}; delete it once you are content.`,
      })
    }
    return { db: fileDb(opened, path), notices }
  } catch (error) {
    opened?.close()
    throw historyFailure(error, { kind: 'sqlite', path })
  }
}

/**
 * A read-only connection for heavy reads, beside the writer. The file must have been opened by
 * `openFile` before.
 * @throws HeadframeError `history/not-writable` if there is no such file
 */
export function openFileToRead(dataDir: string): HistoryDb {
  requireNodeApi()
  const path = join(dataDir, HISTORY_FILE)
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
    return fileDb(db, path)
  } catch (error) {
    throw historyFailure(error, { kind: 'sqlite', path })
  }
}

/** @param connection at the latest version; closed with the result */
export function fileDb(connection: Database.Database, path: string): HistoryDb {
  const dialect = new SqliteDialect({ database: new CachedStatements(connection) })
  return new HistoryDb(new Kysely<HistoryTables>({ dialect }), { kind: 'sqlite', path, connection })
}

/**
 * better-sqlite3 13 is built for Node-API 10. Below it, opening a database ends the process with a
 * segmentation fault and no message.
 */
function requireNodeApi(): void {
  if (Number(process.versions.napi) >= 10) return
  throw new HeadframeError(
    'history/node-too-old',
    `Headframe needs Node.js 22.18 or newer and this is ${process.versions.node}. Start it with "npm start", which brings its own, or install a newer Node.js.`,
  )
}

/** What was earned is this user's affair alone; SQLite gives its journals the mode of the file. */
function keepPrivate(path: string): void {
  try {
    chmodSync(path, FILE_MODE)
  } catch {
    // A file of another user that can be written all the same keeps its mode.
  }
}

/** Opens and prepares the file; undefined if it is damaged. */
function openSound(path: string, steps: readonly SchemaStep[]): Database.Database | undefined {
  let db: Database.Database
  try {
    db = new Database(path, { timeout: BUSY_TIMEOUT_MS })
  } catch (error) {
    if (isCorruption(error)) return undefined
    // A missing directory comes as a TypeError without a code.
    throw systemErrorCode(error) === undefined ? notWritable(path, error) : error
  }
  try {
    requireKnownFile(db, path, steps.length)
    if (!isSound(db, path)) {
      db.close()
      return undefined
    }
    forgetDamage(dirname(path))
    // A file that can be read but not written is found here and not at the first share.
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = NORMAL')
    db.pragma('foreign_keys = ON')
    db.exec('BEGIN IMMEDIATE; ROLLBACK')
    keepPrivate(path)
    return db
  } catch (error) {
    db.close()
    if (isCorruption(error)) return undefined
    throw error
  }
}

/**
 * Whether SQLite finds the file whole. Checking took 1.4 s for 127 MB on a slow two-core machine, so a large
 * file is spared after an orderly end; damage in it shows as `history/corrupted` when it is met, and is then looked for
 * at the next start.
 */
function isSound(db: Database.Database, path: string): boolean {
  const wasSeen = wasDamageNoted(dirname(path))
  if (!wasSeen && statSync(path).size > ALWAYS_CHECKED_BYTES && endedInOrder(db)) return true
  return db.pragma(wasSeen ? 'integrity_check(1)' : 'quick_check(1)', { simple: true }) === 'ok'
}

function endedInOrder(db: Database.Database): boolean {
  const last = db.prepare('SELECT ended_at_ms FROM sessions ORDER BY id DESC LIMIT 1').pluck().get()
  return typeof last === 'number'
}

/** Renames the damaged file with its journal, so that it can still be examined or repaired. @returns where it is */
function keepAside(path: string, date: string): string {
  const aside = unusedPath(`${path.slice(0, -'.sqlite'.length)}.broken-${date}`)
  try {
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
    }
  } catch (error) {
    throw new HeadframeError(
      'history/not-writable',
      `The history file ${path} is damaged and could not be moved aside (${errorText(error)}). Move it away yourself and start again.`,
      { cause: error, context: { path } },
    )
  }
  return aside
}
