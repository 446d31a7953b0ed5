import { describe, expect, it } from 'vitest'
import {
  ANTMINER_U1_HASHES_PER_CLOCK,
  ANTMINER_U3_HASHES_PER_CLOCK,
  FIXED_RATES_HS,
  fullRangeMs,
  workLastsMs,
} from '../../../../../src-main/drivers/chips/icarus/timing.ts'

describe('how long Icarus devices scan', () => {
  it.each([
    ['icarus', 11.3],
    ['lancelot', 10.7],
    ['block-erupter', 12.8],
    ['cairnsmore', 11.6],
  ] as const)('%s: %d s', (device, seconds) => {
    expect(fullRangeMs(FIXED_RATES_HS[device]) / 1000).toBeCloseTo(seconds, 1)
  })

  it('AntMiner: 2.7 s at 200 MHz, a U3 61 ms at 225', () => {
    expect(fullRangeMs(200e6 * ANTMINER_U1_HASHES_PER_CLOCK)).toBeCloseTo(2684.4, 0)
    expect(fullRangeMs(225e6 * ANTMINER_U3_HASHES_PER_CLOCK)).toBeCloseTo(61.1, 1)
  })

  it('wants new work 150 ms before the end, and of fast devices after half of it', () => {
    expect(workLastsMs(336e6)).toBeCloseTo(fullRangeMs(336e6) - 150, 6)
    expect(workLastsMs(70e9)).toBeCloseTo(fullRangeMs(70e9) / 2, 6)
  })
})
