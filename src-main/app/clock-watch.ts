/**
 * Whether time went on as it should between two looks: this machine may have slept, and its clock may have been set. Pure.
 * Wall time and the monotonic clock part in both cases; the time since the machine started, which goes on while it
 * sleeps and does not care how its clock is set, tells them apart.
 */

export interface ClockReading {
  /** Epoch milliseconds. */
  readonly wallMs: number
  /** Of the monotonic clock, which on most systems stands still while the machine sleeps. */
  readonly monotonicMs: number
  /** Since the machine started, sleep included. */
  readonly uptimeMs: number
}

export type ClockJump =
  | {
      readonly kind: 'slept'
      /** Wall time at the end of it. */
      readonly atMs: number
      readonly forMs: number
    }
  | {
      readonly kind: 'clock-changed'
      readonly atMs: number
      /** Above 0: set forward. */
      readonly byMs: number
    }

/** Clocks may part by this between two looks: a time server's corrections and late timers are no event. */
const PART_MS = 5000
/** Whoever looks every second and finds this much gone was not running. */
const AWAY_MS = 60_000

/** Looks should be seconds apart. @returns undefined if time went on as it should */
export function judgeClocks(before: ClockReading, now: ClockReading): ClockJump | undefined {
  const ran = now.monotonicMs - before.monotonicMs
  const shown = now.wallMs - before.wallMs
  const passed = now.uptimeMs - before.uptimeMs
  if (passed - ran > PART_MS || ran > AWAY_MS) {
    return { kind: 'slept', atMs: now.wallMs, forMs: Math.round(Math.max(passed, ran)) }
  }
  const moved = shown - ran
  return Math.abs(moved) > PART_MS
    ? { kind: 'clock-changed', atMs: now.wallMs, byMs: Math.round(moved) }
    : undefined
}
