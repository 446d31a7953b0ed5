/**
 * What is wrong with a tariff, named to the quarter hour. A tariff with a gap or an overlap is never completed by a
 * guess: its hours without one price have none, and what they cost is not known.
 */
import { HeadframeError } from '../../base/index.ts'
import { weekdayWords } from './describe.ts'
import { parseDay } from './days.ts'
import { type Tariff } from './tariff.ts'
import {
  dateOfYearDay,
  layOut,
  QUARTERS_PER_DAY,
  quarterOf,
  type SeasonWeek,
  YEAR_DAYS,
  yearDayOf,
} from './week.ts'

/** malformed: a time, date or price that cannot be. gap / overlap: hours or days with no price, or with several. */
export type TariffProblemCode = 'tariff/malformed' | 'tariff/gap' | 'tariff/overlap'

export interface TariffProblem {
  code: TariffProblemCode
  /** A sentence. */
  message: string
}

/** Above any price of power in any currency: 10,000,000 units for a kWh. */
const MOST_MICROS = 10_000_000_000_000
/** A tariff entered wrongly can be wrong everywhere; nobody reads on. */
const MOST_PROBLEMS = 20

/** Everything wrong with one tariff, at most 20 problems; empty when each moment has one price. */
export function checkTariff(tariff: Tariff): TariffProblem[] {
  const malformed = checkForm(tariff)
  if (malformed.length > 0) return malformed.slice(0, MOST_PROBLEMS)
  const { weeks, year } = layOut(tariff)
  const problems = checkYear(
    year,
    weeks.map(({ season }) => season),
  )
  for (const week of weeks) problems.push(...checkWeek(week, weeks.length > 1))
  return problems.slice(0, MOST_PROBLEMS)
}

/**
 * @throws HeadframeError with the code and the sentence of the first problem of any of the tariffs, or
 *   `tariff/overlap` when two begin on the same day
 */
export function requireTariffs(tariffs: readonly Tariff[]): void {
  const days = new Set<string>()
  for (const tariff of tariffs) {
    const [problem] = checkTariff(tariff)
    if (problem !== undefined) throw new HeadframeError(problem.code, problem.message)
    if (days.has(tariff.validFrom)) {
      throw new HeadframeError(
        'tariff/overlap',
        `Two tariffs begin on ${tariff.validFrom}. Remove one or change its first day.`,
        { context: { validFrom: tariff.validFrom } },
      )
    }
    days.add(tariff.validFrom)
  }
}

/** The problems of form alone: with none of them a tariff can be laid out. */
export function checkForm(tariff: Tariff): TariffProblem[] {
  const problems: TariffProblem[] = []
  const bad = (message: string) => problems.push({ code: 'tariff/malformed', message })
  const price = (micros: number, what: string) => {
    if (!Number.isInteger(micros) || micros < 0 || micros > MOST_MICROS) {
      bad(`${what} is ${micros}: a price is a whole number of millionths, 0 or more.`)
    }
  }
  if (parseDay(tariff.validFrom) === null) {
    bad(`"${tariff.validFrom}" is not a day. Write the first day of the tariff like 2026-03-29.`)
  }
  price(tariff.standingMicrosPerDay, 'The standing charge per day')
  if (tariff.rates.kind === 'flat') {
    price(tariff.rates.microsPerKwh, 'The price')
    return problems
  }
  if (tariff.rates.seasons.length === 0) bad('The tariff has no season. Add one for the whole year.')
  for (const season of tariff.rates.seasons) {
    for (const text of [season.from, season.to]) {
      if (yearDayOf(text) === null)
        bad(`"${text}" in ${season.name} is not a day of the year. Write it like 03-29.`)
    }
    for (const period of season.periods) {
      price(period.microsPerKwh, `The price of ${period.name}`)
      if (period.from === '24:00')
        bad(`${period.name} begins at 24:00. Let it begin at 00:00 of the next day.`)
      for (const text of [period.from, period.to]) {
        if (quarterOf(text) === null) {
          bad(`"${text}" of ${period.name} is not a time on a quarter hour. Write it like 22:15.`)
        }
      }
      if (period.days.length === 0) bad(`${period.name} holds on no day of the week. Choose its days.`)
      if (period.days.some((day) => !Number.isInteger(day) || day < 1 || day > 7)) {
        bad(`${period.name} has a day that is none: days are 1 for Monday to 7 for Sunday.`)
      }
    }
  }
  return problems
}

/** @throws HeadframeError `tariff/malformed` for a tariff that cannot be laid out */
export function requireTariffForm(tariff: Tariff): void {
  const [problem] = checkForm(tariff)
  if (problem !== undefined) throw new HeadframeError(problem.code, problem.message)
}

function checkYear(year: readonly (readonly number[])[], seasons: readonly string[]): TariffProblem[] {
  const problems: TariffProblem[] = []
  for (let from = 0; from < YEAR_DAYS;) {
    let to = from
    while (to + 1 < YEAR_DAYS && String(year[to + 1]) === String(year[from])) to++
    const claims = year[from]!
    const days = from === to ? `${dayWords(from)} lies` : `${dayWords(from)} to ${dayWords(to)} lie`
    if (claims.length === 0) problems.push({ code: 'tariff/gap', message: `${days} in no season.` })
    if (claims.length > 1) {
      const names = claims.map((season) => seasons[season]!)
      problems.push({
        code: 'tariff/overlap',
        message: `${days} in ${count(names.length)} seasons: ${list(names)}.`,
      })
    }
    from = to + 1
  }
  return problems
}

/** Runs of quarter hours with none or several prices; the same run on several days is one problem. */
function checkWeek({ season, claims }: SeasonWeek, named: boolean): TariffProblem[] {
  const runs = new Map<string, { days: number[]; hours: string; names: readonly string[] }>()
  for (let day = 0; day < 7; day++) {
    const today = claims.slice(day * QUARTERS_PER_DAY, (day + 1) * QUARTERS_PER_DAY)
    const keys = today.map((periods) =>
      periods.length === 1 ? '' : JSON.stringify(periods.map((p) => p.name)),
    )
    for (let from = 0; from < QUARTERS_PER_DAY;) {
      let to = from + 1
      while (to < QUARTERS_PER_DAY && keys[to] === keys[from]) to++
      if (keys[from] !== '') {
        const hours = `${timeOf(from)}-${timeOf(to)}`
        const run = runs.get(hours + keys[from]!)
        if (run === undefined) {
          runs.set(hours + keys[from]!, { days: [day + 1], hours, names: today[from]!.map((p) => p.name) })
        } else run.days.push(day + 1)
      }
      from = to
    }
  }
  return [...runs.values()].map(({ days, hours, names }) => {
    const when = `${weekdayWords(days)} ${hours}${named ? ` in ${season}` : ''}`
    return names.length === 0
      ? { code: 'tariff/gap', message: `${when} has no price.` }
      : { code: 'tariff/overlap', message: `${when} has ${count(names.length)} prices: ${list(names)}.` }
  })
}

function timeOf(quarter: number): string {
  return `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`
}

function dayWords(yearDay: number): string {
  return dateOfYearDay(yearDay).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  })
}

function count(n: number): string {
  return ['no', 'one', 'two', 'three', 'four'][n] ?? String(n)
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`
}
