/**
 * How good a hash must be for a chip to report it. High enough that nonces do not crowd the line, low enough that the
 * rate shows within a minute, and never above what shares are held to: a share that the chip keeps to itself is lost
 * (asic-serial 5.7).
 */
import { leadingZeroBits, ticketZeroBits } from './scale.ts'

/** Nonces a second that a ticket is chosen for, and between which it is left as it is. */
const WANTED_PER_S = 1
const LEAST_PER_S = 0.5
const MOST_PER_S = 2

export interface TicketWish {
  /** Of the profile, in units of the chip's own difficulty 1; empty where it reports all of them. */
  readonly available: readonly number[]
  readonly fixedZeroBits: number
  /** H/s, of all chips. */
  readonly hashrateHs: number
  /** What shares are held to, 32 bytes. */
  readonly shareTarget: Uint8Array
  /** The ticket that is set; null before the first. */
  readonly current: number | null
}

/**
 * The ticket to set. With `current` it changes only where the rate of nonces left the range, or shares would be lost,
 * or a ticket that was held down by shares need be so no longer.
 * @returns 1 where nothing can be set
 */
export function chooseTicket(wish: TicketWish): number {
  const { available, current } = wish
  if (available.length === 0) return 1
  const rising = [...available].sort((a, b) => a - b)
  const least = rising[0]!
  const allowed = rising.filter((ticket) => losesNoShare(ticket, wish))
  if (allowed.length === 0) return least
  const rate = (ticket: number): number => wish.hashrateHs / 2 ** ticketZeroBits(ticket, wish.fixedZeroBits)
  if (current !== null && allowed.includes(current)) {
    const perSecond = rate(current)
    if (perSecond >= LEAST_PER_S && perSecond <= MOST_PER_S) return current
  }
  let chosen = allowed[0]!
  for (const ticket of allowed) {
    if (distance(rate(ticket)) < distance(rate(chosen))) chosen = ticket
  }
  return chosen
}

/** Whether every hash that meets the target of shares also meets the ticket: both are told by their zero bits. */
function losesNoShare(ticket: number, { fixedZeroBits, shareTarget }: TicketWish): boolean {
  return ticketZeroBits(ticket, fixedZeroBits) <= leadingZeroBits(shareTarget)
}

/** In octaves. */
function distance(perSecond: number): number {
  return Math.abs(Math.log2(perSecond / WANTED_PER_S))
}
