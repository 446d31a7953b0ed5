/**
 * Keeps rigs from drowning a pool. A pool that does not know our hashrate yet may grant a target that nearly
 * every hash meets, and what it says later does not change the job in hand (Mining Protocol, SetTarget). If
 * rigs were held to that, each hash would be a share; the reference pool closes the channel after some
 * thousand. So where the pool's target would make a flood of all rigs together, it counts for nothing: rigs are
 * held to a few shares a second instead, and what does not reach that stays here as weak. A pool that is merely
 * generous, with some dozens of shares a second, gets every one of them: they are paid.
 */
import { difficultyOfHashrate } from '../../mining/index.ts'

/** Shares a second of all rigs together that are a flood. */
const FLOOD_SHARES_PER_SECOND = 50
/** What is let through of a flood, as part of it: 4 shares a second, or up to 11 (see `SLACK`). */
const LET_THROUGH_RATIO = 0.08
/** The difficulty moves in powers of two, and only when it is off by more than this: no chasing of noise. */
const SLACK = 2.8

export class FloodGate {
  readonly #sharesPerMinute: number
  #difficulty = 0

  /** @param floodSharesPerSecond Infinity lets everything pass */
  constructor(floodSharesPerSecond = FLOOD_SHARES_PER_SECOND) {
    this.#sharesPerMinute = 60 * floodSharesPerSecond * LET_THROUGH_RATIO
  }

  /** Shares below this are not sent for jobs of this share difficulty; 0 where there is no flood. */
  floor(poolDifficulty: number): number {
    return poolDifficulty < this.#difficulty * LET_THROUGH_RATIO ? this.#difficulty : 0
  }

  /** What rigs may be held to at most, for jobs of this share difficulty. */
  cap(poolDifficulty: number): number {
    return Math.max(poolDifficulty, this.floor(poolDifficulty))
  }

  /** @param hashrateHs of all rigs, as far as it is known or believed */
  update(hashrateHs: number): void {
    if (hashrateHs <= 0 || this.#sharesPerMinute === Number.POSITIVE_INFINITY) {
      this.#difficulty = 0
      return
    }
    const exact = difficultyOfHashrate(hashrateHs, this.#sharesPerMinute)
    if (exact >= this.#difficulty && exact < SLACK * this.#difficulty) return
    this.#difficulty = 2 ** Math.floor(Math.log2(exact))
  }
}
