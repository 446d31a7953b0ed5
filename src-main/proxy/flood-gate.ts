/**
 * Keeps rigs from drowning a pool. A pool that does not know our hashrate yet may grant a target that nearly
 * every hash meets, and what it says later does not change the job in hand (Mining Protocol, SetTarget). If
 * rigs were held to that, each hash would be a share; the reference pool closes the channel after some
 * thousand. So below the difficulty at which all rigs together find a few shares a second, the pool's target
 * counts for nothing: rigs are not held to it, and what does not reach it stays here as weak. No pool pays
 * enough for such shares to be missed.
 */
import { difficultyOfHashrate } from '../mining/index.ts'

/** Shares a second that all rigs together may send, at least; about three times that at most. */
const SHARES_PER_SECOND = 4
/** The difficulty moves in powers of two, and only when it is off by more than this: no chasing of noise. */
const SLACK = 2.8

export class FloodGate {
  readonly #sharesPerMinute: number
  #difficulty = 0

  /** @param sharesPerSecond Infinity lets everything pass */
  constructor(sharesPerSecond = SHARES_PER_SECOND) {
    this.#sharesPerMinute = 60 * sharesPerSecond
  }

  /** Shares below this are not sent; 0 as long as nothing is known of the rigs. */
  get difficulty(): number {
    return this.#difficulty
  }

  /** What rigs may be held to at most, for jobs of this share difficulty. */
  cap(poolDifficulty: number): number {
    return Math.max(poolDifficulty, this.#difficulty)
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
