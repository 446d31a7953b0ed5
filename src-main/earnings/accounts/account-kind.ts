/**
 * What a pool's account API is to us: data (whom to ask, what a person must enter) and a parser for each reply. One file
 * for each pool in `pools/`; asking is `read-account.ts`'s, when to ask `account-watch.ts`'s. Every header of a pool says
 * where the shape of its API is known from and how sure that is: all of them were tested on stand-in servers, none
 * against the pool itself.
 */
import { type HeadframeError } from '../../base/index.ts'
import { type Answer } from '../outside/answer.ts'
import { type AskedOutside } from '../outside/failures.ts'

/** An account as a person added it. Empty text for what its kind does not need. */
export interface AccountConfig {
  readonly id: string
  /** Id of an `AccountKind`. */
  readonly kind: string
  /** The person's name for it. */
  readonly name: string
  /** False: kept, but nothing is asked. */
  readonly enabled: boolean
  /** Payout address. */
  readonly address: string
  /** Name of the account or subaccount at the pool. */
  readonly user: string
  /** Base address of the API: `https://host[:port]`, with a path if it is below one. */
  readonly url: string
  /** API key. A secret. */
  readonly key: string
}

/** What one UTC day earned by the pool's own book. The running day is what it has so far. */
export interface ReportedDay {
  /** Days since 1970-01-01, UTC. */
  readonly day: number
  readonly sats: number
}

export interface ReportedPayout {
  /** Stable and unique within the account; the transaction where there is one, `lightning/…` where not. */
  readonly reference: string
  /** Hex, 64 digits; null for what is not on the chain or not told. */
  readonly txid: string | null
  /** What arrived or is on its way. */
  readonly sats: number
  readonly atMs: number
  readonly address: string | null
}

/** What a pool says. Null for what it does not say, which is not 0. Money is whole sats. */
export interface AccountReport {
  /** Credited and not yet paid out. */
  readonly unpaidSats: number | null
  /** Paid out since the account exists. */
  readonly paidSats: number | null
  /** Credited since the account exists. */
  readonly earnedSats: number | null
  /** H/s over about an hour, as the pool estimates it. */
  readonly hashrateHs: number | null
  /** That submit shares now. */
  readonly workers: number | null
  /** Of any share ever. */
  readonly bestDifficulty: number | null
  /** Oldest first; whole but for the running day. Null if the pool tells none. */
  readonly days: readonly ReportedDay[] | null
  /** Oldest first. Null if the pool tells none. */
  readonly payouts: readonly ReportedPayout[] | null
}

export const EMPTY_REPORT: AccountReport = {
  unpaidSats: null,
  paidSats: null,
  earnedSats: null,
  hashrateHs: null,
  workers: null,
  bestDifficulty: null,
  days: null,
  payouts: null,
}

/** One request of a reading. */
export interface AccountRequest {
  /** What it brings, for people: "balance". */
  readonly what: string
  /** Whole. */
  readonly url: string
  /** Lower case names. The key belongs here. */
  readonly headers?: Readonly<Record<string, string>>
  /** JSON for a POST; a GET without. */
  readonly body?: string
  /** True: if it fails, its fields are null and the rest of the report counts. */
  readonly optional?: boolean
  /** @throws HeadframeError `outside/changed` naming the field, or what the answer reports of itself */
  read(answer: Answer, of: AskedOutside): Partial<AccountReport>
}

export type AccountNeed = 'address' | 'key' | 'user' | 'url'

export interface AccountKind {
  readonly id: string
  /** For people. */
  readonly name: string
  /** What a person must enter. */
  readonly needs: readonly AccountNeed[]
  /** Where the key is found and which rights it needs; what else is to be entered how. Sentences. */
  readonly help: string
  /** Hosts of the pool's stratum, a leading dot for all below: for suggesting the account of a configured pool. */
  readonly poolHosts: readonly string[]
  /** Base address of its API; null where the person enters it. */
  readonly base: string | null
  /** Whether HTTP 404 is the pool's way to say that no share came for this address yet. */
  readonly missingMeansNew: boolean
  /** Least pause between two requests, by the pool's own rule. */
  readonly pauseMs: number
  /** @param base without a slash at its end. @param nowMs for ranges of days */
  requests(base: string, config: AccountConfig, nowMs: number): readonly AccountRequest[]
  /** Errors that the API reports with a good status. */
  readonly refusal?: (answer: Answer, of: AskedOutside) => HeadframeError | null
}

/** What the other side learns, for the register. */
export function whatItLearns({ needs }: AccountKind): string {
  const told = needs.includes('key')
    ? 'that the owner of this account reads it'
    : 'that someone follows this payout address'
  return `It learns your IP address and ${told}`
}
