/** Earnings and what they are counted with, in memory behind the api. */
import {
  type AccountCalls,
  type EarningsCalls,
  type MeterCalls,
  type MoneyCalls,
  type PayoutCalls,
} from '../../src-main/api/index.ts'
import { HeadframeError } from '../../src-main/base/index.ts'
import {
  type EarningsFigures,
  type EarningsReport,
  type MarketFacts,
  type Meter,
  type MoneySettings,
  type Payout,
  type PayoutAddress,
  type PoolAccount,
  type SoloOdds,
} from '../../src-preload/contract/index.ts'
import { CountedListView, CountedValueView } from './counted-views.ts'

type Reach = (name: string, input: unknown) => Promise<void>

const FIGURES: EarningsFigures = {
  expectedSats: 1200,
  soloExpectedSats: null,
  reportedSats: 1190,
  receivedSats: 0,
  work: 2.5e7,
  energyWh: 430,
  costMinor: 13,
  revenueMinor: 72,
  profitMinor: 59,
}

function report(from: number, to: number): EarningsReport {
  const { reportedSats: _reported, receivedSats: _received, ...cost } = FIGURES
  const mark = { minorPerBtc: 6_000_000, difficulty: 1.4e14, coverageRatio: 1, marks: [] }
  return {
    from,
    to,
    bucket: 'day',
    timeZone: 'UTC',
    currency: 'EUR',
    minorDigits: 2,
    profitFrom: 'expected',
    rows: [{ ...FIGURES, at: from, until: to, ...mark }],
    totals: { ...FIGURES, coverageRatio: 1 },
    pools: [],
    rigs: [{ ...cost, id: 'r1', name: 'Attic', present: true, powerSource: 'measured', coverageRatio: 1 }],
    groups: [],
    formula: [],
    breakEven: { minorPerBtc: 1_083_333, microsPerKwh: 1_674_000 },
    notes: [],
  }
}

const ODDS: SoloOdds = {
  difficulty: 1.4e14,
  hashrateHs: 1.2e12,
  chanceDay: 1.7e-7,
  chanceMonth: 5.2e-6,
  chanceYear: 6.2e-5,
  expectedMs: 5e14,
  rewardSats: 312_500_000,
  soFar: {
    since: 1,
    work: 2.5e7,
    expectedBlocks: 1.8e-7,
    blocksFound: 0,
    bestDifficulty: 1e9,
    likelyBest: 3.6e7,
    chanceOfBest: 0.02,
    closeness: 7e-6,
    verdict: 'lucky',
    words: 'Better than most.',
  },
  words: 'One in six million a day.',
}

const SETTINGS: MoneySettings = {
  currency: 'EUR',
  timeZone: 'UTC',
  weekStart: 'monday',
  profitFrom: 'expected',
  tariffs: [],
  poolTerms: [],
  rigPower: [],
  factsSource: 'jobs',
  factsUrl: '',
  priceSource: 'none',
  payoutSource: 'none',
  payoutUrl: '',
  node: { url: '', user: '', cookieFile: '', hasPassword: false },
  proxy: { kind: 'none', host: '', port: 0, user: '', hasPassword: false },
}

const CHECKED = { ok: true, steps: [{ step: 'ask', ok: true, detail: 'answered' }] }
const WATCHED = { state: 'ok' as const, message: '', checkedAt: 4 }

export class FakeMoney {
  readonly #reach: Reach
  #settings = SETTINGS
  #addresses: PayoutAddress[] = []
  #payouts: Payout[] = []
  readonly facts = new CountedValueView<MarketFacts>({ network: null, price: null, problems: [] })
  readonly accountList = new CountedListView<PoolAccount>()
  readonly meterList = new CountedListView<Meter>()
  readonly earnings: EarningsCalls
  readonly money: MoneyCalls
  readonly accounts: AccountCalls
  readonly payouts: PayoutCalls
  readonly meters: MeterCalls

  constructor(reach: Reach) {
    this.#reach = reach
    this.earnings = this.#earningsCalls()
    this.money = this.#moneyCalls()
    this.accounts = this.#accountCalls()
    this.payouts = this.#payoutCalls()
    this.meters = this.#meterCalls()
  }

  get followers(): number {
    return [this.facts, this.accountList, this.meterList].reduce((sum, view) => sum + view.followers, 0)
  }

