/** Every machine once: rigs of the fleet with the proxy's key of them, and those that only the proxy knows. Pure. */
import { type Downstream, type Rig } from '../../src-preload/contract/index.ts'
import { type NamedRig } from './history-desk.ts'

/** @param linkOf the proxy's key that a rig of the fleet had last; undefined if it never had one */
export function namedRigs(
  rigs: readonly Rig[],
  downstreams: readonly Downstream[],
  linkOf: (rigId: string) => string | undefined,
): NamedRig[] {
  const byId = new Map(downstreams.map((downstream) => [downstream.id, downstream]))
  const claimed = new Set<string>()
  const claim = (rigKey: string | undefined): string | null => {
    if (rigKey === undefined || claimed.has(rigKey)) return null
    claimed.add(rigKey)
    return rigKey
  }
  // Who is connected now comes before who had the key last.
  const connected = rigs.map(({ downstreamId }) =>
    claim(downstreamId === null ? undefined : byId.get(downstreamId)?.rigKey),
  )
  const fleet = rigs.map(({ id, name }, index): NamedRig => {
    return { rigId: id, rigKey: connected[index] ?? claim(linkOf(id)), name }
  })
  const proxied = new Map<string, NamedRig>()
  for (const { rigKey, name } of downstreams) {
    if (!claimed.has(rigKey)) proxied.set(rigKey, { rigId: null, rigKey, name })
  }
  return [...fleet, ...proxied.values()]
}
