/**
 * How wide the buckets of a chart are, and from which span they are read: as narrow as was asked for where its figures are
 * still kept and are not too many to read.
 */
import { sql } from 'kysely'
import { type HistoryQueryable } from '../database/history-db.ts'
import { type BucketPlan, planBuckets } from '../series.ts'
import { dayOf } from './fold.ts'
import { type Grain } from './read-slots.ts'
import { DAY_MS, FIVE_MINUTES, FIVE_MINUTES_MS, HOUR_MS, HOURS, RAW_SPAN, SECOND_MS } from './slots.ts'
import { LIST_LIMIT, slices } from './sources.ts'

/**
 * What one chart reads: about as many raw samples, or as much of coarser slots, as take 50 ms on a slow machine. Beyond it
 * buckets are wider and coarser slots answer: a chart of many rigs together has no use for more.
 */
const READ_LIMIT = 260_000
/** To read a slot, against a raw sample. */
const SLOT_COST = 1.3
/** Of a source in an hour, as most are read. */
const SAMPLES_IN_AN_HOUR = 720

/** The narrowest buckets whose figures are still there and not too many to read. */
export async function planChart(
  queries: HistoryQueryable,
  metricId: number,
  sources: readonly number[],
  fromMs: number,
  toMs: number,
  points: number,
): Promise<BucketPlan> {
  for (const narrowestMs of [SECOND_MS, FIVE_MINUTES_MS, HOUR_MS]) {
    const plan = planBuckets(fromMs, toMs, points, narrowestMs)
    const grain = grainOf(plan.bucketMs)
    if (grain === 'days') return plan
    const isHeavy = sources.length * costOf(plan, grain) > READ_LIMIT
    if (isHeavy || (grain === 'raw' && (await isRawGone(queries, metricId, sources, plan)))) continue
    return plan
  }
  return planBuckets(fromMs, toMs, points, DAY_MS)
}

/** Of one source, in raw samples: whole blocks are read, also for a part of them. */
function costOf({ bucketMs, count }: BucketPlan, grain: Exclude<Grain, 'days'>): number {
  const rangeMs = bucketMs * count
  if (grain === 'raw') return (rangeMs / HOUR_MS + 1) * SAMPLES_IN_AN_HOUR
  const { blockMs, slots } = grain === 'hours' ? HOURS : FIVE_MINUTES
  return (rangeMs / blockMs + 1) * slots * SLOT_COST
}

/**
 * Whether a source has days in the range from before its raw samples begin. Raw samples are forgotten by whole days, and
 * days are kept for ever, so a day before the first raw hour is one that was forgotten.
 */
async function isRawGone(
  queries: HistoryQueryable,
  metricId: number,
  sources: readonly number[],
  { startMs, bucketMs, count }: BucketPlan,
): Promise<boolean> {
  const firstDay = dayOf(startMs)
  const lastDay = dayOf(startMs + count * bucketMs - 1)
  for (const some of slices(sources, LIST_LIMIT)) {
    const found = await queries
      .selectFrom('series_days')
      .select('day')
      .where('source', 'in', some)
      .where('metric', '=', metricId)
      .where('day', '>=', firstDay)
      .where('day', '<=', lastDay)
      .where(
        sql<boolean>`series_days.day < COALESCE((
          SELECT MIN(start) FROM series_blocks
            WHERE series_blocks.source = series_days.source
              AND series_blocks.metric = ${sql.lit(metricId)} AND span = ${sql.lit(RAW_SPAN)}
        ) / ${sql.lit(DAY_MS)}, ${sql.lit(Number.MAX_SAFE_INTEGER)})`,
      )
      .limit(1)
      .executeTakeFirst()
    if (found !== undefined) return true
  }
  return false
}

/** The coarsest that has buckets of this width. */
export function grainOf(bucketMs: number): Grain {
  if (bucketMs % DAY_MS === 0) return 'days'
  if (bucketMs % HOUR_MS === 0) return 'hours'
  return bucketMs % FIVE_MINUTES_MS === 0 ? 'five-minutes' : 'raw'
}
