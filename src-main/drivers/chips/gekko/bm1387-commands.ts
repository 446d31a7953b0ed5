/**
 * Frames of BM1387: opcode, length, address, register, perhaps a value, CRC5 of all before it; no preamble. And its
 * clock, there and back. (Serial ASIC digest 4.7.)
 *
 * Known drivers keep check sums of two of these frames as constants and OR the computed one into them, which is right for
 * some baud dividers only. Here every sum is computed, and starts from nothing.
 */
import { crc5 } from '../crc.ts'

/** Number of the PLL's register. */
export const BM1387_PLL_REGISTER = 0x0c
const MISC_REGISTER = 0x1c

/** MHz. */
export const BM1387_CLOCK_MHZ = { min: 50, max: 1200, step: 6.25 } as const

const CRYSTAL_MHZ = 25
/** From here the PLL divides by 4 and no longer by 8. */
const FAST_FROM_MHZ = 400
/** The bridge's own clock, which its dividers split. */
const BRIDGE_HZ = 3_000_000

function frame(opcode: number, address: number, register: number, ...value: number[]): Uint8Array {
  const bytes = new Uint8Array(5 + value.length)
  bytes.set([opcode, bytes.length, address, register, ...value])
  bytes[bytes.length - 1] = crc5(bytes, 0, bytes.length - 1)
  return bytes
}

/** Every chip says who it is: seven bytes that begin with 13 87. */
export const bm1387ReadChips: Uint8Array = frame(0x54, 0, 0)

/** All chips wait for an address. */
export const bm1387ChainInactive: Uint8Array = frame(0x55, 0, 0)

/** The first chip that waits takes it. @param address a byte */
export function bm1387SetAddress(address: number): Uint8Array {
  return frame(0x41, address, 0)
}

/** Chips change their rate to that of `bm1387HostBaud`. @param divider 0 to 7f */
export function bm1387SetBaud(divider: number): Uint8Array {
  return frame(0x58, 0, MISC_REGISTER, 0x00, 0x20, divider, 0x00)
}

/** The host's rate for a divider: 1.5 M for 1, 111111 (for 115200) for 1a. */
export function bm1387HostBaud(divider: number): number {
  return BRIDGE_HZ / (divider + 1)
}

/** Lets the clock through to the cores. @param divider as it was set */
export function bm1387OpenGate(divider: number): Uint8Array {
  return frame(0x58, 0, MISC_REGISTER, 0x40, 0x20, 0x80 | divider, 0x80)
}

/** What the PLL's register takes for the nearest clock not above `mhz`; null outside 50 to 1200 MHz. */
export function bm1387Clock(
  mhz: number,
): { readonly feedback: number; readonly post: number; readonly mhz: number } | null {
  const { min, max } = BM1387_CLOCK_MHZ
  if (!(mhz >= min && mhz <= max)) return null
  const [divider, post] = mhz < FAST_FROM_MHZ ? [8, 0x41] : [4, 0x21]
  const feedback = Math.floor((mhz * divider) / CRYSTAL_MHZ)
  return { feedback, post, mhz: (feedback * CRYSTAL_MHZ) / divider }
}

/** @returns null outside the range of `bm1387Clock` */
export function bm1387SetClock(mhz: number, chip: number | 'all' = 'all'): Uint8Array | null {
  const clock = bm1387Clock(mhz)
  if (clock === null) return null
  const [opcode, address] = chip === 'all' ? [0x58, 0] : [0x48, chip]
  return frame(opcode, address, BM1387_PLL_REGISTER, 0x00, clock.feedback, 0x02, clock.post)
}

export function bm1387ReadClock(chip: number): Uint8Array {
  return frame(0x44, chip, BM1387_PLL_REGISTER)
}

/**
 * MHz that a chip says it runs at.
 * @param raw its reply of 7 bytes: 80, three dividers, two zeros, check sum
 * @returns null where it is no such reply, or one that the maker's driver has learnt to ignore
 */
export function bm1387MhzOfReply(raw: Uint8Array): number | null {
  const [mark, feedback, reference, post, ...rest] = raw
  if (raw.length !== 7 || mark !== 0x80) return null
  if (feedback === undefined || reference === undefined || post === undefined) return null
  if (reference === 0 || post >> 4 === 0 || (post & 0x0f) !== 1) return null
  if (rest[0] !== 0 || rest[1] !== 0) return null
  return (CRYSTAL_MHZ * feedback) / (reference * (post >> 4))
}
