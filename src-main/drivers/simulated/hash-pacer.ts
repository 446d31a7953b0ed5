/** Turns a rate into hashes that are due, in turns of some milliseconds of a clock's time. */
import { type Clock, type Timer } from '../../base/index.ts'

/** After a pause of the machine nobody makes up for more than this. */
const MAX_ARREARS_MS = 500
/** Arrears are made up in several turns: whoever shares the thread, a board's thermometer first, is heard in between. */
const MOST_AT_ONCE = 2

export class HashPacer {
  readonly #clock: Clock
  readonly #turnMs: number
  readonly #hash: (count: number) => void
  #hashrateHs = 0
  #doneUntilMs = 0
  #timer: Timer | null = null

  /** @param hash is asked for whole hashes, in the turn of the clock's timer or of a call here */
  constructor(clock: Clock, turnMs: number, hash: (count: number) => void) {
    this.#clock = clock
    this.#turnMs = turnMs
    this.#hash = hash
  }

  get hashrateHs(): number {
    return this.#hashrateHs
  }

  /** From now on at this rate; 0 stops. What was due at the old one is done first. */
  setRate(hashrateHs: number): void {
    if (hashrateHs === this.#hashrateHs) return
    this.catchUp()
    this.#hashrateHs = hashrateHs
    this.#doneUntilMs = this.#clock.monotonicMs()
    if (hashrateHs === 0) this.stop()
    else this.#timer ??= this.#clock.every(this.#turnMs, () => this.catchUp())
  }

  /** Does what is due now, as far as one turn goes: before work changes. */
  catchUp(): void {
    const perMs = this.#hashrateHs / 1000
    if (perMs === 0) return
    const nowMs = this.#clock.monotonicMs()
    this.#doneUntilMs = Math.max(this.#doneUntilMs, nowMs - MAX_ARREARS_MS)
    const most = Math.ceil(MOST_AT_ONCE * this.#turnMs * perMs)
    const due = Math.min(most, Math.floor((nowMs - this.#doneUntilMs) * perMs))
    if (due === 0) return
    this.#doneUntilMs += due / perMs
    this.#hash(due)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#hashrateHs = 0
  }
}
