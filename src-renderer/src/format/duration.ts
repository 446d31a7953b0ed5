/** Durations and distances in time. Two units at most: people read `2 h 5 min`, not `7,512 s`. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const pair = (major: number, majorUnit: string, minor: number, minorUnit: string): string =>
  minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`

/** `84 ms`, `1.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `2 d 4 h`. Negative durations count as zero. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs)
  if (ms < 999.5) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`
  if (ms < 9950) return `${(ms / SECOND).toFixed(1)} s`
  return formatWholeDuration(ms)
}

/** The same without anything finer than a second, for values that tick: `0 s`, `3 min 20 s`. */
export function formatWholeDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs)
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return pair(Math.floor(ms / MINUTE), 'min', Math.floor((ms % MINUTE) / SECOND), 's')
  if (ms < DAY) return pair(Math.floor(ms / HOUR), 'h', Math.floor((ms % HOUR) / MINUTE), 'min')
  return pair(Math.floor(ms / DAY), 'd', Math.floor((ms % DAY) / HOUR), 'h')
}

/** One unit only, for narrow columns: `12 s`, `3 min`, `2 h`, `5 d`. */
export function formatShortDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs)
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`
  return `${Math.floor(ms / DAY)} d`
}

/** `just now`, `12 s ago`, `in 8 s`. Both arguments in epoch milliseconds. */
export function formatRelative(at: number, now: number): string {
  const ageMs = now - at
  if (ageMs < -SECOND) return `in ${formatShortDuration(-ageMs + 500)}`
  if (ageMs < 2 * SECOND) return 'just now'
  return `${formatShortDuration(ageMs)} ago`
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const clockShort = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' })

/** `22 Nov 2026`. */
export function formatDay(at: number): string {
  return day.format(at)
}

const dayShort = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** `22 Nov`, for axes. */
export function formatDayShort(at: number): string {
  return dayShort.format(at)
}

/** `14:05:09`, in the reader's time zone. */
export function formatClock(at: number): string {
  return clock.format(at)
}

/** `14:05`. */
export function formatClockShort(at: number): string {
  return clockShort.format(at)
}

/** `22 Nov 2026, 14:05:09`, for tooltips. */
export function formatMoment(at: number): string {
  return moment.format(at)
}
