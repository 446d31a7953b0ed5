import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import { crc5 } from '../../../../src-main/drivers/chips/crc.ts'
import { chipProfile } from '../../../../src-main/drivers/chips/profiles.ts'
import { createReplyDecoder } from '../../../../src-main/drivers/chips/reply-decoder.ts'
import { chipNonce } from '../../../../src-main/drivers/chips/rolling-profile.ts'
import { type ChipId } from '../../../../src-main/drivers/model/chip.ts'
import { hasSharedFixtures } from '../../../support/shared-fixtures.ts'
import { asicVectors, hexNumber } from './asic-vectors.ts'

interface Input {
  frame: string
  chip?: ChipId
}
interface Expected {
  type: number
  crc5: number
  kind?: string
  nonceBytes: string
  nonceU32LE: string
  idByte: string
  versionBits: string
  coreId: number
  jobWireId: string
  smallCore: number
  addressBits24to17: string
  excessDifficultyHalfBits: number
  versionField: string
  jobId4: number
  chipIdBytes?: string
  coreByte?: number
  chipAddress: number
  register: number
  value?: string
  length?: number
}

describe.runIf(hasSharedFixtures)('BM13xx replies of the shared fixtures', () => {
  it('decodes every field of every one', () => {
    let nonces = 0
    for (const { id, input, expected } of asicVectors<Input, Expected>('bm13xx-responses')) {
      const bytes = fromHex(input.frame)
      const [reply, ...rest] = createReplyDecoder(expected.length === 9 ? 9 : 11).push(bytes)
      expect(rest, id).toEqual([])
      expect(crc5(bytes, 2), id).toBe(0)
      expect(bytes.at(-1)! & 0x1f, id).toBe(expected.crc5)
      if (reply?.kind === 'register') {
        expect(expected.kind, id).toBe('register')
        expect(reply, id).toMatchObject({ address: expected.chipAddress, register: expected.register })
        if (expected.value !== undefined) expect(reply.value, id).toBe(hexNumber(expected.value))
        if (expected.chipIdBytes !== undefined) {
          expect(reply.value >>> 16, id).toBe(hexNumber(expected.chipIdBytes))
        }
        if (expected.coreByte !== undefined) expect((reply.value >>> 8) & 0xff, id).toBe(expected.coreByte)
        continue
      }
      if (reply === undefined) throw new Error(`${id}: no reply`)
      nonces++
      const profile = chipProfile(input.chip!)
      const smallCoreMask = input.chip === 'BM1370' || input.chip === 'BM1368' ? 0xf : 0x7
      const address = (chipNonce(reply) >>> 17) & 0xff
      expect(
        {
          type: reply.raw.at(-1)! >> 5,
          nonceBytes: toHex(reply.raw.subarray(2, 6)),
          nonceU32LE: reply.nonce.toString(16).padStart(8, '0'),
          excessDifficultyHalfBits: reply.raw[6],
          idByte: reply.idByte.toString(16).padStart(2, '0'),
          versionField: toHex(reply.raw.subarray(8, 10)),
          versionBits: reply.rolledBits.toString(16).padStart(8, '0'),
          coreId: profile.origin(reply, 1).core,
          jobWireId: profile.guesses(reply, 0)[0]!.slot.toString(16).padStart(2, '0'),
          smallCore: reply.idByte & smallCoreMask,
          addressBits24to17: address.toString(16).padStart(2, '0'),
        },
        id,
      ).toEqual({
        type: expected.type,
        nonceBytes: expected.nonceBytes,
        nonceU32LE: expected.nonceU32LE,
        excessDifficultyHalfBits: expected.excessDifficultyHalfBits,
        idByte: expected.idByte,
        versionField: expected.versionField,
        versionBits: expected.versionBits,
        coreId: expected.coreId,
        jobWireId: expected.jobWireId,
        smallCore: expected.smallCore,
        addressBits24to17: expected.addressBits24to17,
      })
      if (input.chip === 'BM1370') expect(hexNumber(expected.jobWireId) >> 3, id).toBe(expected.jobId4)
      if (input.chip === 'BM1362') expect(profile.origin(reply, 126).chip, id).toBe(110)
    }
    expect(nonces).toBe(6)
  })
})
