/**
 * Which of a pool's two endpoints is used: its own, or the fallback. Pure; `pool-group.ts` carries it out.
 *
 * A pool that never served is tried at the other endpoint after one failure, because somebody waits for it; one
 * that did is given a few attempts, because most losses are short. From the fallback we look at the first endpoint
 * now and then, on the side; a first endpoint that fails soon after a return is looked at less often.
 */
import { type ErrorCode } from '../../base/index.ts'

export type EndpointRole = 'first' | 'fallback'

export interface EndpointChoice {
  readonly role: EndpointRole
  /** Failures in a row since a job came or the role changed. */
  readonly failures: number
  readonly servedOnce: boolean
  /** Pause before the first endpoint is looked at again, milliseconds. */
  readonly lookAfterMs: number
  /** When we returned to the first endpoint, monotonic milliseconds; null if we never did. */
  readonly returnedAtMs: number | null
}

export const FIRST_CHOICE: EndpointChoice = {
  role: 'first',
  failures: 0,
  servedOnce: false,
  lookAfterMs: 5 * 60_000,
  returnedAtMs: null,
}

const FAILURES_IN_USE = 3
const FAILURES_AT_START = 1
const LONGEST_LOOK_MS = 60 * 60_000
/** A first endpoint that did not last so long after a return is looked at half as often. */
const STEADY_MS = 30 * 60_000

/** Failures that say something of this machine, not of the endpoint. */
export function saysNothingOfThePool(code: ErrorCode): boolean {
  return code === 'connect/name-server-silent' || code === 'connect/aborted' || code === 'pool/reconnect'
}

/** After an attempt or a connection that failed while no line had work. */
export function afterFailure(choice: EndpointChoice, nowMs: number): EndpointChoice {
  const failures = choice.failures + 1
  if (failures < (choice.servedOnce ? FAILURES_IN_USE : FAILURES_AT_START)) return { ...choice, failures }
  if (choice.role === 'fallback') return { ...choice, role: 'first', failures: 0 }
  const { returnedAtMs } = choice
  const soon = returnedAtMs !== null && nowMs - returnedAtMs < STEADY_MS
  const lookAfterMs = soon ? lookLater(choice) : FIRST_CHOICE.lookAfterMs
  return { ...choice, role: 'fallback', failures: 0, lookAfterMs }
}

export function afterJob(choice: EndpointChoice): EndpointChoice {
  return choice.failures === 0 && choice.servedOnce ? choice : { ...choice, failures: 0, servedOnce: true }
}

/** The first endpoint was looked at, and gave no job. */
export function afterLook(choice: EndpointChoice): EndpointChoice {
  return { ...choice, lookAfterMs: lookLater(choice) }
}

/** The first endpoint was looked at, and gave one. */
export function afterReturn(choice: EndpointChoice, nowMs: number): EndpointChoice {
  return { ...choice, role: 'first', failures: 0, returnedAtMs: nowMs }
}

function lookLater({ lookAfterMs }: EndpointChoice): number {
  return Math.min(2 * lookAfterMs, LONGEST_LOOK_MS)
}
