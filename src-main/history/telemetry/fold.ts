/**
 * Folding: the samples of one source leave the table `samples` and become part of its packed series, all in one
 * transaction. A sample is therefore either a row or folded, whatever happens in between, and is counted once.
 */
import { sql } from 'kysely'
import { type HistoryTransaction } from '../database/history-db.ts'
import { type DialectWords } from '../database/words.ts'
import { METRICS } from './metrics.ts'
import { mergeHour, type RawSample, TIMES } from './raw-hours.ts'
import { isRecordable, METRIC_COLUMNS } from './samples.ts'
import {
  DAY_MS,
  daysOf,
  FIVE_MINUTES,
  HOUR_MS,
  HOURS,
  RAW_SPAN,
  type Slot,
  SlotBlocks,
  type SlotSpan,
  unpackSlots,
  packSlots,
  widen,
} from './slots.ts'
import { LIST_LIMIT, slices } from './sources.ts'

/** A block that could not be read. Its stretch of time is a gap. */
export interface BlockDamage {
  /** `series_sources.id`. */
  readonly source: number
  /** `Metric.id`, or 0 for the moments of raw samples. */
  readonly metric: number
  /** `series_blocks.span`. */
  readonly span: number
  readonly startMs: number
  readonly reason: string
}

export interface FoldedSamples {
  /** Rows that left `samples`. */
  readonly taken: number
  readonly folded: number
  readonly duplicates: number
  /** Not counted, because their hour was full. */
  readonly crowded: number
  /** Figures that were left out because their sum could not be exact. */
  readonly oversized: number
  /** Blocks that were damaged and are now replaced by what was folded. */
  readonly damaged: readonly BlockDamage[]
  /** End of the latest hour folded; 0 if none. */
  readonly upToMs: number
}

export interface FoldOptions {
  readonly source: number
  /** Samples of the two hours from here stay: the running one, and the next for a clock that was a little ahead. */
  readonly hourStartMs: number
  /** Samples before this are rolled up only. */
  readonly rawFromMs: number
  /** Rows taken at most. */
  readonly limit: number
}

const METRIC_IDS = METRICS.map(({ id }) => id)

/** Takes the oldest samples of a source that are due and folds them. To be called in a transaction. */
export async function foldSource(
  trx: HistoryTransaction,
  words: DialectWords,
  options: FoldOptions,
): Promise<FoldedSamples> {
  const { source } = options
  const samples = await take(trx, options)
  const byHour = new Map<number, RawSample[]>()
  for (const sample of samples) {
    const hour = Math.floor(sample.atMs / HOUR_MS) * HOUR_MS
    const others = byHour.get(hour)
    if (others) others.push(sample)
    else byHour.set(hour, [sample])
  }
  const hours = [...byHour.keys()]
  const kept = await blocksOf(trx, source, [TIMES, ...METRIC_IDS], RAW_SPAN, hours)
  const damaged: BlockDamage[] = []
  const writes: BlockWrite[] = []
  const slots = new Map(METRIC_IDS.map((id) => [id, new SlotBlocks(FIVE_MINUTES)]))
  let folded = 0
  let duplicates = 0
  let crowded = 0
  let oversized = 0
  for (const [startMs, some] of byHour) {
    const known = kept.get(startMs) ?? new Map<number, Uint8Array>()
    const merged = mergeHour(startMs, known, some)
    duplicates += merged.duplicates
    crowded += merged.crowded
    oversized += merged.oversized
    folded += merged.added.length
    for (const { metric, reason } of merged.damaged) {
      damaged.push({ source, metric, span: RAW_SPAN, startMs, reason })
    }
    if (startMs + HOUR_MS > options.rawFromMs) {
      for (const [metric, bytes] of merged.blocks)
        writes.push({ metric, span: RAW_SPAN, start: startMs, bytes })
    }
    for (const { atMs, figures } of merged.added) {
      for (let i = 0; i < figures.length; i++) {
        const value = figures[i]!
        if (value !== null) slots.get(METRICS[i]!.id)!.add(atMs, value)
      }
    }
  }
  await writeBlocks(trx, source, writes)
  damaged.push(...(await addSlots(trx, words, source, slots)))
  const upToMs = hours.length === 0 ? 0 : Math.max(...hours) + HOUR_MS
  return { taken: samples.length, folded, duplicates, crowded, oversized, damaged, upToMs }
}

/**
 * Adds five-minute slots to what is kept of a source, and with them its hours and days. To be called in a transaction.
 * @param slots by `Metric.id`, of the span `FIVE_MINUTES`
 * @returns blocks that were damaged and are now replaced by what was added
 */
export async function addSlots(
  trx: HistoryTransaction,
  words: DialectWords,
  source: number,
  slots: ReadonlyMap<number, SlotBlocks>,
): Promise<BlockDamage[]> {
  const damaged: BlockDamage[] = []
  const wide = new Map([...slots].map(([metric, some]) => [metric, widen(some, HOURS)]))
  await writeBlocks(trx, source, await merged(trx, source, slots, FIVE_MINUTES, damaged))
  await writeBlocks(trx, source, await merged(trx, source, wide, HOURS, damaged))
  await addDays(trx, words, source, new Map([...wide].map(([metric, some]) => [metric, daysOf(some)])))
  return damaged
}

