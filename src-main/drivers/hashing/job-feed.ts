/**
 * When chips get their next job: every so often, well inside the time after which they would begin to repeat, and at
 * once when there is something newer. One write at a time: a line that is slow gets fewer jobs, never a queue of them.
 * What is sent is not its affair.
 */
import { type Clock, type Timer } from '../../base/index.ts'

/** How late jobs went out, against when they were due. */
export interface JobTiming {
  readonly sent: number
  /** Number of jobs by lateness: at most 1, 5, 10, 20, 50 ms, and later than that. */
  readonly lateness: readonly number[]
  readonly latestMs: number
}

const LATENESS_BOUNDS_MS = [1, 5, 10, 20, 50] as const
/** How soon to look again when a job is used up and nothing is new in it (header time moves once a second). */
const NOTHING_NEW_MS = 100

export interface JobFeedParts {
  readonly clock: Clock
  /** Time until a job must be replaced, as things are now. */
  intervalMs(): number
  /** Writes the next job. @returns false if there is none; rejects only when the line is of no more use */
  send(): Promise<boolean>
  onFailure(error: unknown): void
}

export class JobFeed {
  readonly #parts: JobFeedParts
  readonly #lateness = new Array<number>(LATENESS_BOUNDS_MS.length + 1).fill(0)
  #timer: Timer | null = null
  #isRunning = false
  /** Since when a write has not ended; null while none is under way. */
  #writingSinceMs: number | null = null
  #isOverdue = false
  #dueMs = 0
  #sent = 0
  #latestMs = 0

  constructor(parts: JobFeedParts) {
    this.#parts = parts
  }

  /** Sends a job, and goes on. */
  start(): void {
    this.#isRunning = true
    this.now()
  }

  stop(): void {
    this.#isRunning = false
    this.#timer?.cancel()
    this.#timer = null
  }

  /** There is something newer: sends it, or does as soon as what is being written has left. */
  now(): void {
    if (!this.#isRunning) return
    this.#dueMs = this.#parts.clock.monotonicMs()
    this.#go()
  }

  /** How long the present write has been under way; 0 while none is. */
  get writingForMs(): number {
    return this.#writingSinceMs === null ? 0 : this.#parts.clock.monotonicMs() - this.#writingSinceMs
  }

  timing(): JobTiming {
    return { sent: this.#sent, lateness: [...this.#lateness], latestMs: this.#latestMs }
  }

  #go(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#writingSinceMs !== null) {
      this.#isOverdue = true
      return
    }
    const startedMs = this.#parts.clock.monotonicMs()
    const dueMs = this.#dueMs
    this.#isOverdue = false
    this.#writingSinceMs = startedMs
    this.#parts.send().then(
      (wasSent) => {
        this.#writingSinceMs = null
        if (wasSent) this.#count(startedMs - dueMs)
        if (!this.#isRunning) return
        if (this.#isOverdue) this.#go()
        else this.#schedule(wasSent, dueMs)
      },
      (error: unknown) => {
        this.#writingSinceMs = null
        if (this.#isRunning) this.#parts.onFailure(error)
      },
    )
  }

  /** Due times follow each other without drift. Of several that have passed, the last counts. */
  #schedule(wasSent: boolean, lastDueMs: number): void {
    const { clock } = this.#parts
    const nowMs = clock.monotonicMs()
    const intervalMs = this.#parts.intervalMs()
    if (wasSent) {
      const behindMs = nowMs - (lastDueMs + intervalMs)
      this.#dueMs = behindMs > intervalMs ? nowMs - (behindMs % intervalMs) : lastDueMs + intervalMs
    } else {
      this.#dueMs = nowMs + Math.min(intervalMs, NOTHING_NEW_MS)
    }
    this.#timer = clock.after(Math.max(0, this.#dueMs - nowMs), () => this.#go())
  }

  #count(lateMs: number): void {
    this.#sent++
    this.#latestMs = Math.max(this.#latestMs, lateMs)
    const bucket = LATENESS_BOUNDS_MS.findIndex((bound) => lateMs <= bound)
    this.#lateness[bucket < 0 ? LATENESS_BOUNDS_MS.length : bucket]!++
  }
}
