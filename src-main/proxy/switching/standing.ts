/**
 * Whether a pool may be relied on, with hysteresis: it loses that only when it fails for a while, and wins it back
 * only when it has served well for a while, longer each time it relapses. Pure; moments are monotonic milliseconds.
 */

/** What a pool does for us now. nothing: there is no job to hash. */
export type Service = 'well' | 'doubtful' | 'bad' | 'nothing'

/**
 * How long each kind of trouble is borne. Without a job rigs idle, so the connection has four seconds to come
 * back: a dropped socket does in one or two. Bad means that work is given away. What is merely doubtful still
 * pays, most likely.
 */
export const PATIENCE_MS = { doubtful: 5 * 60_000, bad: 15_000, nothing: 4_000 } as const
/** Serving well for so long ends a trouble; a shorter respite does not. */
const RESPITE_MS = 30_000
/** A pool that was reliable for so long starts anew. */
const REDEEMED_AFTER_MS = 60 * 60_000
/** The wait for a return doubles with each relapse, up to this factor. */
const MOST_CAUTION = 12

const TROUBLES = ['doubtful', 'bad', 'nothing'] as const
const SEVERITY: Readonly<Record<Service, number>> = { well: 0, doubtful: 1, bad: 2, nothing: 3 }

interface Trouble {
  readonly sinceMs: number
  readonly lastMs: number
}

export interface Standing {
  readonly usable: boolean
  readonly service: Service
  /** Since when `service` is what it is. */
  readonly sinceMs: number
  /** By kind: since when it was at least so bad, but for short respites. */
  readonly troubles: Readonly<Record<(typeof TROUBLES)[number], Trouble | null>>
  /** Whether it ever served. */
  readonly hasServed: boolean
  /** Since when it is usable, or not. */
  readonly turnedMs: number
  /** How often it was found unusable lately. */
  readonly relapses: number
}

/** A pool of which nothing is known has credit. */
export function newStanding(nowMs: number): Standing {
  return {
    usable: true,
    service: 'nothing',
    sinceMs: nowMs,
    troubles: { doubtful: null, bad: null, nothing: null },
    hasServed: false,
    turnedMs: nowMs,
    relapses: 0,
  }
}

/** @param returnAfterMs how long a pool must serve well again before it is relied on */
export function advanceStanding(
  before: Standing,
  service: Service,
  nowMs: number,
  returnAfterMs: number,
): Standing {
  const sinceMs = service === before.service ? before.sinceMs : nowMs
  const troubles = {
    doubtful: advanceTrouble(before.troubles.doubtful, SEVERITY[service] >= 1, nowMs),
    bad: advanceTrouble(before.troubles.bad, SEVERITY[service] >= 2, nowMs),
    nothing: advanceTrouble(before.troubles.nothing, SEVERITY[service] >= 3, nowMs),
  }
  const hasServed = before.hasServed || service === 'well'
  const next = { ...before, service, sinceMs, troubles, hasServed }
  if (before.usable) {
    if (service === 'well' || !isTooMuch(troubles, service, nowMs)) return next
    const redeemed = nowMs - before.turnedMs >= REDEEMED_AFTER_MS
    const relapses = before.hasServed ? (redeemed ? 0 : before.relapses) + 1 : 0
    return { ...next, usable: false, turnedMs: nowMs, relapses }
  }
  if (service !== 'well') return next
  if (before.hasServed && nowMs - sinceMs < returnDelayMs(before, returnAfterMs)) return next
  return { ...next, usable: true, turnedMs: nowMs }
}

/** How long the pool must serve well before it is relied on again. */
export function returnDelayMs({ relapses }: Standing, returnAfterMs: number): number {
  return returnAfterMs * Math.min(MOST_CAUTION, 2 ** Math.max(0, relapses - 1))
}

function isTooMuch(troubles: Standing['troubles'], service: Service, nowMs: number): boolean {
  return TROUBLES.some((kind) => {
    const trouble = troubles[kind]
    return (
      trouble !== null && SEVERITY[service] >= SEVERITY[kind] && nowMs - trouble.sinceMs >= PATIENCE_MS[kind]
    )
  })
}

function advanceTrouble(before: Trouble | null, continues: boolean, nowMs: number): Trouble | null {
  if (continues) return { sinceMs: before?.sinceMs ?? nowMs, lastMs: nowMs }
  return before !== null && nowMs - before.lastMs < RESPITE_MS ? before : null
}
