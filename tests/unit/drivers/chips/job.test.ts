import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import { crc16 } from '../../../../src-main/drivers/chips/crc.ts'
import {
  encodeFullJob,
  encodeMidstateJob,
  headerWithoutNonce,
  midstateCount,
  nextVersion,
  versionOfMidstate,
} from '../../../../src-main/drivers/chips/job.ts'
import { midstateOf, wireMidstate } from '../../../../src-main/drivers/chips/midstate.ts'
import { type ChipWork } from '../../../../src-main/drivers/model/chip.ts'

const MASK = 0x1fffe000
const u32 = fc.nat(0xffffffff)
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const mask = fc.oneof(fc.constantFrom(0, 0x2000, 0x6000, MASK, 0x1fffffe0), u32)
const work: fc.Arbitrary<ChipWork> = fc.record({
  version: u32,
  versionMask: mask,
  prevHash: hash,
  merkleRoot: hash,
  ntime: u32,
  nBits: u32,
})

/** A job that a Bitaxe Gamma mined, and its frame. */
const GAMMA: ChipWork = {
  version: 0x20000000,
  versionMask: MASK,
  prevHash: fromHex('fd55646bc162b96dfcd4f201a3f4670d1d3996bc965201000000000000000000'),
  merkleRoot: fromHex('06ddf5f08c36414b95ea54db71a0c28761a98bcf6355919e044f88725519a7cb'),
  ntime: 0x685468d7,
  nBits: 0x17023a04,
}
const GAMMA_FRAME =
  '55aa2156680100000000043a0217d76854685519a7cb044f88726355919e61a98bcf71a0c28795ea54db8c36414b06ddf5f0' +
  '0000000000000000965201001d3996bca3f4670dfcd4f201c162b96dfd55646b00000020721c'

describe('jobs of whole headers', () => {
  it('are those that a Bitaxe Gamma was given', () => {
    expect(toHex(encodeFullJob(0x68, GAMMA))).toBe(GAMMA_FRAME)
  })

  it('clear the version bits that the chip adds with a plain OR', () => {
    expect(toHex(encodeFullJob(0x68, { ...GAMMA, version: 0x3fffe000 }))).toBe(GAMMA_FRAME)
    const fixed = encodeFullJob(0x68, { ...GAMMA, version: 0x20002004, versionMask: 0x00ffc000 })
    expect(toHex(fixed.subarray(82, 86))).toBe('04200020')
  })

  it('have 88 bytes and a check sum over all but preamble', () => {
    fc.assert(
      fc.property(work, fc.nat(255), (any, slot) => {
        const frame = encodeFullJob(slot, any)
        expect(frame).toHaveLength(88)
        expect(frame[4]).toBe(slot)
        expect(crc16(frame, 2)).toBe(0)
      }),
    )
  })
})

describe('jobs of midstates', () => {
  it('name one midstate a version, each in its slot', () => {
    fc.assert(
      fc.property(work, fc.nat(255), (any, slot) => {
        const frame = encodeMidstateJob(slot, any)
        const count = midstateCount(any.versionMask)
        expect(frame).toHaveLength(count === 4 ? 152 : 56)
        expect([frame[3], frame[4], frame[5]]).toEqual([frame.length - 2, slot, count])
        expect(crc16(frame, 2)).toBe(0)
        const versions = new Set<number>()
        for (let i = 0; i < count; i++) {
          const version = versionOfMidstate(any, i)
          versions.add(version)
          const header = headerWithoutNonce({ ...any, version })
          const slotBytes = frame.subarray(22 + 32 * i, 54 + 32 * i)
          expect(slotBytes).toEqual(wireMidstate(midstateOf(header)))
        }
        expect(versions.size).toBe(count)
      }),
    )
  })

  it('are one where the mask allows fewer than four versions', () => {
    expect([0, 0x2000, 0x80000000].map(midstateCount)).toEqual([1, 1, 1])
    expect([0x6000, 0x10002000, MASK].map(midstateCount)).toEqual([4, 4, 4])
  })
})

describe('versions of midstates', () => {
  it('count in the lowest bits of the mask, beginning with what the pool set', () => {
    const versions = [0, 1, 2, 3].map((i) =>
      versionOfMidstate({ version: 0x20000004, versionMask: 0x00ffff00 }, i),
    )
    expect(versions).toEqual([0x20000004, 0x20000104, 0x20000204, 0x20000304])
  })

  it('carry over gaps of the mask, and from its end to its beginning', () => {
    expect(nextVersion(0x20002000, 0x10002000)).toBe(0x30000000)
    expect(nextVersion(0x30002000, 0x10002000)).toBe(0x20000000)
  })

  it('never change a bit outside the mask', () => {
    fc.assert(
      fc.property(u32, mask, (version, versionMask) => {
        const next = nextVersion(version, versionMask)
        expect((next ^ version) & ~versionMask).toBe(0)
        if (versionMask !== 0) expect(next).not.toBe(version)
      }),
    )
  })
})
