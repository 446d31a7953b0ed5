/**
 * The shapes in which Whatsminer firmware lists what is wrong: objects from number to moment in a list, bare numbers or
 * text in a list, one object, one text, numbered members of `summary`, objects with the rig's own reason. Pure; takes
 * anything. Not here: what the numbers mean (`whatsminer-errors.ts`), and lists that are no JSON at all, which
 * `transport/repair-json.ts` mends before. Governing document: rig API digest, sections 2.2 and 5.7.
 */
import { isObject, type LooseObject, numberOf, textOf } from '../../model/lenient.ts'
import { type RigError } from '../../model/reading.ts'
import { whatsminerError } from './whatsminer-errors.ts'

/** Longer lists are faults of the firmware: it has been seen to repeat itself until its buffer was full. */
const MAX_ERRORS = 100

/**
 * The errors in a member `error_code`, `error-code` or the like.
 * @param value whatever stands there
 * @param atMs when the reply arrived: no error began later
 * @returns each number once, in the rig's order, at most 100
 */
export function whatsminerErrors(value: unknown, atMs: number): RigError[] {
  const found = new Map<string, RigError>()
  collect(value, atMs, found, 0)
  return [...found.values()]
}

/** The errors that the first generation puts into `summary` as `Error Code 0`, `Error Code 1` and so on. */
export function whatsminerSummaryErrors(summary: LooseObject, atMs: number): RigError[] {
  const found = new Map<string, RigError>()
  const codes = Object.keys(summary)
    .filter((name) => /^Error Code \d{1,3}$/.test(name))
    .sort((a, b) => Number(a.slice(11)) - Number(b.slice(11)))
  for (const name of codes) add(found, summary[name], null, null, atMs)
  return [...found.values()]
}

function collect(value: unknown, atMs: number, found: Map<string, RigError>, depth: number): void {
  if (depth > 3) return
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) collect(item, atMs, found, depth + 1)
  } else if (isObject(value)) {
    const reason = textOf(value['reason'])
    for (const [name, moment] of Object.entries(value)) {
      if (/^\d+$/.test(name)) add(found, name, moment, reason, atMs)
      else if (/^(?:code|error[-_ ]?code)$/i.test(name)) collect(moment, atMs, found, depth + 1)
    }
  } else if (typeof value === 'number') add(found, value, null, null, atMs)
  else if (typeof value === 'string') {
    for (const code of value.match(/(?<![\d:.-])\d{3,6}(?![\d:.-])/g) ?? [])
      add(found, code, null, null, atMs)
  }
}

function add(
  found: Map<string, RigError>,
  code: unknown,
  moment: unknown,
  reason: string | null,
  atMs: number,
): void {
  const number = numberOf(code)
  // 0 stands for none in lists of a fixed length.
  if (number === null || number <= 0 || !Number.isSafeInteger(number) || found.size >= MAX_ERRORS) return
  const text = String(number)
  if (!found.has(text)) found.set(text, whatsminerError(text, momentOf(moment, atMs), reason))
}

/** Rigs leave the factory with China Standard Time. */
const FACTORY_ZONE_MS = 8 * 3_600_000

/**
 * `YYYY-MM-DD HH:MM:SS`, which names no zone: read as UTC, or as the factory's zone where that would lie ahead. It may be
 * hours off. Epoch seconds too.
 */
function momentOf(value: unknown, atMs: number): number | null {
  const number = numberOf(value)
  if (number !== null) return number >= 1e9 && number * 1000 <= atMs ? number * 1000 : null
  if (typeof value !== 'string') return null
  const match = /^\s*(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)/.exec(value)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  const momentMs = Date.UTC(year, month - 1, day, hour, minute, second)
  if (momentMs <= atMs) return momentMs
  return momentMs - FACTORY_ZONE_MS <= atMs ? momentMs - FACTORY_ZONE_MS : null
}
