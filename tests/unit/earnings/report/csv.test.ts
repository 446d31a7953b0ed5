import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DAY_COLUMNS,
  daysCsv,
  makeReport,
  makeStatement,
  monthRange,
  PAYOUT_COLUMNS,
  payoutsCsv,
  type ReportInputs,
} from '../../../../src-main/earnings/index.ts'
import {
  anyInputs,
  DAY_MS,
  emptyInputs,
  flatTariff,
  rig,
  steadyEnergy,
  steadyWork,
} from '../../../support/earnings-inputs.ts'
import { readCsv } from '../../../support/read-csv.ts'

/** Rows as records, without the line that is empty after the last CRLF. */
function recordsOf(text: string, columns: readonly string[]): Record<string, string>[] {
  const [header, ...rows] = readCsv(text).filter((row) => row.length > 1)
  expect(header).toEqual(columns)
  return rows.map((row) => {
    expect(row).toHaveLength(columns.length)
    return Object.fromEntries(columns.map((column, i) => [column, row[i]!]))
  })
}
const sum = (records: Record<string, string>[], column: string) =>
  records.reduce((total, record) => total + Number(record[column]), 0)

const payout = {
  id: '1',
  atMs: Date.parse('2026-03-01T23:30Z'),
  sats: 1_234_567,
  kind: 'chain' as const,
  reference: 'f0:1',
  address: 'bcrt1qexample',
  poolId: 'p',
  accountName: null,
  note: '',
}
const inputs: ReportInputs = emptyInputs({
  timeZone: 'Europe/Berlin',
  fromMs: Date.parse('2026-02-28T23:00Z'),
  toMs: Date.parse('2026-03-31T22:00Z'),
  nowMs: Date.parse('2026-03-02T12:00Z'),
  work: [steadyWork('key-a', 'p', '2026-03-01T00:00Z', '2026-03-02T12:00Z', 1.2e9)],
  energy: [
    {
      kind: 'rig',
      rigId: 'a',
      sensor: 'measured',
      ...steadyEnergy('2026-03-01T00:00Z', '2026-03-02T12:00Z', 3_600_000),
    },
  ],
  facts: [{ atMs: 0, height: 900_000, difficulty: 1.45e14, subsidySats: null, feesSats: 4_200_000 }],
  prices: [{ day: Date.parse('2026-03-01T00:00Z') / DAY_MS, closeMinor: 9_000_000 }],
  payouts: [payout],
  pools: [{ poolId: 'p', name: 'Pool' }],
  terms: [{ poolId: 'p', scheme: 'FPPS', feePpm: 20_000, assumed: false }],
  tariffs: [flatTariff(320_000), flatTariff(290_000, { validFrom: '2026-03-15', name: 'New' })],
  rigs: [rig('a')],
})

