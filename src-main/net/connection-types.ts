/** Why a connection ended, and what a connection offers its owner. */
import { type HeadframeError } from '../base/index.ts'

export type CloseKind =
  /** The peer ended the stream. */
  | 'ended-by-peer'
  /** We ended it; the text is what `close` was given. */
  | 'closed-by-us'
  /** Nothing was received for `idleTimeoutMs`. */
  | 'idle'
  /** The peer read too slowly: more than `maxBufferedBytes` waited for it. */
  | 'slow-reader'
  /** The system reported an error: reset, unreachable, TLS alert. */
  | 'socket-error'

export interface CloseReason {
  readonly kind: CloseKind
  /** A sentence fit for a log line and a person. */
  readonly text: string
  readonly error: HeadframeError | null
}

/** An ordered stream of bytes to one peer. TCP and TLS look the same from here. */
export interface Connection {
  /** Numeric address of the peer; IPv4-mapped IPv6 is written as IPv4. */
  readonly remoteAddress: string
  readonly remotePort: number
  /** Bytes received so far. */
  readonly bytesIn: number
  /** Bytes handed to the system so far. */
  readonly bytesOut: number
  /** Bytes waiting for the peer to read. */
  readonly bufferedBytes: number
  readonly closed: boolean
  /** Silence of the peer that ends the connection; 0 for never. May be changed at any time. */
  idleTimeoutMs: number

  /** Sets the one receiver of bytes. The array is valid only during the call unless copied. */
  onData(receive: (bytes: Uint8Array) => void): void
  /** Sets the one listener of the end; called exactly once, also if the connection had already ended. */
  onClose(listener: (reason: CloseReason) => void): void

  /**
   * Queues text (ASCII) or bytes. Everything queued in one turn of the loop leaves in one write. Bytes must not change
   * afterwards. A peer that lets more than `maxBufferedBytes` pile up is dropped.
   * @returns false if the connection has ended
   */
  write(data: string | Uint8Array): boolean
  /** Hands over what is queued now, without waiting for the end of the turn. */
  flush(): void
  /** Sends what is queued, then ends. `text` becomes the close reason. Harmless when repeated. */
  close(text: string): void
  /** Ends at once; what is queued is lost. */
  destroy(text: string): void
  /** Stops and resumes reading: used to hold a peer back while the other side is full. */
  pause(): void
  resume(): void
}
