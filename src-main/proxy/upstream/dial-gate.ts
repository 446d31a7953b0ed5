/**
 * Lets a few connections to a pool be dialled at a time, so that a farm with a line for each rig does not fall on
 * it at once. What waits here is spread further by each line's own backoff.
 */
const AT_ONCE = 4

export class DialGate {
  readonly #atOnce: number
  readonly #waiting: (() => void)[] = []
  #dialling = 0

  constructor(atOnce = AT_ONCE) {
    this.#atOnce = atOnce
  }

  /** Runs `dial` when it is its turn; whoever gave up meanwhile only has to see that for himself. */
  async through<T>(dial: () => Promise<T>): Promise<T> {
    if (this.#dialling >= this.#atOnce) await new Promise<void>((go) => this.#waiting.push(go))
    else this.#dialling++
    try {
      return await dial()
    } finally {
      // The place is handed on, not freed, so that nobody slips in between.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#dialling--
    }
  }
}
