import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import { openBlock, sealBlock } from '../../../../src-main/history/telemetry/blocks.ts'

const anyColumns = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 64 })

describe('a sealed block', () => {
  it('holds its columns in the bytes that the layout draws', () => {
    const hex = '01 63f73cee 02 01 07 02 08 09'
    expect(toHex(sealBlock([Uint8Array.of(7), Uint8Array.of(8, 9)]))).toBe(hex.replaceAll(' ', ''))
    expect(openBlock(fromHex(hex))).toEqual({ ok: true, value: [Uint8Array.of(7), Uint8Array.of(8, 9)] })
  })

  it('gives back any columns, also from the middle of a larger buffer', () => {
    fc.assert(
      fc.property(anyColumns, (columns) => {
        const sealed = sealBlock(columns)
        const larger = new Uint8Array(sealed.length + 20)
        larger.set(sealed, 7)
        const opened = openBlock(larger.subarray(7, 7 + sealed.length))
        expect(opened.ok && opened.value.map(toHex)).toEqual(columns.map(toHex))
      }),
    )
  })

  it('is refused whichever bit flips and wherever it ends early', () => {
    fc.assert(
      fc.property(anyColumns, fc.nat(), fc.nat(7), (columns, place, bit) => {
        const flipped = sealBlock(columns)
        flipped[place % flipped.length]! ^= 1 << bit
        expect(openBlock(flipped).ok).toBe(false)
        const sealed = sealBlock(columns)
        expect(openBlock(sealed.subarray(0, place % sealed.length)).ok).toBe(false)
        expect(openBlock(Uint8Array.of(...sealed, 0)).ok).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('does not hold nothing, nor more columns than it can count', () => {
    expect(() => sealBlock([])).toThrow(RangeError)
    expect(() => sealBlock(Array.from({ length: 65 }, () => Uint8Array.of(1)))).toThrow(RangeError)
  })
})
