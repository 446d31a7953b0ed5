/** Chances and very long times in plain words. Nothing here rounds a chance to never or to certain. */
import { formatCount, formatPercent, formatScaled } from './number.ts'

const BIG_WORDS = [
  '',
  ' thousand',
  ' million',
  ' billion',
  ' trillion',
  ' quadrillion',
  ' quintillion',
] as const

/** Whole, and no more digits than mean something: `12,400`, `8.2 million`. */
function aboutCount(value: number): string {
  if (value < 100) return formatCount(Math.round(value))
  if (value < 999_500) {
    const step = 10 ** (Math.floor(Math.log10(value)) - 2)
    return formatCount(Math.round(value / step) * step)
  }
  const { digits, prefix } = formatScaled(value, BIG_WORDS)
  return `${digits}${prefix}`
}

/** 0.00008 as `1 in 12,500`, from a tenth on `35 %`. 0 is `no chance`; unknown a dash. */
export function formatChance(chance: number | null): string {
  if (chance === null) return '–'
  if (chance <= 0) return 'no chance'
  if (chance >= 1) return 'certain'
  if (chance >= 0.995) return 'more than 99 %'
  if (chance >= 0.1) return formatPercent(chance)
  return `1 in ${aboutCount(1 / chance)}`
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365.25 * DAY

/** A mean time that may be far longer than a life: `12 minutes`, `5 hours`, `3.4 years`, `18 thousand years`. */
export function formatLongTime(durationMs: number | null): string {
  if (durationMs === null) return '–'
  const about = (value: number, one: string, many: string): string => {
    const text = value < 9.95 && many !== 'minutes' ? String(Number(value.toFixed(1))) : aboutCount(value)
    return `${text} ${text === '1' ? one : many}`
  }
  if (durationMs < MINUTE) return 'under a minute'
  if (durationMs < 90 * MINUTE) return about(durationMs / MINUTE, 'minute', 'minutes')
  if (durationMs < 2 * DAY) return about(durationMs / HOUR, 'hour', 'hours')
  if (durationMs < 60 * DAY) return about(durationMs / DAY, 'day', 'days')
  if (durationMs < 2 * YEAR) return about(durationMs / (YEAR / 12), 'month', 'months')
  return about(durationMs / YEAR, 'year', 'years')
}

/** A time against what people know: `about as long as farming has existed`. Null where nothing fits. */
export function compareLongTime(durationMs: number): string | null {
  const years = durationMs / YEAR
  if (years < 20) return null
  if (years < 120) return 'within a long human life'
  if (years < 600) return 'longer than anybody lives'
  if (years < 3000) return 'longer than most countries have lasted'
  if (years < 13_000) return 'about as long as there has been writing, or farming'
  return 'longer than people have lived in towns'
}
