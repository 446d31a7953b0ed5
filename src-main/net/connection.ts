/**
 * A TCP or TLS socket as a `Connection`: writes joined per turn, a bound on what waits for a slow reader,
 * silence noticed, one reason for the end. Small on purpose: ten thousand of these live in one process, so
 * handlers are shared functions and buffers exist only while something waits.
 */
import { type Socket } from 'node:net'
import { HeadframeError, systemErrorCode, type Timer } from '../base/index.ts'
import { plainAddress } from './address-ranges.ts'
import { type CloseKind, type CloseReason, type Connection } from './connection-types.ts'
import { formatHostPort } from './host-port.ts'
import { type Flushable, type IdleWatched, type NetLoop } from './net-loop.ts'

export interface ConnectionLimits {
  /** Bytes that may wait for the peer before it is dropped. */
  readonly maxBufferedBytes: number
  /** 0 for never. */
  readonly idleTimeoutMs: number
}

/** Room for two hundred jobs of ordinary size: a rig that is that far behind is not mining. */
export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = { maxBufferedBytes: 256 * 1024, idleTimeoutMs: 0 }

/** How long a peer may take to read the last words after `close`. */
const CLOSE_GRACE_MS = 2_000

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

export class SocketConnection implements Connection, Flushable, IdleWatched {
  readonly #socket: OwnedSocket
  readonly #loop: NetLoop
  readonly #maxBufferedBytes: number
  readonly remoteAddress: string
  readonly remotePort: number
  idleTimeoutMs: number
  lastReadAtMs: number
  bytesIn = 0
  bytesOut = 0

  /** Text that waits for the end of the turn, after `#parts`. */
  #text = ''
  #parts: (string | Uint8Array)[] | null = null
  #queuedBytes = 0
  #receive: ((bytes: Uint8Array) => void) | null = null
  #onClose: ((reason: CloseReason) => void) | null = null
  #reason: CloseReason | null = null
  /** No more writes: we or the peer ended it. */
  #ending = false
  /** The socket is gone and the listener, if there is one, was told. */
  #gone = false
  #graceTimer: Timer | null = null

  /** Takes over a socket that is connected. */
  constructor(socket: Socket, loop: NetLoop, limits: ConnectionLimits) {
    this.#socket = socket
    this.#loop = loop
    this.#maxBufferedBytes = limits.maxBufferedBytes
    this.idleTimeoutMs = limits.idleTimeoutMs
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '')
    this.remotePort = socket.remotePort ?? 0
    this.lastReadAtMs = loop.clock.monotonicMs()
    this.#socket[OWNER] = this
    socket.on('end', onSocketEnd)
    socket.on('error', onSocketError)
    socket.on('close', onSocketClose)
    loop.idle.add(this)
  }

  get bufferedBytes(): number {
    return this.#queuedBytes + this.#socket.writableLength
  }

  get closed(): boolean {
    return this.#ending
  }

  onData(receive: (bytes: Uint8Array) => void): void {
    const first = this.#receive === null
    this.#receive = receive
    if (first && !this.#ending) this.#socket.on('data', onSocketData)
  }

  onClose(listener: (reason: CloseReason) => void): void {
    this.#onClose = listener
    if (this.#gone) queueMicrotask(() => this.#tellClosed())
  }

  write(data: string | Uint8Array): boolean {
    if (this.#ending) return false
    const first = this.#queuedBytes === 0
    this.#queuedBytes += data.length
    if (typeof data === 'string') this.#text += data
    else {
      this.#parts ??= []
      if (this.#text !== '') this.#parts.push(this.#text)
      this.#text = ''
      this.#parts.push(data)
    }
    if (first) this.#loop.joiner.add(this)
    if (this.#queuedBytes + this.#socket.writableLength <= this.#maxBufferedBytes) return true
    this.flush()
    return !this.#ending
  }

  flush(): void {
    if (this.#queuedBytes === 0) return
    const socket = this.#socket
    const text = this.#text
    const parts = this.#parts
    this.bytesOut += this.#queuedBytes
    this.#text = ''
    this.#parts = null
    this.#queuedBytes = 0
    if (parts === null) socket.write(text, 'latin1')
    else {
      if (text !== '') parts.push(text)
      const several = parts.length > 1
      if (several) socket.cork()
      for (const part of parts) {
        if (typeof part === 'string') socket.write(part, 'latin1')
        else socket.write(part)
      }
      if (several) socket.uncork()
    }
    if (socket.writableLength > this.#maxBufferedBytes) {
      this.#destroy(
        'slow-reader',
        `${this.#peer} read too slowly: ${String(socket.writableLength)} bytes waited for it`,
      )
    }
  }

  close(text: string): void {
    if (this.#ending) return
    this.flush()
    if (this.#ending) return
    this.#end('closed-by-us', text)
    this.#socket.destroySoon()
    // The peer may never read the rest; what it still sends is not for us.
    this.#graceTimer = this.#loop.clock.after(CLOSE_GRACE_MS, () => this.#socket.destroy())
    this.#socket.resume()
  }

  destroy(text: string): void {
    if (this.#ending) {
      this.#socket.destroy()
      return
    }
    this.#destroy('closed-by-us', text)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** For `IdleWatch`. */
  endIdle(): void {
    if (this.#ending) return
    const seconds = Math.round(this.idleTimeoutMs / 1000)
    this.#destroy('idle', `${this.#peer} sent nothing for ${String(seconds)} s`)
  }

  /** For the shared socket handlers, as the next three. */
  handleData(bytes: Uint8Array): void {
    this.lastReadAtMs = this.#loop.idle.nowMs
    this.bytesIn += bytes.length
    if (!this.#ending) this.#receive?.(bytes)
  }

  handleEnd(): void {
    if (this.#ending) return
    // A peer that closed only its own direction still reads our answers.
    this.flush()
    if (!this.#ending) this.#end('ended-by-peer', `${this.#peer} closed the connection`)
  }

  handleError(error: Error): void {
    if (this.#ending) return
    const reset = systemErrorCode(error) === 'ECONNRESET' || systemErrorCode(error) === 'EPIPE'
    const text = reset
      ? `${this.#peer} broke off the connection`
      : `the connection to ${this.#peer} failed: ${error.message}`
    this.#end(
      'socket-error',
      text,
      new HeadframeError(reset ? 'connection/reset' : 'connection/failed', text, { cause: error }),
    )
  }

  handleClosed(): void {
    if (this.#gone) return
    this.#gone = true
    this.#graceTimer?.cancel()
    this.#loop.idle.remove(this)
    if (this.#reason === null) this.#end('ended-by-peer', `${this.#peer} closed the connection`)
    this.#tellClosed()
  }

  get #peer(): string {
    return formatHostPort({ host: this.remoteAddress, port: this.remotePort })
  }

  #destroy(kind: CloseKind, text: string): void {
    this.#end(kind, text)
    this.#socket.destroy()
  }

  #end(kind: CloseKind, text: string, error: HeadframeError | null = null): void {
    this.#ending = true
    this.#reason = { kind, text, error }
    this.#text = ''
    this.#parts = null
    this.#queuedBytes = 0
  }

  #tellClosed(): void {
    const listener = this.#onClose
    this.#onClose = null
    if (listener !== null && this.#reason !== null) listener(this.#reason)
  }
}
