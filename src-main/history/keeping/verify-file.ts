/**
 * Reading a history file through, over a connection of its own that can only read: what SQLite knows to be wrong with
 * its pages, then what the history knows to be wrong with its figures (`verify-content.ts`). The writer goes on
 * meanwhile. A table is the smallest piece of the first part: reading one of 500 MB holds up this thread for seconds, so
 * that whoever shows charts runs this in another.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { errorText, HeadframeError } from '../../base/index.ts'
import { historyFailure, isCorruption } from '../database/failures.ts'
import { databaseVersion, migrations, requireKnownFile } from '../database/migrations.ts'
import { fileDb } from '../database/open-sqlite.ts'
import { fileBytes } from './disk-room.ts'
import { Problems, Progress } from './problems.ts'
import { noteDamage } from './recover.ts'
import { verifyContent } from './verify-content.ts'

const BUSY_TIMEOUT_MS = 5000
/** Of the progress, what reading the pages takes. */
const PAGES_RATIO = 0.4
/** Rows that SQLite names at most for a table. */
const FAULTS_LISTED = 5
/** Up to this size the file is also looked at as one: only that finds faults in its list of free pages. */
const WHOLE_BYTES = 64 * 2 ** 20

export interface VerifyOptions {
  /** From 0 to 1, rising. */
  readonly onProgress?: (ratio: number) => void
  readonly signal?: AbortSignal
}

export interface VerifyReport {
  /** Nothing is wrong with it. */
  readonly sound: boolean
  /** The database can be read whole; what is wrong, if anything, are figures in it. */
  readonly readable: boolean
  /** A sentence each, at most 21. */
  readonly problems: readonly string[]
  readonly checkedBytes: number
  /** Version of its tables; null when it cannot be told. */
  readonly version: number | null
}

/**
 * Damage is an outcome and not thrown.
 * @throws HeadframeError `history/newer-version`, `history/not-ours`, `history/busy`, `history/not-writable` (there is
 *   no such file); the reason of `signal` when it was aborted
 */
export async function verifyFile(path: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  options.signal?.throwIfAborted()
  const problems = new Problems()
  let connection: Database.Database | undefined
  let version: number | null = null
  let readable: boolean
  const checkedBytes = await fileBytes(path)
  try {
    connection = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
    requireKnownFile(connection, path)
    version = databaseVersion(connection)
    await verifyPages(connection, problems, checkedBytes, options)
    readable = problems.sentences.length === 0
    // An older version is brought up to date when it is opened; its figures are checked after that.
    if (readable) verifyReferences(connection, problems)
    if (readable && version === migrations.length) {
      await verifyContent(fileDb(connection, path), problems, options, PAGES_RATIO)
    }
  } catch (error) {
    if (!wasDamage(error)) throw historyFailure(error, { kind: 'sqlite', path })
    problems.add(`The file cannot be read through: ${errorText(causeOf(error))}.`)
    readable = false
  } finally {
    connection?.close()
  }
  options.onProgress?.(1)
  const { sentences } = problems
  if (!readable) noteDamage(path, sentences[0] ?? '')
  return { sound: sentences.length === 0, readable, problems: sentences, checkedBytes, version }
}

async function verifyPages(
  connection: Database.Database,
  problems: Problems,
  bytes: number,
  { onProgress, signal }: VerifyOptions,
): Promise<void> {
  const progress = new Progress(onProgress)
  const tables = connection
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all()
  // The list of tables itself, and in a small file the free pages.
  const parts = bytes <= WHOLE_BYTES ? [null] : ['sqlite_schema', ...tables]
  for (const [index, table] of parts.entries()) {
    await nextTurn()
    signal?.throwIfAborted()
    const what = table === null ? `${FAULTS_LISTED}` : `'${table.replaceAll("'", "''")}'`
    const faults = connection.pragma(`integrity_check(${what})`) as { integrity_check: string }[]
    for (const { integrity_check } of faults.slice(0, FAULTS_LISTED)) {
      if (integrity_check === 'ok') continue
      const where = table === null ? 'The file' : `The table ${table}`
      problems.add(`${where} is damaged: ${integrity_check.replaceAll(/\s*\n\s*/g, '; ')}.`)
    }
    progress.at(0, PAGES_RATIO * 0.9, index + 1, parts.length)
  }
  progress.at(0, PAGES_RATIO, 1, 1)
}

function verifyReferences(connection: Database.Database, problems: Problems): void {
  const orphans = connection.pragma('foreign_key_check') as { table: string; parent: string }[]
  for (const [table, parent] of new Map(orphans.map((one) => [one.table, one.parent]))) {
    problems.add(`Rows of ${table} name a row of ${parent} that does not exist.`)
  }
}

function wasDamage(error: unknown): boolean {
  return isCorruption(error) || (error instanceof HeadframeError && error.code === 'history/corrupted')
}

function causeOf(error: unknown): unknown {
  return error instanceof HeadframeError ? error.cause : error
}
