/**
 * What a board was stopped for, over as many plugs and unplugs as the program lives: two trips, and it stays off until
 * a person has seen it.
 */
import { type PowerCut } from '../model/power.ts'
import { type CutReason, isTrip, LATCH_AFTER_TRIPS } from './rules.ts'

export class TripRecord {
  #count = 0
  #isLatched = false
  #lastCut: PowerCut | null = null
  /** Monotonic milliseconds of the last trip; null when none is to be rested from. */
  #trippedAtMs: number | null = null

  /** Trips since somebody acknowledged. */
  get count(): number {
    return this.#count
  }

  get isLatched(): boolean {
    return this.#isLatched
  }

  /** Null when nothing was cut since somebody acknowledged. */
  get lastCut(): PowerCut | null {
    return this.#lastCut
  }

  get trippedAtMs(): number | null {
    return this.#trippedAtMs
  }

  /** Dates and counts a cut, and says what comes of it. */
  add(reason: CutReason, nowMs: number, monotonicMs: number): PowerCut {
    const counts = isTrip(reason.cause)
    if (counts) {
      this.#count++
      this.#trippedAtMs = monotonicMs
      if (this.#count >= LATCH_AFTER_TRIPS) this.#isLatched = true
    }
    const follows = this.#isLatched
      ? ' It stays off until you acknowledge this.'
      : counts
        ? ' It may start again when it has cooled.'
        : ''
    this.#lastCut = {
      cause: reason.cause,
      message: `${reason.message}${follows}`,
      atMs: nowMs,
      latched: this.#isLatched,
    }
    return this.#lastCut
  }

  /** The board has rested. */
  rested(): void {
    this.#trippedAtMs = null
  }

  /** A person has seen it. The rest that a board needs is not shortened. */
  acknowledge(): void {
    this.#count = 0
    this.#isLatched = false
    this.#lastCut = null
  }
}
