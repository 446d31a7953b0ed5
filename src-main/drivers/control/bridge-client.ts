/**
 * The buses of a board whose bridge speaks the USB control protocol, over any link. Not the protocol's bytes
 * (`requests.ts`, `packets.ts`), and not what the buses are used for.
 *
 * Firmware parses requests that arrive together wrongly and forgets a partial one after 4 ms without bytes
 * (asic-serial 6.2): one request is in flight, each is one write, its time is limited, and after a miss the line is
 * left alone for a moment and what was received is thrown away. A late answer carries the id of a request that is
 * over and answers nothing.
 */
import {
  type Clock,
  HeadframeError,
  type Logger,
  silentLogger,
  type Timer,
  type Unsubscribe,
} from '../../base/index.ts'
import { type ByteLink } from '../model/byte-link.ts'
import {
  type Adc,
  type BoardBridge,
  type ControlLoss,
  type GpioPins,
  type I2cBus,
  type Led,
  type RequestOptions,
} from './buses.ts'
import { bridgeBuses } from './bridge-buses.ts'
import { type BridgeReply, BridgeReplyDecoder, MALFORMED_ID, type ReplyFormat } from './packets.ts'
import { encodeRequest, type BridgeRequest } from './requests.ts'
import { PendingRequest, RequestQueue } from './request-queue.ts'

/** How long a reply may take. A request with the longest read takes some 10 ms at 100 kHz. */
export const REQUEST_TIMEOUT_MS = 1000
/** Longer than firmware keeps part of a request. */
export const SETTLE_AFTER_MISS_MS = 10
/** So many in a row without an answer, and the channel counts as lost. */
export const MISSES_UNTIL_LOST = 3

interface InFlight {
  readonly pending: PendingRequest
  readonly timer: Timer
}

export interface BridgeClientOptions {
  /** For the ids of requests; 0 to 254. */
  readonly firstId?: number
  readonly log?: Logger
}

export class BridgeClient implements BoardBridge {
  readonly i2c: I2cBus
  readonly gpio: GpioPins
  readonly adc: Adc
  readonly led: Led
  readonly #link: ByteLink
  readonly #clock: Clock
  readonly #log: Logger
  readonly #decoder: BridgeReplyDecoder
  readonly #queue = new RequestQueue()
  readonly #lossListeners = new Set<(loss: ControlLoss) => void>()
  readonly #subscriptions: Unsubscribe[]
  #nextId: number
  #inFlight: InFlight | null = null
  #settleTimer: Timer | null = null
  #missesInRow = 0
  #loss: ControlLoss | null = null
  #closing: Promise<void> | null = null

