/**
 * Which HTTP request may become a WebSocket. A port on the LAN is reachable by every page in every browser there, so a
 * request must name a host that is ours (DNS rebinding), must not come from a page unless that is allowed by name, and
 * may have to know a path. Cookies are never looked at. Pure.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { isSubprotocol, type Subprotocol, SUBPROTOCOLS } from './websocket-messages.ts'

export interface AdmissionRules {
  /** Origins of pages that may connect, for instance `https://farm.example`; none unless given. */
  readonly allowedOrigins: readonly string[]
  /** Names by which we are reached, beside numeric addresses and `localhost`. */
  readonly allowedHosts: readonly string[]
  /** The path must be `/` and this; null for any path. */
  readonly pathToken: string | null
}

/** Header fields of the request, undefined where missing. */
export interface UpgradeRequest {
  /** As in the request line, with its query. */
  readonly path: string
  readonly host: string | undefined
  readonly origin: string | undefined
  /** `Sec-WebSocket-Protocol`. */
  readonly subprotocols: string | undefined
}

export type Admission =
  | { readonly kind: 'admitted'; readonly subprotocol: Subprotocol }
  | { readonly kind: 'refused'; readonly status: 400 | 403 | 404 | 421; readonly message: string }

export function judgeUpgrade(rules: AdmissionRules, request: UpgradeRequest): Admission {
  const name = hostName(request.host)
  if (name === undefined) return refused(400, 'The request names no host.')
  if (!isOurs(name, rules.allowedHosts)) {
    return refused(421, `"${name}" is not a name of this machine here: connect by its address.`)
  }
  if (request.origin !== undefined && !rules.allowedOrigins.includes(request.origin.toLowerCase())) {
    return refused(403, 'Web pages may not connect here.')
  }
  if (rules.pathToken !== null && !equal(pathOf(request.path), `/${rules.pathToken}`)) {
    return refused(404, 'There is nothing at this path: use the one that the settings show.')
  }
  const subprotocol = chooseSubprotocol((request.subprotocols ?? '').split(',').map((each) => each.trim()))
  return subprotocol === undefined
    ? refused(400, `Ask for a subprotocol: ${SUBPROTOCOLS.join(' or ')}, in Sec-WebSocket-Protocol.`)
    : { kind: 'admitted', subprotocol }
}

/** The first that we speak of those a peer offers, in its order. */
export function chooseSubprotocol(offered: Iterable<string>): Subprotocol | undefined {
  for (const each of offered) if (isSubprotocol(each)) return each
  return undefined
}

/** An address cannot be rebound; a name can. */
function isOurs(name: string, allowedHosts: readonly string[]): boolean {
  return isIP(name) !== 0 || name === 'localhost' || allowedHosts.includes(name)
}

/** Name or address of a Host header in lower case, without port and brackets. */
function hostName(host: string | undefined): string | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d+)?$/.exec(host?.toLowerCase() ?? '')
  return match?.[1] ?? match?.[2]
}

function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query < 0 ? target : target.slice(0, query)
}

/** Takes the same time whatever is wrong. */
function equal(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

function refused(status: 400 | 403 | 404 | 421, message: string): Admission {
  return { kind: 'refused', status, message }
}
