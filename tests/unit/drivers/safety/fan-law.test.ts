import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FanSetting } from '../../../../src-main/drivers/model/board.ts'
import { fanDuty, type FanMemory, FRESH_FAN } from '../../../../src-main/drivers/safety/fan-law.ts'

const target: FanSetting = { mode: 'target', chipC: 60, minPermille: 250 }
const at = (chipC: number | null, elapsedMs = 1_000) => ({ chipC, warnC: 70, minPermille: 250, elapsedMs })

const anyFan = fc.oneof(
  fc.record({ mode: fc.constant('fixed' as const), permille: fc.double() }),
  fc.record({ mode: fc.constant('target' as const), chipC: fc.double(), minPermille: fc.double() }),
  fc.record({
    mode: fc.constant('curve' as const),
    points: fc.array(fc.record({ chipC: fc.double(), permille: fc.double() }), { maxLength: 5 }),
  }),
)

describe('the fan', () => {
  it('turns though the least duty that was chosen is no number', () => {
    const fan = { mode: 'target', chipC: 60, minPermille: Number.NaN } as const
    const { permille } = fanDuty(fan, FRESH_FAN, { chipC: 65, warnC: 70, minPermille: 250, elapsedMs: 1000 })
    expect(permille).toBeGreaterThanOrEqual(250)
  })

  it('always gets a duty between its least and full speed', () => {
    const memory = fc.record({ integral: fc.double(), lastC: fc.option(fc.double()) })
    fc.assert(
      fc.property(
        anyFan,
        memory,
        fc.option(fc.double()),
        fc.double({ min: 0 }),
        (fan, from, chipC, elapsedMs) => {
          const { permille } = fanDuty(fan, from, at(chipC, elapsedMs))
          expect(permille).toBeGreaterThanOrEqual(250)
          expect(permille).toBeLessThanOrEqual(1000)
          expect(Number.isInteger(permille)).toBe(true)
        },
      ),
    )
  })

  it('runs at full speed whenever the temperature is not known or near its limit, whatever was set', () => {
    const blind = fc.oneof(fc.constantFrom(null, NaN, Infinity), fc.double({ min: 70, noNaN: true }))
    fc.assert(
      fc.property(anyFan, blind, (fan, chipC) => {
        expect(fanDuty(fan, FRESH_FAN, at(chipC)).permille).toBe(1000)
      }),
    )
  })

  it('keeps to a fixed duty', () => {
    expect(fanDuty({ mode: 'fixed', permille: 430 }, FRESH_FAN, at(50)).permille).toBe(430)
  })

  it('draws straight lines between the points of a curve', () => {
    const curve: FanSetting = {
      mode: 'curve',
      points: [
        { chipC: 40, permille: 300 },
        { chipC: 60, permille: 700 },
      ],
    }
    const duty = (chipC: number): number => fanDuty(curve, FRESH_FAN, at(chipC)).permille
    expect([duty(20), duty(40), duty(50), duty(60), duty(65)]).toEqual([300, 300, 500, 700, 700])
  })

  it('turns faster above its target, rests below it, and remembers what a standing error needs', () => {
    expect(fanDuty(target, FRESH_FAN, at(40)).permille).toBe(250)
    expect(fanDuty(target, FRESH_FAN, at(68)).permille).toBeGreaterThan(400)
    let memory: FanMemory = FRESH_FAN
    let last = 0
    for (let i = 0; i < 200; i++) {
      const { permille, memory: next } = fanDuty(target, memory, at(65))
      expect(permille).toBeGreaterThanOrEqual(last)
      last = permille
      memory = next
    }
    expect(last).toBe(1000)
  })

  it('settles a chip that its air cools', () => {
    let memory: FanMemory = FRESH_FAN
    let chipC = 40
    for (let second = 0; second < 1_200; second++) {
      const { permille, memory: next } = fanDuty(target, memory, at(chipC))
      memory = next
      const settlesAtC = 25 + 60 * (1.6 - permille / 1000)
      chipC += (settlesAtC - chipC) * 0.05
    }
    expect(Math.abs(chipC - 60)).toBeLessThan(2)
  })
})
