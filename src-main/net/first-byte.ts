/** The first byte a peer sends, looked at and put back, and TLS for those that begin with it. */
import { type Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { errorText, HeadframeError } from '../base/index.ts'

/** A TLS record of type handshake, as every ClientHello is (RFC 8446, 5.1). No JSON and no HTTP begins so. */
const TLS_HANDSHAKE_BYTE = 0x16
/** Major version of every TLS record, and the highest minor one in use (RFC 8446, 5.1 and appendix D). */
const TLS_MAJOR = 3
const TLS_MAX_MINOR = 4

/** What a listener shows to peers over TLS. */
export interface TlsIdentity {
  /** The certificate, and those that vouch for it after it. */
  readonly certificatePem: string
  readonly privateKeyPem: string
}

/**
 * Calls `onSpoken` once when the peer has said anything, with whether it begins a TLS handshake; the socket then gives
 * all bytes from the first on. Never if the socket ends before. Nothing of this stays with the socket.
 */
export function waitForFirstByte(socket: Socket, onSpoken: (isTls: boolean) => void): void {
  const onReadable = (): void => {
    const bytes = socket.read() as Buffer | null
    if (bytes === null) return
    socket.off('readable', onReadable)
    socket.unshift(bytes)
    const isTls = beginsTls(bytes)
    // The stream forgets that it was read this way in the next tick; only then may another way begin.
    process.nextTick(() => {
      if (!socket.destroyed) onSpoken(isTls)
    })
  }
  socket.on('readable', onReadable)
}

/**
 * The first byte decides; the next two, where they came with it, must agree. A Noise handshake begins with random bytes
 * and one in 256 of them like this, so a port of SV2 must not offer TLS.
 */
function beginsTls(bytes: Uint8Array): boolean {
  if (bytes[0] !== TLS_HANDSHAKE_BYTE) return false
  return bytes.length < 3 || (bytes[1] === TLS_MAJOR && (bytes[2] ?? 0) <= TLS_MAX_MINOR)
}

/** Does the TLS handshakes of sockets that others accepted. */
export class TlsAcceptor {
  readonly #server: Server
  /** Handshakes under way, by the four numbers that tell connections of this machine apart. */
  readonly #waiting = new Map<string, { socket: Socket; onSecure: (socket: TLSSocket) => void }>()

  /** @throws HeadframeError `listen/bad-certificate` */
  constructor(identity: TlsIdentity) {
    this.#server = createTlsServer(identity)
    this.#server.on('secureConnection', (socket) => {
      const key = keyOf(socket)
      const entry = this.#waiting.get(key)
      this.#waiting.delete(key)
      if (entry === undefined) socket.destroy()
      else entry.onSecure(socket)
    })
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy())
  }

  /** Bytes that `socket` has read already are part of the handshake. A failure ends the socket. */
  accept(socket: Socket, onSecure: (socket: TLSSocket) => void): void {
    const key = keyOf(socket)
    const entry = { socket, onSecure }
    this.#waiting.set(key, entry)
    socket.once('close', () => {
      if (this.#waiting.get(key) === entry) this.#waiting.delete(key)
    })
    this.#server.emit('connection', socket)
  }
}

function keyOf(socket: Socket): string {
  return `${String(socket.remoteAddress)} ${String(socket.remotePort)} ${String(socket.localAddress)} ${String(socket.localPort)}`
}

function createTlsServer({ certificatePem, privateKeyPem }: TlsIdentity): Server {
  try {
    return createServer({ cert: certificatePem, key: privateKeyPem, minVersion: 'TLSv1.2' })
  } catch (error) {
    throw new HeadframeError(
      'listen/bad-certificate',
      `The certificate for TLS cannot be used: ${errorText(error)}. Give a certificate and the private key that belongs to it, both as PEM.`,
      { cause: error },
    )
  }
}
