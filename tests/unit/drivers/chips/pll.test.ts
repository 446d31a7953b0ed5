import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bm1362Chip } from '../../../../src-main/drivers/chips/bm1362.ts'
import { bm1366Chip } from '../../../../src-main/drivers/chips/bm1366.ts'
import { bm1370Chip } from '../../../../src-main/drivers/chips/bm1370.ts'
import { BM1397_PLL } from '../../../../src-main/drivers/chips/bm1397.ts'
import { solveGekkoPll } from '../../../../src-main/drivers/chips/pll-gekko.ts'
import {
  MAX_CLOCK_ERROR_MHZ,
  oscillatorMhz,
  pllMhz,
  pllRegister,
  readPllRegister,
  solvePll,
} from '../../../../src-main/drivers/chips/pll.ts'
import { rampClocks } from '../../../../src-main/drivers/chips/ramp.ts'

const limits = fc.constantFrom(bm1362Chip.pll, bm1366Chip.pll, bm1370Chip.pll, BM1397_PLL)
const mhz = fc.double({ min: -100, max: 4000, noNaN: true })

describe('the PLL search', () => {
  it('finds what ESP-Miner finds', () => {
    const register = (target: number): string =>
      pllRegister(solvePll(target, bm1370Chip.pll)!, bm1370Chip.pll).toString(16)
    expect([56.25, 400, 490, 525, 600].map(register)).toEqual([
      '40bd0265',
      '40a00240',
      '50c40240',
      '40a80230',
      '50c00230',
    ])
  })

  it('makes a clock near what was asked within the chip, or none', () => {
    fc.assert(
      fc.property(limits, mhz, (chip, target) => {
        const setting = solvePll(target, chip)
        if (setting === null) return
        expect(Math.abs(pllMhz(setting) - target)).toBeLessThanOrEqual(MAX_CLOCK_ERROR_MHZ)
        expect(setting.feedback).toBeGreaterThanOrEqual(chip.feedbackMin)
        expect(setting.feedback).toBeLessThanOrEqual(chip.feedbackMax)
        if (chip.oscillatorMaxMhz !== null) {
          expect(oscillatorMhz(setting)).toBeLessThanOrEqual(chip.oscillatorMaxMhz)
        }
        expect(readPllRegister(pllRegister(setting, chip), chip)).toEqual(setting)
      }),
    )
  })

  it('refuses what the chip cannot make, and what is no clock', () => {
    for (const target of [6.25, 0, -50, NaN, Infinity]) expect(solvePll(target, bm1370Chip.pll)).toBeNull()
    expect(readPllRegister(0x40a00041, BM1397_PLL)).toBeNull()
  })
})

describe("GekkoScience's clocks", () => {
  it('are never above what was asked, and at most 5 MHz below', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 100, max: 800, noNaN: true }),
        fc.constantFrom('as-is' as const, 'less-one' as const),
        (target, dividers) => {
          const made = pllMhz(solveGekkoPll(target, dividers)!)
          expect(made).toBeLessThanOrEqual(target + 1e-9)
          expect(target - made).toBeLessThan(5)
        },
      ),
    )
  })

  it('refuses what its dividers cannot make', () => {
    for (const target of [0, 10, 1250, NaN]) expect(solveGekkoPll(target, 'as-is')).toBeNull()
  })
})

describe('a ramp', () => {
  const clock = fc.double({ min: 50, max: 800, noNaN: true })

  it('never jumps, never turns, and ends on the target', () => {
    fc.assert(
      fc.property(clock, clock, fc.constantFrom(5, 6.25), (from, to, step) => {
        const clocks = [from, ...rampClocks(from, to, step)]
        expect(clocks.at(-1)).toBe(to)
        for (let i = 1; i < clocks.length; i++) {
          const change = clocks[i]! - clocks[i - 1]!
          expect(Math.abs(change)).toBeLessThanOrEqual(step)
          expect(change * (to - from)).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })

  it('sets 75 clocks from 56.25 to 525 MHz', () => {
    expect(rampClocks(56.25, 525, 6.25)).toHaveLength(75)
    expect(rampClocks(485, 470, 6.25)).toEqual([481.25, 475, 470])
    expect(rampClocks(470, 485, 6.25)).toEqual([475, 481.25, 485])
    expect(rampClocks(525, 525, 6.25)).toEqual([525])
  })
})
