/** Every machine once: rigs of the fleet with the proxy's key of them, and those that only the proxy knows. Pure. */
import { type Downstream, type Rig } from '../../src-preload/contract/index.ts'
import { type NamedRig } from './history-desk.ts'

export function namedRigs(rigs: readonly Rig[], downstreams: readonly Downstream[]): NamedRig[] {
  const byId = new Map(downstreams.map((downstream) => [downstream.id, downstream]))
  const fleet = rigs.map(({ id, name, downstreamId }): NamedRig => {
    const downstream = downstreamId === null ? undefined : byId.get(downstreamId)
    return { rigId: id, rigKey: downstream?.rigKey ?? null, name }
  })
  const claimed = new Set(fleet.map(({ rigKey }) => rigKey))
  const proxied = new Map<string, NamedRig>()
  for (const { rigKey, name } of downstreams) {
    if (!claimed.has(rigKey)) proxied.set(rigKey, { rigId: null, rigKey, name })
  }
  return [...fleet, ...proxied.values()]
}
