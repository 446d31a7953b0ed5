import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import {
  formatDay,
  localEdges,
  type LocalUnit,
  parseDay,
  weekdayOf,
} from '../../../../src-main/earnings/tariff/days.ts'
import { isTimeZone, ZoneClock } from '../../../../src-main/earnings/tariff/zone-clock.ts'

const HOUR = 3_600_000
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns', // changed at 00:01 until 2011
  'Asia/Kolkata', // half an hour
  'Asia/Kathmandu', // three quarters
  'Australia/Lord_Howe', // changes by half an hour
  'America/Havana', // midnight does not exist once a year
  'Asia/Beirut', // the same
  'Pacific/Apia', // skipped 2011-12-30
  'Africa/Casablanca', // changes for Ramadan
  'Pacific/Chatham',
]
const zone = fc.constantFrom(...zones)
const moment = fc.integer({ min: Date.UTC(2009, 0, 3), max: Date.UTC(2036, 0, 1) })
const at = (text: string) => Date.parse(text)
const temporal = (ms: number, timeZone: string) =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone)

describe('the clock of a zone', () => {
  it('shows what Temporal shows, in every zone, at any moment and in any order', () => {
    fc.assert(
      fc.property(zone, fc.array(moment, { minLength: 1, maxLength: 5 }), (timeZone, moments) => {
        const clock = new ZoneClock(timeZone, Math.min(...moments), Math.max(...moments))
        for (const ms of moments) {
          const there = temporal(ms, timeZone)
          expect(new Date(clock.localMs(ms)).toISOString().slice(0, -1)).toBe(
            there.toPlainDateTime().toString({ smallestUnit: 'millisecond' }),
          )
          expect(formatDay(clock.dayOf(ms))).toBe(there.toPlainDate().toString())
        }
      }),
      { numRuns: 60 },
    )
  })

  it('begins days where Temporal does', () => {
    for (const timeZone of zones) {
      const clock = new ZoneClock(timeZone, at('2011-01-01T00:00Z'), at('2012-03-01T00:00Z'))
      for (let day = parseDay('2011-01-01')!; day < parseDay('2012-03-01')!; day++) {
        const start = Temporal.PlainDate.from(formatDay(day)).toZonedDateTime(timeZone)
        expect(clock.dayStart(day), `${timeZone} ${formatDay(day)}`).toBe(start.epochMilliseconds)
      }
    }
  })

  it('refuses a zone that is none, in words', () => {
    expect(isTimeZone('Europe/Berlin')).toBe(true)
    expect(isTimeZone('Europe/Atlantis')).toBe(false)
    expect(() => new ZoneClock('Europe/Atlantis', 0, 1)).toThrowError(/not a time zone.*settings/)
  })
})

describe('edges of local units', () => {
  const edgesOf = (
    unit: LocalUnit,
    from: string,
    to: string,
    timeZone: string,
    weekStart = 'monday' as const,
  ) => localEdges(unit, at(from), at(to), new ZoneClock(timeZone, at(from), at(to)), weekStart)

  it('make a day of 23 hours in spring and of 25 in autumn', () => {
    const spring = edgesOf('day', '2026-03-28T12:00Z', '2026-03-30T12:00Z', 'Europe/Berlin')
    expect(spring.map((edge) => new Date(edge).toISOString())).toEqual([
      '2026-03-27T23:00:00.000Z',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
      '2026-03-30T22:00:00.000Z',
    ])
    const autumn = edgesOf('day', '2026-10-25T12:00Z', '2026-10-25T13:00Z', 'Europe/Berlin')
    expect(autumn[1]! - autumn[0]!).toBe(25 * HOUR)
    expect(edgesOf('hour', '2026-10-24T22:00Z', '2026-10-25T23:00Z', 'Europe/Berlin')).toHaveLength(26)
  })

  it('make a day of 24 and a half hours on Lord Howe Island, its last hour a half one', () => {
    const day = edgesOf('day', '2026-04-04T14:00Z', '2026-04-04T15:00Z', 'Australia/Lord_Howe')
    expect(day[1]! - day[0]!).toBe(24.5 * HOUR)
    const hours = edgesOf('hour', '2026-04-04T13:00Z', '2026-04-05T13:30Z', 'Australia/Lord_Howe')
    expect(hours.at(-1)! - hours.at(-2)!).toBe(0.5 * HOUR)
  })

  it('leave out a date that was skipped', () => {
    const days = edgesOf('day', '2011-12-29T12:00Z', '2011-12-31T12:00Z', 'Pacific/Apia')
    for (let i = 1; i < days.length; i++) expect(days[i]! - days[i - 1]!).toBe(24 * HOUR)
  })

  it('begin weeks on the day that was chosen', () => {
    const range = ['2026-11-18T00:00Z', '2026-11-18T01:00Z'] as const
    expect(edgesOf('week', ...range, 'UTC')[0]).toBe(at('2026-11-16T00:00Z'))
    const clock = new ZoneClock('UTC', at(range[0]), at(range[1]))
    expect(localEdges('week', at(range[0]), at(range[1]), clock, 'sunday')[0]).toBe(at('2026-11-15T00:00Z'))
    expect(weekdayOf(parseDay('2026-11-18')!)).toBe(3)
  })

  it('begin months and years at local midnight', () => {
    expect(edgesOf('month', '2026-01-31T23:30Z', '2026-03-02T00:00Z', 'Europe/Berlin')).toEqual([
      at('2026-01-31T23:00Z'),
      at('2026-02-28T23:00Z'),
      at('2026-03-31T22:00Z'),
    ])
    expect(edgesOf('year', '2025-12-31T23:30Z', '2026-03-02T00:00Z', 'Europe/Berlin')).toEqual([
      at('2025-12-31T23:00Z'),
      at('2026-12-31T23:00Z'),
    ])
  })

  it('enclose any stretch without a hole, and every wider unit begins where a day does', () => {
    fc.assert(
      fc.property(zone, moment, fc.integer({ min: 1, max: 40 * 24 * HOUR }), (timeZone, fromMs, length) => {
        const toMs = fromMs + length
        const clock = new ZoneClock(timeZone, fromMs, toMs)
        for (const unit of ['hour', 'day', 'week', 'month', 'year'] as const) {
          const edges = localEdges(unit, fromMs, toMs, clock, 'monday')
          expect(edges.length).toBeGreaterThan(1)
          expect(edges[0]!).toBeLessThanOrEqual(fromMs)
          expect(edges[1]!).toBeGreaterThan(fromMs)
          expect(edges.at(-1)!).toBeGreaterThanOrEqual(toMs)
          expect(edges.at(-2)!).toBeLessThan(toMs)
          for (let i = 1; i < edges.length; i++) expect(edges[i]!).toBeGreaterThan(edges[i - 1]!)
          if (unit === 'hour') continue
          const first = temporal(edges[0]!, timeZone)
          expect(edges[0]!).toBe(first.startOfDay().epochMilliseconds)
          if (unit === 'week') expect(first.dayOfWeek).toBe(1)
          if (unit === 'month') expect(first.day).toBe(1)
          if (unit === 'year') expect(first.dayOfYear).toBe(1)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('know dates from what only looks like one', () => {
    expect(parseDay('2026-02-29')).toBeNull()
    expect(parseDay('2028-02-29')).not.toBeNull()
    expect(parseDay('2026-2-9')).toBeNull()
    expect(formatDay(parseDay('1969-12-31')!)).toBe('1969-12-31')
  })
})
