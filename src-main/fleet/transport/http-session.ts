/**
 * What stands between a family's request and HTTP itself: the login, and the one redirect that is followed (to https of the
 * same host). Credentials that were refused are never sent a second time: rigs lock out.
 */
import { type Clock, type Entropy, toHex } from '../../base/index.ts'
import {
  basicAuthorization,
  digestAuthorization,
  type DigestChallenge,
  findDigestChallenge,
} from './digest-auth.ts'
import { httpCall, type HttpCall } from './http.ts'
import { type AskedOf, badReply, wrongPassword } from './link-errors.ts'
import { type HttpReply, type HttpRequest, type RigAddress, type RigCredentials } from './rig-link.ts'

export interface HttpContext {
  readonly address: RigAddress
  readonly credentials: RigCredentials | null
  readonly clock: Clock
  readonly entropy: Entropy
  readonly signal?: AbortSignal | undefined
  readonly limitBytes: number
  /** Of this link: what the rig accepted before. */
  readonly digest: DigestMemory
}

/**
 * A challenge that was answered to the rig's liking is answered again with the next request, as browsers do: half the
 * requests. A rig that wants a new one each time is asked for it each time after the first that it refused.
 */
export class DigestMemory {
  #accepted: { readonly challenge: DigestChallenge; readonly port: number; count: number } | null = null
  #wantsNew = false

  /** @returns the challenge with how often it was answered, this time included; null if there is none */
  next(port: number): { readonly challenge: DigestChallenge; readonly nonceCount: number } | null {
    const accepted = this.#accepted
    if (accepted?.port !== port) return null
    return { challenge: accepted.challenge, nonceCount: ++accepted.count }
  }

  onAccepted(challenge: DigestChallenge, port: number): void {
    if (!this.#wantsNew) this.#accepted = { challenge, port, count: 1 }
  }

  onRefused(): void {
    this.#accepted = null
    this.#wantsNew = true
  }
}

interface Place {
  readonly tls: boolean
  readonly port: number
  readonly path: string
}

const DEFAULT_PORT = 80
const DEFAULT_HTTPS_PORT = 443
const DEFAULT_TIMEOUT_MS = 5_000

/** What a request asks for, without query, where keys may be. */
export function httpLabel({ method = 'GET', path }: HttpRequest): string {
  return `${method} ${path.split('?', 1)[0] ?? ''}`
}

/** @throws HeadframeError `rig/…`; any other status than a refused login is a reply */
export async function httpRequest(context: HttpContext, request: HttpRequest): Promise<HttpReply> {
  const { address, clock } = context
  const { port = DEFAULT_PORT, path, timeoutMs = DEFAULT_TIMEOUT_MS } = request
  const untilMs = clock.monotonicMs() + timeoutMs
  const place: Place = {
    tls: port === DEFAULT_HTTPS_PORT && address.port === null,
    port: address.port ?? port,
    path,
  }
  const reply = await withLogin(context, request, place, untilMs)
  const secure = request.showRedirect === true ? null : secureRedirect(context.address, place, reply)
  return secure === null ? reply : withLogin(context, request, secure, untilMs)
}

/** Sends; answers a challenge once, or the one that was accepted before and a new one after it. */
async function withLogin(
  context: HttpContext,
  request: HttpRequest,
  place: Place,
  untilMs: number,
): Promise<HttpReply> {
  const { auth = 'none' } = request
  const { credentials, entropy } = context
  const of: AskedOf = { host: context.address.host, port: place.port, asked: httpLabel(request) }
  const send = (authorization: string | null): Promise<HttpReply> =>
    httpCall(callOf(context, request, place, untilMs, authorization))
  if (credentials === null || auth === 'none') return send(null)
  if (auth === 'basic') {
    const reply = await send(basicAuthorization(credentials))
    if (reply.status === 401) throw wrongPassword(of)
    return reply
  }
  const answer = (challenge: DigestChallenge, nonceCount: number): Promise<HttpReply> => {
    const { method = 'GET' } = request
    const cnonce = toHex(entropy(16))
    return send(digestAuthorization({ challenge, credentials, method, uri: place.path, cnonce, nonceCount }))
  }
  const known = context.digest.next(place.port)
  const first = known === null ? await send(null) : await answer(known.challenge, known.nonceCount)
  if (first.status !== 401) return first
  const challenge = findDigestChallenge(first.headers['www-authenticate'] ?? '')
  if (challenge === null) throw badReply(of, 'with a kind of login that is not known of this firmware')
  if (known !== null) {
    context.digest.onRefused()
    // It is not the challenge that was too old.
    if (challenge.nonce === known.challenge.nonce) throw wrongPassword(of)
  }
  const reply = await answer(challenge, 1)
  if (reply.status === 401) throw wrongPassword(of)
  context.digest.onAccepted(challenge, place.port)
  return reply
}

function callOf(
  { address, clock, signal, limitBytes }: HttpContext,
  request: HttpRequest,
  { tls, port, path }: Place,
  untilMs: number,
  authorization: string | null,
): HttpCall {
  const { method = 'GET', headers, body, json } = request
  const text = json === undefined ? body : JSON.stringify(json)
  return {
    host: address.host,
    port,
    asked: httpLabel(request),
    clock,
    signal,
    tls,
    method,
    path,
    headers: {
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...lowerNames(headers),
      ...(authorization === null ? {} : { authorization }),
    },
    body: text === undefined ? null : new TextEncoder().encode(text),
    timeoutMs: Math.max(1, untilMs - clock.monotonicMs()),
    limitBytes,
  }
}

function lowerNames(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** Where a reply sends us over TLS on the same host; null if it does not, or if we are there already. */
function secureRedirect(address: RigAddress, { tls, path }: Place, reply: HttpReply): Place | null {
  const { location } = reply.headers
  if (tls || location === undefined || ![301, 302, 303, 307, 308].includes(reply.status)) return null
  const target = URL.parse(location)
  if (target?.protocol !== 'https:') return null
  const host = target.hostname.replaceAll(/[[\]]/g, '').toLowerCase()
  if (host !== address.host.toLowerCase()) return null
  // A redirect to the front page of the secure site means the site, not the page: what was asked for is asked there.
  const asked = target.pathname === '/' && target.search === '' ? path : target.pathname + target.search
  return {
    tls: true,
    port: address.port ?? (target.port === '' ? DEFAULT_HTTPS_PORT : Number(target.port)),
    path: asked,
  }
}
