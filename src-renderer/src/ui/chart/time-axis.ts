/** Words of a time axis: from tenths of a second to years. Local time, as everywhere on the page. */
import { formatClock, formatClockShort, formatDay, formatDayShort } from '../../format/duration.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MONTH = 28 * DAY
const YEAR = 365 * DAY

const monthName = new Intl.DateTimeFormat('en-GB', { month: 'short' })
const tenths = (at: number): string => `${formatClock(at)}.${Math.floor((at % SECOND) / 100)}`
const yearOf = (at: number): number => new Date(at).getFullYear()

/** Labels for moments `stepMs` apart; a day or a year is named where it begins. */
export function timeLabels(moments: readonly number[], stepMs: number): string[] {
  return moments.map((at, index) => {
    const previous = moments[index - 1]
    const newYear = previous === undefined ? stepMs >= MONTH : yearOf(previous) !== yearOf(at)
    if (stepMs >= YEAR) return String(yearOf(at))
    if (stepMs >= MONTH) return newYear ? `${monthName.format(at)} ${yearOf(at)}` : monthName.format(at)
    if (stepMs >= DAY) return newYear ? formatDay(at) : formatDayShort(at)
    if (formatClock(at) === '00:00:00' && at % SECOND === 0) return formatDayShort(at)
    if (stepMs >= MINUTE) return formatClockShort(at)
    return stepMs >= SECOND ? formatClock(at) : tenths(at)
  })
}

/** One bucket in words: `22 Nov 2026`, `22 Nov, 14:00–15:00`, `22 Nov, 14:05:10`. */
export function bucketLabel(at: number, bucketMs: number): string {
  if (bucketMs >= 2 * DAY) return `${formatDayShort(at)} – ${formatDay(at + bucketMs - 1)}`
  if (bucketMs >= DAY) return formatDay(at)
  if (bucketMs >= 2 * MINUTE)
    return `${formatDay(at)}, ${formatClockShort(at)}–${formatClockShort(at + bucketMs)}`
  return `${formatDay(at)}, ${bucketMs >= MINUTE ? formatClockShort(at) : formatClock(at)}`
}

/** A stretch in words: `22 Nov 2026, 14:05 – 15:05`, `1 Oct – 22 Nov 2026`. */
export function spanLabel(from: number, to: number): string {
  const clock = to - from < 5 * MINUTE ? formatClock : formatClockShort
  if (formatDay(from) === formatDay(to)) return `${formatDay(from)}, ${clock(from)} – ${clock(to)}`
  if (to - from < 3 * DAY) return `${formatDayShort(from)}, ${clock(from)} – ${formatDay(to)}, ${clock(to)}`
  return `${yearOf(from) === yearOf(to) ? formatDayShort(from) : formatDay(from)} – ${formatDay(to)}`
}

/** How long a bucket is: `5 s`, `5 min`, `1 h`, `1 day`, `4 weeks`. */
export function bucketWords(bucketMs: number): string {
  const exact = (unit: number, one: string, many = one): string | null =>
    bucketMs % unit === 0 ? `${bucketMs / unit} ${bucketMs === unit ? one : many}` : null
  return (
    exact(7 * DAY, 'week', 'weeks') ??
    exact(DAY, 'day', 'days') ??
    exact(HOUR, 'h') ??
    exact(MINUTE, 'min') ??
    exact(SECOND, 's') ??
    `${bucketMs} ms`
  )
}
