/**
 * Writes little-endian values into an array of known length. What we send is our own doing, so a value
 * that does not fit its type is a bug of ours and is thrown (Protocol Overview, 3.1).
 */
import { HeadframeError } from '../base/index.ts'

const utf8 = new TextEncoder()
const floatScratch = new DataView(new ArrayBuffer(4))

/** Bytes `text` takes as UTF-8; a lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) length += 1
    else if (code < 0x800) length += 2
    else if (isHighSurrogate(code) && isLowSurrogate(text.charCodeAt(i + 1))) {
      length += 4
      i++
    } else length += 3
  }
  return length
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff
const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff

export class WireWriter {
  /** Name of the field being written; goes into the error. */
  field = ''
  /** Filled from the start; complete when as many bytes were written as it is long. */
  readonly bytes: Uint8Array
  private readonly messageName: string
  private offset: number

  /**
   * @param messageName for errors
   * @param length of `bytes`, known before
   * @param offset where writing starts; the bytes before it stay 0
   */
  constructor(messageName: string, length: number, offset = 0) {
    this.bytes = new Uint8Array(length)
    this.messageName = messageName
    this.offset = offset
  }

  u8(value: number): void {
    this.require(value, 0xff, 'U8')
    this.bytes[this.offset++] = value
  }

  u16(value: number): void {
    this.require(value, 0xffff, 'U16')
    this.bytes[this.offset++] = value
    this.bytes[this.offset++] = value >>> 8
  }

  u24(value: number): void {
    this.require(value, 0xffffff, 'U24')
    this.bytes[this.offset++] = value
    this.bytes[this.offset++] = value >>> 8
    this.bytes[this.offset++] = value >>> 16
  }

  u32(value: number): void {
    this.require(value, 0xffffffff, 'U32')
    const { bytes, offset } = this
    bytes[offset] = value
    bytes[offset + 1] = value >>> 8
    bytes[offset + 2] = value >>> 16
    bytes[offset + 3] = value >>> 24
    this.offset = offset + 4
  }

  u64(value: bigint): void {
    if (value < 0n || value > 0xffffffffffffffffn) this.fail(`${value} is not a U64`)
    this.u32(Number(value & 0xffffffffn))
    this.u32(Number(value >> 32n))
  }

  /** @throws HeadframeError if `value` is not finite in single precision */
  f32(value: number): void {
    floatScratch.setFloat32(0, value)
    if (!Number.isFinite(floatScratch.getFloat32(0))) this.fail(`${value} is not a finite F32`)
    this.u32(floatScratch.getUint32(0))
  }

  raw(value: Uint8Array): void {
    this.bytes.set(value, this.offset)
    this.offset += value.length
  }

  /** @param byteLength of `text` as `utf8Length` says */
  text(text: string, byteLength: number): void {
    const { bytes, offset } = this
    if (byteLength === text.length) {
      for (let i = 0; i < byteLength; i++) bytes[offset + i] = text.charCodeAt(i)
    } else utf8.encodeInto(text, bytes.subarray(offset, offset + byteLength))
    this.offset = offset + byteLength
  }

  /** @throws HeadframeError `sv2/cannot-encode`, always */
  fail(problem: string): never {
    const where = this.field === '' ? this.messageName : `${this.messageName}.${this.field}`
    throw new HeadframeError(
      'sv2/cannot-encode',
      `Cannot send ${where}: ${problem}. This is a fault of Headframe: please report it with the log.`,
      { context: { message: this.messageName, field: this.field } },
    )
  }

  private require(value: number, max: number, type: string): void {
    if (!(value >= 0 && value <= max && Number.isInteger(value))) this.fail(`${value} is not a ${type}`)
  }
}
