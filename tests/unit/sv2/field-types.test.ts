import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, HeadframeError, toHex } from '../../../src-main/base/index.ts'
import {
  addedLater,
  B0_16M,
  B0_255,
  B0_32,
  B0_64K,
  BOOL,
  F32,
  type FieldType,
  OPTION,
  SEQ0_255,
  SEQ0_64K,
  STR0_255,
  U16,
  U24,
  U256,
  U32,
  U64,
  U8,
} from '../../../src-main/sv2/field-types.ts'
import { WireReader } from '../../../src-main/sv2/wire-reader.ts'
import { WireWriter } from '../../../src-main/sv2/wire-writer.ts'

function write<T>(type: FieldType<T>, value: T): string {
  const writer = new WireWriter('Test', type.byteLength(value))
  type.write(writer, value)
  return toHex(writer.bytes)
}

function read<T>(type: FieldType<T>, hex: string): T | string {
  const reader = new WireReader(fromHex(hex))
  const value = type.read(reader)
  return reader.fault === null ? value : reader.fault.kind
}

describe('numbers', () => {
  it('are little endian', () => {
    expect(write(U8, 0xab)).toBe('ab')
    expect(write(U16, 0x0102)).toBe('0201')
    expect(write(U24, 0x010203)).toBe('030201')
    expect(write(U32, 0xfffefdfc)).toBe('fcfdfeff')
    expect(write(U64, 0x0102030405060708n)).toBe('0807060504030201')
    expect(read(U24, '030201')).toBe(0x010203)
    expect(read(U32, 'fcfdfeff')).toBe(0xfffefdfc)
    expect(read(U64, 'ffffffffffffffff')).toBe(0xffffffffffffffffn)
  })

  it('are refused outside their range when sending', () => {
    const refused: readonly (readonly [FieldType<number>, number])[] = [
      [U8, 256],
      [U16, 65_536],
      [U24, 2 ** 24],
      [U32, 2 ** 32],
      [U32, -1],
      [U32, 0.5],
      [U32, Number.NaN],
      [F32, Number.NaN],
      [F32, Number.POSITIVE_INFINITY],
      [F32, 1e39],
    ]
    for (const [type, value] of refused)
      expect(() => write(type, value), `${type.name} ${value}`).toThrow(HeadframeError)
    expect(() => write(U64, -1n)).toThrow(HeadframeError)
    expect(() => write(U64, 1n << 64n)).toThrow(HeadframeError)
  })

  it('encode hashrates as single precision', () => {
    expect(write(F32, 1e12)).toBe('a5d46853')
    expect(write(F32, 1e14)).toBe('21e6b556')
    expect(read(F32, 'a5d46853')).toBe(Math.fround(1e12))
    expect(read(F32, '0000c07f')).toBeNaN()
  })

  it('look at bit 0 of a BOOL only', () => {
    expect(read(BOOL, 'fe')).toBe(false)
    expect(read(BOOL, 'ff')).toBe(true)
    expect(write(BOOL, true)).toBe('01')
  })
})

describe('byte strings', () => {
  const limits: readonly (readonly [FieldType<Uint8Array>, lengthBytes: number, max: number])[] = [
    [B0_32, 1, 32],
    [B0_255, 1, 255],
    [B0_64K, 2, 65_535],
    [B0_16M, 3, 16_777_215],
  ]
  for (const [type, lengthBytes, max] of limits) {
    it(`${type.name} takes up to ${max} bytes`, () => {
      for (const length of [0, 1, 32, max]) {
        const writer = new WireWriter('Test', type.byteLength(new Uint8Array(length)))
        type.write(writer, new Uint8Array(length).fill(7))
        expect(writer.bytes.length).toBe(lengthBytes + length)
        expect(type.read(new WireReader(writer.bytes)).length).toBe(length)
      }
      expect(() => write(type, new Uint8Array(max + 1))).toThrow(HeadframeError)
    })
  }

  it('refuse a B0_32 of 33 bytes although they are there', () => {
    expect(read(B0_32, '21' + '00'.repeat(33))).toBe('malformed')
  })

  it('refuse a U256 that is not 32 bytes', () => {
    expect(() => write(U256, new Uint8Array(31))).toThrow(HeadframeError)
    expect(() => write(U256, new Uint8Array(33))).toThrow(HeadframeError)
    expect(read(U256, '00'.repeat(31))).toBe('truncated')
  })

  it('are copies that outlive the buffer they came from', () => {
    for (const length of [32, 200]) {
      const payload = Buffer.alloc(1 + length, 5)
      payload[0] = length
      const value = B0_255.read(new WireReader(payload))
      payload.fill(9)
      expect(value).toEqual(new Uint8Array(length).fill(5))
    }
  })
})

