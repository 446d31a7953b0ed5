import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EnergyCount, type MeterSample } from '../../../../src-main/earnings/meters/energy-count.ts'

const START_MS = 1_785_000_000_000
const facts = { staleAfterMs: 60_000, stepWh: 0.001 }

interface Step {
  readonly afterMs: number
  readonly powerW: number
  readonly energyTotalWh?: number | null
}

/** Runs readings, each `afterMs` after the one before, by both clocks alike. */
function run(steps: readonly Step[], count = new EnergyCount('m1', facts)): (MeterSample | null)[] {
  let atMs = 0
  return steps.map(({ afterMs, powerW, energyTotalWh = null }) => {
    atMs += afterMs
    return count.add({ atMs: START_MS + atMs, powerW, energyTotalWh }, 5_000 + atMs)
  })
}

const joules = (samples: readonly (MeterSample | null)[]): number =>
  samples.reduce((sum, sample) => sum + (sample?.energyJ ?? 0), 0)

describe('energy without a counter', () => {
  it('is power times time, by the mean of both ends', () => {
    expect(
      run([
        { afterMs: 0, powerW: 100 },
        { afterMs: 10_000, powerW: 200 },
      ]),
    ).toEqual([
      null,
      { meterId: 'm1', atMs: START_MS + 10_000, powerDw: 2_000, energyJ: 1_500, coveredMs: 10_000 },
    ])
  })

  it('loses no fraction of a joule, however small the parts', () => {
    const steps = Array.from({ length: 1_001 }, (_, n): Step => ({
      afterMs: n === 0 ? 0 : 1_000,
      powerW: 0.3,
    }))
    expect(joules(run(steps))).toBe(300)
  })

  it('adds up to the whole for any readings, in whole numbers', () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 1, max: 59_000 }),
      powerW: fc.double({ min: 0, max: 5_000, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 60 }), (steps) => {
        const samples = run(steps).filter((sample) => sample !== null)
        let exact = 0
        for (let n = 1; n < steps.length; n++)
          exact += ((steps[n - 1]!.powerW + steps[n]!.powerW) / 2) * (steps[n]!.afterMs / 1_000)
        expect(Math.abs(joules(samples) - exact)).toBeLessThan(0.501)
        for (const { energyJ, coveredMs, powerDw, atMs } of samples) {
          for (const value of [energyJ, coveredMs, powerDw, atMs])
            expect(Number.isSafeInteger(value)).toBe(true)
          expect(energyJ).toBeGreaterThanOrEqual(0)
        }
        expect(samples.reduce((sum, { coveredMs }) => sum + coveredMs, 0)).toBe(
          steps.slice(1).reduce((sum, { afterMs }) => sum + afterMs, 0),
        )
      }),
    )
  })
})

describe('a gap', () => {
  const before: Step[] = [
    { afterMs: 0, powerW: 100, energyTotalWh: 50 },
    { afterMs: 10_000, powerW: 100, energyTotalWh: 50.3 },
  ]

  it('of more than a minute is not filled, not even by a counter', () => {
    const samples = run([
      ...before,
      { afterMs: 60_001, powerW: 100, energyTotalWh: 52 },
      { afterMs: 10_000, powerW: 100, energyTotalWh: 52.278 },
    ])
    expect(samples[2]).toBeNull()
    expect(samples[3]).toMatchObject({ coveredMs: 10_000, energyJ: 1_001 })
  })

  it('is what a machine slept, which its own clock may not have counted', () => {
    const count = new EnergyCount('m1', facts)
    count.add({ atMs: START_MS, powerW: 100, energyTotalWh: null }, 0)
    expect(count.add({ atMs: START_MS + 8 * 3_600_000, powerW: 100, energyTotalWh: null }, 10_000)).toBeNull()
    expect(
      count.add({ atMs: START_MS + 8 * 3_600_000 + 10_000, powerW: 100, energyTotalWh: null }, 20_000),
    ).toMatchObject({ energyJ: 1_000 })
  })

  it('is not what a clock was set back by a little: the time that passed counts', () => {
    const count = new EnergyCount('m1', facts)
    count.add({ atMs: START_MS, powerW: 100, energyTotalWh: null }, 0)
    expect(count.add({ atMs: START_MS - 20_000, powerW: 100, energyTotalWh: null }, 10_000)).toMatchObject({
      energyJ: 1_000,
      coveredMs: 10_000,
      atMs: START_MS - 20_000,
    })
  })

  it('does not come of two readings at one moment', () => {
    expect(run([...before, { afterMs: 0, powerW: 5_000, energyTotalWh: 99 }])[2]).toBeNull()
  })
})

