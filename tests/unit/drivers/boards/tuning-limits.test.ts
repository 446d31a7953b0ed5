import { describe, expect, it } from 'vitest'
import { bitaxeGamma } from '../../../../src-main/drivers/boards/bitaxe.ts'
import { checkCoreVoltage, checkFrequency } from '../../../../src-main/drivers/boards/check-settings.ts'
import { compacF } from '../../../../src-main/drivers/boards/gekko.ts'
import { boardModels } from '../../../../src-main/drivers/boards/models.ts'
import { tuningLimits } from '../../../../src-main/drivers/boards/tuning-limits.ts'

describe('limits of tuning', () => {
  it('offers only what the table allows', () => {
    for (const model of boardModels) {
      const limits = tuningLimits(model)
      if (!limits.ok) continue
      for (const mhz of limits.value.frequenciesMHz)
        expect(checkFrequency(model, mhz).ok, `${mhz}`).toBe(true)
      for (const mv of limits.value.voltagesMv) expect(checkCoreVoltage(model, mv).ok, `${mv}`).toBe(true)
    }
  })

  it('stays below what shuts the board down', () => {
    const limits = tuningLimits(bitaxeGamma)
    expect(limits.ok && limits.value).toMatchObject({ maxChipC: 70, maxRegulatorC: 90, maxPowerW: 36 })
    expect(limits.ok && limits.value.frequenciesMHz).toEqual([
      400, 425, 450, 475, 500, 525, 550, 575, 600, 625,
    ])
  })

  it('does not tune boards whose heat cannot be read', () => {
    const limits = tuningLimits(compacF)
    expect(limits.ok ? null : limits.error.code).toBe('board/not-tunable')
  })
})
