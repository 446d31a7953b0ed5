/** What a rig's own pool entries say: whether it mines at this proxy, and whether a farm manager owns them. Pure. */
import { parseAddress } from '../../net/index.ts'
import { type PoolReading } from '../model/reading.ts'
import { poolPlace } from '../model/pool-place.ts'
import { type LocalAddress } from '../ports.ts'

/** Where rigs reach the proxy. */
export interface ProxyPlace {
  readonly ports: readonly number[]
  readonly local: readonly LocalAddress[]
}

/** Its makers' pools apart, the one its shares go to. */
export function activePool(pools: readonly PoolReading[]): PoolReading | null {
  return pools.find((pool) => pool.active && !pool.devFee) ?? null
}

/** Users of its entries, the active one first; what belongs to the firmware's maker is left out. */
export function usersOf(pools: readonly PoolReading[]): string[] {
  const own = pools.filter(({ devFee, user }) => !devFee && user !== '')
  return [...own.filter(({ active }) => active), ...own.filter(({ active }) => !active)].map(
    ({ user }) => user,
  )
}

/** Whether a pool URL of a rig at `rigHost` leads to the proxy of this machine. */
export function leadsHere(url: string, rigHost: string, { ports, local }: ProxyPlace): boolean {
  const place = poolPlace(url)
  if (place === null || place.port === null || !ports.includes(place.port)) return false
  // A rig's own loopback is this machine's only where the rig is a program on it.
  if (isLoopback(place.host)) return isLoopback(rigHost)
  return local.some(({ address }) => sameAddress(address, place.host))
}

/** Farm managers by what they leave in a rig's pools: they change back what others change. */
const MANAGERS: readonly { readonly name: string; readonly sign: RegExp }[] = [
  { name: 'Foreman', sign: /foreman/i },
  { name: 'Hive', sign: /\bhive-?(?:on|os)\b.*(?:group|managed)/i },
  { name: 'Proto Fleet', sign: /proto-?fleet/i },
]

export function managerOf(pools: readonly PoolReading[]): string | null {
  const signs = pools.filter(({ devFee }) => !devFee).map(({ group, url }) => `${group ?? ''} ${url}`)
  return MANAGERS.find(({ sign }) => signs.some((text) => sign.test(text)))?.name ?? null
}

function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  return name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)
}

function sameAddress(a: string, b: string): boolean {
  const [one, two] = [parseAddress(a), parseAddress(b)]
  if (one === undefined || two === undefined) return a.toLowerCase() === b.toLowerCase()
  return one.length === two.length && one.every((byte, i) => byte === two[i])
}
