/**
 * Measured hashrate from the difficulties of good shares. Independent of retargeting: the sum of difficulties
 * is an unbiased measure of work whatever each share was held to. Memory is bounded: an hour's shares or a
 * million, it is the same few buckets. Times are monotonic milliseconds, passed in.
 */
import { HASHES_PER_DIFFICULTY } from './difficulty.ts'

/** Windows shown to people. */
export const MINUTE_MS = 60_000
export const FIVE_MINUTES_MS = 300_000
export const QUARTER_HOUR_MS = 900_000

const BUCKET_MS = 15_000
/** One more than the longest window has, for the bucket that is being filled. */
const BUCKETS = QUARTER_HOUR_MS / BUCKET_MS + 1

export interface HashrateEstimate {
  /** H/s, over `coveredMs`. 0 if no share came. */
  readonly hashrateHs: number
  /**
   * Standard error as a ratio: 0.1 for a hundred shares of one difficulty. Null if no share came, when only an
   * upper bound is known.
   */
  readonly errorRatio: number | null
  /** How much of the window has been observed: less than asked for a rig that came lately. */
  readonly coveredMs: number
}

export class HashrateEstimator {
  readonly #startMs: number
  /** By bucket the sum of difficulties, then by bucket that of their squares; one array, because there are very many rigs. */
  readonly #sums = new Float64Array(2 * BUCKETS)
  /** Number of the newest bucket since the clock's zero; its slot is the number modulo `BUCKETS`. */
  #newest: number

  /** @param nowMs since when the rig could have delivered shares */
  constructor(nowMs: number) {
    this.#startMs = nowMs
    this.#newest = Math.floor(nowMs / BUCKET_MS)
  }

  /** Records a good share held to `difficulty`. */
  add(difficulty: number, atMs: number): void {
    this.#advance(atMs)
    const slot = Math.floor(atMs / BUCKET_MS) % BUCKETS
    this.#sums[slot]! += difficulty
    this.#sums[BUCKETS + slot]! += difficulty * difficulty
  }

  /**
   * The hashrate over the last `windowMs`, at most a quarter of an hour.
   * @returns null before any time has passed
   */
  estimate(windowMs: number, nowMs: number): HashrateEstimate | null {
    this.#advance(nowMs)
    const fromMs = Math.max(this.#startMs, nowMs - Math.min(windowMs, QUARTER_HOUR_MS))
    const coveredMs = nowMs - fromMs
    if (coveredMs <= 0) return null
    const oldest = Math.floor(fromMs / BUCKET_MS)
    const oldestShare = this.#shareWithin(oldest, fromMs)
    let work = 0
    let squares = 0
    for (let bucket = oldest, slot = oldest % BUCKETS; bucket <= this.#newest; bucket++, slot++) {
      if (slot === BUCKETS) slot = 0
      const share = bucket === oldest ? oldestShare : 1
      work += this.#sums[slot]! * share
      squares += this.#sums[BUCKETS + slot]! * share
    }
    return {
      hashrateHs: (work * HASHES_PER_DIFFICULTY) / (coveredMs / 1000),
      errorRatio: work === 0 ? null : Math.sqrt(squares) / work,
      coveredMs,
    }
  }

  /** The part of a bucket's work that counts: the oldest bucket is usually cut by the window's edge. */
  #shareWithin(bucket: number, fromMs: number): number {
    const bucketStartMs = Math.max(bucket * BUCKET_MS, this.#startMs)
    const bucketEndMs = (bucket + 1) * BUCKET_MS
    if (bucketStartMs >= fromMs) return 1
    return (bucketEndMs - fromMs) / (bucketEndMs - bucketStartMs)
  }

  #advance(nowMs: number): void {
    const bucket = Math.floor(nowMs / BUCKET_MS)
    if (bucket - this.#newest >= BUCKETS) {
      this.#sums.fill(0)
      this.#newest = bucket
    }
    while (this.#newest < bucket) {
      this.#newest++
      this.#sums[this.#newest % BUCKETS] = 0
      this.#sums[BUCKETS + (this.#newest % BUCKETS)] = 0
    }
  }
}
