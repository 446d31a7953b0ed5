/** A switch that a person asked for and that waits for the first job of the new pool. */
import { type Clock, type HeadframeError, type Timer } from '../../base/index.ts'
import { type MoveCounts } from './placement.ts'

export interface ActivationResult {
  readonly switchedAtMs: number
  readonly tookMs: number
  readonly downstreams: MoveCounts
}

/** How long a switch waits for the first job of the new pool. */
export const SWITCH_TIMEOUT_MS = 30_000

export class Activation {
  readonly poolId: string
  readonly promise: Promise<ActivationResult>
  readonly #clock: Clock
  readonly #startedMs: number
  readonly #timer: Timer
  #resolve!: (result: ActivationResult) => void
  #reject!: (error: HeadframeError) => void

  constructor(poolId: string, clock: Clock, onTimeout: () => void) {
    this.poolId = poolId
    this.#clock = clock
    this.#startedMs = clock.monotonicMs()
    this.#timer = clock.after(SWITCH_TIMEOUT_MS, onTimeout)
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  succeed(switchedAtMs: number, downstreams: MoveCounts): void {
    this.#timer.cancel()
    this.#resolve({ switchedAtMs, tookMs: this.#clock.monotonicMs() - this.#startedMs, downstreams })
  }

  fail(error: HeadframeError): void {
    this.#timer.cancel()
    this.#reject(error)
  }
}
