/**
 * Replies of a bridge, cut out of whatever bytes arrive: a small state machine, pure, that never throws. What is
 * asked is `requests.ts`, who asks is `bridge-client.ts`. asic-serial 6.2, fixtures/asic/bitaxe-raw.json.
 *
 *   v1          length(2) id status data      length: whole packet; status 00 is success
 *   v0 success  length(2) id data             length: data alone
 *   v0 error    length(2) id code [text]      length: whole packet. Meant to say FF where the id is
 *
 * A v0 error therefore looks like a success that is three bytes longer than what arrives. Three things tell them
 * apart: how many data bytes the request asked for, else that nothing follows within the request's timeout, and the
 * code. Replies carry no check sum: bytes that were changed within data cannot be noticed here, and whoever reads
 * sensors must doubt every value. Asic-serial 6.2 [src: emberone-usbserial-fw, src/control/mod.rs].
 */

export type ReplyFormat = 'v0' | 'v1'

/** A request that could not be read is answered with this id, so no request of ours may have it. */
export const MALFORMED_ID = 0xff

const CODE_TIMEOUT = 0x10
const CODE_INVALID = 0x11
const CODE_OVERFLOW = 0x12
const CODE_TEXT = 0xff

/** Longest reply that firmware can send: 256 data bytes and a head. */
const MAX_REPLY_BYTES = 260
/** Requests whose time was up and whose answer may still come; an older one is forgotten. */
const MAX_ABANDONED = 8

export interface AwaitedReply {
  /** 0 to 254. */
  readonly id: number
  /** Data bytes of a success; null: not known. */
  readonly length: number | null
}

export type BridgeReply =
  | { readonly kind: 'data'; readonly id: number; readonly data: Uint8Array }
  | { readonly kind: 'error'; readonly id: number; readonly code: number; readonly text: string }

/** What an error code says, for a person. */
export function describeReplyError(code: number, text: string): string {
  if (code === CODE_TIMEOUT) return 'time ran out on the bus'
  if (code === CODE_INVALID) return 'the bridge does not know this request'
  if (code === CODE_OVERFLOW) return 'too many bytes for the bridge'
  return text === '' ? `error ${code.toString(16)}` : text
}

/** Whether the error is one of the bus behind the bridge, rather than of the request. */
export function isBusError(code: number): boolean {
  return code === CODE_TIMEOUT || code === CODE_TEXT
}

/**
 * Hardware revision, firmware minor and patch out of `bcdDevice` (JJMN), and the replies that firmware gives: v1 from
 * minor 1 on.
 */
export function parseDeviceRelease(bcdDevice: number): {
  readonly hardware: number
  readonly minor: number
  readonly patch: number
  readonly format: ReplyFormat
} {
  const minor = (bcdDevice >> 4) & 0xf
  return { hardware: bcdDevice >> 8, minor, patch: bcdDevice & 0xf, format: minor >= 1 ? 'v1' : 'v0' }
}

/** What stands at the head of the buffer. `size`: bytes it takes. */
type Head =
  | { readonly kind: 'reply'; readonly size: number; readonly reply: BridgeReply }
  /** Could be a reply of ours once more bytes are there. */
  | { readonly kind: 'partial' }
  | { readonly kind: 'garbage' }

export class BridgeReplyDecoder {
  readonly format: ReplyFormat
  #buffer = new Uint8Array(0)
  #awaited: AwaitedReply | null = null
  readonly #abandoned = new Map<number, number | null>()
  #skippedBytes = 0
  #staleReplies = 0

  constructor(format: ReplyFormat) {
    this.format = format
  }

  /** Bytes that belong to no reply of ours. */
  get skippedBytes(): number {
    return this.#skippedBytes
  }

  /** Answers that came after their time was up; they answer nothing. */
  get staleReplies(): number {
    return this.#staleReplies
  }

  /** A request leaves now: whatever arrived before cannot be its answer. */
  expectReply(awaited: AwaitedReply): void {
    this.#skip(this.#buffer.length)
    this.#abandoned.delete(awaited.id)
    this.#awaited = awaited
  }

