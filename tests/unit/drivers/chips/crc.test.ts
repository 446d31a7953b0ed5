import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import { crc16, crc5, crc5OfBits, sealShortCommand } from '../../../../src-main/drivers/chips/crc.ts'

describe('crc5', () => {
  it('agrees with commands that chips obey', () => {
    expect(crc5(fromHex('52050000'))).toBe(0x0a)
    expect(crc5(fromHex('40050400'))).toBe(0x03)
    expect(crc5(fromHex('510900a49000ffff'))).toBe(0x1c)
  })

  it('leaves nothing over a whole reply of a BM1370', () => {
    expect(crc5(fromHex('aa554c0352750cd205a29c'), 2)).toBe(0)
  })

  it('is the same by table and bit by bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(crc5(bytes)).toBe(crc5OfBits(bytes, 8 * bytes.length))
      }),
    )
  })

  it('notices every flip of one bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 11 }), fc.nat(), (bytes, choice) => {
        const bit = choice % (8 * bytes.length)
        const flipped = bytes.slice()
        flipped[bit >> 3]! ^= 0x80 >> (bit & 7)
        expect(crc5(flipped)).not.toBe(crc5(bytes))
      }),
    )
  })

  it('seals four-byte commands over 27 bits, whatever the last five were', () => {
    expect(toHex(sealShortCommand(fromHex('82088200')))).toBe('8208821c')
    expect(toHex(sealShortCommand(fromHex('8208821f')))).toBe('8208821c')
  })
})

describe('crc16', () => {
  it('is CCITT-FALSE', () => {
    expect(crc16(new TextEncoder().encode('123456789'))).toBe(0x29b1)
  })

  it('covers only the range it is given', () => {
    const bytes = new TextEncoder().encode('..123456789..')
    expect(crc16(bytes, 2, 11)).toBe(0x29b1)
  })
})
