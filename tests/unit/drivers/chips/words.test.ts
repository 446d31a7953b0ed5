import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, reverseBytes, toHex } from '../../../../src-main/base/index.ts'
import { reverseWords, swapWords } from '../../../../src-main/drivers/chips/words.ts'

const words = fc.nat(16).chain((count) => fc.uint8Array({ minLength: 4 * count, maxLength: 4 * count }))

describe('word orders', () => {
  it('reverses groups and keeps the bytes in them', () => {
    expect(toHex(reverseWords(fromHex('0001020304050607')))).toBe('0405060700010203')
  })

  it('swaps bytes and keeps the groups', () => {
    expect(toHex(swapWords(fromHex('0001020304050607')))).toBe('0302010007060504')
  })

  it('undoes each by doing it again, and both together reverse everything', () => {
    fc.assert(
      fc.property(words, (bytes) => {
        expect(reverseWords(reverseWords(bytes))).toEqual(bytes)
        expect(swapWords(swapWords(bytes))).toEqual(bytes)
        expect(swapWords(reverseWords(bytes))).toEqual(reverseBytes(bytes))
      }),
    )
  })
})
