/** What a session is waiting for, and until when. One wait at a time. */
import { type Clock, type Timer } from '../../base/index.ts'

export class SessionTimeout {
  readonly #clock: Clock
  readonly #onTimeout: (awaited: string, timeoutMs: number) => void
  #timer: Timer | null = null

  /** @param onTimeout gets what was awaited and for how long */
  constructor(clock: Clock, onTimeout: (awaited: string, timeoutMs: number) => void) {
    this.#clock = clock
    this.#onTimeout = onTimeout
  }

  /** Waits for something else from now on. */
  await(awaited: string, timeoutMs: number): void {
    this.clear()
    this.#timer = this.#clock.after(timeoutMs, () => this.#onTimeout(awaited, timeoutMs))
  }

  clear(): void {
    this.#timer?.cancel()
    this.#timer = null
  }
}
