/**
 * Several lines over one stretch of time, on the same buckets: what the explorer draws. Reads only. A metric that is one
 * figure over another (J/TH, uptime) is the quotient of both sums, never a mean of quotients.
 */
import { type z } from 'zod'
import {
  type ExploreResult,
  type ExploreSeries,
  type exploreLine,
  type exploreQuery,
  type MetricUnit,
  type RigMetric,
  rigMetric,
  type shareMetric,
} from '../../../src-preload/contract/index.ts'
import { HeadframeError } from '../../base/index.ts'
import { type HistoryQueries, type MetricColumn, type TelemetrySeries } from '../../history/index.ts'
import { type MetricSource, RIG_METRICS } from '../metric-table.ts'

type Line = z.infer<typeof exploreLine>
type ShareMetric = z.infer<typeof shareMetric>
type Column = (number | null)[]

/** What a rig or meter is called, by its id, or by its rigKey for what the proxy counts. */
export type NameOf = (id: string) => string

interface Range {
  readonly fromMs: number
  readonly toMs: number
  readonly points: number
}

/** One line as it was read, on its own buckets. */
interface ReadLine {
  readonly bucketMs: number
  readonly at: readonly number[]
  readonly series: readonly Omit<ExploreSeries, 'line' | 'metric' | 'unit'>[]
  readonly damaged: number
}

/** @throws HeadframeError `history/empty-range` */
export async function explore(
  history: HistoryQueries,
  query: z.infer<typeof exploreQuery>,
  nameOf: NameOf,
): Promise<ExploreResult> {
  if (query.from >= query.to) {
    throw new HeadframeError('history/empty-range', '"from" must be earlier than "to".', {
      context: { field: 'from' },
    })
  }
  const range = { fromMs: query.from, toMs: query.to, points: query.points }
  const { bucketMs, results } = await readAlike(
    range,
    query.lines.map((line) => ({
      offsetMs: line.offsetMs,
      read: (moved: Range) => readLine(history, line, moved, nameOf),
    })),
  )
  const at = bucketStarts(range, bucketMs)
  return {
    bucketMs,
    at,
    series: results.flatMap((line, index) => onBuckets(line, at, query.lines[index]!, index, bucketMs)),
    damaged: results.reduce((sum, { damaged }) => sum + damaged, 0),
  }
}

interface Reading<T> {
  /** How much earlier than the range it reads. */
  readonly offsetMs: number
  read(range: Range): Promise<T>
}

/**
 * Readings of one range on the same buckets. They are kept to different fineness, so that those that came finer, or moved by
 * a part of a bucket, are read again over whole buckets of the coarsest.
 */
async function readAlike<T extends { readonly bucketMs: number }>(
  range: Range,
  readings: readonly Reading<T>[],
): Promise<{ bucketMs: number; results: T[] }> {
  const results: T[] = await Promise.all<T>(
    readings.map(({ read, offsetMs }) => read(earlier(range, offsetMs, range.points))),
  )
  /** The width that each is read on; 0 where its buckets lie askew. */
  const widths = results.map(({ bucketMs }, i) => (readings[i]!.offsetMs % bucketMs === 0 ? bucketMs : 0))
  for (;;) {
    const bucketMs = Math.max(...results.map((result) => result.bucketMs))
    const open = readings.flatMap((reading, i) => (widths[i] === bucketMs ? [] : [{ reading, i }]))
    if (open.length === 0) return { bucketMs, results }
    const whole = {
      fromMs: Math.floor(range.fromMs / bucketMs) * bucketMs,
      toMs: Math.ceil(range.toMs / bucketMs) * bucketMs,
    }
    for (const { reading, i } of open) {
      const moved = earlier(whole, movedBy(reading.offsetMs, bucketMs), 0)
      // With just as many points as buckets, none can be narrower.
      const points = Math.max(1, (moved.toMs - moved.fromMs) / bucketMs)
      results[i] = await reading.read({ ...moved, points })
      widths[i] = bucketMs
    }
  }
}

