/**
 * Outgoing connections: names, TCP, TLS, a limit of time over all of it. Not reconnection: see `backoff.ts`.
 */
import { connect as connectSocket, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTlsSocket, getCACertificates, type TLSSocket } from 'node:tls'
import { type HeadframeError } from '../base/index.ts'
import {
  aborted,
  type ConnectPlace,
  type ConnectStage,
  explainConnectError,
  timedOut,
} from './connect-errors.ts'
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS, SocketConnection } from './connection.ts'
import { type Connection } from './connection-types.ts'
import { type NetLoop } from './net-loop.ts'

export interface ConnectOptions extends ConnectPlace {
  readonly loop: NetLoop
  /** Null for plain TCP. */
  readonly tls: TlsOptions | null
  /** For the name, TCP and TLS together. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly limits?: ConnectionLimits
  /** Replaces the system's name resolution. */
  readonly lookup?: LookupFunction
}

export interface TlsOptions {
  /** Further certificates to trust, PEM. The public authorities stay trusted. */
  readonly trustedCertificates: readonly string[]
  /** Name the certificate must carry; null for the host's. */
  readonly serverName: string | null
}

const DEFAULT_TIMEOUT_MS = 5_000
/** First TCP keepalive probe after this silence. */
export const TCP_KEEPALIVE_MS = 30_000
/** Time for one of several addresses of a name before the next is tried beside it. */
const NEXT_ADDRESS_MS = 1_000

/**
 * Opens a connection. It is ready to write; reading begins with `onData`.
 * @throws HeadframeError `connect/…` or `tls/…`, with a sentence that says what to do
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { loop, timeoutMs = DEFAULT_TIMEOUT_MS, signal, limits = DEFAULT_CONNECTION_LIMITS } = options
  const place: ConnectPlace = { host: options.host, port: options.port }
  if (signal?.aborted === true) throw aborted(place)
  return new Promise<Connection>((resolve, reject) => {
    let stage: ConnectStage = isIP(place.host) === 0 ? 'looking up the name' : 'connecting'
    const tcp = connectSocket({
      ...place,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEPALIVE_MS,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
      ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
    })
    let tls: TLSSocket | null = null

    const settle = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
      for (const socket of tls === null ? [tcp] : [tcp, tls]) {
        socket.off('error', onError)
        socket.off('close', onEarlyClose)
      }
    }
    const fail = (error: HeadframeError): void => {
      settle()
      for (const socket of tls === null ? [tcp] : [tls, tcp]) {
        // An error that follows the one we report has nowhere to go.
        socket.on('error', ignore)
        socket.destroy()
      }
      reject(error)
    }
    const onError = (error: unknown): void => fail(explainConnectError(place, stage, error))
    const onEarlyClose = (): void => fail(explainConnectError(place, stage, { code: 'ECONNRESET' }))
    const onAbort = (): void => fail(aborted(place))
    const timer = loop.clock.after(timeoutMs, () => fail(timedOut(place, stage, timeoutMs)))
    const succeed = (socket: Socket): void => {
      settle()
      resolve(new SocketConnection(socket, loop, limits))
    }

    signal?.addEventListener('abort', onAbort, { once: true })
    tcp.on('error', onError)
    tcp.on('close', onEarlyClose)
    tcp.once('lookup', () => (stage = 'connecting'))
    tcp.once('connect', () => {
      if (options.tls === null) {
        succeed(tcp)
        return
      }
      stage = 'the TLS handshake'
      // From here on the TLS socket reports what goes wrong below it.
      tcp.on('error', ignore)
      tls = secure(tcp, place.host, options.tls)
      tls.on('error', onError)
      tls.on('close', onEarlyClose)
      tls.once('secureConnect', () => tls !== null && succeed(tls))
    })
  })
}

function secure(tcp: Socket, host: string, options: TlsOptions): TLSSocket {
  const name = options.serverName ?? host
  return connectTlsSocket({
    socket: tcp,
    host: name,
    // An address is no server name (RFC 6066); the certificate is still held against it.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(options.trustedCertificates.length === 0
      ? {}
      : { ca: [...getCACertificates('default'), ...options.trustedCertificates] }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  })
}

function ignore(): void {}
