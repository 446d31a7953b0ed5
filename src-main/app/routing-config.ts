/** From routing as people set it to routing as the proxy carries it out. */
import { type Routing } from '../../src-preload/contract/index.ts'
import { HeadframeError } from '../base/index.ts'
import { type RoutingConfig, type RouteRule } from '../proxy/index.ts'
import { type RoutingSettings, type Settings } from '../settings/index.ts'

const MINUTE_MS = 60_000
/** Percentages are typed with two decimals at most; what is left over is rounding. */
const SPLIT_SLACK_PERCENT = 0.011

/** Rules in the order in which they count: single rigs, then groups. */
export function routingConfig({ rigs, groups, split, failover }: RoutingSettings): RoutingConfig {
  const single = rigs.map(({ rigKey, poolId }): RouteRule => ({ rigKeys: [rigKey], poolId }))
  const together = groups.flatMap(({ rigKeys, poolId }): RouteRule[] =>
    poolId === null ? [] : [{ rigKeys, poolId }],
  )
  const total = split.reduce((sum, { percent }) => sum + percent, 0)
  return {
    rules: [...single, ...together],
    split: split.map(({ poolId, percent }) => ({ poolId, ratio: percent / total })),
    failover: { enabled: failover.enabled, returnAfterMs: failover.returnAfterMinutes * MINUTE_MS },
  }
}

/** @throws HeadframeError `routing/invalid` naming what is wrong */
export function checkRouting(routing: Routing, { pools }: Pick<Settings, 'pools'>): void {
  const known = new Set(pools.map(({ id }) => id))
  const named = [
    ...routing.rigs.map(({ poolId }) => poolId),
    ...routing.groups.map(({ poolId }) => poolId),
    ...routing.split.map(({ poolId }) => poolId),
  ]
  const missing = named.find((poolId) => poolId !== null && !known.has(poolId))
  if (missing !== undefined) {
    throw invalid('A rule names a pool that is not in the list: reload the pools, and choose another.', {
      poolId: missing,
    })
  }
  requireOnce(
    routing.rigs.map(({ rigKey }) => rigKey),
    'A rig has two rules of its own: keep one.',
  )
  requireOnce(
    routing.groups.map(({ id }) => id),
    'Two groups have the same id: give each its own.',
  )
  requireOnce(
    routing.split.map(({ poolId }) => poolId),
    'A pool is named twice in the split: add its parts together.',
  )
  if (routing.split.length === 0) return
  const total = routing.split.reduce((sum, { percent }) => sum + percent, 0)
  if (Math.abs(total - 100) > SPLIT_SLACK_PERCENT) {
    throw invalid(`The parts of the split make ${total} %: change them so that they make 100 %.`, { total })
  }
}

/** What remains of routing when a pool is removed: its rules end, and a split that named it too. */
export function withoutPool(routing: RoutingSettings, poolId: string): RoutingSettings {
  return {
    ...routing,
    rigs: routing.rigs.filter((rule) => rule.poolId !== poolId),
    groups: routing.groups.map((group) => (group.poolId === poolId ? { ...group, poolId: null } : group)),
    split: routing.split.some((part) => part.poolId === poolId) ? [] : routing.split,
  }
}

function requireOnce(names: readonly string[], message: string): void {
  if (new Set(names).size !== names.length) throw invalid(message, {})
}

function invalid(message: string, context: Record<string, string | number | null>): HeadframeError {
  return new HeadframeError('routing/invalid', message, { context })
}
