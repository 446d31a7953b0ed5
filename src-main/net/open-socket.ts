/**
 * The way to a socket that can be used: name, TCP, TLS, a limit of time over all of it. What is spoken over it, and
 * trying again, is for others.
 */
import { lookup as lookupName } from 'node:dns'
import { connect as connectSocket, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTlsSocket, getCACertificates, type TLSSocket } from 'node:tls'
import { HeadframeError } from '../base/index.ts'
import {
  aborted,
  type ConnectPlace,
  type ConnectStage,
  explainConnectError,
  timedOut,
  wrongFingerprint,
} from './connect-errors.ts'
import { type OnConnectProgress } from './connect-progress.ts'
import { type NetLoop } from './net-loop.ts'

export interface TlsOptions {
  /** Further certificates to trust, PEM. The public authorities stay trusted. */
  readonly trustedCertificates: readonly string[]
  /** Name the certificate must carry; null for the host's. */
  readonly serverName: string | null
  /**
   * SHA-256 of the one certificate that is accepted, hex with or without colons. Then nothing else about it counts: not
   * who signed it, nor its name or dates.
   */
  readonly pinnedSha256?: string | null
}

export interface OpenSocketOptions extends ConnectPlace {
  readonly loop: NetLoop
  /** Null for plain TCP. */
  readonly tls: TlsOptions | null
  /** For the name, TCP and TLS together, and the WebSocket if there is one. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Replaces the system's name resolution. */
  readonly lookup?: LookupFunction
  /** Told of each step that is done. */
  readonly onProgress?: OnConnectProgress
}

export const DEFAULT_CONNECT_TIMEOUT_MS = 5_000
/** First TCP keepalive probe after this silence. */
export const TCP_KEEPALIVE_MS = 30_000
/** Time for one of several addresses of a name before the next is tried beside it. */
const NEXT_ADDRESS_MS = 1_000

/**
 * Opens a socket that is ready to write; nothing was read from it.
 * @throws HeadframeError `connect/…` or `tls/…`, with a sentence that says what to do
 */
export async function openSocket(options: OpenSocketOptions): Promise<Socket> {
  const { loop, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS, signal, tls: tlsOptions, onProgress } = options
  const place: ConnectPlace = { host: options.host, port: options.port }
  const pin = tlsOptions?.pinnedSha256 == null ? null : requireFingerprint(tlsOptions.pinnedSha256)
  if (signal?.aborted === true) throw aborted(place)
  return new Promise<Socket>((resolve, reject) => {
    let stage: ConnectStage = isIP(place.host) === 0 ? 'looking up the name' : 'connecting'
    const tcp = connectSocket({
      ...place,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEPALIVE_MS,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
      ...lookupOf(options),
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
      resolve(socket)
    }
    const onSecure = (secured: TLSSocket): void => {
      const { fingerprint256 } = secured.getPeerCertificate()
      if (pin !== null && plainHex(fingerprint256) !== pin) {
        fail(wrongFingerprint(place, fingerprint256))
        return
      }
      if (onProgress !== undefined) reportTls(secured, onProgress)
      succeed(secured)
    }

    signal?.addEventListener('abort', onAbort, { once: true })
    tcp.on('error', onError)
    tcp.on('close', onEarlyClose)
    tcp.once('lookup', () => (stage = 'connecting'))
    tcp.once('connect', () => {
      const { remoteAddress: address = '', remotePort: port = 0 } = tcp
      onProgress?.({ step: 'tcp', detail: `${address} port ${String(port)}`, address, port })
      if (tlsOptions === null) {
        succeed(tcp)
        return
      }
      stage = 'the TLS handshake'
      // From here on the TLS socket reports what goes wrong below it.
      tcp.on('error', ignore)
      const secured = secure(tcp, place.host, tlsOptions)
      tls = secured
      secured.on('error', onError)
      secured.on('close', onEarlyClose)
      secured.once('secureConnect', () => onSecure(secured))
    })
  })
}

/** The name resolution to use, if it is not simply Node's own. */
function lookupOf({ lookup, onProgress }: OpenSocketOptions): { lookup?: LookupFunction } {
  if (onProgress === undefined) return lookup === undefined ? {} : { lookup }
  const inner: LookupFunction = lookup ?? lookupName
  return {
    lookup: (hostname, options, callback) =>
      inner(hostname, options, (error, found, family) => {
        if (error === null) {
          const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address)
          onProgress({ step: 'dns', detail: addresses.join(', '), addresses })
        }
        callback(error, found, family)
      }),
  }
}

function reportTls(socket: TLSSocket, onProgress: OnConnectProgress): void {
  const { subject, issuer, valid_to: validTo, fingerprint256 } = socket.getPeerCertificate()
  const version = socket.getProtocol() ?? ''
  const [subjectName, issuerName] = [nameOf(subject), nameOf(issuer)]
  const notAfterMs = Date.parse(validTo)
  onProgress({
    step: 'tls',
    detail: `${version}, certificate of ${subjectName} by ${issuerName}, valid until ${new Date(notAfterMs).toISOString().slice(0, 10)}`,
    version,
    subject: subjectName,
    issuer: issuerName,
    notAfterMs,
    fingerprintSha256: fingerprint256,
  })
}

/** A name of a certificate may hold a part several times. */
type CertificateName = Readonly<Partial<Record<'CN' | 'O', string | readonly string[]>>>

function nameOf({ CN, O }: CertificateName): string {
  const name = CN ?? O ?? 'nobody named'
  return typeof name === 'string' ? name : name.join(', ')
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
    // A pinned certificate is judged by its fingerprint alone.
    rejectUnauthorized: options.pinnedSha256 == null,
  })
}

/** @throws HeadframeError `tls/bad-fingerprint` */
function requireFingerprint(text: string): string {
  const hex = plainHex(text)
  if (/^[0-9a-f]{64}$/.test(hex)) return hex
  throw new HeadframeError(
    'tls/bad-fingerprint',
    `"${text}" is not the SHA-256 fingerprint of a certificate: it has 64 hexadecimal digits, with or without colons.`,
  )
}

function plainHex(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').trim().toLowerCase()
}

function ignore(): void {}
