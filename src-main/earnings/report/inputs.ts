/**
 * Everything a report is made from, as plain values: the caller reads it out of the history and the settings, the report
 * computes. Nothing here is looked up, and no clock is asked. Columns are arrays of equal length (typed arrays or plain
 * ones), because a year of 60 rigs is half a million slots.
 *
 * A slot is named by its start in epoch ms, a multiple of `slotMs`. A slot that is not in a column is a gap: nothing
 * was recorded, which is not zero. Slots outside the range are ignored, and one that the range cuts counts in part.
 */
import { type PoolTerms } from '../expected/terms.ts'
import { type Tariff } from '../tariff/tariff.ts'

export type ReportBucketWidth = 'hour' | 'day' | 'week' | 'month' | 'year'

/** Which of the three sources of income profit is counted from. */
export type ProfitBasis = 'expected' | 'reported' | 'received'

/**
 * Where a figure of power comes from, best first: a smart plug; the rig's own measurement; an estimate (the rig's own,
 * else hashrate times the J/TH a person entered); the nameplate; a fixed power that a person entered.
 */
export type PowerSource = 'metered' | 'measured' | 'estimated' | 'nameplate' | 'entered'

export interface ReportInputs {
  fromMs: number
  /** Not included. */
  toMs: number
  /** Later moments have not happened: they are neither covered nor missed. */
  nowMs: number
  /** IANA name; days, weeks, months and tariffs are local there. */
  timeZone: string
  weekStart: 'monday' | 'sunday'
  bucket: ReportBucketWidth
  /** ISO 4217. */
  currency: string
  profitFrom: ProfitBasis
  /**
   * Only these rigs, or null for all. What is not known by rig (reported, received) is null then; the standing charge
   * is shared by energy among all rigs first.
   */
  onlyRigs: readonly string[] | null
  /** Splits that get a value for each bucket and not only their sums: for stacked charts. */
  stackBy: readonly ('pool' | 'rig' | 'group')[]

  /** Width of every slot below: 300,000 or 3,600,000; it divides an hour. */
  slotMs: number
  work: readonly WorkSeries[]
  energy: readonly EnergySeries[]
  activity: readonly ActivitySeries[]
  /** When Headframe was there to count: `atMs` and `coveredMs` of slots. null: take it that it always was. */
  presence: { atMs: ArrayLike<number>; coveredMs: ArrayLike<number> } | null

  /** In any order; the caller has chosen among sources. */
  facts: readonly NetworkFact[]
  /** In any order; of `currency` alone. */
  prices: readonly DailyPrice[]
  payouts: readonly PayoutInput[]
  /** false: nobody looks for payouts, so that none is not nothing. true without it. */
  payoutsKnown?: boolean
  accountDays: readonly AccountDay[]
  accounts: readonly AccountInput[]
  pools: readonly PoolInput[]
  /** What is known of how pools pay; a pool without an entry gets no expectation, with a mark. */
  terms: readonly PoolTerms[]
  /** Dated; empty: what power costs is not known. */
  tariffs: readonly Tariff[]
  rigs: readonly RigInput[]
  groups: readonly { groupId: string; name: string }[]
  meters: readonly MeterInput[]
}

/** Shares of one rig at one pool, from the proxy. `atMs` ascends. */
export interface WorkSeries {
  rigKey: string
  poolId: string
  atMs: ArrayLike<number>
  /** Sum of the difficulty that valid and weak shares were asked for. */
  workDifficulty: ArrayLike<number>
  acknowledged: ArrayLike<number>
  rejected: ArrayLike<number>
  lost: ArrayLike<number>
}

/**
 * Energy by slot. From a meter (`meterId`), or from a rig's telemetry: `measured` when the rig has a power sensor,
 * `estimated` when its firmware computes the figure. A slot's energy stands for `coveredMs` of it.
 */
export type EnergySeries = {
  atMs: ArrayLike<number>
  /** Whole joules. */
  energyJ: ArrayLike<number>
  /** 0 to slotMs. */
  coveredMs: ArrayLike<number>
} & ({ kind: 'meter'; meterId: string } | { kind: 'rig'; rigId: string; sensor: 'measured' | 'estimated' })

/** What a rig said of its hashing, from telemetry. Only asked for estimates of power; may be left out. */
export interface ActivitySeries {
  rigId: string
  atMs: ArrayLike<number>
  /** 0 to slotMs: how long the rig is known to have hashed. */
  hashingMs: ArrayLike<number>
  /** Mean over `hashingMs`, H/s. */
  hashrateHs: ArrayLike<number>
}

/** null: not known from this one; each figure is taken from the last fact that has it. */
export interface NetworkFact {
  atMs: number
  height: number | null
  difficulty: number | null
  /** null is computed from the height where there is one. */
  subsidySats: number | null
  /** Mean per block. */
  feesSats: number | null
}

export interface DailyPrice {
  /** Whole days since 1970-01-01, UTC. */
  day: number
  /** Minor units of the currency for one bitcoin. */
  closeMinor: number
}

export interface PayoutInput {
  id: string
  atMs: number
  sats: number
  kind: 'chain' | 'pool' | 'manual'
  /** Transaction and output, or what the pool calls it. */
  reference: string
  address: string | null
  poolId: string | null
  accountName: string | null
  note: string
}

/** What a pool says was earned on a day. */
export interface AccountDay {
  accountId: string
  /** Whole days since 1970-01-01. The pool's day (mostly UTC) is counted to the local day of the same date. */
  day: number
  earnedSats: number
}

export interface AccountInput {
  accountId: string
  name: string
  poolId: string | null
}

export interface PoolInput {
  poolId: string
  name: string
}

/** A machine as the fleet and the proxy know it. A rigKey that no rig names is shown by its key. */
export interface RigInput {
  rigId: string
  name: string
  /** The proxy's keys of it. */
  rigKeys: readonly string[]
  groupId: string | null
  /** Still there: not removed. */
  present: boolean
  /** When it came and went: outside of it, nothing of it is missed. null: since its first slot; still here. */
  sinceMs: number | null
  untilMs: number | null
  /** What a person chose to count; null: the best there is. */
  source: PowerSource | null
  /** For `entered`: watts while it hashes. */
  enteredW: number | null
  /** For `estimated` where the rig says nothing. */
  joulesPerTh: number | null
  /** Watts while it hashes. */
  nameplateW: number | null
}

/** A smart plug and what hangs on it; several rigs share its energy by their own estimates. */
export interface MeterInput {
  meterId: string
  name: string
  rigIds: readonly string[]
}
