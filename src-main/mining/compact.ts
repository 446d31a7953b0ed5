/**
 * The header's compact network target (nBits), as the node software defines it (arith_uint256: SetCompact and
 * GetCompact): one byte of size, a sign bit, 23 bits of mantissa. Not for share targets, which are U256.
 */
import { err, ok, type Result } from '../base/index.ts'
import { difficultyOfTarget } from './difficulty.ts'
import { type Target } from './job.ts'
import { asTarget, bigintToTarget, targetToBigint } from './target.ts'

/** Why a compact value stands for no usable target: no block could ever meet it. */
export type CompactFault = 'negative' | 'overflow' | 'zero'

/** The target of a compact value (an unsigned 32-bit number), or why there is none. */
export function targetOfCompact(nBits: number): Result<Target, CompactFault> {
  const size = nBits >>> 24
  const mantissa = nBits & 0x007fffff
  const word = size <= 3 ? mantissa >>> (8 * (3 - size)) : mantissa
  if (word === 0) return err('zero')
  if ((nBits & 0x00800000) !== 0) return err('negative')
  if (size > 34 || (word > 0xff && size > 33) || (word > 0xffff && size > 32)) return err('overflow')
  return ok(bigintToTarget(size <= 3 ? BigInt(word) : BigInt(word) << BigInt(8 * (size - 3))))
}

/** The compact form of a target, its lower bits cut off: an unsigned 32-bit number. */
export function compactOfTarget(target: Target): number {
  const value = targetToBigint(target)
  let size = Math.ceil(value.toString(2).length / 8)
  if (value === 0n) size = 0
  let mantissa = Number(size <= 3 ? value << BigInt(8 * (3 - size)) : value >> BigInt(8 * (size - 3)))
  if ((mantissa & 0x00800000) !== 0) {
    mantissa >>>= 8
    size += 1
  }
  return ((size << 24) | mantissa) >>> 0
}

/** The network's difficulty, or null if `nBits` stands for no usable target. */
export function networkDifficulty(nBits: number): number | null {
  const target = targetOfCompact(nBits)
  return target.ok ? difficultyOfTarget(target.value) : null
}

/** The target a block must meet. All zeros, which nothing meets, if `nBits` stands for no usable target. */
export function networkTarget(nBits: number): Target {
  const target = targetOfCompact(nBits)
  return target.ok ? target.value : asTarget(new Uint8Array(32))
}
