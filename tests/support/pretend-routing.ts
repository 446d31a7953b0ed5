/** Where rigs work by the rules of routing: a rig's own rule, else its group, else the split, else the pool in use. */
import type { Downstream, Pool, Routing } from '../../src-preload/contract/index.ts'

/** Pool by rigKey. A rule for a pool that is gone or turned off counts for nothing. */
export function placeRigs(
  routing: Routing,
  rigs: readonly Downstream[],
  pools: readonly Pool[],
): Map<string, string | null> {
  const usable = new Set(pools.filter((pool) => pool.enabled).map((pool) => pool.id))
  const active = pools.find((pool) => pool.active)?.id ?? null
  const own = new Map(routing.rigs.map((rule) => [rule.rigKey, rule.poolId]))
  const places = new Map<string, string | null>()
  const free: Downstream[] = []
  for (const rig of rigs) {
    const group = routing.groups.find((each) => each.rigKeys.includes(rig.rigKey))
    const wanted = [own.get(rig.rigKey), group?.poolId].find((id) => id != null && usable.has(id))
    if (wanted != null) places.set(rig.rigKey, wanted)
    else free.push(rig)
  }
  const parts = routing.split.filter((part) => usable.has(part.poolId))
  const total = free.reduce((sum, rig) => sum + rig.hashrateHs, 0)
  const left = new Map(parts.map((part) => [part.poolId, (total * part.percent) / 100]))
  for (const rig of [...free].sort((a, b) => b.hashrateHs - a.hashrateHs)) {
    const most = [...left].sort((a, b) => b[1] - a[1])[0]
    if (most === undefined) places.set(rig.rigKey, active)
    else {
      places.set(rig.rigKey, most[0])
      left.set(most[0], most[1] - rig.hashrateHs)
    }
  }
  return places
}
