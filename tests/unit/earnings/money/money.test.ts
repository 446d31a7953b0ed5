import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requireSafe } from '../../../../src-main/earnings/money/amounts.ts'
import { formatMinor, minorDigits, minorPerUnit } from '../../../../src-main/earnings/money/currency.ts'
import { ExactSum } from '../../../../src-main/earnings/money/exact-sum.ts'
import {
  ceilDivide,
  CumulativeRounder,
  divideHalfUp,
  floorDivide,
} from '../../../../src-main/earnings/money/rounding.ts'
import { breakEvenPrice, valueOfSats } from '../../../../src-main/earnings/money/value.ts'

const safe = fc.maxSafeInteger()
const positive = fc.bigInt({ min: 1n, max: 1n << 80n })
const any = fc.bigInt({ min: -(1n << 90n), max: 1n << 90n })

describe('rounding', () => {
  it('rounds halves up, also below zero', () => {
    expect([-3n, -2n, -1n, 0n, 1n, 2n, 3n].map((n) => divideHalfUp(n, 2n))).toEqual([
      -1n,
      -1n,
      0n,
      0n,
      1n,
      1n,
      2n,
    ])
    expect(divideHalfUp(149n, 100n)).toBe(1n)
    expect(divideHalfUp(-150n, 100n)).toBe(-1n)
    expect(divideHalfUp(-151n, 100n)).toBe(-2n)
  })

  it('is never off by more than a half, and floor and ceiling enclose it', () => {
    fc.assert(
      fc.property(any, positive, (numerator, denominator) => {
        const off = 2n * (divideHalfUp(numerator, denominator) * denominator - numerator)
        expect(off > -denominator && off <= denominator).toBe(true)
        const low = floorDivide(numerator, denominator)
        const high = ceilDivide(numerator, denominator)
        expect(low * denominator <= numerator && numerator <= high * denominator).toBe(true)
        expect(high - low).toBe(numerator % denominator === 0n ? 0n : 1n)
      }),
    )
  })

  it('keeps the sum of rounded buckets the rounded sum, wherever one stops', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n })),
        fc.constantFrom(7n, 1_000_000n, 43_200_000_000_000n),
        (amounts, denominator) => {
          const rounder = new CumulativeRounder(denominator)
          let exact = 0n
          let sum = 0
          for (const amount of amounts) {
            exact += amount
            const part = rounder.next(amount)
            expect(Number.isSafeInteger(part) && part >= 0).toBe(true)
            sum += part
            expect(BigInt(sum)).toBe(divideHalfUp(exact, denominator))
          }
        },
      ),
    )
  })

  it('refuses an amount beyond what a number counts exactly', () => {
    expect(requireSafe(BigInt(Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER)
    expect(() => requireSafe(1n << 53n)).toThrowError(
      expect.objectContaining({ code: 'earnings/too-large' }) as Error,
    )
  })
})

describe('an exact sum', () => {
  it('is that of bigints for any whole numbers and products', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(safe, safe)), (pairs) => {
        const sum = new ExactSum()
        let exact = 0n
        for (const [a, b] of pairs) {
          sum.add(a)
          sum.addProduct(a, b)
          exact += BigInt(a) + BigInt(a) * BigInt(b)
        }
        expect(sum.value).toBe(exact)
      }),
    )
  })

  it('stays exact where doubles added one by one would not', () => {
    const sum = new ExactSum()
    for (let i = 0; i < 5000; i++) sum.add(Number.MAX_SAFE_INTEGER)
    for (let i = 0; i < 5000; i++) sum.add(1)
    expect(sum.value).toBe(5000n << 53n)
  })
})

describe('currencies', () => {
  it('have the digits of ISO 4217', () => {
    expect(['EUR', 'USD', 'JPY', 'KRW', 'KWD', 'IQD', 'CLF', 'XYZ'].map(minorDigits)).toEqual([
      2, 2, 0, 0, 3, 3, 4, 2,
    ])
    expect(minorPerUnit('KWD')).toBe(1000)
  })

  it('are written for files with a point and all digits', () => {
    expect(formatMinor(1234, 2)).toBe('12.34')
    expect(formatMinor(-5, 2)).toBe('-0.05')
    expect(formatMinor(7, 0)).toBe('7')
    expect(formatMinor(1, 3)).toBe('0.001')
    fc.assert(
      fc.property(safe, fc.constantFrom(0, 2, 3, 4), (minor, digits) => {
        const text = formatMinor(minor, digits)
        expect(text).toMatch(digits === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${digits}}$`))
        expect(Number(text.replace('.', ''))).toBe(minor)
      }),
    )
  })
})

describe('the value of sats', () => {
  it('is rounded once, half up', () => {
    // 1,234 sats at 95,432.10: 1.1776… units
    expect(valueOfSats(1234, 9_543_210)).toBe(118)
    expect(valueOfSats(50, 1_000_000)).toBe(1) // 0.5 of a cent
    expect(valueOfSats(49, 1_000_000)).toBe(0)
    expect(valueOfSats(100_000_000, 15_000_000)).toBe(15_000_000)
  })

  it('is exact where sats times price passes 2^53', () => {
    expect(valueOfSats(2_100_000_000_000_001, 100_000_000)).toBe(2_100_000_000_000_001)
  })

  it('reaches the cost at the break-even price and not below', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 ** 10 }),
        fc.integer({ min: 1, max: 10 ** 7 }),
        (sats, cost) => {
          const price = breakEvenPrice(sats, cost)!
          const worth = (at: number) => BigInt(sats) * BigInt(at)
          expect(worth(price) >= BigInt(cost) * 100_000_000n).toBe(true)
          expect(worth(price - 1) < BigInt(cost) * 100_000_000n).toBe(true)
        },
      ),
    )
    expect(breakEvenPrice(0, 100)).toBeNull()
  })
})
