/**
 * Copying the history file while it is written. The copy is read through a connection of its own that holds on to one
 * moment, a few pages at a time: the writer neither waits for it nor makes it begin anew (SQLite, "Online Backup API";
 * "Write-Ahead Logging", section 2.2). A copy gets its name after it was read through; until then it
 * is a `.partial` that nobody restores.
 */
import { chmod, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { HeadframeError } from '../../base/index.ts'
import { historyFailure } from '../database/failures.ts'
import { type HistoryLocation } from '../database/open.ts'
import { HISTORY_FILE } from '../database/open-sqlite.ts'
import { BACKUP_FOLDER, backupPath, type HistoryBackup, listBackups } from './backup-names.ts'
import { fileBytes, freeBytes, requireRoom } from './disk-room.ts'
import { noteDamage } from './recover.ts'
import { backupsToRemove, type RotationChoices } from './rotation.ts'
import { verifyFile } from './verify-file.ts'

/** Pages copied at once: some 2 MB, a few milliseconds. */
const PAGES_AT_ONCE = 500
const BUSY_TIMEOUT_MS = 5000
const PARTIAL = '.partial'
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
/** Of the progress, what copying takes; the rest is reading it through. */
const COPYING_RATIO = 0.5

export interface BackupOptions {
  readonly kind: 'automatic' | 'by-hand'
  /** Names the copy. */
  readonly nowMs: number
  /** From 0 to 1. */
  readonly onProgress?: (ratio: number) => void
  readonly signal?: AbortSignal
  /** For tests: bytes free in a folder. */
  readonly freeBytes?: (folder: string) => Promise<number | null>
}

export interface MadeBackup extends HistoryBackup {
  /** What is wrong with figures in it, and so in the history it was made of; a sentence each, almost always none. */
  readonly problems: readonly string[]
}

const running = new Set<string>()

/**
 * Makes a copy in `<dataDir>/backups/`, readable by this user only. One that cannot be read whole is not kept; one in which
 * a figure is wrong is, since the history it was made of is no better.
 * @throws HeadframeError `history/backup-by-server` (PostgreSQL), `history/backup-running`, `history/no-room`,
 *   `history/backup-damaged` (what was copied cannot be read whole; no backup was kept), `history/disk-full`,
 *   `history/not-writable`, `history/write-failed`; the reason of `signal` when it was aborted
 */
export async function makeBackup(database: HistoryLocation, options: BackupOptions): Promise<MadeBackup> {
  const dataDir = requireFile(database)
  if (running.has(dataDir)) {
    throw new HeadframeError(
      'history/backup-running',
      'A backup of the history is being made already. Wait for it to end.',
    )
  }
  running.add(dataDir)
  try {
    return await copyAndVerify(dataDir, options)
  } finally {
    running.delete(dataDir)
  }
}

/**
 * Removes automatic backups that the choices do not keep.
 * @returns their names
 */
export async function rotateBackups(
  dataDir: string,
  choices: RotationChoices,
  nowMs: number,
): Promise<string[]> {
  const removed = backupsToRemove(listBackups(dataDir), choices, nowMs)
  for (const { path } of removed) await rm(path, { force: true })
  return removed.map(({ name }) => name)
}

/**
 * The data directory of a history in a file.
 * @throws HeadframeError `history/backup-by-server` for PostgreSQL
 */
export function requireFile(database: HistoryLocation): string {
  if (database.kind === 'sqlite') return database.dataDir
  throw new HeadframeError(
    'history/backup-by-server',
    'The history is on a PostgreSQL server, which keeps its own backups: use pg_dump or the backup of the server, and ask its administrator to restore. Exports work here as everywhere.',
  )
}

async function copyAndVerify(dataDir: string, options: BackupOptions): Promise<MadeBackup> {
  const { kind, nowMs, onProgress, signal } = options
  const source = join(dataDir, HISTORY_FILE)
  const path = backupPath(dataDir, kind, nowMs)
  const folder = join(dataDir, BACKUP_FOLDER)
  const partial = `${path}${PARTIAL}`
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
    await removePartials(folder)
    const bytes = await fileBytes(source)
    await requireRoom(folder, bytes, 'A backup of the history', options.freeBytes ?? freeBytes)
    await copyFile(source, partial, (ratio) => onProgress?.(ratio * COPYING_RATIO), signal)
    await chmod(partial, FILE_MODE)
    const report = await verifyFile(partial, {
      onProgress: (ratio) => onProgress?.(COPYING_RATIO + ratio * (1 - COPYING_RATIO)),
      ...(signal === undefined ? {} : { signal }),
    })
    if (!report.readable) throw damagedCopy(source, report.problems)
    await settle(partial)
    await rename(partial, path)
    await settle(folder)
    onProgress?.(1)
    return {
      name: basename(path),
      path,
      atMs: nowMs,
      bytes: await fileBytes(path),
      kind,
      verified: true,
      problems: report.problems,
    }
  } catch (error) {
    await removePartials(folder).catch(() => undefined)
    throw historyFailure(fromFolder(error, folder), { kind: 'sqlite', path: source })
  }
}

