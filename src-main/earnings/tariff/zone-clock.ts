/**
 * Local time of one zone over a stretch of years, fast: the zone's changes of offset are looked up once (through
 * Temporal, which has the time zone database), then a local day or hour is integer arithmetic. Handles what zones do:
 * days of 23, 25 or 24.5 hours, offsets of quarter hours, midnights that do not exist, days that were skipped.
 */
import { Temporal } from 'temporal-polyfill'
import { HeadframeError } from '../../base/index.ts'

export const MINUTE_MS = 60_000
export const QUARTER_MS = 15 * MINUTE_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
/** Edges of years lie up to this far outside the stretch. */
const MARGIN_MS = 400 * DAY_MS

/** Whether a name is a time zone of the database, as `Europe/Berlin` or `UTC`. */
export function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
    return true
  } catch {
    return false
  }
}

export class ZoneClock {
  readonly timeZone: string
  /** Starts of stretches of one offset, ascending; the first is minus infinity. */
  readonly #fromMs: number[] = [-Infinity]
  /** Local time less UTC, ms. */
  readonly #offsetMs: number[] = []
  /** Of the stretch that was asked for last: questions come in order of time. */
  #last = 0

  /**
   * @param timeZone IANA name
   * @param fromMs of the moments that will be asked for; edges of days, weeks, months and years around them too
   * @throws HeadframeError `earnings/unknown-time-zone`
   */
  constructor(timeZone: string, fromMs: number, toMs: number) {
    if (!isTimeZone(timeZone)) {
      throw new HeadframeError(
        'earnings/unknown-time-zone',
        `"${timeZone}" is not a time zone that is known here. Choose one like Europe/Berlin in the settings.`,
        { context: { timeZone } },
      )
    }
    this.timeZone = timeZone
    let at = Temporal.Instant.fromEpochMilliseconds(fromMs - MARGIN_MS).toZonedDateTimeISO(timeZone)
    this.#offsetMs.push(at.offsetNanoseconds / 1e6)
    for (;;) {
      const next = at.getTimeZoneTransition('next')
      if (next === null || next.epochMilliseconds > toMs + MARGIN_MS) break
      at = next
      // Some entries of the database change only a zone's name.
      const offsetMs = at.offsetNanoseconds / 1e6
      if (offsetMs === this.#offsetMs.at(-1)) continue
      this.#fromMs.push(at.epochMilliseconds)
      this.#offsetMs.push(offsetMs)
    }
  }

  /** The moment as if it were UTC: its digits are those of the local clock. */
  localMs(atMs: number): number {
    let i = this.#last
    while (i > 0 && atMs < this.#fromMs[i]!) i--
    while (i + 1 < this.#fromMs.length && atMs >= this.#fromMs[i + 1]!) i++
    this.#last = i
    return atMs + this.#offsetMs[i]!
  }

  /** The local date as whole days since 1970-01-01. */
  dayOf(atMs: number): number {
    return Math.floor(this.localMs(atMs) / DAY_MS)
  }

  /**
   * The first moment of a local date: local midnight, the earlier where there are two, the end of the gap where the
   * clock jumps over it. A date that was skipped begins with the one after it.
   * @param day whole days since 1970-01-01
   */
  dayStart(day: number): number {
    const localMs = day * DAY_MS
    for (let i = 0; i < this.#fromMs.length; i++) {
      const fromMs = this.#fromMs[i]!
      const atMs = localMs - this.#offsetMs[i]!
      if (atMs < fromMs) return fromMs
      if (i + 1 === this.#fromMs.length || atMs < this.#fromMs[i + 1]!) return atMs
    }
    throw new RangeError('a zone has an offset at any time')
  }
}
