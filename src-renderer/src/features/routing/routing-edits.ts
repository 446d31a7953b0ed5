/**
 * Changes to routing, each from one whole value to the next. Pure; what a person means by moving rigs about is
 * decided here. A rig's own rule comes before its group, a group before the split, the split before the pool
 * in use.
 */
import type { RigGroup, Routing } from '@contract'

/** The group that counts for a rig: the first that names it. */
export function groupOf(routing: Routing, rigKey: string): RigGroup | undefined {
  return routing.groups.find((group) => group.rigKeys.includes(rigKey))
}

const without = (keys: readonly string[], gone: ReadonlySet<string>): string[] =>
  keys.filter((key) => !gone.has(key))

function withoutRules(routing: Routing, keys: ReadonlySet<string>): Routing['rigs'] {
  return routing.rigs.filter((rule) => !keys.has(rule.rigKey))
}

/**
 * Sends rigs to a pool; null lets them follow the split or the pool in use. A rig whose group goes there anyway
 * needs no rule of its own; one that shall follow leaves a group that goes elsewhere.
 */
export function sendRigs(routing: Routing, rigKeys: readonly string[], poolId: string | null): Routing {
  const keys = new Set(rigKeys)
  if (poolId === null)
    return {
      ...routing,
      rigs: withoutRules(routing, keys),
      groups: routing.groups.map((group) =>
        group.poolId === null ? group : { ...group, rigKeys: without(group.rigKeys, keys) },
      ),
    }
  const ruled = [...keys].filter((key) => groupOf(routing, key)?.poolId !== poolId)
  return {
    ...routing,
    rigs: [...withoutRules(routing, keys), ...ruled.map((rigKey) => ({ rigKey, poolId }))],
  }
}

/** Takes the rigs' own rules away: they go where their group goes, or follow. */
export function dropOwnRules(routing: Routing, rigKeys: readonly string[]): Routing {
  return { ...routing, rigs: withoutRules(routing, new Set(rigKeys)) }
}

/** Sends a group to a pool; null leaves its rigs to the split or the pool in use. Own rules of its rigs stay. */
export function sendGroup(routing: Routing, groupId: string, poolId: string | null): Routing {
  return changeGroup(routing, groupId, { poolId })
}

export function renameGroup(routing: Routing, groupId: string, name: string): Routing {
  return changeGroup(routing, groupId, { name })
}

function changeGroup(routing: Routing, groupId: string, change: Partial<RigGroup>): Routing {
  return {
    ...routing,
    groups: routing.groups.map((group) => (group.id === groupId ? { ...group, ...change } : group)),
  }
}

/** An id that no group has yet. */
function freeId(routing: Routing): string {
  let number = routing.groups.length + 1
  while (routing.groups.some((group) => group.id === `group-${number}`)) number += 1
  return `group-${number}`
}

/**
 * A new group of these rigs, taken out of the groups they were in. Nothing moves: rigs that all have the same
 * pool as their own rule make a group for that pool, others keep their rules.
 */
export function createGroup(routing: Routing, name: string, rigKeys: readonly string[]): Routing {
  const keys = new Set(rigKeys)
  const targets = new Set(
    [...keys].map(
      (key) =>
        routing.rigs.find((rule) => rule.rigKey === key)?.poolId ?? groupOf(routing, key)?.poolId ?? null,
    ),
  )
  const common = targets.size === 1 ? ([...targets][0] ?? null) : null
  return {
    ...routing,
    rigs: common === null ? routing.rigs : withoutRules(routing, keys),
    groups: [
      ...routing.groups.map((group) => ({ ...group, rigKeys: without(group.rigKeys, keys) })),
      { id: freeId(routing), name, rigKeys: [...keys], poolId: common },
    ],
  }
}

/** Rigs join a group and go where it goes: their own rules and former groups end. */
export function addToGroup(routing: Routing, groupId: string, rigKeys: readonly string[]): Routing {
  const keys = new Set(rigKeys)
  return {
    ...routing,
    rigs: withoutRules(routing, keys),
    groups: routing.groups.map((group) => ({
      ...group,
      rigKeys: [...without(group.rigKeys, keys), ...(group.id === groupId ? keys : [])],
    })),
  }
}

/** Takes rigs out of every group. */
export function leaveGroups(routing: Routing, rigKeys: readonly string[]): Routing {
  const keys = new Set(rigKeys)
  return {
    ...routing,
    groups: routing.groups.map((group) => ({ ...group, rigKeys: without(group.rigKeys, keys) })),
  }
}

/** The group ends; its rigs follow, unless they have rules of their own. */
export function removeGroup(routing: Routing, groupId: string): Routing {
  return { ...routing, groups: routing.groups.filter((group) => group.id !== groupId) }
}
