/**
 * The column codec: a list of whole numbers, some of them absent, in as few bytes as their shape allows, and the same for
 * float64. Pure. What a column means, and how several make a block, is not its affair (`blocks.ts`, `slots.ts`).
 *
 * This comment is the governing document. A column is
 *
 *     +---------+-------+----------+-------------------+----------------+
 *     | version | shape | length   | presence bits     | numbers        |
 *     | 1 byte  | 1     | varint   | if shape has 0x80 | as shape says  |
 *     +---------+-------+----------+-------------------+----------------+
 *
 *     version    1
 *     shape      bits 0-2 layout, bit 3 (0x08) delta, bit 7 (0x80) presence bits; other bits are 0
 *     length     numbers in the list, absent ones included; at most 65,536
 *     presence   ceil(length / 8) bytes, bit i % 8 of byte i / 8 (lowest first) is 1 where number i is there; the bits
 *                behind the last are 0. Without them every number is there.
 *
 * The layouts of the n numbers that are there:
 *
 *     0 none      nothing; n is 0
 *     1 constant  +---------------+                       all numbers are this one
 *                 | signed varint |
 *                 +---------------+
 *     2 packed    +---------------+-------+---------------------+   number = base + the next `width` bits
 *                 | base          | width | ceil(n * width / 8) |   width 1 to 53
 *                 | signed varint | 1     | bytes of bits       |
 *                 +---------------+-------+---------------------+
 *     3 grouped   base, width (0 to 53) and bits as in 2, again for every 64 numbers: one number that lies far off
 *                 widens its own group and no other
 *     4 float64   8 bytes each, little endian
 *
 * With delta, the first number comes first as a signed varint, and the layout (1, 2 or 3) holds the n - 1 differences from
 * one number to the next; n is then at least 2.
 *
 *     varint         7 bits a byte, lowest first, bit 7 says that another byte follows
 *     signed varint  the first byte holds the sign in bit 6 and 6 bits of the magnitude, each following byte 7 more
 *     bits           lowest bit of a number first, into the lowest free bit of a byte; bits behind the last are 0
 *
 * The encoder takes the shape with the fewest bytes. Numbers that lie further apart than a double can count go as float64,
 * which holds every safe integer exactly.
 */
import { err, ok, type Result } from '../../base/index.ts'

/** Numbers in a column at most; a longer length is damage, so that damaged bytes never ask for more memory. */
export const MAX_COLUMN_LENGTH = 65_536

/** Bytes that no encoder wrote. `reason` says where they differ. */
export interface ColumnDamage {
  readonly kind: 'damaged'
  readonly reason: string
}

const VERSION = 1
const LAYOUT_BITS = 0x07
const DELTA_BIT = 0x08
const PRESENCE_BIT = 0x80
const LAYOUT = { none: 0, constant: 1, packed: 2, grouped: 3, float64: 4 } as const
type Layout = (typeof LAYOUT)[keyof typeof LAYOUT]

const GROUP = 64
const MAX_WIDTH = 53
/** Bits moved at once: with up to 7 that wait they fit the 31 that shifts keep positive. */
const PIECE_BITS = 24
const PIECE = 2 ** PIECE_BITS
const MAX = Number.MAX_SAFE_INTEGER

/**
 * Packs safe integers; null is an absent one. -0 becomes 0.
 * @throws RangeError for a number that is no safe integer, or more than 65,536 of them
 */
export function encodeColumn(values: readonly (number | null)[]): Uint8Array {
  const present = presentOf(values)
  for (let i = 0; i < present.length; i++) {
    if (!Number.isSafeInteger(present[i])) throw new RangeError('a column holds safe integers')
    // Of -0 the sign goes.
    present[i]! += 0
  }
  return encode(values, present, smallestShape(present))
}

/**
 * Packs finite float64 exactly, -0 included; null is an absent one. Whole numbers are packed like `encodeColumn`'s.
 * @throws RangeError for NaN and infinities, or more than 65,536 numbers
 */
