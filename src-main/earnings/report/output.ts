/**
 * What a report says, JSON-safe. null: not known, which is not nothing. Wherever there are parts (rows, pools, rigs,
 * groups), their amounts add up to the totals exactly; a null counts as 0 in that sum. (Profit is the one that is taken
 * from its own line: where a part's cost is not known its profit is null, and is in the total's all the same.)
 */
import { type Minor, type MinorPerBtc, type MicrosPerKwh, type Sats } from '../money/amounts.ts'
import { type PayoutScheme } from '../expected/terms.ts'
import { type Formula } from '../expected/expectation.ts'
import { type PowerSource, type ProfitBasis, type ReportBucketWidth } from './inputs.ts'

export interface Figures {
  /** On average, at pools that pay for work. */
  expectedSats: Sats | null
  /** On average, mining alone: no income, and part of no sum of money. */
  soloExpectedSats: Sats | null
  reportedSats: Sats | null
  receivedSats: Sats | null
  /** Sum of share difficulty, without what was refused or lost. */
  work: number
  energyWh: number | null
  energyCostMinor: Minor | null
  /** Charges per day, shared out by energy. */
  standingMinor: Minor | null
  /** Both of them. null when no tariff has a price or no energy is known. */
  costMinor: Minor | null
  /** Of the basis that was chosen, at the price of each day. */
  revenueMinor: Minor | null
  /** Revenue less cost of the same line; null where one of them is. */
  profitMinor: Minor | null
}

/**
 * running: not over yet. no-facts: work that no difficulty was known for. later-facts: valued with facts that came
 * later. no-price: no price of bitcoin. old-price: the price of another day. no-tariff: energy without a price.
 * no-power: rigs that mined and no source of power. partly-covered: Headframe was not there, or power was not known,
 * for part of the time.
 */
export type ReportMark =
  | 'running'
  | 'no-facts'
  | 'later-facts'
  | 'no-price'
  | 'old-price'
  | 'no-tariff'
  | 'no-power'
  | 'partly-covered'

export interface ReportRow extends Figures {
  atMs: number
  /** Not included. Cut by the report's range, as `atMs`. */
  untilMs: number
  /** Local date of `atMs`, `2026-03-29`. */
  date: string
  /** Close that was used for the last day of the row. */
  minorPerBtc: MinorPerBtc | null
  /** `2026-03-29`: of which day that close is. */
  priceDate: string | null
  /** Of the network, weighed by work; that in force at the end of a row without work. */
  difficulty: number | null
  /** Part of the time, as far as it has passed, in which Headframe was there to count. */
  coverageRatio: number
  /** Part of the rigs' time for which their power is known; 1 without rigs. */
  powerCoverageRatio: number
  marks: ReportMark[]
}

export interface PoolRow extends Figures {
  /** null: what belongs to no pool. */
  poolId: string | null
  name: string
  /** null: not known how it pays, so that nothing is expected. */
  scheme: PayoutScheme | null
}

export interface RigRow extends Figures {
  /** null: what belongs to no single rig. */
  rigId: string | null
  name: string
  groupId: string | null
  present: boolean
  /** Where most of its energy figure comes from; null without any. */
  powerSource: PowerSource | null
  energyWhBySource: Partial<Record<PowerSource, number>>
  coverageRatio: number
}

export interface GroupRow extends Figures {
  /** null: rigs of no group, and what belongs to no rig. */
  groupId: string | null
  name: string
}

export interface PoolFormula extends Formula {
  poolId: string
  poolName: string
  scheme: PayoutScheme
  assumed: boolean
  feePpm: number
}

/** A part's figures by row, for stacked charts. */
export interface StackSeries {
  id: string | null
  name: string
  expectedSats: (Sats | null)[]
  soloExpectedSats: (Sats | null)[]
  energyWh: (number | null)[]
  costMinor: (Minor | null)[]
  revenueMinor: (Minor | null)[]
}

export interface BreakEven {
  /** Price of a bitcoin at which the cost is just paid for; null without income or cost. */
  minorPerBtc: MinorPerBtc | null
  /** Flat tariff at which it is, beside the standing charge. */
  microsPerKwh: MicrosPerKwh | null
}

export interface EarningsReport {
  fromMs: number
  toMs: number
  bucket: ReportBucketWidth
  timeZone: string
  currency: string
  minorDigits: number
  profitFrom: ProfitBasis
  /** Up to now: buckets that have not begun are left out. */
  rows: ReportRow[]
  totals: Figures & { coverageRatio: number; powerCoverageRatio: number; energyJ: number }
  pools: PoolRow[]
  rigs: RigRow[]
  groups: GroupRow[]
  formula: PoolFormula[]
  breakEven: BreakEven
  /** Those that were asked for with `stackBy`; empty otherwise. */
  stacks: { pool: StackSeries[]; rig: StackSeries[]; group: StackSeries[] }
  /** Sentences on what is missing or assumed. */
  notes: string[]
}

/** Averages of a day, as it was and as it would be. */
export interface DailyFigures {
  expectedSats: Sats | null
  energyWh: number | null
  costMinor: Minor | null
  revenueMinor: Minor | null
  profitMinor: Minor | null
}

export interface WhatIfChange {
  minorPerBtc?: MinorPerBtc
  difficulty?: number
  /** A flat tariff in place of the rates; standing charges stay. */
  microsPerKwh?: MicrosPerKwh
  /** Millionths of the work that was done: 1,000,000 is as it was. */
  hashratePpm?: number
  powerPpm?: number
}

export interface WhatIfResult {
  /** That the figures are a mean of. */
  days: number
  now: DailyFigures
  then: DailyFigures
  /** With the changes. */
  breakEven: BreakEven
  assumed: {
    minorPerBtc: MinorPerBtc | null
    difficulty: number | null
    /** Mean over the energy used, without standing charges. */
    microsPerKwh: MicrosPerKwh | null
    hashrateHs: number | null
    powerW: number | null
  }
}

export interface ValuedPayout {
  id: string
  minorPerBtc: MinorPerBtc | null
  /** Day of that close. */
  priceDate: string | null
  valueMinor: Minor | null
}

export interface Statement {
  /** `2026-11`. */
  month: string
  report: EarningsReport
  /** Of the month, oldest first. */
  payouts: ValuedPayout[]
  /** Those that held in the month, each from its first moment in it. */
  tariffs: { fromMs: number; words: string }[]
  /** Where power and prices came from, a sentence each. */
  sources: string[]
}
