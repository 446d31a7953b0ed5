/** Which automatic backups stay, and when the next is due. Pure. Days and weeks (from Monday) are those of UTC. */
import { type HistoryBackup } from './backup-names.ts'

export type BackupEvery = 'off' | 'day' | 'week'

export interface RotationChoices {
  /** Days of which the newest backup is kept. */
  readonly keepDaily: number
  /** Weeks of which the newest backup is kept. */
  readonly keepWeekly: number
}

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
/** The epoch was a Thursday. */
const FIRST_MONDAY_MS = -3 * DAY_MS

/**
 * The automatic backups that may go. One that a person made is never among them, nor is the newest. A backup dated
 * after `nowMs` (the clock was wrong) counts as the oldest, so that it cannot push out the one made today.
 */
export function backupsToRemove<Backup extends Pick<HistoryBackup, 'kind' | 'atMs' | 'name'>>(
  backups: readonly Backup[],
  { keepDaily, keepWeekly }: RotationChoices,
  nowMs: number,
): Backup[] {
  const newestFirst = backups
    .filter(({ kind }) => kind === 'automatic')
    .sort((a, b) => recency(b.atMs, nowMs) - recency(a.atMs, nowMs) || (a.name < b.name ? 1 : -1))
  const kept = new Set<Backup>(newestFirst.slice(0, 1))
  keepNewestOfEach(newestFirst, keepDaily, ({ atMs }) => Math.floor(atMs / DAY_MS), kept)
  keepNewestOfEach(
    newestFirst,
    keepWeekly,
    ({ atMs }) => Math.floor((atMs - FIRST_MONDAY_MS) / WEEK_MS),
    kept,
  )
  return newestFirst.filter((backup) => !kept.has(backup))
}

/** When the next automatic backup is due, epoch ms, `nowMs` for at once; null when they are off. */
export function nextBackupAt(
  backups: readonly Pick<HistoryBackup, 'kind' | 'atMs'>[],
  every: BackupEvery,
  nowMs: number,
): number | null {
  if (every === 'off') return null
  const period = every === 'day' ? DAY_MS : WEEK_MS
  const made = backups
    .filter(({ kind, atMs }) => kind === 'automatic' && atMs <= nowMs)
    .map(({ atMs }) => atMs)
  return made.length === 0 ? nowMs : Math.max(nowMs, Math.max(...made) + period)
}

function recency(atMs: number, nowMs: number): number {
  return atMs <= nowMs ? atMs : -atMs
}

function keepNewestOfEach<Backup>(
  newestFirst: readonly Backup[],
  count: number,
  periodOf: (backup: Backup) => number,
  kept: Set<Backup>,
): void {
  const periods = new Set<number>()
  for (const backup of newestFirst) {
    if (periods.size >= count) return
    const period = periodOf(backup)
    if (periods.has(period)) continue
    periods.add(period)
    kept.add(backup)
  }
}
