import { describe, expect, it } from 'vitest'
import {
  afterAnswer,
  afterNoAnswer,
  freshnessOf,
  GONE_AFTER_FAILURES,
  LONGEST_WAIT_MS,
  startRhythm,
} from '../../../../src-main/fleet/polling/poll-rhythm.ts'

const EVERY = 10_000

describe('the rhythm of polls', () => {
  it('spreads first polls over three seconds, or the rhythm where that is shorter', () => {
    expect(startRhythm(1000, EVERY, 0).nextAtMs).toBe(1000)
    expect(startRhythm(1000, EVERY, 0.5).nextAtMs).toBe(2500)
    expect(startRhythm(1000, 1000, 0.5).nextAtMs).toBe(1500)
  })

  it('spreads rigs that began together over the whole rhythm after their first answer', () => {
    const first = startRhythm(0, EVERY, 0)
    const next = [0, 0.5, 0.999].map((ratio) => afterAnswer(first, 0, EVERY, ratio).nextAtMs)
    expect(next[0]).toBe(2500)
    expect(next[1]).toBe(7500)
    expect(next[2]).toBeCloseTo(12_490)
  })

  it('asks again in its rhythm, a twentieth sooner or later, after every further answer', () => {
    const rhythm = afterAnswer(startRhythm(0, EVERY, 0), 0, EVERY, 0)
    expect(afterAnswer(rhythm, 50_000, EVERY, 0).nextAtMs).toBe(59_500)
    expect(afterAnswer(rhythm, 50_000, EVERY, 1).nextAtMs).toBe(60_500)
  })

  it('doubles the wait with every failure, up to five minutes', () => {
    let rhythm = afterAnswer(startRhythm(0, EVERY, 0), 0, EVERY, 0)
    const waits: number[] = []
    for (let failure = 0; failure < 8; failure++) {
      rhythm = afterNoAnswer(rhythm, 0, EVERY, 0.5)
      waits.push(rhythm.nextAtMs)
    }
    expect(waits.slice(0, 4)).toEqual([20_000, 40_000, 80_000, 160_000])
    expect(waits.slice(4)).toEqual([300_000, 300_000, 300_000, 300_000])
    expect(afterNoAnswer({ ...rhythm, failures: 10_000 }, 0, EVERY, 1).nextAtMs).toBeLessThanOrEqual(
      LONGEST_WAIT_MS,
    )
  })

  it('is back to normal with the first answer', () => {
    let rhythm = afterAnswer(startRhythm(0, EVERY, 0), 0, EVERY, 0)
    for (let failure = 0; failure < 6; failure++) rhythm = afterNoAnswer(rhythm, 0, EVERY, 0.5)
    rhythm = afterAnswer(rhythm, 1_000_000, EVERY, 0.5)
    expect(rhythm).toEqual({ failures: 0, answeredAtMs: 1_000_000, nextAtMs: 1_010_000 })
  })

  it('calls values live, stale after a failure, and gone after three', () => {
    const start = startRhythm(0, EVERY, 0)
    let rhythm = afterAnswer(start, 0, EVERY, 0)
    expect(freshnessOf(start)).toBe('never')
    const seen = [freshnessOf(rhythm)]
    for (let failure = 0; failure < GONE_AFTER_FAILURES; failure++) {
      rhythm = afterNoAnswer(rhythm, 0, EVERY, 0.5)
      seen.push(freshnessOf(rhythm))
    }
    expect(seen).toEqual(['live', 'stale', 'stale', 'gone'])
  })

  it('calls a rig that never answered gone as well after three polls', () => {
    let rhythm = startRhythm(0, EVERY, 0)
    for (let failure = 0; failure < 2; failure++) rhythm = afterNoAnswer(rhythm, 0, EVERY, 0.5)
    expect(freshnessOf(rhythm)).toBe('never')
    expect(freshnessOf(afterNoAnswer(rhythm, 0, EVERY, 0.5))).toBe('gone')
  })
})
