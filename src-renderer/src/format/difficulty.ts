/** Difficulties, and what the best one means beside the network's. */
import { formatCount, formatPercent, formatScaled } from './number.ts'

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const

/** `4290000000` as `4.29 G`; below a thousand three significant digits without padding: `0.00012`, `8`, `512`. */
export function formatDifficulty(difficulty: number): string {
  if (difficulty === 0) return '0'
  if (difficulty < 999.5) return String(Number(difficulty.toPrecision(3)))
  const { digits, prefix } = formatScaled(difficulty, PREFIXES)
  return `${digits} ${prefix}`
}

const BIG_WORDS = ['', ' thousand', ' million', ' billion', ' trillion', ' quadrillion'] as const

/**
 * How close the best share came to a block, in plain words: `1 in 40 of a block`, from a tenth on `45 % of a block`. Null when either is
 * unknown or zero.
 */
export function describeBestShare(bestDifficulty: number, networkDifficulty: number | null): string | null {
  if (networkDifficulty === null || networkDifficulty <= 0 || bestDifficulty <= 0) return null
  const ratio = networkDifficulty / bestDifficulty
  if (ratio <= 1) return 'enough for a block'
  if (ratio < 1.5) return 'almost a block'
  if (ratio <= 10) return `${formatPercent(1 / ratio)} of a block`
  if (ratio < 999_999.5) return `1 in ${formatCount(Math.round(ratio))} of a block`
  const { digits, prefix } = formatScaled(ratio, BIG_WORDS)
  return `1 in ${digits}${prefix} of a block`
}
