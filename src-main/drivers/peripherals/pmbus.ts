/**
 * Numbers as PMBus parts write them, and what their status word means. Pure. PMBus Specification Part II, 7 and 17;
 * asic-serial 6.3. Words travel least significant byte first.
 */

/** 5 bits of exponent and 11 of mantissa, both signed. @param word 16 bits */
export function decodeLinear11(word: number): number {
  const exponent = signed(word >> 11, 5)
  return signed(word & 0x7ff, 11) * 2 ** exponent
}

/**
 * The finest exponent that holds the value, the rest cut off: how limits are written to a TPS546.
 * @param value greater than 0, below 1024
 */
export function encodeLinear11(value: number): number {
  requireRange(value, Number.MIN_VALUE, 1023.999)
  let shift = 0
  while (shift < 15 && Math.floor(value * 2 ** (shift + 1)) < 1024) shift++
  return ((-shift & 0x1f) << 11) | Math.floor(value * 2 ** shift)
}

/** A whole number with exponent 0. @param value 0 to 1023 */
export function encodeWholeLinear11(value: number): number {
  requireRange(value, 0, 1023)
  return Math.floor(value)
}

/** What VOUT_MODE says of voltages. @param mode one byte */
export function parseVoutMode(mode: number): {
  readonly exponent: number
  readonly isRelativeLinear: boolean
} {
  // Bit 7: limits are ratios of the voltage that was set. Bits 6 and 5: 00 is linear.
  return { exponent: signed(mode & 0x1f, 5), isRelativeLinear: (mode & 0xe0) === 0x80 }
}

/** @returns volts */
export function decodeLinear16(word: number, exponent: number): number {
  return word * 2 ** exponent
}

/** Cut off, never rounded up: the voltage that results is not above the one that was asked for. @param volts 0 or more */
export function encodeLinear16(volts: number, exponent: number): number {
  const word = Math.floor(volts * 2 ** -exponent)
  requireRange(word, 0, 0xffff)
  return word
}

/** @returns least significant byte first */
export function wordBytes(word: number): readonly [number, number] {
  return [word & 0xff, word >> 8]
}

/** Bits of STATUS_WORD that say something is wrong, most telling first. */
const STATUS_BITS: readonly { readonly bit: number; readonly fault: string }[] = [
  { bit: 0x0020, fault: 'output voltage too high' },
  { bit: 0x0010, fault: 'output current too high' },
  { bit: 0x0008, fault: 'input voltage too low' },
  { bit: 0x0004, fault: 'regulator temperature' },
  { bit: 0x8000, fault: 'output voltage' },
  { bit: 0x4000, fault: 'output current' },
  { bit: 0x2000, fault: 'input' },
  { bit: 0x1000, fault: 'fault of its own kind' },
  { bit: 0x0002, fault: 'communication' },
  { bit: 0x0400, fault: 'fan' },
  { bit: 0x0200, fault: 'other' },
  { bit: 0x0100, fault: 'unknown' },
  { bit: 0x0080, fault: 'busy' },
]

/** Set while the output is off, for whatever reason. */
export const STATUS_OFF = 0x0040
/** Set while the output is not where it should be: always while it is off. */
export const STATUS_POWER_NOT_GOOD = 0x0800

/**
 * @param isOn whether the output was switched on: being off, and power not good, are faults only then
 * @returns what is wrong in words; empty when all is well
 */
export function describeStatusWord(status: number, isOn: boolean): readonly string[] {
  const faults = STATUS_BITS.filter(({ bit }) => (status & bit) !== 0).map(({ fault }) => fault)
  if (isOn && (status & STATUS_OFF) !== 0) faults.unshift('switched itself off')
  if (isOn && (status & STATUS_POWER_NOT_GOOD) !== 0) faults.push('power not good')
  return faults
}

function signed(value: number, bits: number): number {
  return value >= 2 ** (bits - 1) ? value - 2 ** bits : value
}

function requireRange(value: number, min: number, max: number): void {
  if (value >= min && value <= max) return
  throw new RangeError(`${value} cannot be written: ${min} to ${max}`)
}
