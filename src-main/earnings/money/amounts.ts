/**
 * What money is here: whole sats and whole minor units of a currency, as safe integers. Never a float: a fraction of
 * a sat exists only inside exact sums (`exact-sum.ts`), which are rounded once (`rounding.ts`).
 */
import { HeadframeError } from '../../base/index.ts'

/** Whole sats, a safe integer. */
export type Sats = number
/** Whole minor units of a currency: cents; yen, which have none below. A safe integer. */
export type Minor = number
/** Minor units of a currency for one bitcoin. */
export type MinorPerBtc = number
/** Millionths of a currency unit for a kilowatt hour. */
export type MicrosPerKwh = number

export const SATS_PER_BTC = 100_000_000
/** Exact sums of sats count millionths. */
export const MICROS_PER_SAT = 1_000_000
export const JOULES_PER_KWH = 3_600_000

/**
 * An exact amount as the number that is stored and shown.
 * @throws HeadframeError `earnings/too-large` beyond 2^53 - 1, more than all the sats there will ever be
 */
export function requireSafe(value: bigint): number {
  const number = safeOrNull(value)
  if (number !== null) return number
  throw new HeadframeError(
    'earnings/too-large',
    'An amount is too large to be counted exactly. Check the prices, tariffs and network facts that were entered: one of them is far off.',
  )
}

/** An exact figure as a number; null beyond 2^53 - 1. */
export function safeOrNull(value: bigint): number | null {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : null
}
