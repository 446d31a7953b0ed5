/**
 * The ticket: how many zero bits beyond its fixed 32 a hash must have before a chip reports it (asic-serial 5.7).
 * The test is bitwise, so a reported nonce has at least 65535/65536 of the nominal difficulty.
 */

/** Difficulties that can be asked of a chip, rising. */
export const TICKET_DIFFICULTIES: readonly number[] = Array.from({ length: 17 }, (_, bits) => 2 ** bits)

/** Zero bits beyond the chip's own 32 that a ticket of this difficulty asks for: floor(log2). */
export function ticketZeroBits(difficulty: number): number {
  if (!(difficulty >= 1 && difficulty < 2 ** 32))
    throw new RangeError(`no ticket of difficulty ${difficulty}`)
  return 31 - Math.clz32(Math.floor(difficulty))
}

/** Value of the register: 2^bits - 1 with the bits inside each byte reversed. */
export function ticketMask(difficulty: number): number {
  const bits = ticketZeroBits(difficulty)
  let mask = 0
  for (let bit = 0; bit < bits; bit++) mask |= 1 << ((bit & ~7) + 7 - (bit & 7))
  return mask >>> 0
}
