/** What sats are worth at a price, in whole minor units. Exact: sats times price over 10^8, rounded half up. */
import { ceilDivide, divideHalfUp } from './rounding.ts'
import { type Minor, type MinorPerBtc, requireSafe, safeOrNull, type Sats, SATS_PER_BTC } from './amounts.ts'

/** Denominator of sats times a price per bitcoin. */
export const VALUE_DENOMINATOR = BigInt(SATS_PER_BTC)

/** @throws HeadframeError `earnings/too-large` */
export function valueOfSats(sats: Sats, price: MinorPerBtc): Minor {
  return requireSafe(divideHalfUp(exactValue(sats, price), VALUE_DENOMINATOR))
}

/** The value over `VALUE_DENOMINATOR`, before rounding. */
export function exactValue(sats: Sats, price: MinorPerBtc): bigint {
  return BigInt(sats) * BigInt(price)
}

/**
 * The lowest price of a bitcoin at which `sats` are worth at least `costMinor`.
 * @returns null when nothing was earned, so that no price would do, and for a price beyond counting
 */
export function breakEvenPrice(sats: Sats, costMinor: Minor): MinorPerBtc | null {
  if (sats <= 0) return null
  return safeOrNull(ceilDivide(BigInt(costMinor) * VALUE_DENOMINATOR, BigInt(sats)))
}
