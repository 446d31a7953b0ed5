/**
 * Who may talk to the dashboard. A port on loopback is reachable by every page in every browser of this
 * machine, so each request must name a host that is ours (DNS rebinding), come from our own origin
 * (cross-site requests) and carry the token. Pure.
 */
import { timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'

export interface RequestFacts {
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  readonly token: string | null
}

export type GuardVerdict =
  | { readonly kind: 'allowed'; readonly by: 'header' | 'cookie' | 'query' }
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 421; readonly message: string }

/** Ports are per cookie jar, not per cookie: two instances on one host must not share a name. */
export const cookieName = (port: number): string => `headframe-${port}`

export class Guard {
  readonly #token: Buffer
  readonly #boundHost: string
  readonly #port: number

  /** @param boundHost what the listener was told: an address or a name */
  constructor(token: string, boundHost: string, port: number) {
    this.#token = Buffer.from(token)
    this.#boundHost = boundHost
    this.#port = port
  }

  /** Host and origin alone: for what needs no token. */
  checkPlace({ host, origin }: Pick<RequestFacts, 'host' | 'origin'>): GuardVerdict | null {
    const name = hostName(host)
    if (name === undefined || !this.#isOurs(name)) {
      return refused(
        421,
        `This is not a name of this dashboard: open it by its address, for instance http://127.0.0.1:${this.#port}.`,
      )
    }
    if (origin !== undefined && origin.toLowerCase() !== `http://${host?.toLowerCase()}`) {
      return refused(403, 'Requests from other sites are not answered.')
    }
    return null
  }

  check(facts: RequestFacts): GuardVerdict {
    const place = this.checkPlace(facts)
    if (place) return place
    const bearer = /^Bearer (.+)$/i.exec(facts.authorization ?? '')?.[1]
    if (bearer !== undefined) {
      return this.#matches(bearer)
        ? allowed('header')
        : refused(
            401,
            'The token is wrong: use the one of the ready line, or of the file api-token in the data directory.',
          )
    }
    if (facts.token !== null && this.#matches(facts.token)) return allowed('query')
    const name = cookieName(this.#port)
    const cookie = (facts.cookie ?? '')
      .split(/;\s*/)
      .find((part) => part.startsWith(`${name}=`))
      ?.slice(name.length + 1)
    if (cookie !== undefined && this.#matches(cookie)) return allowed('cookie')
    return refused(
      401,
      'A token is needed: open the link that Headframe printed when it started, or send "Authorization: Bearer TOKEN".',
    )
  }

  #matches(text: string): boolean {
    const given = Buffer.from(text)
    return given.length === this.#token.length && timingSafeEqual(given, this.#token)
  }

  #isOurs(name: string): boolean {
    if (name === 'localhost' || name === this.#boundHost) return true
    // An address cannot be rebound; a name can.
    return isIP(name) !== 0
  }
}

const allowed = (by: 'header' | 'cookie' | 'query'): GuardVerdict => ({ kind: 'allowed', by })

const refused = (status: 401 | 403 | 421, message: string): GuardVerdict => ({
  kind: 'refused',
  status,
  message,
})

/** Name or address of a Host header, without port and brackets. */
function hostName(host: string | undefined): string | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(host ?? '')
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}
