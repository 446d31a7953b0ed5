/**
 * Whether the other side still lives: two threads that each stop the boards when the other falls silent. Pure; whoever
 * holds the state hears and looks.
 */

/** So often a side says that it lives. */
export const ALIVE_PERIOD_MS = 500
/** Six signs missed: the other side is not late, it is gone. */
export const ALIVE_LIMIT_MS = 3_000

export interface Watchdog {
  /** Monotonic milliseconds. */
  readonly heardAtMs: number
  readonly isSilent: boolean
}

/** Silence counts from here, so that a side that never speaks is noticed too. */
export function watchdogFrom(nowMs: number): Watchdog {
  return { heardAtMs: nowMs, isSilent: false }
}

/** @returns the state, and whether the other side came back with it */
export function heard(watchdog: Watchdog, nowMs: number): { watchdog: Watchdog; cameBack: boolean } {
  return { watchdog: { heardAtMs: nowMs, isSilent: false }, cameBack: watchdog.isSilent }
}

/** @returns the state, and whether the other side fell silent just now: true once for each silence */
export function listen(
  watchdog: Watchdog,
  nowMs: number,
  limitMs: number = ALIVE_LIMIT_MS,
): { watchdog: Watchdog; fellSilent: boolean } {
  if (watchdog.isSilent || nowMs - watchdog.heardAtMs < limitMs) return { watchdog, fellSilent: false }
  return { watchdog: { ...watchdog, isSilent: true }, fellSilent: true }
}
