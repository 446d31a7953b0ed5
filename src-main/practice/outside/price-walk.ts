/**
 * The price of bitcoin in the practice world: walks slowly around 60,000 dollars, the same for the same seed and moment, so
 * that history and present fit together however often they are asked. Pure.
 */

export interface PriceWalk {
  /** In whole units of the currency; null before the history begins or for a currency that is not kept. */
  priceAt(currency: string, atMs: number): number | null
  readonly currencies: readonly string[]
}

const DAY_MS = 86_400_000
const HISTORY_DAYS = 3 * 365
const MEAN_USD = 60_000

/** Units of the currency for a dollar; they stand still, as nobody practises with exchange rates. */
const PER_DOLLAR: Readonly<Record<string, number>> = {
  USD: 1,
  EUR: 0.92,
  GBP: 0.79,
  CAD: 1.36,
  CHF: 0.88,
  AUD: 1.52,
  JPY: 150,
}

/** @param todayMs the history goes three years back from it */
export function priceWalk(seed: number, todayMs: number): PriceWalk {
  const firstDay = Math.floor(todayMs / DAY_MS) - HISTORY_DAYS
  return {
    currencies: Object.keys(PER_DOLLAR),
    priceAt: (currency, atMs) => {
      const perDollar = PER_DOLLAR[currency]
      if (perDollar === undefined || atMs < firstDay * DAY_MS) return null
      return Math.round(dollarsAt(seed, atMs) * perDollar)
    },
  }
}

/** Between the closes of the days before and of this one, in a straight line. */
function dollarsAt(seed: number, atMs: number): number {
  const day = Math.floor(atMs / DAY_MS)
  const before = closeOf(seed, day - 1)
  return before + (closeOf(seed, day) - before) * (atMs / DAY_MS - day)
}

/** A year's swing, one of seven weeks, and a little of each day's own. */
function closeOf(seed: number, day: number): number {
  const year = Math.sin((2 * Math.PI * day) / 365 + phase(seed, 1))
  const weeks = Math.sin((2 * Math.PI * day) / 49 + phase(seed, 2))
  const own = 2 * hashed(seed, day) - 1
  return MEAN_USD * (1 + 0.15 * year + 0.05 * weeks + 0.01 * own)
}

const phase = (seed: number, which: number): number => 2 * Math.PI * hashed(seed, -which)

/** From 0 to 1, the same for the same numbers. */
function hashed(seed: number, value: number): number {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(value + 0x7f4a7c15, 0xc2b2ae35)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
}
