/**
 * Reading packed series: every kept figure of one metric and some sources in a stretch of time, poured into bins that the
 * caller chooses. From the span it is told to read, and from the samples that are not folded yet. Nothing is filled in:
 * a bin without a figure stays empty.
 */
import { sql } from 'kysely'
import { type HistoryQueryable } from '../database/history-db.ts'
import { type BlockDamage } from './fold.ts'
import { type Metric, type MetricColumn } from './metrics.ts'
import { TIMES, unpackFigures, unpackTimes } from './raw-hours.ts'
import { DAY_MS, FIVE_MINUTES, HOUR_MS, HOURS, RAW_SPAN, Slots, pourSlots, type SlotSpan } from './slots.ts'
import { LIST_LIMIT, slices } from './sources.ts'

/** How finely a series is kept. */
export type Grain = 'raw' | 'five-minutes' | 'hours' | 'days'

export const GRAIN_MS: Record<Exclude<Grain, 'raw'>, number> = {
  'five-minutes': FIVE_MINUTES.slotMs,
  hours: HOURS.slotMs,
  days: DAY_MS,
}

/** Stretches of time one after the other, without gaps between them. */
export interface Bins {
  readonly fromMs: number
  /** Not included. */
  readonly toMs: number
  readonly count: number
  /** Every bin begins and ends at whole multiples of this since the epoch. */
  readonly slotMs: number
  /** The bin of a moment in [fromMs, toMs). */
  indexOf(atMs: number): number
}

export interface SlotsRead {
  /** By source number; a source without figures is left out. */
  readonly bySource: Map<number, Slots>
  readonly damaged: BlockDamage[]
}

/** @param grain every bin must begin and end where its slots do */
export async function readSlots(
  queries: HistoryQueryable,
  metric: Metric & { readonly column: MetricColumn },
  sources: readonly number[],
  bins: Bins,
  grain: Grain,
): Promise<SlotsRead> {
  const read: SlotsRead = { bySource: new Map(), damaged: [] }
  if (bins.count === 0) return read
  for (const some of slices(sources, LIST_LIMIT)) {
    switch (grain) {
      case 'raw':
        await addRaw(queries, metric, some, bins, read)
        break
      case 'five-minutes':
        await addBlocks(queries, metric, FIVE_MINUTES, some, bins, read)
        break
      case 'hours':
        await addBlocks(queries, metric, HOURS, some, bins, read)
        break
      case 'days':
        await addDays(queries, metric, some, bins, read)
    }
    await addUnfolded(queries, metric, some, bins, read)
  }
  return read
}

/** Bins of equal width, each beginning at a whole multiple of it since the epoch. */
export function evenBins(fromMs: number, widthMs: number, count: number): Bins {
  return {
    fromMs,
    toMs: fromMs + count * widthMs,
    count,
    slotMs: widthMs,
    indexOf: (atMs) => Math.floor((atMs - fromMs) / widthMs),
  }
}

/** @param edges rising, one more than there are bins, at whole multiples of `slotMs` since the epoch */
export function edgedBins(edges: readonly number[], slotMs: number): Bins {
  // Figures come in rising order of time, block by block: the bin is nearly always the last one or the next.
  let last = 0
  const indexOf = (atMs: number): number => {
    if (atMs >= edges[last]! && atMs < edges[last + 1]!) return last
    if (last + 2 < edges.length && atMs >= edges[last + 1]! && atMs < edges[last + 2]!) return ++last
    let low = 0
    let high = edges.length - 1
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (edges[middle]! <= atMs) low = middle
      else high = middle
    }
    return (last = low)
  }
  return { fromMs: edges[0]!, toMs: edges.at(-1)!, count: edges.length - 1, slotMs, indexOf }
}

function slotsOf({ bySource }: SlotsRead, source: number, bins: Bins): Slots {
  let slots = bySource.get(source)
  if (slots === undefined) {
    slots = new Slots(bins.count)
    bySource.set(source, slots)
  }
  return slots
}

