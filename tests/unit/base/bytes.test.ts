import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  concatBytes,
  equalBytes,
  fromHex,
  reverseBytes,
  toHex,
  tryFromHex,
} from '../../../src-main/base/index.ts'

const bytes = fc.uint8Array({ maxLength: 80 })

describe('hex', () => {
  it('comes back as the same bytes, in either case', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(tryFromHex(toHex(value))).toEqual(value)
        expect(tryFromHex(toHex(value).toUpperCase())).toEqual(value)
      }),
    )
  })

  it('agrees with Buffer', () => {
    fc.assert(fc.property(bytes, (value) => toHex(value) === Buffer.from(value).toString('hex')))
  })

  it.each(['0', 'abc', '0g', 'g0', '0x', ' 00', '-1', '：0'])('refuses %j', (text) => {
    expect(tryFromHex(text)).toBeUndefined()
  })

  it('of our own sources may hold blanks, and must be hex', () => {
    expect(fromHex('01 02\n0a')).toEqual(Uint8Array.of(1, 2, 10))
    expect(() => fromHex('xyz1')).toThrow(RangeError)
  })
})

describe('byte arrays', () => {
  it('are joined in order', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), (parts) => {
        expect(concatBytes(...parts)).toEqual(new Uint8Array(parts.flatMap((part) => [...part])))
      }),
    )
  })

  it('are equal only when length and every byte agree', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(equalBytes(a, b)).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0)
        expect(equalBytes(a, a.slice())).toBe(true)
      }),
    )
  })

  it('are reversed into a copy', () => {
    const value = Uint8Array.of(1, 2, 3)
    expect(reverseBytes(value)).toEqual(Uint8Array.of(3, 2, 1))
    expect(value).toEqual(Uint8Array.of(1, 2, 3))
  })
})
