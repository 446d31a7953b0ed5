import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../src-main/base/index.ts'
import { decodeHeightPush, encodeHeightPush } from '../../../src-main/mining/index.ts'
import { readTag } from '../../../src-main/mining/coinbase-script.ts'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('height push', () => {
  it.each([
    [0, '00'],
    [1, '51'],
    [16, '60'],
    [17, '0111'],
    [127, '017f'],
    [128, '028000'],
    [255, '02ff00'],
    [256, '020001'],
    [32_768, '03008000'],
    [227_836, '03fc7903'],
    [840_000, '0340d10c'],
    [8_388_608, '0400008000'],
    [0x7fffffff, '04ffffff7f'],
  ])('of %d is the shortest that consensus accepts', (height, hex) => {
    expect(toHex(encodeHeightPush(height))).toBe(hex)
  })

  it('survives encoding and decoding, and says how long it is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0x7fffffff }),
        fc.uint8Array({ maxLength: 8 }),
        (height, rest) => {
          const push = encodeHeightPush(height)
          expect(decodeHeightPush(concatBytes(push, rest))).toEqual({ height, size: push.length })
        },
      ),
    )
  })

  it('is not seen where there is none', () => {
    for (const hex of ['', '03', '0340d1', '0180', '4c0140', '06010203040506', '05ffffffff01', '6a']) {
      expect(decodeHeightPush(fromHex(hex))).toBeUndefined()
    }
  })

  it('is refused for what is no height', () => {
    for (const height of [-1, 1.5, 2 ** 31]) expect(() => encodeHeightPush(height)).toThrow(RangeError)
  })
})

describe('coinbase tag', () => {
  it('is found behind its push opcode, even if that looks like a letter', () => {
    const sri = 'Sv2/Stratum V2 SRI Pool/Stratum V2 SRI Miner/'
    expect(readTag([concatBytes(fromHex('002d'), ascii(sri), fromHex('20'))])).toBe(sri)
    expect(readTag([concatBytes(fromHex('0006'), ascii('Sv2///'), fromHex('20'))])).toBe('Sv2///')
  })

  it('keeps a slash that only looks like an opcode', () => {
    expect(readTag([concatBytes(fromHex('04d2a1'), ascii('/Example Pool #dropgold/'), fromHex('00'))])).toBe(
      '/Example Pool #dropgold/',
    )
  })

  it('joins the text on both sides of the extranonce', () => {
    expect(readTag([ascii('ckpool'), concatBytes(fromHex('0b'), ascii('/home farm/'))])).toBe(
      'ckpool /home farm/',
    )
  })

  it('leaves out merged mining, whose hash may look like text', () => {
    const commitment = concatBytes(fromHex('fabe6d6d'), ascii('x'.repeat(32)), new Uint8Array(8))
    expect(readTag([concatBytes(ascii('/pool/'), commitment, ascii('/end/'))])).toBe('/pool/ /end/')
    expect(readTag([commitment])).toBeNull()
  })

  it('is null for bytes without text, and never holds more than printable ASCII', () => {
    expect(readTag([])).toBeNull()
    expect(readTag([fromHex('00010203'), ascii('abcd')])).toBeNull()
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 3 }), (pieces) => {
        expect(readTag(pieces) ?? '').toMatch(/^[\x20-\x7e]{0,100}$/)
      }),
    )
  })
})
