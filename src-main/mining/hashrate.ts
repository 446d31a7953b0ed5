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
  readonly #longestWindowMs: number
  /** One more than the longest window has, for the bucket that is being filled. */
  readonly #buckets: number
  /**
   * By bucket the sum of difficulties, then by bucket that of their squares. One array, and a plain one, because
   * there are very many rigs: a typed array takes 350 bytes beside its numbers.
   */
  readonly #sums: number[]
  /** Number of the newest bucket since the clock's zero; its slot is the number modulo `#buckets`. */
  #newest: number

  /**
   * @param nowMs since when the rig could have delivered shares
   * @param longestWindowMs the longest that will be asked for; memory is in proportion to it
   */
  constructor(nowMs: number, longestWindowMs: number = QUARTER_HOUR_MS) {
    this.#startMs = nowMs
    this.#longestWindowMs = longestWindowMs
    this.#buckets = Math.ceil(longestWindowMs / BUCKET_MS) + 1
    this.#sums = new Array<number>(2 * this.#buckets).fill(0)
    this.#newest = Math.floor(nowMs / BUCKET_MS)
  }

  /** Records a good share held to `difficulty`. */
  add(difficulty: number, atMs: number): void {
    this.#advance(atMs)
    const slot = Math.floor(atMs / BUCKET_MS) % this.#buckets
    this.#sums[slot]! += difficulty
    this.#sums[this.#buckets + slot]! += difficulty * difficulty
  }

  /**
   * The hashrate over the last `windowMs`, at most the longest window.
   * @returns null before any time has passed
   */
  estimate(windowMs: number, nowMs: number): HashrateEstimate | null {
    this.#advance(nowMs)
    const fromMs = Math.max(this.#startMs, nowMs - Math.min(windowMs, this.#longestWindowMs))
    const coveredMs = nowMs - fromMs
    if (coveredMs <= 0) return null
    const oldest = Math.floor(fromMs / BUCKET_MS)
    const oldestShare = this.#shareWithin(oldest, fromMs)
    let work = 0
    let squares = 0
    for (let bucket = oldest, slot = oldest % this.#buckets; bucket <= this.#newest; bucket++, slot++) {
      if (slot === this.#buckets) slot = 0
      const share = bucket === oldest ? oldestShare : 1
      work += this.#sums[slot]! * share
      squares += this.#sums[this.#buckets + slot]! * share
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
    if (bucket - this.#newest >= this.#buckets) {
      this.#sums.fill(0)
      this.#newest = bucket
    }
    while (this.#newest < bucket) {
      this.#newest++
      const slot = this.#newest % this.#buckets
      this.#sums[slot] = 0
      this.#sums[this.#buckets + slot] = 0
    }
  }
}
