import { describe, expect, it } from 'vitest'
import {
  formatDuration,
  formatRelative,
  formatShortDuration,
  formatWholeDuration,
} from '@/format/duration.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [3.14, '3.1 ms'],
    [84.3, '84 ms'],
    [999.4, '999 ms'],
    [1400, '1.4 s'],
    [9960, '9 s'],
    [12_000, '12 s'],
    [200_000, '3 min 20 s'],
    [2 * HOUR + 5 * MINUTE, '2 h 5 min'],
    [2 * DAY + 4 * HOUR, '2 d 4 h'],
    [3 * DAY, '3 d'],
    [-5, '0 ms'],
  ])('of %d ms read %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

  it('that tick have nothing finer than a second', () => {
    expect([0, 999, 61_000].map(formatWholeDuration)).toEqual(['0 s', '0 s', '1 min 1 s'])
  })

  it('in narrow columns have one unit', () => {
    expect([59_999, 61_000, 2 * HOUR, 50 * HOUR].map(formatShortDuration)).toEqual([
      '59 s',
      '1 min',
      '2 h',
      '2 d',
    ])
  })
})

describe('moments', () => {
  it('are told from now', () => {
    expect(formatRelative(1000, 2500)).toBe('just now')
    expect(formatRelative(1000, 13_000)).toBe('12 s ago')
    expect(formatRelative(0, 3 * HOUR)).toBe('3 h ago')
    expect(formatRelative(8000, 0)).toBe('in 8 s')
  })

  it('that a slightly different clock puts into the future are now', () => {
    expect(formatRelative(1400, 1000)).toBe('just now')
  })
})
