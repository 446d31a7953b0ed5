/**
 * What connections over sockets and over WebSockets share: writes joined per turn, a bound on what waits for a slow
 * reader, silence noticed, one reason for the end. How bytes travel is for the subclasses. Small on purpose: ten
 * thousand of these live in one process, so buffers exist only while something waits.
 */
import { HeadframeError, systemErrorCode, type Timer } from '../base/index.ts'
import { plainAddress } from './address-ranges.ts'
import {
  type CloseCause,
  type CloseKind,
  type CloseReason,
  type Connection,
  type Transport,
} from './connection-types.ts'
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

/** The far end, as sockets of Node name it. */
export interface PeerAddress {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
}

export abstract class QueuedConnection implements Connection, Flushable, IdleWatched {
  readonly transport: Transport
  readonly remoteAddress: string
  readonly remotePort: number
  idleTimeoutMs: number
  lastReadAtMs: number
  bytesIn = 0
  bytesOut = 0
  readonly #loop: NetLoop
  readonly #maxBufferedBytes: number

  /** Text that waits for the end of the turn, after `#parts`. */
  #text = ''
  #parts: (string | Uint8Array)[] | null = null
  #queuedBytes = 0
  #receive: ((bytes: Uint8Array) => void) | null = null
  #onClose: ((reason: CloseReason) => void) | null = null
  #reason: CloseReason | null = null
  /** No more writes: we or the peer ended it. */
  #ending = false
  /** The stream is gone and the listener, if there is one, was told. */
  #gone = false
  #graceTimer: Timer | null = null

  protected constructor(peer: PeerAddress, transport: Transport, loop: NetLoop, limits: ConnectionLimits) {
    this.transport = transport
    this.#loop = loop
    this.#maxBufferedBytes = limits.maxBufferedBytes
    this.idleTimeoutMs = limits.idleTimeoutMs
    this.remoteAddress = plainAddress(peer.remoteAddress ?? '')
    this.remotePort = peer.remotePort ?? 0
    this.lastReadAtMs = loop.clock.monotonicMs()
    loop.idle.add(this)
  }

  /** Bytes that were transmitted and that the system has not taken yet. */
  protected abstract readonly unsentBytes: number
  /** Begins to call `handleData`; called once. */
  protected abstract startReading(): void
  /** Sends `parts`, then `text`; never both empty. */
  protected abstract transmit(text: string, parts: (string | Uint8Array)[] | null): void
  /** Ends after what was transmitted; what the peer still sends is thrown away. */
  protected abstract finish(cause: CloseCause, text: string): void
  /** Ends now. May be called when the stream is gone. */
  protected abstract cut(cause: CloseCause, text: string): void
  abstract pause(): void
  abstract resume(): void

  get bufferedBytes(): number {
    return this.#queuedBytes + this.unsentBytes
  }

  get closed(): boolean {
    return this.#ending
  }

  onData(receive: (bytes: Uint8Array) => void): void {
    const first = this.#receive === null
    this.#receive = receive
    if (first && !this.#ending) this.startReading()
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
    if (this.#queuedBytes + this.unsentBytes <= this.#maxBufferedBytes) return true
    this.flush()
    return !this.#ending
  }

  flush(): void {
    if (this.#queuedBytes === 0) return
    const text = this.#text
    const parts = this.#parts
    this.bytesOut += this.#queuedBytes
    this.#text = ''
    this.#parts = null
    this.#queuedBytes = 0
    this.transmit(text, parts)
    const { unsentBytes } = this
    if (unsentBytes > this.#maxBufferedBytes) {
      this.drop(
        'slow-reader',
        `${this.peer} read too slowly: ${String(unsentBytes)} bytes waited for it`,
        'policy',
      )
    }
  }

  close(text: string, cause: CloseCause = 'normal'): void {
    if (this.#ending) return
    this.flush()
    if (this.#ending) return
    this.end('closed-by-us', text)
    // The peer may never read the rest.
    this.#graceTimer = this.#loop.clock.after(CLOSE_GRACE_MS, () => this.cut(cause, text))
    this.finish(cause, text)
  }

  destroy(text: string, cause: CloseCause = 'normal'): void {
    if (this.#ending) this.cut(cause, text)
    else this.drop('closed-by-us', text, cause)
  }

  /** For `IdleWatch`. */
  endIdle(): void {
    if (this.#ending) return
    const seconds = Math.round(this.idleTimeoutMs / 1000)
    this.drop('idle', `${this.peer} sent nothing for ${String(seconds)} s`, 'policy')
  }

  /** For the handlers of the stream, as the next three. */
  handleData(bytes: Uint8Array): void {
    this.lastReadAtMs = this.#loop.idle.nowMs
    this.bytesIn += bytes.length
    if (!this.#ending) this.#receive?.(bytes)
  }

  handleEnd(detail = ''): void {
    if (this.#ending) return
    // A peer that closed only its own direction still reads our answers.
    this.flush()
    if (!this.#ending) this.end('ended-by-peer', `${this.peer} closed the connection${detail}`)
  }

  handleError(error: Error): void {
    if (this.#ending) return
    const reset = systemErrorCode(error) === 'ECONNRESET' || systemErrorCode(error) === 'EPIPE'
    const text = reset
      ? `${this.peer} broke off the connection`
      : `the connection to ${this.peer} failed: ${error.message}`
    this.end(
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
    if (this.#reason === null) this.end('ended-by-peer', `${this.peer} closed the connection`)
    this.#tellClosed()
  }

  protected get peer(): string {
    return formatHostPort({ host: this.remoteAddress, port: this.remotePort })
  }

  /** Ends at once, with a reason. */
  protected drop(kind: CloseKind, text: string, cause: CloseCause): void {
    this.end(kind, text)
    this.cut(cause, text)
  }

  /** Notes the reason; nothing is written from here on. */
  protected end(kind: CloseKind, text: string, error: HeadframeError | null = null): void {
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
