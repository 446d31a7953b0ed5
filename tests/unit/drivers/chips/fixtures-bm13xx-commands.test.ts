import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../src-main/base/index.ts'
import {
  encodeChainInactive,
  encodeRead,
  encodeSetAddress,
  encodeWrite,
} from '../../../../src-main/drivers/chips/command.ts'
import { hasSharedFixtures } from '../../../support/shared-fixtures.ts'
import { asicVectors, hexNumber } from './asic-vectors.ts'

interface Input {
  op: 'read-register' | 'write-register' | 'set-address' | 'chain-inactive'
  broadcast: boolean
  chipAddress: number
  register: number
  value: string
}

function encode({ op, broadcast, chipAddress, register, value }: Input): Uint8Array {
  const address = broadcast ? 'all' : chipAddress
  switch (op) {
    case 'read-register':
      return encodeRead(address, register)
    case 'write-register':
      return encodeWrite(address, register, hexNumber(value))
    case 'set-address':
      return encodeSetAddress(chipAddress)
    case 'chain-inactive':
      return encodeChainInactive()
  }
}

describe.runIf(hasSharedFixtures)('BM13xx command frames of the shared fixtures', () => {
  it('encodes every command as captured', () => {
    for (const { id, input, expected } of asicVectors<Input, { frame: string; crc5: number }>(
      'bm13xx-commands',
    )) {
      const frame = encode(input)
      expect(toHex(frame), id).toBe(expected.frame)
      expect(frame.at(-1), id).toBe(expected.crc5)
    }
  })
})
