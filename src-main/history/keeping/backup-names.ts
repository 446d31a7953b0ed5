/**
 * The copies of the history file: what they are called, where they lie and what each is. A copy in `backups/` got its
 * name only after it was read through; the others were put aside as they were.
 */
import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HeadframeError, systemErrorCode } from '../../base/index.ts'

/** In the data directory. */
export const HISTORY_FILE = 'history.sqlite'

/** In the data directory. */
export const BACKUP_FOLDER = 'backups'

/**
 * automatic: made by the program, and removed by it in time. by-hand: a person asked for it; never removed.
 * before-migration, before-restore: the file as it was before. damaged: a file that could not be used.
 */
export type BackupKind = 'automatic' | 'by-hand' | 'before-migration' | 'before-restore' | 'damaged'

export interface HistoryBackup {
  /** Unique among all copies; what `findBackup` takes. */
  readonly name: string
  readonly path: string
  /** The moment in its name. */
  readonly atMs: number
  readonly bytes: number
  readonly kind: BackupKind
  /** Read through when it was made; null: not looked at yet. */
  readonly verified: true | null
}

/** `2026-11-22T07-47-10Z`: sorts by time and is a file name everywhere. */
export function fileDate(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/\.\d+/, '').replaceAll(':', '-')
}

/** `<stem>.sqlite`, or with a number if that exists. */
export function unusedPath(stem: string): string {
  for (let n = 1; ; n++) {
    const path = n === 1 ? `${stem}.sqlite` : `${stem}-${n}.sqlite`
    if (!existsSync(path)) return path
  }
}

export function backupPath(dataDir: string, kind: 'automatic' | 'by-hand', nowMs: number): string {
  const stem = kind === 'automatic' ? 'history-' : 'history-by-hand-'
  return unusedPath(join(dataDir, BACKUP_FOLDER, `${stem}${fileDate(nowMs)}`))
}

const DATE = String.raw`(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2})Z(?:-\d+)?\.sqlite`
const IN_FOLDER: readonly [RegExp, BackupKind][] = [
  [new RegExp(`^history-${DATE}$`), 'automatic'],
  [new RegExp(`^history-by-hand-${DATE}$`), 'by-hand'],
]
const BESIDE_THE_FILE: readonly [RegExp, BackupKind][] = [
  [new RegExp(`^history\\.before-${DATE}$`), 'before-migration'],
  [new RegExp(`^history\\.replaced-${DATE}$`), 'before-restore'],
  [new RegExp(`^history\\.broken-${DATE}$`), 'damaged'],
]

/** Every copy there is, newest first; files of other names are not ours and left out. */
export function listBackups(dataDir: string): HistoryBackup[] {
  const backups = [
    ...listFolder(join(dataDir, BACKUP_FOLDER), IN_FOLDER),
    ...listFolder(dataDir, BESIDE_THE_FILE),
  ]
  return backups.sort((a, b) => b.atMs - a.atMs || (a.name < b.name ? 1 : -1))
}

/** @throws HeadframeError `history/no-such-backup` if no copy has that name, which is never taken as a path */
export function findBackup(dataDir: string, name: string): HistoryBackup {
  const backup = listBackups(dataDir).find((one) => one.name === name)
  if (backup !== undefined) return backup
  throw new HeadframeError(
    'history/no-such-backup',
    `There is no copy of the history named ${name.slice(0, 100)}. Look at the list of backups again; it may have been removed meanwhile.`,
    { context: { name: name.slice(0, 100) } },
  )
}

/**
 * Deletes a copy.
 * @throws HeadframeError `history/no-such-backup`
 */
export async function removeBackup(dataDir: string, name: string): Promise<void> {
  const { path } = findBackup(dataDir, name)
  for (const part of ['', '-journal', '-wal', '-shm']) await rm(path + part, { force: true })
}

function listFolder(folder: string, kinds: readonly [RegExp, BackupKind][]): HistoryBackup[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return []
    throw error
  }
  const backups: HistoryBackup[] = []
  for (const entry of entries) {
    if (!entry.isFile()) continue
    for (const [pattern, kind] of kinds) {
      const match = pattern.exec(entry.name)
      if (match === null) continue
      const atMs = Date.parse(`${match[1]}T${match[2]}:${match[3]}:${match[4]}Z`)
      if (Number.isNaN(atMs)) continue
      const path = join(folder, entry.name)
      const bytes = statSync(path, { throwIfNoEntry: false })?.size
      if (bytes === undefined) continue
      const verified = kind === 'automatic' || kind === 'by-hand' ? true : null
      backups.push({ name: entry.name, path, atMs, bytes, kind, verified })
    }
  }
  return backups
}
