import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitaxeGamma } from '../../../../src-main/drivers/boards/bitaxe.ts'
import {
  checkCoreVoltage,
  checkFan,
  checkFrequency,
  checkSettings,
  defaultSettings,
} from '../../../../src-main/drivers/boards/check-settings.ts'
import { compacF } from '../../../../src-main/drivers/boards/gekko.ts'
import { boardModels } from '../../../../src-main/drivers/boards/models.ts'

const code = (checked: ReturnType<typeof checkFan> | ReturnType<typeof checkCoreVoltage>): string | null =>
  checked.ok ? null : checked.error.code

describe('settings of a board', () => {
  it('names the range when a clock is outside of it', () => {
    const checked = checkFrequency(bitaxeGamma, 700)
    expect(checked.ok).toBe(false)
    if (checked.ok) return
    expect(checked.error.code).toBe('board/frequency-out-of-range')
    expect(checked.error.message).toContain('400 to 625 MHz in steps of 5')
  })

  it('refuses a clock between two steps', () => {
    expect(checkFrequency(bitaxeGamma, 526).ok).toBe(false)
    expect(checkFrequency(bitaxeGamma, 525).ok).toBe(true)
  })

  it('names the range when a voltage is outside of it', () => {
    const checked = checkCoreVoltage(bitaxeGamma, 1300)
    expect(checked.ok ? '' : checked.error.message).toContain('1000 to 1250 mV')
    expect(code(checked)).toBe('board/voltage-out-of-range')
  })

  it('wants a voltage exactly where one can be set', () => {
    expect(code(checkCoreVoltage(bitaxeGamma, null))).toBe('board/voltage-missing')
    expect(code(checkCoreVoltage(compacF, 1400))).toBe('board/voltage-not-settable')
    expect(checkCoreVoltage(compacF, null).ok).toBe(true)
  })

  it('lets nothing outside the table through, whatever number comes', () => {
    const anyNumber = fc.oneof(
      fc.double(),
      fc.integer({ min: -2000, max: 5000 }),
      fc.constantFrom(NaN, Infinity, -Infinity, -0, 1e308),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...boardModels),
        anyNumber,
        anyNumber,
        (model, frequencyMhz, coreVoltageMv) => {
          const checked = checkSettings(model, { ...defaultSettings(model), frequencyMhz, coreVoltageMv })
          if (!checked.ok) return
          const { frequencyMhz: clock, coreVoltageMv: volts } = model
          expect(frequencyMhz >= clock.min && frequencyMhz <= clock.max).toBe(true)
          expect(volts).not.toBeNull()
          expect(coreVoltageMv >= volts!.min && coreVoltageMv <= volts!.max).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('refuses fans that are too slow, targets beyond the warning, and curves that fall', () => {
    expect(code(checkFan(bitaxeGamma, { mode: 'fixed', permille: 100 }))).toBe('board/fan-out-of-range')
    expect(code(checkFan(bitaxeGamma, { mode: 'fixed', permille: NaN }))).toBe('board/fan-out-of-range')
    expect(code(checkFan(bitaxeGamma, { mode: 'target', chipC: 74, minPermille: 250 }))).toBe(
      'board/fan-out-of-range',
    )
    const falling = [
      { chipC: 40, permille: 500 },
      { chipC: 60, permille: 300 },
    ]
    expect(code(checkFan(bitaxeGamma, { mode: 'curve', points: falling }))).toBe('board/fan-curve-invalid')
    expect(
      checkFan(bitaxeGamma, {
        mode: 'curve',
        points: [...falling.slice(0, 1), { chipC: 70, permille: 1000 }],
      }).ok,
    ).toBe(true)
  })
})
