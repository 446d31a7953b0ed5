/**
 * Which way a request leaves: straight, or through the person's own proxy. With a proxy set, everything that is not on
 * the person's own network goes through it and nothing goes around it; names are then resolved by the proxy, so that no
 * name server learns them. Rigs, smart plugs and own nodes stay on the own network and never go through the proxy.
 *
 * What "own network" is, is decided by the form of the host alone, without asking a name server: a private, loopback or
 * link-local address, `localhost`, a name without a dot, or one that ends in a suffix kept for local networks. With a
 * proxy set, such a name is only connected to if it turns out to mean private addresses.
 */
import { lookup as lookupName, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { SocksProxyAgent } from 'socks-proxy-agent'
import { err, HeadframeError, ok, type Result } from '../../base/index.ts'
import { anyRangeContains, parseAddressRanges, PRIVATE_RANGE_TEXTS } from '../../net/index.ts'

/** The person's proxy. */
export interface ProxyConfig {
  /** `http://`, `https://`, `socks5://` or `socks5h://` with host and port; no name and password in it. */
  readonly url: string
  /** Null for none. */
  readonly username: string | null
  /** A secret. Null for none. */
  readonly password: string | null
}

/** Opens connections through a proxy: handed to HTTP requests, or asked for a bare stream (`connect`). */
export type ProxyAgent = SocksProxyAgent | HttpsProxyAgent<string>

/** How one connection is to be made. */
export type WayOut =
  | { readonly kind: 'straight'; readonly lookup: LookupFunction | null }
  | {
      readonly kind: 'proxy'
      /** For people: `socks5h://127.0.0.1:9050`, without credentials. */
      readonly proxy: string
      readonly agent: ProxyAgent
    }

export interface WayOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

const PROXY_SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:', 'socks5h:'])

/** Kept for networks of one's own: RFC 6762 (`local`), RFC 8375 (`home.arpa`), ICANN (`internal`), and routers' habits. */
const LOCAL_SUFFIXES = ['.local', '.localhost', '.home.arpa', '.internal', '.lan', '.home', '.fritz.box']

const privateRanges = parseAddressRanges(PRIVATE_RANGE_TEXTS)
const PRIVATE_RANGES = privateRanges.ok ? privateRanges.value : []

/** Whether an address is on the person's own network; a text that is no address is not. */
export function isPrivateAddress(address: string): boolean {
  return anyRangeContains(PRIVATE_RANGES, address)
}

/** Whether a host is on the person's own network, by its form alone. @param host name or address */
export function isOwnNetwork(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
  if (isIP(name.replace(/%.*$/, '')) !== 0) return isPrivateAddress(name)
  return name === 'localhost' || !name.includes('.') || LOCAL_SUFFIXES.some((suffix) => name.endsWith(suffix))
}

/** @returns the address as it will be used, with `socks5h` for SOCKS, or a sentence that says what is wrong */
export function checkProxyUrl(text: string): Result<string, string> {
  const wrong = `"${text}" is no address of a proxy; write for example socks5h://127.0.0.1:9050 or http://192.168.1.2:3128.`
  const url = parseUrl(text.trim())
  if (url === null || !PROXY_SCHEMES.has(url.protocol) || url.hostname === '') return err(wrong)
  if (url.username !== '' || url.password !== '') {
    return err('Enter the proxy’s user name and password in their own fields, not in its address.')
  }
  if ((url.pathname !== '' && url.pathname !== '/') || url.search !== '') return err(wrong)
  const scheme = url.protocol.startsWith('socks') ? 'socks5h:' : url.protocol
  return ok(`${scheme}//${url.host}`)
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

/** Picks the way to a host. */
export class WayFinder {
  #proxy: { readonly url: string; readonly config: ProxyConfig } | null = null

  /** @param proxy null for none. @throws HeadframeError `outside/bad-address` */
  constructor(proxy: ProxyConfig | null = null) {
    this.setProxy(proxy)
  }

  /** For requests from now on. @throws HeadframeError `outside/bad-address`; the one before then stays */
  setProxy(proxy: ProxyConfig | null): void {
    if (proxy === null) {
      this.#proxy = null
      return
    }
    const url = checkProxyUrl(proxy.url)
    if (!url.ok) throw new HeadframeError('outside/bad-address', url.error)
    this.#proxy = { url: url.value, config: proxy }
  }

  /** Whether requests to this host go through a proxy; what screens say of an entry. */
  goesThroughProxy(host: string): boolean {
    return this.#proxy !== null && !isOwnNetwork(host)
  }

  /** @param host name or address, IPv6 without brackets */
  wayTo(host: string, options: WayOptions): WayOut {
    if (this.#proxy === null) return { kind: 'straight', lookup: null }
    if (isOwnNetwork(host)) return { kind: 'straight', lookup: lookupPrivate }
    const { url, config } = this.#proxy
    return { kind: 'proxy', proxy: url, agent: agentOf(url, config, options) }
  }
}

function agentOf(address: string, config: ProxyConfig, { timeoutMs, signal }: WayOptions): ProxyAgent {
  const url = new URL(address)
  if (config.username !== null) url.username = encodeURIComponent(config.username)
  if (config.password !== null) url.password = encodeURIComponent(config.password)
  if (url.protocol === 'socks5h:') return new SocksProxyAgent(url, { timeout: timeoutMs })
  // `signal` ends the socket to a proxy that says nothing; Node takes it, the package's types do not name it.
  return new HttpsProxyAgent(url, { signal } as object)
}

/** Resolves a local name, and refuses one that leads out of the own network. */
const lookupPrivate: LookupFunction = (hostname, options, callback) => {
  lookupName(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error !== null) {
      callback(error, '')
      return
    }
    const stranger = found.find(({ address }) => !isPrivateAddress(address))
    const [first] = found
    if (stranger !== undefined || first === undefined) {
      callback(
        new HeadframeError(
          'outside/bad-address',
          `"${hostname}" looks like a name of your own network but means ${stranger?.address ?? 'no address'}, and your proxy must not be gone around. Enter the full name or the private address.`,
          { context: { host: hostname } },
        ),
        '',
      )
      return
    }
    if (options.all === true) callback(null, found)
    else callback(null, first.address, first.family)
  })
}
