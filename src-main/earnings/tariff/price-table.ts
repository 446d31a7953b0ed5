/** What a kWh costs at each moment, and what energy costs then, exactly. */
import { requireTariffForm } from './check.ts'
import { parseDay, weekdayOf } from './days.ts'
import { type Tariff } from './tariff.ts'
import { layOut, QUARTERS_PER_DAY, type TariffLayout } from './week.ts'
import { DAY_MS, QUARTER_MS, type ZoneClock } from './zone-clock.ts'

/** No tariff holds, or the one that does has no price (or two) for this moment. */
const NO_PRICE = -1
const FEBRUARY_29 = 59

interface Dated {
  readonly tariff: Tariff
  readonly fromDay: number
  /** By season and quarter hour of the week; `NO_PRICE` where there is not exactly one. */
  readonly weeks: readonly Float64Array[]
  /** By day of a leap year: the one season, or -1. */
  readonly year: readonly number[]
}

export class PriceTable {
  /** Quarter hours since the epoch of the first entry. */
  readonly #first: number
  readonly #prices: Float64Array
  readonly #dated: readonly Dated[]

  /**
   * @param tariffs in any order; the earliest holds before its first day too
   * @param clock made for this stretch
   * @throws HeadframeError `tariff/malformed`. Gaps and overlaps are not refused: those hours have no price.
   */
  constructor(tariffs: readonly Tariff[], clock: ZoneClock, fromMs: number, toMs: number) {
    tariffs.forEach(requireTariffForm)
    this.#dated = tariffs.map(date).sort((a, b) => a.fromDay - b.fromDay)
    this.#first = Math.floor(fromMs / QUARTER_MS)
    this.#prices = new Float64Array(Math.ceil(toMs / QUARTER_MS) - this.#first).fill(NO_PRICE)
    if (this.#dated.length > 0) this.#fill(clock)
  }

  /**
   * Millionths of the currency unit per kWh at a moment of the stretch; null when there is no price. Where a zone's
   * offset is not in whole quarter hours, as none has been since 1972, the price at the start of the UTC quarter.
   */
  priceAt(atMs: number): number | null {
    const price = this.#prices[Math.floor(atMs / QUARTER_MS) - this.#first]
    return price === undefined || price === NO_PRICE ? null : price
  }

  /**
   * The price over a stretch of up to an hour, times `TWELFTHS`: the mean of its quarter hours, because energy within
   * a slot is taken as evenly used. Whole, because a quarter, a half and three quarters divide twelve. null when any
   * part has no price.
   */
  priceTwelfths(fromMs: number, toMs: number): number | null {
    const first = Math.floor(fromMs / QUARTER_MS) - this.#first
    const end = Math.max(first + 1, Math.ceil(toMs / QUARTER_MS) - this.#first)
    let sum = 0
    for (let i = first; i < end; i++) {
      const price = this.#prices[i]
      if (price === undefined || price === NO_PRICE) return null
      sum += price
    }
    return sum * (TWELFTHS / (end - first))
  }

  /** The tariff that holds on a local day; null without any. */
  tariffOn(day: number): Tariff | null {
    return this.#datedOn(day)?.tariff ?? null
  }

  #datedOn(day: number): Dated | undefined {
    return this.#dated.findLast(({ fromDay }) => fromDay <= day) ?? this.#dated[0]
  }

  #fill(clock: ZoneClock): void {
    let day = Number.NaN
    let week: Float64Array | undefined
    for (let i = 0; i < this.#prices.length; i++) {
      const localMs = clock.localMs((this.#first + i) * QUARTER_MS)
      const today = Math.floor(localMs / DAY_MS)
      if (today !== day) {
        day = today
        const { year, weeks } = this.#datedOn(day)!
        week = weeks[year[yearDay(day)]!]
      }
      const quarter = Math.floor((localMs - day * DAY_MS) / QUARTER_MS)
      if (week !== undefined) this.#prices[i] = week[(weekdayOf(day) - 1) * QUARTERS_PER_DAY + quarter]!
    }
  }
}

/** Denominator of `priceTwelfths`. */
export const TWELFTHS = 12

/**
 * A week of a tariff for drawing: millionths per kWh by season, weekday (1 Monday … 7) and hour, as at the start of the
 * hour; null where there is no price, or two.
 */
export function weekByHour(
  tariff: Tariff,
): { season: string; day: number; hour: number; microsPerKwh: number | null }[] {
  requireTariffForm(tariff)
  const layout = layOut(tariff)
  return pricesOf(layout).flatMap((prices, season) =>
    Array.from({ length: 168 }, (_, hour) => ({
      season: layout.weeks[season]!.season,
      day: Math.floor(hour / 24) + 1,
      hour: hour % 24,
      microsPerKwh: prices[hour * 4] === NO_PRICE ? null : prices[hour * 4]!,
    })),
  )
}

function date(tariff: Tariff): Dated {
  const layout = layOut(tariff)
  return {
    tariff,
    fromDay: parseDay(tariff.validFrom)!,
    weeks: pricesOf(layout),
    year: layout.year.map((claims) => (claims.length === 1 ? claims[0]! : -1)),
  }
}

function pricesOf({ weeks }: TariffLayout): Float64Array[] {
  return weeks.map(({ claims }) =>
    Float64Array.from(claims, (periods) => (periods.length === 1 ? periods[0]!.microsPerKwh : NO_PRICE)),
  )
}

/** Day of a leap year, from 0, of a date: 1 March is the same in every year. */
function yearDay(day: number): number {
  const date = new Date(day * DAY_MS)
  const year = date.getUTCFullYear()
  const ofYear = day - Date.UTC(year, 0, 1) / DAY_MS
  const isLeap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1
  return isLeap || ofYear < FEBRUARY_29 ? ofYear : ofYear + 1
}
