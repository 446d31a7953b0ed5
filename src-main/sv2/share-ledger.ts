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
  /** Drained when the connection ended, or unanswered when too many were sent after it. */
  readonly givenUp: number
  /** Acknowledgements and rejections of the server that fit no pending share: it counts wrongly. */
  readonly unmatched: number
}

export interface SubmittedShare<Token> {
  /** To send with the share. */
  readonly sequenceNumber: number
  /** The oldest pending share, when too many were sent after it: it will have no answer any more. */
  readonly givenUp: Token | undefined
}

export interface RejectedShare<Token> {
  readonly token: Token
  /** As the server spelled it: free text. */
  readonly errorCode: string
}

/** Days of shares in aggregated mode; a server that answers none for as many has stopped answering. */
export const MAX_PENDING_SHARES = 100_000

/** Room that a ledger begins with, and that is kept when nothing is pending; powers of two. */
const FIRST_ROOM = 32
const ROOM_KEPT = 4096

/**
 * Pending shares stand in a ring at the place of their sequence number, because a table by number would cost
 * more than anything else on the way of a share. The ring reaches from the oldest pending share to the newest
 * share; places of answered ones between them are empty.
 */
export class ShareLedger<Token extends NonNullable<unknown>> {
  readonly #maxPending: number
  /** Its length is a power of two. */
  #ring: (Token | undefined)[] = emptyRing(FIRST_ROOM)
  /** Sequence number of the oldest pending share; the next one if none is. */
  #oldest: number
  #nextSequenceNumber: number
  #pending = 0
  #submitted = 0
  #acknowledged = 0
  #rejected = 0
  #givenUp = 0
  #unmatched = 0

  /**
   * @param firstSequenceNumber U32; any start is allowed
   * @param maxPending shares from the oldest pending one on, at least 1
   */
  constructor(firstSequenceNumber = 0, maxPending = MAX_PENDING_SHARES) {
    this.#nextSequenceNumber = firstSequenceNumber >>> 0
    this.#oldest = this.#nextSequenceNumber
    this.#maxPending = maxPending
  }

  get counts(): ShareLedgerCounts {
    return {
      submitted: this.#submitted,
      acknowledged: this.#acknowledged,
      rejected: this.#rejected,
      pending: this.#pending,
      givenUp: this.#givenUp,
      unmatched: this.#unmatched,
    }
  }

  /** Shares without an answer. */
  get pending(): number {
    return this.#pending
  }

  /** Answers of the server that fit no pending share. */
  get unmatched(): number {
    return this.#unmatched
  }

  /** The share that waits longest for an answer. */
  get oldestPending(): Token | undefined {
    return this.#ring[this.#oldest & (this.#ring.length - 1)]
  }

  /** Notes a share that is sent now. Call in the order of sending. */
  submit(token: Token): SubmittedShare<Token> {
    const givenUp = this.#span >= this.#maxPending ? this.#giveUpOldest() : undefined
    if (this.#span === this.#ring.length) this.#grow()
    const sequenceNumber = this.#nextSequenceNumber
    this.#ring[sequenceNumber & (this.#ring.length - 1)] = token
    this.#nextSequenceNumber = (sequenceNumber + 1) >>> 0
    this.#pending++
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
    const namedIsPending = count > 0 && this.#isPending(last)
    const others = namedIsPending ? count - 1 : count
    const acknowledged: Token[] = []
    const before = this.#countBefore(last)
    for (let n = 0, at = this.#oldest; n < before && acknowledged.length < others; n++, at++) {
      const token = this.#take(at)
      if (token !== undefined) acknowledged.push(token)
    }
    if (namedIsPending) acknowledged.push(this.#take(last)!)
    this.#passAnswered()
    this.#acknowledged += acknowledged.length
    this.#unmatched += count - acknowledged.length
    return acknowledged
  }

  /** Takes a rejection. @returns the share, or undefined if that number is not pending */
  reject(error: Pick<SubmitSharesError, 'sequenceNumber' | 'errorCode'>): RejectedShare<Token> | undefined {
    const { sequenceNumber, errorCode } = error
    if (!this.#isPending(sequenceNumber)) {
      this.#unmatched++
      return undefined
    }
    const token = this.#take(sequenceNumber)!
    this.#passAnswered()
    this.#rejected++
    return { token, errorCode }
  }

  /** Gives up every pending share, as when the connection ended. @returns them in order of submission */
  drain(): Token[] {
    const tokens: Token[] = []
    for (let n = this.#span, at = this.#oldest; n > 0; n--, at++) {
      const token = this.#take(at)
      if (token !== undefined) tokens.push(token)
    }
    this.#givenUp += tokens.length
    this.#passAnswered()
    return tokens
  }

  /** Shares from the oldest pending one to the newest, answered ones between them included. */
  get #span(): number {
    return (this.#nextSequenceNumber - this.#oldest) >>> 0
  }

  #isPending(sequenceNumber: number): boolean {
    const age = (this.#nextSequenceNumber - sequenceNumber) >>> 0
    if (age === 0 || age > this.#span) return false
    return this.#ring[sequenceNumber & (this.#ring.length - 1)] !== undefined
  }

  /** Of the shares from the oldest pending one on, how many were sent before `last`; numbers wrap at 2^32. */
  #countBefore(last: number): number {
    const newest = (this.#nextSequenceNumber - 1) >>> 0
    const lastAge = (newest - last) >>> 0
    // A number never sent looks like one from 2^31 sends ago or more: then all that is pending may count.
    return lastAge >= 0x80000000 ? this.#span : this.#span - 1 - lastAge
  }

  /** Empties the place of a share that is not older than the oldest pending one. */
  #take(sequenceNumber: number): Token | undefined {
    const slot = sequenceNumber & (this.#ring.length - 1)
    const token = this.#ring[slot]
    if (token === undefined) return undefined
    this.#ring[slot] = undefined
    this.#pending--
    return token
  }

  /** Moves on to the oldest share that is pending. */
  #passAnswered(): void {
    if (this.#pending === 0) {
      this.#oldest = this.#nextSequenceNumber
      if (this.#ring.length > ROOM_KEPT) this.#ring = emptyRing(FIRST_ROOM)
      return
    }
    const mask = this.#ring.length - 1
    let oldest = this.#oldest
    while (this.#ring[oldest & mask] === undefined) oldest++
    this.#oldest = oldest >>> 0
  }

  #giveUpOldest(): Token | undefined {
    const token = this.#take(this.#oldest)
    this.#givenUp++
    this.#passAnswered()
    return token
  }

  #grow(): void {
    const span = this.#span
    const mask = this.#ring.length - 1
    const grown = emptyRing<Token>(2 * this.#ring.length)
    for (let n = 0, at = this.#oldest; n < span; n++, at++) {
      grown[at & (grown.length - 1)] = this.#ring[at & mask]
    }
    this.#ring = grown
  }
}

function emptyRing<Token>(room: number): (Token | undefined)[] {
  return new Array<Token | undefined>(room).fill(undefined)
}
