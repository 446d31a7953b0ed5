import { describe, expect, it } from 'vitest'
import { expectedRateHs } from '../../../../src-main/drivers/boards/expected-rate.ts'
import { boardModels, findBoardModel } from '../../../../src-main/drivers/boards/models.ts'
import { chipProfile } from '../../../../src-main/drivers/chips/profiles.ts'
import { type Range } from '../../../../src-main/drivers/model/board.ts'

function rate(boardId: string, frequencyMhz?: number): number | null {
  const model = findBoardModel(boardId)!
  return expectedRateHs(model, chipProfile(model.chip), frequencyMhz ?? model.frequencyMhz.default)
}

function everyStep({ min, max, step }: Range): number[] {
  return Array.from({ length: Math.round((max - min) / step) + 1 }, (_, i) => min + i * step)
}

describe('the rate of a healthy board', () => {
  it('is what is known of each at its own clock', () => {
    expect(rate('bitaxe-gamma')! / 1e12).toBeCloseTo(1.07, 2)
    expect(rate('bitaxe-ultra')! / 1e12).toBeCloseTo(0.43, 2)
    expect(rate('bitaxe-supra')! / 1e12).toBeCloseTo(0.63, 2)
    expect(rate('gekko-compac-f')! / 1e12).toBeCloseTo(0.105, 3)
    expect(rate('gekko-compac')! / 1e9).toBeCloseTo(8.25, 1)
    expect(rate('block-erupter')! / 1e6).toBeCloseTo(336, 0)
    expect(rate('antminer-u1-u2')! / 1e9).toBeCloseTo(1.6, 1)
  })

  it('is 2^-22 of it on a simulated board', () => {
    expect(rate('practice-bitaxe-gamma')).toBeCloseTo(rate('bitaxe-gamma')! / 2 ** 22)
    expect(rate('practice-compac-f')! / 1e3).toBeCloseTo(25, 0)
  })

  it.each(boardModels.map((model) => [model.id, model] as const))(
    'can be told for every clock that %s may be set to, because its chip can make them all',
    (_id, model) => {
      const profile = chipProfile(model.chip)
      for (const mhz of everyStep(model.frequencyMhz)) {
        expect(expectedRateHs(model, profile, mhz), `${mhz} MHz`).not.toBeNull()
        expect(profile.setFrequency(mhz, model.chipCount), `${mhz} MHz`).not.toBeNull()
      }
    },
  )
})
