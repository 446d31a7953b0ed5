/** What is written to a rig so that it mines here, or at one of the configured pools. Pure. */
import { HeadframeError } from '../../base/index.ts'
import { parseAddress, rangeContains } from '../../net/index.ts'
import { type PoolTarget } from '../families/family.ts'
import { type ConfiguredPool, type LocalAddress, type StratumListener } from '../ports.ts'
import { expandWorker, userAtPool, type WorkerFacts } from './worker-names.ts'

const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::', ''])

/**
 * The address of ours that a rig at `rigHost` reaches: loopback for loopback, the one in its subnet, else the first that
 * is no link-local one.
 * @throws HeadframeError `rig/no-way-here` with what to do
 */
export function addressTowards(
  rigHost: string,
  listener: StratumListener | null,
  local: readonly LocalAddress[],
): string {
  if (listener === null) {
    throw new HeadframeError(
      'rig/no-way-here',
      'Headframe does not listen for rigs now: start it with --stratum.',
    )
  }
  const rig = parseAddress(rigHost)
  const isLoopbackRig =
    rigHost.toLowerCase() === 'localhost' || (rig?.length === 4 && rig[0] === 127) || rigHost === '::1'
  if (!EVERY_ADDRESS.has(listener.host)) {
    if (isLoopback(listener.host) && !isLoopbackRig) {
      throw new HeadframeError(
        'rig/no-way-here',
        `Headframe listens at ${listener.host}, which only programs on this machine reach. Start it with --stratum 0.0.0.0:${String(listener.port)}.`,
      )
    }
    return listener.host
  }
  if (isLoopbackRig) return '127.0.0.1'
  const near = local.find(({ address, prefixBits }) => {
    const first = parseAddress(address)
    return rig !== undefined && first !== undefined && inSameNet(first, rig, prefixBits)
  })
  const chosen = near ?? local.find(({ address }) => isUsual(address)) ?? local[0]
  if (chosen) return chosen.address
  throw new HeadframeError(
    'rig/no-way-here',
    'This machine has no address that a rig could reach: connect it to the network of the rigs.',
  )
}

/** @throws HeadframeError `rig/no-way-here` */
export function headframeTarget(
  rigHost: string,
  listener: StratumListener | null,
  local: readonly LocalAddress[],
  template: string,
  facts: WorkerFacts,
): PoolTarget {
  const host = addressTowards(rigHost, listener, local)
  const port = listener?.port ?? 0
  const shown = host.includes(':') ? `[${host}]` : host
  return { url: `stratum+tcp://${shown}:${String(port)}`, user: expandWorker(template, facts), password: 'x' }
}

/**
 * A configured pool for a rig itself: over Stratum V1 where the pool has it, because most firmware speaks only that.
 * @throws HeadframeError `rig/pool-not-for-rigs`
 */
export function configuredTarget(pool: ConfiguredPool, template: string, facts: WorkerFacts): PoolTarget {
  const urls = [pool.url, pool.fallbackUrl].filter((url) => url !== null)
  const url =
    urls.find((each) => /^stratum\+(?:tcp|ssl|tls):/i.test(each)) ??
    urls.find((each) => /^stratum2\+tcp:/i.test(each))
  if (url === undefined) {
    throw new HeadframeError(
      'rig/pool-not-for-rigs',
      `Rigs cannot connect to ${pool.name} themselves. Send them to Headframe and let it work for that pool.`,
    )
  }
  return { url, user: userAtPool(pool.userIdentity, template, facts), password: pool.password }
}

function inSameNet(first: Uint8Array, rig: Uint8Array, prefixBits: number): boolean {
  const masked = first.map(
    (byte, i) => byte & ((0xff00 >> Math.min(8, Math.max(0, prefixBits - 8 * i))) & 0xff),
  )
  return rangeContains({ first: masked, prefixBits }, rig)
}

const isLoopback = (host: string): boolean => host === '::1' || host === 'localhost' || /^127\./.test(host)

/** No link-local address, and one of IPv4: what rigs understand. */
const isUsual = (address: string): boolean => /^[\d.]+$/.test(address) && !address.startsWith('169.254.')
