/**
 * Which pool each rig shall work for, as the person wants it. Pure data; `switchboard.ts` carries it out.
 */

/** Some rigs to a pool of their own, whatever the others do. */
export interface RouteRule {
  readonly rigKeys: readonly string[]
  readonly poolId: string
}

/** A part of the hashrate to a pool. */
export interface SplitShare {
  readonly poolId: string
  /** Parts of one; all of a split add up to 1. */
  readonly ratio: number
}

export interface FailoverSettings {
  readonly enabled: boolean
  /** How long a pool must serve well again before the rigs return to it. */
  readonly returnAfterMs: number
}

export interface RoutingConfig {
  /** The first that names a rig counts. */
  readonly rules: readonly RouteRule[]
  /** For rigs without a rule: empty sends all to the pool in use. */
  readonly split: readonly SplitShare[]
  readonly failover: FailoverSettings
}

export const DEFAULT_ROUTING: RoutingConfig = {
  rules: [],
  split: [],
  failover: { enabled: true, returnAfterMs: 5 * 60_000 },
}
