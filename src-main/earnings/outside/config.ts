/**
 * What a person chose of the outside: which sources, whose addresses, which proxy. Nothing is chosen by default. The
 * register's entries follow from it, each with plain words; settings keep this, with passwords among the secrets.
 */
import { type NodeConfig } from './chain/node-rpc.ts'
import { electrumHost, parseElectrumAddress } from './chain/electrum-link.ts'
import { PUBLIC_PAYOUT_EXPLORER } from './chain/esplora-payouts.ts'
import { type PayoutSourceId } from './chain/payout-source.ts'
import { explorerBase, mempoolBase, PUBLIC_ESPLORA } from './facts/explorer-facts.ts'
import { type FactsSourceId } from './facts/network-facts.ts'
import { hostOfUrl } from './http.ts'
import { type PriceSource, type PriceSourceId } from './prices/price-source.ts'
import { PRICE_SOURCES } from './prices/sources.ts'
import { type OutgoingDescription, type OutgoingRegister } from './register.ts'
import { isOwnNetwork, type ProxyConfig } from './way-out.ts'

export interface WatchedAddress {
  readonly id: string
  readonly address: string
  /** Blocks below hold no payouts; null if nobody knows. Spares the first look through all blocks. */
  readonly fromHeight?: number | null
}

export interface OutsideProxy {
  readonly kind: 'none' | 'http' | 'socks5'
  readonly host: string
  readonly port: number
  /** Empty for none. */
  readonly user: string
  /** A secret. Empty for none. */
  readonly password: string
}

export interface OutsideConfig {
  /** ISO 4217, upper case. */
  readonly currency: string
  /**
   * jobs: nobody is asked. node: the own node. mempool, esplora: the own node if its address is entered, then this one.
   * Jobs always come last.
   */
  readonly factsSource: FactsSourceId
  /** Base address for mempool and esplora; empty for the public one. */
  readonly factsUrl: string
  /** mempool's prices come from the person's own instance if facts do. */
  readonly priceSource: 'none' | PriceSourceId
  readonly payoutSource: 'none' | PayoutSourceId
  /** Base address of an explorer, empty for the public one; or an Electrum server (`parseElectrumAddress`). */
  readonly payoutUrl: string
  /** SHA-256 of the Electrum server's certificate, hex; null or absent without one. */
  readonly payoutPinnedSha256?: string | null
  readonly node: NodeConfig
  readonly proxy: OutsideProxy
  readonly addresses: readonly WatchedAddress[]
}

/** Nothing is asked. */
export const NOTHING_OUTSIDE: OutsideConfig = {
  currency: 'USD',
  factsSource: 'jobs',
  factsUrl: '',
  priceSource: 'none',
  payoutSource: 'none',
  payoutUrl: '',
  node: { url: '', user: '', password: '', cookieFile: '' },
  proxy: { kind: 'none', host: '', port: 0, user: '', password: '' },
  addresses: [],
}

export const FACTS_EVERY_MS = 10 * 60_000
export const PRICE_EVERY_MS = 10 * 60_000
export const PAYOUTS_EVERY_MS = 30 * 60_000

/** Null for none. */
export function proxyOf({ kind, host, port, user, password }: OutsideProxy): ProxyConfig | null {
  if (kind === 'none') return null
  const place = host.includes(':') ? `[${host}]` : host
  return {
    url: `${kind === 'socks5' ? 'socks5h' : 'http'}://${place}:${String(port)}`,
    username: user === '' ? null : user,
    password: password === '' ? null : password,
  }
}

/** Ids of the facts sources to ask, best first; jobs need no asking. */
export function rankedFactsSources({
  factsSource,
  node,
}: OutsideConfig): readonly Exclude<FactsSourceId, 'jobs'>[] {
  if (factsSource === 'jobs') return []
  if (factsSource === 'node') return node.url === '' ? [] : ['node']
  return node.url === '' ? [factsSource] : ['node', factsSource]
}

/** Where a source of prices is asked, without a slash at its end. */
export function priceOrigin({ origin, id }: PriceSource, { factsSource, factsUrl }: OutsideConfig): string {
  return id === 'mempool' && factsSource === 'mempool' ? mempoolBase(factsUrl) : origin
}

/** Declares every request there can be and chooses those that the person chose. Entries of others are left alone. */
export function declareOutgoing(register: OutgoingRegister, config: OutsideConfig): void {
  const facts = rankedFactsSources(config)
  const choices: (readonly [OutgoingDescription, boolean])[] = [
    ...(['node', 'mempool', 'esplora'] as const).map(
      (id) => [factsEntry(id, config), facts.includes(id)] as const,
    ),
    ...PRICE_SOURCES.map((source) => [priceEntry(source, config), config.priceSource === source.id] as const),
    ...(['node', 'esplora', 'electrum'] as const).map(
      (id) => [payoutsEntry(id, config), config.payoutSource === id && config.addresses.length > 0] as const,
    ),
  ]
  for (const [description, chosen] of choices) {
    register.declare(description)
    register.choose(description.id, chosen && description.host !== NO_ADDRESS)
  }
}

/** Stands for the host where no address was entered. */
const NO_ADDRESS = '(no address entered)'

function factsEntry(
  id: 'node' | 'mempool' | 'esplora',
  { node, factsUrl }: OutsideConfig,
): OutgoingDescription {
  const url =
    id === 'node'
      ? node.url
      : id === 'mempool'
        ? mempoolBase(factsUrl)
        : explorerBase(factsUrl, PUBLIC_ESPLORA)
  const host = hostOfUrl(url) ?? NO_ADDRESS
  return {
    id: `facts/${id}`,
    host,
    purpose:
      id === 'esplora'
        ? 'Height and difficulty of the network'
        : 'Height and difficulty of the network, and fees of the last blocks',
    learns: learnsOf(host, 'your IP address and that you follow the network'),
    everyMs: FACTS_EVERY_MS,
  }
}

function priceEntry(source: PriceSource, config: OutsideConfig): OutgoingDescription {
  const host = hostOfUrl(priceOrigin(source, config)) ?? NO_ADDRESS
  return {
    id: `price/${source.id}`,
    host,
    purpose: `The price of bitcoin in your currency, now and at the close of each day, from ${source.name}`,
    learns: learnsOf(host, 'your IP address, your currency, and from which day on you want prices'),
    everyMs: PRICE_EVERY_MS,
  }
}

function payoutsEntry(id: PayoutSourceId, { node, payoutUrl }: OutsideConfig): OutgoingDescription {
  const host =
    id === 'electrum'
      ? electrumHostOf(payoutUrl)
      : hostOfUrl(id === 'node' ? node.url : explorerBase(payoutUrl, PUBLIC_PAYOUT_EXPLORER))
  return {
    id: `payouts/${id}`,
    host: host ?? NO_ADDRESS,
    purpose: 'Payouts to your addresses on the chain',
    learns: learnsOf(
      host ?? NO_ADDRESS,
      'your IP address together with your payout addresses, and so all that was ever paid to them',
    ),
    everyMs: PAYOUTS_EVERY_MS,
  }
}

function electrumHostOf(text: string): string | null {
  const server = parseElectrumAddress(text)
  return server.ok ? electrumHost(server.value) : null
}

function learnsOf(host: string, stranger: string): string {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  return host !== NO_ADDRESS && isOwnNetwork(name)
    ? `Nothing leaves your own network; whoever runs ${host} can see it`
    : `It learns ${stranger}`
}
