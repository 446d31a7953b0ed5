/**
 * What energy costs, exactly: joules times millionths per kWh, in twelfths (see `PriceTable.priceTwelfths`), over one
 * denominator for everything that is added up. Rounded once, cumulatively, to minor units.
 */
import { divideHalfUp, floorDivide } from '../money/rounding.ts'
import { JOULES_PER_KWH, type MicrosPerKwh, type Minor, requireSafe, safeOrNull } from '../money/amounts.ts'
import { TWELFTHS } from './price-table.ts'

const MICROS_PER_UNIT = 1_000_000n

/** Of joules x twelfths of a millionth per kWh x minor units per unit, over which they are minor units. */
export const ENERGY_COST_DENOMINATOR = BigInt(TWELFTHS) * BigInt(JOULES_PER_KWH) * MICROS_PER_UNIT

/** Of millionths of a unit x minor units per unit, over which they are minor units. */
export const MICROS_DENOMINATOR = MICROS_PER_UNIT

/**
 * What energy costs at one price, rounded half up.
 * @param minorPerUnit 100 for a currency with cents
 * @throws HeadframeError `earnings/too-large`
 */
export function costOfEnergy(energyJ: number, price: MicrosPerKwh, minorPerUnit: number): Minor {
  const exact = BigInt(energyJ) * BigInt(price) * BigInt(TWELFTHS) * BigInt(minorPerUnit)
  return requireSafe(divideHalfUp(exact, ENERGY_COST_DENOMINATOR))
}

/**
 * The highest flat tariff at which `energyJ` cost no more than `budgetMinor`.
 * @returns null when no energy was used, nothing is left to spend on it, or the price would be beyond counting
 */
export function breakEvenTariff(
  budgetMinor: Minor,
  energyJ: number,
  minorPerUnit: number,
): MicrosPerKwh | null {
  if (energyJ <= 0 || budgetMinor < 0) return null
  const micros = BigInt(budgetMinor) * MICROS_PER_UNIT * BigInt(JOULES_PER_KWH)
  return safeOrNull(floorDivide(micros, BigInt(energyJ) * BigInt(minorPerUnit)))
}
