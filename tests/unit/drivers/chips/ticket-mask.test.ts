import { describe, expect, it } from 'vitest'
import {
  TICKET_DIFFICULTIES,
  ticketMask,
  ticketZeroBits,
} from '../../../../src-main/drivers/chips/ticket-mask.ts'

describe('ticket masks', () => {
  it('reverse the bits inside each byte', () => {
    const wire = (difficulty: number): string => ticketMask(difficulty).toString(16).padStart(8, '0')
    expect([1, 16, 256, 512, 1024, 65536].map(wire)).toEqual([
      '00000000',
      '000000f0',
      '000000ff',
      '000080ff',
      '0000c0ff',
      '0000ffff',
    ])
  })

  it('take the power of two that is not above the difficulty', () => {
    expect([1, 1.5, 2, 300, 1023, 1024].map(ticketZeroBits)).toEqual([0, 0, 1, 8, 9, 10])
    expect(TICKET_DIFFICULTIES).toHaveLength(17)
    for (const [bits, difficulty] of TICKET_DIFFICULTIES.entries()) {
      expect(ticketZeroBits(difficulty)).toBe(bits)
    }
  })

  it('refuse what no chip can be asked for', () => {
    for (const difficulty of [0, 0.5, -1, NaN, Infinity, 2 ** 32]) {
      expect(() => ticketMask(difficulty)).toThrow(RangeError)
    }
  })
})