describe('the CSV of days', () => {
  it('has the documented columns in their order, for good', () => {
    expect(daysCsv(inputs).split('\r\n')).toEqual([
      'date,from_utc,until_utc,expected_sats,solo_expected_sats,reported_sats,received_sats,basis,currency,minor_digits,' +
        'minor_per_btc,price_date,revenue_minor,energy_wh,energy_cost_minor,standing_minor,cost_minor,profit_minor,' +
        'coverage_percent,marks',
      '2026-03-01,2026-02-28T23:00:00Z,2026-03-01T23:00:00Z,59077,0,,0,expected,EUR,2,' +
        '9000000,2026-03-01,5317,23000,736,0,736,4581,100,',
      '2026-03-02,2026-03-01T23:00:00Z,2026-03-02T23:00:00Z,33391,0,,1234567,expected,EUR,2,' +
        '9000000,2026-03-01,3005,13000,416,0,416,2589,100,running old-price',
      '',
    ])
  })

  it('sums up to the report, for any farm', () => {
    fc.assert(
      fc.property(anyInputs(), (any) => {
        const records = recordsOf(daysCsv(any), DAY_COLUMNS)
        const { totals, rows } = makeReport({ ...any, bucket: 'month' })
        expect(sum(records, 'expected_sats')).toBe(totals.expectedSats ?? 0)
        expect(sum(records, 'solo_expected_sats')).toBe(totals.soloExpectedSats ?? 0)
        expect(sum(records, 'reported_sats')).toBe(totals.reportedSats ?? 0)
        expect(sum(records, 'received_sats')).toBe(totals.receivedSats ?? 0)
        expect(sum(records, 'revenue_minor')).toBe(totals.revenueMinor ?? 0)
        expect(sum(records, 'energy_wh')).toBe(totals.energyWh ?? 0)
        expect(sum(records, 'cost_minor')).toBe(totals.costMinor ?? 0)
        expect(records.length).toBeGreaterThanOrEqual(rows.length)
        for (const record of records) {
          for (const [column, cell] of Object.entries(record)) {
            if (/_(sats|minor|wh)$/.test(column)) expect(cell).toMatch(/^-?\d*$/)
          }
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('the CSV of payouts', () => {
  it('values each at the close of its local date', () => {
    // 00:30 on 2 March in Berlin, of which no close is known yet
    expect(payoutsCsv(inputs).split('\r\n')[1]).toBe(
      '2026-03-01T23:30:00Z,2026-03-02,chain,1234567,EUR,2,9000000,2026-03-01,111111,Pool,,bcrt1qexample,f0:1,',
    )
  })

  it('sums up to what was received and what it was worth, for any farm', () => {
    fc.assert(
      fc.property(anyInputs(), (drawn) => {
        const any: ReportInputs = { ...drawn, profitFrom: 'received', bucket: 'day', nowMs: drawn.toMs }
        const records = recordsOf(payoutsCsv(any), PAYOUT_COLUMNS)
        const { totals } = makeReport(any)
        expect(sum(records, 'sats')).toBe(totals.receivedSats)
        expect(sum(records, 'value_minor')).toBe(totals.revenueMinor ?? 0)
      }),
      { numRuns: 40 },
    )
  })

  it('gives words back as they were, and none that a spreadsheet would compute', () => {
    const note = (words: string) =>
      recordsOf(payoutsCsv({ ...inputs, payouts: [{ ...payout, note: words }] }), PAYOUT_COLUMNS)[0]!['note']
    expect(note('for "Anna",\r\nand Bo')).toBe('for "Anna",\r\nand Bo')
    expect(note('=1+1')).toBe("'=1+1")
    expect(note('@SUM(A1)')).toBe("'@SUM(A1)")
    expect(note('1+1')).toBe('1+1')
  })
})

describe('a statement', () => {
  it('is of a local month', () => {
    expect(monthRange('2026-03', 'Europe/Berlin')).toEqual({ fromMs: inputs.fromMs, toMs: inputs.toMs })
    expect(() => monthRange('2026-13', 'UTC')).toThrowError(
      expect.objectContaining({ code: 'earnings/not-a-month' }) as Error,
    )
    expect(() => monthRange('March', 'UTC')).toThrow(/Write it like 2026-11/)
  })

  it('has its days, payouts, tariffs and sources', () => {
    const statement = makeStatement({ ...inputs, fromMs: 0, toMs: 1, bucket: 'year' }, '2026-03')
    expect(statement.report.rows.map(({ date }) => date)).toEqual(['2026-03-01', '2026-03-02'])
    expect(statement.payouts).toEqual([
      { id: '1', minorPerBtc: 9_000_000, priceDate: '2026-03-01', valueMinor: 111_111 },
    ])
    expect(statement.tariffs).toEqual([
      { fromMs: inputs.fromMs, words: '0.32 EUR per kWh' },
      { fromMs: Date.parse('2026-03-14T23:00Z'), words: 'New: 0.29 EUR per kWh' },
    ])
    expect(statement.sources).toEqual([
      'Power of A: measured by the rig itself.',
      'Prices: the close in EUR of each day (UTC).',
      'No close is known of 2026-03-02: valued at that of the nearest day known, 2026-03-01 for the last.',
    ])
  })
})
