/**
 * Which shares of a channel the server has answered. Servers acknowledge in batches, by a count and the
 * number of the most recent correct share; errors come one by one (Mining Protocol, "SubmitShares.Success").
 *
 * No I/O and no clock. Kept as one mutable table instead of a pure function because it changes with every
 * share and may hold many. At all times
 *   submitted = acknowledged + rejected + pending + given up
 * whatever the server says: an answer that fits no pending share changes nothing but its own counter.
 */
import { type SubmitSharesError, type SubmitSharesSuccess } from './messages/mining.ts'

export interface ShareLedgerCounts {
  readonly submitted: number
  readonly acknowledged: number
  readonly rejected: number
  readonly pending: number
  /** Drained when the connection ended, or pushed out because the ledger was full. */
  readonly givenUp: number
  /** Acknowledgements and rejections of the server that fit no pending share: it counts wrongly. */
  readonly unmatched: number
}

export interface SubmittedShare<Token> {
  /** To send with the share. */
  readonly sequenceNumber: number
  /** The oldest pending share, when the ledger was full: it will have no answer any more. */
  readonly givenUp: Token | undefined
}

export interface RejectedShare<Token> {
  readonly token: Token
  /** As the server spelled it: free text. */
  readonly errorCode: string
}

/** Days of shares in aggregated mode; a server that leaves as many unanswered has stopped answering. */
export const MAX_PENDING_SHARES = 100_000

export class ShareLedger<Token> {
  /** By sequence number, in the order of submission. */
  readonly #pending = new Map<number, Token>()
  readonly #maxPending: number
  #nextSequenceNumber: number
  #submitted = 0
  #acknowledged = 0
  #rejected = 0
  #givenUp = 0
  #unmatched = 0

  /**
   * @param firstSequenceNumber U32; any start is allowed
   * @param maxPending at least 1
   */
  constructor(firstSequenceNumber = 0, maxPending = MAX_PENDING_SHARES) {
    this.#nextSequenceNumber = firstSequenceNumber >>> 0
    this.#maxPending = maxPending
  }

  get counts(): ShareLedgerCounts {
    return {
      submitted: this.#submitted,
      acknowledged: this.#acknowledged,
      rejected: this.#rejected,
      pending: this.#pending.size,
      givenUp: this.#givenUp,
      unmatched: this.#unmatched,
    }
  }

  /** The share that waits longest for an answer. */
  get oldestPending(): Token | undefined {
    for (const token of this.#pending.values()) return token
    return undefined
  }

  /** Notes a share that is sent now. Call in the order of sending. */
  submit(token: Token): SubmittedShare<Token> {
    const sequenceNumber = this.#nextSequenceNumber
    this.#nextSequenceNumber = (sequenceNumber + 1) >>> 0
    const givenUp = this.#pending.size >= this.#maxPending ? this.#giveUpOldest() : undefined
    this.#pending.set(sequenceNumber, token)
    this.#submitted++
    return { sequenceNumber, givenUp }
  }

  /**
   * Takes a batch acknowledgement: the share it names, and the oldest pending ones before that until the
   * count is reached. Shares sent after the named one are never acknowledged by it.
   * @returns the shares it acknowledged, in order of submission
   */
  acknowledge(success: Pick<SubmitSharesSuccess, 'lastSequenceNumber' | 'newSubmitsAcceptedCount'>): Token[] {
    const { lastSequenceNumber: last, newSubmitsAcceptedCount: count } = success
    const namedIsPending = count > 0 && this.#pending.has(last)
    const others = namedIsPending ? count - 1 : count
    const acknowledged: Token[] = []
    for (const [sequenceNumber, token] of this.#pending) {
      if (acknowledged.length === others || sequenceNumber === last) break
      if (!this.#isUpTo(sequenceNumber, last)) break
      this.#pending.delete(sequenceNumber)
      acknowledged.push(token)
    }
    if (namedIsPending) {
      acknowledged.push(this.#pending.get(last) as Token)
      this.#pending.delete(last)
    }
    this.#acknowledged += acknowledged.length
    this.#unmatched += count - acknowledged.length
    return acknowledged
  }

  /** Takes a rejection. @returns the share, or undefined if that number is not pending */
  reject(error: Pick<SubmitSharesError, 'sequenceNumber' | 'errorCode'>): RejectedShare<Token> | undefined {
    const { sequenceNumber, errorCode } = error
    if (!this.#pending.has(sequenceNumber)) {
      this.#unmatched++
      return undefined
    }
    const token = this.#pending.get(sequenceNumber) as Token
    this.#pending.delete(sequenceNumber)
    this.#rejected++
    return { token, errorCode }
  }

  /** Gives up every pending share, as when the connection ended. @returns them in order of submission */
  drain(): Token[] {
    const tokens = [...this.#pending.values()]
    this.#givenUp += tokens.length
    this.#pending.clear()
    return tokens
  }

  /** Whether `sequenceNumber` was sent no later than `last`; numbers wrap at 2^32. */
  #isUpTo(sequenceNumber: number, last: number): boolean {
    const newest = (this.#nextSequenceNumber - 1) >>> 0
    const age = (newest - sequenceNumber) >>> 0
    const lastAge = (newest - last) >>> 0
    // A number never sent looks like one from 2^31 sends ago or more: then all that is pending may count.
    return lastAge >= 0x80000000 || age >= lastAge
  }

  #giveUpOldest(): Token | undefined {
    for (const [sequenceNumber, token] of this.#pending) {
      this.#pending.delete(sequenceNumber)
      this.#givenUp++
      return token
    }
    return undefined
  }
}
