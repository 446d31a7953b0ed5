/**
 * One HTTP request to a rig on a connection of its own. Forgiving to servers that bend HTTP, strict about time and size:
 * one limit for all of the answer, however slowly it trickles in. Login and redirects are `http-session.ts`'s.
 */
import { request as requestPlain, type IncomingMessage } from 'node:http'
import { request as requestTls } from 'node:https'
import { promisify } from 'node:util'
import { gunzip, inflate, inflateRaw } from 'node:zlib'
import { type Clock, joinBytes, type HeadframeError, systemErrorCode } from '../../base/index.ts'
import {
  type AskedOf,
  badReply,
  cutOff,
  explainSocketError,
  givenUp,
  timedOut,
  tooLarge,
} from './link-errors.ts'
import { type HttpReply } from './rig-link.ts'

export interface HttpCall extends AskedOf {
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  readonly tls: boolean
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Null for none. */
  readonly body: Uint8Array | null
  /** For all of it. */
  readonly timeoutMs: number
  readonly limitBytes: number
}

/** Some firmware's headers are long; Node's own limit is 16 KiB. */
const MAX_HEADER_BYTES = 64 * 1024

/** @throws HeadframeError `rig/…`, see `rig-link.ts`; any status is a reply */
export async function httpCall(call: HttpCall): Promise<HttpReply> {
  const { status, headers, body } = await exchangeHttp(call)
  return { status, headers, body: await decode(call, headers['content-encoding'] ?? '', body) }
}

function exchangeHttp(call: HttpCall): Promise<HttpReply> {
  const { host, port, clock, signal, tls, method, path, body, timeoutMs, limitBytes } = call
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(givenUp(call))
      return
    }
    let received = 0
    const pieces: Uint8Array[] = []
    const request = (tls ? requestTls : requestPlain)({
      host,
      port,
      method,
      path,
      // No agent: a connection for each request, and `Connection: close`.
      agent: false,
      insecureHTTPParser: true,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Rigs sign their own certificates, and there is nobody who could vouch for an address in a home network.
      rejectUnauthorized: false,
      headers: {
        accept: '*/*',
        ...call.headers,
        ...(body === null && (method === 'GET' || method === 'DELETE')
          ? {}
          : { 'content-length': String(body?.length ?? 0) }),
      },
    })
    const settle = (): void => {
      deadline.cancel()
      signal?.removeEventListener('abort', onAbort)
      request.removeAllListeners('response')
      request.on('error', () => undefined)
      request.destroy()
    }
    const fail = (error: HeadframeError): void => {
      settle()
      reject(error)
    }
    const onAbort = (): void => fail(givenUp(call))
    const deadline = clock.after(timeoutMs, () => fail(timedOut(call, timeoutMs, received)))
    signal?.addEventListener('abort', onAbort, { once: true })
    request.once('error', (error) => fail(explainSocketError(call, error, received > 0)))
    request.once('response', (response) => {
      received = 1
      if (Number(response.headers['content-length'] ?? 0) > limitBytes) {
        fail(tooLarge(call, limitBytes))
        return
      }
      let length = 0
      response.on('data', (piece: Uint8Array) => {
        length += piece.length
        received += piece.length
        if (length > limitBytes) fail(tooLarge(call, limitBytes))
        else pieces.push(piece)
      })
      response.once('error', (error) => fail(explainSocketError(call, error, true)))
      response.once('aborted', () => fail(cutOff(call)))
      response.once('end', () => {
        settle()
        resolve({
          status: response.statusCode ?? 0,
          headers: headersOf(response),
          body: joinBytes(pieces),
        })
      })
    })
    request.end(body ?? undefined)
  })
}

function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, values] of Object.entries(response.headersDistinct))
    headers[name] = values?.join(', ') ?? ''
  return headers
}

/** Undoes a content encoding; nobody asked for one, some rigs keep their pages packed. */
async function decode(call: HttpCall, encoding: string, body: Uint8Array): Promise<Uint8Array> {
  const word = encoding.trim().toLowerCase()
  if (body.length === 0 || (word !== 'gzip' && word !== 'x-gzip' && word !== 'deflate')) return body
  const options = { maxOutputLength: call.limitBytes }
  try {
    if (word !== 'deflate') return await promisify(gunzip)(body, options)
    // `deflate` is zlib's format by the standard, and the bare one by the habit of some servers.
    const isZlib = ((body[0] ?? 0) & 0x0f) === 8 && (((body[0] ?? 0) << 8) | (body[1] ?? 0)) % 31 === 0
    return await (isZlib ? promisify(inflate)(body, options) : promisify(inflateRaw)(body, options))
  } catch (error) {
    if (systemErrorCode(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(call, call.limitBytes)
    throw badReply(call, 'with data that cannot be unpacked', error)
  }
}
