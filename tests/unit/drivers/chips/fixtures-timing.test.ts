import { describe, expect, it } from 'vitest'
import { baudOfDivider } from '../../../../src-main/drivers/chips/baud.ts'
import { epochMs, searchSpaceMs } from '../../../../src-main/drivers/chips/hash-counting.ts'
import { chipProfile } from '../../../../src-main/drivers/chips/profiles.ts'
import { type ChipId } from '../../../../src-main/drivers/model/chip.ts'
import { hasSharedFixtures } from '../../../support/shared-fixtures.ts'
import { asicVectors, sentFrames } from './asic-vectors.ts'

interface Input {
  chip: ChipId
  mhz: number
  chips: number
  smallCores: number
  cores: number
  versionSize: number
  fraction: number
  defaultMs: number
  subCores: number
  hcn: number
  divider: number
}
interface Expected {
  hcn: string
  frame: string
  timeoutMs: number
  toleranceMs: number
  epochSeconds: number
  baud: number
  ghs: number
}

/** The profile's own hash counting number, from the frame that sets a clock. */
function hashCountingFrame(chip: ChipId, mhz: number, chips: number): string {
  return sentFrames(chipProfile(chip).setFrequency(mhz, chips)!)[1]!
}

describe.runIf(hasSharedFixtures)('timing of the shared fixtures', () => {
  it('agrees with every vector', () => {
    const counts: Record<string, number> = {}
    for (const { id, input, expected } of asicVectors<Input, Expected>('timing')) {
      const kind = /^timing\/([a-z-]+?)-?(?=[A-Z0-9])/.exec(id)![1]!
      counts[kind] = (counts[kind] ?? 0) + 1
      switch (kind) {
        case 'hcn': {
          const frame = hashCountingFrame(input.chip, input.mhz, input.chips)
          expect(frame, id).toBe(expected.frame)
          expect(frame.slice(12, 20), id).toBe(expected.hcn)
          break
        }
        case 'full-space-timeout': {
          const space = searchSpaceMs({
            frequencyMhz: input.mhz,
            chipCount: input.chips,
            cores: input.cores,
            smallCores: input.smallCores,
            versions: input.versionSize,
          })
          const timeoutMs = space === null ? input.defaultMs : space * input.fraction
          expect(Math.abs(timeoutMs - expected.timeoutMs), id).toBeLessThanOrEqual(expected.toleranceMs)
          break
        }
        case 'epoch':
          expect(epochMs(input.subCores, input.hcn) / 1000, id).toBeCloseTo(expected.epochSeconds, 4)
          break
        case 'baud-divider':
          expect(baudOfDivider(input.divider), id).toBeCloseTo(expected.baud, 2)
          break
        case 'expected-hashrate': {
          const { hashesPerClock } = chipProfile(input.chip)
          expect(hashesPerClock, id).toBe(input.smallCores)
          expect((hashesPerClock * input.mhz * input.chips) / 1000, id).toBeCloseTo(expected.ghs, 2)
          break
        }
        default:
          throw new Error(`no test for ${id}`)
      }
    }
    expect(counts).toEqual({
      hcn: 7,
      'full-space-timeout': 3,
      epoch: 4,
      'baud-divider': 3,
      'expected-hashrate': 3,
    })
  })
})
