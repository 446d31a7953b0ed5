/** Edges of local hours, days, weeks, months and years between two moments. */
import { DAY_MS, HOUR_MS, type ZoneClock } from './zone-clock.ts'

export type LocalUnit = 'hour' | 'day' | 'week' | 'month' | 'year'
export type WeekStart = 'monday' | 'sunday'

/**
 * Moments at which units begin, ascending and different: the first at or before `fromMs`, the last at or after `toMs`,
 * so that n + 1 edges enclose n units. Hours are counted from the local midnight; the last of a day whose length is not
 * in whole hours is shorter.
 * @param toMs above fromMs
 */
export function localEdges(
  unit: LocalUnit,
  fromMs: number,
  toMs: number,
  clock: ZoneClock,
  weekStart: WeekStart,
): number[] {
  if (unit === 'hour') return hourEdges(fromMs, toMs, clock)
  const edges: number[] = []
  let day = firstDay(unit, clock.dayOf(fromMs), weekStart)
  // Where the clock is set back over midnight, the moment can lie before the start that its date has.
  while (clock.dayStart(day) > fromMs) day = firstDay(unit, day - 1, weekStart)
  for (;;) {
    const atMs = clock.dayStart(day)
    if (edges.length === 0 || atMs > edges.at(-1)!) edges.push(atMs)
    if (atMs >= toMs) break
    day = nextDay(unit, day)
  }
  // A skipped date begins where the next one does.
  while (edges.length > 1 && edges[1]! <= fromMs) edges.shift()
  return edges
}

/** `2026-03-29` of whole days since 1970-01-01. */
export function formatDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** Whole days since 1970-01-01 of `2026-03-29`; null for what is not a date. */
export function parseDay(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null
  const day = Date.parse(`${text}T00:00:00Z`) / DAY_MS
  return Number.isInteger(day) && formatDay(day) === text ? day : null
}

/** 1 Monday … 7 Sunday. */
export function weekdayOf(day: number): number {
  // 1970-01-01 was a Thursday.
  return modulo(day + 3, 7) + 1
}

function firstDay(unit: Exclude<LocalUnit, 'hour'>, day: number, weekStart: WeekStart): number {
  if (unit === 'day') return day
  if (unit === 'week') return day - modulo(weekdayOf(day) - (weekStart === 'monday' ? 1 : 7), 7)
  const date = new Date(day * DAY_MS)
  return Date.UTC(date.getUTCFullYear(), unit === 'month' ? date.getUTCMonth() : 0, 1) / DAY_MS
}

function nextDay(unit: Exclude<LocalUnit, 'hour'>, first: number): number {
  if (unit === 'day') return first + 1
  if (unit === 'week') return first + 7
  const date = new Date(first * DAY_MS)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return Date.UTC(unit === 'month' ? year : year + 1, unit === 'month' ? month + 1 : 0, 1) / DAY_MS
}

function hourEdges(fromMs: number, toMs: number, clock: ZoneClock): number[] {
  const days = localEdges('day', fromMs, toMs, clock, 'monday')
  const edges: number[] = []
  for (let i = 0; i + 1 < days.length; i++) {
    for (let atMs = days[i]!; atMs < days[i + 1]!; atMs += HOUR_MS) edges.push(atMs)
  }
  edges.push(days.at(-1)!)
  const first = edges.findLastIndex((edge) => edge <= fromMs)
  const last = edges.findIndex((edge) => edge >= toMs)
  return edges.slice(first, last + 1)
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
