/** What goes wrong between us and a rig, in sentences: what is wrong and what to do. The codes are those of `rig-link.ts`. */
import { errorText, HeadframeError, systemErrorCode } from '../../base/index.ts'

/** One service of a rig, and what was asked of it. */
export interface AskedOf {
  readonly host: string
  readonly port: number
  /** For people and logs, as `GET /api/system/info` or `rpc summary`; holds no secrets. */
  readonly asked: string
}

const place = ({ host, port }: AskedOf): string =>
  host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`

const contextOf = ({ host, port, asked }: AskedOf): Record<string, string | number> => ({ host, port, asked })

/** @param got how much of an answer had come, in bytes */
export function timedOut(of: AskedOf, timeoutMs: number, got: number): HeadframeError {
  const seconds = String(timeoutMs / 1000)
  const what = got === 0 ? 'did not answer' : 'began to answer and then fell silent'
  return new HeadframeError(
    'rig/timeout',
    `${place(of)} ${what} within ${seconds} s (${of.asked}). Check that the rig is on and not overloaded; if this was a change, look whether it took effect.`,
    { context: { ...contextOf(of), timeoutMs, received: got } },
  )
}

export function cutOff(of: AskedOf, cause?: unknown): HeadframeError {
  return new HeadframeError(
    'rig/cut-off',
    `${place(of)} ended the connection before its answer was complete (${of.asked}). It may be restarting: try again in a minute.`,
    { context: contextOf(of), cause },
  )
}

export function tooLarge(of: AskedOf, limitBytes: number): HeadframeError {
  return new HeadframeError(
    'rig/too-large',
    `${place(of)} answered with more than ${String(Math.round(limitBytes / 1024))} KiB (${of.asked}), which no rig needs. Check that the address is a rig's.`,
    { context: { ...contextOf(of), limitBytes } },
  )
}

/** @param found what came instead, as part of a sentence */
export function badReply(of: AskedOf, found: string, cause?: unknown): HeadframeError {
  return new HeadframeError(
    'rig/bad-reply',
    `${place(of)} answered ${found} (${of.asked}). Check that the address is a rig's and that its firmware is the one shown here.`,
    { context: contextOf(of), cause },
  )
}

export function wrongPassword(of: AskedOf): HeadframeError {
  return new HeadframeError(
    'rig/wrong-password',
    `${place(of)} refused the user name or password (${of.asked}). Enter those of the rig's own web page; it is not tried again by itself, for some firmware locks out after a few.`,
    { context: contextOf(of) },
  )
}

export function givenUp(of: AskedOf): HeadframeError {
  return new HeadframeError('rig/given-up', `The request to ${place(of)} was given up (${of.asked}).`, {
    context: contextOf(of),
  })
}

/** @param received whether anything of an answer had come */
export function explainSocketError(of: AskedOf, failure: unknown, received: boolean): HeadframeError {
  if (failure instanceof HeadframeError) return failure
  const cause = firstOf(failure)
  const code = systemErrorCode(cause) ?? ''
  const unreachable = (sentence: string): HeadframeError =>
    new HeadframeError('rig/unreachable', sentence, {
      context: { ...contextOf(of), systemCode: code },
      cause: failure,
    })
  switch (code) {
    case 'ECONNREFUSED':
      return unreachable(
        `${place(of)} refused the connection: nothing listens there. Wait until the rig has started, or check its address.`,
      )
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
      return unreachable(
        `There is no way from this machine to ${place(of)}. Check that the rig is on and in this network.`,
      )
    case 'ENOTFOUND':
    case 'ENODATA':
    case 'EAI_AGAIN':
      return unreachable(
        `No address is known for the name "${of.host}". Check its spelling, or enter the rig's address instead.`,
      )
    case 'ETIMEDOUT':
      return unreachable(`${place(of)} did not answer. Check that the rig is on and in this network.`)
    case 'EACCES':
    case 'EPERM':
      return unreachable(`This machine does not allow connections to ${place(of)}. Check its firewall.`)
  }
  if (code.startsWith('HPE_')) return badReply(of, 'something that is no HTTP', failure)
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return badReply(of, 'something that is no TLS', failure)
  }
  if (received || code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED')
    return cutOff(of, failure)
  return unreachable(`The connection to ${place(of)} failed: ${errorText(cause)}. Check its address.`)
}

/** Node tries several addresses of a name and reports all failures; the first tells the story. */
function firstOf(failure: unknown): unknown {
  if (!(failure instanceof AggregateError)) return failure
  const errors: readonly unknown[] = failure.errors
  return errors[0] ?? failure
}
