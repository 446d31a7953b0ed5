/**
 * The stretches of time that earnings are looked at: a day, a week, a month, a year, or from one day to another. They begin in the time
 * zone of the settings, not of the reader. Pure.
 */
import type { EarningsReport } from '@contract'
import {
  addDays,
  dayKey,
  formatZoned,
  localTime,
  parseDay,
  startOfDay,
  weekdayOf,
  type LocalDay,
} from '../../format/zone.ts'

export type PeriodKind = 'day' | 'week' | 'month' | 'year' | 'custom'
export type Bucket = EarningsReport['bucket']

export interface Calendar {
  timeZone: string
  weekStart: 'monday' | 'sunday'
}
/** What is looked at: a kind, and a day that lies within it; for custom both days, included. */
export interface Period {
  kind: PeriodKind
  first: LocalDay
  /** The last day, included; only of custom. */
  last: LocalDay
}
export interface Stretch {
  /** Epoch milliseconds; `to` is not included. */
  from: number
  to: number
}

export const PERIOD_KINDS: readonly { value: PeriodKind; label: string }[] = [
  { value: 'day', label: 'Day' },
  { value: 'week', label: 'Week' },
  { value: 'month', label: 'Month' },
  { value: 'year', label: 'Year' },
  { value: 'custom', label: 'Custom' },
]

/** How each kind can be cut up; the first is how it begins. */
const BUCKETS: Record<PeriodKind, readonly Bucket[]> = {
  day: ['hour'],
  week: ['day', 'hour'],
  month: ['day', 'week'],
  year: ['month', 'week', 'day'],
  custom: ['day', 'week', 'month'],
}
const BUCKET_LABELS: Record<Bucket, string> = {
  hour: 'by hour',
  day: 'by day',
  week: 'by week',
  month: 'by month',
  year: 'by year',
}
export function bucketsOf(kind: PeriodKind): readonly { value: Bucket; label: string }[] {
  return BUCKETS[kind].map((value) => ({ value, label: BUCKET_LABELS[value] }))
}

/** The day that a calendar shows at a moment. */
export function dayAt(at: number, calendar: Calendar): LocalDay {
  const { year, month, day } = localTime(at, calendar.timeZone)
  return { year, month, day }
}

/** The period of a kind in which a day lies; custom begins with the month of it. */
export function periodAround(kind: PeriodKind, day: LocalDay, calendar: Calendar): Period {
  const monthFirst = { ...day, day: 1 }
  const monthLast = addDays({ ...day, month: day.month + 1, day: 1 }, -1)
  switch (kind) {
    case 'day':
      return { kind, first: day, last: day }
    case 'week': {
      const weekday = weekdayOf(day)
      const first = addDays(day, -(calendar.weekStart === 'monday' ? weekday - 1 : weekday % 7))
      return { kind, first, last: addDays(first, 6) }
    }
    case 'month':
    case 'custom':
      return { kind, first: monthFirst, last: monthLast }
    case 'year':
      return {
        kind,
        first: { year: day.year, month: 1, day: 1 },
        last: { year: day.year, month: 12, day: 31 },
      }
  }
}

export function stretchOf({ first, last }: Period, calendar: Calendar): Stretch {
  return {
    from: startOfDay(first, calendar.timeZone),
    to: startOfDay(addDays(last, 1), calendar.timeZone),
  }
}

const daysBetween = (a: LocalDay, b: LocalDay): number =>
  Math.round((Date.UTC(b.year, b.month - 1, b.day) - Date.UTC(a.year, a.month - 1, a.day)) / 86_400_000)

/** The period before (-1) or after (1); custom moves by its own length. */
export function step(period: Period, by: -1 | 1, calendar: Calendar): Period {
  const { kind, first, last } = period
  if (kind === 'custom') {
    const length = daysBetween(first, last) + 1
    return { kind, first: addDays(first, by * length), last: addDays(last, by * length) }
  }
  return periodAround(kind, by === 1 ? addDays(last, 1) : addDays(first, -1), calendar)
}

/** The words over a period: `Sun, 22 Nov 2026`, `16 – 22 Nov 2026`, `November 2026`, `2026`. */
export function periodTitle(period: Period, calendar: Calendar): string {
  const { timeZone } = calendar
  const { from, to } = stretchOf(period, calendar)
  const lastMoment = to - 1
  switch (period.kind) {
    case 'day':
      return formatZoned(from, 'day', timeZone)
    case 'month':
      return formatZoned(from, 'month', timeZone)
    case 'year':
      return formatZoned(from, 'year', timeZone)
    default: {
      const year = ` ${formatZoned(lastMoment, 'year', timeZone)}`
      const begin = formatZoned(from, 'day-short', timeZone)
      const sameYear = period.first.year === period.last.year
      return `${begin}${sameYear ? '' : ` ${period.first.year}`} – ${formatZoned(lastMoment, 'day-short', timeZone)}${year}`
    }
  }
}

/** The words under a bar, as short as they can be. */
export function bucketTick(at: number, bucket: Bucket, kind: PeriodKind, timeZone: string): string {
  if (bucket === 'hour')
    return kind === 'week' ? formatZoned(at, 'weekday', timeZone) : formatZoned(at, 'time', timeZone)
  if (bucket === 'month') return formatZoned(at, 'month-short', timeZone)
  if (bucket === 'year') return formatZoned(at, 'year', timeZone)
  if (kind === 'week') return formatZoned(at, 'weekday', timeZone)
  return formatZoned(at, 'day-short', timeZone)
}

/** The words for a bar where there is room. */
export function bucketTitle(row: { at: number; until: number }, bucket: Bucket, timeZone: string): string {
  const { at, until } = row
  switch (bucket) {
    case 'hour':
      return `${formatZoned(at, 'weekday', timeZone)}, ${formatZoned(at, 'time', timeZone)} to ${formatZoned(until, 'time', timeZone)}`
    case 'day':
      return formatZoned(at, 'day', timeZone)
    case 'week':
      return `${formatZoned(at, 'day-short', timeZone)} to ${formatZoned(until - 1, 'day-short', timeZone)}`
    case 'month':
      return formatZoned(at, 'month', timeZone)
    case 'year':
      return formatZoned(at, 'year', timeZone)
  }
}

/** The two days of a custom period as a person wrote them; null where that is no period of at most three years. */
export function customPeriod(first: string, last: string): Period | null {
  const from = parseDay(first)
  const to = parseDay(last)
  if (from === null || to === null || dayKey(from) > dayKey(to) || daysBetween(from, to) > 1096) return null
  return { kind: 'custom', first: from, last: to }
}
