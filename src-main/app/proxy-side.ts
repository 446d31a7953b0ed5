/** What the fleet may know of the proxy and of this machine's network. */
import { networkInterfaces } from 'node:os'
import { type Downstream } from '../../src-preload/contract/index.ts'
import { type DownstreamSeen, type LocalAddress, type ProxySide } from '../fleet/index.ts'
import { type SecretStore } from '../settings/index.ts'
import { type PoolList } from './pool-list.ts'
import { type RigListeners } from './rig-listeners.ts'

export interface ProxySideParts {
  /** Rigs that are connected now. */
  downstreams(): readonly Downstream[]
  listeners(): RigListeners
  readonly list: PoolList
  readonly secrets: SecretStore
}

export function proxySide({ downstreams, listeners, list, secrets }: ProxySideParts): ProxySide {
  return {
    // Devices on our own ports are no rigs of the network, whatever they are called.
    downstreams: () =>
      downstreams()
        .filter(({ protocol }) => protocol !== 'device')
        .map(seen),
    listener: () => listeners().stratum,
    ports: () =>
      Object.values(listeners())
        .filter((address) => address !== null)
        .map(({ port }) => port),
    localAddresses,
    async pool(id) {
      const pool = list.all.find((candidate) => candidate.id === id)
      if (!pool) return null
      const { name, url, fallbackUrl, userIdentity, secretRef } = pool
      const password = secretRef === null ? '' : ((await secrets.get(secretRef)) ?? '')
      return { name, url, fallbackUrl, userIdentity, password }
    },
  }
}

function seen({
  id,
  name,
  address,
  connectedAt,
  lastShareAt,
  hashrateHs,
  shares,
}: Downstream): DownstreamSeen {
  return {
    id,
    name,
    address,
    connectedAtMs: connectedAt,
    lastShareAtMs: lastShareAt,
    hashrateHs,
    // Good as well, though the pool of the moment asks for more: they prove that the rig works here.
    validShares: shares.valid + shares.weak,
  }
}

function localAddresses(): LocalAddress[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses
      .filter(({ cidr }) => cidr !== null)
      .map(({ address, cidr }) => ({ address, prefixBits: Number(cidr!.split('/')[1]) })),
  )
}