/** A stretch before the epoch is an empty one. */
function earlier({ fromMs, toMs }: Omit<Range, 'points'>, offsetMs: number, points: number): Range {
  return { fromMs: Math.max(0, fromMs - offsetMs), toMs: Math.max(0, toMs - offsetMs), points }
}

/** A comparison with another time is moved by whole buckets. */
function movedBy(offsetMs: number, bucketMs: number): number {
  return Math.round(offsetMs / bucketMs) * bucketMs
}

function bucketStarts({ fromMs, toMs }: Range, bucketMs: number): number[] {
  const first = Math.floor(fromMs / bucketMs)
  const count = Math.ceil(toMs / bucketMs) - first
  return Array.from({ length: count }, (_, index) => (first + index) * bucketMs)
}

/** The line's values at the buckets asked for. */
function onBuckets(
  line: ReadLine,
  at: readonly number[],
  { metric, offsetMs }: Line,
  index: number,
  bucketMs: number,
): ExploreSeries[] {
  const moved = movedBy(offsetMs, bucketMs)
  const places = new Map(line.at.map((start, place) => [start + moved, place]))
  const pick = (column: readonly (number | null)[]): Column =>
    at.map((start) => {
      const place = places.get(start)
      return place === undefined ? null : (column[place] ?? null)
    })
  return line.series.map(({ mean, min, max, rigCount, ...named }) => ({
    ...named,
    line: index,
    metric,
    unit: unitOf(metric),
    mean: pick(mean),
    min: min && pick(min),
    max: max && pick(max),
    rigCount: rigCount && pick(rigCount),
  }))
}

export function isRigMetric(metric: string): metric is RigMetric {
  return (rigMetric.options as readonly string[]).includes(metric)
}

function unitOf(metric: Line['metric']): MetricUnit {
  if (isRigMetric(metric)) return RIG_METRICS[metric].unit
  return metric === 'hashrate' ? 'H/s' : 'shares'
}

async function readLine(
  history: HistoryQueries,
  line: Line,
  range: Range,
  nameOf: NameOf,
): Promise<ReadLine> {
  return isRigMetric(line.metric)
    ? rigLine(history, RIG_METRICS[line.metric].source, line, range, nameOf)
    : shareLine(history, line.metric, line, range, nameOf)
}

async function rigLine(
  history: HistoryQueries,
  source: MetricSource,
  line: Line,
  range: Range,
  nameOf: NameOf,
): Promise<ReadLine> {
  return source.kind === 'quotient'
    ? quotientLine(history, source, line, range, nameOf)
    : figureLine(history, source, line, range, nameOf)
}

function readColumn(
  { telemetry }: HistoryQueries,
  column: MetricColumn,
  rigs: Line['rigs'],
  together: boolean,
  range: Range,
): Promise<TelemetrySeries> {
  const sources = rigs === null ? 'rigs' : rigs.map((key) => ({ kind: 'rig' as const, key }))
  return telemetry.series({ metric: column, sources, together, ...range })
}

async function figureLine(
  history: HistoryQueries,
  { column, times: factor }: MetricSource,
  { rigs, together }: Line,
  range: Range,
  nameOf: NameOf,
): Promise<ReadLine> {
  const { bucketMs, at, lines, damage } = await readColumn(history, column, rigs, together, range)
  const scaled = (values: Column): Column => values.map((value) => times(value, factor))
  const series = lines.map(({ source, values, mins, maxs, sourceCounts }) => {
    const rig = together ? null : (source?.key ?? null)
    return {
      rig,
      name: rig === null ? togetherName(rigs, nameOf) : nameOf(rig),
      mean: scaled(values),
      min: mins && scaled(mins),
      max: maxs && scaled(maxs),
      rigCount: sourceCounts?.map((count) => (count === 0 ? null : count)) ?? null,
    }
  })
  return { bucketMs, at, series, damaged: damage.count }
}

