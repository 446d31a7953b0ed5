/** What Stratum V2 would have cost, beside a connection that speaks Stratum V1. Holds numbers and little else. */
import { type AckBatching, type CounterpartTotals } from './counterpart.ts'
import {
  extendedJobSize,
  openingSizes,
  SET_NEW_PREV_HASH_SIZE,
  SET_TARGET_SIZE,
  setExtranoncePrefixSize,
  standardJobSize,
  SUBMIT_STANDARD_SIZE,
  SUBMIT_SUCCESS_SIZE,
  submitErrorSize,
  submitExtendedSize,
} from './message-sizes.ts'
import { type MeteredJob, type MeteredSession, type Sv1Meter } from './traffic-tap.ts'

/** For a Stratum V1 connection: what Stratum V2 would have cost, with an extended channel and with a standard one. */
export class Sv2Counterpart implements Sv1Meter {
  readonly #batching: AckBatching
  readonly #coarseMs: () => number
  #up = 0
  #down = 0
  #standardUp = 0
  #standardDown = 0
  #jobs = 0
  #shares = 0
  #submitSize = submitExtendedSize(4)
  /** Accepted shares that no acknowledgement tells of yet, and since when. */
  #batched = 0
  #batchedSinceMs = 0

  /** @param coarseMs the monotonic time to a second: servers look at their batches no more often either */
  constructor(batching: AckBatching, coarseMs: () => number) {
    this.#batching = batching
    this.#coarseMs = coarseMs
  }

  session(session: MeteredSession): void {
    const { up, down } = openingSizes(session)
    this.#up += up.extended
    this.#standardUp += up.standard
    this.#down += down.extended
    this.#standardDown += down.standard
    this.#submitSize = submitExtendedSize(session.extranonce2Size)
  }

  job(job: MeteredJob): void {
    this.#jobs++
    const tip = job.newTip ? SET_NEW_PREV_HASH_SIZE : 0
    this.#down += extendedJobSize(job) + tip
    this.#standardDown += standardJobSize(job.newTip) + tip
  }

  difficulty(): void {
    this.#toBoth(SET_TARGET_SIZE)
  }

  extranonce(extranonce1Size: number): void {
    this.#toBoth(setExtranoncePrefixSize(extranonce1Size))
  }

  share(): void {
    this.#shares++
    this.#up += this.#submitSize
    this.#standardUp += SUBMIT_STANDARD_SIZE
  }

  answer(refusal: string | null): void {
    if (refusal !== null) return this.#toBoth(submitErrorSize(refusal))
    const { shares, flushMs } = this.#batching
    if (flushMs !== null) {
      const nowMs = this.#coarseMs()
      this.#flushDue(nowMs)
      if (this.#batched === 0) this.#batchedSinceMs = nowMs
    }
    if (++this.#batched < shares) return
    this.#batched = 0
    this.#toBoth(SUBMIT_SUCCESS_SIZE)
  }

  totals(): CounterpartTotals {
    this.#flushDue(this.#coarseMs())
    return {
      up: this.#up,
      down: this.#down,
      tlsUp: this.#up,
      tlsDown: this.#down,
      standardUp: this.#standardUp,
      standardDown: this.#standardDown,
      jobs: this.#jobs,
      shares: this.#shares,
    }
  }

  #flushDue(nowMs: number): void {
    const { flushMs } = this.#batching
    if (flushMs === null || this.#batched === 0) return
    if (nowMs - this.#batchedSinceMs < flushMs) return
    this.#batched = 0
    this.#toBoth(SUBMIT_SUCCESS_SIZE)
  }

  #toBoth(size: number): void {
    this.#down += size
    this.#standardDown += size
  }
}
