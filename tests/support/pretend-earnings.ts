/**
 * Earnings and costs of a pretend core: settings that change, accounts and plugs that come and go, reports from ninety pretend days.
 * Asks nobody for anything.
 */
import { ORPCError } from '@orpc/server'
import type {
  AccountKind,
  CsvFile,
  EarningsReport,
  MarketFacts,
  Meter,
  MoneySettings,
  OutgoingRequest,
  Payout,
  PayoutAddress,
  PoolAccount,
  SoloOdds,
  SourceCheck,
  Statement,
  Tariff,
  TariffCheck,
  WhatIf,
} from '../../src-preload/contract/index.ts'
import { Temporal } from 'temporal-polyfill'
import {
  DAY,
  difficultyOf,
  FEES_SATS,
  PRETEND_EARNERS,
  PRETEND_EARNING_POOLS,
  pretendHours,
  priceOf,
  SUBSIDY_SATS,
  type PretendEarner,
  type PretendHour,
} from './pretend-earnings-farm.ts'
import {
  pretendOdds,
  pretendReport,
  pretendWhatIf,
  type PretendBooks,
  type PretendQuery,
  type PretendWhatIfDraft,
} from './pretend-earnings-report.ts'
import {
  PRETEND_KINDS,
  PRETEND_SETTINGS,
  pretendAccounts,
  pretendAddresses,
  pretendMeters,
  pretendPayouts,
  pretendRequests,
  UNSET,
} from './pretend-earnings-values.ts'
import { PretendList, PretendValue } from './pretend-streams.ts'

export interface PretendEarningsOptions {
  now: () => number
  /** How long it has been counting; 0 for an empty book. */
  days?: number
  /** A farm whose owner has chosen sources and a tariff; false: nothing chosen. */
  configured?: boolean
  settings?: Partial<MoneySettings>
  rigs?: readonly PretendEarner[]
}

const refuse = (status: 'BAD_REQUEST' | 'NOT_FOUND', code: string, message: string, context = {}): Error =>
  new ORPCError(status, { message, data: { code, context } })

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
const DAY_NAMES = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const

export class PretendEarnings {
  readonly accounts = new PretendList<PoolAccount>()
  readonly meters = new PretendList<Meter>()
  readonly facts: PretendValue<MarketFacts>
  settings: MoneySettings
  kinds: AccountKind[] = PRETEND_KINDS
  addresses: PayoutAddress[]
  payouts: Payout[]
  /** What the next checks find. */
  checkResult: SourceCheck = {
    ok: true,
    steps: [
      { step: 'Reach it', ok: true, detail: 'Answered after 48 ms' },
      { step: 'Read it', ok: true, detail: '3,641 W, 812.4 kWh so far' },
    ],
  }
  readonly rigs: readonly PretendEarner[]
  readonly #now: () => number
  readonly #hours: PretendHour[]

  constructor({
    now,
    days = 0,
    configured = false,
    settings,
    rigs = PRETEND_EARNERS,
  }: PretendEarningsOptions) {
    this.#now = now
    this.rigs = rigs
    /** The same place among other rigs. */
    const own = (id: string): string => rigs[PRETEND_EARNERS.findIndex((rig) => rig.id === id)]?.id ?? id
    const base = configured ? PRETEND_SETTINGS : UNSET
    this.settings = {
      ...base,
      rigPower: base.rigPower.map((power) => ({ ...power, rigId: own(power.rigId) })),
      ...settings,
    }
    this.#hours = days === 0 ? [] : pretendHours(days, now(), rigs)
    this.addresses = configured ? pretendAddresses(now()) : []
    this.payouts = configured ? pretendPayouts(now()) : []
    this.accounts.change(configured ? pretendAccounts(now()) : [])
    const meters = configured ? pretendMeters(now()) : []
    this.meters.change(meters.map((meter) => ({ ...meter, rigIds: meter.rigIds.map(own) })))
    this.facts = new PretendValue(this.#factsNow())
  }

  #factsNow(): MarketFacts {
    const now = this.#now()
    const today = Math.floor(now / DAY)
    return {
      network:
        this.#hours.length === 0
          ? null
          : {
              at: now - 7 * 60_000,
              source: this.settings.factsSource,
              stale: false,
              height: 912_345,
              difficulty: difficultyOf(today),
              subsidySats: SUBSIDY_SATS,
              feesSats: FEES_SATS,
            },
      price:
        this.settings.priceSource === 'none'
          ? null
          : {
              at: now - 5 * 60_000,
              source: this.settings.priceSource,
              stale: false,
              currency: this.settings.currency,
              minorPerBtc: priceOf(today, today),
              minorDigits: 2,
            },
      problems: [],
    }
  }

