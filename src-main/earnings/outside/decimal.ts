/** Decimal text as whole units, exactly: what a source writes of money never becomes a float. Pure. */
import { divideHalfUp } from '../money/rounding.ts'

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/
/** More is no amount of money. */
const LONGEST = 60

/**
 * `97000.515` with 2 digits is 9700052: digits beyond are rounded half up.
 * @param digits after the point that a whole unit stands for, 0 to 8
 * @returns undefined for what is no decimal number or no safe integer
 */
export function wholeUnits(text: string, digits: number): number | undefined {
  const match = text.length > LONGEST ? null : DECIMAL.exec(text.trim())
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const scale = Number(exponent) + digits - fraction.length
  if (Math.abs(scale) > LONGEST) return undefined
  const written = BigInt(`${sign ?? ''}${whole}${fraction}`)
  const value = scale >= 0 ? written * 10n ** BigInt(scale) : divideHalfUp(written, 10n ** BigInt(-scale))
  const units = Number(value)
  return Number.isSafeInteger(units) ? units : undefined
}
