/**
 * What becomes of a history that is damaged: at the start the newest sound backup is put in its place, and the person is
 * told what is lost. While the program runs, damage is noted for the next start, which then reads the file through however
 * large it is. Synchronous: nothing else can go on before there is a history.
 */
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { errorText } from '../../base/index.ts'
import { migrations, requireKnownFile } from '../database/migrations.ts'
import { type HistoryNotice } from '../database/notices.ts'
import { HISTORY_FILE, type HistoryBackup, listBackups } from './backup-names.ts'
import { lastWritten, lossBetween, readExtent, timeText } from './extent.ts'

/** In the data directory, from when damage was met until the file was read through. */
const DAMAGE_NOTE = 'history.damage-seen'
const FILE_MODE = 0o600

/**
 * Remembers that a page of the history could not be read, so that the next start looks for the damage. Never throws: the
 * disk may be what is damaged.
 * @param path of the database; a backup's damage is not the history's
 */
export function noteDamage(path: string, what: string): void {
  if (basename(path) !== HISTORY_FILE) return
  try {
    writeFileSync(join(dirname(path), DAMAGE_NOTE), `${what}\n`, { mode: FILE_MODE })
  } catch {
    // Damage shows again.
  }
}

export function wasDamageNoted(dataDir: string): boolean {
  return existsSync(join(dataDir, DAMAGE_NOTE))
}

/** To be called once the file was read through. */
export function forgetDamage(dataDir: string): void {
  rmSync(join(dataDir, DAMAGE_NOTE), { force: true })
}

/**
 * Puts the newest sound backup where a damaged file was.
 * @param path where the history belongs; there is no file
 * @param aside where the damaged one is
 * @param latest newest version that this program knows
 * @returns what to tell the person; without a usable backup there is still no file at `path`
 */
export function recoverHistory(path: string, aside: string, latest = migrations.length): HistoryNotice {
  const dataDir = dirname(path)
  const candidates = listBackups(dataDir).filter(
    ({ kind }) => kind === 'automatic' || kind === 'by-hand' || kind === 'before-migration',
  )
  const unusable: string[] = []
  for (const backup of candidates) {
    const reason = tryBackup(backup, path, latest)
    if (reason === null) return recovered(path, aside, backup, unusable)
    unusable.push(`${backup.name}: ${reason}`)
  }
  const tried =
    unusable.length === 0 ? 'There was no backup.' : `No backup could be used (${unusable.join('; ')}).`
  return {
    kind: 'corrupted-kept-aside',
    path: aside,
    title: 'The history was damaged and starts anew',
    detail: `The history file could not be read, so a new one was started; pools and settings are not affected. ${tried} ${lossOf(path, aside)} The damaged file is kept at ${aside}.`,
  }
}

/** Puts a backup at `path`. @returns null, or why it cannot be used */
function tryBackup(backup: HistoryBackup, path: string, latest: number): string | null {
  const partial = `${path}.partial`
  try {
    copyFileSync(backup.path, partial)
    chmodSync(partial, FILE_MODE)
    const db = new Database(partial, { readonly: true, fileMustExist: true })
    try {
      requireKnownFile(db, backup.path, latest)
      const verdict = db.pragma('integrity_check(1)', { simple: true })
      if (verdict !== 'ok') return 'it is damaged too'
    } finally {
      db.close()
    }
    renameSync(partial, path)
    return null
  } catch (error) {
    return errorText(error)
  } finally {
    for (const part of ['', '-journal', '-wal', '-shm']) rmSync(partial + part, { force: true })
  }
}

function recovered(
  path: string,
  aside: string,
  backup: HistoryBackup,
  unusable: readonly string[],
): HistoryNotice {
  const others = unusable.length === 0 ? '' : ` Newer backups could not be used (${unusable.join('; ')}).`
  return {
    kind: 'corrupted-kept-aside',
    path: aside,
    title: 'The history was damaged; a backup took its place',
    detail: `The history file could not be read, so the backup of ${timeText(backup.atMs)} was put in its place; pools and settings are not affected.${others} ${lossOf(path, aside)} The damaged file is kept at ${aside}.`,
  }
}

/** A sentence on what the damaged file held beyond what is at `path`, as far as it can still be read. */
function lossOf(path: string, aside: string): string {
  const after = existsSync(path) ? readExtent(path) : { toMs: null, shares: 0 }
  return lossBetween(readExtent(aside), after, lastWritten(aside)).words
}