  #earningsCalls(): EarningsCalls {
    const reach = this.#reach
    return {
      async report(query) {
        await reach('earnings', query)
        return report(query.from ?? 0, query.to ?? 1)
      },
      async whatIf(draft) {
        await reach('whatIf', draft)
        const { expectedSats, energyWh, costMinor, revenueMinor, profitMinor } = FIGURES
        const day = { expectedSats, energyWh, costMinor, revenueMinor, profitMinor }
        const assumed = {
          minorPerBtc: null,
          difficulty: null,
          microsPerKwh: null,
          hashrateHs: null,
          powerW: null,
        }
        return { days: 30, now: day, then: day, breakEven: report(0, 1).breakEven, assumed }
      },
      async odds() {
        await reach('odds', null)
        return ODDS
      },
      async statement(month) {
        await reach('statement', month)
        return { month, madeAt: 9, report: report(0, 1), payouts: [], tariffs: [], terms: [], sources: [] }
      },
      async csv(query) {
        await reach('csv', query)
        return { fileName: 'headframe-days.csv', text: 'day,expected_sats\r\n2026-11-22,1200\r\n' }
      },
    }
  }

  #moneyCalls(): MoneyCalls {
    const reach = this.#reach
    const { facts } = this
    return {
      facts,
      settings: () => this.#settings,
      update: async (patch) => {
        await reach('updateMoney', patch)
        const { node, proxy, ...rest } = patch
        const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
        const hidden = <T extends { password?: string | undefined }>({ password, ...shown }: T) => ({
          ...shown,
          hasPassword: password !== undefined,
        })
        this.#settings = {
          ...this.#settings,
          ...given,
          ...(node && { node: hidden(node) }),
          ...(proxy && { proxy: hidden(proxy) }),
        }
        return this.#settings
      },
      checkTariff: () => ({ ok: false, problems: ['Monday 22:00-23:00 has no price.'], week: [] }),
      requests: () => [
        {
          id: 'price',
          host: 'api.example.com',
          purpose: 'The price of a bitcoin',
          reveals: 'Your IP address',
          every: 'every ten minutes',
          on: false,
          viaProxy: false,
          lastAt: null,
          lastOutcome: null,
          failing: false,
          count: 0,
        },
      ],
      async check(what) {
        await reach('checkSource', what)
        return CHECKED
      },
    }
  }

  #accountCalls(): AccountCalls {
    const reach = this.#reach
    const { accountList } = this
    const require = (id: string): PoolAccount => {
      const account = accountList.find(id)
      if (!account) throw new HeadframeError('account/unknown', 'There is no such account.')
      return account
    }
    return {
      accounts: accountList,
      kinds: () => [{ id: 'solo', name: 'Solo pool', needs: ['address'], keyHelp: '', poolIds: ['north'] }],
      async create(draft) {
        await reach('createAccount', draft)
        const { key, ...shown } = draft
        const sums = {
          unpaidSats: 1,
          paidSats: null,
          earnedSats: null,
          hashrateHs: null,
          bestDifficulty: null,
        }
        const account = { ...shown, id: 'a1', hasKey: key !== undefined, ...WATCHED, ...sums }
        accountList.apply([account])
        return account
      },
      async update(id, patch) {
        await reach('updateAccount', { id, patch })
        const { key: _key, ...shown } = patch
        const given = Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined))
        const account = { ...require(id), ...given }
        accountList.apply([account])
        return account
      },
      async remove(id) {
        await reach('removeAccount', id)
        require(id)
        accountList.apply([], [id])
      },
      async check(id) {
        await reach('checkAccount', id)
        require(id)
        return CHECKED
      },
    }
  }

  #payoutCalls(): PayoutCalls {
    const reach = this.#reach
    return {
      addresses: async () => {
        await reach('addresses', null)
        return this.#addresses
      },
      watch: async (draft) => {
        await reach('watchAddress', draft)
        const address = { ...draft, id: 'p1', ...WATCHED, receivedSats: 0, payouts: 0 }
        this.#addresses = [address]
        return address
      },
      unwatch: async (id) => {
        await reach('unwatchAddress', id)
        if (!this.#addresses.some((address) => address.id === id))
          throw new HeadframeError('address/unknown', 'That address is not watched.')
        this.#addresses = []
      },
      list: async (from, to) => {
        await reach('payouts', { from, to })
        return this.#payouts
      },
      add: async ({ at, sats, note, poolId }) => {
        await reach('addPayout', { at, sats, note, poolId })
        const nowhere = { address: null, accountName: null, minorPerBtc: null, valueMinor: null }
        const known = { kind: 'manual' as const, reference: 'manual-1', confirmed: true }
        const payout = { id: 'm1', at, sats, note, poolId, ...known, ...nowhere }
        this.#payouts = [payout]
        return payout
      },
      remove: async (id) => {
        await reach('removePayout', id)
        if (!this.#payouts.some((payout) => payout.id === id))
          throw new HeadframeError('payout/unknown', 'There is no such payout.')
        this.#payouts = []
      },
    }
  }

  #meterCalls(): MeterCalls {
    const reach = this.#reach
    const { meterList } = this
    const require = (id: string): Meter => {
      const meter = meterList.find(id)
      if (!meter) throw new HeadframeError('meter/unknown', 'There is no such smart plug.')
      return meter
    }
    return {
      meters: meterList,
      async create(draft) {
        await reach('createMeter', draft)
        const { password, ...shown } = draft
        const meter = { ...shown, id: 'w1', hasPassword: password !== undefined, ...WATCHED, powerW: 18 }
        meterList.apply([meter])
        return meter
      },
      async update(id, patch) {
        await reach('updateMeter', { id, patch })
        const { password: _password, ...shown } = patch
        const given = Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined))
        const meter = { ...require(id), ...given }
        meterList.apply([meter])
        return meter
      },
      async remove(id) {
        await reach('removeMeter', id)
        require(id)
        meterList.apply([], [id])
      },
      async check(draft, id) {
        await reach('checkMeter', { draft, id })
        return CHECKED
      },
    }
  }
}
