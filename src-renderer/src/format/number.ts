/**
 * Plain numbers for people: grouped counts, three significant digits with an SI prefix, percentages, bytes.
 * Everything else in this folder that prints a quantity is built on `formatScaled`.
 */

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A number split from its unit, so that a screen can set the unit smaller. */
export interface Quantity {
  value: string
  unit: string
}

/** `1234567` as `1,234,567`. */
export function formatCount(count: number): string {
  return grouped.format(count)
}

/** Three significant digits without an exponent, for values of at least 1: `4.82`, `48.2`, `482`. */
function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2)
  if (value < 99.95) return value.toFixed(1)
  return value.toFixed(0)
}

/**
 * Scales by thousands until three digits suffice. The prefix is chosen after rounding, so that
 * 999,999 is `1.00 M` and never `1000 k`.
 */
export function formatScaled(value: number, prefixes: readonly string[]): { digits: string; prefix: string } {
  let scaled = value
  let step = 0
  while (scaled >= 999.5 && step < prefixes.length - 1) {
    scaled /= 1000
    step += 1
  }
  return { digits: threeDigits(scaled), prefix: prefixes[step] ?? '' }
}

/** `0.0234` as `2.3 %`. Nothing small rounds to a misleading `0 %`, and nothing incomplete to `100 %`. */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100
  if (percent === 0) return '0 %'
  if (percent < 0.01) return '< 0.01 %'
  if (percent < 1) return `${percent.toFixed(2)} %`
  if (percent < 10) return `${percent.toFixed(1)} %`
  if (percent > 99 && percent < 100) return `${(Math.floor(percent * 100) / 100).toFixed(2)} %`
  return `${percent.toFixed(0)} %`
}

/** Bytes with decimal prefixes: `1.53 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes.toFixed(0)} B`
  const { digits, prefix } = formatScaled(bytes, ['', 'k', 'M', 'G', 'T'])
  return `${digits} ${prefix}B`
}

/** `1 rig`, `4 rigs`, `10,000 rigs`. */
export function formatPlural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}
