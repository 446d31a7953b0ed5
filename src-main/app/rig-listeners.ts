/** Where rigs connect: what is asked for, what could be had, and the addresses to point rigs at. */
import { networkInterfaces } from 'node:os'
import { type AppInfo } from '../../src-preload/contract/index.ts'
import { HeadframeError } from '../base/index.ts'
import { formatHostPort, type HostPort } from '../net/index.ts'

export interface RigListeners {
  /** Stratum V1, plain and over TLS. */
  readonly stratum: HostPort | null
  readonly stratumV2: HostPort | null
  /** Both protocols over WebSocket. */
  readonly stratumWs: HostPort | null
}

type RigAddress = NonNullable<AppInfo['stratum']>

export type ListenerName = keyof RigListeners

export interface WantedListeners {
  readonly listeners: RigListeners
  /** Whether another port will do where the wanted one is taken. */
  mayMove(name: ListenerName): boolean
}

const NAMES: readonly ListenerName[] = ['stratum', 'stratumV2', 'stratumWs']

/**
 * Starts on the wanted ports, or on free ones where that is allowed and they are taken.
 * @throws HeadframeError as `start` does
 */
export async function startOnFreePorts(
  { listeners, mayMove }: WantedListeners,
  start: (listeners: RigListeners) => Promise<RigListeners>,
): Promise<RigListeners> {
  try {
    return await start(listeners)
  } catch (error) {
    const isTaken = error instanceof HeadframeError && error.code === 'listen/port-taken'
    const port = isTaken ? error.context['port'] : undefined
    const taken = NAMES.find((name) => listeners[name]?.port === port && mayMove(name))
    const wanted = taken === undefined ? null : listeners[taken]
    if (taken === undefined || wanted === null || wanted.port === 0) throw error
    return startOnFreePorts({ listeners: { ...listeners, [taken]: { ...wanted, port: 0 } }, mayMove }, start)
  }
}

/** A listener as people need it. */
export function rigAddress(address: HostPort | null): AppInfo['stratum'] {
  if (!address) return null
  return { address: formatHostPort(address), lanAddresses: lanAddresses(address) }
}

/** What to type into a rig, a line for each kind it may speak. */
export function rigAddressLines({ stratum, stratumV2, stratumWs }: AppInfo): string[] {
  const at = ({ address, lanAddresses }: RigAddress): string => lanAddresses[0] ?? address
  return [
    ...(stratum ? [`Point rigs at: stratum+tcp://${at(stratum)}`] : []),
    ...(stratumV2 ? [`Stratum V2 rigs: stratum2+tcp://${at(stratumV2)}/${stratumV2.authorityKey}`] : []),
    ...(stratumWs ? [`Over WebSocket: stratum+ws://${at(stratumWs)}`] : []),
  ]
}

/** Addresses that rigs in the house can be pointed at. */
function lanAddresses({ host, port }: HostPort): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [formatHostPort({ host, port })]
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => `${address}:${port}`)
}
