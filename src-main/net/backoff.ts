/**
 * When to try again: exponential, with jitter so that a farm does not come back in one instant. Pure; the
 * caller passes the monotonic clock and entropy, and owns the timer.
 */
import { type Entropy, randomRatio } from '../base/index.ts'

export interface BackoffPolicy {
  /** Pause after the first failure, before jitter. */
  readonly firstMs: number
  /** Longest pause. */
  readonly maxMs: number
  /** Growth from one failure to the next, above 1. */
  readonly factor: number
  /** Part of a pause that chance may take away, 0 to 1. */
  readonly jitterRatio: number
  /** A connection that lasted this long clears the count; a shorter one counts as a failure. */
  readonly steadyAfterMs: number
}

export const DEFAULT_BACKOFF: BackoffPolicy = {
  firstMs: 500,
  maxMs: 60_000,
  factor: 2,
  jitterRatio: 0.5,
  steadyAfterMs: 30_000,
}

export interface BackoffState {
  /** Failures in a row. */
  readonly failures: number
  /** Monotonic milliseconds before which no attempt is to be made. */
  readonly retryAtMs: number
}

export const NO_BACKOFF: BackoffState = { failures: 0, retryAtMs: 0 }

/** Pause after `failures` failures in a row, milliseconds, with jitter: never above `maxMs`. */
export function backoffDelayMs(policy: BackoffPolicy, failures: number, entropy: Entropy): number {
  if (failures <= 0) return 0
  const full = Math.min(policy.maxMs, policy.firstMs * policy.factor ** Math.min(failures - 1, 64))
  return full * (1 - policy.jitterRatio * randomRatio(entropy))
}

/** After an attempt that failed. `nowMs` is monotonic. */
export function afterFailure(
  policy: BackoffPolicy,
  state: BackoffState,
  nowMs: number,
  entropy: Entropy,
): BackoffState {
  const failures = state.failures + 1
  return { failures, retryAtMs: nowMs + backoffDelayMs(policy, failures, entropy) }
}

/** After a connection that stood for `lastedMs` and then ended. */
export function afterConnectionEnded(
  policy: BackoffPolicy,
  state: BackoffState,
  lastedMs: number,
  nowMs: number,
  entropy: Entropy,
): BackoffState {
  return afterFailure(policy, lastedMs >= policy.steadyAfterMs ? NO_BACKOFF : state, nowMs, entropy)
}
