/**
 * An open WebSocket as a `Connection`: messages become the stream of bytes that `websocket-messages.ts` says, pings find
 * out whether the peer still lives, and the reason of an end becomes a close code (RFC 6455, 7.4.1).
 */
import { type Duplex } from 'node:stream'
import { type RawData, type WebSocket } from 'ws'
import { systemErrorCode } from '../base/index.ts'
import { type CloseCause, type Transport } from './connection-types.ts'
import { type NetLoop } from './net-loop.ts'
import { type ConnectionLimits, type PeerAddress, QueuedConnection } from './queued-connection.ts'
import { type Heartbeat, type Pinged } from './websocket-heartbeat.ts'
import { createMessageCodec, type MessageCodec, type Subprotocol } from './websocket-messages.ts'

const CLOSE_CODES: Readonly<Record<CloseCause, number>> = {
  normal: 1000,
  protocol: 1002,
  'data-type': 1003,
  policy: 1008,
  internal: 1011,
}
/** Bytes of UTF-8 (RFC 6455, 5.5: a control frame holds 125, two of them are the code). */
const MAX_REASON_BYTES = 123
/** The end of a WebSocket without a close frame, and with one that gives no code (RFC 6455, 7.4.1). */
const NO_CLOSE_FRAME = 1006
const NO_CODE = 1005
const MAX_MISSED_PONGS = 2

export interface WebSocketParts {
  /** Open. */
  readonly webSocket: WebSocket
  /** What it runs over. */
  readonly stream: Duplex & PeerAddress
  readonly secure: boolean
  readonly subprotocol: Subprotocol
  readonly loop: NetLoop
  readonly limits: ConnectionLimits
  readonly heartbeat: Heartbeat
}

export class WebSocketConnection extends QueuedConnection implements Pinged {
  readonly #webSocket: WebSocket
  readonly #stream: Duplex
  readonly #codec: MessageCodec
  readonly #heartbeat: Heartbeat
  /** Pings since the peer was last heard. */
  #missedPongs = 0
  #paused = false

  constructor({ webSocket, stream, secure, subprotocol, loop, limits, heartbeat }: WebSocketParts) {
    const transport: Transport = secure ? 'wss' : 'ws'
    super(stream, transport, loop, limits)
    this.#webSocket = webSocket
    this.#stream = stream
    this.#codec = createMessageCodec(subprotocol)
    this.#heartbeat = heartbeat
    webSocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    webSocket.on('pong', () => (this.#missedPongs = 0))
    webSocket.on('error', (error) => this.#onError(error))
    webSocket.on('close', (code, reason) => this.#onClose(code, reason))
    // What arrives before anyone asks for it waits.
    webSocket.pause()
    heartbeat.add(this)
  }

  pause(): void {
    this.#paused = true
    this.#webSocket.pause()
  }

  resume(): void {
    this.#paused = false
    this.#missedPongs = 0
    this.#webSocket.resume()
  }

  /** For `Heartbeat`. */
  beat(): void {
    // A peer that we do not read cannot be heard.
    if (this.closed || this.#webSocket.isPaused) return
    if (this.#missedPongs >= MAX_MISSED_PONGS) {
      this.drop('no-pong', `${this.peer} answered none of ${String(this.#missedPongs)} pings`, 'policy')
      return
    }
    this.#missedPongs++
    this.#webSocket.ping()
  }

  protected get unsentBytes(): number {
    return this.#webSocket.bufferedAmount
  }

  protected startReading(): void {
    if (!this.#paused) this.#webSocket.resume()
  }

  protected transmit(text: string, parts: (string | Uint8Array)[] | null): void {
    const messages = this.#codec.encode(text, parts)
    const several = messages.length > 1
    if (several) this.#stream.cork()
    // A failure ends the WebSocket, which says so itself.
    for (const message of messages) this.#webSocket.send(message, { binary: this.#codec.binary }, ignore)
    if (several) this.#stream.uncork()
  }

  protected finish(cause: CloseCause, text: string): void {
    this.#webSocket.close(CLOSE_CODES[cause], closeReason(text))
    // The peer's close frame is awaited, so it must be read.
    this.#webSocket.resume()
  }

  protected cut(cause: CloseCause, text: string): void {
    const { readyState, OPEN } = this.#webSocket
    // The system takes this much at once unless the peer does not read at all.
    if (readyState === OPEN) this.#webSocket.close(CLOSE_CODES[cause], closeReason(text))
    this.#webSocket.terminate()
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    this.#missedPongs = 0
    // `ws` gives one Buffer unless told otherwise.
    const decoded = this.#codec.decode(data as Buffer, isBinary)
    if (decoded.ok) {
      this.handleData(decoded.value)
      return
    }
    if (this.closed) return
    const { cause, text } = decoded.error
    this.end('bad-message', `${this.peer} sent a message that does not belong here: ${text}`)
    this.finish(cause, text)
  }

  #onError(error: Error): void {
    // What `ws` found wrong with the peer's frames; it closes with the code that belongs to it.
    if (!(systemErrorCode(error) ?? '').startsWith('WS_ERR_')) this.handleError(error)
    else if (!this.closed) {
      this.end('bad-message', `${this.peer} broke the rules of WebSocket: ${error.message}`)
    }
  }

  #onClose(code: number, reason: Buffer): void {
    this.#heartbeat.remove(this)
    if (code !== NO_CLOSE_FRAME && code !== NO_CODE) {
      const text = reason.toString().replaceAll(/[^\x20-\x7e]/g, '?')
      this.handleEnd(text === '' ? ` (${String(code)})` : ` (${String(code)}: ${text})`)
    }
    this.handleClosed()
  }
}

/** As much of the text as a close frame holds. */
function closeReason(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length <= MAX_REASON_BYTES) return bytes
  let end = MAX_REASON_BYTES
  // Not within a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

function ignore(): void {}