/** Of several together only those that say both: the power of one does not stand over the rate of another. */
async function quotientLine(
  history: HistoryQueries,
  { column, over, times: factor }: Extract<MetricSource, { kind: 'quotient' }>,
  { rigs, together }: Line,
  range: Range,
  nameOf: NameOf,
): Promise<ReadLine> {
  const {
    bucketMs,
    results: [top, below],
  } = await readAlike(
    range,
    [column, over].map((figure) => ({
      offsetMs: 0,
      read: (moved: Range) => readColumn(history, figure, rigs, false, moved),
    })),
  )
  const { at, lines } = top!
  const under = new Map(below!.lines.map(({ source, values }) => [source?.key, values]))
  const pairs = lines.map(({ source, values }) => ({
    key: source?.key ?? null,
    values,
    over: under.get(source?.key),
  }))
  const damaged = top!.damage.count + below!.damage.count
  const nothing = { min: null, max: null }
  if (!together) {
    const series = pairs.map(({ key, values, over: divisors }) => {
      const mean = values.map((value, i) => quotient(value, divisors?.[i] ?? null, factor))
      return { rig: key, name: nameOf(key ?? ''), mean, ...nothing, rigCount: null }
    })
    return { bucketMs, at, series, damaged }
  }
  const sums = at.map((_, i) => {
    const sum = { top: 0, over: 0, rigs: 0 }
    for (const { values, over: divisors } of pairs) {
      const value = values[i] ?? null
      const divisor = divisors?.[i] ?? null
      if (value === null || divisor === null) continue
      sum.top += value
      sum.over += divisor
      sum.rigs++
    }
    return sum
  })
  const mean = sums.map((sum) => (sum.rigs === 0 ? null : quotient(sum.top, sum.over, factor)))
  const rigCount = sums.map((sum) => (sum.rigs === 0 ? null : sum.rigs))
  const all = { rig: null, name: togetherName(rigs, nameOf), mean, ...nothing, rigCount }
  return { bucketMs, at, series: [all], damaged }
}

async function shareLine(
  { shares }: HistoryQueries,
  metric: ShareMetric,
  { rigs, together }: Line,
  range: Range,
  nameOf: NameOf,
): Promise<ReadLine> {
  if (rigs === null) {
    const { bucketMs, points } = await shares.series({ metric, ...range })
    const mean = points.map(({ value }) => value)
    const all = { rig: null, name: 'All rigs', mean, min: null, max: null, rigCount: null }
    return { bucketMs, at: points.map(({ at }) => at), series: [all], damaged: 0 }
  }
  const each = await Promise.all(rigs.map((rigKey) => shares.series({ metric, rigKey, ...range })))
  const bucketMs = each[0]?.bucketMs ?? 60_000
  const at = each[0]?.points.map((point) => point.at) ?? []
  const columns = each.map(({ points }) => points.map(({ value }) => value))
  const nothing = { min: null, max: null }
  if (!together) {
    const series = columns.map((mean, index) => {
      const rig = rigs[index]!
      return { rig, name: nameOf(rig), mean, ...nothing, rigCount: null }
    })
    return { bucketMs, at, series, damaged: 0 }
  }
  const values = at.map((_, place) => columns.flatMap((column) => column[place] ?? []))
  const mean = values.map((present) =>
    present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0),
  )
  const rigCount = values.map(({ length }) => (length === 0 ? null : length))
  const sum = { rig: null, name: togetherName(rigs, nameOf), mean, ...nothing, rigCount }
  return { bucketMs, at, series: [sum], damaged: 0 }
}

function togetherName(rigs: readonly string[] | null, nameOf: NameOf): string {
  if (rigs === null) return 'All rigs'
  return rigs.length === 1 ? nameOf(rigs[0]!) : `${rigs.length} rigs`
}

function times(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor
}

function quotient(top: number | null, over: number | null, factor: number): number | null {
  return top === null || over === null || over === 0 ? null : (top / over) * factor
}