  /** Takes the link over: nobody else may write to it. `close` closes it. */
  constructor(link: ByteLink, clock: Clock, format: ReplyFormat, options: BridgeClientOptions = {}) {
    this.#link = link
    this.#clock = clock
    this.#log = options.log ?? silentLogger
    this.#nextId = (options.firstId ?? 0) % MALFORMED_ID
    this.#decoder = new BridgeReplyDecoder(format)
    const buses = bridgeBuses((request, requestOptions) => this.#ask(request, requestOptions))
    this.i2c = buses.i2c
    this.gpio = buses.gpio
    this.adc = buses.adc
    this.led = buses.led
    this.#subscriptions = [link.onBytes((bytes) => this.#receive(bytes))]
    this.#subscriptions.push(
      link.onEnd((end) => this.#lose('control/closed', `The control port is gone: ${end.message}`)),
    )
  }

  get loss(): ControlLoss | null {
    return this.#loss
  }

  /** Bytes that belonged to no reply, and answers that came too late: a noisy or overloaded line. */
  get lineErrors(): { readonly skippedBytes: number; readonly staleReplies: number } {
    return { skippedBytes: this.#decoder.skippedBytes, staleReplies: this.#decoder.staleReplies }
  }

  onLoss(listener: (loss: ControlLoss) => void): Unsubscribe {
    if (this.#loss !== null) {
      listener(this.#loss)
      return () => undefined
    }
    const own = (loss: ControlLoss): void => listener(loss)
    this.#lossListeners.add(own)
    return () => void this.#lossListeners.delete(own)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#lose('control/closed', 'The control port was closed.')
    this.#settleTimer?.cancel()
    this.#settleTimer = null
    for (const unsubscribe of this.#subscriptions.splice(0)) unsubscribe()
    await this.#link.close()
  }

  #ask(request: BridgeRequest, options: RequestOptions): Promise<BridgeReply> {
    const pending = new PendingRequest(request, options)
    if (this.#loss !== null && (this.#loss.code === 'control/closed' || pending.urgency !== 'shutdown')) {
      pending.fail(lossError(this.#loss))
    }
    if (!pending.settled) {
      this.#queue.add(pending)
      this.#sendNext()
    }
    return pending.reply
  }

  #sendNext(): void {
    if (this.#inFlight !== null || this.#settleTimer !== null) return
    const pending = this.#queue.take()
    if (pending === null) return
    const id = this.#nextId
    this.#nextId = (id + 1) % MALFORMED_ID
    this.#decoder.expectReply({ id, length: pending.request.replyLength })
    const timer = this.#clock.after(REQUEST_TIMEOUT_MS, () => this.#timeUp())
    this.#inFlight = { pending, timer }
    // Not awaited: a port that takes no bytes must run into the same limit as one that does not answer.
    this.#link.write(encodeRequest(id, pending.request)).catch((error: unknown) => {
      if (this.#inFlight?.pending !== pending) return
      this.#log.debug('control request not written', { what: pending.request.what, error: String(error) })
      this.#miss(pending)
    })
  }

  #receive(bytes: Uint8Array): void {
    const reply = this.#decoder.push(bytes)
    if (reply !== null) this.#answered(reply)
  }

  #timeUp(): void {
    const reply = this.#decoder.expire()
    if (reply !== null) this.#answered(reply)
    else if (this.#inFlight !== null) this.#miss(this.#inFlight.pending)
  }

  #answered(reply: BridgeReply): void {
    const inFlight = this.#inFlight
    if (inFlight === null) return
    this.#inFlight = null
    inFlight.timer.cancel()
    this.#missesInRow = 0
    inFlight.pending.succeed(reply)
    this.#sendNext()
  }

  #miss(pending: PendingRequest): void {
    this.#inFlight?.timer.cancel()
    this.#inFlight = null
    this.#decoder.expire()
    this.#missesInRow++
    pending.fail(timeoutError(pending.request, this.#link.name))
    if (this.#missesInRow >= MISSES_UNTIL_LOST) {
      this.#lose(
        'control/lost',
        `The board does not answer on ${this.#link.name}. Unplug it and plug it in again.`,
      )
    }
    if (this.#loss?.code === 'control/closed') return
    this.#link
      .discardInput()
      .catch((error: unknown) => this.#log.debug('input not discarded', { error: String(error) }))
    this.#settleTimer = this.#clock.after(SETTLE_AFTER_MISS_MS, () => {
      this.#settleTimer = null
      this.#sendNext()
    })
  }

  /** What takes power away goes on being tried after silence, and never after the link has ended. */
  #lose(code: ControlLoss['code'], message: string): void {
    const isClosed = code === 'control/closed'
    const loss: ControlLoss = { code, message }
    const isFirst = this.#loss === null
    if (isFirst || isClosed) this.#loss = isFirst ? loss : { code, message: this.#loss?.message ?? message }
    this.#queue.failAll(lossError(loss), !isClosed)
    if (isClosed && this.#inFlight !== null) {
      this.#inFlight.timer.cancel()
      this.#inFlight.pending.fail(lossError(loss))
      this.#inFlight = null
    }
    if (!isFirst) return
    this.#log.warn('control channel lost', { code, port: this.#link.name })
    const listeners = [...this.#lossListeners]
    this.#lossListeners.clear()
    for (const listener of listeners) listener(loss)
  }
}

function lossError(loss: ControlLoss): HeadframeError {
  return new HeadframeError(loss.code, loss.message)
}

function timeoutError(request: BridgeRequest, port: string): HeadframeError {
  return new HeadframeError(
    'control/timeout',
    `The board did not answer on ${port} within ${REQUEST_TIMEOUT_MS} ms (${request.what}).`,
    { context: { port, what: request.what, timeoutMs: REQUEST_TIMEOUT_MS } },
  )
}
