/** A tariff in words, for statements: English, numbers with a point. Screens draw it instead. */
import { dateOfYearDay, yearDayOf } from './week.ts'
import { type Tariff, type TariffPeriod } from './tariff.ts'

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** `Monday to Friday`, `Saturday and Sunday`, `Monday, Wednesday and Friday`, `every day`. @param days 1 to 7 */
export function weekdayWords(days: readonly number[]): string {
  const sorted = [...new Set(days)].sort((a, b) => a - b)
  if (sorted.length === 7) return 'every day'
  const names = sorted.map((day) => WEEKDAYS[day - 1]!)
  const inARow = sorted.length > 2 && sorted.at(-1)! - sorted[0]! === sorted.length - 1
  if (inARow) return `${names[0]!} to ${names.at(-1)!}`
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`
}

/**
 * `0.32 EUR per kWh`, or the seasons and periods with theirs, and the standing charge if there is one.
 * @param tariff well formed
 */
export function describeTariff(tariff: Tariff, currency: string): string {
  const standing =
    tariff.standingMicrosPerDay === 0
      ? ''
      : `; standing charge ${units(tariff.standingMicrosPerDay)} ${currency} a day`
  return ratesInWords(tariff, currency) + standing
}

function ratesInWords({ rates }: Tariff, currency: string): string {
  if (rates.kind === 'flat') return `${units(rates.microsPerKwh)} ${currency} per kWh`
  const price = (period: TariffPeriod) =>
    `${period.name} (${weekdayWords(period.days)} ${period.from}-${period.to}) ${units(period.microsPerKwh)}`
  const seasons = rates.seasons.map((season) => {
    const prices = season.periods.map(price).join(', ')
    return rates.seasons.length === 1
      ? prices
      : `${season.name} (${dayOf(season.from)} to ${dayOf(season.to)}): ${prices}`
  })
  return `${currency} per kWh: ${seasons.join('; ')}`
}

function dayOf(monthDay: string): string {
  const yearDay = yearDayOf(monthDay)
  if (yearDay === null) return monthDay
  return dateOfYearDay(yearDay).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  })
}

/** Millionths with at least two digits after the point and no zeros beyond. */
function units(micros: number): string {
  const text = String(micros).padStart(7, '0')
  const fraction = text.slice(-6).replace(/0{1,4}$/, '')
  return `${text.slice(0, -6)}.${fraction}`
}
