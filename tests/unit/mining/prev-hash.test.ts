import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src-main/base/index.ts'
import { swapPrevHashWords } from '../../../src-main/mining/index.ts'

describe('previous hash of mining.notify', () => {
  it('is the header order with each word reversed', () => {
    const wire = fromHex('17cd48869956dc99e01cd892e478e39dd563a0a3803b8bbe9e3e000000000000')
    const v1 = '8648cd1799dc569992d81ce09de378e4a3a063d5be8b3b8000003e9e00000000'
    expect(toHex(swapPrevHashWords(wire))).toBe(v1)
    expect(swapPrevHashWords(fromHex(v1))).toEqual(wire)
  })

  it('is undone by swapping again, and leaves its input alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const before = bytes.slice()
        expect(swapPrevHashWords(swapPrevHashWords(bytes))).toEqual(before)
        expect(bytes).toEqual(before)
      }),
    )
  })

  it('refuses a length that is no multiple of a word', () => {
    expect(() => swapPrevHashWords(new Uint8Array(31))).toThrow(RangeError)
  })
})
