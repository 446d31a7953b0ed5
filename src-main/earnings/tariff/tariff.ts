/**
 * What a person pays for power, as plain values: flat or by hour and weekday with seasons, dated so that a change of
 * price does not rewrite the past. Prices are whole millionths of the currency unit per kWh. What is wrong with a
 * tariff is told by `check.ts`; what a moment costs by `price-table.ts`.
 */

/** Hours of a week at one price. Both times are local, `HH:MM` on a quarter hour, `24:00` allowed as an end. */
export interface TariffPeriod {
  name: string
  /** Millionths of the currency unit per kWh; 0 for hours on solar power. */
  microsPerKwh: number
  /** 1 Monday … 7 Sunday: the day in which the period begins. */
  days: readonly number[]
  from: string
  /** Not included. At or before `from` it runs into the next day; equal to `from` it lasts 24 hours. */
  to: string
}

/** A stretch of the year, `MM-DD` to `MM-DD`, both included; `to` before `from` wraps over the new year. */
export interface TariffSeason {
  name: string
  from: string
  to: string
  periods: readonly TariffPeriod[]
}

export type TariffRates =
  | { kind: 'flat'; microsPerKwh: number }
  /** Seasons that have every day of the year once, each with every quarter hour of its week once. */
  | { kind: 'periods'; seasons: readonly TariffSeason[] }

export interface Tariff {
  /** `YYYY-MM-DD`, local: from the start of this day. The earliest of a list holds before that too. */
  validFrom: string
  /** May be empty. */
  name: string
  /** Millionths of the currency unit for each local day, whatever is used. */
  standingMicrosPerDay: number
  rates: TariffRates
}
