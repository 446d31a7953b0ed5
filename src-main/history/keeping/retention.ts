/**
 * How long what is kept, and what gives way when the history is larger than its budget. Pure. Only the raw part ever
 * gives way: roll-ups (five minutes, hours, days), totals and money are kept for ever.
 */
import { HeadframeError } from '../../base/index.ts'
import { type BackupEvery } from './rotation.ts'

export interface RetentionChoices {
  /** Every sample of rigs and meters, days, 1 to 90. */
  readonly rawDays: number
  /** Shares by the minute, days, 1 to 90; later by five minutes. */
  readonly shareMinuteDays: number
  /** Million bytes, from 50; null for no limit. */
  readonly budgetMegabytes: number | null
  readonly backupEvery: BackupEvery
  /** 1 to 30. */
  readonly keepDaily: number
  /** 0 to 52. */
  readonly keepWeekly: number
}

export const DEFAULT_RETENTION: RetentionChoices = {
  rawDays: 14,
  shareMinuteDays: 14,
  budgetMegabytes: null,
  backupEvery: 'day',
  keepDaily: 3,
  keepWeekly: 4,
}

export const MEGABYTE = 1_000_000

const LIMITS = [
  ['rawDays', 'days of samples', 1, 90],
  ['shareMinuteDays', 'days of shares by the minute', 1, 90],
  ['budgetMegabytes', 'megabytes of the budget', 50, 1_000_000],
  ['keepDaily', 'daily backups', 1, 30],
  ['keepWeekly', 'weekly backups', 0, 52],
] as const

/** @throws HeadframeError `history/bad-retention`, with the field in its context */
export function requireRetention(choices: RetentionChoices): void {
  for (const [field, what, least, most] of LIMITS) {
    const value = choices[field]
    if (field === 'budgetMegabytes' && value === null) continue
    if (Number.isInteger(value) && value! >= least && value! <= most) continue
    throw new HeadframeError(
      'history/bad-retention',
      `The number of ${what} must be a whole number from ${least} to ${most}, and ${String(value)} is not.`,
      { context: { field, least, most } },
    )
  }
}

export interface SpaceInUse {
  /** Of the whole history, without pages that are free. */
  readonly usedBytes: number
  /** Of them, samples as they were taken. */
  readonly rawBytes: number
  /** Days that these samples reach back. */
  readonly rawDaysHeld: number
}

export interface EffectiveRetention {
  /** From 1 to what was chosen. */
  readonly rawDays: number
  /** A sentence for a person while less is kept than was chosen, or the budget cannot be met; otherwise null. */
  readonly words: string | null
}

/**
 * What is kept of the raw part so that everything fits the budget: whole days, at least one. Samples of the same rate
 * are assumed for each day. To be asked again whenever the size was measured.
 */
export function fitBudget(choices: RetentionChoices, space: SpaceInUse): EffectiveRetention {
  const { rawDays, budgetMegabytes } = choices
  if (budgetMegabytes === null) return { rawDays, words: null }
  const budget = budgetMegabytes * MEGABYTE
  const rest = space.usedBytes - space.rawBytes
  const perDay = space.rawDaysHeld > 0 ? space.rawBytes / Math.max(1, space.rawDaysHeld) : 0
  const fitting = perDay > 0 ? Math.floor((budget - rest) / perDay) : rawDays
  if (rest >= budget || fitting < 1) {
    return {
      rawDays: 1,
      words: `The history takes ${megabytes(space.usedBytes)} MB, and ${megabytes(rest)} MB of it are never removed: it cannot be kept within ${budgetMegabytes} MB. Every sample is kept for one day only. Choose a larger budget.`,
    }
  }
  if (fitting >= rawDays) return { rawDays, words: null }
  return {
    rawDays: fitting,
    words: `To stay within ${budgetMegabytes} MB, every sample is kept for ${days(fitting)} in place of ${days(rawDays)}. Figures by five minutes, hours and days are kept for ever.`,
  }
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / MEGABYTE)
}

function days(count: number): string {
  return count === 1 ? 'one day' : `${count} days`
}
