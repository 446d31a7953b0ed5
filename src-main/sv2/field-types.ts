/**
 * The data types of the specification, under its own names, each as one value that reads, writes and
 * measures (Protocol Overview, 3.1; every multi-byte integer is little endian). Pure.
 *
 * Reading is bounded: a length or count that the payload cannot hold is refused before anything is
 * allocated for it. Writing is strict: a value outside the type's range throws `sv2/cannot-encode`.
 */
import { utf8Length, type WireWriter } from './wire-writer.ts'
import { type WireReader } from './wire-reader.ts'

export interface FieldType<T> {
  /** As the specification writes it: `SEQ0_255[U256]`. */
  readonly name: string
  /** Fewest bytes a value takes. */
  readonly minByteLength: number
  /** Bytes `value` takes, supposing that it is in range. */
  byteLength(value: T): number
  /** On failure sets `reader.fault` and returns an empty value. */
  read(reader: WireReader): T
  /** @throws HeadframeError `sv2/cannot-encode` if `value` is out of range */
  write(writer: WireWriter, value: T): void
}

function fixed<T>(
  name: string,
  byteLength: number,
  read: (reader: WireReader) => T,
  write: (writer: WireWriter, value: T) => void,
): FieldType<T> {
  return { name, minByteLength: byteLength, byteLength: () => byteLength, read, write }
}

/** One byte of which only bit 0 counts on receipt. */
export const BOOL: FieldType<boolean> = fixed(
  'BOOL',
  1,
  (reader) => (reader.u8() & 1) === 1,
  (writer, value) => writer.u8(value ? 1 : 0),
)
export const U8: FieldType<number> = fixed(
  'U8',
  1,
  (reader) => reader.u8(),
  (writer, value) => writer.u8(value),
)
export const U16: FieldType<number> = fixed(
  'U16',
  2,
  (reader) => reader.u16(),
  (writer, value) => writer.u16(value),
)
export const U24: FieldType<number> = fixed(
  'U24',
  3,
  (reader) => reader.u24(),
  (writer, value) => writer.u24(value),
)
export const U32: FieldType<number> = fixed(
  'U32',
  4,
  (reader) => reader.u32(),
  (writer, value) => writer.u32(value),
)
export const U64: FieldType<bigint> = fixed(
  'U64',
  8,
  (reader) => reader.u64(),
  (writer, value) => writer.u64(value),
)
/** Single precision. What arrives may be NaN or infinite; what we send must be finite. */
export const F32: FieldType<number> = fixed(
  'F32',
  4,
  (reader) => reader.f32(),
  (writer, value) => writer.f32(value),
)

function fixedBytes(name: string, length: number): FieldType<Uint8Array> {
  return fixed(
    name,
    length,
    (reader) => reader.copy(length),
    (writer, value) => {
      if (value.length !== length) writer.fail(`${value.length} bytes where ${name} takes ${length}`)
      writer.raw(value)
    },
  )
}

/** 32 bytes in the order of the block header and of SHA256d's output; reverse for display. */
export const U256: FieldType<Uint8Array> = fixedBytes('U256', 32)

type LengthType = FieldType<number>

function checkMax(writer: WireWriter, name: string, length: number, max: number): void {
  if (length > max) writer.fail(`${length} is more than the ${max} that ${name} takes`)
}

function prefixedBytes(name: string, lengthType: LengthType, maxLength: number): FieldType<Uint8Array> {
  return {
    name,
    minByteLength: lengthType.minByteLength,
    byteLength: (value) => lengthType.minByteLength + value.length,
    read(reader) {
      const length = lengthType.read(reader)
      if (length > maxLength) reader.fail('malformed', `has ${length} bytes where ${name} takes ${maxLength}`)
      return reader.copy(length)
    },
    write(writer, value) {
      checkMax(writer, name, value.length, maxLength)
      lengthType.write(writer, value.length)
      writer.raw(value)
    },
  }
}

export const B0_32: FieldType<Uint8Array> = prefixedBytes('B0_32', U8, 32)
export const B0_255: FieldType<Uint8Array> = prefixedBytes('B0_255', U8, 0xff)
export const B0_64K: FieldType<Uint8Array> = prefixedBytes('B0_64K', U16, 0xffff)
export const B0_16M: FieldType<Uint8Array> = prefixedBytes('B0_16M', U24, 0xffffff)

/** At most 255 bytes. Ill-formed UTF-8 arrives with U+FFFD in its place. */
export const STR0_255: FieldType<string> = {
  name: 'STR0_255',
  minByteLength: 1,
  byteLength: (value) => 1 + utf8Length(value),
  read: (reader) => reader.text(reader.u8()),
  write(writer, value) {
    const length = utf8Length(value)
    checkMax(writer, 'STR0_255', length, 0xff)
    writer.u8(length)
    writer.text(value, length)
  },
}

function sequence<T>(
  name: string,
  countType: LengthType,
  maxCount: number,
  element: FieldType<T>,
): FieldType<readonly T[]> {
  return {
    name: `${name}[${element.name}]`,
    minByteLength: countType.minByteLength,
    byteLength(values) {
      let length = countType.minByteLength
      for (const value of values) length += element.byteLength(value)
      return length
    },
    read(reader) {
      const count = countType.read(reader)
      if (count * element.minByteLength > reader.remaining) {
        reader.fail('truncated', `announces ${count} elements where ${reader.remaining} bytes are left`)
      }
      const values: T[] = []
      for (let i = 0; i < count && reader.fault === null; i++) values.push(element.read(reader))
      return values
    },
    write(writer, values) {
      checkMax(writer, name, values.length, maxCount)
      countType.write(writer, values.length)
      for (const value of values) element.write(writer, value)
    },
  }
}

/** @param element a type of at least one byte */
export const SEQ0_255 = <T>(element: FieldType<T>): FieldType<readonly T[]> =>
  sequence('SEQ0_255', U8, 0xff, element)

/** @param element a type of at least one byte */
export const SEQ0_64K = <T>(element: FieldType<T>): FieldType<readonly T[]> =>
  sequence('SEQ0_64K', U16, 0xffff, element)

/** No value is `null`. */
export function OPTION<T>(element: FieldType<T>): FieldType<T | null> {
  return {
    name: `OPTION[${element.name}]`,
    minByteLength: 1,
    byteLength: (value) => (value === null ? 1 : 1 + element.byteLength(value)),
    read(reader) {
      const count = reader.u8()
      if (count > 1) reader.fail('malformed', `has ${count} elements where OPTION takes one`)
      return count === 1 ? element.read(reader) : null
    },
    write(writer, value) {
      writer.u8(value === null ? 0 : 1)
      if (value !== null) element.write(writer, value)
    },
  }
}

/**
 * A last field that the specification added later: absent, it reads as `null`. It is always sent.
 * Fewer bytes than the field takes are still an error, not an absence.
 */
export function addedLater<T>(element: FieldType<T>): FieldType<T | null> {
  return {
    name: element.name,
    minByteLength: 0,
    byteLength: (value) => (value === null ? 0 : element.byteLength(value)),
    read: (reader) => (reader.remaining === 0 ? null : element.read(reader)),
    write(writer, value) {
      if (value === null) writer.fail('it is missing')
      else element.write(writer, value)
    },
  }
}