export function encodeFloats(values: readonly (number | null)[]): Uint8Array {
  const present = presentOf(values)
  let isWhole = true
  for (const value of present) {
    if (!Number.isFinite(value)) throw new RangeError('a column holds finite numbers')
    isWhole &&= Number.isSafeInteger(value) && !Object.is(value, -0)
  }
  return encode(
    values,
    present,
    isWhole ? smallestShape(present) : { layout: LAYOUT.float64, isDelta: false },
  )
}

/** What `encodeColumn` packed. Never throws; a number that is no safe integer is damage. */
export function decodeColumn(bytes: Uint8Array): Result<(number | null)[], ColumnDamage> {
  return withNulls(decodeNumbers(bytes))
}

/** What `encodeFloats` packed. Never throws. */
export function decodeFloats(bytes: Uint8Array): Result<(number | null)[], ColumnDamage> {
  return withNulls(decode(bytes, false))
}

/** What `encodeColumn` packed, with NaN for an absent number: the quick way for queries. Never throws. */
export function decodeNumbers(bytes: Uint8Array): Result<Float64Array, ColumnDamage> {
  return decode(bytes, true)
}

function withNulls(decoded: Result<Float64Array, ColumnDamage>): Result<(number | null)[], ColumnDamage> {
  return decoded.ok ? ok(Array.from(decoded.value, (value) => (Number.isNaN(value) ? null : value))) : decoded
}

// Encoding

interface Shape {
  readonly layout: Layout
  readonly isDelta: boolean
}

/** The numbers that are there. */
function presentOf(values: readonly (number | null)[]): Float64Array {
  if (values.length > MAX_COLUMN_LENGTH) {
    throw new RangeError(`a column holds at most ${MAX_COLUMN_LENGTH} numbers`)
  }
  const present = new Float64Array(values.length)
  let count = 0
  for (const value of values) if (value !== null) present[count++] = value
  return present.subarray(0, count)
}

function smallestShape(numbers: Float64Array): Shape {
  if (numbers.length === 0) return { layout: LAYOUT.none, isDelta: false }
  const plain = smallestLayout(numbers)
  let best: Shape = { layout: plain.layout, isDelta: false }
  if (plain.layout === LAYOUT.constant) return best
  const deltas = deltasOf(numbers)
  if (deltas !== undefined) {
    const { layout, bytes } = smallestLayout(deltas)
    if (layout !== LAYOUT.float64 && signedVarintLength(numbers[0]!) + bytes < plain.bytes) {
      best = { layout, isDelta: true }
    }
  }
  return best
}

/** Undefined where a difference is more than a double can count, or there is none. */
function deltasOf(numbers: Float64Array): Float64Array | undefined {
  if (numbers.length < 2) return undefined
  const deltas = new Float64Array(numbers.length - 1)
  for (let i = 0; i < deltas.length; i++) {
    const delta = numbers[i + 1]! - numbers[i]!
    if (!Number.isSafeInteger(delta)) return undefined
    deltas[i] = delta
  }
  return deltas
}

function smallestLayout(numbers: Float64Array): { layout: Layout; bytes: number } {
  const whole = frameOf(numbers, 0, numbers.length)
  if (whole.width === 0) return { layout: LAYOUT.constant, bytes: signedVarintLength(whole.base) }
  const float64 = { layout: LAYOUT.float64, bytes: 8 * numbers.length }
  if (whole.width > MAX_WIDTH) return float64
  const packed = frameBytes(whole, numbers.length)
  let grouped = 0
  for (let at = 0; at < numbers.length; at += GROUP) {
    const end = Math.min(at + GROUP, numbers.length)
    grouped += frameBytes(frameOf(numbers, at, end), end - at)
  }
  const smaller =
    grouped < packed ? { layout: LAYOUT.grouped, bytes: grouped } : { layout: LAYOUT.packed, bytes: packed }
  return float64.bytes < smaller.bytes ? float64 : smaller
}

/** Numbers as a base and what they lie above it; `width` is above `MAX_WIDTH` if a double cannot count that far. */
interface Frame {
  readonly base: number
  readonly width: number
}

