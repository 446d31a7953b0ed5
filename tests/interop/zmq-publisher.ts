/**
 * The publishing end of ZeroMQ's wire protocol (ZMTP 3.0, RFC 23; publish and subscribe, RFC 29) with the NULL
 * mechanism on 127.0.0.1: as much as a Bitcoin node's notifications need. Subscriptions are not read: whoever
 * connects gets everything.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { concatBytes } from '../../src-main/base/index.ts'

const MECHANISM_SIZE = 20
const FILLER_SIZE = 31
const MORE = 0x01
const COMMAND = 0x04
/** A frame of a longer body would need a wider length, which nothing here has. */
const MAX_SHORT_BODY = 255

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Signature, version 3.0, mechanism, "not a server", filler. */
const GREETING = concatBytes(
  Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0),
  ascii('NULL'.padEnd(MECHANISM_SIZE, '\0')),
  new Uint8Array(1 + FILLER_SIZE),
)

/** Command READY with the one property that a subscriber checks. */
const READY = frame(
  COMMAND,
  concatBytes(
    Uint8Array.of(5),
    ascii('READY'),
    Uint8Array.of(11),
    ascii('Socket-Type'),
    Uint8Array.of(0, 0, 0, 3),
    ascii('PUB'),
  ),
)

export class ZmqPublisher {
  /** For the subscriber's configuration. */
  readonly endpoint: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, port: number) {
    this.#server = server
    this.endpoint = `tcp://127.0.0.1:${port}`
  }

  static start(): Promise<ZmqPublisher> {
    return new Promise((resolve, reject) => {
      const server = createServer()
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        if (typeof address !== 'object' || address === null) return
        const publisher = new ZmqPublisher(server, address.port)
        server.on('connection', (socket) => publisher.#accept(socket))
        resolve(publisher)
      })
    })
  }

  /** Sends one message of several parts, each of at most 255 bytes, to all who are connected. */
  publish(...parts: readonly Uint8Array[]): void {
    const bytes = concatBytes(...parts.map((part, i) => frame(i < parts.length - 1 ? MORE : 0, part)))
    for (const socket of this.#sockets) socket.write(bytes)
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #accept(socket: Socket): void {
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
    socket.write(concatBytes(GREETING, READY))
    // Its greeting and READY are the subscriber's part of the handshake; both arrive before its first subscription.
    socket.resume()
    this.#sockets.add(socket)
  }
}

function frame(flags: number, body: Uint8Array): Uint8Array {
  if (body.length > MAX_SHORT_BODY) throw new Error(`a frame of ${body.length} bytes is too long`)
  return concatBytes(Uint8Array.of(flags, body.length), body)
}
