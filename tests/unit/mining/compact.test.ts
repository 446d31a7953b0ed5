import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bigintToTarget,
  compactOfTarget,
  networkDifficulty,
  networkTarget,
  targetOfCompact,
  targetToBigint,
} from '../../../src-main/mining/index.ts'

/** The textbook definition: mantissa x 256^(size - 3), sign in bit 23. */
function definition(nBits: number): bigint | 'negative' | 'overflow' | 'zero' {
  const size = BigInt(nBits >>> 24)
  const mantissa = BigInt(nBits & 0x7fffff)
  const value = size >= 3n ? mantissa * 256n ** (size - 3n) : mantissa / 256n ** (3n - size)
  if (value === 0n) return 'zero'
  if (nBits & 0x800000) return 'negative'
  return value < 1n << 256n ? value : 'overflow'
}

describe('compact target', () => {
  it.each([
    [0x1d00ffff, 1],
    [0x1b00ffff, 65_536],
    [0x1b0404cb, 16_307.420938523983],
    [0x207fffff, 4.6565423739069247e-10],
  ])('%s has its known network difficulty', (nBits, difficulty) => {
    expect(networkDifficulty(nBits)).toBeCloseTo(difficulty, 9)
  })

  it('agrees with the definition over big integers for every size, sign and mantissa', () => {
    const nBits = fc
      .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 0xffffff }))
      .map(([size, word]) => ((size << 24) | word) >>> 0)
    const edges = fc
      .tuple(
        fc.constantFrom(0, 1, 2, 3, 4, 31, 32, 33, 34, 35, 255),
        fc.constantFrom(0, 1, 0xff, 0x100, 0xffff, 0x10000, 0x7fffff, 0x800000, 0x800001, 0xffffff),
      )
      .map(([size, word]) => ((size << 24) | word) >>> 0)
    fc.assert(
      fc.property(fc.oneof(nBits, edges), (bits) => {
        const target = targetOfCompact(bits)
        expect(target.ok ? targetToBigint(target.value) : target.error).toBe(definition(bits))
      }),
      { numRuns: 1000 },
    )
  })

  it('keeps at least 16 significant bits of any target and never rounds up', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: (1n << 256n) - 1n }), (value) => {
        const back = targetOfCompact(compactOfTarget(bigintToTarget(value)))
        if (!back.ok) throw new Error(back.error)
        const rounded = targetToBigint(back.value)
        expect(rounded).toBeLessThanOrEqual(value)
        expect((value - rounded) << 15n).toBeLessThan(value)
        expect(compactOfTarget(back.value)).toBe(compactOfTarget(bigintToTarget(value)))
      }),
    )
  })

  it.each([
    [0n, 0],
    [1n, 0x01010000],
    [0x80n, 0x02008000],
    [0x123456n, 0x03123456],
    [0x800000n, 0x04008000],
    [0xffffn << 208n, 0x1d00ffff],
  ])('of %s is the canonical one', (value, nBits) => {
    expect(compactOfTarget(bigintToTarget(value))).toBe(nBits)
  })

  it('gives a network target that nothing meets, and no difficulty, for nonsense', () => {
    for (const nBits of [0, 0x01003456, 0x04923456, 0xff123456]) {
      expect(networkDifficulty(nBits)).toBeNull()
      expect(targetToBigint(networkTarget(nBits))).toBe(0n)
    }
    expect(targetToBigint(networkTarget(0x1d00ffff))).toBe(0xffffn << 208n)
  })
})
