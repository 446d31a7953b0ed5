/**
 * What follows when a board has failed: how long to wait before the next try, and whether to run it slower. Software
 * resets do not help chips that hang: each try begins with power off (asic-serial 8.6, 4.4, and issue 9 of 10). Pure
 * bookkeeping; who waits and who sets clocks is the session.
 */
import { type Range } from '../model/board.ts'

const BACKOFF_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const
/** Steps of the board's range that a low rate costs. */
const STEPS_DOWN = 2
/** Low rates in a row that make a ceiling of where the board has got to. */
const LOW_RATES_TO_LOCK = 3
const MAX_REASONS = 10

export interface FailureReason {
  readonly atMs: number
  readonly message: string
}

export class RecoveryPlan {
  readonly #range: Range
  readonly #reasons: FailureReason[] = []
  #attempts = 0
  #lowRates = 0
  /** At most this, MHz, since the rate was low; null: no such limit. */
  #limitMhz: number | null = null
  #isLocked = false

  constructor(range: Range) {
    this.#range = range
  }

  /** Failures since it last ran well. */
  get attempts(): number {
    return this.#attempts
  }

  /** Newest last. */
  get reasons(): readonly FailureReason[] {
    return this.#reasons
  }

  /** Highest clock that this board may be given until a person lifts it, MHz; null: the board's own maximum. */
  get ceilingMhz(): number | null {
    return this.#isLocked ? this.#limitMhz : null
  }

  /** The clock to run at when `wantedMhz` is asked for. */
  allowed(wantedMhz: number): number {
    return this.#limitMhz === null ? wantedMhz : Math.min(wantedMhz, this.#limitMhz)
  }

  /** @returns milliseconds to leave power off before the next try */
  failed(message: string, atMs: number): number {
    this.#reasons.push({ atMs, message })
    if (this.#reasons.length > MAX_REASONS) this.#reasons.shift()
    const waitMs = BACKOFF_MS[Math.min(this.#attempts, BACKOFF_MS.length - 1)]!
    this.#attempts++
    return waitMs
  }

  /**
   * The rate was too low at `frequencyMhz`: from now on two steps less, and the third time in a row for good.
   * @returns the clock from now on, MHz, and whether it became the ceiling with this
   */
  rateWasLow(frequencyMhz: number): { readonly frequencyMhz: number; readonly isLocked: boolean } {
    this.#lowRates++
    const { min, step } = this.#range
    this.#limitMhz = Math.max(min, frequencyMhz - STEPS_DOWN * step)
    this.#isLocked ||= this.#lowRates >= LOW_RATES_TO_LOCK
    return { frequencyMhz: this.#limitMhz, isLocked: this.#isLocked }
  }

  /** The board has run well for a while: the next failure is a first one. */
  ranWell(): void {
    this.#attempts = 0
  }

  /** A full window of nonces was as good as it should be. */
  rateWasGood(): void {
    this.#lowRates = 0
  }

  /** A person chose a clock: what a low rate took is given back, but for a ceiling. */
  chosen(): void {
    this.#lowRates = 0
    if (!this.#isLocked) this.#limitMhz = null
  }

  /** A person wants to try again: no ceiling, no waiting. */
  lift(): void {
    this.#attempts = 0
    this.#lowRates = 0
    this.#limitMhz = null
    this.#isLocked = false
  }
}
