/**
 * The telemetry engine's reading half: charts and exact sums from packed series and samples that are not folded yet, as
 * if every sample were still there. Reads only, so it serves on a connection beside the writer. A query sees one moment
 * of the database. Nothing is interpolated; a block that cannot be read is a gap, and is reported.
 */
import { sql } from 'kysely'
import { HeadframeError } from '../../base/index.ts'
import { type HistoryDb, type HistoryQueryable } from '../database/history-db.ts'
import { grainOf, planChart } from './chart-plan.ts'
import { type BlockDamage } from './fold.ts'
import { lineOf, lineTogether, type TelemetryLine } from './lines.ts'
import { type MetricColumn, METRICS } from './metrics.ts'
import { edgedBins, evenBins, type Grain, GRAIN_MS, readSlots } from './read-slots.ts'
import { type SourceRef } from './samples.ts'
import { DAY_MS, FIVE_MINUTES, FIVE_MINUTES_MS, HOUR_MS, SECOND_MS, type Slot, unpackSlots } from './slots.ts'
import { type KnownSource, LIST_LIMIT, nameOf, slices, sourcesOf } from './sources.ts'

export interface TelemetryQuery {
  readonly metric: MetricColumn
  /** 'rigs' for all of them. A source that is not known has a line of gaps. */
  readonly sources: readonly SourceRef[] | 'rigs'
  /** One line of all, as the metric says; otherwise a line for each source. */
  readonly together: boolean
  /** Included, epoch milliseconds. */
  readonly fromMs: number
  /** Not included. */
  readonly toMs: number
  /** At most this many buckets come back. */
  readonly points: number
  /** Amounts per second of the bucket, in place of what they came to. Gauges are not affected. */
  readonly asRate?: boolean
}

export interface TelemetrySeries {
  readonly metric: MetricColumn
  readonly bucketMs: number
  /** Start of each bucket, epoch milliseconds. */
  readonly at: number[]
  readonly lines: TelemetryLine[]
  readonly damage: DamageReport
}

export interface DamageReport {
  /** Blocks that could not be read; each is a gap. */
  readonly count: number
  /** The first of them. */
  readonly where: readonly BlockDamage[]
}

export interface SumsQuery {
  readonly metrics: readonly MetricColumn[]
  /** All rigs without it. */
  readonly sources?: readonly SourceRef[]
  readonly steps: Steps
}

/**
 * Stretches to add up over: of equal length, or between edges (rising), as a person's days are. Slots of five minutes
 * are the finest that are kept for ever, so edges are moved back to the whole five minutes before them.
 */
export type Steps =
  | { readonly fromMs: number; readonly toMs: number; readonly stepMs: number }
  | { readonly edges: readonly number[] }

export interface TelemetrySums {
  /** As they were used: step i reaches from edge i up to edge i + 1. */
  readonly edges: readonly number[]
  readonly sources: readonly SourceSums[]
  readonly damage: DamageReport
}

export interface SourceSums {
  readonly source: SourceRef
  readonly rigKey: string | null
  /** Exact, in stored units, one for each step; null where nothing was measured. */
  readonly sums: { readonly [column in MetricColumn]?: readonly (Slot | null)[] }
}

export interface SourceInfo extends SourceRef {
  readonly rigKey: string | null
  /** To five minutes; null for a source without samples. */
  readonly firstMs: number | null
  readonly lastMs: number | null
}

/** Buckets of one line at most. */
const POINTS_LIMIT = 5000
/** Steps of sums at most: an hour each for a year. */
const STEPS_LIMIT = 10_000
/** Lines of one answer at most. */
const LINES_LIMIT = 300
const DAMAGE_LISTED = 20

const METRIC_BY_COLUMN = new Map(METRICS.map((metric) => [metric.column as MetricColumn, metric]))

export class TelemetryQueries {
  readonly #db: HistoryDb

  constructor(db: HistoryDb) {
    this.#db = db
  }

