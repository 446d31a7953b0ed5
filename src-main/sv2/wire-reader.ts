/**
 * Reads little-endian values from one payload and never outside it. The first failure sticks: from then
 * on every read returns an empty value, so a codec reads straight through and its caller looks at `fault`
 * once. Byte fields are copied: values stay good when the transport reuses its buffer.
 * Not a message codec; the types of fields are in field-types.ts (Protocol Overview, 3.1).
 */

export type ReadFaultKind = 'truncated' | 'malformed'

export interface ReadFault {
  readonly kind: ReadFaultKind
  /** Sentence part: what was found. */
  readonly problem: string
  /** Field being read when it failed, as `field` said. */
  readonly field: string
  /** Bytes from the start of the payload. */
  readonly offset: number
}

const EMPTY = new Uint8Array(0)
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const floatScratch = new DataView(new ArrayBuffer(4))

export class WireReader {
  /** The first failure, or null while all went well. */
  fault: ReadFault | null = null
  /** Name of the field being read; goes into `fault`. */
  field = ''
  private readonly bytes: Uint8Array
  private offset = 0

  constructor(payload: Uint8Array) {
    this.bytes = payload
  }

  /** Bytes not read yet; 0 after a failure. */
  get remaining(): number {
    return this.fault === null ? this.bytes.length - this.offset : 0
  }

  /** Records a failure unless there is one already. */
  fail(kind: ReadFaultKind, problem: string): void {
    this.fault ??= { kind, problem, field: this.field, offset: this.offset }
  }

  u8(): number {
    const at = this.take(1)
    return at < 0 ? 0 : this.bytes[at]!
  }

  u16(): number {
    const at = this.take(2)
    return at < 0 ? 0 : this.bytes[at]! | (this.bytes[at + 1]! << 8)
  }

  u24(): number {
    const at = this.take(3)
    return at < 0 ? 0 : this.bytes[at]! | (this.bytes[at + 1]! << 8) | (this.bytes[at + 2]! << 16)
  }

  u32(): number {
    const at = this.take(4)
    if (at < 0) return 0
    const bytes = this.bytes
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  }

  u64(): bigint {
    const low = this.u32()
    const high = this.u32()
    return (BigInt(high) << 32n) | BigInt(low)
  }

  /** IEEE-754 single precision; may be NaN or infinite. */
  f32(): number {
    floatScratch.setUint32(0, this.u32())
    return floatScratch.getFloat32(0)
  }

  /** A copy of the next `length` bytes; empty after a failure. */
  copy(length: number): Uint8Array {
    const at = this.take(length)
    if (at < 0 || length === 0) return EMPTY
    const copy = new Uint8Array(length)
    if (length <= 64) for (let i = 0; i < length; i++) copy[i] = this.bytes[at + i]!
    else copy.set(this.bytes.subarray(at, at + length))
    return copy
  }

  /** The next `length` bytes as UTF-8; ill-formed sequences become U+FFFD. */
  text(length: number): string {
    const at = this.take(length)
    return at < 0 ? '' : utf8.decode(this.bytes.subarray(at, at + length))
  }

  /** A copy of everything not read yet. */
  rest(): Uint8Array {
    return this.copy(this.remaining)
  }

  /** Claims `length` bytes: their offset, or -1 if the payload has fewer left or a read failed before. */
  private take(length: number): number {
    if (this.fault !== null) return -1
    const at = this.offset
    const left = this.bytes.length - at
    if (length > left) {
      this.fail('truncated', `needs ${length} bytes where ${left} are left`)
      return -1
    }
    this.offset = at + length
    return at
  }
}
