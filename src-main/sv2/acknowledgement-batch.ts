/**
 * Acknowledges the shares of a channel in batches: a message for five, or for what has waited two seconds
 * (Mining Protocol, "SubmitShares.Success"). Small batches, because firmware shows what is unanswered as
 * pending. No timer: the owner asks now and then.
 */
import { type SubmitSharesSuccess } from './messages/mining.ts'

const BATCH_SHARES = 5
const BATCH_WAIT_MS = 2_000

export class AcknowledgementBatch {
  readonly #channelId: number
  #count = 0
  #lastSequenceNumber = 0
  #firstAtMs = 0
  /** Work not reported yet; fractions stay for the next batch, so that easy shares are not lost to rounding. */
  #work = 0

  constructor(channelId: number) {
    this.#channelId = channelId
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Takes an accepted share. `nowMs` is monotonic. */
  add(sequenceNumber: number, difficulty: number, nowMs: number): void {
    if (this.#count++ === 0) this.#firstAtMs = nowMs
    this.#lastSequenceNumber = sequenceNumber
    this.#work += difficulty
  }

  /** Whether it is time for `take`. */
  isDue(nowMs: number): boolean {
    if (this.#count >= BATCH_SHARES) return true
    return this.#count > 0 && nowMs - this.#firstAtMs >= BATCH_WAIT_MS
  }

  /** The acknowledgement of all that waits; null if nothing does. */
  take(): SubmitSharesSuccess | null {
    if (this.#count === 0) return null
    const wholeWork = Math.floor(this.#work)
    const message: SubmitSharesSuccess = {
      name: 'SubmitShares.Success',
      channelId: this.#channelId,
      lastSequenceNumber: this.#lastSequenceNumber,
      newSubmitsAcceptedCount: this.#count,
      newSharesSum: BigInt(wholeWork),
    }
    this.#work -= wholeWork
    this.#count = 0
    return message
  }
}