function frameOf(numbers: Float64Array, from: number, to: number): Frame {
  let min = Infinity
  let max = -Infinity
  for (let i = from; i < to; i++) {
    const value = numbers[i]!
    if (value < min) min = value
    if (value > max) max = value
  }
  const range = max - min
  return { base: min, width: range > MAX ? MAX_WIDTH + 1 : bitsOf(range) }
}

function bitsOf(value: number): number {
  return value < PIECE ? 32 - Math.clz32(value) : PIECE_BITS + bitsOf(Math.floor(value / PIECE))
}

function frameBytes({ base, width }: Frame, count: number): number {
  return signedVarintLength(base) + 1 + Math.ceil((count * width) / 8)
}

function encode(values: readonly (number | null)[], present: Float64Array, shape: Shape): Uint8Array {
  const hasAbsent = present.length < values.length
  const writer = new Writer(16 + Math.ceil(values.length / 8) + 9 * present.length)
  writer.byte(VERSION)
  writer.byte(shape.layout | (shape.isDelta ? DELTA_BIT : 0) | (hasAbsent ? PRESENCE_BIT : 0))
  writer.varint(values.length)
  if (hasAbsent) writer.presence(values)
  if (shape.isDelta) writer.signedVarint(present[0]!)
  writer.layout(shape.layout, shape.isDelta ? deltasOf(present)! : present)
  return writer.written()
}

function signedVarintLength(value: number): number {
  let length = 1
  for (let rest = Math.floor(Math.abs(value) / 64); rest > 0; rest = Math.floor(rest / 128)) length++
  return length
}

class Writer {
  readonly #bytes: Uint8Array
  #at = 0

  /** `room` is the most that will be written. */
  constructor(room: number) {
    this.#bytes = new Uint8Array(room)
  }

  written(): Uint8Array {
    return this.#bytes.slice(0, this.#at)
  }

  byte(value: number): void {
    this.#bytes[this.#at++] = value
  }

