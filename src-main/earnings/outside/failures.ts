/** What goes wrong between us and whoever is asked outside, in sentences: what is wrong and what to do. */
import { errorText, HeadframeError, systemErrorCode } from '../../base/index.ts'

/** Every code that asking outside can end with. */
export const OUTSIDE_ERROR_CODES = [
  /** Nobody chose this request, or it goes to another host than the register says. Nothing was sent. */
  'outside/not-chosen',
  /** The address is none, or of a kind that is not asked. Nothing was sent. */
  'outside/bad-address',
  /** No way, refused connection, silence, broken TLS. */
  'outside/unreachable',
  /** No address is known for the name. */
  'outside/no-name',
  /** The person's proxy is down or lets us not through. Nothing went around it. */
  'outside/proxy-down',
  /** The proxy wants another user name or password. */
  'outside/proxy-refused',
  /** 401 or 403: the key or password is wrong or lacks a right. */
  'outside/refused',
  /** 429: asked too often. The context's `retryAfterMs` says when again; null if it did not say. */
  'outside/rate-limited',
  /** 404: there is no such thing there. */
  'outside/not-found',
  /** Sent elsewhere, to another host. Not followed. */
  'outside/redirected',
  /** Any other status that is no success, or an error that the answer itself reports. */
  'outside/failed',
  /** The answer is not in the expected form; the context's `field` names the part. */
  'outside/changed',
  /** The answer is longer than it may be. */
  'outside/too-large',
  /** Who was asked has not caught up with the chain itself. */
  'outside/behind',
  /** The chosen source does not know the currency. Nothing was sent. */
  'outside/no-currency',
  /** The node's cookie file cannot be read. */
  'outside/no-cookie',
  /** We stopped. */
  'outside/given-up',
] as const

export type OutsideErrorCode = (typeof OUTSIDE_ERROR_CODES)[number]

/** Whom a failure speaks of. */
export interface AskedOutside {
  /** Id of the entry in the register. */
  readonly entry: string
  /** `host` or `host:port`, as people know it. */
  readonly host: string
}

type Context = Record<string, string | number | boolean | null>

function failure(
  code: OutsideErrorCode,
  of: AskedOutside,
  message: string,
  context: Context = {},
  cause?: unknown,
): HeadframeError {
  return new HeadframeError(code, message, {
    context: { entry: of.entry, host: of.host, ...context },
    ...(cause === undefined ? {} : { cause }),
  })
}

export const notChosen = (of: AskedOutside): HeadframeError =>
  failure(
    'outside/not-chosen',
    of,
    `Nobody chose that ${of.host} may be asked, so nothing was sent. Choose it in the settings of earnings if you want it.`,
  )

export const badAddress = (of: AskedOutside, why: string): HeadframeError =>
  failure('outside/bad-address', of, `${why} Correct the address in the settings of earnings.`)

export const timedOut = (of: AskedOutside, timeoutMs: number): HeadframeError =>
  failure(
    'outside/unreachable',
    of,
    `${of.host} gave no complete answer within ${String(timeoutMs / 1000)} s. It is tried again later; check this machine's network if it stays so.`,
    { timeoutMs },
  )

export const givenUp = (of: AskedOutside): HeadframeError =>
  failure('outside/given-up', of, `The request to ${of.host} was given up.`)

export const tooLarge = (of: AskedOutside, limitBytes: number): HeadframeError =>
  failure(
    'outside/too-large',
    of,
    `${of.host} answered with more than ${String(Math.round(limitBytes / 1024))} KiB, which this request never needs. Check the address.`,
    { limitBytes },
  )

/** @param field path of the part, as `result.height`; @param found what is wrong with it, as "is no whole number" */
export const changed = (of: AskedOutside, field: string, found: string, cause?: unknown): HeadframeError =>
  failure(
    'outside/changed',
    of,
    `${of.host} answered in another form than it is known for: ${field} ${found}. Its interface may have changed: look for a newer Headframe, and choose another source until then.`,
    { field },
    cause,
  )

export const redirected = (of: AskedOutside, to: string): HeadframeError =>
  failure(
    'outside/redirected',
    of,
    `${of.host} wants to send us on to ${to}, which nobody chose, so it was not followed. Enter that address yourself if you trust it.`,
    { to },
  )

export const proxyDown = (of: AskedOutside, proxy: string, why: string, cause?: unknown): HeadframeError =>
  failure(
    'outside/proxy-down',
    of,
    `Your proxy ${proxy} did not let us reach ${of.host}: ${why}. Start the proxy or correct its address; nothing goes around it.`,
    { proxy },
    cause,
  )

/** The proxy works but has no way to the destination. @param said the proxy's words */
export const unreachableByProxy = (
  of: AskedOutside,
  proxy: string,
  said: string,
  cause?: unknown,
): HeadframeError =>
  failure(
    'outside/unreachable',
    of,
    `Your proxy ${proxy} could not reach ${of.host} (${said}). It is tried again later; check the address if it stays so.`,
    { proxy },
    cause,
  )

export const proxyRefused = (of: AskedOutside, proxy: string, cause?: unknown): HeadframeError =>
  failure(
    'outside/proxy-refused',
    of,
    `Your proxy ${proxy} refused our user name and password. Correct them in the settings.`,
    { proxy },
    cause,
  )

/** An error that an answer reports in its own words. @param said those words; @param rpcCode JSON-RPC's, if it has one */
export const reported = (of: AskedOutside, said: string, rpcCode: number | null = null): HeadframeError =>
  failure(
    'outside/failed',
    of,
    `${of.host} says: "${shorten(said)}". Check what was asked of it, or try again later.`,
    { rpcCode },
  )

