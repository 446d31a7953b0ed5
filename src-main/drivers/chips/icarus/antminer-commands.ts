/**
 * What AntMiner U1, U2 and U3 take beside work: four bytes, the last of which ends in a CRC5 of the 27 bits before it.
 * They answer nothing to a setting. (Serial ASIC digest 3.6.)
 */
import { sealShortCommand } from '../crc.ts'

const SET_CLOCK = 0x82
const READ = 0x84
const CLOCK_REGISTER = 0x04
const SET_VOLTAGE = 0xaa

/** Core voltages that a U3 takes, millivolts. */
export const U3_VOLTAGE_MV = { min: 725, max: 850, default: 775 } as const

/** Sets the clock of all chips. @param word 16 bits, see `clock-words.ts` */
export function setClockWord(word: number): Uint8Array {
  return sealShortCommand(Uint8Array.of(SET_CLOCK, (word >> 8) & 0xff, word & 0xff, 0))
}

/** Asks for the clock word; the answer has no documented form. */
export function readClockWord(): Uint8Array {
  return sealShortCommand(Uint8Array.of(READ, 0, CLOCK_REGISTER, 0))
}

/**
 * Sets the core voltage of a U3, as four decimal digits. Wait 500 ms before it.
 * @returns null unless `millivolts` is a whole number of 725 to 850
 */
export function u3VoltageCommand(millivolts: number): Uint8Array | null {
  const { min, max } = U3_VOLTAGE_MV
  if (!Number.isInteger(millivolts) || millivolts < min || millivolts > max) return null
  const digits = Number.parseInt(String(millivolts), 16)
  const sealed = sealShortCommand(Uint8Array.of(SET_VOLTAGE, 0xb0 | (digits >> 8), digits & 0xff, 0))
  sealed[3] = 0xc0 | (sealed[3] ?? 0)
  return sealed
}
