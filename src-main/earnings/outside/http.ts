/**
 * The one way that HTTP leaves for earnings: facts, prices, payouts, pool accounts, smart plugs. Every request names an
 * entry of the register (`register.ts`) that a person has chosen; without it nothing is sent. Not a browser: no cookies,
 * no caches, no compression, one connection a request, and redirects only within the same host.
 *
 *     const client = new OutsideClient({ register, clock, proxy: null })
 *     const height = await client.json(
 *       { entry: 'facts/mempool', url: 'https://mempool.space/api/blocks/tip/height' },
 *       (answer) => answer.count(),
 *     )
 *
 * `json` refuses any status but 2xx with a code of `failures.ts`, parses, hands the `Answer` to the parser, and notes in
 * the register how all of it ended, a changed form included. `reply` gives whatever was answered, with status and
 * headers, for what is not JSON or answers on purpose with a status (a smart plug's digest login).
 */
import { request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestTls } from 'node:https'
import { getCACertificates } from 'node:tls'
import { type Clock, errorText, type HeadframeError, joinBytes } from '../../base/index.ts'
import { type Answer, parseAnswer } from './answer.ts'
import {
  type AskedOutside,
  badAddress,
  changed,
  explainSocketError,
  failureOfStatus,
  givenUp,
  notChosen,
  proxyDown,
  proxyRefused,
  redirected,
  timedOut,
  tooLarge,
  unreachableByProxy,
} from './failures.ts'
import { type OutgoingRegister } from './register.ts'
import { type ProxyConfig, WayFinder } from './way-out.ts'

export interface OutsideCall {
  /** Id of the entry in the register. Its host must be the URL's `host`. */
  readonly entry: string
  /** `http://` or `https://`, without name and password in it. */
  readonly url: string
  /** GET unless given, or POST if there is a body. */
  readonly method?: 'GET' | 'POST'
  /** Lower case names. Secrets belong here (`authorization`), not in the URL. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is; set `content-type` with it. */
  readonly body?: string
  /** For all of one exchange, name to last byte. 15 s unless given. */
  readonly timeoutMs?: number
  /** Longest answer. 2 MiB unless given. */
  readonly limitBytes?: number
  /** Further certificates to trust, PEM: for one's own servers. */
  readonly trustedCertificates?: readonly string[]
  readonly signal?: AbortSignal
}

export interface OutsideReply {
  readonly status: number
  /** Lower case names; several of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export interface OutsideClientOptions {
  readonly register: OutgoingRegister
  readonly clock: Clock
  /** Null for none. */
  readonly proxy?: ProxyConfig | null
}

