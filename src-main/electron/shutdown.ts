/** Ends the program once, in order, and within a limit: whoever asks, however often. */
import { type Clock, errorText, type Logger } from '../base/index.ts'

/** Stopping takes at most this long; then the process ends anyway. */
export const STOP_LIMIT_MS = 5000

export interface ShutdownOptions {
  readonly clock: Clock
  readonly log: Logger
  /** Stops what runs, in order. */
  stop(): Promise<void>
  /** Ends the process. */
  exit(code: number): void
}

export class Shutdown {
  readonly #options: ShutdownOptions
  #hasBegun = false

  constructor(options: ShutdownOptions) {
    this.#options = options
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Harmless when repeated: the first code counts. */
  begin(code: number): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    const { clock, log, stop } = this.#options
    let hasEnded = false
    const exit = (exitCode: number): void => {
      if (!hasEnded) this.#options.exit(exitCode)
      hasEnded = true
    }
    const limit = clock.after(STOP_LIMIT_MS, () => {
      log.error('stopping took too long', { limitMs: STOP_LIMIT_MS })
      exit(code === 0 ? 1 : code)
    })
    stop()
      .catch((error: unknown) => log.error('stopping failed', { error: errorText(error) }))
      .finally(() => {
        limit.cancel()
        exit(code)
      })
  }
}
