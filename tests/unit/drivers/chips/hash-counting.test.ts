import { describe, expect, it } from 'vitest'
import { bm1370Chip } from '../../../../src-main/drivers/chips/bm1370.ts'
import {
  epochMs,
  hashCountingNumber,
  nextPowerOfTwo,
  searchSpaceMs,
  versionCount,
} from '../../../../src-main/drivers/chips/hash-counting.ts'
import { solvePll } from '../../../../src-main/drivers/chips/pll.ts'

describe('hash counting', () => {
  it('numbers the sweep of a BM1370 at 525 MHz as ESP-Miner does', () => {
    const pll = solvePll(525, bm1370Chip.pll)!
    expect(hashCountingNumber(pll, 128, 1, 268)).toBe(0x000c2fb7)
    expect(hashCountingNumber(pll, 128, 2, 268)).toBe(0x00061755)
  })

  it('never becomes 0, which would stop the chip', () => {
    const pll = solvePll(525, bm1370Chip.pll)!
    expect(hashCountingNumber(pll, 128, 2 ** 20, 268)).toBe(1)
  })

  it('rounds up to powers of two', () => {
    expect([0, 1, 2, 3, 4, 6, 112, 128, 129].map(nextPowerOfTwo)).toEqual([1, 1, 2, 4, 4, 8, 128, 128, 256])
  })

  it('counts only versions that chips can roll', () => {
    expect(versionCount(0x1fffe000)).toBe(65536)
    expect(versionCount(0x1fffffe0)).toBe(65536)
    expect(versionCount(0x00006000)).toBe(4)
    expect(versionCount(0)).toBe(1)
  })

  it('shortens an epoch with the versions, but never below one sweep', () => {
    expect(epochMs(16, 7861)).toBeCloseTo(1287.9, 0)
    expect(epochMs(16, 7861, 16)).toBeCloseTo(7861 / 25_000, 6)
    expect(epochMs(16, 7861, 1)).toBeCloseTo(7861 / 25_000, 6)
  })

  it('knows no search space without chips or clock', () => {
    const space = { frequencyMhz: 450, chipCount: 1, cores: 168, smallCores: 672, versions: 4 }
    expect(searchSpaceMs(space)).toBeCloseTo(37.28, 2)
    expect(searchSpaceMs({ ...space, chipCount: 0 })).toBeNull()
    expect(searchSpaceMs({ ...space, frequencyMhz: 0 })).toBeNull()
  })
})