  get #books(): PretendBooks {
    const { settings, payouts, rigs } = this
    const now = this.#now()
    return {
      now,
      settings,
      payouts,
      rigs,
      hours: this.#hours,
      pools: PRETEND_EARNING_POOLS,
      priceless: [33],
      reportedSince: now - 60 * DAY,
    }
  }

  update(patch: Record<string, unknown>): MoneySettings {
    if (
      typeof patch['timeZone'] === 'string' &&
      !patch['timeZone'].includes('/') &&
      patch['timeZone'] !== 'UTC'
    )
      throw refuse(
        'BAD_REQUEST',
        'money/invalid',
        'There is no such time zone. Use a name like Europe/Berlin.',
        { field: 'timeZone' },
      )
    const { node, proxy, ...rest } = patch as Partial<MoneySettings> & {
      node?: { password?: string }
      proxy?: { password?: string }
    }
    const kept = <T extends { hasPassword: boolean }>(
      old: T,
      given: { password?: string } | undefined,
    ): T => {
      if (given === undefined) return old
      const { password, ...plain } = given
      return { ...old, ...plain, hasPassword: password === undefined ? old.hasPassword : password !== '' }
    }
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
    this.settings = {
      ...this.settings,
      ...given,
      node: kept(this.settings.node, node),
      proxy: kept(this.settings.proxy, proxy),
    }
    this.facts.set(this.#factsNow())
    return this.settings
  }

  requests(): OutgoingRequest[] {
    return pretendRequests(this.settings, this.#now(), this.#hours.length === 0 ? null : 0)
  }

  /** Hour by hour of a week; real ones go by the minute. */
  checkTariff(tariff: Tariff): TariffCheck {
    if (tariff.rates.kind === 'flat') {
      const { microsPerKwh } = tariff.rates
      const week = DAY_NAMES.flatMap((_, day) =>
        Array.from({ length: 24 }, (_, hour) => ({ season: '', day: day + 1, hour, microsPerKwh })),
      )
      return { ok: true, problems: [], week }
    }
    const problems: string[] = []
    const week: TariffCheck['week'] = []
    for (const season of tariff.rates.seasons)
      for (let day = 1; day <= 7; day++)
        for (let hour = 0; hour < 24; hour++) {
          const prices = season.periods.filter(({ days, from, to }) => {
            const [begin, end, at] = [minutesOf(from), minutesOf(to), hour * 60]
            if (end > begin) return days.includes(day) && at >= begin && at < end
            const before = day === 1 ? 7 : day - 1
            return (days.includes(day) && at >= begin) || (days.includes(before) && at < end)
          })
          const where = `${season.name}, ${DAY_NAMES[day - 1]} ${String(hour).padStart(2, '0')}:00`
          if (prices.length === 0) problems.push(`${where}: no price.`)
          if (prices.length > 1)
            problems.push(`${where}: two prices, ${prices.map(({ name }) => name).join(' and ')}.`)
          week.push({
            season: season.name,
            day,
            hour,
            microsPerKwh: prices.length === 1 ? prices[0]!.microsPerKwh : null,
          })
        }
    return { ok: problems.length === 0, problems, week }
  }

  watch(address: string, name: string, poolId: string | null): PayoutAddress {
    if (!/^(bc1|tb1|bcrt1|[13mn2])[a-z0-9]+$/i.test(address))
      throw refuse(
        'BAD_REQUEST',
        'address/invalid',
        'This is no Bitcoin address: its checksum does not fit. Copy it again from your wallet.',
        { field: 'address' },
      )
    const added: PayoutAddress = {
      id: `address-${this.addresses.length + 1}`,
      address,
      name,
      poolId,
      state: this.settings.payoutSource === 'none' ? 'off' : 'waiting',
      message:
        this.settings.payoutSource === 'none' ? 'No source for payouts is chosen, so nobody is asked.' : '',
      checkedAt: null,
      receivedSats: 0,
      payouts: 0,
    }
    this.addresses = [...this.addresses, added]
    return added
  }

  addPayout(draft: { at: number; sats: number; note: string; poolId: string | null }): Payout {
    const today = Math.floor(this.#now() / DAY)
    const minorPerBtc =
      this.settings.priceSource === 'none' ? null : priceOf(Math.floor(draft.at / DAY), today)
    const added: Payout = {
      id: `manual-${this.payouts.length + 1}`,
      ...draft,
      kind: 'manual',
      reference: '',
      address: null,
      accountName: null,
      confirmed: true,
      minorPerBtc,
      valueMinor: minorPerBtc === null ? null : Math.round((draft.sats * minorPerBtc) / 1e8),
    }
    this.payouts = [added, ...this.payouts].sort((a, b) => b.at - a.at)
    return added
  }

  require<T extends { id: string }>(list: PretendList<T>, id: string, what: string): T {
    const found = list.find(id)
    if (found !== undefined) return found
    throw refuse(
      'NOT_FOUND',
      `${what}/unknown`,
      'It is not there any more. It may have been removed in another window.',
    )
  }

  report = (query: PretendQuery): EarningsReport => pretendReport(this.#books, query)
  whatIf = (draft: PretendWhatIfDraft): WhatIf => pretendWhatIf(this.#books, draft)
  odds = (): SoloOdds => pretendOdds(this.#books)

  statement(month: string): Statement {
    const begin = Temporal.PlainYearMonth.from(month).toPlainDate({ day: 1 })
    const from = begin.toZonedDateTime(this.settings.timeZone).epochMilliseconds
    const to = begin.add({ months: 1 }).toZonedDateTime(this.settings.timeZone).epochMilliseconds
    return {
      month,
      madeAt: this.#now(),
      report: this.report({ from, to, bucket: 'day' }),
      payouts: this.payouts.filter(({ at }) => at >= from && at < to),
      tariffs: this.settings.tariffs.map((tariff) => ({
        from: Temporal.PlainDate.from(tariff.validFrom).toZonedDateTime(this.settings.timeZone)
          .epochMilliseconds,
        words:
          tariff.rates.kind === 'flat'
            ? `${tariff.name}: €${tariff.rates.microsPerKwh / 1e6} per kWh at all hours`
            : `${tariff.name}: by hour, from €0.041 to €0.088 per kWh`,
      })),
      terms: this.settings.poolTerms.map((terms) => ({
        ...terms,
        poolName: PRETEND_EARNING_POOLS.find(({ id }) => id === terms.poolId)?.name ?? terms.poolId,
      })),
      sources: [
        'Difficulty and fees: from the jobs of your pools, and mempool.example.org.',
        'Prices: daily closes of Kraken, in euros.',
        'Power: one rig by its plug, three as they measure it, two estimated.',
      ],
    }
  }

  csv(kind: 'days' | 'payouts', query: Omit<PretendQuery, 'bucket'>): CsvFile {
    if (kind === 'payouts') {
      const lines = this.payouts.map(
        ({ at, sats, valueMinor }) => `${new Date(at).toISOString()},${sats},${valueMinor ?? ''}`,
      )
      return { fileName: 'headframe-payouts.csv', text: ['at,sats,value_minor', ...lines, ''].join('\n') }
    }
    const lines = this.report({ ...query, bucket: 'day' }).rows.map(
      (row) => `${new Date(row.at).toISOString()},${row.expectedSats ?? ''}`,
    )
    return { fileName: 'headframe-days.csv', text: ['day,expected_sats', ...lines, ''].join('\n') }
  }
}
