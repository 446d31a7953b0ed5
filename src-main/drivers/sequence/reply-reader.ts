/**
 * From bytes of a line to replies for whoever listens. It owns the decoder: nobody else pushes bytes into it. It
 * tells the decoder when the line has been quiet, which some decoders frame by.
 */
import { type Clock, Listeners, type Timer, type Unsubscribe } from '../../base/index.ts'
import { type ByteLink } from '../model/byte-link.ts'
import { type ChipReply, type ReplyDecoder } from '../model/chip.ts'

/** Where a sequence hears what chips say. */
export interface ReplySource {
  onReply(listener: (reply: ChipReply) => void): Unsubscribe
  /** Forgets the beginning of a reply whose end has not come yet. */
  discard(): void
}

/** Longer than the gaps that a USB bridge leaves inside a reply (asic-serial 4.4 and 8.2). */
const QUIET_MS = 20

const NO_BYTES: Uint8Array = new Uint8Array(0)

export class ReplyReader implements ReplySource {
  readonly #decoder: ReplyDecoder
  readonly #clock: Clock
  readonly #quietMs: number
  readonly #replies = new Listeners<ChipReply>()
  readonly #stopListening: Unsubscribe
  #quiet: Timer | null = null

  /** @param quietMs silence after which the decoder is told that the line is quiet */
  constructor(link: Pick<ByteLink, 'onBytes'>, decoder: ReplyDecoder, clock: Clock, quietMs = QUIET_MS) {
    this.#decoder = decoder
    this.#clock = clock
    this.#quietMs = quietMs
    this.#stopListening = link.onBytes((bytes) => this.#take(bytes))
  }

  onReply(listener: (reply: ChipReply) => void): Unsubscribe {
    return this.#replies.on(listener)
  }

  discard(): void {
    this.#decoder.quiet()
    this.#decoder.push(NO_BYTES)
  }

  /** Stops listening to the line; harmless when repeated. */
  dispose(): void {
    this.#stopListening()
    this.#quiet?.cancel()
    this.#quiet = null
    this.#replies.clear()
  }

  #take(bytes: Uint8Array): void {
    this.#emit(this.#decoder.push(bytes))
    this.#quiet?.cancel()
    this.#quiet = this.#clock.after(this.#quietMs, () => {
      this.#quiet = null
      this.#decoder.quiet()
      this.#emit(this.#decoder.push(NO_BYTES))
    })
  }

  #emit(replies: readonly ChipReply[]): void {
    for (const reply of replies) this.#replies.emit(reply)
  }
}
