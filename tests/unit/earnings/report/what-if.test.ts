import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeReport, makeWhatIf, type ReportInputs } from '../../../../src-main/earnings/index.ts'
import {
  anyInputs,
  emptyInputs,
  flatTariff,
  rig,
  steadyEnergy,
  steadyWork,
} from '../../../support/earnings-inputs.ts'

const [FROM, TO] = ['2026-03-01T00:00Z', '2026-03-11T00:00Z']
const inputs: ReportInputs = emptyInputs({
  toMs: Date.parse(TO),
  work: [steadyWork('key-a', 'p', FROM, TO, 1.2e9)],
  energy: [{ kind: 'rig', rigId: 'a', sensor: 'measured', ...steadyEnergy(FROM, TO, 3_600_000) }],
  facts: [{ atMs: 0, height: 900_000, difficulty: 1.45e14, subsidySats: null, feesSats: 4_200_000 }],
  prices: [{ day: 20_000, closeMinor: 9_000_000 }],
  pools: [{ poolId: 'p', name: 'Pool' }],
  terms: [{ poolId: 'p', scheme: 'FPPS', feePpm: 20_000, assumed: false }],
  tariffs: [flatTariff(320_000, { standingMicrosPerDay: 100_000 })],
  rigs: [rig('a')],
})

describe('what if', () => {
  it('nothing changes: then is as now', () => {
    const result = makeWhatIf(inputs, {})
    expect(result.days).toBe(10)
    expect(result.then).toEqual(result.now)
    expect(result.now).toEqual({
      expectedSats: 61_645,
      energyWh: 24_000,
      costMinor: 778, // 24 kWh at 0.32, and 0.10
      revenueMinor: 5548,
      profitMinor: 4770,
    })
    expect(result.assumed).toEqual({
      minorPerBtc: 9_000_000,
      difficulty: 1.45e14,
      microsPerKwh: 320_000,
      hashrateHs: (1.2e9 * 2 ** 32) / 3600,
      powerW: 1000,
    })
    expect(result.breakEven).toEqual(makeReport(inputs).breakEven)
  })

  it('the difficulty doubles: half is earned for the same cost', () => {
    const { then } = makeWhatIf(inputs, { difficulty: 2.9e14 })
    expect(then).toMatchObject({ expectedSats: 30_823, costMinor: 778, revenueMinor: 2774 })
  })

  it('the price, the tariff, the hashrate and the power are others', () => {
    expect(makeWhatIf(inputs, { minorPerBtc: 18_000_000 }).then.revenueMinor).toBe(11_096)
    expect(makeWhatIf(inputs, { microsPerKwh: 0 }).then.costMinor).toBe(10)
    expect(makeWhatIf({ ...inputs, tariffs: [] }, { microsPerKwh: 250_000 }).then.costMinor).toBe(600)
    const tuned = makeWhatIf(inputs, { hashratePpm: 500_000, powerPpm: 250_000 })
    expect(tuned.then).toMatchObject({ expectedSats: 30_823, energyWh: 6000, costMinor: 202 })
    expect(tuned.assumed.powerW).toBe(250)
  })

  it('is never other than a report of the changed inputs', () => {
    fc.assert(
      fc.property(anyInputs(), fc.integer({ min: 1, max: 20_000_000 }), (any, minorPerBtc) => {
        const { then, days } = makeWhatIf(any, { minorPerBtc })
        const changed = makeReport({ ...any, prices: [{ day: 0, closeMinor: minorPerBtc }] })
        const mean = (amount: number | null) => (amount === null ? null : Math.round(amount / days))
        expect(then.revenueMinor).toBe(mean(changed.totals.revenueMinor))
        expect(then.expectedSats).toBe(mean(makeReport(any).totals.expectedSats))
      }),
      { numRuns: 15 },
    )
  })
})
