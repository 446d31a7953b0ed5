/** How wide the buckets of a chart are. Pure; the rows come from `queries.ts`. */
import { HOUR_MS, MINUTE_MS } from './database/schema.ts'

/** Widths that divide an hour or a day, then whole days: buckets fall on round times (UTC). */
const STEPS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR_MS),
]
const DAY_MS = 24 * HOUR_MS

export interface BucketPlan {
  bucketMs: number
  /** Start of the first bucket. */
  startMs: number
  count: number
}

/**
 * The narrowest buckets that cover [fromMs, toMs) with at most `points` of them. An empty or inverted
 * range gives no buckets; a start before the epoch counts as the epoch.
 * @param narrowestMs buckets are at least this wide, because nothing finer is known: 1 s to a day
 * @throws RangeError if a moment is not a safe integer or `points` is below 1
 */
export function planBuckets(
  fromMs: number,
  toMs: number,
  points: number,
  narrowestMs = MINUTE_MS,
): BucketPlan {
  if (!Number.isSafeInteger(fromMs) || !Number.isSafeInteger(toMs)) {
    throw new RangeError('a series needs moments in whole epoch milliseconds')
  }
  if (!Number.isInteger(points) || points < 1) throw new RangeError('a series needs at least one point')
  const startMs = Math.max(0, fromMs)
  if (toMs <= startMs) return { bucketMs: narrowestMs, startMs, count: 0 }
  for (const bucketMs of STEPS_MS) {
    if (bucketMs < narrowestMs) continue
    const plan = bucketsOf(startMs, toMs, bucketMs)
    if (plan.count <= points) return plan
  }
  // Ends at the latest when one bucket reaches from the epoch to `toMs`.
  for (let days = Math.max(2, Math.floor((toMs - startMs) / DAY_MS / points)); ; days++) {
    const plan = bucketsOf(startMs, toMs, days * DAY_MS)
    if (plan.count <= points) return plan
  }
}

function bucketsOf(fromMs: number, toMs: number, bucketMs: number): BucketPlan {
  const first = Math.floor(fromMs / bucketMs)
  const last = Math.ceil(toMs / bucketMs)
  return { bucketMs, startMs: first * bucketMs, count: last - first }
}
