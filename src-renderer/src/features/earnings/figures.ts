/**
 * Figures of a report as they are shown: in sats or in the currency, per source, with what is not known kept apart from nothing. Pure.
 */
import type { EarningsFigures, EarningsReport, EarningsRow } from '@contract'
import {
  formatMinor,
  formatSats,
  formatSatsBare,
  formatSignedMinor,
  satsFor,
  UNKNOWN,
  valueAt,
} from '../../format/money.ts'

export type Unit = 'sats' | 'currency'
export type Source = 'expected' | 'reported' | 'received'
export type SeriesKey = Source | 'solo'

export const SOURCES: readonly {
  key: SeriesKey
  label: string
  meaning: string
  tone: string
  fill: string
}[] = [
  {
    key: 'expected',
    label: 'Expected',
    meaning:
      'Worked out here from the shares that count: what this much work is worth at pools that pay for work, with their fees taken off. An estimate, and a way to check a pool.',
    tone: 'text-accent',
    fill: 'bg-accent',
  },
  {
    key: 'reported',
    label: 'Reported',
    meaning: 'What your accounts at pools say that you earned there. Needs an account, under Payouts.',
    tone: 'text-info',
    fill: 'bg-info',
  },
  {
    key: 'received',
    label: 'Received',
    meaning:
      'Payments that arrived: seen on the chain, told by a pool, or entered by hand. It comes in lumps, days after the work.',
    tone: 'text-good',
    fill: 'bg-good',
  },
  {
    key: 'solo',
    label: 'Solo, on average',
    meaning:
      'What solo mining is worth over a very long time. No income before a block is found, so it is in no sum.',
    tone: 'text-faint',
    fill: 'bg-faint',
  },
]

const FIELD = {
  expected: 'expectedSats',
  reported: 'reportedSats',
  received: 'receivedSats',
  solo: 'soloExpectedSats',
} as const satisfies Record<SeriesKey, keyof EarningsFigures>

/** Sats of one source in figures of any kind; null where it is not known. */
export function satsOf(
  figures: Partial<Pick<EarningsFigures, (typeof FIELD)[SeriesKey]>>,
  key: SeriesKey,
): number | null {
  return figures[FIELD[key]] ?? null
}

/** What the report says of money that all of the screen needs. */
export interface MoneyOf {
  unit: Unit
  currency: string
  minorDigits: number
  profitFrom: Source
}
export function moneyOf(report: EarningsReport, unit: Unit): MoneyOf {
  const { currency, minorDigits, profitFrom } = report
  return { unit, currency, minorDigits, profitFrom }
}

/** One source of a bucket in the unit shown: whole sats, or whole minor units at the price of that bucket. Null: not known. */
export function seriesValue(row: EarningsRow, key: SeriesKey, money: MoneyOf): number | null {
  const sats = satsOf(row, key)
  if (money.unit === 'sats' || sats === null) return sats
  // The core counts day by day; what it counted wins over the price of a whole month.
  if (key === money.profitFrom && row.revenueMinor !== null) return row.revenueMinor
  if (sats === 0) return 0
  return row.minorPerBtc === null ? null : valueAt(sats, row.minorPerBtc)
}

/** Cost of a bucket in the unit shown. */
export function costValue(row: EarningsRow, unit: Unit): number | null {
  if (unit === 'currency' || row.costMinor === null) return row.costMinor
  if (row.costMinor === 0) return 0
  return row.minorPerBtc === null ? null : satsFor(row.costMinor, row.minorPerBtc)
}

/** Profit of a bucket in the unit shown. */
export function profitValue(row: EarningsRow, unit: Unit): number | null {
  if (unit === 'currency' || row.profitMinor === null) return row.profitMinor
  if (row.profitMinor === 0) return 0
  return row.minorPerBtc === null ? null : satsFor(row.profitMinor, row.minorPerBtc)
}

export interface Summed {
  value: number | null
  /** Some buckets have no value: the sum is of those that have one. */
  partial: boolean
}
/** A sum over past buckets that keeps apart: nothing known, some known, all known. */
export function sumKnown(
  rows: readonly EarningsRow[],
  pick: (row: EarningsRow) => number | null,
  now: number,
): Summed {
  const past = rows.filter((row) => row.at <= now)
  const known = past.map(pick).filter((value) => value !== null)
  return {
    value: known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0),
    partial: known.length < past.length,
  }
}

/** A value in the unit shown, with its unit. */
export function formatValue(value: number | null, money: MoneyOf): string {
  if (value === null) return UNKNOWN
  return money.unit === 'sats' ? formatSats(value) : formatMinor(value, money.currency, money.minorDigits)
}
/** The same in a column that names the unit. */
export function formatCell(value: number | null, money: MoneyOf): string {
  return money.unit === 'sats' ? formatSatsBare(value) : formatMinor(value, money.currency, money.minorDigits)
}
/** With a sign before a gain, for profit. */
export function formatGain(value: number | null, money: MoneyOf): string {
  if (value === null) return UNKNOWN
  if (money.unit === 'currency') return formatSignedMinor(value, money.currency, money.minorDigits)
  return value > 0 ? `+${formatSats(value)}` : formatSats(value)
}

const SOURCE_WORDS: Record<Source, string> = {
  expected: 'what is expected',
  reported: 'what pools report',
  received: 'what was received',
}
export const sourceWords = (source: Source): string => SOURCE_WORDS[source]