describe('energy with a counter', () => {
  it('is what the counter says in the end, also where the watts are off', () => {
    // The watts say 100, the counter knows that it was 110.
    const steps = Array.from({ length: 361 }, (_, n): Step => ({
      afterMs: n === 0 ? 0 : 10_000,
      powerW: 100,
      energyTotalWh: 1_000 + (n * 110 * 10) / 3_600,
    }))
    const total = joules(run(steps))
    expect(Math.abs(total - 110 * 3_600)).toBeLessThanOrEqual(8)
  })

  it('flows evenly between the steps of a coarse counter', () => {
    // Tasmota: whole Wh; 60 W need a minute for one.
    const count = new EnergyCount('m1', { staleAfterMs: 60_000, stepWh: 1 })
    const steps = Array.from({ length: 181 }, (_, n): Step => ({
      afterMs: n === 0 ? 0 : 10_000,
      powerW: 60,
      energyTotalWh: Math.floor((n * 60 * 10) / 3_600),
    }))
    const samples = run(steps, count).slice(1)
    expect(samples.every((sample) => sample?.energyJ === 600)).toBe(true)
    expect(joules(samples)).toBe(60 * 1_800)
  })

  it('never strays from the counter by more than a minute and a step', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            powerW: fc.integer({ min: 0, max: 3_000 }),
            seen: fc.double({ min: 0.6, max: 1.6, noNaN: true }),
          }),
          { minLength: 2, maxLength: 200 },
        ),
        (loads) => {
          let totalWh = 0
          const steps = loads.map(({ powerW, seen }, n): Step => {
            if (n > 0) totalWh += (powerW * 10) / 3_600
            return {
              afterMs: n === 0 ? 0 : 10_000,
              powerW: powerW * seen,
              energyTotalWh: 7 + Math.floor(totalWh * 1_000) / 1_000,
            }
          })
          const count = new EnergyCount('m1', facts)
          const counted = joules(run(steps, count))
          if (count.fit === 'does-not-fit') return
          expect(counted).toBeGreaterThanOrEqual(totalWh * 3_600 - 3_600 * 0.001 - 1)
          expect(counted).toBeLessThanOrEqual(totalWh * 3_600 + 4_800 * 70 + 4)
        },
      ),
    )
  })

  it('that falls was reset: power times time counts for that stretch', () => {
    const samples = run([
      { afterMs: 0, powerW: 360, energyTotalWh: 5_000 },
      { afterMs: 10_000, powerW: 360, energyTotalWh: 5_001 },
      { afterMs: 10_000, powerW: 360, energyTotalWh: 0.2 },
      { afterMs: 10_000, powerW: 360, energyTotalWh: 1.2 },
    ])
    expect(samples.map((sample) => sample?.energyJ)).toEqual([undefined, 3_600, 3_600, 3_600])
  })

  it('that leaps is another meter’s: power times time counts for that stretch', () => {
    const samples = run([
      { afterMs: 0, powerW: 360, energyTotalWh: 10 },
      { afterMs: 10_000, powerW: 360, energyTotalWh: 9_000 },
      { afterMs: 10_000, powerW: 360, energyTotalWh: 9_001 },
    ])
    expect(samples.map((sample) => sample?.energyJ)).toEqual([undefined, 3_600, 3_600])
  })

  it('that comes and goes is used while it is there', () => {
    const samples = run([
      { afterMs: 0, powerW: 360, energyTotalWh: null },
      { afterMs: 10_000, powerW: 360, energyTotalWh: 5 },
      { afterMs: 10_000, powerW: 360, energyTotalWh: 6 },
      { afterMs: 10_000, powerW: 360, energyTotalWh: null },
    ])
    expect(joules(samples)).toBe(3 * 3_600)
  })

  it('in the wrong unit is found out and not counted by', () => {
    // A counter of kWh that was entered as Wh.
    const count = new EnergyCount('m1', { staleAfterMs: 60_000, stepWh: 0.001 })
    const steps = Array.from({ length: 361 }, (_, n): Step => ({
      afterMs: n === 0 ? 0 : 10_000,
      powerW: 1_000,
      energyTotalWh: 40 + (n * 10) / 3_600,
    }))
    const samples = run(steps, count)
    expect(count.fit).toBe('does-not-fit')
    expect(joules(samples.slice(-100))).toBe(100 * 10_000)
  })
})