  /**
   * A metric over time, in at most `points` buckets of 1 s to days, on round times (UTC).
   * @throws RangeError for moments that are not whole, or points or lines out of range
   * @throws HeadframeError what `HistoryDb.snapshot` throws
   */
  async series(query: TelemetryQuery): Promise<TelemetrySeries> {
    const metric = requireMetric(query.metric)
    const { together, fromMs, toMs } = query
    if (query.points > POINTS_LIMIT) throw new RangeError(`a series has at most ${POINTS_LIMIT} points`)
    if (!together && query.sources !== 'rigs' && query.sources.length > LINES_LIMIT) {
      throw new RangeError(`an answer has at most ${LINES_LIMIT} lines`)
    }
    return this.#db.snapshot(async (queries) => {
      const known = await chosen(queries, query.sources)
      const shown = together ? known : known.slice(0, LINES_LIMIT)
      const ids = shown.flatMap(({ id }) => (id === undefined ? [] : [id]))
      const plan = await planChart(queries, metric.id, ids, fromMs, toMs, query.points)
      const bins = evenBins(plan.startMs, plan.bucketMs, plan.count)
      const { bySource, damaged } = await readSlots(queries, metric, ids, bins, grainOf(plan.bucketMs))
      const perSecond = query.asRate === true ? plan.bucketMs / SECOND_MS : undefined
      return {
        metric: query.metric,
        bucketMs: plan.bucketMs,
        at: Array.from({ length: plan.count }, (_, i) => plan.startMs + i * plan.bucketMs),
        lines: together
          ? [lineTogether(metric, bySource.values(), plan.count, perSecond)]
          : shown.map(({ id, ref }) => {
              const slots = id === undefined ? undefined : bySource.get(id)
              return lineOf(metric, ref, slots, plan.count, perSecond)
            }),
        damage: reportOf(damaged),
      }
    })
  }

  /**
   * What metrics came to in each step, exactly, for each source that has any of it.
   * @throws RangeError for edges that are not whole or do not rise, or more than 10,000 steps
   * @throws HeadframeError what `HistoryDb.snapshot` throws
   */
  async sums({ metrics, sources, steps }: SumsQuery): Promise<TelemetrySums> {
    const { edges, grain } = edgesOf(steps)
    if (edges.length < 2) return { edges, sources: [], damage: reportOf([]) }
    const bins = edgedBins(edges, grain === 'days' ? FIVE_MINUTES_MS : GRAIN_MS[grain])
    return this.#db.snapshot(async (queries) => {
      const known = await chosen(queries, sources ?? 'rigs')
      const ids = known.flatMap(({ id }) => (id === undefined ? [] : [id]))
      const damaged: BlockDamage[] = []
      const sumsOf = new Map<number, { [column in MetricColumn]?: (Slot | null)[] }>()
      for (const column of new Set(metrics)) {
        const read = await readSlots(queries, requireMetric(column), ids, bins, grain)
        damaged.push(...read.damaged)
        for (const [source, slots] of read.bySource) {
          const sums = sumsOf.get(source) ?? {}
          sums[column] = Array.from({ length: bins.count }, (_, i) => slots.at(i) ?? null)
          sumsOf.set(source, sums)
        }
      }
      return {
        edges,
        sources: known.flatMap(({ id, ref, rigKey }) => {
          const sums = id === undefined ? undefined : sumsOf.get(id)
          return sums === undefined ? [] : [{ source: ref, rigKey, sums }]
        }),
        damage: reportOf(damaged),
      }
    })
  }

  /** Every source there ever was, in the order they came. */
  async sources(): Promise<SourceInfo[]> {
    return this.#db.snapshot(async (queries) => {
      const known = await sourcesOf(queries)
      const reach = await reachOf(
        queries,
        known.map(({ id }) => id),
      )
      return known.map(({ id, kind, key, rigKey }) => ({
        kind,
        key,
        rigKey,
        firstMs: reach.get(id)?.firstMs ?? null,
        lastMs: reach.get(id)?.lastMs ?? null,
      }))
    })
  }
}

interface ChosenSource {
  readonly ref: SourceRef
  /** Undefined if it has no history. */
  readonly id: number | undefined
  readonly rigKey: string | null
}

async function chosen(
  queries: HistoryQueryable,
  sources: readonly SourceRef[] | 'rigs',
): Promise<ChosenSource[]> {
  const all = await sourcesOf(queries)
  const entry = ({ id, kind, key, rigKey }: KnownSource): ChosenSource => ({ ref: { kind, key }, id, rigKey })
  if (sources === 'rigs') return all.filter(({ kind }) => kind === 'rig').map(entry)
  const byName = new Map(all.map((source) => [nameOf(source), source]))
  const named = new Map(sources.map((ref) => [nameOf(ref), ref]))
  return [...named].map(([name, ref]) => {
    const source = byName.get(name)
    return source === undefined ? { ref, id: undefined, rigKey: null } : entry(source)
  })
}

function requireMetric(column: MetricColumn) {
  const metric = METRIC_BY_COLUMN.get(column)
  if (metric === undefined) {
    throw new HeadframeError('history/unknown-metric', `There is no measured figure "${String(column)}".`, {
      context: { metric: String(column) },
    })
  }
  return metric
}

