/**
 * Putting a backup in place while the program runs. It is copied and read through first, and the history that it
 * replaces is kept beside it; whatever fails, the history from before is opened again. What mines does not notice:
 * batches wait while the history is closed.
 */
import { existsSync } from 'node:fs'
import { chmod, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { errorText, HeadframeError } from '../../base/index.ts'
import { historyFailure, isCorruption } from '../database/failures.ts'
import { requireKnownFile } from '../database/migrations.ts'
import { type HistoryLocation } from '../database/open.ts'
import { HISTORY_FILE } from '../database/open-sqlite.ts'
import { copyFile, requireFile, settle } from './backup.ts'
import { fileDate, findBackup, type HistoryBackup, unusedPath } from './backup-names.ts'
import { fileBytes, freeBytes, requireRoom } from './disk-room.ts'
import { lastWritten, type Loss, lossBetween, readExtent, timeText } from './extent.ts'
import { putBack, setAside } from './set-aside.ts'
import { verifyFile } from './verify-file.ts'

export interface PrepareOptions {
  /** From 0 to 1. */
  readonly onProgress?: (ratio: number) => void
  readonly signal?: AbortSignal
  /** For tests: bytes free in a folder. */
  readonly freeBytes?: (folder: string) => Promise<number | null>
}

export interface SwapOptions {
  /** Names what is kept aside. */
  readonly nowMs: number
  /** Ends the session and closes every connection to the history, those that only read too. */
  close(): Promise<void>
  /** Opens the history and brings it up to date (`openHistory`), and begins a session. Also called to open the one from before. */
  open(): Promise<void>
}

/** The signal is heeded until the history is closed. */
export type RestoreOptions = PrepareOptions & SwapOptions

/** A backup that lies ready beside the history. */
export interface PreparedRestore {
  readonly name: string
  /** What is wrong with figures in the backup; a sentence each, almost always none. */
  readonly problems: readonly string[]
}

export interface RestoreReport {
  /** Name of the backup. */
  readonly from: string
  /** Where the history from before is; null if there was none. */
  readonly keptAside: string | null
  readonly lost: Loss
  /** What is wrong with figures in the backup; a sentence each, almost always none. */
  readonly problems: readonly string[]
}

const BUSY_TIMEOUT_MS = 5000
const FILE_MODE = 0o600
const COPYING_RATIO = 0.4
const READ_RATIO = 0.95

/**
 * Both halves of a restore in one thread.
 * @param name of one of `listBackups`
 * @throws HeadframeError as `prepareRestore` and `finishRestore` do
 */
export async function restoreBackup(
  database: HistoryLocation,
  name: string,
  options: RestoreOptions,
): Promise<RestoreReport> {
  const prepared = await prepareRestore(database, name, {
    ...options,
    onProgress: (ratio) => options.onProgress?.(ratio * READ_RATIO),
  })
  const report = await finishRestore(database, prepared, options)
  options.onProgress?.(1)
  return report
}

/**
 * The long half: copies the backup beside the history and reads the copy through. The history goes on meanwhile, so that
 * this runs best in a thread that is not the writer's.
 * @throws HeadframeError `history/backup-by-server` (PostgreSQL), `history/no-such-backup`, `history/newer-version`,
 *   `history/not-ours`, `history/backup-damaged`, `history/no-room`; the reason of `signal` when aborted. Nothing was
 *   changed then.
 */
export async function prepareRestore(
  database: HistoryLocation,
  name: string,
  options: PrepareOptions = {},
): Promise<PreparedRestore> {
  const dataDir = requireFile(database)
  const backup = findBackup(dataDir, name)
  await removeIncoming(dataDir)
  try {
    return { name, problems: await prepare(dataDir, backup, incomingPath(dataDir), options) }
  } catch (error) {
    await removeIncoming(dataDir)
    throw error
  }
}

/**
 * The short half: closes the history, puts what was prepared in its place and opens that.
 * @throws HeadframeError `history/no-such-backup`, or `history/restore-failed`: then the history from before is open
 *   again, or the message says where it is
 */
export async function finishRestore(
  database: HistoryLocation,
  { name, problems }: PreparedRestore,
  options: SwapOptions,
): Promise<RestoreReport> {
  const dataDir = requireFile(database)
  try {
    return { ...(await swap(dataDir, findBackup(dataDir, name), options)), problems }
  } finally {
    await removeIncoming(dataDir)
  }
}

function incomingPath(dataDir: string): string {
  return join(dataDir, 'history.restoring.sqlite.partial')
}

async function removeIncoming(dataDir: string): Promise<void> {
  for (const part of ['', '-journal', '-wal', '-shm']) await rm(incomingPath(dataDir) + part, { force: true })
}

/** @returns what is wrong with figures in it */
async function prepare(
  dataDir: string,
  backup: HistoryBackup,
  incoming: string,
  { onProgress, signal, freeBytes: free = freeBytes }: PrepareOptions,
): Promise<readonly string[]> {
  const damaged = (reason: string, cause?: unknown): HeadframeError =>
    new HeadframeError(
      'history/backup-damaged',
      `The backup ${backup.name} cannot be read whole and was not put in place (${reason}). The history was left as it is. Choose another backup.`,
      { context: { name: backup.name }, ...(cause === undefined ? {} : { cause }) },
    )
  try {
    requireKnownBackup(backup.path)
    await requireRoom(dataDir, await fileBytes(backup.path), 'Restoring this backup', free)
    await copyFile(backup.path, incoming, (ratio) => onProgress?.(ratio * COPYING_RATIO), signal)
    await chmod(incoming, FILE_MODE)
    const { readable, problems } = await verifyFile(incoming, {
      onProgress: (ratio) => onProgress?.(COPYING_RATIO + ratio * (1 - COPYING_RATIO)),
      ...(signal === undefined ? {} : { signal }),
    })
    if (!readable) throw damaged(problems[0] ?? 'no reason given')
    await settle(incoming)
    signal?.throwIfAborted()
    return problems
  } catch (error) {
    if (isCorruption(error)) throw damaged(errorText(error), error)
    throw historyFailure(error, { kind: 'sqlite', path: backup.path })
  }
}

/** @throws HeadframeError `history/newer-version`, `history/not-ours`; SQLite's error for what is no database */
function requireKnownBackup(path: string): void {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
  try {
    requireKnownFile(db, path)
  } finally {
    db.close()
  }
}

/** The history is open when this begins and when it ends, whichever way. */
async function swap(
  dataDir: string,
  backup: HistoryBackup,
  { nowMs, open, close }: SwapOptions,
): Promise<Omit<RestoreReport, 'problems'>> {
  const path = join(dataDir, HISTORY_FILE)
  const aside = existsSync(path) ? unusedPath(join(dataDir, `history.replaced-${fileDate(nowMs)}`)) : null
  const incoming = incomingPath(dataDir)
  let wasMoved = false
  try {
    await close()
    const lost = lossBetween(readExtent(path), readExtent(incoming), lastWritten(path))
    if (aside !== null) {
      setAside(path, aside)
      wasMoved = true
    }
    await rename(incoming, path)
    await settle(dataDir)
    await open()
    return { from: backup.name, keptAside: aside, lost }
  } catch (error) {
    await close().catch(() => undefined)
    try {
      if (aside !== null && wasMoved) {
        for (const part of ['-wal', '-shm']) await rm(path + part, { force: true })
        putBack(aside, path)
      }
      await open()
    } catch (second) {
      const where = aside !== null && existsSync(aside) ? aside : path
      throw new HeadframeError(
        'history/restore-failed',
        `The backup of ${timeText(backup.atMs)} could not be put in place (${errorText(error)}), and the history from before could not be opened again (${errorText(second)}). It is at ${where}: stop Headframe, name it ${path} and start again.`,
        { cause: error, context: { name: backup.name, path: where } },
      )
    }
    throw new HeadframeError(
      'history/restore-failed',
      `The backup of ${timeText(backup.atMs)} could not be put in place (${errorText(error)}). The history from before is in use again and nothing of it was lost.`,
      { cause: error, context: { name: backup.name } },
    )
  }
}
