/**
 * A tariff laid out: for each season the prices of its week, by quarter hour, and for each day of a year the season it
 * lies in. Pure layout; `check.ts` says in words what does not fit, `price-table.ts` puts it on real moments.
 */
import { type Tariff, type TariffPeriod, type TariffSeason } from './tariff.ts'

export const QUARTERS_PER_DAY = 96
export const QUARTERS_PER_WEEK = 7 * QUARTERS_PER_DAY
/** A leap year, so that 29 February has its place. */
export const YEAR_DAYS = 366
const LEAP_YEAR = 2024

export interface SeasonWeek {
  /** Empty for a tariff without seasons. */
  season: string
  /** By quarter hour from Monday 00:00: the periods that claim it. One is as it should be. */
  claims: readonly (readonly TariffPeriod[])[]
}

export interface TariffLayout {
  weeks: readonly SeasonWeek[]
  /** By day of a leap year: indexes of the weeks that claim it. */
  year: readonly (readonly number[])[]
}

/** Lays out a tariff whose times and dates are well formed (`check.ts`). */
export function layOut({ rates }: Tariff): TariffLayout {
  if (rates.kind === 'flat') {
    const { microsPerKwh } = rates
    const period: TariffPeriod = {
      name: '',
      microsPerKwh,
      days: [1, 2, 3, 4, 5, 6, 7],
      from: '00:00',
      to: '24:00',
    }
    return {
      weeks: [{ season: '', claims: Array.from({ length: QUARTERS_PER_WEEK }, () => [period]) }],
      year: Array.from({ length: YEAR_DAYS }, () => [0]),
    }
  }
  const year = Array.from({ length: YEAR_DAYS }, (): number[] => [])
  const weeks = rates.seasons.map((season, index) => {
    for (const day of daysOf(season)) year[day]!.push(index)
    return { season: season.name, claims: claimsOf(season) }
  })
  return { weeks, year }
}

/** Quarter hours since midnight of `HH:MM`, 96 for `24:00`; null for what is no time on a quarter hour. */
export function quarterOf(text: string): number | null {
  const match = /^(\d\d):(00|15|30|45)$/.exec(text)
  if (match === null) return null
  const quarter = Number(match[1]) * 4 + Number(match[2]) / 15
  return quarter <= QUARTERS_PER_DAY ? quarter : null
}

/** Day of a leap year, from 0, of `MM-DD`; null for what is no such day. */
export function yearDayOf(text: string): number | null {
  if (!/^\d\d-\d\d$/.test(text)) return null
  const atMs = Date.parse(`${LEAP_YEAR}-${text}T00:00:00Z`)
  if (Number.isNaN(atMs) || new Date(atMs).toISOString().slice(5, 10) !== text) return null
  return (atMs - Date.UTC(LEAP_YEAR, 0, 1)) / 86_400_000
}

/** A day of a leap year as a date in that year, for words. */
export function dateOfYearDay(yearDay: number): Date {
  return new Date(Date.UTC(LEAP_YEAR, 0, 1 + yearDay))
}

function daysOf({ from, to }: TariffSeason): number[] {
  const first = yearDayOf(from)!
  const last = yearDayOf(to)!
  const count = last >= first ? last - first + 1 : YEAR_DAYS - first + last + 1
  return Array.from({ length: count }, (_, i) => (first + i) % YEAR_DAYS)
}

function claimsOf({ periods }: TariffSeason): TariffPeriod[][] {
  const claims = Array.from({ length: QUARTERS_PER_WEEK }, (): TariffPeriod[] => [])
  for (const period of periods) {
    const from = quarterOf(period.from)!
    const to = quarterOf(period.to)!
    const length = to > from ? to - from : QUARTERS_PER_DAY - from + to
    for (const day of new Set(period.days)) {
      for (let i = 0; i < length; i++) {
        // Sunday's night runs into Monday.
        claims[((day - 1) * QUARTERS_PER_DAY + from + i) % QUARTERS_PER_WEEK]!.push(period)
      }
    }
  }
  return claims
}
