/**
 * Difficulty and hashrate as numbers for policy and display, and their targets. Whether a share is valid is
 * never decided here but by `meetsTarget`. Definitions: difficulty = D1 / target with D1 = 0xffff x 2^208;
 * targets of hashrates as the Stratum Reference Implementation computes them (channels-sv2, target.rs).
 */
import { type Target } from './job.ts'
import { bigintToTarget, MAX_TARGET, targetToBigint } from './target.ts'

const D1 = 0xffffn << 208n
const D1_NUMBER = Number(D1)
const TWO_256 = 1n << 256n
const LARGEST_TARGET = TWO_256 - 1n

/**
 * Hashes expected for one unit of difficulty. The exact figure is 2^48 / 0xffff, 15 millionths more; the
 * whole field computes hashrate with the round one, and so must we to show the same number as the pool.
 */
export const HASHES_PER_DIFFICULTY = 2 ** 32

/** Whether a number from outside can be a difficulty: finite and above 0. */
export function isDifficulty(value: number): boolean {
  return Number.isFinite(value) && value > 0
}

/** D1 / target, at most a few units in the last place off. Infinity for the target 0. */
export function difficultyOfTarget(target: Target): number {
  return D1_NUMBER / toNumber(target)
}

/**
 * The difficulty a hash would have satisfied: D1 / hash, for best-share displays. Allocates nothing.
 * Infinity for the hash 0.
 */
export function difficultyOfHash(hash: Uint8Array): number {
  return D1_NUMBER / toNumber(hash)
}

/**
 * The target of a difficulty: floor(D1 / difficulty), computed exactly for the binary fraction that
 * `difficulty` is, and all ones where the quotient would not fit.
 * @throws RangeError unless `isDifficulty(difficulty)`.
 */
export function targetOfDifficulty(difficulty: number): Target {
  if (!isDifficulty(difficulty)) throw new RangeError(`a difficulty is above 0 and finite, not ${difficulty}`)
  const { mantissa, exponent } = binaryFraction(difficulty)
  const value = exponent >= 0 ? D1 / (mantissa << BigInt(exponent)) : (D1 << BigInt(-exponent)) / mantissa
  return value >= LARGEST_TARGET ? MAX_TARGET : bigintToTarget(value)
}

/**
 * What to put into `mining.set_difficulty` for firmware that handles only powers of two: the largest power
 * of two not above `difficulty` when that is at least 1, otherwise the fraction unchanged. Always down: a
 * rig told more than it is judged by would throw valid work away.
 * @throws RangeError unless `isDifficulty(difficulty)`.
 */
export function advertisedDifficulty(difficulty: number): number {
  if (!isDifficulty(difficulty)) throw new RangeError(`a difficulty is above 0 and finite, not ${difficulty}`)
  if (difficulty < 1) return difficulty
  const power = 2 ** Math.floor(Math.log2(difficulty))
  return power > difficulty ? power / 2 : power * 2 <= difficulty ? power * 2 : power
}

/**
 * The target at which `hashrateHs` finds `sharesPerMinute` shares: with n = trunc(hashes per share),
 * floor((2^256 - 1 - n) / (n + 1)); all ones where n is 0.
 * @throws RangeError if the hashrate is negative or the rate not above 0.
 */
export function targetOfHashrate(hashrateHs: number, sharesPerMinute: number): Target {
  if (!(hashrateHs >= 0) || !Number.isFinite(hashrateHs)) {
    throw new RangeError(`a hashrate is at least 0 and finite, not ${hashrateHs}`)
  }
  const hashes = BigInt(Math.trunc(hashrateHs * secondsPerShare(sharesPerMinute)))
  if (hashes >= TWO_256) return bigintToTarget(0n)
  return bigintToTarget((LARGEST_TARGET - hashes) / (hashes + 1n))
}

/**
 * The hashrate, in H/s, that finds `sharesPerMinute` shares at `target`: (2^256 - target) / (s (target + 1)).
 * @throws RangeError if the rate is not above 0.
 */
export function hashrateOfTarget(target: Target, sharesPerMinute: number): number {
  const value = targetToBigint(target)
  return Number(TWO_256 - value) / (secondsPerShare(sharesPerMinute) * Number(value + 1n))
}

/** Hashes expected for shares whose difficulties sum up to `difficulty`. */
export function expectedHashes(difficulty: number): number {
  return difficulty * HASHES_PER_DIFFICULTY
}

/**
 * The difficulty at which `hashrateHs` finds `sharesPerMinute` shares: policy's short cut, 2^32 hashes to
 * the unit. @throws RangeError if the rate is not above 0.
 */
export function difficultyOfHashrate(hashrateHs: number, sharesPerMinute: number): number {
  return (hashrateHs * secondsPerShare(sharesPerMinute)) / HASHES_PER_DIFFICULTY
}

function secondsPerShare(sharesPerMinute: number): number {
  if (!(sharesPerMinute > 0)) throw new RangeError(`shares per minute are above 0, not ${sharesPerMinute}`)
  return 60 / sharesPerMinute
}

/** A little-endian 256-bit integer as a double, without a bigint on the way. */
function toNumber(bytes: Uint8Array): number {
  let value = 0
  for (let i = 31; i > 0; i -= 2) value = value * 0x10000 + bytes[i]! * 0x100 + bytes[i - 1]!
  return value
}

/** `value` = mantissa x 2^exponent, exactly. */
function binaryFraction(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const biased = Number(bits >> 52n)
  const fraction = bits & ((1n << 52n) - 1n)
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 }
}
