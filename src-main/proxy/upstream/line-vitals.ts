/** What a line saw its pool do on its present connection; cheap, because it is told of every answer. */
import { type UpstreamVitals } from './upstream.ts'

/** Weight of a new pause between jobs in the usual one. */
const GAP_WEIGHT = 1 / 8

export class LineVitals {
  #lastJobMs: number | null = null
  #usualJobGapMs: number | null = null
  #acknowledgedCount = 0
  #rejectedCount = 0
  #lastAcknowledgedMs: number | null = null
  /** The first job of a connection follows no other. */
  #isFirst = true

  /** A connection began: its answers are counted from 0. The pool's rhythm stays what it was. */
  restart(): void {
    this.#acknowledgedCount = 0
    this.#rejectedCount = 0
    this.#lastAcknowledgedMs = null
    this.#isFirst = true
  }

  onJob(nowMs: number): void {
    if (!this.#isFirst && this.#lastJobMs !== null) {
      const gapMs = nowMs - this.#lastJobMs
      const usualMs = this.#usualJobGapMs
      this.#usualJobGapMs = usualMs === null ? gapMs : usualMs + (gapMs - usualMs) * GAP_WEIGHT
    }
    this.#isFirst = false
    this.#lastJobMs = nowMs
  }

  onAcknowledged(nowMs: number): void {
    this.#acknowledgedCount++
    this.#lastAcknowledgedMs = nowMs
  }

  onRejected(): void {
    this.#rejectedCount++
  }

  read(unanswered: { count: number; oldestMs: number | null; miscounted: number }): UpstreamVitals {
    return {
      lastJobMs: this.#lastJobMs,
      usualJobGapMs: this.#usualJobGapMs,
      oldestUnansweredMs: unanswered.oldestMs,
      unansweredCount: unanswered.count,
      acknowledgedCount: this.#acknowledgedCount,
      rejectedCount: this.#rejectedCount,
      lastAcknowledgedMs: this.#lastAcknowledgedMs,
      miscountedCount: unanswered.miscounted,
    }
  }
}
