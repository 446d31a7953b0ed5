/**
 * Readers of values as rigs spell them: numbers as text, sentinels for a dead sensor, five ways to say when a share was
 * found. Each takes anything and gives null for what it cannot read; none throws. Not here: repair of text that is no
 * JSON (`transport/repair-json.ts`). Governing document: rig API digest, sections 2.2 and 7.
 */

/** A JSON object of which nothing is known. */
export type LooseObject = Readonly<Record<string, unknown>>

const NOTHING: LooseObject = Object.freeze({})
const NO_ITEMS: readonly unknown[] = Object.freeze([])

/** A finite number, also as text (`"7903.729"`, `" 12 "`). Empty text, `nan`, `inf`, text with a unit: null. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string') return null
  const text = value.trim()
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? finite(Number(text)) : null
}

/** The number that a text with a unit begins with (`58.94W`, `4052.00 RPM`, `3250 W`); plain numbers too. */
export function measureOf(value: unknown): number | null {
  if (typeof value !== 'string') return numberOf(value)
  const match = /^\s*([-+]?(?:\d+\.?\d*|\.\d+))[^\d]*$/.exec(value)
  return match === null ? null : numberOf(match[1])
}

/** A number of things or of units that cannot be negative: below 0 is null. */
export function countOf(value: unknown): number | null {
  const number = numberOf(value)
  return number === null || number < 0 ? null : number
}

/** Text without blanks around it; a number as text; empty text is null. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') return null
  const text = value.trim()
  return text === '' ? null : text
}

/** true and false as themselves, as 1 and 0, and as the usual words (true, yes, y, on, enabled; any case). */
export function booleanOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value
  if (value === 1 || value === 0) return value === 1
  if (typeof value !== 'string') return null
  switch (value.trim().toLowerCase()) {
    case 'true':
    case '1':
    case 'yes':
    case 'y':
    case 'on':
    case 'enabled':
      return true
    case 'false':
    case '0':
    case 'no':
    case 'n':
    case 'off':
    case 'disabled':
      return false
    default:
      return null
  }
}

/** The items of a list; anything else has none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : NO_ITEMS
}

/** The members of an object; anything else, a list included, has none. */
export function objectOf(value: unknown): LooseObject {
  return isObject(value) ? value : NOTHING
}

/** Whether it is a JSON object (no list). */
export function isObject(value: unknown): value is LooseObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What stands at a path of names and indices, as `at(reply, 'STATS', 1, 'Elapsed')`; undefined if a step is missing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here: unknown = value
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = (here as Record<string | number, unknown>)[step]
  }
  return here
}

const SUFFIX_EXPONENT: Readonly<Record<string, number>> = {
  '': 0,
  K: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
  Z: 21,
}

/** A difficulty: a number, or text with a suffix (`65.5K`, `4.29G`, `262 K`). Negative is null. */
export function difficultyOf(value: unknown): number | null {
  if (typeof value !== 'string') return countOf(value)
  const match = /^\s*(\d+(?:\.\d*)?(?:e\+?\d+)?)\s*([kmgtpez]?)\s*$/i.exec(value.replaceAll(',', ''))
  if (match === null) return null
  const [, digits = '', suffix = ''] = match
  // Written as one decimal text, so that 65.5K is 65500 and not a neighbour of it.
  const exponent = SUFFIX_EXPONENT[suffix.toUpperCase()] ?? 0
  return finite(/e/i.test(digits) ? Number(digits) * 10 ** exponent : Number(`${digits}e${String(exponent)}`))
}

/**
 * Degrees Celsius. What dead and idle sensors say is null: -1, -273 and the like, 255, and exactly 0. A sensor at exactly
 * 0.0 loses one reading by that, which is less wrong than a freezing rig on the screen for every idle one.
 */
export function temperatureOf(value: unknown): number | null {
  const degrees = measureOf(value)
  return degrees === null || degrees === 0 || degrees === -1 || degrees < -60 || degrees > 200
    ? null
    : degrees
}

/** The largest of the known values; null if none is known. */
export function maxOf(values: Iterable<number | null>): number | null {
  let max: number | null = null
  for (const value of values) if (value !== null && (max === null || value > max)) max = value
  return max
}

/** The smallest of the known values; null if none is known. */
export function minOf(values: Iterable<number | null>): number | null {
  let min: number | null = null
  for (const value of values) if (value !== null && (min === null || value < min)) min = value
  return min
}

/** The mean of the known values; null if none is known. */
export function averageOf(values: Iterable<number | null>): number | null {
  let sum = 0
  let count = 0
  for (const value of values) {
    if (value === null) continue
    sum += value
    count++
  }
  return count === 0 ? null : sum / count
}

