/** Since when a rig has each of its errors. Pure: from what was tracked and what a reading says to what is tracked now. */
import { type RigError } from '../model/reading.ts'

export interface TrackedError extends RigError {
  readonly firstSeenAtMs: number
  readonly lastSeenAtMs: number
}

/** A rig that lists more has one fault in many words. */
const TRACKED_ERRORS = 100

/** Errors that are gone are dropped; one that comes back begins anew. */
export function trackErrors(
  before: readonly TrackedError[],
  errors: readonly RigError[],
  atMs: number,
): readonly TrackedError[] {
  const known = new Map(before.map((error) => [keyOf(error), error.firstSeenAtMs]))
  const seen = new Map<string, TrackedError>()
  for (const error of errors.slice(0, TRACKED_ERRORS)) {
    const key = keyOf(error)
    seen.set(key, { ...error, firstSeenAtMs: known.get(key) ?? atMs, lastSeenAtMs: atMs })
  }
  return [...seen.values()]
}

const keyOf = ({ code, component }: RigError): string => `${code}\n${component ?? ''}`
