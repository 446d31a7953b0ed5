import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EarningsReport, type Figures, makeReport } from '../../../../src-main/earnings/index.ts'
import { anyInputs } from '../../../support/earnings-inputs.ts'

const AMOUNTS = [
  'expectedSats',
  'soloExpectedSats',
  'reportedSats',
  'receivedSats',
  'energyWh',
  'energyCostMinor',
  'standingMinor',
  'costMinor',
  'revenueMinor',
] as const satisfies readonly (keyof Figures)[]

const sum = (values: readonly (number | null)[]) => values.reduce<number>((a, b) => a + (b ?? 0), 0)

function expectSums(report: EarningsReport): void {
  for (const amount of AMOUNTS) {
    const total = report.totals[amount] ?? 0
    expect(Number.isSafeInteger(total), amount).toBe(true)
    for (const [name, parts] of Object.entries({
      rows: report.rows,
      pools: report.pools,
      rigs: report.rigs,
      groups: report.groups,
    })) {
      expect(sum(parts.map((part: Figures) => part[amount])), `${amount} of ${name}`).toBe(total)
    }
  }
}

describe('the figures of any report', () => {
  it('add up to the totals by bucket, pool, rig and group, and are whole', () => {
    fc.assert(
      fc.property(anyInputs(), (inputs) => {
        expectSums(makeReport(inputs))
      }),
      { numRuns: 80 },
    )
  })

  it('stack up to each row, for every split', () => {
    fc.assert(
      fc.property(anyInputs(), (inputs) => {
        const report = makeReport(inputs)
        for (const stacks of Object.values(report.stacks)) {
          for (const amount of [
            'expectedSats',
            'soloExpectedSats',
            'energyWh',
            'costMinor',
            'revenueMinor',
          ] as const) {
            report.rows.forEach((row, i) => {
              expect(sum(stacks.map((series) => series[amount][i]!)), amount).toBe(row[amount] ?? 0)
            })
          }
        }
      }),
      { numRuns: 20 },
    )
  })

  it('are the same sums by the day, week, month and year', () => {
    fc.assert(
      fc.property(anyInputs(), (inputs) => {
        const [day, ...wider] = (['day', 'week', 'month', 'year'] as const).map((bucket) =>
          makeReport({ ...inputs, bucket }),
        )
        for (const report of wider) {
          expect({ ...report.totals, marks: [] }).toEqual({ ...day!.totals, marks: [] })
          expect(report.pools).toEqual(day!.pools)
          expect(report.rigs).toEqual(day!.rigs)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('of each rig alone come to what the whole says of it', () => {
    fc.assert(
      fc.property(anyInputs(), (inputs) => {
        fc.pre(inputs.profitFrom !== 'received')
        const whole = makeReport(inputs)
        for (const row of whole.rigs) {
          if (row.rigId === null) continue
          const alone = makeReport({ ...inputs, onlyRigs: [row.rigId] })
          expectSums(alone)
          for (const amount of AMOUNTS) {
            if (amount === 'reportedSats' || amount === 'receivedSats')
              expect(alone.totals[amount]).toBeNull()
            else expect(alone.totals[amount], amount).toBe(row[amount])
          }
        }
      }),
      { numRuns: 20 },
    )
  })

  it('survive JSON unchanged, and no part is negative but a profit', () => {
    fc.assert(
      fc.property(anyInputs(), (inputs) => {
        const report = makeReport(inputs)
        expect(JSON.parse(JSON.stringify(report))).toEqual(report)
        for (const part of [...report.rows, ...report.pools, ...report.rigs, ...report.groups]) {
          for (const amount of AMOUNTS) expect(part[amount] ?? 0).toBeGreaterThanOrEqual(0)
          expect(part.profitMinor).toBe(
            part.revenueMinor === null || part.costMinor === null ? null : part.revenueMinor - part.costMinor,
          )
        }
        for (const row of report.rows) {
          for (const ratio of [row.coverageRatio, row.powerCoverageRatio]) {
            expect(ratio >= 0 && ratio <= 1).toBe(true)
          }
        }
        expect(JSON.stringify(report)).not.toMatch(/NaN|Infinity|undefined/)
      }),
      { numRuns: 60 },
    )
  })
})
