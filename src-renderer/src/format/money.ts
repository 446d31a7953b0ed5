/**
 * Sums of money: sats as safe integers everywhere, BTC only here; other currencies as whole minor units (cents; yen where
 * there are none), their major units only here. What is not known is a dash, never a zero.
 */
import { formatCount } from './number.ts'

const SATS_PER_BTC = 100_000_000
/** Stands where a sum is not known. */
export const UNKNOWN = '–'
const MINUS = '−'

const sign = (text: string): string => text.replaceAll('-', MINUS)

/** Sats as BTC from 0.01 BTC on (`3.125 BTC`), else as sats (`12,345 sats`). */
export function formatSats(sats: number): string {
  if (Math.abs(sats) < SATS_PER_BTC / 100)
    return Math.abs(sats) === 1 ? sign(`${sats} sat`) : sign(`${formatCount(sats)} sats`)
  return formatBtc(sats)
}

/** Always BTC, without zeros at its end: `0.00012345 BTC`. */
export function formatBtc(sats: number): string {
  const btc = (sats / SATS_PER_BTC).toFixed(8).replace(/0+$/, '').replace(/\.$/, '')
  return `${sign(btc)} BTC`
}

/** Grouped digits without a unit, for columns that name it: `12,345`. */
export function formatSatsBare(sats: number | null): string {
  return sats === null ? UNKNOWN : sign(formatCount(sats))
}

/** For axes, whose numbers are round: `12.5 k`, `1.2 M`, `0`. */
export function formatSatsAxis(sats: number): string {
  const size = Math.abs(sats)
  if (size < 1000) return sign(String(Number(sats.toPrecision(3))))
  const [scale, unit] = size < 1e6 ? [1e3, 'k'] : size < 1e9 ? [1e6, 'M'] : [1e9, 'G']
  return sign(`${Number((sats / scale).toPrecision(4))} ${unit}`)
}

const digits = new Map<string, number>()
/** How many decimals a currency has: EUR 2, JPY 0. Two where nobody knows it. */
export function minorDigitsOf(currency: string): number {
  const known = digits.get(currency)
  if (known !== undefined) return known
  let count = 2
  try {
    count =
      new Intl.NumberFormat('en-US', { style: 'currency', currency }).resolvedOptions()
        .maximumFractionDigits ?? 2
  } catch {
    // No code of a currency: shown with two decimals, as most have.
  }
  digits.set(currency, count)
  return count
}

const writers = new Map<string, Intl.NumberFormat>()
function writerOf(currency: string, fraction: number, compact = false): Intl.NumberFormat {
  const key = `${currency} ${fraction} ${compact}`
  const known = writers.get(key)
  if (known !== undefined) return known
  const fresh = new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: compact ? 0 : fraction,
    maximumFractionDigits: fraction,
    ...(compact ? { notation: 'compact' as const } : {}),
  })
  writers.set(key, fresh)
  return fresh
}

/** Whole minor units in their currency: 123456 of EUR is `€1,234.56`, of JPY `¥123,456`. Unknown is a dash. */
export function formatMinor(
  minor: number | null,
  currency: string,
  minorDigits = minorDigitsOf(currency),
): string {
  if (minor === null) return UNKNOWN
  return sign(writerOf(currency, minorDigits).format(minor / 10 ** minorDigits))
}

/** The same with a sign in front of what is gained, for profit and differences: `+€1.20`, `−€0.40`, `€0.00`. */
export function formatSignedMinor(
  minor: number | null,
  currency: string,
  minorDigits = minorDigitsOf(currency),
): string {
  const text = formatMinor(minor, currency, minorDigits)
  return minor !== null && minor > 0 ? `+${text}` : text
}

/** For axes: `€1.5`, `€0.05`, `€12K`. */
export function formatMinorAxis(
  minor: number,
  currency: string,
  minorDigits = minorDigitsOf(currency),
): string {
  return sign(
    writerOf(currency, Math.max(minorDigits, 0), Math.abs(minor) >= 10 ** (minorDigits + 4)).format(
      minor / 10 ** minorDigits,
    ),
  ).replace(/\.00$/, '')
}

/** A price of one bitcoin, whose cents nobody reads: `€92,140`. */
export function formatBtcPrice(
  minorPerBtc: number | null,
  currency: string,
  minorDigits = minorDigitsOf(currency),
): string {
  if (minorPerBtc === null) return UNKNOWN
  const major = minorPerBtc / 10 ** minorDigits
  return sign(writerOf(currency, major < 100 ? minorDigits : 0).format(major))
}

/**
 * Sats at a price, as whole minor units, rounded half away from zero. In whole numbers throughout: a product of sats and
 * cents outgrows what a float holds exactly.
 */
export function valueAt(sats: number, minorPerBtc: number): number {
  const quick = Math.abs(sats) * minorPerBtc
  if (Number.isSafeInteger(quick)) {
    const rest = quick % SATS_PER_BTC
    const whole = (quick - rest) / SATS_PER_BTC + (rest * 2 >= SATS_PER_BTC ? 1 : 0)
    return sats < 0 && whole !== 0 ? -whole : whole
  }
  const product = BigInt(sats) * BigInt(minorPerBtc)
  const half = BigInt(SATS_PER_BTC / 2)
  const size = product < 0n ? -product : product
  const rounded = Number((size + half) / BigInt(SATS_PER_BTC))
  return product < 0n ? -rounded : rounded
}

/** What a sum of minor units buys at a price, in whole sats. Null at a price of nothing. */
export function satsFor(minor: number, minorPerBtc: number): number | null {
  if (minorPerBtc <= 0) return null
  const size =
    (BigInt(Math.abs(minor)) * BigInt(SATS_PER_BTC) + BigInt(minorPerBtc) / 2n) / BigInt(minorPerBtc)
  return minor < 0 ? -Number(size) : Number(size)
}
