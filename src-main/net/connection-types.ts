/** Why a connection ended, and what a connection offers its owner. */
import { type HeadframeError } from '../base/index.ts'

/** What carries the bytes: TCP or a WebSocket, each plain or under TLS. */
export type Transport = 'tcp' | 'tls' | 'ws' | 'wss'

export type CloseKind =
  /** The peer ended the stream. */
  | 'ended-by-peer'
  /** We ended it; the text is what `close` was given. */
  | 'closed-by-us'
  /** Nothing was received for `idleTimeoutMs`. */
  | 'idle'
  /** The peer of a WebSocket answered neither of two pings. */
  | 'no-pong'
  /** The peer read too slowly: more than `maxBufferedBytes` waited for it. */
  | 'slow-reader'
  /** The peer broke the rules of the WebSocket: text where binary belongs, a message that is too long. */
  | 'bad-message'
  /** The system reported an error: reset, unreachable, TLS alert. */
  | 'socket-error'

export interface CloseReason {
  readonly kind: CloseKind
  /** A sentence fit for a log line and a person. */
  readonly text: string
  readonly error: HeadframeError | null
}

/** Why we end a connection, for transports that tell the peer (WebSocket close codes); TCP says nothing. */
export type CloseCause =
  /** Done: 1000. */
  | 'normal'
  /** The peer broke the protocol: 1002. */
  | 'protocol'
  /** The peer sent a kind of message that does not belong here: 1003. */
  | 'data-type'
  /** The peer is not let in, or used up a limit: 1008. */
  | 'policy'
  /** Something failed on our side: 1011. */
  | 'internal'

/**
 * An ordered stream of bytes to one peer. TCP, TLS and WebSocket look the same from here: a WebSocket of SV1 carries
 * lines that end in `\n`, one of SV2 the bytes of Noise, and where its messages begin and end is not seen.
 */
export interface Connection {
  readonly transport: Transport
  /** Numeric address of the peer; IPv4-mapped IPv6 is written as IPv4. */
  readonly remoteAddress: string
  readonly remotePort: number
  /** Bytes received so far, without what TLS and WebSocket add. */
  readonly bytesIn: number
  /** Bytes handed to the system so far, without what TLS and WebSocket add. */
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
  close(text: string, cause?: CloseCause): void
  /** Ends at once; what is queued is lost. */
  destroy(text: string, cause?: CloseCause): void
  /** Stops and resumes reading: used to hold a peer back while the other side is full. */
  pause(): void
  resume(): void
}
