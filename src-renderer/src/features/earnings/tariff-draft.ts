/** A tariff as it is edited: text for prices and times, so that nothing is lost while somebody types. Pure. */
import type { Tariff } from '@contract'
import { parseTariff, tariffText } from '../../format/energy.ts'
import { parseDay } from '../../format/zone.ts'

export interface PeriodFields {
  key: number
  name: string
  price: string
  /** 1 Monday … 7 Sunday. */
  days: readonly number[]
  from: string
  to: string
}
export interface SeasonFields {
  key: number
  name: string
  /** MM-DD, both included. */
  from: string
  to: string
  periods: readonly PeriodFields[]
}
export interface TariffFields {
  validFrom: string
  name: string
  /** A fixed charge a day, in whole currency units; empty for none. */
  standing: string
  kind: 'flat' | 'periods'
  price: string
  seasons: readonly SeasonFields[]
}

export const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7] as const
let nextKey = 1
/** Keys only tell rows apart while they are edited. */
const freshKey = (): number => nextKey++

export function freshPeriod(given: Partial<Omit<PeriodFields, 'key'>> = {}): PeriodFields {
  return { key: freshKey(), name: '', price: '', days: [...EVERY_DAY], from: '00:00', to: '24:00', ...given }
}
export function freshSeason(given: Partial<Omit<SeasonFields, 'key'>> = {}): SeasonFields {
  return { key: freshKey(), name: 'All year', from: '01-01', to: '12-31', periods: [freshPeriod()], ...given }
}

/** What a new tariff begins with: one price, from today; cheaper nights as an example of the other kind. */
export function freshTariff(today: string): TariffFields {
  return {
    validFrom: today,
    name: '',
    standing: '',
    kind: 'flat',
    price: '',
    seasons: [
      freshSeason({
        periods: [
          freshPeriod({ name: 'Day', from: '07:00', to: '22:00' }),
          freshPeriod({ name: 'Night', from: '22:00', to: '07:00' }),
        ],
      }),
    ],
  }
}

export function fieldsOf(tariff: Tariff): TariffFields {
  const { rates } = tariff
  const begin = freshTariff(tariff.validFrom)
  return {
    validFrom: tariff.validFrom,
    name: tariff.name,
    standing: tariff.standingMicrosPerDay === 0 ? '' : tariffText(tariff.standingMicrosPerDay),
    kind: rates.kind,
    price: rates.kind === 'flat' ? tariffText(rates.microsPerKwh) : '',
    seasons:
      rates.kind === 'flat'
        ? begin.seasons
        : rates.seasons.map((season) => ({
            ...season,
            key: freshKey(),
            periods: season.periods.map(({ microsPerKwh, ...period }) => ({
              ...period,
              key: freshKey(),
              price: tariffText(microsPerKwh),
            })),
          })),
  }
}

/** Prices change on quarter hours; no bill knows any finer. */
const TIME = /^(?:([01]\d|2[0-3]):(?:00|15|30|45)|24:00)$/
const MONTH_DAY = /^(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/
/** `7`, `7:30` and `0730` as the contract writes them; anything else as it is. */
export function tidyTime(text: string): string {
  const match = /^(\d{1,2})(?::?(\d{2}))?$/.exec(text.trim())
  return match === null ? text.trim() : `${(match[1] ?? '').padStart(2, '0')}:${match[2] ?? '00'}`
}

/** What is wrong, field by field; the key names the field: `price`, `period-3-price`. Empty when it can be stored. */
export function errorsOf(fields: TariffFields): Record<string, string> {
  const errors: Record<string, string> = {}
  const price = 'Enter a price such as 0.28'
  if (parseDay(fields.validFrom) === null) errors['validFrom'] = 'Enter a day'
  if (fields.standing.trim() !== '' && parseTariff(fields.standing) === null)
    errors['standing'] = 'Enter a sum such as 0.31'
  if (fields.kind === 'flat') {
    if (parseTariff(fields.price) === null) errors['price'] = price
    return errors
  }
  for (const season of fields.seasons) {
    if (season.name.trim() === '') errors[`season-${season.key}-name`] = 'Give it a name'
    if (!MONTH_DAY.test(season.from) || !MONTH_DAY.test(season.to))
      errors[`season-${season.key}-days`] = 'Enter both as month-day, such as 04-01'
    for (const period of season.periods) {
      if (parseTariff(period.price) === null) errors[`period-${period.key}-price`] = price
      if (!TIME.test(tidyTime(period.from)) || !TIME.test(tidyTime(period.to)))
        errors[`period-${period.key}-hours`] = 'Enter times on the quarter hour, such as 07:00 or 07:15'
      if (period.days.length === 0) errors[`period-${period.key}-days`] = 'Choose at least one day'
    }
  }
  return errors
}

/** The tariff as it is stored; null while something is wrong. */
export function tariffOf(fields: TariffFields): Tariff | null {
  if (Object.keys(errorsOf(fields)).length > 0) return null
  return {
    validFrom: fields.validFrom.trim(),
    name: fields.name.trim(),
    standingMicrosPerDay: fields.standing.trim() === '' ? 0 : (parseTariff(fields.standing) ?? 0),
    rates:
      fields.kind === 'flat'
        ? { kind: 'flat', microsPerKwh: parseTariff(fields.price) ?? 0 }
        : {
            kind: 'periods',
            seasons: fields.seasons.map(({ name, from, to, periods }) => ({
              name: name.trim(),
              from,
              to,
              periods: periods.map((period, index) => ({
                name: period.name.trim() || `Price ${index + 1}`,
                microsPerKwh: parseTariff(period.price) ?? 0,
                days: [...period.days].sort(),
                from: tidyTime(period.from),
                to: tidyTime(period.to),
              })),
            })),
          },
  }
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
const WEEK = 7 * 1440

/** The minutes of a week, from Monday on, that a period covers; past Sunday midnight it goes on on Monday. */
function spansOf(period: { days: readonly number[]; from: string; to: string }): [number, number][] {
  const [from, to] = [minutesOf(period.from), minutesOf(period.to)]
  const length = to > from ? to - from : 1440 - from + to
  return period.days.flatMap((day) => {
    const begin = (day - 1) * 1440 + from
    const end = begin + length
    return end <= WEEK
      ? [[begin, end] as [number, number]]
      : [[begin, WEEK] as [number, number], [0, end - WEEK] as [number, number]]
  })
}

/** Hours of the week (0 to 167, from Monday midnight on) in which two prices of a season hold at once. */
export function doubledHours(season: {
  periods: readonly { days: readonly number[]; from: string; to: string }[]
}): Set<number> {
  const covered = new Uint8Array(WEEK)
  const doubled = new Set<number>()
  for (const period of season.periods)
    for (const [begin, end] of spansOf(period))
      for (let minute = begin; minute < end; minute++) {
        if (covered[minute] === 1) doubled.add(Math.floor(minute / 60))
        covered[minute] = 1
      }
  return doubled
}

/** `Oct 1 to Mar 31`, of MM-DD. */
export function seasonWords(season: { from: string; to: string }): string {
  const write = (monthDay: string): string =>
    new Date(`2024-${monthDay}T00:00:00Z`).toLocaleDateString('en-GB', {
      day: 'numeric',
      month: 'short',
      timeZone: 'UTC',
    })
  return season.from === '01-01' && season.to === '12-31'
    ? 'all year'
    : `${write(season.from)} to ${write(season.to)}`
}
