/**
 * The rows of the rig table: rigs that the fleet reads, each with its connection if it mines here, and connections of
 * rigs that have no interface of their own. Pure.
 */
import type { Downstream, Rig } from '@contract'
import { rigHealth, type RigHealth } from '../../format/rig-health.ts'
import { connectionStanding, type RigStanding } from '../../format/rig-words.ts'

export interface FleetRow {
  /** The rig's id; for a connection alone `connection:` and its rig key, which outlives reconnecting. */
  id: string
  name: string
  standing: RigStanding
  rig: Rig | null
  connection: Downstream | null
  /** What it measured is shown: not before the first reading, and not long after the last. */
  hasValues: boolean
  /** The last polls failed: its values are the last known. */
  stale: boolean
}

const CONNECTION = 'connection:'

function rigRow(rig: Rig, connection: Downstream | null): FleetRow {
  return {
    id: rig.id,
    name: rig.name,
    standing: rig.state,
    rig,
    connection,
    hasValues: rig.freshness === 'live' || rig.freshness === 'stale',
    stale: rig.freshness === 'stale',
  }
}

function connectionRow(connection: Downstream, id: string): FleetRow {
  return {
    id,
    name: connection.name,
    standing: connectionStanding(connection.state),
    rig: null,
    connection,
    hasValues: true,
    stale: false,
  }
}

export function mergeRows(rigs: readonly Rig[], connections: readonly Downstream[]): FleetRow[] {
  const byId = new Map(connections.map((connection) => [connection.id, connection]))
  const rows = rigs.map((rig) => {
    const connection = rig.downstreamId === null ? undefined : byId.get(rig.downstreamId)
    if (connection !== undefined) byId.delete(connection.id)
    return rigRow(rig, connection ?? null)
  })
  const taken = new Set<string>()
  for (const connection of byId.values()) {
    const own = `${CONNECTION}${connection.rigKey}`
    // Two connections may give the same name; each still needs a row.
    const id = taken.has(own) ? `${own}:${connection.id}` : own
    taken.add(id)
    rows.push(connectionRow(connection, id))
  }
  return rows
}

const QUIET: RigHealth = { tone: 'warn', text: 'Its shares are overdue', detail: null }
const FINE: RigHealth = { tone: 'good', text: null, detail: null }

/** `now` is the core's clock, epoch milliseconds. */
export function rowHealth(row: FleetRow, now: number): RigHealth {
  if (row.rig !== null) return rigHealth(row.rig, now)
  return row.standing === 'quiet' ? QUIET : FINE
}

/** The coarse sorting that a person filters by first. */
export type RowBucket = 'mining' | 'trouble' | 'idle' | 'unreachable'

export function bucketOf(row: FleetRow, now: number): RowBucket {
  if (row.standing === 'unreachable') return 'unreachable'
  const { tone } = rowHealth(row, now)
  if (tone === 'bad' || tone === 'warn') return 'trouble'
  return row.standing === 'mining' || row.standing === 'tuning' || row.standing === 'starting'
    ? 'mining'
    : 'idle'
}

/** What it hashes as far as anybody knows; null for no value to show. */
export function rowHashrate(row: FleetRow): number | null {
  if (row.rig === null) return row.connection?.hashrateHs ?? null
  return row.hasValues ? row.rig.hashrateHs : null
}

/** The later of what the rig and its connection say. */
export function rowLastShare(row: FleetRow): number | null {
  const moments = [row.rig?.lastShareAt ?? null, row.connection?.lastShareAt ?? null].filter(
    (at) => at !== null,
  )
  return moments.length === 0 ? null : Math.max(...moments)
}
