/**
 * The usual way to find a rig's difficulty, as the Stratum Reference Implementation's pool and translator do
 * it: once a minute the share rate since the last change is compared with the aim, and the difficulty follows
 * when it is off by a percentage that shrinks with time. Written from its description (Stratum V2 reference,
 * section 7.7), plain and without improvements of ours; what `Vardiff` is held against.
 *
 * Left out is what only makes the original worse: it rounds difficulties to powers of two for V1 rigs, and a
 * new difficulty waits there for the next job.
 */
import { difficultyOfHashrate, expectedHashes } from '../../../src-main/mining/index.ts'

export interface ClassicVardiffOptions {
  /** What the rig was announced with, H/s. The first difficulty follows from it. */
  readonly nominalHashrateHs: number
  /** Moment of the first difficulty, milliseconds, as all moments here. */
  readonly nowMs: number
  readonly sharesPerMinute?: number
  readonly leastHashrateHs?: number
  /** From the first difficulty to the first check: the checks of all rigs are in step with each other. */
  readonly firstCheckAfterMs?: number
}

const CHECK_PERIOD_MS = 60_000
const LEAST_WINDOW_S = 15
/** Deviation in percent that is acted on, and the seconds since the last change from which it is. */
const THRESHOLDS = [
  { percent: 100, afterS: 0 },
  { percent: 60, afterS: 60 },
  { percent: 50, afterS: 120 },
  { percent: 45, afterS: 180 },
  { percent: 30, afterS: 240 },
  { percent: 15, afterS: 300 },
] as const
/** A deviation that is not believed but stepped towards. */
const LARGEST_BELIEVED_PERCENT = 1000

export class ClassicVardiff {
  readonly #sharesPerMinute: number
  readonly #leastHashrateHs: number
  #hashrateHs: number
  #windowStartMs: number
  #nextCheckMs: number
  #shares = 0

  constructor(options: ClassicVardiffOptions) {
    this.#sharesPerMinute = options.sharesPerMinute ?? 6
    this.#leastHashrateHs = options.leastHashrateHs ?? 1
    this.#hashrateHs = options.nominalHashrateHs
    this.#windowStartMs = options.nowMs
    this.#nextCheckMs = options.nowMs + (options.firstCheckAfterMs ?? CHECK_PERIOD_MS)
  }

  /** What the rig is to be held to. */
  get difficulty(): number {
    return difficultyOfHashrate(this.#hashrateHs, this.#sharesPerMinute)
  }

  /** Counts a share, whatever difficulty it was held to. */
  onShare(): void {
    this.#shares++
  }

  /** Call it about once a second; it checks once a minute. @returns the new difficulty, or undefined */
  retarget(nowMs: number): number | undefined {
    if (nowMs < this.#nextCheckMs) return undefined
    this.#nextCheckMs += CHECK_PERIOD_MS
    const windowS = (nowMs - this.#windowStartMs) / 1000
    if (windowS <= LEAST_WINDOW_S) return undefined
    const measuredHs = (expectedHashes(this.difficulty) * this.#shares) / windowS
    const percent = (100 * Math.abs(measuredHs - this.#hashrateHs)) / this.#hashrateHs
    if (!THRESHOLDS.some((threshold) => percent >= threshold.percent && windowS >= threshold.afterS)) {
      return undefined
    }
    this.#hashrateHs = Math.max(this.#leastHashrateHs, this.#next(measuredHs, percent, windowS))
    this.#windowStartMs = nowMs
    this.#shares = 0
    return this.difficulty
  }

  #next(measuredHs: number, percent: number, windowS: number): number {
    if (this.#shares === 0) return this.#hashrateHs / (windowS <= 30 ? 1.5 : windowS < 60 ? 2 : 3)
    if (percent > LARGEST_BELIEVED_PERCENT)
      return this.#hashrateHs * (windowS <= 30 ? 10 : windowS < 60 ? 5 : 3)
    return measuredHs
  }
}
