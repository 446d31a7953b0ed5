/**
 * Something that is done again and again, calmly: a pause between rounds with jitter, growing pauses after failures,
 * never two rounds at once. Failures are values here: what a round throws goes to `onEnd`.
 */
import { type Clock, type Entropy, HeadframeError, randomRatio, type Timer } from '../../base/index.ts'
import { afterFailure, type BackoffPolicy, NO_BACKOFF } from '../../net/index.ts'

export interface ChoreOptions {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly everyMs: number
  /** Before the first round; up to as much again is added by chance. */
  readonly firstAfterMs: number
  /** One round. */
  run(signal: AbortSignal): Promise<void>
  /** After each round. @param error null if it went well */
  onEnd(error: unknown): void
}

/** A minute, then twice as long each time, to six hours. */
const RETRY: BackoffPolicy = {
  firstMs: 60_000,
  maxMs: 6 * 60 * 60_000,
  factor: 2,
  jitterRatio: 0.3,
  steadyAfterMs: 0,
}
/** Part of a usual pause that chance adds or takes. */
const JITTER_RATIO = 0.1
/** What no second attempt within the hour mends: a person or another version must. */
const LASTING: ReadonlySet<string> = new Set([
  'outside/refused',
  'outside/changed',
  'outside/redirected',
  'outside/too-large',
  'outside/bad-address',
  'outside/no-currency',
])
const LASTING_PAUSE_MS = 30 * 60_000

export class Chore {
  readonly #options: ChoreOptions
  readonly #stop = new AbortController()
  #timer: Timer | null = null
  #running: Promise<void> | null = null
  #backoff = NO_BACKOFF
  #nextAtMs: number | null = null

  constructor(options: ChoreOptions) {
    this.#options = options
  }

  /** Epoch milliseconds of the next round; null while one is under way and after `stop`. */
  get nextAtMs(): number | null {
    return this.#nextAtMs
  }

  start(): void {
    const { firstAfterMs, entropy } = this.#options
    this.#wait(firstAfterMs * (1 + randomRatio(entropy)))
  }

  /** Does a round now, or joins the one under way. Resolves at its end, however it ended. */
  now(): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve()
    this.#running ??= this.#round().finally(() => (this.#running = null))
    return this.#running
  }

  /** Ends it; resolves when a round under way has ended. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#timer?.cancel()
    this.#nextAtMs = null
    await this.#running
  }

  async #round(): Promise<void> {
    const { clock, entropy, everyMs, run, onEnd } = this.#options
    this.#timer?.cancel()
    this.#nextAtMs = null
    let failure: unknown = null
    try {
      await run.call(this.#options, this.#stop.signal)
    } catch (error) {
      failure = error
    }
    if (this.#stop.signal.aborted) return
    if (failure === null) {
      this.#backoff = NO_BACKOFF
      this.#wait(everyMs * (1 + JITTER_RATIO * (2 * randomRatio(entropy) - 1)))
    } else {
      this.#backoff = afterFailure(RETRY, this.#backoff, clock.monotonicMs(), entropy)
      this.#wait(Math.max(this.#backoff.retryAtMs - clock.monotonicMs(), leastPauseMs(failure)))
    }
    onEnd.call(this.#options, failure)
  }

  #wait(ms: number): void {
    const { clock } = this.#options
    this.#nextAtMs = clock.nowMs() + ms
    this.#timer = clock.after(ms, () => void this.now())
  }
}

/** What a failure asks for: as long as the other side said, or until a person can have acted. */
function leastPauseMs(failure: unknown): number {
  if (!(failure instanceof HeadframeError)) return 0
  const { retryAfterMs } = failure.context
  const asked = typeof retryAfterMs === 'number' ? Math.min(retryAfterMs, 24 * 60 * 60_000) : 0
  return Math.max(asked, LASTING.has(failure.code) ? LASTING_PAUSE_MS : 0)
}
