/** Figures in bins as the lines of a chart: of one source, or of several together. Pure. Governing: `metrics.ts`. */
import { fromStored, type Metric } from './metrics.ts'
import { type Slots } from './slots.ts'
import { type SourceRef } from './samples.ts'

/** The figures of a line, one for each bucket, in the metric's natural unit; null is a gap. */
export interface TelemetryLine {
  /** null for several together. */
  readonly source: SourceRef | null
  /** Mean of a gauge; for an amount what it came to, or its rate. */
  readonly values: (number | null)[]
  /** Lowest sample; null for amounts, whose samples are not on the scale of a bucket. Sums of several: of their lowest. */
  readonly mins: (number | null)[] | null
  readonly maxs: (number | null)[] | null
  /** How many sources a value stands for: who was silent in a bucket has no part in it. null for a line of one source. */
  readonly sourceCounts: number[] | null
}

/** @param perSecond amounts are divided by this many seconds; undefined for what they came to */
export function lineOf(
  metric: Metric,
  source: SourceRef,
  slots: Slots | undefined,
  buckets: number,
  perSecond: number | undefined,
): TelemetryLine {
  const gaps = (): (number | null)[] => Array.from({ length: buckets }, () => null)
  const isGauge = metric.kind === 'gauge'
  const line = { source, values: gaps(), mins: isGauge ? gaps() : null, maxs: isGauge ? gaps() : null }
  if (slots !== undefined) {
    for (let i = 0; i < buckets; i++) {
      if (slots.counts[i] === 0) continue
      line.values[i] = fromStored(metric, valueAt(metric, slots, i, perSecond))
      if (line.mins !== null) line.mins[i] = fromStored(metric, slots.mins[i]!)
      if (line.maxs !== null) line.maxs[i] = fromStored(metric, slots.maxs[i]!)
    }
  }
  return { ...line, sourceCounts: null }
}

/** Several sources as one: added up, the highest, or the mean of their means, as the metric says. */
export function lineTogether(
  metric: Metric,
  several: Iterable<Slots>,
  buckets: number,
  perSecond: number | undefined,
): TelemetryLine {
  const counts = new Array<number>(buckets).fill(0)
  const values = new Float64Array(buckets)
  const mins = new Float64Array(buckets)
  const maxs = new Float64Array(buckets)
  const isSum = metric.together === 'sum'
  const isMax = metric.together === 'max'
  for (const slots of several) {
    for (let i = 0; i < buckets; i++) {
      if (slots.counts[i] === 0) continue
      const value = valueAt(metric, slots, i, perSecond)
      const min = slots.mins[i]!
      const max = slots.maxs[i]!
      const isFirst = counts[i]!++ === 0
      if (isFirst) {
        values[i] = value
        mins[i] = min
        maxs[i] = max
      } else {
        values[i] = isMax ? Math.max(values[i]!, value) : values[i]! + value
        mins[i] = isSum ? mins[i]! + min : Math.min(mins[i]!, min)
        maxs[i] = isSum ? maxs[i]! + max : Math.max(maxs[i]!, max)
      }
    }
  }
  const isMean = metric.together === 'mean'
  const natural = (column: Float64Array, divided: boolean): (number | null)[] =>
    counts.map((count, i) =>
      count === 0 ? null : fromStored(metric, divided ? column[i]! / count : column[i]!),
    )
  const isGauge = metric.kind === 'gauge'
  return {
    source: null,
    values: natural(values, isMean),
    mins: isGauge ? natural(mins, false) : null,
    maxs: isGauge ? natural(maxs, false) : null,
    sourceCounts: counts,
  }
}

function valueAt({ kind }: Metric, slots: Slots, index: number, perSecond: number | undefined): number {
  const sum = slots.sums[index]!
  if (kind === 'gauge') return sum / slots.counts[index]!
  return perSecond === undefined ? sum : sum / perSecond
}