/** The edges on whole slots, and the coarsest grain that has them all. */
function edgesOf(steps: Steps): { edges: number[]; grain: Exclude<Grain, 'raw'> } {
  const asked = 'edges' in steps ? steps.edges : evenEdges(steps)
  if (asked.length > STEPS_LIMIT + 1) throw new RangeError(`sums have at most ${STEPS_LIMIT} steps`)
  const edges: number[] = []
  for (const edge of asked) {
    if (!Number.isSafeInteger(edge) || edge < 0)
      throw new RangeError('sums need edges in whole epoch milliseconds')
    const moved = edge - (edge % FIVE_MINUTES_MS)
    if (edges.length > 0 && moved < edges.at(-1)!) throw new RangeError('the edges of sums must rise')
    edges.push(moved)
  }
  const isOn = (slotMs: number): boolean => edges.every((edge) => edge % slotMs === 0)
  return { edges, grain: isOn(DAY_MS) ? 'days' : isOn(HOUR_MS) ? 'hours' : 'five-minutes' }
}

function evenEdges({ fromMs, toMs, stepMs }: { fromMs: number; toMs: number; stepMs: number }): number[] {
  if (!(stepMs >= FIVE_MINUTES_MS) || stepMs % FIVE_MINUTES_MS !== 0) {
    throw new RangeError('the steps of sums are whole multiples of five minutes')
  }
  if (!(toMs > fromMs)) return []
  const steps = Math.ceil((toMs - fromMs) / stepMs)
  if (steps > STEPS_LIMIT) throw new RangeError(`sums have at most ${STEPS_LIMIT} steps`)
  return Array.from({ length: steps + 1 }, (_, i) => Math.min(fromMs + i * stepMs, toMs))
}

function reportOf(damaged: readonly BlockDamage[]): DamageReport {
  return { count: damaged.length, where: damaged.slice(0, DAMAGE_LISTED) }
}

interface Reach {
  readonly firstMs: number
  readonly lastMs: number
}

/** From when to when sources have samples. */
async function reachOf(queries: HistoryQueryable, sources: readonly number[]): Promise<Map<number, Reach>> {
  const reach = new Map<number, Reach>()
  const widen = (source: number, firstMs: number, lastMs: number): void => {
    const before = reach.get(source)
    reach.set(source, {
      firstMs: Math.min(firstMs, before?.firstMs ?? Infinity),
      lastMs: Math.max(lastMs, before?.lastMs ?? -Infinity),
    })
  }
  // Nearly every sample says how long it stands for, so the first metric finds nearly every source.
  for (const { id: metric } of METRICS) {
    const open = sources.filter((source) => !reach.has(source))
    for (const some of slices(open, LIST_LIMIT)) await reachOfBlocks(queries, metric, some, widen)
    if (open.length === 0) break
  }
  for (const some of slices(sources, LIST_LIMIT)) {
    const rows = await queries
      .selectFrom('samples')
      .select(['source', sql<number>`MIN(at_ms)`.as('first'), sql<number>`MAX(at_ms)`.as('last')])
      .where('source', 'in', some)
      .groupBy('source')
      .execute()
    for (const { source, first, last } of rows) widen(source, first, last)
  }
  return reach
}

async function reachOfBlocks(
  queries: HistoryQueryable,
  metric: number,
  sources: readonly number[],
  widen: (source: number, firstMs: number, lastMs: number) => void,
): Promise<void> {
  for (const pick of ['MIN', 'MAX']) {
    const rows = await queries
      .selectFrom('series_sources')
      .innerJoin('series_blocks', 'series_blocks.source', 'series_sources.id')
      .select(['source', 'start', 'bytes'])
      .where('series_sources.id', 'in', sources)
      .where('metric', '=', metric)
      .where('span', '=', FIVE_MINUTES.id)
      .where(
        sql<boolean>`start = (
          SELECT ${sql.raw(pick)}(edge.start) FROM series_blocks AS edge
            WHERE edge.source = series_sources.id AND edge.metric = ${sql.lit(metric)}
              AND edge.span = ${sql.lit(FIVE_MINUTES.id)}
        )`,
      )
      .execute()
    for (const { source, start, bytes } of rows) {
      const block = unpackSlots(bytes, FIVE_MINUTES.slots)
      const held = block.ok ? [...block.value.counts.keys()].filter((i) => block.value.counts[i]! > 0) : [0]
      const first = start + (held[0] ?? 0) * FIVE_MINUTES_MS
      widen(source, first, start + (held.at(-1) ?? 0) * FIVE_MINUTES_MS)
    }
  }
}
