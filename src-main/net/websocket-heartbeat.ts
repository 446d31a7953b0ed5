/** Pings for many WebSockets from one timer, and the end of those that answer none: TCP alone may not notice for hours. */
import { type Clock, type Timer } from '../base/index.ts'

export const DEFAULT_PING_PERIOD_MS = 30_000

export interface Pinged {
  /** Called every period. */
  beat(): void
}

export class Heartbeat {
  readonly #clock: Clock
  readonly #periodMs: number
  readonly #pinged = new Set<Pinged>()
  #timer: Timer | null = null

  constructor(clock: Clock, periodMs: number = DEFAULT_PING_PERIOD_MS) {
    this.#clock = clock
    this.#periodMs = periodMs
  }

  add(pinged: Pinged): void {
    this.#pinged.add(pinged)
    this.#timer ??= this.#clock.every(this.#periodMs, () => {
      for (const each of this.#pinged) each.beat()
    })
  }

  remove(pinged: Pinged): void {
    this.#pinged.delete(pinged)
    if (this.#pinged.size > 0) return
    this.#timer?.cancel()
    this.#timer = null
  }
}