const DEFAULT_TIMEOUT_MS = 15_000
const DEFAULT_LIMIT_BYTES = 2 * 1024 * 1024
const MAX_REDIRECTS = 3
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export class OutsideClient {
  readonly register: OutgoingRegister
  readonly clock: Clock
  /** The way out that links which are not HTTP use too. */
  readonly ways: WayFinder
  readonly #stop = new AbortController()

  /** @throws HeadframeError `outside/bad-address` for a proxy address that is none */
  constructor({ register, clock, proxy = null }: OutsideClientOptions) {
    this.register = register
    this.clock = clock
    this.ways = new WayFinder(proxy)
  }

  /** For requests from now on. @throws HeadframeError `outside/bad-address` */
  setProxy(proxy: ProxyConfig | null): void {
    this.ways.setProxy(proxy)
  }

  /** Ends every request under way; none can be made afterwards. */
  stop(): void {
    this.#stop.abort()
  }

  /** Aborted by `stop`. */
  get stopped(): AbortSignal {
    return this.#stop.signal
  }

  /**
   * Asks, and gives what `parse` makes of the answer.
   * @throws HeadframeError with a code of `OUTSIDE_ERROR_CODES`
   */
  async json<T>(call: OutsideCall, parse: (answer: Answer, of: AskedOutside) => T): Promise<T> {
    return this.#run(call, async (url, of) => {
      const reply = await this.#follow(call, url, of)
      if (reply.status < 200 || reply.status > 299) {
        throw failureOfStatus(of, reply.status, reply.text.slice(0, 1024), this.#retryAfterMs(reply))
      }
      return parse(parseAnswer(of, reply.text), of)
    })
  }

  /**
   * Asks, and gives what was answered, whatever its status.
   * @throws HeadframeError with a code of `OUTSIDE_ERROR_CODES`, never one that only a status or a form means
   */
  async reply(call: OutsideCall): Promise<OutsideReply> {
    return this.#run(call, (url, of) => this.#follow(call, url, of))
  }

  /**
   * Like `json`, for servers that say in the body what a status means (JSON-RPC): `parse` is given the status as well and
   * every body that is JSON. Without JSON the status counts.
   */
  async jsonOfAnyStatus<T>(
    call: OutsideCall,
    parse: (answer: Answer, of: AskedOutside, status: number) => T,
  ): Promise<T> {
    return this.#run(call, async (url, of) => {
      const reply = await this.#follow(call, url, of)
      const success = reply.status >= 200 && reply.status <= 299
      if (!success && !/^\s*[[{]/.test(reply.text)) {
        throw failureOfStatus(of, reply.status, reply.text.slice(0, 1024), this.#retryAfterMs(reply))
      }
      return parse(parseAnswer(of, reply.text), of, reply.status)
    })
  }

  async #run<T>(call: OutsideCall, run: (url: URL, of: AskedOutside) => Promise<T>): Promise<T> {
    const url = checkUrl(call)
    return this.register.run(call.entry, url.host, (of) => run(url, of))
  }

  async #follow(call: OutsideCall, first: URL, of: AskedOutside): Promise<OutsideReply> {
    let url = first
    for (let redirects = 0; ; redirects++) {
      const reply = await this.#exchange(call, url, of)
      const { location } = reply.headers
      if (!REDIRECTS.has(reply.status) || location === undefined) return reply
      const next = URL.canParse(location, url.href) ? new URL(location, url.href) : null
      const downgraded = url.protocol === 'https:' && next?.protocol !== 'https:'
      const repeatable = (call.method ?? 'GET') === 'GET' && call.body === undefined
      if (
        next === null ||
        next.host !== first.host ||
        downgraded ||
        !repeatable ||
        redirects === MAX_REDIRECTS
      ) {
        throw redirected(of, next === null ? location : `${next.protocol}//${next.host}`)
      }
      // Unchosen meanwhile: the next request is one too many.
      if (!this.register.isChosen(call.entry)) throw notChosen(of)
      url = next
    }
  }

  #exchange(call: OutsideCall, url: URL, of: AskedOutside): Promise<OutsideReply> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, limitBytes = DEFAULT_LIMIT_BYTES } = call
    const ended = new AbortController()
    const given =
      call.signal === undefined ? this.#stop.signal : AbortSignal.any([this.#stop.signal, call.signal])
    if (given.aborted) return Promise.reject(givenUp(of))
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const way = this.ways.wayTo(host, { timeoutMs, signal: ended.signal })
    if (way.kind === 'straight' && /\.onion$/i.test(host)) {
      return Promise.reject(
        badAddress(
          of,
          `${of.host} can only be reached through Tor: set its SOCKS proxy (socks5h://127.0.0.1:9050).`,
        ),
      )
    }
    return new Promise((resolve, reject) => {
      let settled = false
      let proxyAnswered = way.kind === 'straight'
      const settle = (finish: () => void): void => {
        if (settled) return
        settled = true
        timer.cancel()
        given.removeEventListener('abort', onAbort)
        finish()
        ended.abort()
        request.destroy()
      }
      const fail = (error: unknown): void => settle(() => reject(error))
      const onAbort = (): void => fail(givenUp(of))
      const timer = this.clock.after(timeoutMs, () =>
        fail(
          proxyAnswered || way.kind === 'straight'
            ? timedOut(of, timeoutMs)
            : proxyDown(of, way.proxy, `no answer within ${String(timeoutMs / 1000)} s`),
        ),
      )
      const request = this.#open(call, url, host, way)
      given.addEventListener('abort', onAbort, { once: true })
      // An error that follows the end has nowhere to go, but must be heard.
      request.on('error', (error: unknown) => {
        fail(
          way.kind === 'proxy' && !proxyAnswered
            ? explainProxyError(of, way.proxy, error)
            : explainSocketError(of, error),
        )
      })
      request.on('proxyConnect', (connect: { readonly statusCode: number; readonly statusText: string }) => {
        proxyAnswered = connect.statusCode === 200
        if (proxyAnswered || way.kind === 'straight') return
        fail(explainProxyStatus(of, way.proxy, connect.statusCode, connect.statusText))
      })
      request.on('proxy', () => (proxyAnswered = true))
      request.on('response', (response: IncomingMessage) => {
        this.#receive(response, of, limitBytes, (reply) => settle(() => resolve(reply)), fail)
      })
      request.end(call.body)
    })
  }

  #open(call: OutsideCall, url: URL, host: string, way: ReturnType<WayFinder['wayTo']>): ClientRequest {
    const secure = url.protocol === 'https:'
    const body = call.body === undefined ? null : Buffer.from(call.body)
    const trusted = call.trustedCertificates ?? []
    return (secure ? requestTls : requestPlain)({
      protocol: url.protocol,
      host,
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      path: `${url.pathname}${url.search}`,
      method: call.method ?? (body === null ? 'GET' : 'POST'),
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        // Some sources refuse requests without one. No version: it is nobody's business.
        'user-agent': 'Headframe',
        ...(body === null ? {} : { 'content-length': String(body.length) }),
        ...call.headers,
      },
      agent: way.kind === 'proxy' ? way.agent : false,
      ...(way.kind === 'straight' && way.lookup !== null ? { lookup: way.lookup } : {}),
      ...(secure ? { minVersion: 'TLSv1.2' as const } : {}),
      ...(secure && trusted.length > 0 ? { ca: [...getCACertificates('default'), ...trusted] } : {}),
    })
  }

  #receive(
    response: IncomingMessage,
    of: AskedOutside,
    limitBytes: number,
    done: (reply: OutsideReply) => void,
    fail: (error: unknown) => void,
  ): void {
    const pieces: Uint8Array[] = []
    let received = 0
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(response.headers)) {
      if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ')
    }
    response.on('error', (error: unknown) => fail(explainSocketError(of, error)))
    response.on('data', (piece: Uint8Array) => {
      received += piece.length
      if (received > limitBytes) fail(tooLarge(of, limitBytes))
      else pieces.push(piece)
    })
    response.on('end', () => {
      const encoding = headers['content-encoding'] ?? 'identity'
      if (!response.complete) fail(explainSocketError(of, { code: 'ECONNRESET' }))
      else if (encoding !== 'identity') fail(changed(of, 'the answer', `is compressed (${encoding})`))
      else
        done({ status: response.statusCode ?? 0, headers, text: new TextDecoder().decode(joinBytes(pieces)) })
    })
  }

  /** Seconds or a date (RFC 9110, 10.2.3); null if it is neither. */
  #retryAfterMs({ headers }: OutsideReply): number | null {
    const text = headers['retry-after']?.trim()
    if (text === undefined) return null
    if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
    const atMs = Date.parse(text)
    return Number.isNaN(atMs) ? null : Math.max(0, atMs - this.clock.nowMs())
  }
}

