/** Made-up settings, accounts, plugs, payouts and requests of the pretend farm. Names are invented, addresses for documentation. */
import type {
  AccountKind,
  Meter,
  MoneySettings,
  OutgoingRequest,
  Payout,
  PayoutAddress,
  PoolAccount,
  Tariff,
} from '../../src-preload/contract/index.ts'
import { chanceOf, DAY, HOUR, priceOf } from './pretend-earnings-farm.ts'

/** Nothing chosen: what a new installation begins with. */
export const UNSET: MoneySettings = {
  currency: 'EUR',
  timeZone: 'Europe/Berlin',
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

const WEEKDAYS = [1, 2, 3, 4, 5]
const ALL_DAYS = [1, 2, 3, 4, 5, 6, 7]
export const PRETEND_TARIFF: Tariff = {
  validFrom: '2026-01-01',
  name: 'Day and night',
  standingMicrosPerDay: 310_000,
  rates: {
    kind: 'periods',
    seasons: [
      {
        name: 'Winter',
        from: '10-01',
        to: '03-31',
        periods: [
          { name: 'Peak', microsPerKwh: 88_000, days: WEEKDAYS, from: '07:00', to: '21:00' },
          { name: 'Night', microsPerKwh: 52_000, days: WEEKDAYS, from: '21:00', to: '07:00' },
          { name: 'Weekend', microsPerKwh: 52_000, days: [6, 7], from: '07:00', to: '07:00' },
        ],
      },
      {
        name: 'Summer',
        from: '04-01',
        to: '09-30',
        periods: [
          { name: 'Sun', microsPerKwh: 41_000, days: ALL_DAYS, from: '10:00', to: '16:00' },
          { name: 'Rest', microsPerKwh: 79_000, days: ALL_DAYS, from: '16:00', to: '10:00' },
        ],
      },
    ],
  },
}
export const PRETEND_SETTINGS: MoneySettings = {
  ...UNSET,
  tariffs: [
    {
      validFrom: '2025-03-01',
      name: 'One price',
      standingMicrosPerDay: 280_000,
      rates: { kind: 'flat', microsPerKwh: 91_500 },
    },
    PRETEND_TARIFF,
  ],
  poolTerms: [
    { poolId: 'braidpool', scheme: 'FPPS', feePpm: 20_000, assumed: false },
    { poolId: 'northern', scheme: 'PPLNS', feePpm: 10_000, assumed: true },
    { poolId: 'solo', scheme: 'SOLO', feePpm: 20_000, assumed: false },
  ],
  rigPower: [{ rigId: 'barn-old', source: 'entered', watts: 1320, joulesPerTh: null }],
  factsSource: 'mempool',
  priceSource: 'kraken',
  payoutSource: 'node',
  node: { url: 'http://192.0.2.5:8332', user: 'headframe', cookieFile: '', hasPassword: true },
}

export const PRETEND_KINDS: AccountKind[] = [
  {
    id: 'copper-ridge',
    name: 'Copper Ridge',
    needs: ['key'],
    keyHelp:
      'On its page: Settings, API access, New token. Reading is enough; do not give it the right to change payouts.',
    poolIds: ['braidpool'],
  },
  {
    id: 'northern-lode',
    name: 'Northern Lode',
    needs: ['address'],
    keyHelp: 'No key is needed: whoever knows the address can read it.',
    poolIds: ['northern'],
  },
  {
    id: 'own-pool',
    name: 'A pool of your own (ckpool)',
    needs: ['url', 'user'],
    keyHelp: 'The folder of user files that your pool serves.',
    poolIds: ['solo'],
  },
]

export function pretendAccount(given: Partial<PoolAccount> & { id: string }): PoolAccount {
  return {
    kind: 'copper-ridge',
    name: given.id,
    poolId: null,
    address: '',
    user: '',
    url: '',
    hasKey: false,
    state: 'ok',
    message: '',
    checkedAt: null,
    unpaidSats: null,
    paidSats: null,
    earnedSats: null,
    hashrateHs: null,
    bestDifficulty: null,
    ...given,
  }
}

export function pretendAccounts(now: number): PoolAccount[] {
  return [
    pretendAccount({
      id: 'account-1',
      name: 'Copper Ridge, farm',
      poolId: 'braidpool',
      hasKey: true,
      checkedAt: now - 190_000,
      unpaidSats: 21_432,
      paidSats: 1_243_771,
      earnedSats: 1_265_203,
      hashrateHs: 3.31e14,
    }),
    pretendAccount({
      id: 'account-2',
      kind: 'northern-lode',
      name: 'Northern Lode',
      poolId: 'northern',
      address: 'bc1qexampleexampleexampleexampleexample00',
      state: 'unreachable',
      message:
        'stats.northern-lode.example.org does not answer. It is asked again in 10 minutes; shown is what it said last.',
      checkedAt: now - 9 * HOUR,
      unpaidSats: 8_114,
      paidSats: 301_206,
      hashrateHs: 1.12e14,
    }),
    pretendAccount({
      id: 'account-3',
      kind: 'own-pool',
      name: 'Attic pool',
      url: 'http://192.0.2.44:8080/users',
      user: 'farm',
      state: 'changed',
      message:
        'It answered in another form than it used to, so nothing was taken over. A newer Headframe may know it.',
      checkedAt: now - 3 * DAY,
      bestDifficulty: 4.1e9,
    }),
  ]
}

export function pretendMeter(given: Partial<Meter> & { id: string }): Meter {
  return {
    kind: 'shelly-gen2',
    name: given.id,
    address: 'http://192.0.2.60',
    channel: 0,
    topic: '',
    powerPath: '',
    energyPath: '',
    energyUnit: 'Wh',
    user: '',
    rigIds: [],
    hasPassword: false,
    state: 'ok',
    message: '',
    checkedAt: null,
    powerW: null,
    ...given,
  }
}
export function pretendMeters(now: number): Meter[] {
  return [
    pretendMeter({
      id: 'meter-1',
      name: 'Cellar plug',
      rigIds: ['cellar-s21'],
      checkedAt: now - 4000,
      powerW: 3641.2,
    }),
    pretendMeter({
      id: 'meter-2',
      kind: 'mqtt-tasmota',
      name: 'Workbench strip',
      address: 'mqtt://192.0.2.8:1883',
      topic: 'tele/bench/SENSOR',
      rigIds: ['office-nerdq', 'shed-gamma'],
      state: 'unreachable',
      message: 'The broker at 192.0.2.8:1883 does not answer. Check that it runs, and its address.',
      checkedAt: now - 26 * 60_000,
      powerW: 94.8,
    }),
  ]
}

export function pretendPayouts(now: number): Payout[] {
  const today = Math.floor(now / DAY)
  const made = [2, 7, 12, 17, 23, 28, 33, 38, 44, 51, 57, 63, 70, 77, 84].map((age, index): Payout => {
    const at = (today - age) * DAY + 9 * HOUR + Math.floor(chanceOf(age) * 5 * HOUR)
    const northern = index % 4 === 2
    const manual = index === 9
    const sats = Math.round((northern ? 19_000 : 74_000) * (0.9 + 0.2 * chanceOf(age + 5)))
    const minorPerBtc = age === 33 ? null : priceOf(today - age, today)
    return {
      id: `payout-${index + 1}`,
      at,
      sats,
      kind: manual ? 'manual' : northern ? 'pool' : 'chain',
      reference: manual
        ? ''
        : northern
          ? `NL-${4400 - index}`
          : `${chanceOf(index).toString(16).slice(2).padEnd(16, 'a').repeat(4)}:0`,
      address: northern || manual ? null : 'bc1qexampleexampleexampleexampleexample00',
      poolId: northern ? 'northern' : 'braidpool',
      accountName: northern ? 'Northern Lode' : null,
      confirmed: index !== 0,
      note: manual ? 'Paid over Lightning' : '',
      minorPerBtc,
      valueMinor: minorPerBtc === null ? null : Math.round((sats * minorPerBtc) / 1e8),
    }
  })
  return made
}

export function pretendAddresses(now: number): PayoutAddress[] {
  return [
    {
      id: 'address-1',
      address: 'bc1qexampleexampleexampleexampleexample00',
      name: 'Farm wallet',
      poolId: 'braidpool',
      state: 'ok',
      message: '',
      checkedAt: now - 340_000,
      receivedSats: 1_243_771,
      payouts: 11,
    },
  ]
}

/** Everything that could be asked outside, by what is chosen. */
export function pretendRequests(
  settings: MoneySettings,
  now: number,
  chosenAt: number | null,
): OutgoingRequest[] {
  const viaProxy = settings.proxy.kind !== 'none'
  const entry = (
    given: Omit<OutgoingRequest, 'viaProxy' | 'lastAt' | 'lastOutcome' | 'failing' | 'count'>,
    outcome: string,
    failing = false,
  ): OutgoingRequest => ({
    ...given,
    viaProxy,
    lastAt: given.on && chosenAt !== null ? now - 240_000 : null,
    lastOutcome: given.on && chosenAt !== null ? outcome : null,
    failing: given.on && chosenAt !== null && failing,
    count: given.on && chosenAt !== null ? 1204 : 0,
  })
  return [
    entry(
      {
        id: 'price',
        host: settings.priceSource === 'none' ? 'a price source' : `api.${settings.priceSource}.example.com`,
        purpose: `The price of a bitcoin in ${settings.currency}`,
        reveals: 'Your internet address, and that somebody there follows this price.',
        every: 'every 10 minutes, and once for past days',
        on: settings.priceSource !== 'none',
      },
      'Answered in 210 ms',
    ),
    entry(
      {
        id: 'facts',
        host: settings.factsUrl || 'mempool.example.org',
        purpose: 'Difficulty, height and fees of the network',
        reveals: 'Your internet address. Nothing about your rigs.',
        every: 'every 10 minutes',
        on: settings.factsSource === 'mempool' || settings.factsSource === 'esplora',
      },
      'Did not answer for 10 s',
      true,
    ),
    entry(
      {
        id: 'payouts',
        host: settings.payoutUrl || 'an explorer of your choice',
        purpose: 'Payments to the addresses you watch',
        reveals: 'Your addresses, and that they belong together.',
        every: 'every 10 minutes for each address',
        on: settings.payoutSource === 'esplora' || settings.payoutSource === 'electrum',
      },
      'Answered in 340 ms',
    ),
    entry(
      {
        id: 'account-1',
        host: 'api.copper-ridge.example.com',
        purpose: 'What Copper Ridge says that you earned there',
        reveals: 'Your key there, which it knows already.',
        every: 'every 10 minutes',
        on: settings.priceSource !== 'none',
      },
      'Answered in 95 ms',
    ),
  ]
}
