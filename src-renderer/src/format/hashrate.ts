/** Hashrates: H/s everywhere else, TH/s only here. */
import { formatScaled, type Quantity } from './number.ts'

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z'] as const

/** H/s as digits and unit: `{ value: '4.82', unit: 'TH/s' }`. Zero has no decimals. */
export function hashrateQuantity(hashrateHs: number): Quantity {
  if (hashrateHs === 0) return { value: '0', unit: 'H/s' }
  if (hashrateHs < 1) return { value: hashrateHs.toPrecision(2), unit: 'H/s' }
  const { digits, prefix } = formatScaled(hashrateHs, PREFIXES)
  return { value: digits, unit: `${prefix}H/s` }
}

/** For axes, whose numbers are round: `250 TH/s`, `1.5 TH/s`, `0`. */
export function formatHashrateAxis(hashrateHs: number): string {
  if (hashrateHs === 0) return '0'
  const { value, unit } = hashrateQuantity(hashrateHs)
  return `${Number(value)} ${unit}`
}

/** H/s as one text: `4.82 TH/s`. */
export function formatHashrate(hashrateHs: number): string {
  const { value, unit } = hashrateQuantity(hashrateHs)
  return `${value} ${unit}`
}