async function addRaw(
  queries: HistoryQueryable,
  metric: Metric,
  sources: readonly number[],
  bins: Bins,
  read: SlotsRead,
): Promise<void> {
  const rows = await queries
    .selectFrom('series_blocks')
    .select(['source', 'metric', 'start', 'bytes'])
    .where('source', 'in', sources)
    .where('metric', 'in', [TIMES, metric.id])
    .where('span', '=', RAW_SPAN)
    .where('start', '>', bins.fromMs - HOUR_MS)
    .where('start', '<', bins.toMs)
    .execute()
  const momentsOf = new Map<string, Uint8Array>()
  for (const row of rows) if (row.metric === TIMES) momentsOf.set(`${row.source} ${row.start}`, row.bytes)
  for (const { source, metric: id, start, bytes } of rows) {
    if (id === TIMES) continue
    const damage = (metric: number, reason: string): void =>
      void read.damaged.push({ source, metric, span: RAW_SPAN, startMs: start, reason })
    const moments = momentsOf.get(`${source} ${start}`)
    if (moments === undefined) {
      damage(TIMES, 'the moments are missing')
      continue
    }
    const times = unpackTimes(moments)
    if (!times.ok) {
      damage(TIMES, times.error.reason)
      continue
    }
    const figures = unpackFigures(bytes, times.value.length)
    if (!figures.ok) {
      damage(metric.id, figures.error.reason)
      continue
    }
    const slots = slotsOf(read, source, bins)
    const { fromMs, toMs } = bins
    for (let i = 0; i < figures.value.length; i++) {
      const value = figures.value[i]!
      const atMs = start + times.value[i]!
      if (!Number.isNaN(value) && atMs >= fromMs && atMs < toMs) slots.add(bins.indexOf(atMs), value)
    }
  }
}

async function addBlocks(
  queries: HistoryQueryable,
  metric: Metric,
  span: SlotSpan,
  sources: readonly number[],
  bins: Bins,
  read: SlotsRead,
): Promise<void> {
  const rows = await queries
    .selectFrom('series_blocks')
    .select(['source', 'start', 'bytes'])
    .where('source', 'in', sources)
    .where('metric', '=', metric.id)
    .where('span', '=', span.id)
    .where('start', '>', bins.fromMs - span.blockMs)
    .where('start', '<', bins.toMs)
    .execute()
  const { fromMs, toMs } = bins
  for (const { source, start, bytes } of rows) {
    const slots = slotsOf(read, source, bins)
    const damage = pourSlots(bytes, span.slots, (index, sum, count, min, max) => {
      const atMs = start + index * span.slotMs
      if (atMs >= fromMs && atMs < toMs) slots.merge(bins.indexOf(atMs), sum, count, min, max)
    })
    if (damage !== undefined) {
      read.damaged.push({ source, metric: metric.id, span: span.id, startMs: start, reason: damage.reason })
    }
  }
}

async function addDays(
  queries: HistoryQueryable,
  metric: Metric,
  sources: readonly number[],
  bins: Bins,
  read: SlotsRead,
): Promise<void> {
  // Adding wide buckets up in the database was tried: its sorting takes what fewer rows save.
  const rows = await queries
    .selectFrom('series_days')
    .select(['source', 'day', 'sum', 'count', 'min', 'max'])
    .where('source', 'in', sources)
    .where('metric', '=', metric.id)
    .where('day', '>=', bins.fromMs / DAY_MS)
    .where('day', '<', bins.toMs / DAY_MS)
    .execute()
  for (const { source, day, sum, count, min, max } of rows) {
    slotsOf(read, source, bins).merge(bins.indexOf(day * DAY_MS), sum, count, min, max)
  }
}

/** Narrower slots hold few samples each: then adding up in the database costs more than it saves. */
const ADDED_UP_FROM_MS = 30_000

async function addUnfolded(
  queries: HistoryQueryable,
  metric: Metric & { readonly column: MetricColumn },
  sources: readonly number[],
  bins: Bins,
  read: SlotsRead,
): Promise<void> {
  const column = sql.ref<number>(metric.column)
  const rows = queries
    .selectFrom('samples')
    .where('source', 'in', sources)
    .where('at_ms', '>=', bins.fromMs)
    .where('at_ms', '<', bins.toMs)
    .where(metric.column, 'is not', null)
  if (bins.slotMs < ADDED_UP_FROM_MS) {
    const samples = await rows.select(['source', 'at_ms', column.as('value')]).execute()
    for (const { source, at_ms, value } of samples) {
      slotsOf(read, source, bins).add(bins.indexOf(at_ms), value)
    }
    return
  }
  const slot = sql<number>`at_ms / ${sql.lit(bins.slotMs)}`
  const slots = await rows
    .select([
      'source',
      slot.as('slot'),
      sql<number>`SUM(${column})`.as('sum'),
      sql<number>`COUNT(${column})`.as('count'),
      sql<number>`MIN(${column})`.as('min'),
      sql<number>`MAX(${column})`.as('max'),
    ])
    .groupBy(['source', slot])
    .execute()
  for (const { source, slot: index, sum, count, min, max } of slots) {
    slotsOf(read, source, bins).merge(bins.indexOf(index * bins.slotMs), sum, count, min, max)
  }
}
