/**
 * Groups of pools on LuxOS, written one command at a time. Within a group its pools are tried from top to bottom; groups
 * share the hashrate by quota. Ids are positions: they shift with every change, so both lists are read anew before each
 * removal. A new pool goes to the end of its group, which is how new ones are told from old ones with the same name.
 * Governing document: rig API digest, section 5.4.
 */
import { at, countOf, listOf, maxOf, numberOf, textOf } from '../model/lenient.ts'
import { isRefusal, rpcStatusOf } from '../model/rpc-reply.ts'
import { askRpc, commandRpc } from '../transport/ask.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { type PoolTarget } from './family.ts'
import { notSupported, refused } from './offer.ts'

export interface LuxosGroup {
  readonly name: string
  readonly quota: number
  readonly pools: readonly PoolTarget[]
}

interface ListedGroup {
  readonly id: number
  readonly name: string
  readonly quota: number
}

interface ListedPool {
  readonly id: number
  readonly groupId: number
  readonly url: string
  readonly user: string
}

/** Pools of all groups; a rig with more would be told by something else than people. */
const MAX_REMOVALS = 64

/** @throws HeadframeError `rig/…` */
export async function readLuxosGroups(link: RigLink): Promise<LuxosGroup[]> {
  const pools = await listPools(link)
  const groups = await listGroups(link, pools)
  return groups.map(({ id, name, quota }) => ({
    name,
    quota,
    pools: pools
      .filter(({ groupId }) => groupId === id)
      .map(({ url, user }) => ({ url, user, password: '' })),
  }))
}

/**
 * Replaces all groups and pools: adds the new ones, switches to the first, then removes what was there. The first group
 * keeps its name.
 * @param groups at least one, the first with at least one pool
 * @returns whether all that was there is gone
 * @throws HeadframeError `rig/not-supported` for a comma, `rig/refused`, `rig/…` of the link
 */
export async function writeLuxosGroups(link: RigLink, groups: readonly LuxosGroup[]): Promise<boolean> {
  for (const { name, pools } of groups) {
    requireWithoutCommas([name, ...pools.flatMap(({ url, user, password }) => [url, user, password])])
  }
  const [main, ...others] = groups
  if (main === undefined || main.pools.length === 0) throw notSupported('Name at least one pool.')
  const before = await listPools(link)
  // The one with the lowest id: its own does not shift when others go.
  const [first] = await listGroups(link, before)
  if (first === undefined) await addGroup(link, main)
  const mainId = first?.id ?? (await newestGroupId(link))
  const oldCount = before.filter(({ groupId }) => groupId === mainId).length
  await addPools(link, main.pools, mainId)
  const mine = (await listPools(link)).filter(({ groupId }) => groupId === mainId)
  const chosen = mine[oldCount]
  if (chosen === undefined || mine.length < oldCount + main.pools.length) {
    throw refused('The rig took the new pools, but does not list them. Look at its pools on its own page.')
  }
  // The pool that is worked for cannot be removed.
  await commandRpc(link, 'switchpool', String(chosen.id))
  await removeOtherGroups(link, mainId)
  const cleared = await removeOldPools(link, mainId, oldCount)
  if (others.length > 0) await commandRpc(link, 'groupquota', `${String(mainId)},${String(main.quota)}`)
  for (const group of others) {
    await addGroup(link, group)
    await addPools(link, group.pools, await newestGroupId(link))
  }
  return cleared
}

async function addGroup(link: RigLink, { name, quota }: LuxosGroup): Promise<void> {
  await commandRpc(link, 'addgroup', `${name},${String(quota)}`)
}

async function addPools(link: RigLink, pools: readonly PoolTarget[], groupId: number): Promise<void> {
  for (const { url, user, password } of pools) {
    // An empty one would shift what follows; pools that want none take any.
    await commandRpc(link, 'addpool', `${url},${user},${password === '' ? 'x' : password},${String(groupId)}`)
  }
}

async function removeOtherGroups(link: RigLink, keptId: number): Promise<void> {
  for (let left = MAX_REMOVALS; left > 0; left--) {
    const others = (await listGroups(link, [])).filter(({ id }) => id !== keptId)
    const last = others.at(-1)
    if (last === undefined) return
    await commandRpc(link, 'removegroup', String(last.id))
  }
}

/** The first `count` of the group that is left. @returns false when the rig would not let one go */
async function removeOldPools(link: RigLink, groupId: number, count: number): Promise<boolean> {
  for (let left = Math.min(count, MAX_REMOVALS); left > 0; left--) {
    const oldest = (await listPools(link)).find((pool) => pool.groupId === groupId)
    if (oldest === undefined) return true
    if (isRefusal(rpcStatusOf(await askRpc(link, 'removepool', String(oldest.id))))) return false
  }
  return true
}

async function newestGroupId(link: RigLink): Promise<number> {
  return maxOf((await listGroups(link, [])).map(({ id }) => id)) ?? 0
}

async function listPools(link: RigLink): Promise<ListedPool[]> {
  const reply = await commandRpc(link, 'pools')
  return listOf(at(reply, 'POOLS')).flatMap((pool, position): ListedPool[] => {
    const url = textOf(at(pool, 'URL'))
    if (url === null) return []
    return [
      {
        id: numberOf(at(pool, 'POOL')) ?? position,
        groupId: numberOf(at(pool, 'GROUP')) ?? 0,
        url,
        user: textOf(at(pool, 'User')) ?? '',
      },
    ]
  })
}

/** Of releases without groups: those that its pools name. */
async function listGroups(link: RigLink, pools: readonly ListedPool[]): Promise<ListedGroup[]> {
  const listed = listOf(at(await askRpc(link, 'groups'), 'GROUPS')).map((group, position): ListedGroup => ({
    id: numberOf(at(group, 'GROUP')) ?? position,
    name: textOf(at(group, 'Name')) ?? `group ${String(position)}`,
    quota: countOf(at(group, 'Quota')) ?? 1,
  }))
  if (listed.length > 0) return listed.sort((a, b) => a.id - b.id)
  return [...new Set(pools.map(({ groupId }) => groupId))]
    .sort((a, b) => a - b)
    .map((id) => ({ id, name: `group ${String(id)}`, quota: 1 }))
}

function requireWithoutCommas(texts: readonly string[]): void {
  const found = texts.find((text) => text.includes(','))
  if (found === undefined) return
  throw notSupported(
    'LuxOS cannot be told of pools, users or passwords with a comma in them. Use one without, or enter it on the rig’s own page.',
  )
}