  /** @returns the awaited reply once it is whole, else null */
  push(bytes: Uint8Array): BridgeReply | null {
    if (this.#awaited === null) {
      this.#skippedBytes += bytes.length
      return null
    }
    const joined = new Uint8Array(this.#buffer.length + bytes.length)
    joined.set(this.#buffer)
    joined.set(bytes, this.#buffer.length)
    this.#buffer = joined
    return this.#take()
  }

  /**
   * The request's time is up: what has arrived is all there is.
   * @returns an error in v0 dress, which only now can be told from a success that is still on its way; else null
   */
  expire(): BridgeReply | null {
    const awaited = this.#awaited
    if (awaited === null) return null
    const late = this.format === 'v0' ? this.#errorAsSent(awaited.id) : null
    this.#skip(this.#buffer.length)
    this.#awaited = null
    if (late === null) this.#abandon(awaited)
    return late
  }

  #take(): BridgeReply | null {
    while (this.#awaited !== null && this.#buffer.length >= 3) {
      const head = this.format === 'v1' ? this.#headV1() : this.#headV0()
      if (head.kind === 'partial') return null
      if (head.kind === 'garbage') {
        this.#skip(1)
        continue
      }
      this.#buffer = this.#buffer.slice(head.size)
      const { id } = head.reply
      if (id !== this.#awaited.id && id !== MALFORMED_ID) {
        this.#staleReplies++
        this.#abandoned.delete(id)
        continue
      }
      this.#awaited = null
      this.#skip(this.#buffer.length)
      return head.reply
    }
    return null
  }

  /** Undefined: no request of ours has this id. */
  #expectedLength(id: number): number | null | undefined {
    return id === this.#awaited?.id ? this.#awaited.length : this.#abandoned.get(id)
  }

  #headV1(): Head {
    const [low = 0, high = 0, id = 0, status] = this.#buffer
    const size = low | (high << 8)
    const expected = id === MALFORMED_ID ? null : this.#expectedLength(id)
    if (expected === undefined || size < 4 || size > MAX_REPLY_BYTES) return { kind: 'garbage' }
    if (status === undefined) return { kind: 'partial' }
    if (status === 0) {
      if (id === MALFORMED_ID || (expected !== null && size !== 4 + expected)) return { kind: 'garbage' }
    } else if (!isErrorShape(status, size)) return { kind: 'garbage' }
    if (this.#buffer.length < size) return { kind: 'partial' }
    const data = this.#buffer.slice(4, size)
    const reply: BridgeReply =
      status === 0 ? { kind: 'data', id, data } : { kind: 'error', id, code: status, text: textOf(data) }
    return { kind: 'reply', size, reply }
  }

  #headV0(): Head {
    const [low = 0, high = 0, id = 0, code] = this.#buffer
    const length = low | (high << 8)
    const expected = id === MALFORMED_ID ? 0 : this.#expectedLength(id)
    if (expected === undefined || length > MAX_REPLY_BYTES) return { kind: 'garbage' }
    if (id !== MALFORMED_ID && (expected === null || length === expected)) {
      const size = 3 + length
      if (this.#buffer.length < size) return { kind: 'partial' }
      return { kind: 'reply', size, reply: { kind: 'data', id, data: this.#buffer.slice(3, size) } }
    }
    if (length < 4) return { kind: 'garbage' }
    if (code === undefined) return { kind: 'partial' }
    if (!isErrorShape(code, length)) return { kind: 'garbage' }
    if (this.#buffer.length < length) return { kind: 'partial' }
    return { kind: 'reply', size: length, reply: this.#errorOf(id, code, length) }
  }

  /** Exactly one error packet and nothing else, under the id or the one of malformed requests. */
  #errorAsSent(id: number): BridgeReply | null {
    const [low = 0, high = 0, gotId, code] = this.#buffer
    const length = low | (high << 8)
    if (gotId !== id || code === undefined || this.#buffer.length !== length) return null
    return isErrorShape(code, length) ? this.#errorOf(id, code, length) : null
  }

  #errorOf(id: number, code: number, length: number): BridgeReply {
    return { kind: 'error', id, code, text: textOf(this.#buffer.slice(4, length)) }
  }

  #abandon(request: AwaitedReply): void {
    this.#abandoned.set(request.id, request.length)
    if (this.#abandoned.size <= MAX_ABANDONED) return
    const oldest = this.#abandoned.keys().next()
    if (!oldest.done) this.#abandoned.delete(oldest.value)
  }

  #skip(count: number): void {
    this.#skippedBytes += count
    this.#buffer = this.#buffer.slice(count)
  }
}

/** Only an error with a text is longer than its code. */
function isErrorShape(code: number, packetLength: number): boolean {
  if (code === CODE_TEXT) return packetLength >= 4
  return (code === CODE_TIMEOUT || code === CODE_INVALID || code === CODE_OVERFLOW) && packetLength === 4
}

/** Printable ASCII of a firmware's message; everything else becomes a question mark. */
function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?')).join('')
}
