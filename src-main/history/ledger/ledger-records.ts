/**
 * What the ledger takes and gives: plain values that survive a structured clone. Money is whole sats and whole minor
 * units of a currency (JPY has none); a day is whole UTC days since the epoch; moments are epoch milliseconds.
 */

/** What the network was like. */
export interface NetworkFact {
  readonly atMs: number
  /** Who said it, for instance `node` or `jobs`. */
  readonly source: string
  /** Of the newest block; null when the source does not say. */
  readonly height: number | null
  readonly difficulty: number
  readonly subsidySats: number
  /** Mean fees of a block; null when the source does not say. */
  readonly feesSats: number | null
}

/** The close of a day, or of the running day the price last seen. */
export interface DayPrice {
  /** ISO 4217, upper case. */
  readonly currency: string
  readonly day: number
  /** Minor units of the currency for one bitcoin. */
  readonly closeMinor: number
  readonly source: string
  /** When the source was asked. */
  readonly atMs: number
}

export interface LatestPrice extends DayPrice {
  /** Since the source was asked; 0 when the clock went back meanwhile. */
  readonly ageMs: number
}

/** chain: found in a block. pool: said by a pool's account. manual: entered by a person. */
export type PayoutKind = 'chain' | 'pool' | 'manual'

export interface PayoutRecord {
  readonly kind: PayoutKind
  /** The same payout has the same reference, whoever found it: `<txid>:<output>` where it is on the chain. */
  readonly reference: string
  readonly accountId: string | null
  readonly address: string | null
  readonly sats: number
  /** Of its block, or when it was first seen. */
  readonly atMs: number
  /** Of its block. On kind `chain`, null means not, or after a reorganisation no longer, in a block. */
  readonly height: number | null
  readonly note: string | null
}

export interface Payout extends PayoutRecord {
  readonly id: number
}

export interface PayoutFilter {
  /** Included. */
  readonly fromMs?: number
  /** Not included. */
  readonly toMs?: number
  readonly kind?: PayoutKind
  readonly accountId?: string
  readonly address?: string
}

/** Payouts on the chain without a block are counted apart and in no other figure. */
export interface PayoutSums {
  readonly count: number
  readonly sats: number
  readonly unconfirmedCount: number
  readonly unconfirmedSats: number
}

/** What a pool says of an account; null for what it does not say. */
export interface AccountState {
  readonly accountId: string
  readonly atMs: number
  readonly unpaidSats: number | null
  /** Over all time. */
  readonly paidSats: number | null
  /** Over all time, paid or not. */
  readonly earnedSats: number | null
  readonly hashrateHs: number | null
}

/** What a pool says was earned on one day. */
export interface AccountDay {
  readonly accountId: string
  readonly day: number
  readonly earnedSats: number
}

/** Something that happened, to be marked on charts. */
export interface FarmEvent {
  readonly atMs: number
  readonly kind: string
  /** For instance `rig`, `pool` or `farm`. */
  readonly subjectKind: string
  /** Id of what it is about; empty for the whole farm. */
  readonly subject: string
  /** A sentence. */
  readonly text: string
}

export interface RecordedEvent extends FarmEvent {
  /** Rises with the order of recording. */
  readonly id: number
}

export interface FarmEventQuery {
  /** Included. */
  readonly fromMs: number
  /** Not included. */
  readonly toMs: number
  /** All kinds without it. */
  readonly kinds?: readonly string[]
  /** Events of any of these; all without it. A subject left out means every one of its kind. */
  readonly about?: readonly { readonly subjectKind: string; readonly subject?: string }[]
  readonly limit: number
}
