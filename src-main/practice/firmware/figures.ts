/**
 * Figures rounded as rigs round them, but never to fewer than four digits that count: a practice rig hashes thousands of
 * times a second where the real one does so billions of times, and its rate would be gone.
 */

const DIGITS_THAT_COUNT = 4
const MOST_DECIMALS = 15

/** @param decimals of the real thing */
export function rounded(value: number, decimals: number): number {
  return Number(roundedText(value, decimals))
}

/** Without an exponent. */
export function roundedText(value: number, decimals: number): string {
  const first = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  return value.toFixed(
    Math.min(
      MOST_DECIMALS,
      Math.max(decimals, value === 0 || first >= 0 ? 0 : DIGITS_THAT_COUNT - 1 - first),
    ),
  )
}
