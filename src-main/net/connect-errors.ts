/** What a failed connection attempt means in plain sentences: what is wrong and what to do. */
import { errorText, HeadframeError, systemErrorCode } from '../base/index.ts'
import { formatHostPort } from './host-port.ts'

/** What was under way when an attempt failed. */
export type ConnectStage =
  'looking up the name' | 'connecting' | 'the TLS handshake' | 'the WebSocket handshake'

export interface ConnectPlace {
  readonly host: string
  readonly port: number
}

/** @param timeoutMs how long was waited */
export function timedOut(place: ConnectPlace, stage: ConnectStage, timeoutMs: number): HeadframeError {
  const seconds = String(timeoutMs / 1000)
  return new HeadframeError(
    'connect/timed-out',
    `${formatHostPort(place)} did not answer within ${seconds} s (${stage}). Check the address and port, and that no firewall is in between.`,
    { context: { ...place, stage, timeoutMs } },
  )
}

export function aborted(place: ConnectPlace): HeadframeError {
  return new HeadframeError('connect/aborted', `The connection to ${formatHostPort(place)} was given up.`, {
    context: { ...place },
  })
}

/** @param found the fingerprint that the peer's certificate has */
export function wrongFingerprint(place: ConnectPlace, found: string): HeadframeError {
  return new HeadframeError(
    'tls/wrong-fingerprint',
    `${formatHostPort(place)} showed another certificate than the one that is pinned; its fingerprint is ${found}. If its owner renewed it, pin the new one; otherwise somebody else answers there.`,
    { context: { ...place, found } },
  )
}

/** A server answered the request for a WebSocket with something else. @param text how its answer begins */
export function upgradeAnswered(
  place: ConnectPlace,
  {
    statusCode = 0,
    statusMessage = '',
  }: { readonly statusCode?: number | undefined; readonly statusMessage?: string | undefined },
  text: string,
): HeadframeError {
  const target = formatHostPort(place)
  const said = text.replaceAll(/\s+/g, ' ').trim()
  const quoted = said === '' || said.startsWith('<') ? '' : ` It says: "${said}".`
  return new HeadframeError(
    'websocket/http-status',
    `${target} answered with HTTP ${`${String(statusCode)} ${statusMessage}`.trim()} instead of opening a WebSocket. Check the path and the pool's instructions.${quoted}`,
    { context: { ...place, statusCode, answer: said } },
  )
}

/** Why a socket did not become a WebSocket. @param failure what `ws` reports */
export function explainUpgradeError(
  place: ConnectPlace,
  subprotocol: string,
  failure: unknown,
): HeadframeError {
  const target = formatHostPort(place)
  const code = systemErrorCode(failure) ?? ''
  const text = errorText(failure)
  const details = { context: { ...place, systemCode: code }, cause: failure }
  // `ws` gives these errors no code.
  if (/subprotocol/i.test(text)) {
    return new HeadframeError(
      'websocket/subprotocol-refused',
      `${target} opened a WebSocket but does not speak ${subprotocol} over it. Check the pool's instructions: Stratum V1 and V2 have different addresses.`,
      details,
    )
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return new HeadframeError(
      'websocket/broken-off',
      `${target} broke off the connection when asked for a WebSocket. Check the port, and whether it is ws:// or wss://.`,
      details,
    )
  }
  if (code.startsWith('HPE_')) {
    return new HeadframeError(
      'websocket/not-http',
      `${target} does not speak HTTP, so there is no WebSocket. Check the port, and whether it is ws:// or wss://.`,
      details,
    )
  }
  return new HeadframeError(
    'websocket/failed',
    `${target} did not open a WebSocket: ${text}. Check the address and the pool's instructions.`,
    details,
  )
}

/** Turns whatever a socket reports before it is usable into an error with a stable code. */
export function explainConnectError(
  place: ConnectPlace,
  stage: ConnectStage,
  failure: unknown,
): HeadframeError {
  const cause = firstOf(failure)
  const code = systemErrorCode(cause) ?? ''
  const { host } = place
  const target = formatHostPort(place)
  const [ourCode, message] = explain(code, host, target, stage, cause)
  return new HeadframeError(ourCode, message, {
    context: { ...place, stage, systemCode: code },
    cause: failure,
  })
}

function explain(
  code: string,
  host: string,
  target: string,
  stage: ConnectStage,
  cause: unknown,
): [`${'connect' | 'tls'}/${string}`, string] {
  switch (code) {
    case 'ECONNREFUSED':
      return [
        'connect/refused',
        `${target} refused the connection: nothing listens there. Check the port, or wait until it is back.`,
      ]
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
      return [
        'connect/unreachable',
        `There is no way from this machine to ${target}. Check this machine's network and the address.`,
      ]
    case 'ENOTFOUND':
    case 'ENODATA':
      return [
        'connect/name-not-found',
        `No address is known for the name "${host}". Check its spelling and this machine's name server.`,
      ]
    case 'EAI_AGAIN':
    case 'ESERVFAIL':
      return [
        'connect/name-server-silent',
        `The name server gave no answer for "${host}". Check this machine's network and try again.`,
      ]
    case 'ETIMEDOUT':
      return [
        'connect/timed-out',
        `${target} did not answer (${stage}). Check the address and port, and that no firewall is in between.`,
      ]
    case 'EACCES':
    case 'EPERM':
      return [
        'connect/not-permitted',
        `This machine does not allow connections to ${target}. Check its firewall.`,
      ]
    case 'CERT_HAS_EXPIRED':
      return [
        'tls/expired',
        `The certificate of ${target} has expired. Check this machine's clock; if it is right, the pool must renew its certificate.`,
      ]
    case 'CERT_NOT_YET_VALID':
      return [
        'tls/not-yet-valid',
        `The certificate of ${target} is not valid yet. Check this machine's clock.`,
      ]
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return [
        'tls/wrong-name',
        `The certificate of ${target} is made out for another name. Use the host name the pool gives in its instructions.`,
      ]
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_UNTRUSTED':
    case 'CERT_REVOKED':
      return [
        'tls/not-trusted',
        `The certificate of ${target} is not signed by an authority this machine trusts. If it is your own server, add its certificate to the pool's settings.`,
      ]
  }
  if (stage === 'the TLS handshake') {
    if (code === 'ECONNRESET' || code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
      return [
        'tls/not-tls',
        `${target} does not speak TLS. Check the port, or use stratum+tcp:// instead of stratum+ssl://.`,
      ]
    }
    return [
      'tls/failed',
      `The TLS handshake with ${target} failed: ${errorText(cause)}. Check the port and the pool's instructions.`,
    ]
  }
  if (code === 'ECONNRESET') {
    return [
      'connect/reset',
      `${target} broke off the connection at once. It may refuse this machine, or need another port.`,
    ]
  }
  return [
    'connect/failed',
    `The connection to ${target} failed: ${errorText(cause)}. Check the address and port.`,
  ]
}

/** Node tries several addresses of a name and reports all failures; the first tells the story. */
function firstOf(failure: unknown): unknown {
  if (!(failure instanceof AggregateError)) return failure
  const errors: readonly unknown[] = failure.errors
  return errors[0] ?? failure
}
