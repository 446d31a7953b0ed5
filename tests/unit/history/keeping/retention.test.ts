import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DEFAULT_RETENTION,
  fitBudget,
  MEGABYTE,
  requireRetention,
} from '../../../../src-main/history/keeping/retention.ts'

describe('choices of retention', () => {
  it('are 14 days of samples, 14 of shares by the minute and no budget by default', () => {
    expect(DEFAULT_RETENTION).toMatchObject({ rawDays: 14, shareMinuteDays: 14, budgetMegabytes: null })
    expect(() => requireRetention(DEFAULT_RETENTION)).not.toThrow()
  })

  it.each([
    ['rawDays', 0],
    ['rawDays', 91],
    ['rawDays', 1.5],
    ['shareMinuteDays', NaN],
    ['budgetMegabytes', 49],
    ['keepDaily', 0],
    ['keepWeekly', 53],
  ])('out of range are refused with their field: %s of %s', (field, value) => {
    expect(() => requireRetention({ ...DEFAULT_RETENTION, [field]: value })).toThrowError(
      expect.objectContaining({
        code: 'history/bad-retention',
        context: expect.objectContaining({ field }) as object,
      }),
    )
  })
})

describe('a budget', () => {
  const choices = { ...DEFAULT_RETENTION, budgetMegabytes: 500 }

  it('changes nothing while everything fits', () => {
    expect(
      fitBudget(choices, { usedBytes: 400 * MEGABYTE, rawBytes: 140 * MEGABYTE, rawDaysHeld: 14 }),
    ).toEqual({ rawDays: 14, words: null })
  })

  it('shortens the raw part to the days that fit, and says so', () => {
    const { rawDays, words } = fitBudget(choices, {
      usedBytes: 540 * MEGABYTE,
      rawBytes: 140 * MEGABYTE,
      rawDaysHeld: 14,
    })
    expect(rawDays).toBe(10)
    expect(words).toBe(
      'To stay within 500 MB, every sample is kept for 10 days in place of 14 days. Figures by five minutes, hours and days are kept for ever.',
    )
  })

  it('that what is kept for ever exceeds leaves one day, and says that it cannot be met', () => {
    const { rawDays, words } = fitBudget(choices, {
      usedBytes: 700 * MEGABYTE,
      rawBytes: 100 * MEGABYTE,
      rawDaysHeld: 10,
    })
    expect(rawDays).toBe(1)
    expect(words).toMatch(/600 MB of it are never removed.*larger budget/)
  })

  it('lengthens again up to what was chosen when there is room', () => {
    const shortened = { usedBytes: 300 * MEGABYTE, rawBytes: 40 * MEGABYTE, rawDaysHeld: 4 }
    expect(fitBudget(choices, shortened).rawDays).toBe(14)
  })

  it('is met by the days it gives, whenever it can be', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        fc.integer({ min: 0, max: 1e9 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 50, max: 2000 }),
        (rest, rawBytes, rawDaysHeld, budgetMegabytes) => {
          const space = { usedBytes: rest + rawBytes, rawBytes, rawDaysHeld }
          const { rawDays, words } = fitBudget({ ...choices, rawDays: 90, budgetMegabytes }, space)
          expect(rawDays).toBeGreaterThanOrEqual(1)
          expect(rawDays).toBeLessThanOrEqual(90)
          if (rawDays < 90) expect(words).not.toBeNull()
          const then = rest + (rawBytes / rawDaysHeld) * rawDays
          if (rawDays > 1) expect(then).toBeLessThanOrEqual(budgetMegabytes * MEGABYTE)
        },
      ),
    )
  })
})
