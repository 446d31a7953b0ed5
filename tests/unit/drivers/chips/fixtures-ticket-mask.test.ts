import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../src-main/base/index.ts'
import { encodeWrite } from '../../../../src-main/drivers/chips/command.ts'
import { REGISTER } from '../../../../src-main/drivers/chips/registers.ts'
import { ticketMask, ticketZeroBits } from '../../../../src-main/drivers/chips/ticket-mask.ts'
import { hasSharedFixtures } from '../../../support/shared-fixtures.ts'
import { asicVectors, hexNumber } from './asic-vectors.ts'

interface Expected {
  extraZeroBits?: number
  mask?: string
  wireBytes?: string
  maskByte?: string
  frame: string
}

describe.runIf(hasSharedFixtures)('ticket masks of the shared fixtures', () => {
  it('makes every mask and its frame', () => {
    for (const { id, input, expected } of asicVectors<{ difficulty: number }, Expected>('ticket-mask')) {
      const register = ticketMask(input.difficulty)
      const frame = toHex(encodeWrite('all', REGISTER.ticketMask, register))
      expect(frame, id).toBe(expected.frame)
      const zeroBits = ticketZeroBits(input.difficulty)
      if (expected.extraZeroBits !== undefined) expect(zeroBits, id).toBe(expected.extraZeroBits)
      if (expected.mask !== undefined) expect(2 ** zeroBits - 1, id).toBe(hexNumber(expected.mask))
      if (expected.wireBytes !== undefined) expect(register, id).toBe(hexNumber(expected.wireBytes))
      if (expected.maskByte !== undefined) expect(register & 0xff, id).toBe(hexNumber(expected.maskByte))
    }
  })
})