/** @param others names of sources that know it */
export const noCurrency = (
  of: AskedOutside,
  name: string,
  currency: string,
  others: string,
): HeadframeError =>
  failure(
    'outside/no-currency',
    of,
    `${name} has no price of bitcoin in ${currency}. ${others === '' ? 'Choose another currency.' : `Choose another source (${others}) or another currency.`}`,
    { currency },
  )

/** @param what it is behind with, as a sentence */
export const behind = (of: AskedOutside, what: string): HeadframeError =>
  failure('outside/behind', of, `${what} Wait until it has caught up; the last known values stay until then.`)

/** @param found the fingerprint that the certificate has */
export const wrongFingerprint = (of: AskedOutside, found: string): HeadframeError =>
  failure(
    'outside/unreachable',
    of,
    `${of.host} showed another certificate than the one that is pinned; its fingerprint is ${found}. If its owner renewed it, pin the new one; otherwise somebody else answers there.`,
    { found },
  )

export const cookieUnreadable = (of: AskedOutside, path: string, cause: unknown): HeadframeError =>
  failure(
    'outside/no-cookie',
    of,
    `The cookie file ${path} of your node cannot be read. The node writes it when it starts and removes it when it stops: check that it runs, the path, and that this program may read it.`,
    { path },
    cause,
  )

export const rateLimited = (of: AskedOutside, retryAfterMs: number | null): HeadframeError =>
  failure(
    'outside/rate-limited',
    of,
    `${of.host} says it was asked too often. It is asked again ${
      retryAfterMs === null ? 'later' : `in ${String(Math.ceil(retryAfterMs / 1000))} s`
    }; other programs at your address count too.`,
    { retryAfterMs },
  )

export const refused = (of: AskedOutside, status: number | null, said = ''): HeadframeError =>
  failure(
    'outside/refused',
    of,
    `${of.host} refused the request${status === null ? '' : ` (HTTP ${String(status)})`}: the key, user name or password is wrong or lacks a right, or it does not serve your region. Check them there and enter them again.${quoted(said)}`,
    { status },
  )

export const notFound = (of: AskedOutside, said = ''): HeadframeError =>
  failure(
    'outside/not-found',
    of,
    `${of.host} knows nothing of what was asked (HTTP 404). Check the address and the account.${quoted(said)}`,
    { status: 404 },
  )

/** The failure that a status means. @param said how the body begins */
export function failureOfStatus(
  of: AskedOutside,
  status: number,
  said: string,
  retryAfterMs: number | null,
): HeadframeError {
  if (status === 401 || status === 403) return refused(of, status, said)
  if (status === 404) return notFound(of, said)
  if (status === 429) return rateLimited(of, retryAfterMs)
  return failure(
    'outside/failed',
    of,
    `${of.host} answered with HTTP ${String(status)}. ${status >= 500 ? 'It has trouble of its own; it is tried again later.' : 'Check the address and the settings.'}${quoted(said)}`,
    { status, retryAfterMs },
  )
}

/** Turns whatever a socket or the HTTP machinery reports into one of our failures. */
export function explainSocketError(of: AskedOutside, thrown: unknown): HeadframeError {
  if (thrown instanceof HeadframeError) return thrown
  const cause = firstOf(thrown)
  const code = systemErrorCode(cause) ?? ''
  const unreachable = (sentence: string): HeadframeError =>
    failure('outside/unreachable', of, sentence, { systemCode: code }, thrown)
  switch (code) {
    case 'ENOTFOUND':
    case 'ENODATA':
    case 'EAI_AGAIN':
    case 'ESERVFAIL':
      return failure(
        'outside/no-name',
        of,
        `No address was found for the name of ${of.host}. Check its spelling and this machine's network and name server.`,
        { systemCode: code },
        thrown,
      )
    case 'ECONNREFUSED':
      return unreachable(`${of.host} refused the connection: nothing listens there. Check its port.`)
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
      return unreachable(`There is no way from this machine to ${of.host}. Check this machine's network.`)
    case 'ECONNRESET':
    case 'EPIPE':
      return unreachable(
        `${of.host} broke the connection off before its answer was complete. It is tried again later; check whether it wants http:// or https://.`,
      )
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return unreachable(
        `The certificate of ${of.host} is not valid at this time. Check this machine's clock; if it is right, the owner of ${of.host} must renew it.`,
      )
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return unreachable(`The certificate of ${of.host} is made out for another name. Check the address.`)
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return unreachable(
        `The certificate of ${of.host} is not signed by an authority this machine trusts. If it is your own server, add its certificate in the settings.`,
      )
  }
  if (code.startsWith('HPE_') || code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return unreachable(
      `${of.host} does not speak the protocol that was expected. Check its port, and whether it wants http:// or https://.`,
    )
  }
  return unreachable(`${of.host} could not be asked: ${errorText(cause)}. Check the address and the network.`)
}

function quoted(said: string): string {
  const text = shorten(said)
  return text === '' || text.startsWith('<') ? '' : ` It says: "${text}".`
}

const LONGEST_QUOTE = 160

function shorten(said: string): string {
  const text = said.replaceAll(/\s+/g, ' ').trim()
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text
}

/** Node tries several addresses of a name and reports all failures; the first tells the story. */
function firstOf(thrown: unknown): unknown {
  if (!(thrown instanceof AggregateError)) return thrown
  const errors: readonly unknown[] = thrown.errors
  return errors[0] ?? thrown
}
