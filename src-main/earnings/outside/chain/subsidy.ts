/** What the rules of the chain say of a block by its height and bits: new coins and difficulty. Pure. */

const FIRST_SUBSIDY_SATS = 5_000_000_000
const HALVING_INTERVAL = 210_000
const REGTEST_HALVING_INTERVAL = 150
const LAST_HALVING = 33

/** New coins of a block, sats. @param regtest whose coins halve sooner than those of all other networks */
export function subsidyOfHeight(height: number, regtest = false): number {
  const halvings = Math.floor(height / (regtest ? REGTEST_HALVING_INTERVAL : HALVING_INTERVAL))
  return halvings >= LAST_HALVING ? 0 : Math.floor(FIRST_SUBSIDY_SATS / 2 ** halvings)
}

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
