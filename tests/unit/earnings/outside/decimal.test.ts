import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wholeUnits } from '../../../../src-main/earnings/outside/decimal.ts'

describe('decimal text as whole units', () => {
  it.each([
    ['97000.51', 2, 9_700_051],
    ['97000.515', 2, 9_700_052],
    ['97000.5149999999999999999999', 2, 9_700_051],
    ['97000', 2, 9_700_000],
    ['0.1', 8, 10_000_000],
    ['3.12500000', 8, 312_500_000],
    ['20999999.99999999', 8, 2_099_999_999_999_999],
    ['6218915', 0, 6_218_915],
    ['6218915.5', 0, 6_218_916],
    ['9.7e4', 2, 9_700_000],
    ['1E-8', 8, 1],
    ['-0.29', 2, -29],
  ] as const)('reads %s with %i digits as %i', (text, digits, units) => {
    expect(wholeUnits(text, digits)).toBe(units)
  })

  it('refuses what is no decimal number or too large', () => {
    for (const text of ['', 'NaN', '1,5', '0x10', '.5', '1e99', '99999999999999999', '1'.repeat(61)]) {
      expect([text, wholeUnits(text, 2)]).toEqual([text, undefined])
    }
  })

  it('gives back every amount that was written with its digits', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 8 }), (units, digits) => {
        const text = String(units).padStart(digits + 1, '0')
        const written = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
        expect(wholeUnits(written, digits)).toBe(units)
      }),
    )
  })
})
