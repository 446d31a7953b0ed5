/**
 * Days of a chosen time zone, which may be another than the reader's: where they begin, and how moments in them are written. Built on
 * Intl alone. Daylight saving makes days of 23 and 25 hours; nothing here counts in fixed days.
 */

/** A calendar day: month 1 to 12, day 1 to 31. */
export interface LocalDay {
  year: number
  month: number
  day: number
}
export interface LocalTime extends LocalDay {
  hour: number
  minute: number
}

const readers = new Map<string, Intl.DateTimeFormat>()
/** Making a formatter costs a thousand times what using one does. */
function readerOf(timeZone: string): Intl.DateTimeFormat {
  const known = readers.get(timeZone)
  if (known !== undefined) return known
  const fresh = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  readers.set(timeZone, fresh)
  return fresh
}

/** Whether this machine knows the zone; a name such as `Europe/Berlin`. */
export function isTimeZone(timeZone: string): boolean {
  try {
    readerOf(timeZone)
    return true
  } catch {
    return false
  }
}

/** What clocks in the zone show at a moment. */
export function localTime(at: number, timeZone: string): LocalTime {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
  for (const { type, value } of readerOf(timeZone).formatToParts(at)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts
  return { year, month, day, hour, minute }
}

/**
 * The moment at which a day of the zone begins, in epoch milliseconds. Days and months out of range carry over, as in
 * `Date.UTC`: month 13 is the next January. Where clocks skip midnight, the first moment after it.
 */
export function startOfDay({ year, month, day }: LocalDay, timeZone: string): number {
  const wanted = Date.UTC(year, month - 1, day)
  const missing = (at: number): number => {
    const shown = localTime(at, timeZone)
    return wanted - Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute)
  }
  // The offset at the guess moves the guess; a second time in case that crossed a change of clocks.
  let at = wanted + missing(wanted)
  at += missing(at)
  // Still the evening before: no clock shows that midnight.
  return at + Math.max(0, missing(at))
}

/** The calendar day that many days later (or earlier). */
export function addDays({ year, month, day }: LocalDay, days: number): LocalDay {
  const date = new Date(Date.UTC(year, month - 1, day + days))
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/** 1 Monday … 7 Sunday. */
export function weekdayOf({ year, month, day }: LocalDay): number {
  return ((new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7) + 1
}

const pad = (value: number): string => String(value).padStart(2, '0')

/** `2026-11-22`. */
export function dayKey({ year, month, day }: LocalDay): string {
  return `${String(year).padStart(4, '0')}-${pad(month)}-${pad(day)}`
}

/** The day of `2026-11-22`; null for anything else, the 31st of February included. */
export function parseDay(text: string): LocalDay | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim())
  if (match === null) return null
  const day = { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) }
  return dayKey(addDays(day, 0)) === text.trim() ? day : null
}

/** What a moment is written as in a zone. */
export type ZonedForm =
  'day' | 'date' | 'day-short' | 'weekday' | 'month' | 'month-short' | 'year' | 'time' | 'moment'
const FORMS: Record<ZonedForm, Intl.DateTimeFormatOptions> = {
  day: { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
  date: { day: 'numeric', month: 'short', year: 'numeric' },
  'day-short': { day: 'numeric', month: 'short' },
  weekday: { weekday: 'short', day: 'numeric' },
  month: { month: 'long', year: 'numeric' },
  'month-short': { month: 'short' },
  year: { year: 'numeric' },
  time: { hour: '2-digit', minute: '2-digit' },
  moment: { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' },
}
const writers = new Map<string, Intl.DateTimeFormat>()

/** A moment in a zone: `Sun, 22 Nov 2026`, `22 Nov`, `Sun 22`, `November 2026`, `Nov`, `2026`, `14:05`. */
export function formatZoned(at: number, form: ZonedForm, timeZone: string): string {
  const key = `${form} ${timeZone}`
  let writer = writers.get(key)
  if (writer === undefined) {
    writer = new Intl.DateTimeFormat('en-GB', { ...FORMS[form], timeZone })
    writers.set(key, writer)
  }
  return writer.format(at)
}
