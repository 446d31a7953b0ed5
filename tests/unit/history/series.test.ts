import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planBuckets } from '../../../src-main/history/series.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('planning buckets', () => {
  it.each([
    ['a minute in seconds', MINUTE, 60, SECOND],
    ['an hour', HOUR, 720, 5 * SECOND],
    ['an hour in a few', HOUR, 61, MINUTE],
    ['a day', DAY, 800, 2 * MINUTE],
    ['a week', 7 * DAY, 800, 15 * MINUTE],
    ['a year', 365 * DAY, 800, 12 * HOUR],
    ['three years', 3 * 365 * DAY, 800, 2 * DAY],
  ])('takes round widths for %s', (_, length, points, bucketMs) => {
    const toMs = 30_000 * DAY
    expect(planBuckets(toMs - length, toMs, points, SECOND).bucketMs).toBe(bucketMs)
  })

  it('keeps to the narrowest width that is known, a minute unless said', () => {
    expect(planBuckets(DAY, DAY + MINUTE, 1000).bucketMs).toBe(MINUTE)
    expect(planBuckets(DAY, DAY + MINUTE, 1000, 5 * MINUTE).bucketMs).toBe(5 * MINUTE)
    expect(planBuckets(DAY, DAY + MINUTE, 1000, DAY).bucketMs).toBe(DAY)
  })

  it('covers the range with no more buckets than asked for, on round times', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2e12 }),
        fc.integer({ min: 1, max: 1200 * DAY }),
        fc.integer({ min: 1, max: 5000 }),
        fc.constantFrom(SECOND, MINUTE, 5 * MINUTE, HOUR, DAY),
        (fromMs, length, points, narrowestMs) => {
          const { bucketMs, startMs, count } = planBuckets(fromMs, fromMs + length, points, narrowestMs)
          expect(bucketMs).toBeGreaterThanOrEqual(narrowestMs)
          expect(count).toBeLessThanOrEqual(points)
          expect(startMs % bucketMs).toBe(0)
          expect(startMs).toBeLessThanOrEqual(fromMs)
          expect(startMs + bucketMs).toBeGreaterThan(fromMs)
          expect(startMs + count * bucketMs).toBeGreaterThanOrEqual(fromMs + length)
          expect(startMs + (count - 1) * bucketMs).toBeLessThan(fromMs + length)
        },
      ),
    )
  })

  it('has no buckets for a range that is empty or inverted', () => {
    expect(planBuckets(5000, 5000, 10).count).toBe(0)
    expect(planBuckets(5000, 4000, 10).count).toBe(0)
  })

  it('refuses moments that are not whole and fewer than one point', () => {
    expect(() => planBuckets(0.5, 10, 1)).toThrow(RangeError)
    expect(() => planBuckets(0, 10, 0)).toThrow(RangeError)
  })
})