  varint(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.byte((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    this.byte(rest)
  }

  signedVarint(value: number): void {
    const magnitude = Math.abs(value)
    const rest = Math.floor(magnitude / 64)
    this.byte((magnitude % 64) | (value < 0 ? 64 : 0) | (rest > 0 ? 128 : 0))
    if (rest > 0) this.varint(rest)
  }

  presence(values: readonly (number | null)[]): void {
    for (let i = 0; i < values.length; i++) {
      if (values[i] !== null) this.#bytes[this.#at + (i >> 3)]! |= 1 << (i & 7)
    }
    this.#at += Math.ceil(values.length / 8)
  }

  layout(layout: Layout, numbers: Float64Array): void {
    switch (layout) {
      case LAYOUT.none:
        return
      case LAYOUT.constant:
        return this.signedVarint(numbers[0]!)
      case LAYOUT.packed:
        return this.#frame(numbers, 0, numbers.length)
      case LAYOUT.grouped:
        for (let at = 0; at < numbers.length; at += GROUP) {
          this.#frame(numbers, at, Math.min(at + GROUP, numbers.length))
        }
        return
      case LAYOUT.float64: {
        const view = new DataView(this.#bytes.buffer)
        for (const value of numbers) {
          view.setFloat64(this.#at, value, true)
          this.#at += 8
        }
      }
    }
  }

  #frame(numbers: Float64Array, from: number, to: number): void {
    const { base, width } = frameOf(numbers, from, to)
    this.signedVarint(base)
    this.byte(width)
    let waiting = 0
    let waitingBits = 0
    for (let i = from; i < to; i++) {
      let rest = numbers[i]! - base
      for (let left = width; left > 0; left -= PIECE_BITS) {
        const take = Math.min(left, PIECE_BITS)
        waiting |= (rest % PIECE) << waitingBits
        waitingBits += take
        rest = Math.floor(rest / PIECE)
        while (waitingBits >= 8) {
          this.byte(waiting & 0xff)
          waiting >>>= 8
          waitingBits -= 8
        }
      }
    }
    if (waitingBits > 0) this.byte(waiting)
  }
}

// Decoding

/** Thrown inside this module alone and turned into a `ColumnDamage` at its edge. */
class Damage extends Error {}

function decode(bytes: Uint8Array, isWhole: boolean): Result<Float64Array, ColumnDamage> {
  try {
    return ok(new Reader(bytes, isWhole).column())
  } catch (error) {
    if (error instanceof Damage) return err({ kind: 'damaged', reason: error.message })
    throw error
  }
}

class Reader {
  readonly #bytes: Uint8Array
  /** Whether only safe integers are sound. */
  readonly #isWhole: boolean
  #at = 0

  constructor(bytes: Uint8Array, isWhole: boolean) {
    this.#bytes = bytes
    this.#isWhole = isWhole
  }

  column(): Float64Array {
    if (this.#byte() !== VERSION) throw new Damage('a version that this program does not know')
    const shape = this.#byte()
    if ((shape & ~(LAYOUT_BITS | DELTA_BIT | PRESENCE_BIT)) !== 0)
      throw new Damage('a shape that is not defined')
    const length = this.#varint()
    if (length > MAX_COLUMN_LENGTH) throw new Damage('more numbers than a column holds')
    const presence = (shape & PRESENCE_BIT) === 0 ? undefined : this.#presence(length)
    const count = presence === undefined ? length : presence.count
    const numbers = this.#numbers(shape & LAYOUT_BITS, (shape & DELTA_BIT) !== 0, count)
    if (this.#at !== this.#bytes.length) throw new Damage('bytes behind the last number')
    return presence === undefined ? numbers : spread(numbers, presence.bits, length)
  }

  #numbers(layout: number, isDelta: boolean, count: number): Float64Array {
    if (!isDelta) return this.#layout(layout, count)
    if (count < 2) throw new Damage('differences between fewer than two numbers')
    const first = this.#signedVarint()
    const deltas = this.#layout(layout, count - 1)
    const numbers = new Float64Array(count)
    let value = first
    numbers[0] = value
    for (let i = 1; i < count; i++) {
      value += deltas[i - 1]!
      if (!(value <= MAX && value >= -MAX)) throw new Damage('a number beyond the safe ones')
      numbers[i] = value
    }
    return numbers
  }

  #layout(layout: number, count: number): Float64Array {
    if (count === 0 ? layout !== LAYOUT.none : layout === LAYOUT.none) {
      throw new Damage('a layout that does not fit the count')
    }
    switch (layout) {
      case LAYOUT.none:
        return new Float64Array(0)
      case LAYOUT.constant:
        return new Float64Array(count).fill(this.#signedVarint())
      case LAYOUT.packed: {
        const numbers = new Float64Array(count)
        this.#frame(numbers, 0, count, 1)
        return numbers
      }
      case LAYOUT.grouped: {
        const numbers = new Float64Array(count)
        for (let at = 0; at < count; at += GROUP) this.#frame(numbers, at, Math.min(at + GROUP, count), 0)
        return numbers
      }
      case LAYOUT.float64:
        return this.#float64(count)
      default:
        throw new Damage('a layout that is not defined')
    }
  }

  #frame(into: Float64Array, from: number, to: number, minWidth: number): void {
    const base = this.#signedVarint()
    const width = this.#byte()
    if (width < minWidth || width > MAX_WIDTH) throw new Damage('a width out of range')
    const end = this.#at + Math.ceil(((to - from) * width) / 8)
    if (end > this.#bytes.length) throw new Damage('the bytes end early')
    const waiting =
      width <= PIECE_BITS
        ? this.#narrow(into, from, to, base, width)
        : this.#wide(into, from, to, base, width)
    if (waiting !== 0) throw new Damage('bits behind the last number')
    if (base + 2 ** width > MAX) {
      for (let i = from; i < to; i++) if (into[i]! > MAX) throw new Damage('a number beyond the safe ones')
    }
  }

  /** Returns the bits that are left over. */
  #narrow(into: Float64Array, from: number, to: number, base: number, width: number): number {
    const bytes = this.#bytes
    const mask = 2 ** width - 1
    let at = this.#at
    let waiting = 0
    let waitingBits = 0
    for (let i = from; i < to; i++) {
      while (waitingBits < width) {
        waiting |= bytes[at++]! << waitingBits
        waitingBits += 8
      }
      into[i] = base + (waiting & mask)
      waiting >>>= width
      waitingBits -= width
    }
    this.#at = at
    return waiting
  }

  /** In two pieces, which is what hashrates take; the few wider numbers in three. */
  #wide(into: Float64Array, from: number, to: number, base: number, width: number): number {
    const bytes = this.#bytes
    const highBits = Math.min(width - PIECE_BITS, PIECE_BITS)
    const highMask = 2 ** highBits - 1
    const topBits = width - PIECE_BITS - highBits
    let at = this.#at
    let waiting = 0
    let waitingBits = 0
    for (let i = from; i < to; i++) {
      while (waitingBits < PIECE_BITS) {
        waiting |= bytes[at++]! << waitingBits
        waitingBits += 8
      }
      const low = waiting & (PIECE - 1)
      waiting >>>= PIECE_BITS
      waitingBits -= PIECE_BITS
      while (waitingBits < highBits) {
        waiting |= bytes[at++]! << waitingBits
        waitingBits += 8
      }
      let value = low + (waiting & highMask) * PIECE
      waiting >>>= highBits
      waitingBits -= highBits
      if (topBits > 0) {
        while (waitingBits < topBits) {
          waiting |= bytes[at++]! << waitingBits
          waitingBits += 8
        }
        value += (waiting & (2 ** topBits - 1)) * PIECE * PIECE
        waiting >>>= topBits
        waitingBits -= topBits
      }
      into[i] = base + value
    }
    this.#at = at
    return waiting
  }

  #float64(count: number): Float64Array {
    if (this.#at + 8 * count > this.#bytes.length) throw new Damage('the bytes end early')
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
    const numbers = new Float64Array(count)
    for (let i = 0; i < count; i++) {
      const value = view.getFloat64(this.#at, true)
      if (this.#isWhole ? !Number.isSafeInteger(value) : !Number.isFinite(value)) {
        throw new Damage('a number that no column holds')
      }
      numbers[i] = value
      this.#at += 8
    }
    return numbers
  }

  #presence(length: number): { bits: Uint8Array; count: number } {
    const end = this.#at + Math.ceil(length / 8)
    if (end > this.#bytes.length) throw new Damage('the bytes end early')
    const bits = this.#bytes.subarray(this.#at, end)
    this.#at = end
    if (length % 8 !== 0 && bits.at(-1)! >> (length % 8) !== 0)
      throw new Damage('presence behind the last number')
    let count = 0
    for (const byte of bits) for (let rest = byte; rest !== 0; rest &= rest - 1) count++
    return { bits, count }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new Damage('the bytes end early')
    return byte
  }

  #varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.#byte()
      value += (byte & 127) * scale
      if (value > MAX) throw new Damage('a number beyond the safe ones')
      if (byte < 128) return value
      scale *= 128
      // Zeros alone could go on for ever.
      if (scale > MAX) throw new Damage('a number beyond the safe ones')
    }
  }

  #signedVarint(): number {
    const first = this.#byte()
    const magnitude = (first & 63) + (first < 128 ? 0 : 64 * this.#varint())
    if (magnitude > MAX) throw new Damage('a number beyond the safe ones')
    return (first & 64) === 0 ? magnitude : 0 - magnitude
  }
}

/** The numbers at their places, NaN between. */
function spread(numbers: Float64Array, bits: Uint8Array, length: number): Float64Array {
  const placed = new Float64Array(length)
  let next = 0
  for (let i = 0; i < length; i++) {
    placed[i] = ((bits[i >> 3]! >> (i & 7)) & 1) === 1 ? numbers[next++]! : NaN
  }
  return placed
}
