/** Difficulty of a block by the bits in its header (Bitcoin Core, `GetDifficulty`). Pure. */

/** Target of difficulty 1: 0xffff at this exponent. */
const DIFFICULTY_1_MANTISSA = 0xffff
const DIFFICULTY_1_SIZE = 0x1d

/** Difficulty of a compact target; undefined if it stands for no usable target. @param bits unsigned 32-bit */
export function difficultyOfBits(bits: number): number | undefined {
  const size = bits >>> 24
  const mantissa = bits & 0x007fffff
  if (mantissa === 0 || (bits & 0x00800000) !== 0 || size > 0x20) return undefined
  return (DIFFICULTY_1_MANTISSA / mantissa) * 256 ** (DIFFICULTY_1_SIZE - size)
}
