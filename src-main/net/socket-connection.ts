/** A TCP or TLS socket as a `Connection`. Handlers are shared functions: see `queued-connection.ts`. */
import { type Socket } from 'node:net'
import { type NetLoop } from './net-loop.ts'
import { type ConnectionLimits, QueuedConnection } from './queued-connection.ts'

const OWNER = Symbol('connection')
type OwnedSocket = Socket & { [OWNER]?: SocketConnection }

function onSocketData(this: OwnedSocket, bytes: Buffer): void {
  this[OWNER]?.handleData(bytes)
}
function onSocketEnd(this: OwnedSocket): void {
  this[OWNER]?.handleEnd()
}
function onSocketError(this: OwnedSocket, error: Error): void {
  this[OWNER]?.handleError(error)
}
function onSocketClose(this: OwnedSocket): void {
  this[OWNER]?.handleClosed()
}

export class SocketConnection extends QueuedConnection {
  readonly #socket: OwnedSocket

  /** Takes over a socket that is connected, and after its handshake if it is one of TLS. */
  constructor(socket: Socket, transport: 'tcp' | 'tls', loop: NetLoop, limits: ConnectionLimits) {
    super(socket, transport, loop, limits)
    this.#socket = socket
    this.#socket[OWNER] = this
    socket.on('end', onSocketEnd)
    socket.on('error', onSocketError)
    socket.on('close', onSocketClose)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  protected get unsentBytes(): number {
    return this.#socket.writableLength
  }

  protected startReading(): void {
    this.#socket.on('data', onSocketData)
  }

  protected transmit(text: string, parts: (string | Uint8Array)[] | null): void {
    const socket = this.#socket
    if (parts === null) {
      socket.write(text, 'latin1')
      return
    }
    if (text !== '') parts.push(text)
    const several = parts.length > 1
    if (several) socket.cork()
    for (const part of parts) {
      if (typeof part === 'string') socket.write(part, 'latin1')
      else socket.write(part)
    }
    if (several) socket.uncork()
  }

  protected finish(): void {
    this.#socket.destroySoon()
    // What the peer still sends is not for us, but only a socket that is read learns of its end.
    this.#socket.resume()
  }

  protected cut(): void {
    this.#socket.destroy()
  }
}
