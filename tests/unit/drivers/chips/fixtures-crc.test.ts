import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import { crc5, crc5OfBits, sealShortCommand } from '../../../../src-main/drivers/chips/crc.ts'
import { u3VoltageCommand } from '../../../../src-main/drivers/chips/icarus/antminer-commands.ts'
import { hasSharedFixtures } from '../../../support/shared-fixtures.ts'
import { asicVectors } from './asic-vectors.ts'

interface Input {
  algorithm?: string
  bits?: number
  data?: string
  frame?: string
  millivolts?: number
}
interface Expected {
  crc?: number
  residue?: number
  frame?: string
  valid?: boolean
  correctCrc5?: number
}

describe.runIf(hasSharedFixtures)('check sums of the shared fixtures', () => {
  it('computes every one of them', () => {
    for (const { id, input, expected } of asicVectors<Input, Expected>('crc')) {
      if (expected.residue !== undefined) {
        expect(crc5(fromHex(input.data!)), id).toBe(expected.residue)
      } else if (expected.valid === false) {
        const frame = fromHex(input.frame!)
        expect(crc5(frame, 2, frame.length - 1), id).toBe(expected.correctCrc5)
        expect(frame.at(-1), id).not.toBe(expected.correctCrc5)
      } else if (input.millivolts !== undefined) {
        expect(toHex(u3VoltageCommand(input.millivolts)!), id).toBe(expected.frame)
      } else if (input.bits === 27) {
        expect(toHex(sealShortCommand(fromHex(input.data!))), id).toBe(expected.frame)
      } else {
        const data = fromHex(input.data!)
        expect(crc5(data), id).toBe(expected.crc)
        expect(crc5OfBits(data, input.bits!), id).toBe(expected.crc)
      }
    }
  })
})
