import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  advertisedDifficulty,
  bigintToTarget,
  DIFFICULTY_1_TARGET,
  difficultyOfHash,
  difficultyOfHashrate,
  difficultyOfTarget,
  expectedHashes,
  hashrateOfTarget,
  isDifficulty,
  MAX_TARGET,
  targetOfCompact,
  targetOfDifficulty,
  targetOfHashrate,
  targetToBigint,
  targetToHex,
} from '../../../src-main/mining/index.ts'
import { hashrateVectors, targetOf } from '../../support/mining-vectors.ts'

const D1 = 0xffffn << 208n
const MAX = (1n << 256n) - 1n
const difficulties = fc.double({ min: 1e-9, max: 1e15, noNaN: true })

describe('difficulty', () => {
  it.each([
    [1, '00000000ffff' + '0'.repeat(52)],
    [8192, '000000000007fff8' + '0'.repeat(48)],
    [65_536, '000000000000ffff' + '0'.repeat(48)],
  ])('%d has the target of the reference', (difficulty, hex) => {
    expect(targetToHex(targetOfDifficulty(difficulty))).toBe(hex)
    expect(difficultyOfTarget(targetOf(hex))).toBe(difficulty)
  })

  it.each([
    [0.25, 0.25],
    [1, 1],
    [2.1, 2],
    [3.9, 2],
    [10_000, 8192],
    [12_500, 8192],
    [20_000, 16_384],
    [50_000, 32_768],
    [65_536, 65_536],
    [100_000, 65_536],
  ])('%d is advertised as %d', (difficulty, advertised) => {
    expect(advertisedDifficulty(difficulty)).toBe(advertised)
  })

  it('advertises the target of compact 1b00ffff as 65536', () => {
    const target = targetOfCompact(0x1b00ffff)
    if (!target.ok) throw new Error(target.error)
    expect(advertisedDifficulty(difficultyOfTarget(target.value))).toBe(65_536)
  })

  it('never advertises more than the difficulty, and never half of it or less', () => {
    fc.assert(
      fc.property(difficulties, (difficulty) => {
        const advertised = advertisedDifficulty(difficulty)
        expect(advertised).toBeLessThanOrEqual(difficulty)
        expect(advertised * 2).toBeGreaterThan(difficulty)
        if (difficulty >= 1) expect(Number.isInteger(Math.log2(advertised))).toBe(true)
      }),
    )
    for (let power = 0; power < 80; power++) {
      expect(advertisedDifficulty(2 ** power)).toBe(2 ** power)
      expect(advertisedDifficulty(2 ** power * (1 + 2 ** -52))).toBe(2 ** power)
      if (power > 0) expect(advertisedDifficulty(2 ** power * (1 - 2 ** -53))).toBe(2 ** (power - 1))
    }
  })

  it('gives floor(D1 / difficulty) for whole difficulties', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (difficulty) => {
        expect(targetToBigint(targetOfDifficulty(difficulty))).toBe(D1 / BigInt(difficulty))
      }),
    )
  })

  it('gives floor(D1 / difficulty) for binary fractions, below 1 too', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.integer({ min: 0, max: 40 }), (top, shift) => {
        const exact = (D1 << BigInt(shift)) / BigInt(top)
        expect(targetToBigint(targetOfDifficulty(top / 2 ** shift))).toBe(exact < MAX ? exact : MAX)
      }),
    )
  })

  it('comes back from its target within rounding', () => {
    fc.assert(
      fc.property(difficulties, (difficulty) => {
        const back = difficultyOfTarget(targetOfDifficulty(difficulty))
        expect(Math.abs(back / difficulty - 1)).toBeLessThan(1e-14)
      }),
    )
  })

  it('caps the target of tiny difficulties at all ones, and knows subnormal numbers', () => {
    expect(targetOfDifficulty(1e-10)).toEqual(MAX_TARGET)
    expect(targetOfDifficulty(Number.MIN_VALUE)).toEqual(MAX_TARGET)
    expect(targetToBigint(targetOfDifficulty(Number.MAX_VALUE))).toBe(0n)
  })

  it('measures a hash like a target of the same bytes', () => {
    expect(difficultyOfHash(DIFFICULTY_1_TARGET)).toBe(1)
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: MAX }), (value) => {
        const exact = Number(D1) / Number(value)
        expect(Math.abs(difficultyOfHash(bigintToTarget(value)) / exact - 1)).toBeLessThan(1e-14)
      }),
    )
  })

  it('refuses what is no difficulty', () => {
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(isDifficulty(value)).toBe(false)
      expect(() => targetOfDifficulty(value)).toThrow(RangeError)
      expect(() => advertisedDifficulty(value)).toThrow(RangeError)
    }
  })
})

describe('hashrate', () => {
  it.each(hashrateVectors)(
    '$hashrateHs H/s at $sharesPerMinute shares a minute has the target of the reference',
    ({ hashrateHs, sharesPerMinute, targetHex, difficulty }) => {
      const target = targetOfHashrate(hashrateHs, sharesPerMinute)
      expect(targetToHex(target)).toBe(targetHex)
      expect(Math.abs(difficultyOfTarget(target) / difficulty - 1)).toBeLessThan(0.02)
    },
  )

  it('shows the reference difficulties to the hundredth', () => {
    for (const row of hashrateVectors.filter((vector) => vector.difficulty > 1)) {
      expect(difficultyOfTarget(targetOf(row.targetHex)).toFixed(2)).toBe(row.difficulty.toFixed(2))
    }
  })

  it('comes back from its target within one hash per share', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e18, noNaN: true }),
        fc.double({ min: 0.1, max: 120, noNaN: true }),
        (hashrateHs, sharesPerMinute) => {
          const back = hashrateOfTarget(targetOfHashrate(hashrateHs, sharesPerMinute), sharesPerMinute)
          const oneHash = sharesPerMinute / 60
          expect(Math.abs(back - hashrateHs)).toBeLessThanOrEqual(oneHash * 1.000001 + hashrateHs * 1e-12)
        },
      ),
    )
  })

  it('counts 2^32 hashes for a unit of difficulty', () => {
    expect(expectedHashes(1)).toBe(4_294_967_296)
    expect(difficultyOfHashrate(4_294_967_296, 60)).toBe(1)
    expect(difficultyOfHashrate(1e12, 6)).toBeCloseTo(2328.306, 3)
  })

  it('refuses a negative hashrate and a share rate of zero', () => {
    expect(() => targetOfHashrate(-1, 6)).toThrow(RangeError)
    expect(() => targetOfHashrate(Number.NaN, 6)).toThrow(RangeError)
    expect(() => targetOfHashrate(1, 0)).toThrow(RangeError)
    expect(() => hashrateOfTarget(MAX_TARGET, 0)).toThrow(RangeError)
  })
})
