/** What the api needs of earnings, costs, and what they are counted with. */
import { type z } from 'zod'
import {
  type accountDraft,
  type AccountKind,
  type AccountPatch,
  type CsvFile,
  type earningsCsvQuery,
  type earningsQuery,
  type EarningsReport,
  type MarketFacts,
  type Meter,
  type meterDraft,
  type MeterPatch,
  type moneyPatch,
  type MoneySettings,
  type OutgoingRequest,
  type Payout,
  type PayoutAddress,
  type payoutAddressDraft,
  type payoutDraft,
  type PoolAccount,
  type SoloOdds,
  type SourceCheck,
  type Statement,
  type Tariff,
  type TariffCheck,
  type WhatIf,
  type whatIfDraft,
} from '../../src-preload/contract/index.ts'
import { type LiveListView, type LiveValueView } from './live-view.ts'

/** What was earned and what it cost. */
export interface EarningsCalls {
  /** @throws HeadframeError `history/empty-range`, `rig/unknown`, `group/unknown` */
  report(query: z.infer<typeof earningsQuery>): Promise<EarningsReport>
  whatIf(draft: z.infer<typeof whatIfDraft>): Promise<WhatIf>
  odds(): Promise<SoloOdds>
  statement(month: string): Promise<Statement>
  csv(query: z.infer<typeof earningsCsvQuery>): Promise<CsvFile>
}

/** What it is counted with. */
export interface MoneyCalls {
  settings(): MoneySettings
  /** @throws HeadframeError `money/invalid`, naming the field */
  update(patch: z.infer<typeof moneyPatch>): Promise<MoneySettings>
  checkTariff(tariff: Tariff): TariffCheck
  readonly facts: LiveValueView<MarketFacts>
  requests(): OutgoingRequest[]
  check(what: 'facts' | 'price' | 'payouts' | 'node' | 'proxy'): Promise<SourceCheck>
}

/** Accounts at pools. */
export interface AccountCalls {
  kinds(): AccountKind[]
  readonly accounts: LiveListView<PoolAccount>
  /** @throws HeadframeError `account/invalid` */
  create(draft: z.infer<typeof accountDraft>): Promise<PoolAccount>
  /** @throws HeadframeError `account/unknown`, `account/invalid` */
  update(id: string, patch: AccountPatch): Promise<PoolAccount>
  /** @throws HeadframeError `account/unknown` */
  remove(id: string): Promise<void>
  /** @throws HeadframeError `account/unknown` */
  check(id: string): Promise<SourceCheck>
}

/** What was received, and where it is looked for. */
export interface PayoutCalls {
  addresses(): Promise<PayoutAddress[]>
  /** @throws HeadframeError `address/invalid`, `address/known` */
  watch(draft: z.infer<typeof payoutAddressDraft>): Promise<PayoutAddress>
  /** @throws HeadframeError `address/unknown` */
  unwatch(id: string): Promise<void>
  list(from: number | undefined, to: number | undefined): Promise<Payout[]>
  add(draft: z.infer<typeof payoutDraft>): Promise<Payout>
  /** @throws HeadframeError `payout/unknown`, `payout/not-manual` */
  remove(id: string): Promise<void>
}

/** Smart plugs. */
export interface MeterCalls {
  readonly meters: LiveListView<Meter>
  /** @throws HeadframeError `meter/invalid` */
  create(draft: z.infer<typeof meterDraft>): Promise<Meter>
  /** @throws HeadframeError `meter/unknown`, `meter/invalid` */
  update(id: string, patch: MeterPatch): Promise<Meter>
  /** @throws HeadframeError `meter/unknown` */
  remove(id: string): Promise<void>
  /** @param id of the meter whose stored password to use */
  check(draft: z.infer<typeof meterDraft>, id: string | undefined): Promise<SourceCheck>
}
