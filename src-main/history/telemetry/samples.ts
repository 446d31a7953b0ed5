/**
 * A sample: what one rig or meter measured at one moment, in whole numbers of the units of `metrics.ts`. Pure: what of it
 * can be recorded is judged here, and said.
 */
import { type SourceKind } from '../database/tables.ts'
import { type MetricColumn, METRICS } from './metrics.ts'
import { VALUE_LIMIT } from './slots.ts'

/** Who measured. */
export interface SourceRef {
  readonly kind: SourceKind
  /** The fleet's id of a rig, or a meter's id. */
  readonly key: string
}

/** By metric, in its stored unit; null or left out for what was not measured. */
export type SampleValues = { readonly [column in MetricColumn]?: number | null }

export interface Sample {
  readonly source: SourceRef
  /** Wall time, epoch milliseconds. A source has one sample at a moment: a second one is a duplicate. */
  readonly atMs: number
  readonly values: SampleValues
}

/**
 * Why something was not recorded. bad-moment: no whole moment after the epoch. bad-value: one figure that is no whole
 * number, beyond `VALUE_LIMIT`, or leads its hour beyond `HOUR_SUM_LIMIT`; the rest of its sample is recorded. empty: nothing measured.
 * too-many-sources: the limit of known sources is reached. crowded: more samples in its hour than are kept.
 */
export const REFUSAL_REASONS = ['bad-moment', 'bad-value', 'empty', 'too-many-sources', 'crowded'] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

export type Refusals = { readonly [reason in RefusalReason]: number }

export const NO_REFUSALS: Refusals = {
  'bad-moment': 0,
  'bad-value': 0,
  empty: 0,
  'too-many-sources': 0,
  crowded: 0,
}

/** The last moment that a JavaScript date can name. */
const LAST_MOMENT_MS = 8.64e15

export const METRIC_COLUMNS: readonly MetricColumn[] = METRICS.map(({ column }) => column)

/** The figures of a sample in the order of `METRICS`, or why there are none. */
export type JudgedSample =
  | { readonly figures: (number | null)[]; readonly badValues: number }
  | { readonly refused: 'bad-moment' | 'empty'; readonly badValues: number }

export function judgeSample({ atMs, values }: Sample): JudgedSample {
  if (!Number.isSafeInteger(atMs) || atMs < 0 || atMs > LAST_MOMENT_MS) {
    return { refused: 'bad-moment', badValues: 0 }
  }
  let badValues = 0
  let isEmpty = true
  const figures = METRIC_COLUMNS.map((column) => {
    const value = values[column] ?? null
    if (value === null) return null
    if (!isRecordable(value)) {
      badValues++
      return null
    }
    isEmpty = false
    return value
  })
  return isEmpty ? { refused: 'empty', badValues } : { figures, badValues }
}

/** Whether a figure may enter the roll-ups: sums of a day of such figures are exact. */
export function isRecordable(value: number): boolean {
  return Number.isInteger(value) && value >= -VALUE_LIMIT && value <= VALUE_LIMIT
}
