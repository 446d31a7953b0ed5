import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeReport, minorPerUnit, ZoneClock } from '../../../../src-main/earnings/index.ts'
import { divideHalfUp } from '../../../../src-main/earnings/money/rounding.ts'
import { ENERGY_COST_DENOMINATOR } from '../../../../src-main/earnings/tariff/cost.ts'
import { PriceTable } from '../../../../src-main/earnings/tariff/price-table.ts'
import { anyInputs, DAY_MS, emptyInputs, HOUR_MS, rig } from '../../../support/earnings-inputs.ts'

const QUARTER_MS = 900_000

describe('the cost of energy under any tariff', () => {
  it('of an hour is that of its quarters, exactly', () => {
    fc.assert(
      fc.property(anyInputs(), fc.nat(10 ** 8), ({ tariffs, timeZone, fromMs }, energyJ) => {
        const startMs = Math.floor(fromMs / HOUR_MS) * HOUR_MS
        const table = new PriceTable(
          tariffs,
          new ZoneClock(timeZone, startMs, startMs + DAY_MS),
          startMs,
          startMs + DAY_MS,
        )
        for (let at = startMs; at < startMs + DAY_MS; at += HOUR_MS) {
          const quarters = [0, 1, 2, 3].map((i) =>
            table.priceTwelfths(at + i * QUARTER_MS, at + (i + 1) * QUARTER_MS),
          )
          const whole = table.priceTwelfths(at, at + HOUR_MS)
          if (quarters.includes(null)) expect(whole).toBeNull()
          else {
            const parts = quarters.reduce((sum, price) => sum + BigInt(energyJ) * BigInt(price!), 0n)
            expect(BigInt(energyJ) * 4n * BigInt(whole!)).toBe(parts)
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  it('comes to what a plain sum over the quarters of each slot makes of it', () => {
    fc.assert(
      fc.property(anyInputs(), (drawn) => {
        // Whole hours of one rig, so that the plain sum needs to know nothing of edges.
        const fromMs = Math.floor(drawn.fromMs / HOUR_MS) * HOUR_MS
        const toMs = fromMs + 3 * DAY_MS
        const series = drawn.energy.find(({ kind }) => kind === 'rig')
        fc.pre(series !== undefined && drawn.slotMs === HOUR_MS)
        const { timeZone, tariffs, currency } = drawn
        const report = makeReport(
          emptyInputs({
            fromMs,
            toMs,
            timeZone,
            currency,
            nowMs: toMs,
            rigs: [rig('z')],
            energy: [{ ...series!, kind: 'rig', rigId: 'z', sensor: 'measured' }],
            tariffs: tariffs.map((tariff) => ({ ...tariff, standingMicrosPerDay: 0 })),
          }),
        )
        const table = new PriceTable(tariffs, new ZoneClock(timeZone, fromMs, toMs), fromMs, toMs)
        let exact = 0n
        let known = false
        for (let i = 0; i < series!.atMs.length; i++) {
          const at = series!.atMs[i]!
          if (at < fromMs || at >= toMs || series!.coveredMs[i] === 0) continue
          const quarters = [0, 1, 2, 3].map((quarter) => table.priceAt(at + quarter * QUARTER_MS))
          if (quarters.includes(null)) continue
          known = true
          for (const price of quarters) exact += BigInt(series!.energyJ[i]!) * 3n * BigInt(price!)
        }
        const minor = divideHalfUp(exact * BigInt(minorPerUnit(currency)), ENERGY_COST_DENOMINATOR)
        expect(report.totals.energyCostMinor).toBe(known ? Number(minor) : null)
      }),
      { numRuns: 60 },
    )
  })
})
