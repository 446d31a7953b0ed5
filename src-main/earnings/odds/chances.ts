/**
 * The chance of finding a block alone. Blocks come as a Poisson process whose mean is work / difficulty: the chance of at
 * least one is 1 - exp(-mean), computed so that it keeps its digits for a rig that would need a million years.
 */

/** Hashes to one unit of difficulty, as the whole field counts them. */
const HASHES_PER_DIFFICULTY = 2 ** 32
const DAY_S = 86_400
/** 365.25 / 12, and the year it is a twelfth of. */
export const MONTH_DAYS = 30.4375
export const YEAR_DAYS = 365.25

export interface SoloChances {
  /** Of at least one block; 0 to 1. */
  day: number
  month: number
  year: number
  /** Mean time to a block, ms; null without hashrate. */
  expectedMs: number | null
  /** Mean number of blocks in a year. */
  blocksPerYear: number
}

/**
 * @param hashrateHs H/s; not negative
 * @param difficulty of the network, above 0
 */
export function soloChances(hashrateHs: number, difficulty: number): SoloChances {
  const blocksPerDay = ((hashrateHs / HASHES_PER_DIFFICULTY) * DAY_S) / difficulty
  const within = (days: number) => -Math.expm1(-blocksPerDay * days) + 0
  return {
    day: within(1),
    month: within(MONTH_DAYS),
    year: within(YEAR_DAYS),
    expectedMs: blocksPerDay > 0 ? (DAY_S * 1000) / blocksPerDay : null,
    blocksPerYear: blocksPerDay * YEAR_DAYS,
  }
}

/** In plain words: `A 1 in 16,000 chance of a block within a year; on average one in 16,000 years.` */
export function soloWords(chances: SoloChances): string {
  if (chances.expectedMs === null) return 'Nothing is hashing, so there is no chance of a block.'
  const mean = `on average one every ${durationWords(chances.expectedMs)}`
  if (chances.year < 0.5) return `A ${chanceWords(chances.year)} chance of a block within a year; ${mean}.`
  if (chances.month < 0.5) return `A ${chanceWords(chances.month)} chance of a block within a month; ${mean}.`
  return `A ${chanceWords(chances.day)} chance of a block within a day; ${mean}.`
}

/** `1 in 4,300` below 10 %, else `37 %`; `practically certain` above 99.95 %. */
export function chanceWords(chance: number): string {
  if (chance <= 0) return '0 %'
  if (chance < 0.1) return `1 in ${rounded(1 / chance)}`
  if (chance > 0.9995) return 'practically certain'
  return `${chance < 0.99 ? Math.round(chance * 100) : (chance * 100).toFixed(1)} %`
}

/** `7 minutes`, `3 days`, `16,000 years`. */
export function durationWords(ms: number): string {
  const seconds = ms / 1000
  const [unit, length] = UNITS.find(([, s]) => seconds >= 1.5 * s) ?? (['second', 1] as const)
  const count = rounded(seconds / length)
  return `${count} ${unit}${count === '1' ? '' : 's'}`
}
const UNITS = [
  ['year', YEAR_DAYS * DAY_S],
  ['month', MONTH_DAYS * DAY_S],
  ['day', DAY_S],
  ['hour', 3600],
  ['minute', 60],
] as const

/** Two digits that matter, or the whole number below 100; words from a million on. */
function rounded(value: number): string {
  if (value < 10) return String(Number(value.toPrecision(2)))
  if (value < 100) return String(Math.round(value))
  const two = Number(value.toPrecision(2))
  const [name, size] = LARGE.find(([, s]) => two >= s) ?? ['', 1]
  return name === ''
    ? two.toLocaleString('en-US')
    : `${Number((two / size).toPrecision(2)).toLocaleString('en-US')} ${name}`
}
const LARGE = [
  ['trillion', 1e12],
  ['billion', 1e9],
  ['million', 1e6],
] as const
