import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../../src-main/base/index.ts'
import { crc16, crc5, sealShortCommand } from '../../../../src-main/drivers/chips/crc.ts'
import {
  commandSum,
  jobSum,
  replyEnd,
  shortCommandSum,
} from '../../../../src-main/drivers/simulated/wire-sums.ts'

describe('check sums of virtual chips', () => {
  it('are those of captured frames', () => {
    expect(commandSum(fromHex('52050000'))).toBe(0x0a)
    expect(commandSum(fromHex('40050400'))).toBe(0x03)
    expect(shortCommandSum(fromHex('84000000'))).toBe(0x11)
    expect(replyEnd(fromHex('4c0352750cd205a2'), 4)).toBe(0x9c)
    expect(replyEnd(fromHex('1370000000000000'), 0)).toBe(0x10)
    expect(jobSum(new TextEncoder().encode('123456789'))).toBe(0x29b1)
  })

  it('agree with the drivers’ own, which were written apart', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 160 }),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        (bytes, short) => {
          expect(commandSum(bytes)).toBe(crc5(bytes))
          expect(jobSum(bytes)).toBe(crc16(bytes))
          expect(sealShortCommand(short)[3]! & 0x1f).toBe(shortCommandSum(short))
        },
      ),
    )
  })
})
