/** The board as it is drawn: a column for rigs that follow and one per pool, each a list of groups and rigs. Pure. */
import type { Downstream, Pool, RigGroup, Routing } from '@contract'

export interface GroupRow {
  kind: 'group'
  key: string
  group: RigGroup
  /** Of its rigs that stand below it. */
  rigCount: number
  hashrateHs: number
}
export interface RigRow {
  kind: 'rig'
  key: string
  rigKey: string
  name: string
  /** null: it is not connected. */
  rig: Downstream | null
  /** It has a rule of its own. */
  own: boolean
  /** The group it is in, also when its own rule counts. */
  group: RigGroup | null
  /** It works for another pool than it should: that pool's name, or null if it works for the right one. */
  astray: string | null
  /** In the column of those that follow, while there is a split: whom it works for. */
  worksFor: string | null
}
export type BoardRow = GroupRow | RigRow

export interface BoardColumn {
  /** null: the rigs that follow. */
  poolId: string | null
  pool: Pool | null
  rows: BoardRow[]
  rigCount: number
  hashrateHs: number
}

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

export function buildBoard(
  routing: Routing,
  rigs: readonly Downstream[],
  pools: readonly Pool[],
  filter = '',
): BoardColumn[] {
  const rigByKey = new Map(rigs.map((rig) => [rig.rigKey, rig]))
  const poolById = new Map(pools.map((pool) => [pool.id, pool]))
  const activeId = pools.find((pool) => pool.active)?.id ?? null
  const splitIds = new Set(routing.split.map((part) => part.poolId))
  const ownPool = new Map(routing.rigs.map((rule) => [rule.rigKey, rule.poolId]))
  const groupByKey = new Map<string, RigGroup>()
  for (const group of routing.groups)
    for (const key of group.rigKeys) if (!groupByKey.has(key)) groupByKey.set(key, group)
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const known = (id: string | null | undefined): string | null => (id != null && poolById.has(id) ? id : null)

  function nameOf(id: string | null): string | null {
    return id === null ? null : (poolById.get(id)?.name ?? null)
  }

  const places = new Map<string | null, { groups: Map<string, RigRow[]>; loose: RigRow[] }>()
  const place = (id: string | null): { groups: Map<string, RigRow[]>; loose: RigRow[] } => {
    const found = places.get(id) ?? { groups: new Map<string, RigRow[]>(), loose: [] }
    places.set(id, found)
    return found
  }

  // Rigs that are away keep their rules; without one they are nowhere on the board.
  const keys = new Set([...rigByKey.keys(), ...ownPool.keys(), ...groupByKey.keys()])
  for (const rigKey of keys) {
    const rig = rigByKey.get(rigKey) ?? null
    const name = rig?.name ?? rigKey
    if (!words.every((word) => name.toLowerCase().includes(word))) continue
    const group = groupByKey.get(rigKey) ?? null
    const own = known(ownPool.get(rigKey))
    const poolId = own ?? known(group?.poolId)
    const right =
      rig === null ||
      (poolId !== null
        ? rig.poolId === poolId
        : splitIds.size > 0
          ? splitIds.has(rig.poolId ?? '')
          : rig.poolId === activeId)
    const row: RigRow = {
      kind: 'rig',
      key: rigKey,
      rigKey,
      name,
      rig,
      own: own !== null,
      group,
      astray: right ? null : (nameOf(rig.poolId) ?? 'no pool yet'),
      worksFor: poolId === null && splitIds.size > 0 && right ? nameOf(rig?.poolId ?? null) : null,
    }
    const at = place(poolId)
    if (group !== null && own === null) at.groups.set(group.id, [...(at.groups.get(group.id) ?? []), row])
    else at.loose.push(row)
  }
  // Groups are drawn where they go, also while they are empty.
  for (const group of routing.groups) {
    const at = place(known(group.poolId))
    if (!at.groups.has(group.id) && words.length === 0) at.groups.set(group.id, [])
  }

  function rowsOf(id: string | null): BoardRow[] {
    const at = places.get(id)
    if (at === undefined) return []
    const sorted = (rows: RigRow[]): RigRow[] => rows.sort((a, b) => byName.compare(a.name, b.name))
    const groups = routing.groups.flatMap((group): BoardRow[] => {
      const rows = at.groups.get(group.id)
      if (rows === undefined) return []
      const hashrateHs = rows.reduce((sum, row) => sum + (row.rig?.hashrateHs ?? 0), 0)
      const head: GroupRow = {
        kind: 'group',
        key: `group:${group.id}`,
        group,
        rigCount: rows.length,
        hashrateHs,
      }
      return [head, ...sorted(rows)]
    })
    return [...groups, ...sorted(at.loose)]
  }

  const column = (poolId: string | null, pool: Pool | null): BoardColumn => {
    const rows = rowsOf(poolId)
    const own = rows.filter((row) => row.kind === 'rig')
    return {
      poolId,
      pool,
      rows,
      rigCount: own.length,
      hashrateHs: own.reduce((sum, row) => sum + (row.rig?.hashrateHs ?? 0), 0),
    }
  }
  return [
    column(null, null),
    ...pools
      // A pool that is turned off takes nobody; it is shown while rules still name it.
      .filter((pool) => pool.enabled || places.has(pool.id))
      .map((pool) => column(pool.id, pool)),
  ]
}