/** The `host` or `host:port` by which the register knows a URL; null if it is none that can be asked. */
export function hostOfUrl(url: string): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : null
  return parsed === null || !/^https?:$/.test(parsed.protocol) ? null : parsed.host
}

function checkUrl({ entry, url }: OutsideCall): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw badAddress({ entry, host: url }, `"${url}" is no address that begins with http:// or https://.`)
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw badAddress(
      { entry, host: parsed.host },
      `The address of ${parsed.host} holds a user name or password, which belong in their own fields.`,
    )
  }
  return parsed
}

/** @param thrown by the socket to the proxy, or by what is spoken with it */
export function explainProxyError(of: AskedOutside, proxy: string, thrown: unknown): HeadframeError {
  const text = errorText(thrown)
  // `socks` tells what happened in words alone.
  if (/authentication failed/i.test(text)) return proxyRefused(of, proxy, thrown)
  const rejected = /proxy rejected connection - (\w+)/i.exec(text)?.[1]
  if (rejected !== undefined && SOCKS_NO_WAY.has(rejected)) {
    return unreachableByProxy(of, proxy, rejected, thrown)
  }
  return proxyDown(of, proxy, rejected ?? text, thrown)
}

/** What a SOCKS proxy that works says of a destination it cannot reach (RFC 1928, 6), as `socks` spells it. */
const SOCKS_NO_WAY: ReadonlySet<string> = new Set([
  'Failure',
  'NetworkUnreachable',
  'HostUnreachable',
  'ConnectionRefused',
  'TTLExpired',
])

/** What an HTTP proxy that works says of a destination it cannot reach (RFC 9110, 15.6). */
const HTTP_NO_WAY: ReadonlySet<number> = new Set([500, 502, 503, 504])

/** @param status of an answer to CONNECT that is not 200 */
export function explainProxyStatus(
  of: AskedOutside,
  proxy: string,
  status: number,
  text: string,
): HeadframeError {
  const said = `${String(status)} ${text}`.trim()
  if (status === 407) return proxyRefused(of, proxy)
  return HTTP_NO_WAY.has(status)
    ? unreachableByProxy(of, proxy, said)
    : proxyDown(of, proxy, `it answered ${said}`)
}