/** The sum of the known values; null if none is known. */
export function sumOf(values: Iterable<number | null>): number | null {
  let sum: number | null = null
  for (const value of values) if (value !== null) sum = (sum ?? 0) + value
  return sum
}

/**
 * A MAC address in lower-case colon form, from any spelling (colons, dashes, dots, bare). Text that is none is kept as it
 * is: recordings have mangled ones. All zeros and empty are null.
 */
export function macOf(value: unknown): string | null {
  const text = textOf(value)
  if (text === null) return null
  const digits = text.replaceAll(/[:.\-\s]/g, '').toLowerCase()
  if (!/^[0-9a-f]{12}$/.test(digits)) return text
  return /^0+$/.test(digits) ? null : (digits.match(/../g) ?? []).join(':')
}

/** A hashrate given in `unitHs`, in whole H/s. Negative is null. */
function rateOf(value: unknown, unitHs: number): number | null {
  const number = countOf(value)
  return number === null ? null : Math.round(number * unitHs)
}

/** From MH/s to H/s. */
export const mhsToHs = (value: unknown): number | null => rateOf(value, 1e6)
/** From GH/s to H/s. */
export const ghsToHs = (value: unknown): number | null => rateOf(value, 1e9)
/** From TH/s to H/s. */
export const thsToHs = (value: unknown): number | null => rateOf(value, 1e12)

/** From a number and the rig's own word for its unit (`GH/s`, `TH`, `Mh/s`) to H/s; `otherwiseHs` where the word says nothing. */
export function hashrateIn(value: unknown, unit: unknown, otherwiseHs = 1e9): number | null {
  const prefix = /^\s*([kmgtpe]?)h/i.exec(textOf(unit) ?? '')?.[1]
  const exponent = prefix === undefined ? undefined : SUFFIX_EXPONENT[prefix.toUpperCase()]
  return rateOf(value, exponent === undefined ? otherwiseHs : 10 ** exponent)
}

/**
 * A duration in seconds: a number of seconds, `h:mm:ss`, `hh:mm`, `N days, HH:MM[:SS]`, `1d 2h 3m 4s`. Negative and
 * unreadable: null.
 */
export function durationOf(value: unknown): number | null {
  const plain = numberOf(value)
  if (plain !== null) return plain < 0 ? null : plain
  if (typeof value !== 'string') return null
  const clock = /^\s*(?:(\d+)\s*d(?:ays?)?,?\s*)?(\d+):(\d{1,2})(?::(\d{1,2}))?\s*$/i.exec(value)
  if (clock !== null) {
    const [days = 0, hours = 0, minutes = 0, seconds = 0] = clock.slice(1).map((part) => Number(part ?? 0))
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
  }
  const words =
    /^\s*(?=\d)(?:(\d+)\s*d(?:ays?)?,?\s*)?(?:(\d+)\s*h(?:ours?)?,?\s*)?(?:(\d+)\s*m(?:in(?:utes?)?)?,?\s*)?(?:(\d+)\s*s(?:ec(?:onds?)?)?)?\s*$/i.exec(
      value,
    )
  if (words === null) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = words.slice(1).map((part) => Number(part ?? 0))
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
}

/** A rig's clock may be this far ahead of ours before what it says is not believed. */
const CLOCK_AHEAD_MS = 10 * 60_000
/** Epoch seconds are above this, everything relative is below (rig API digest, section 2.2). */
const EPOCH_FROM_S = 1e9

/**
 * When a last share was found, epoch milliseconds, by the shape of what the rig says: epoch seconds or milliseconds, a date,
 * `h:mm:ss` ago, or seconds since its miner started. 0 means never.
 * @param atMs when the reply arrived, epoch milliseconds
 * @param uptimeS how long its miner runs; without it, seconds since its start cannot be read
 */
export function lastShareOf(value: unknown, atMs: number, uptimeS: number | null = null): number | null {
  const number = numberOf(value)
  if (number === null) {
    if (typeof value !== 'string') return null
    const agoS = durationOf(value)
    if (agoS !== null) return agoS === 0 && /^[0:\s]+$/.test(value) ? atMs : atMs - agoS * 1000
    const dateMs = /^\s*\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value.trim()) : NaN
    return believable(dateMs, atMs)
  }
  if (number <= 0) return null
  if (number >= EPOCH_FROM_S) return believable(number >= EPOCH_FROM_S * 1000 ? number : number * 1000, atMs)
  if (uptimeS === null || number > uptimeS) return null
  return Math.round(atMs - (uptimeS - number) * 1000)
}

function believable(momentMs: number, atMs: number): number | null {
  if (!Number.isFinite(momentMs) || momentMs > atMs + CLOCK_AHEAD_MS) return null
  return Math.min(momentMs, atMs)
}

function finite(number: number): number | null {
  return Number.isFinite(number) ? number : null
}
