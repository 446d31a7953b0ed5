/**
 * What BM1384 takes beside work: four bytes with a CRC5 of their first 27 bits; and its clock, there and back.
 * (Serial ASIC digest 4.6.)
 */
import { sealShortCommand } from '../crc.ts'
import { mhzOfStepWord } from '../icarus/clock-words.ts'

/** Number under which the PLL is read. */
export const BM1384_PLL_REGISTER = 0x04

/** MHz. Above 400 the chip has only every second of these steps. */
export const BM1384_CLOCK_MHZ = { min: 6.25, max: 500, step: 6.25 } as const

const CRYSTAL_MHZ = 25

function command(first: number, second: number, third: number): Uint8Array {
  return sealShortCommand(Uint8Array.of(first, second, third, 0))
}

/** Every chip says who it is: five bytes that begin with 13. */
export const readChips: Uint8Array = command(0x84, 0, 0)

/** All chips wait for an address. */
export const bm1384ChainInactive: Uint8Array = command(0x85, 0, 0)

/** The first chip that waits takes it. @param address a byte */
export function bm1384SetAddress(address: number): Uint8Array {
  return command(0x01, address, 0)
}

/** @param word of `bm1384ClockWord` */
export function bm1384SetClock(word: number): Uint8Array {
  return command(0x82, (word >> 8) & 0xff, word & 0xff)
}

export function bm1384ReadClock(chip: number | 'all'): Uint8Array {
  return chip === 'all' ? command(0x84, 0, BM1384_PLL_REGISTER) : command(0x04, chip, BM1384_PLL_REGISTER)
}

/**
 * The word for the nearest clock of the chip's steps that is not above `mhz`.
 * @returns null outside 6.25 to 500 MHz
 */
export function bm1384ClockWord(mhz: number): { readonly word: number; readonly mhz: number } | null {
  const { min, max, step } = BM1384_CLOCK_MHZ
  if (!(mhz >= min && mhz <= max)) return null
  const grid = mhz < 400 ? step : 2 * step
  const clock = Math.floor(mhz / grid) * grid
  const word = wordOf(clock)
  return mhzOfStepWord(word) === clock ? { word, mhz: clock } : null
}

/** GekkoScience's formula: words count from 100 MHz in steps that double with every octave above 25 MHz. */
function wordOf(mhz: number): number {
  if (mhz < 100) return 0x783 - (0x80 * (100 - mhz)) / BM1384_CLOCK_MHZ.step
  const octave = Math.floor(Math.log2(mhz / CRYSTAL_MHZ))
  const base = CRYSTAL_MHZ * 2 ** octave
  const word = 0x785 - octave + ((0x200 / 2 ** octave) * (mhz - base)) / BM1384_CLOCK_MHZ.step
  return mhz % CRYSTAL_MHZ === 0 ? word : 2 * word + 0x7f + octave
}

/**
 * MHz that a chip says it runs at.
 * @param value four bytes of its PLL reply, most significant first: 80 and three bytes of dividers
 * @returns null where it is no PLL reply, or divides by nothing
 */
export function bm1384MhzOfReply(value: number): number | null {
  const [mark, multiplier, divider, shift] = [24, 16, 8, 0].map((bits) => (value >>> bits) & 0xff) as [
    number,
    number,
    number,
    number,
  ]
  const by = (1 + divider) & 0x0f
  if (mark !== 0x80 || by === 0) return null
  const { step } = BM1384_CLOCK_MHZ
  return (((multiplier + 1) * step) / by) * 2 ** (3 - shift) + (divider >> 4) * step
}