/**
 * Copies a database of one moment into a file without a write-ahead log.
 * @param to must not exist
 */
export async function copyFile(
  from: string,
  to: string,
  onProgress?: (ratio: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted()
  const source = new Database(from, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
  try {
    // The moment is held from the first read on; without it every write would make the copy begin anew.
    source.exec('BEGIN')
    source.prepare('SELECT COUNT(*) FROM sqlite_schema').get()
    await source.backup(to, {
      progress({ totalPages, remainingPages }) {
        signal?.throwIfAborted()
        onProgress?.(totalPages === 0 ? 1 : 1 - remainingPages / totalPages)
        return PAGES_AT_ONCE
      },
    })
  } finally {
    source.close()
  }
  const copy = new Database(to, { timeout: BUSY_TIMEOUT_MS })
  try {
    copy.pragma('journal_mode = DELETE')
  } finally {
    copy.close()
  }
}

/** What a killed run left, and what SQLite put beside it. */
async function removePartials(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.includes(`.sqlite${PARTIAL}`)) await rm(join(folder, name), { force: true })
  }
}

/** Waits until a file or the entries of a folder are on the disk. */
export async function settle(path: string): Promise<void> {
  const file = await open(path, 'r').catch(() => undefined)
  try {
    // Windows has no such thing for folders.
    await file?.sync().catch(() => undefined)
  } finally {
    await file?.close()
  }
}

function damagedCopy(source: string, problems: readonly string[]): HeadframeError {
  noteDamage(source, problems[0] ?? '')
  return new HeadframeError(
    'history/backup-damaged',
    `No backup was made: what was read from ${source} cannot be read whole (${problems[0] ?? 'no reason given'}). Earlier backups were left as they are. Restart Headframe: it checks the history and says what can be done.`,
    { context: { path: source, problems: problems.length } },
  )
}

const UNWRITABLE = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'EEXIST',
  'ENOTDIR',
  'SQLITE_CANTOPEN',
  'SQLITE_READONLY',
])

/** A full disk as the file system says it, in SQLite's word. */
function fromFolder(error: unknown, folder: string): unknown {
  if (error instanceof HeadframeError || !(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'SQLITE_FULL') {
    return new HeadframeError(
      'history/disk-full',
      `There is no space left in ${dirname(folder)} for a backup of the history. None was made; free some space and try again.`,
      { cause: error, context: { folder } },
    )
  }
  if (UNWRITABLE.has(String(error.code))) {
    return new HeadframeError(
      'history/not-writable',
      `Headframe cannot write backups in ${folder} (${error.message}). Make that folder writable for this user.`,
      { cause: error, context: { folder } },
    )
  }
  return error
}
