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

/** What to do where a port is taken: give up, take a free one, or go without this listener. */
export type WhenTaken = 'fail' | 'move' | 'leave-out'

export interface WantedListeners {
  readonly listeners: RigListeners
  whenTaken(name: ListenerName): WhenTaken
  /** A listener was left out. */
  onLeftOut(name: ListenerName, error: HeadframeError): void
}

const NAMES: readonly ListenerName[] = ['stratum', 'stratumV2', 'stratumWs']
/** What the proxy calls them in its errors. */
const OPTION_NAMES: Readonly<Record<ListenerName, string>> = {
  stratum: '--stratum',
  stratumV2: '--stratum-v2',
  stratumWs: '--stratum-ws',
}

/**
 * Starts on the wanted ports; where one is taken, does what was asked for that case.
 * @throws HeadframeError as `start` does
 */
export async function startListeners(
  wanted: WantedListeners,
  start: (listeners: RigListeners) => Promise<RigListeners>,
): Promise<RigListeners> {
  const { listeners, whenTaken, onLeftOut } = wanted
  try {
    return await start(listeners)
  } catch (error) {
    if (!(error instanceof HeadframeError) || error.code !== 'listen/port-taken') throw error
    const name = NAMES.find((candidate) => OPTION_NAMES[candidate] === error.context['optionName'])
    const address = name === undefined ? null : listeners[name]
    if (name === undefined || !address || address.port === 0) throw error
    const remedy = whenTaken(name)
    if (remedy === 'fail') throw error
    if (remedy === 'leave-out') onLeftOut(name, error)
    const instead = remedy === 'move' ? { ...address, port: 0 } : null
    return startListeners({ ...wanted, listeners: { ...listeners, [name]: instead } }, start)
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
