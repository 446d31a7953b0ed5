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
import { type HistoryQueries, type MetricColumn } from '../../history/index.ts'
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
  const read = (line: Line, points: number): Promise<ReadLine> =>
    readLine(history, line, shifted(range, line.offsetMs, points), nameOf)
  const first = await Promise.all(query.lines.map((line) => read(line, query.points)))
  // Lines are kept to different fineness; all are drawn on the buckets of the coarsest.
  const coarsest = first.reduce((widest, line) => (line.bucketMs > widest.bucketMs ? line : widest))
  const { bucketMs } = coarsest
  const lines = await Promise.all(
    query.lines.map((line, index) =>
      first[index]!.bucketMs === bucketMs ? first[index]! : read(line, coarsest.at.length),
    ),
  )
  const at = bucketStarts(range, bucketMs)
  return {
    bucketMs,
    at,
    series: lines.flatMap((line, index) => onBuckets(line, at, query.lines[index]!, index, bucketMs)),
    damaged: lines.reduce((sum, { damaged }) => sum + damaged, 0),
  }
}

function shifted({ fromMs, toMs }: Range, offsetMs: number, points: number): Range {
  return { fromMs: Math.max(0, fromMs + offsetMs), toMs: Math.max(1, toMs + offsetMs), points }
}

function bucketStarts({ fromMs, toMs }: Range, bucketMs: number): number[] {
  const first = Math.floor(fromMs / bucketMs)
  const count = Math.ceil(toMs / bucketMs) - first
  return Array.from({ length: count }, (_, index) => (first + index) * bucketMs)
}

/** The line's values at the buckets asked for; a comparison with another time is moved by whole buckets. */
function onBuckets(
  line: ReadLine,
  at: readonly number[],
  { metric, offsetMs }: Line,
  index: number,
  bucketMs: number,
): ExploreSeries[] {
  const moved = Math.round(offsetMs / bucketMs) * bucketMs
  const places = new Map(line.at.map((start, place) => [start - moved, place]))
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
  { rigs, together }: Line,
  range: Range,
  nameOf: NameOf,
): Promise<ReadLine> {
  const read = (column: MetricColumn) =>
    history.telemetry.series({
      metric: column,
      sources: rigs === null ? 'rigs' : rigs.map((key) => ({ kind: 'rig', key })),
      together,
      ...range,
    })
  const top = await read(source.column)
  const below = source.kind === 'quotient' ? await read(source.over) : null
  const series = top.lines.map((line, index) => {
    const rig = together ? null : (line.source?.key ?? null)
    const named = { rig, name: rig === null ? togetherName(rigs, nameOf) : nameOf(rig) }
    const rigCount = line.sourceCounts?.map((count) => (count === 0 ? null : count)) ?? null
    if (below !== null) {
      const over = below.lines[index]?.values ?? []
      const mean = line.values.map((value, i) => quotient(value, over[i] ?? null, source.times))
      return { ...named, mean, min: null, max: null, rigCount }
    }
    const scaled = (column: Column): Column => column.map((value) => times(value, source.times))
    return {
      ...named,
      mean: scaled(line.values),
      min: line.mins && scaled(line.mins),
      max: line.maxs && scaled(line.maxs),
      rigCount,
    }
  })
  return {
    bucketMs: top.bucketMs,
    at: top.at,
    series,
    damaged: top.damage.count + (below?.damage.count ?? 0),
  }
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
