/**
 * Frames of Whatsminer's third API: 4 bytes of little-endian length, then that many bytes of JSON, both ways.
 * Governing document: rig API digest, section 5.7.
 */
import { concatBytes, type HeadframeError, joinBytes } from '../../base/index.ts'
import { type Collector, exchange, type ExchangeOptions, type Progress } from './exchange.ts'
import { type AskedOf, badReply, tooLarge } from './link-errors.ts'

const HEADER_BYTES = 4

/** @param request JSON text */
export function encodeFrame(request: string): Uint8Array {
  const body = new TextEncoder().encode(request)
  const header = new Uint8Array(HEADER_BYTES)
  new DataView(header.buffer).setUint32(0, body.length, true)
  return concatBytes(header, body)
}

/** Collects exactly one frame; what follows it is left alone. */
export class FrameCollector implements Collector {
  /** Joined once at the end: a long frame comes in very many pieces. */
  readonly #pieces: Uint8Array[] = []
  #received = 0
  #length: number | null = null
  readonly #of: AskedOf
  readonly #limitBytes: number

  constructor(of: AskedOf, limitBytes: number) {
    this.#of = of
    this.#limitBytes = limitBytes
  }

  take(piece: Uint8Array): Progress {
    this.#pieces.push(piece)
    this.#received += piece.length
    if (this.#length === null && this.#received >= HEADER_BYTES) {
      const start = joinBytes(this.#pieces)
      const length = new DataView(start.buffer, start.byteOffset).getUint32(0, true)
      if (length > this.#limitBytes) return this.#refusal(start.subarray(0, HEADER_BYTES))
      this.#length = length
    }
    return this.#length !== null && this.#received >= HEADER_BYTES + this.#length ? 'done' : 'more'
  }

  result(): Uint8Array | null {
    if (this.#length === null || this.#received < HEADER_BYTES + this.#length) return null
    return joinBytes(this.#pieces).slice(HEADER_BYTES, HEADER_BYTES + this.#length)
  }

  /** A length made of letters is another protocol's first word. */
  #refusal(word: Uint8Array): HeadframeError {
    return word.every((byte) => byte >= 0x20 && byte < 0x7f)
      ? badReply(this.#of, 'in another protocol than length and JSON')
      : tooLarge(this.#of, this.#limitBytes)
  }
}

/**
 * @returns the JSON's bytes
 * @throws HeadframeError `rig/…`
 */
export function frameExchange(
  options: Omit<ExchangeOptions, 'payload' | 'collector'>,
  request: string,
): Promise<Uint8Array> {
  return exchange({
    ...options,
    payload: encodeFrame(request),
    // The header counts as well against the limit of what is received.
    limitBytes: options.limitBytes + HEADER_BYTES,
    collector: new FrameCollector(options, options.limitBytes),
  })
}
