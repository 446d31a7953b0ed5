import { describe, expect, it } from 'vitest'
import { type ClockReading, judgeClocks } from '../../../src-main/app/clock-watch.ts'

const BEFORE: ClockReading = { wallMs: 1_800_000_000_000, monotonicMs: 5000, uptimeMs: 900_000 }

/** A second later, with what else happened. */
const later = (wallMs: number, monotonicMs = 0, uptimeMs = 0): ClockReading => ({
  wallMs: BEFORE.wallMs + 1000 + wallMs,
  monotonicMs: BEFORE.monotonicMs + 1000 + monotonicMs,
  uptimeMs: BEFORE.uptimeMs + 1000 + uptimeMs,
})

describe('looking at the clocks', () => {
  it('finds nothing where time went on, also if late or corrected by a time server', () => {
    expect(judgeClocks(BEFORE, later(0))).toBeUndefined()
    expect(judgeClocks(BEFORE, later(20_000, 20_000, 20_000))).toBeUndefined()
    expect(judgeClocks(BEFORE, later(4900))).toBeUndefined()
    expect(judgeClocks(BEFORE, later(-4900))).toBeUndefined()
  })

  it('finds that the machine slept while its monotonic clock stood still', () => {
    expect(judgeClocks(BEFORE, later(3_600_000, 0, 3_600_000))).toEqual({
      kind: 'slept',
      atMs: BEFORE.wallMs + 3_601_000,
      forMs: 3_601_000,
    })
  })

  it('finds that the machine slept where the monotonic clock goes on', () => {
    expect(judgeClocks(BEFORE, later(3_600_000, 3_600_000, 3_600_000))).toMatchObject({ kind: 'slept' })
  })

  it('finds that somebody set the clock, forward or back', () => {
    expect(judgeClocks(BEFORE, later(7200_000))).toMatchObject({ kind: 'clock-changed', byMs: 7200_000 })
    expect(judgeClocks(BEFORE, later(-86_400_000))).toEqual({
      kind: 'clock-changed',
      atMs: BEFORE.wallMs + 1000 - 86_400_000,
      byMs: -86_400_000,
    })
  })
})
