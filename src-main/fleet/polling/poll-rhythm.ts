/**
 * When a rig is asked next, and how much its last values are worth. Pure. A rig that does not answer is asked less and
 * less often, down to once in five minutes, and in its usual rhythm again from its first answer on. Governing document: rig
 * API digest, section 8, rules 1 and 2.
 */
import { type Freshness } from '../views/view-types.ts'

export const LONGEST_WAIT_MS = 5 * 60_000
/** Polls without an answer until the last values are too old to show. */
export const GONE_AFTER_FAILURES = 3
/** The first polls of all rigs are spread over this. */
const START_SPREAD_MS = 3000
/** Of a wait, at most: keeps rigs that fell into step from staying in it. */
const JITTER_RATIO = 0.1

export interface PollRhythm {
  /** In a row. */
  readonly failures: number
  /** When it answered last, monotonic milliseconds; null if never. */
  readonly answeredAtMs: number | null
  /** Not before this, monotonic milliseconds. */
  readonly nextAtMs: number
}

/** @param ratio a random number in [0, 1), as below */
export function startRhythm(nowMs: number, pollEveryMs: number, ratio: number): PollRhythm {
  return {
    failures: 0,
    answeredAtMs: null,
    nextAtMs: nowMs + ratio * Math.min(START_SPREAD_MS, pollEveryMs),
  }
}

/**
 * After an answer. The wait after the first one is anything from a quarter to five quarters of the rhythm, which spreads
 * rigs that began together evenly over it.
 */
export function afterAnswer(
  rhythm: PollRhythm,
  nowMs: number,
  pollEveryMs: number,
  ratio: number,
): PollRhythm {
  const isFirst = rhythm.answeredAtMs === null
  const factor = isFirst ? 0.25 + ratio : jitter(ratio)
  return { failures: 0, answeredAtMs: nowMs, nextAtMs: nowMs + pollEveryMs * factor }
}

export function afterNoAnswer(
  rhythm: PollRhythm,
  nowMs: number,
  pollEveryMs: number,
  ratio: number,
): PollRhythm {
  const failures = rhythm.failures + 1
  const waitMs = Math.min(LONGEST_WAIT_MS, pollEveryMs * 2 ** Math.min(failures, 32))
  return { ...rhythm, failures, nextAtMs: nowMs + Math.min(LONGEST_WAIT_MS, waitMs * jitter(ratio)) }
}

/** Not polled now after all (somebody else talks to it): asked again soon. */
export function postponed(rhythm: PollRhythm, nowMs: number, byMs: number): PollRhythm {
  return { ...rhythm, nextAtMs: nowMs + byMs }
}

export function freshnessOf({ failures, answeredAtMs }: PollRhythm): Freshness {
  if (failures >= GONE_AFTER_FAILURES) return 'gone'
  if (answeredAtMs === null) return 'never'
  return failures === 0 ? 'live' : 'stale'
}

const jitter = (ratio: number): number => 1 - JITTER_RATIO / 2 + JITTER_RATIO * ratio
