/**
 * CSV for tax and for spreadsheets, RFC 4180: comma, CRLF, quotes where needed, a header. Columns are stable: one is
 * never renamed, moved or removed; new ones come at the end. Amounts are whole sats and whole minor units (`currency`
 * and `minor_digits` say of what: 1234 with 2 digits is 12.34), moments are UTC as 2026-03-29T12:00:00Z, dates local. An
 * empty cell is a figure that is not known. Text that a spreadsheet would take for a formula is led by an apostrophe.
 *
 * The sums of the columns are the totals of the report over the same range. Profit alone is taken from its own line: on a
 * day on which income or cost is not known the cell is empty, and the profit of the range is the sum of `revenue_minor` less
 * that of `cost_minor`.
 */
import { formatDay } from '../tariff/days.ts'
import { ZoneClock } from '../tariff/zone-clock.ts'
import { DayPrices } from './day-prices.ts'
import { type PayoutInput, type ReportInputs } from './inputs.ts'
import { type ValuedPayout } from './output.ts'
import { makeReport } from './report.ts'
import { minorDigits } from '../money/currency.ts'
import { valueOfSats } from '../money/value.ts'

/**
 * A row for each local day:
 *
 * - `date` local date; `from_utc`, `until_utc` its edges, cut by the range
 * - `expected_sats` on average at pools that pay for work; `solo_expected_sats` on average mining alone, no income
 * - `reported_sats` by the accounts at pools; `received_sats` by payouts
 * - `basis` which of the three `revenue_minor` is of: expected, reported, received
 * - `currency` ISO 4217; `minor_digits` digits of its minor units
 * - `minor_per_btc` close used for the day; `price_date` of which day it is
 * - `revenue_minor` value of the basis at that price
 * - `energy_wh`; `energy_cost_minor`; `standing_minor` charges per day; `cost_minor` both
 * - `profit_minor` revenue less cost, empty where one of them is not known
 * - `coverage_percent` part of the time in which Headframe was there to count
 * - `marks` what to be careful of, separated by spaces: see `ReportMark`
 */
export const DAY_COLUMNS = [
  'date',
  'from_utc',
  'until_utc',
  'expected_sats',
  'solo_expected_sats',
  'reported_sats',
  'received_sats',
  'basis',
  'currency',
  'minor_digits',
  'minor_per_btc',
  'price_date',
  'revenue_minor',
  'energy_wh',
  'energy_cost_minor',
  'standing_minor',
  'cost_minor',
  'profit_minor',
  'coverage_percent',
  'marks',
] as const

/**
 * A row for each payout, oldest first:
 *
 * - `time_utc`; `date` local date
 * - `kind` chain (seen on the block chain), pool (told by a pool), manual (entered)
 * - `sats`
 * - `currency`, `minor_digits` as above; `minor_per_btc` close of that date, `price_date` of which day it is
 * - `value_minor` sats at that price, rounded half up, each payout by itself
 * - `pool`, `account` as they are called; `address`; `reference` transaction and output, or what the pool calls it
 * - `note`
 */
export const PAYOUT_COLUMNS = [
  'time_utc',
  'date',
  'kind',
  'sats',
  'currency',
  'minor_digits',
  'minor_per_btc',
  'price_date',
  'value_minor',
  'pool',
  'account',
  'address',
  'reference',
  'note',
] as const

type Cell = string | number | null

/** @param inputs of any bucket: rows are days all the same. @throws as `makeReport` */
export function daysCsv(inputs: ReportInputs): string {
  const report = makeReport({ ...inputs, bucket: 'day', stackBy: [] })
  const rows = report.rows.map((row): Cell[] => [
    row.date,
    utc(row.atMs),
    utc(row.untilMs),
    row.expectedSats,
    row.soloExpectedSats,
    row.reportedSats,
    row.receivedSats,
    report.profitFrom,
    report.currency,
    report.minorDigits,
    row.minorPerBtc,
    row.priceDate,
    row.revenueMinor,
    row.energyWh,
    row.energyCostMinor,
    row.standingMinor,
    row.costMinor,
    row.profitMinor,
    Math.round(row.coverageRatio * 100),
    row.marks.join(' '),
  ])
  return formatCsv([[...DAY_COLUMNS], ...rows])
}

/** @throws HeadframeError `earnings/unknown-time-zone` */
export function payoutsCsv(inputs: ReportInputs): string {
  const pools = new Map(inputs.pools.map(({ poolId, name }) => [poolId, name]))
  const clock = new ZoneClock(inputs.timeZone, inputs.fromMs, inputs.toMs)
  const rows = valuePayouts(inputs).map(({ payout, minorPerBtc, priceDate, valueMinor }): Cell[] => [
    utc(payout.atMs),
    formatDay(clock.dayOf(payout.atMs)),
    payout.kind,
    payout.sats,
    inputs.currency,
    minorDigits(inputs.currency),
    minorPerBtc,
    priceDate,
    valueMinor,
    payout.poolId === null ? null : text(pools.get(payout.poolId) ?? payout.poolId),
    payout.accountName === null ? null : text(payout.accountName),
    payout.address === null ? null : text(payout.address),
    text(payout.reference),
    text(payout.note),
  ])
  return formatCsv([[...PAYOUT_COLUMNS], ...rows])
}

/** Payouts of the range, oldest first, each with the price of its local date. */
export function valuePayouts(
  inputs: Pick<ReportInputs, 'payouts' | 'prices' | 'timeZone' | 'fromMs' | 'toMs'>,
): (ValuedPayout & { payout: PayoutInput })[] {
  const prices = new DayPrices(inputs.prices)
  const clock = new ZoneClock(inputs.timeZone, inputs.fromMs, inputs.toMs)
  return inputs.payouts
    .filter(({ atMs }) => atMs >= inputs.fromMs && atMs < inputs.toMs)
    .toSorted((a, b) => a.atMs - b.atMs)
    .map((payout) => {
      const price = prices.on(clock.dayOf(payout.atMs))
      return {
        payout,
        id: payout.id,
        minorPerBtc: price?.minorPerBtc ?? null,
        priceDate: price === null ? null : formatDay(price.day),
        valueMinor: price === null ? null : valueOfSats(payout.sats, price.minorPerBtc),
      }
    })
}

/** Each row ends in CRLF, the last too. */
export function formatCsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(formatCell).join(',')}\r\n`).join('')
}

function formatCell(cell: Cell): string {
  if (cell === null) return ''
  const plain = String(cell)
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

/** Words from outside, so that a spreadsheet does not compute them. */
function text(words: string): string {
  return /^[=+\-@\t\r]/.test(words) ? `'${words}` : words
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
