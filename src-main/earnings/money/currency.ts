/** Currencies as ISO 4217 lists them: how many digits their minor units have. Names and signs belong to the renderer. */

/** ISO 4217's list one; every other currency has two. (Intl differs: it says what is customary, as 0 for IQD.) */
const MINOR_DIGITS: ReadonlyMap<string, number> = new Map([
  ...[
    'BIF',
    'CLP',
    'DJF',
    'GNF',
    'ISK',
    'JPY',
    'KMF',
    'KRW',
    'PYG',
    'RWF',
    'UGX',
    'UYI',
    'VND',
    'VUV',
    'XAF',
    'XOF',
    'XPF',
  ].map((code) => [code, 0] as const),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((code) => [code, 3] as const),
  ...['CLF', 'UYW'].map((code) => [code, 4] as const),
])

/**
 * Digits after the point: 2 for EUR, 0 for JPY, 3 for KWD; 2 for a code that is not known.
 * @param currency ISO 4217, upper case
 */
export function minorDigits(currency: string): number {
  return MINOR_DIGITS.get(currency) ?? 2
}

/** Minor units in one unit of the currency: 100, 1, 1000 or 10,000. */
export function minorPerUnit(currency: string): number {
  return 10 ** minorDigits(currency)
}

/** `1234` of a currency with two digits as `12.34`, with a point and no sign or spaces: for files, not for screens. */
export function formatMinor(minor: number, digits: number): string {
  if (digits === 0) return String(minor)
  const text = String(Math.abs(minor)).padStart(digits + 1, '0')
  return `${minor < 0 ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`
}
