/**
 * The price of bitcoin for a local date: the close of the UTC day of the same date, else the last close known before
 * it, else the first after. Which day it is of is always told.
 */
import { type MinorPerBtc } from '../money/amounts.ts'
import { type DailyPrice } from './inputs.ts'

export interface DayPrice {
  readonly minorPerBtc: MinorPerBtc
  /** Whole days since 1970-01-01: the day asked for, or that whose price stands in. */
  readonly day: number
}

export class DayPrices {
  readonly #sorted: readonly DailyPrice[]

  /** @param prices in any order; those not above 0 are passed over */
  constructor(prices: readonly DailyPrice[]) {
    this.#sorted = prices
      .filter(({ closeMinor }) => Number.isSafeInteger(closeMinor) && closeMinor > 0)
      .toSorted((a, b) => a.day - b.day)
  }

  get isEmpty(): boolean {
    return this.#sorted.length === 0
  }

  /** null when no price is known at all. @param day whole days since 1970-01-01 */
  on(day: number): DayPrice | null {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#sorted[middle]!.day <= day) low = middle + 1
      else high = middle
    }
    const found = this.#sorted[Math.max(0, low - 1)]
    return found === undefined ? null : { minorPerBtc: found.closeMinor, day: found.day }
  }
}