describe('text', () => {
  it('keeps every well-formed text through a round trip', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => text.isWellFormed())
    fc.assert(
      fc.property(texts, (text) => {
        expect(read(STR0_255, write(STR0_255, text))).toBe(text)
      }),
    )
  })

  it('keeps a leading byte order mark, which is part of the name', () => {
    expect(read(STR0_255, write(STR0_255, '\ufeffrig'))).toBe('\ufeffrig')
  })

  it('counts bytes, not characters, against the limit', () => {
    expect(write(STR0_255, 'é'.repeat(127)).length).toBe(2 * 255)
    expect(() => write(STR0_255, 'é'.repeat(128))).toThrow(HeadframeError)
    expect(() => write(STR0_255, 'x'.repeat(256))).toThrow(HeadframeError)
  })

  it('replaces what is not well formed, in both directions', () => {
    expect(read(STR0_255, '03ff4180')).toBe('\ufffdA\ufffd')
    expect(write(STR0_255, 'a\ud800b')).toBe('0561efbfbd62')
    expect(write(STR0_255, '\ud83d\ude00')).toBe('04f09f9880')
  })
})

describe('sequences and options', () => {
  it('carry a count before their elements', () => {
    expect(write(SEQ0_255(U16), [1, 2])).toBe('0201000200')
    expect(write(SEQ0_64K(U16), [1, 2])).toBe('020001000200')
    expect(read(SEQ0_64K(U32), '020007000000 08000000')).toEqual([7, 8])
  })

  it('hold at most 255 and 65 535 elements', () => {
    expect(() => write(SEQ0_255(U8), new Array<number>(256).fill(0))).toThrow(HeadframeError)
    expect(() => write(SEQ0_64K(U8), new Array<number>(65_536).fill(0))).toThrow(HeadframeError)
    expect(write(SEQ0_64K(U8), new Array<number>(65_535).fill(1)).length).toBe(2 * 65_537)
  })

  it('write an absent option as one zero byte', () => {
    expect(write(OPTION(U32), null)).toBe('00')
    expect(write(OPTION(U32), 1)).toBe('0101000000')
    expect(read(OPTION(U32), '00')).toBe(null)
    expect(read(OPTION(U32), '0101000000')).toBe(1)
  })

  it('refuse an option with two elements', () => {
    expect(read(OPTION(U8), '020101')).toBe('malformed')
  })

  it('refuse a count that the payload cannot hold before reading one element', () => {
    let reads = 0
    const counting: FieldType<Uint8Array> = {
      ...U256,
      read(reader) {
        reads++
        return U256.read(reader)
      },
    }
    expect(read(SEQ0_64K(counting), 'ffff' + '00'.repeat(64))).toBe('truncated')
    expect(read(SEQ0_255(counting), '03' + '00'.repeat(95))).toBe('truncated')
    expect(reads).toBe(0)
    expect(read(SEQ0_255(counting), '03' + '00'.repeat(96))).toHaveLength(3)
    expect(reads).toBe(3)
  })

  it('stop at the first element that cannot be read', () => {
    expect(read(SEQ0_64K(B0_16M), '0200 010000 aa ffffff bb')).toBe('truncated')
  })
})

describe('a field the specification added later', () => {
  it('is null when absent, refused when cut, and always sent', () => {
    expect(read(addedLater(U32), '')).toBe(null)
    expect(read(addedLater(U32), '09000000')).toBe(9)
    for (const cut of ['09', '0900', '090000']) expect(read(addedLater(U32), cut)).toBe('truncated')
    expect(() => write(addedLater(U32), null)).toThrow(HeadframeError)
  })
})

describe('the reader', () => {
  it('keeps to its first failure', () => {
    const reader = new WireReader(fromHex('0102'))
    reader.field = 'first'
    expect(reader.u32()).toBe(0)
    reader.field = 'second'
    expect(reader.u8()).toBe(0)
    expect(reader.copy(1)).toHaveLength(0)
    expect(reader.remaining).toBe(0)
    expect(reader.fault).toMatchObject({ kind: 'truncated', field: 'first', offset: 0 })
  })
})