/** Deletes what is due and returns what was deleted: nothing can come in between. */
async function take(
  trx: HistoryTransaction,
  { source, hourStartMs, limit }: FoldOptions,
): Promise<RawSample[]> {
  const due = sql<boolean>`(at_ms < ${sql.lit(hourStartMs)} OR at_ms >= ${sql.lit(hourStartMs + 2 * HOUR_MS)})`
  const last = await trx
    .selectFrom('samples')
    .select('at_ms')
    .where('source', '=', source)
    .where(due)
    .orderBy('at_ms')
    .offset(limit - 1)
    .limit(1)
    .executeTakeFirst()
  const rows = await trx
    .deleteFrom('samples')
    .where('source', '=', source)
    .where(due)
    .$if(last !== undefined, (query) => query.where('at_ms', '<=', last!.at_ms))
    .returning(['at_ms', ...METRIC_COLUMNS])
    .execute()
  return rows.map((row) => ({
    atMs: row.at_ms,
    figures: METRIC_COLUMNS.map((column) => {
      const value = row[column]
      return value !== null && isRecordable(value) ? value : null
    }),
  }))
}

interface BlockWrite {
  readonly metric: number
  readonly span: number
  readonly start: number
  readonly bytes: Uint8Array
}

/** Blocks by start and metric. */
async function blocksOf(
  trx: HistoryTransaction,
  source: number,
  metrics: readonly number[],
  span: number,
  starts: readonly number[],
): Promise<Map<number, Map<number, Uint8Array>>> {
  const found = new Map<number, Map<number, Uint8Array>>()
  for (const some of slices(starts, LIST_LIMIT)) {
    const rows = await trx
      .selectFrom('series_blocks')
      .select(['metric', 'start', 'bytes'])
      .where('source', '=', source)
      .where('metric', 'in', metrics)
      .where('span', '=', span)
      .where('start', 'in', some)
      .execute()
    for (const { metric, start, bytes } of rows) {
      const block = found.get(start) ?? new Map<number, Uint8Array>()
      found.set(start, block.set(metric, bytes))
    }
  }
  return found
}

/** The blocks of a span with `slots` added to what they hold; `slots` stay as they are. */
async function merged(
  trx: HistoryTransaction,
  source: number,
  slots: ReadonlyMap<number, SlotBlocks>,
  span: SlotSpan,
  damaged: BlockDamage[],
): Promise<BlockWrite[]> {
  const filled = [...slots].filter(([, { blocks }]) => blocks.size > 0)
  const starts = new Set(filled.flatMap(([, { blocks }]) => [...blocks.keys()]))
  const metrics = filled.map(([metric]) => metric)
  if (metrics.length === 0) return []
  const known = await blocksOf(trx, source, metrics, span.id, [...starts])
  const writes: BlockWrite[] = []
  for (const [metric, { blocks }] of filled) {
    for (const [start, block] of blocks) {
      const before = known.get(start)?.get(metric)
      const read = before === undefined ? undefined : unpackSlots(before, span.slots)
      if (read?.ok === true) read.value.mergeAll(block)
      if (read?.ok === false) {
        damaged.push({ source, metric, span: span.id, startMs: start, reason: read.error.reason })
      }
      const whole = read?.ok === true ? read.value : block
      writes.push({ metric, span: span.id, start, bytes: packSlots(whole) })
    }
  }
  return writes
}

async function writeBlocks(
  trx: HistoryTransaction,
  source: number,
  writes: readonly BlockWrite[],
): Promise<void> {
  for (const some of slices(writes, LIST_LIMIT)) {
    await trx
      .insertInto('series_blocks')
      .values(some.map((write) => ({ source, ...write })))
      .onConflict((conflict) =>
        conflict
          .columns(['source', 'metric', 'span', 'start'])
          .doUpdateSet({ bytes: (row) => row.ref('excluded.bytes') }),
      )
      .execute()
  }
}

async function addDays(
  trx: HistoryTransaction,
  words: DialectWords,
  source: number,
  days: ReadonlyMap<number, ReadonlyMap<number, Slot>>,
): Promise<void> {
  const rows = [...days].flatMap(([metric, slots]) =>
    [...slots].map(([day, slot]) => ({ source, metric, day, ...slot })),
  )
  const least = sql.raw(words.least)
  const greatest = sql.raw(words.greatest)
  for (const some of slices(rows, LIST_LIMIT)) {
    await trx
      .insertInto('series_days')
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(['source', 'metric', 'day']).doUpdateSet({
          sum: sql<number>`series_days.sum + excluded.sum`,
          count: sql<number>`series_days.count + excluded.count`,
          min: sql<number>`${least}(series_days.min, excluded.min)`,
          max: sql<number>`${greatest}(series_days.max, excluded.max)`,
        }),
      )
      .execute()
  }
}

/** The UTC day that a moment falls on. */
export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS)
}
