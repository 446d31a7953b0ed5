import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BIP320_MASK,
  BIP323_MASK,
  bitsOutsideMask,
  clearRollableBits,
  combineVersion,
  forbiddenVersionChange,
  negotiateMask,
} from '../../../src-main/mining/index.ts'

const u32 = fc.integer({ min: 0, max: 0xffffffff })
const big = (value: number): bigint => BigInt(value)
const not = (mask: number): bigint => BigInt.asUintN(32, ~big(mask))

describe('version rolling', () => {
  it('joins the bits of the reference example', () => {
    expect(combineVersion(0x20000000, 0x1fffe000, 0x0318a000)).toBe(0x2318a000)
  })

  it('has masks of 16 and 24 bits, the former within the latter', () => {
    const ones = (mask: number): number => mask.toString(2).replaceAll('0', '').length
    expect([ones(BIP320_MASK), ones(BIP323_MASK)]).toEqual([16, 24])
    expect(negotiateMask(BIP323_MASK, BIP320_MASK)).toBe(BIP320_MASK)
    expect(negotiateMask(0xffffffff, 0)).toBe(0)
  })

  it('gives unsigned results that agree with big integers', () => {
    fc.assert(
      fc.property(u32, u32, u32, (job, mask, bits) => {
        expect(big(negotiateMask(job, mask))).toBe(big(job) & big(mask))
        expect(big(combineVersion(job, mask, bits))).toBe((big(job) & not(mask)) | (big(bits) & big(mask)))
        expect(big(bitsOutsideMask(bits, mask))).toBe(big(bits) & not(mask))
        expect(big(forbiddenVersionChange(job, bits, mask))).toBe((big(job) ^ big(bits)) & not(mask))
        expect(big(clearRollableBits(job, mask))).toBe(big(job) & not(mask))
      }),
    )
  })

  it('never changes a bit outside the mask, whatever the rig sends', () => {
    fc.assert(
      fc.property(u32, u32, u32, (job, mask, bits) => {
        expect(forbiddenVersionChange(job, combineVersion(job, mask, bits), mask)).toBe(0)
      }),
    )
  })

  it('is the same for firmware that submits XOR once the rollable bits of the job are cleared', () => {
    fc.assert(
      fc.property(u32, u32, u32, (version, mask, rolled) => {
        const job = clearRollableBits(version, mask)
        const hashed = combineVersion(job, mask, rolled)
        expect(combineVersion(job, mask, (hashed ^ job) >>> 0)).toBe(hashed)
      }),
    )
  })
})
