import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CarryingSplit, distribute } from '../../../../src-main/earnings/money/distribute.ts'
import { CumulativeRounder } from '../../../../src-main/earnings/money/rounding.ts'

const sum = (parts: readonly number[]) => parts.reduce((a, b) => a + BigInt(b), 0n)

describe('sharing out an amount', () => {
  it('gives parts that add up to the whole for any weights', () => {
    const weight = fc.oneof(
      fc.integer({ min: 0, max: 1000 }),
      fc.maxSafeNat(),
      fc.double({ min: 0, max: 1e300, noNaN: true }),
    )
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.array(weight, { minLength: 1 }), (total, weights) => {
        fc.pre(weights.some((w) => w > 0))
        const parts = distribute(total, weights)
        expect(sum(parts)).toBe(BigInt(total))
        parts.forEach((part, i) => {
          expect(Number.isSafeInteger(part)).toBe(true)
          if (weights[i] === 0) expect(part).toBe(0)
          expect(part * Math.sign(total)).toBeGreaterThanOrEqual(0)
        })
      }),
    )
  })

  it('gives each its exact share, rounded down or up', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.array(fc.integer({ min: 0, max: 10 ** 9 }), { minLength: 1 }),
        (total, weights) => {
          const all = sum(weights)
          fc.pre(all > 0n)
          distribute(total, weights).forEach((part, i) => {
            const off = BigInt(part) * all - BigInt(total) * BigInt(weights[i]!)
            expect(off > -all && off < all).toBe(true)
          })
        },
      ),
    )
  })

  it('gives the last units to the largest remainders, earlier ones first', () => {
    expect(distribute(10, [1, 1, 1])).toEqual([4, 3, 3])
    expect(distribute(100, [1, 2, 3])).toEqual([17, 33, 50])
    expect(distribute(-10, [1, 1, 1])).toEqual([-4, -3, -3])
    expect(distribute(0, [0, 0])).toEqual([0, 0])
    expect(distribute(5, [0.5, 1.5])).toEqual([1, 4])
  })

  it('refuses to share out by nothing', () => {
    expect(() => distribute(1, [0, 0])).toThrow(RangeError)
    expect(() => distribute(1, [])).toThrow(RangeError)
    expect(() => distribute(1, [-1, 2])).toThrow(RangeError)
    expect(() => distribute(1, [Number.NaN])).toThrow(RangeError)
  })
})

describe('sharing out a run of amounts', () => {
  const claim = fc.bigInt({ min: 0n, max: 5_000_000n })
  const runs = fc.integer({ min: 1, max: 6 }).chain((receivers) =>
    fc.array(fc.array(claim, { minLength: receivers, maxLength: receivers }), {
      minLength: 1,
      maxLength: 60,
    }),
  )

  it('adds up to every total, gives nothing to who claims nothing, and stays near the claims', () => {
    fc.assert(
      fc.property(runs, (buckets) => {
        const receivers = buckets[0]!.length
        const rounder = new CumulativeRounder(1_000_000n)
        const split = new CarryingSplit(receivers, 1_000_000n)
        const claimed = new Array<bigint>(receivers).fill(0n)
        const given = new Array<bigint>(receivers).fill(0n)
        for (const claims of buckets) {
          const total = rounder.next(claims.reduce((a, b) => a + b, 0n))
          const parts = split.next(total, claims)
          expect(sum(parts)).toBe(BigInt(total))
          parts.forEach((part, i) => {
            expect(part).toBeGreaterThanOrEqual(0)
            if (claims[i] === 0n) expect(part).toBe(0)
            claimed[i]! += claims[i]!
            given[i]! += BigInt(part)
          })
        }
        given.forEach((units, i) => {
          const off = units * 1_000_000n - claimed[i]!
          expect(off > -4_000_000n && off < 4_000_000n).toBe(true)
        })
      }),
      { numRuns: 300 },
    )
  })

  it('gives nothing to one whose claim only makes up for what it had too much', () => {
    const split = new CarryingSplit(1, 10n)
    expect(split.next(1, [6n])).toEqual([1])
    expect(split.next(0, [4n])).toEqual([0])
    expect(split.next(0, [4n])).toEqual([0])
    expect(() => split.next(-1, [4n])).toThrow(RangeError)
  })

  it('lets many small claims come to whole units in time', () => {
    const rounder = new CumulativeRounder(10n)
    const split = new CarryingSplit(2, 10n)
    const sums = [0, 0]
    for (let day = 0; day < 100; day++) {
      // 0.3 and 0.9 a day: by itself the first would never get a unit
      split.next(rounder.next(12n), [3n, 9n]).forEach((part, i) => (sums[i]! += part))
    }
    expect(sums).toEqual([30, 90])
  })
})
