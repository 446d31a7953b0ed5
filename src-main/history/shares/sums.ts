/** Adding share counts up, and refusing those that do not add up. Pure. */
import { HeadframeError } from '../../base/index.ts'
import { COUNT_COLUMNS } from '../database/schema.ts'
import { type ShareColumns } from '../database/tables.ts'
import { type ShareCounts, type ShareDelta } from './records.ts'

export interface ShareSums extends ShareCounts {
  workDifficulty: number
  bestDifficulty: number
}

/** One of the sums by name. */
export type Figure = keyof ShareSums

/** In the order of `SHARE_COLUMNS`. */
export const FIGURES: readonly Figure[] = [...COUNT_COLUMNS, 'workDifficulty', 'bestDifficulty']

/** The column that a figure is kept in. */
export function columnOf(figure: Figure): keyof ShareColumns {
  if (figure === 'workDifficulty') return 'work_difficulty'
  return figure === 'bestDifficulty' ? 'best_difficulty' : figure
}

/** The names of the columns of `ShareColumns`, in the order of `valuesOf`. */
export const SHARE_COLUMNS: readonly (keyof ShareColumns)[] = [
  ...COUNT_COLUMNS,
  'work_difficulty',
  'best_difficulty',
]

export const NO_SHARES: Readonly<ShareSums> = {
  submitted: 0,
  valid: 0,
  stale: 0,
  duplicate: 0,
  invalid: 0,
  weak: 0,
  acknowledged: 0,
  rejected: 0,
  lost: 0,
  workDifficulty: 0,
  bestDifficulty: 0,
}

/** Adds `more` to `sum`. */
export function addSums(sum: ShareSums, more: Readonly<ShareSums>): void {
  for (const column of COUNT_COLUMNS) sum[column] += more[column]
  sum.workDifficulty += more.workDifficulty
  sum.bestDifficulty = Math.max(sum.bestDifficulty, more.bestDifficulty)
}

/** In the order of `SHARE_COLUMNS`. */
export function valuesOf(sums: Readonly<ShareSums>): number[] {
  return [...COUNT_COLUMNS.map((name) => sums[name]), sums.workDifficulty, sums.bestDifficulty]
}

export function sumsOf(row: ShareColumns): ShareSums {
  const sums: ShareSums = {
    ...NO_SHARES,
    workDifficulty: row.work_difficulty,
    bestDifficulty: row.best_difficulty,
  }
  for (const name of COUNT_COLUMNS) sums[name] = row[name]
  return sums
}

/** @throws HeadframeError `history/accounting-mismatch` if a delta does not add up by itself */
export function requireSound(delta: ShareDelta): void {
  const { rigKey, poolId } = delta
  const mismatch = (what: string): HeadframeError =>
    new HeadframeError(
      'history/accounting-mismatch',
      `The share counts of ${rigKey} at ${poolId} do not add up (${what}), so the batch was not recorded. Please report this.`,
      { context: { rigKey, poolId } },
    )
  for (const column of COUNT_COLUMNS) {
    if (!Number.isSafeInteger(delta[column]) || delta[column] < 0) {
      throw mismatch(`${column} is ${delta[column]}`)
    }
  }
  if (delta.submitted !== delta.valid + delta.stale + delta.duplicate + delta.invalid) {
    throw mismatch('submitted differs from the sum of its verdicts')
  }
  let explained = 0
  for (const count of Object.values(delta.rejectReasons)) {
    if (!Number.isSafeInteger(count) || count < 0) throw mismatch(`a reason was counted ${count} times`)
    explained += count
  }
  if (explained > delta.rejected) throw mismatch('more reasons than rejected shares')
  if (!(
    delta.workDifficulty >= 0 &&
    delta.bestDifficulty >= 0 &&
    Number.isFinite(delta.workDifficulty + delta.bestDifficulty)
  )) {
    throw mismatch('work or best difficulty is not a number from 0')
  }
}
