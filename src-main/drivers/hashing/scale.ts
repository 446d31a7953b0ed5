/**
 * What follows from how many zero bits a hash has before a chip looks at its ticket: 32 in silicon, fewer in a
 * simulated chip, so that software finds nonces. Rates, tickets and the line between a nonce and a hardware error
 * are all scaled here and nowhere else (asic-serial 2.2 and 5.7).
 */
import { type ChipProfile } from '../model/chip.ts'

/** Zero bits of a hash of difficulty 1 as the network counts it, and of chips made of silicon. */
const SILICON_ZERO_BITS = 32

/**
 * H/s that clock and cores promise.
 * @param frequencyMhz the clock as it is, not as it was asked for
 * @param rateRatio share of it that a healthy board of the kind delivers
 */
export function expectedHashrateHs(
  profile: ChipProfile,
  chipCount: number,
  frequencyMhz: number,
  fixedZeroBits: number,
  rateRatio: number,
): number {
  const silicon = frequencyMhz * 1e6 * profile.hashesPerClock * chipCount * rateRatio
  return silicon * 2 ** (fixedZeroBits - SILICON_ZERO_BITS)
}

/** Hashes expected for one nonce. @param ticketDifficulty in units of the chip's own difficulty 1 */
export function hashesPerNonce(ticketDifficulty: number, fixedZeroBits: number): number {
  return ticketDifficulty * 2 ** fixedZeroBits
}

/**
 * The difficulty of a ticket as pools count. A hair more than the smallest that a chip reports, since its test is
 * one of bits (asic-serial 5.7).
 */
export function realTicketDifficulty(ticketDifficulty: number, fixedZeroBits: number): number {
  return ticketDifficulty * 2 ** (fixedZeroBits - SILICON_ZERO_BITS)
}

/** Zero bits of every hash that a chip with this ticket reports. @param ticketDifficulty a power of two */
export function ticketZeroBits(ticketDifficulty: number, fixedZeroBits: number): number {
  return fixedZeroBits + Math.floor(Math.log2(ticketDifficulty))
}

/**
 * Zero bits at the top of a hash or target, 0 to 256. A hash with fewer than `fixedZeroBits` is a hardware error:
 * no sound chip reports it. Every hash that meets a target has at least as many as the target.
 * @param bytes 32 bytes, header order: most significant last
 */
export function leadingZeroBits(bytes: Uint8Array): number {
  let bits = 0
  for (let i = bytes.length - 1; i >= 0; i--) {
    const byte = bytes[i]!
    if (byte !== 0) return bits + Math.clz32(byte) - 24
    bits += 8
  }
  return bits
}
