/**
 * Who is switching a regulator on, so that switching off always wins: it ends whatever is under way, and nothing of
 * that is sent afterwards. Without it a command to switch on that already waits for the bus would follow the one to
 * switch off, which overtakes it.
 */
import { type Clock, HeadframeError } from '../../base/index.ts'

export class Switching {
  readonly #clock: Clock
  #current: AbortController | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Runs steps that may switch on. A later `run` or `end` ends an earlier one.
   * @throws HeadframeError `control/cancelled` if it was ended
   */
  async run<T>(steps: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.end()
    const own = new AbortController()
    this.#current = own
    try {
      const result = await steps(own.signal)
      requireWanted(own.signal)
      return result
    } finally {
      if (this.#current === own) this.#current = null
    }
  }

  end(): void {
    this.#current?.abort()
    this.#current = null
  }

  /** @throws HeadframeError `control/cancelled` */
  async wait(delayMs: number, signal: AbortSignal): Promise<void> {
    requireWanted(signal)
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(delayMs, resolve)
      const stop = (): void => {
        timer.cancel()
        resolve()
      }
      signal.addEventListener('abort', stop, { once: true })
    })
    requireWanted(signal)
  }
}

/** @throws HeadframeError `control/cancelled` */
export function requireWanted(signal: AbortSignal): void {
  if (!signal.aborted) return
  throw new HeadframeError(
    'control/cancelled',
    'The regulator was switched off while it was being switched on.',
  )
}
