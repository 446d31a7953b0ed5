/** A chart of shares: slots of `share-slots.ts` brought into buckets, divided by the time that we were there. */
import { sql } from 'kysely'
import { type HistoryQueryable } from '../database/history-db.ts'
import { HOUR_MS, MINUTE_MS } from '../database/schema.ts'
import { planBuckets } from '../series.ts'
import { FIVE_MINUTES_MS } from './packed-day.ts'
import { type Series, type SeriesQuery } from './records.ts'
import { hasPackedDays, shareSlots } from './share-slots.ts'

/** Hashes that a share of difficulty 1 stands for, on average. */
const HASHES_PER_DIFFICULTY = 2 ** 32

/**
 * @param filter the rig (0: the farm) and the pool; undefined if there is nothing to be found
 * @param isZeroWhereCovered whether a bucket without a row is a zero if any of it was covered, and not a gap
 */
export async function shareSeries(
  queries: HistoryQueryable,
  { metric, fromMs, toMs, points }: SeriesQuery,
  filter: { rig: number; pool?: number } | undefined,
  isZeroWhereCovered: boolean,
): Promise<Series> {
  let plan = planBuckets(fromMs, toMs, points)
  if (plan.bucketMs < FIVE_MINUTES_MS && plan.count > 0 && filter !== undefined) {
    const isPacked = await hasPackedDays(queries, plan.startMs, plan.startMs + plan.count * plan.bucketMs, 0)
    if (isPacked) plan = planBuckets(fromMs, toMs, points, FIVE_MINUTES_MS)
  }
  const { bucketMs, startMs, count } = plan
  const series: Series = { metric, bucketMs, points: [] }
  if (count === 0) return series
  const range = { slotMs: bucketMs, fromMs: startMs, toMs: startMs + count * bucketMs }

  const values = new Map<number, number>()
  if (filter !== undefined) {
    const figure = metric === 'hashrate' ? 'workDifficulty' : metric
    for (const { atMs, [figure]: value } of await shareSlots(queries, range, filter, [figure])) {
      const known = values.get(atMs)
      const both =
        known === undefined ? value : metric === 'bestDifficulty' ? Math.max(known, value) : known + value
      values.set(atMs, both)
    }
  }
  const covered = await coverage(queries, range)
  for (let i = 0; i < count; i++) {
    const at = startMs + i * bucketMs
    const coveredMs = covered.get(at) ?? 0
    const sum = values.get(at) ?? (isZeroWhereCovered && coveredMs > 0 ? 0 : null)
    const value =
      sum === null || metric !== 'hashrate' ? sum : hashrateOf(sum, coveredMs > 0 ? coveredMs : bucketMs)
    series.points.push({ at, value })
  }
  return series
}

/** How long we were there to count, by the start of each bucket. */
export async function coverage(
  queries: HistoryQueryable,
  { slotMs, fromMs, toMs }: { slotMs: number; fromMs: number; toMs: number },
): Promise<Map<number, number>> {
  const [table, rowMs] =
    slotMs >= HOUR_MS ? (['covered_hours', HOUR_MS] as const) : (['covered_minutes', MINUTE_MS] as const)
  const { rows } = await sql<{ bucket: number; covered_ms: number }>`
    SELECT slot / ${sql.lit(slotMs / rowMs)} AS bucket, SUM(covered_ms) AS covered_ms FROM ${sql.table(table)}
    WHERE slot >= ${fromMs / rowMs} AND slot < ${toMs / rowMs} GROUP BY bucket`.execute(queries)
  return new Map(rows.map(({ bucket, covered_ms }) => [bucket * slotMs, covered_ms]))
}

/** H/s from work done in `coveredMs`. */
function hashrateOf(workDifficulty: number, coveredMs: number): number {
  return (workDifficulty * HASHES_PER_DIFFICULTY * 1000) / coveredMs
}
