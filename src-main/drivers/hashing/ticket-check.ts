/**
 * Notices a ticket that chips have not got, because its write was lost: a ticket too low crowds the line, one too high
 * loses shares, and nothing else would ever tell (asic-serial 4.10). Half of all nonces have exactly the ticket's zero
 * bits, so that either fault shows within a minute. Sends nothing itself.
 */
import { type FoundHeader } from './nonce-judge.ts'

/** Jobs after a write whose nonces prove nothing: some were found before it. */
const JOBS_TO_IGNORE = 8
/** More than this many below the ticket are no stray ones. */
const MOST_BELOW = 4
/** So many without one that barely meets the ticket happen to a chip with the right one once in 2^40. */
const ENOUGH_ABOVE = 40
/** Of the same ticket; then it is left as it is, and said. */
const MOST_REWRITES = 3

export type TicketFinding =
  | { readonly kind: 'fine' }
  | { readonly kind: 'rewrite'; readonly because: 'too-low' | 'too-high' }
  /** Rewriting did not help. Told once. */
  | { readonly kind: 'hopeless'; readonly because: 'too-low' | 'too-high' }

const FINE: TicketFinding = { kind: 'fine' }

export class TicketCheck {
  #firstOrdinal = 0
  #rewrites = 0
  #below = 0
  #above = 0
  /** Proven right, or given up. */
  #isSettled = false

  /** @param nextOrdinal of the first job that is sent with the ticket */
  ticketSet(nextOrdinal: number): void {
    this.#rewrites = 0
    this.#begin(nextOrdinal)
  }

  /** After `rewrite`: the same ticket was written once more. */
  rewritten(nextOrdinal: number): void {
    this.#begin(nextOrdinal)
  }

  note({ entry, zeroBits }: FoundHeader): TicketFinding {
    if (this.#isSettled || entry.ordinal < this.#firstOrdinal + JOBS_TO_IGNORE) return FINE
    if (zeroBits < entry.ticketBits) this.#below++
    else if (zeroBits > entry.ticketBits) this.#above++
    else this.#above = Number.NEGATIVE_INFINITY
    if (this.#below > MOST_BELOW) return this.#wrong('too-low')
    if (this.#above >= ENOUGH_ABOVE) return this.#wrong('too-high')
    return FINE
  }

  #wrong(because: 'too-low' | 'too-high'): TicketFinding {
    this.#isSettled = true
    if (this.#rewrites >= MOST_REWRITES) return { kind: 'hopeless', because }
    this.#rewrites++
    return { kind: 'rewrite', because }
  }

  #begin(nextOrdinal: number): void {
    this.#firstOrdinal = nextOrdinal
    this.#below = 0
    this.#above = 0
    this.#isSettled = false
  }
}
