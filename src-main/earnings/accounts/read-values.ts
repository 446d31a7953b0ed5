/**
 * Values as pools write them, made exact: bitcoin in decimals to whole sats, moments in three spellings, hashrates with
 * units. Pure. Money is taken from the digits as they were sent, never from a float: the few digits beyond the eighth that
 * some pools show are rounded to the nearest sat.
 */
import { divideHalfUp } from '../money/rounding.ts'
import { type Answer } from '../outside/answer.ts'

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** Beyond it no amount of bitcoin makes sense, and digits would only cost. */
const MAX_DIGITS = 60

/**
 * `text` times 10^`places`, rounded to the nearest whole number, halves up.
 * @returns null if it is no decimal number of reasonable length
 */
export function scaleDecimal(text: string, places: number): bigint | null {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? []
  if (whole === '' || text.length > MAX_DIGITS) return null
  const digits = BigInt(whole + fraction)
  const shift = Number(exponent) - fraction.length + places
  if (Math.abs(shift) > 2 * MAX_DIGITS) return digits === 0n ? 0n : null
  const signed = sign === '-' ? -digits : digits
  return shift >= 0 ? signed * 10n ** BigInt(shift) : divideHalfUp(signed, 10n ** BigInt(-shift))
}

/** All the bitcoin there can be. */
const MAX_SATS = 2_100_000_000_000_000n

/** Whole sats of an amount in bitcoin, written as text or as a number. @throws HeadframeError `outside/changed` */
export function readBtc(answer: Answer): number {
  const sats = scaleDecimal(answer.decimal(), 8)
  if (sats === null || sats > MAX_SATS || sats < -MAX_SATS) throw answer.wrong('is no amount of bitcoin')
  return Number(sats)
}

/** Whole sats of an amount in sats; fractions of a sat are rounded. @throws HeadframeError `outside/changed` */
export function readSats(answer: Answer): number {
  const sats = scaleDecimal(answer.decimal(), 0)
  if (sats === null || sats > MAX_SATS || sats < -MAX_SATS) throw answer.wrong('is no amount of sats')
  return Number(sats)
}

/** 2009-01-03 to 2200: what else is written as a moment is none. */
const FIRST_MS = 1_230_940_800_000
const LAST_MS = 7_258_118_400_000

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/

/**
 * Epoch milliseconds of a moment in seconds (number or text) or in ISO 8601; without a zone it is UTC.
 * @throws HeadframeError `outside/changed`
 */
export function readMoment(answer: Answer): number {
  const text = answer.isText ? answer.text().trim() : null
  const atMs = text !== null && ISO.test(text) ? parseIso(text) : answer.number() * 1000
  if (!(atMs >= FIRST_MS && atMs <= LAST_MS)) throw answer.wrong('is no moment')
  return Math.round(atMs)
}

function parseIso(text: string): number {
  const spelled = text.replace(' ', 'T')
  return Date.parse(/T/.test(spelled) && !/(?:Z|[+-]\d{2}:?\d{2})$/.test(spelled) ? `${spelled}Z` : spelled)
}

export const DAY_MS = 86_400_000

/** Days since 1970-01-01, UTC. */
export function utcDay(atMs: number): number {
  return Math.floor(atMs / DAY_MS)
}

/** `YYYY-MM-DD` of a UTC day. */
export function formatDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  p: 1e15,
  e: 1e18,
  z: 1e21,
  y: 1e24,
}

/** `1.13T`, `517G`, `0`: a number with the letter of its thousands. @throws HeadframeError `outside/changed` */
export function readSuffixed(answer: Answer): number {
  if (!answer.isText) return requirePositive(answer, answer.number())
  const [, digits = '', letter = ''] = /^([\d.]+)\s*([kmgtpezy]?)(?:h\/s)?$/i.exec(answer.text().trim()) ?? []
  return requirePositive(
    answer,
    digits === '' ? Number.NaN : Number(digits) * (FACTORS[letter.toLowerCase()] ?? Number.NaN),
  )
}

/** How many H/s a unit as `Gh/s` or `TH/s` is. @throws HeadframeError `outside/changed` */
export function readHashrateUnit(answer: Answer): number {
  const [, letter] = /^([kmgtpezy]?)h\/s$/i.exec(answer.text().trim()) ?? []
  const factor = letter === undefined ? undefined : FACTORS[letter.toLowerCase()]
  if (factor === undefined) throw answer.wrong('is no unit of hashrate')
  return factor
}

/** A finite number of at least 0. @throws HeadframeError `outside/changed` */
export function readAmount(answer: Answer): number {
  return requirePositive(answer, answer.number())
}

function requirePositive(answer: Answer, value: number): number {
  if (!Number.isFinite(value) || value < 0) throw answer.wrong('is no amount')
  return value
}

/** A transaction id, or null if the text is none. */
export function txidOf(text: string | null): string | null {
  return text !== null && /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : null
}

/** Sums what several rows say of the same day; oldest first. @param rows day and sats */
export function sumByDay(
  rows: readonly { readonly day: number; readonly sats: number }[],
): { day: number; sats: number }[] {
  const days = new Map<number, number>()
  for (const { day, sats } of rows) days.set(day, (days.get(day) ?? 0) + sats)
  return [...days].map(([day, sats]) => ({ day, sats })).sort((a, b) => a.day - b.day)
}

/** Oldest first. */
export function byMoment<T extends { readonly atMs: number }>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => a.atMs - b.atMs)
}
