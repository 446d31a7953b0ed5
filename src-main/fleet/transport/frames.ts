/**
 * Frames of Whatsminer's third API: 4 bytes of little-endian length, then that many bytes of JSON, both ways.
 * Governing document: rig API digest, section 5.7.
 */
import { concatBytes, type HeadframeError } from '../../base/index.ts'
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
  #bytes: Uint8Array = new Uint8Array()
  #length: number | null = null
  readonly #of: AskedOf
  readonly #limitBytes: number

  constructor(of: AskedOf, limitBytes: number) {
    this.#of = of
    this.#limitBytes = limitBytes
  }

  take(piece: Uint8Array): Progress {
    this.#bytes = concatBytes(this.#bytes, piece)
    if (this.#length === null && this.#bytes.length >= HEADER_BYTES) {
      const length = new DataView(this.#bytes.buffer, this.#bytes.byteOffset).getUint32(0, true)
      if (length > this.#limitBytes) return this.#refusal()
      this.#length = length
    }
    return this.#length !== null && this.#bytes.length >= HEADER_BYTES + this.#length ? 'done' : 'more'
  }

  result(): Uint8Array | null {
    if (this.#length === null || this.#bytes.length < HEADER_BYTES + this.#length) return null
    return this.#bytes.slice(HEADER_BYTES, HEADER_BYTES + this.#length)
  }

  /** A length made of letters is another protocol's first word. */
  #refusal(): HeadframeError {
    const word = this.#bytes.subarray(0, HEADER_BYTES)
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
