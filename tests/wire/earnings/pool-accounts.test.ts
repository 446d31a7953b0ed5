/** Every pool's account over real HTTP, against stand-ins that answer as its documentation says, and then as it does not. */
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src-main/base/index.ts'
import { type AccountConfig, type AccountReport } from '../../../src-main/earnings/accounts/account-kind.ts'
import { ACCOUNT_KINDS, findAccountKind } from '../../../src-main/earnings/accounts/account-kinds.ts'
import {
  accountEntry,
  type AccountReading,
  readAccount,
} from '../../../src-main/earnings/accounts/read-account.ts'
import { OutsideClient } from '../../../src-main/earnings/outside/http.ts'
import { OutgoingRegister } from '../../../src-main/earnings/outside/register.ts'
import { type AskedRequest, StandInApi, type StandInAnswer } from '../../support/stand-in-api.ts'

const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
const TXID = 'ea'.repeat(32)
const DAY = Math.floor(Date.UTC(2026, 7, 3) / 86_400_000)
const DAY_SECONDS = DAY * 86_400

interface Example {
  readonly kind: string
  /** By how the path begins, and for POSTs what the body holds; the first that fits. */
  readonly replies: readonly (readonly [path: string, reply: unknown, body?: string | undefined])[]
  readonly report: Partial<AccountReport>
  /** An account that nothing happened in yet, as the pool tells it. */
  readonly empty: readonly (readonly [path: string, reply: unknown, body?: string | undefined])[]
  readonly emptyReport: Partial<AccountReport>
  /** A field of the first reply, and its path as it must be named when it is missing. */
  readonly vital: string
  /** What the first request must carry. */
  readonly carries?: Readonly<Record<string, string>>
  /** How the API says that the key is wrong; HTTP 401 unless given. */
  readonly wrongKey?: StandInAnswer
}

const NOTHING: AccountReport = {
  unpaidSats: null,
  paidSats: null,
  earnedSats: null,
  hashrateHs: null,
  workers: null,
  bestDifficulty: null,
  days: null,
  payouts: null,
}

const CKPOOL_USER = {
  hashrate1m: '1.2T',
  hashrate5m: '1.17T',
  hashrate1hr: '1.13T',
  hashrate1d: '950G',
  hashrate7d: '517G',
  lastshare: 1_785_000_000,
  workers: 2,
  shares: 123_456_789,
  bestshare: 1_234_567.890123,
  bestever: 98_765_432,
  authorised: 1_780_000_000,
  worker: [
    {
      workername: `${ADDRESS}.one`,
      hashrate1m: '1.2T',
      hashrate1hr: '1.1T',
      lastshare: 1,
      shares: 1,
      bestshare: 1,
      bestever: 1,
    },
  ],
}
const CKPOOL_EMPTY = {
  ...CKPOOL_USER,
  hashrate1hr: '0',
  workers: 0,
  shares: 0,
  bestshare: 0,
  bestever: 0,
  worker: [],
}

const ckpool = (kind: string): Example => ({
  kind,
  replies: [[`/users/${ADDRESS}`, CKPOOL_USER]],
  report: { hashrateHs: 1.13e12, workers: 2, bestDifficulty: 98_765_432 },
  empty: [[`/users/${ADDRESS}`, CKPOOL_EMPTY]],
  emptyReport: { hashrateHs: 0, workers: 0, bestDifficulty: 0 },
  vital: 'hashrate1hr',
})

const publicPool = (kind: string): Example => ({
  kind,
  replies: [
    [
      `/api/client/${ADDRESS}`,
      {
        bestDifficulty: '4567.89',
        workersCount: 2,
        workers: [
          {
            sessionId: 'a1',
            name: 'one',
            bestDifficulty: '4567.89',
            hashRate: 600_000_000_000,
            startTime: '2026-08-03T00:00:00.000Z',
            lastSeen: '2026-08-03T01:00:00.000Z',
          },
          {
            sessionId: 'b2',
            name: 'two',
            bestDifficulty: '12.00',
            hashRate: '400000000000.5',
            startTime: '2026-08-03T00:00:00.000Z',
            lastSeen: '2026-08-03T01:00:00.000Z',
          },
        ],
      },
    ],
  ],
  report: { hashrateHs: 1_000_000_000_000.5, workers: 2, bestDifficulty: 4567.89 },
  empty: [[`/api/client/${ADDRESS}`, { workersCount: 0, workers: [] }]],
  emptyReport: { hashrateHs: 0, workers: 0, bestDifficulty: null },
  vital: 'workers',
})

const EXAMPLES: readonly Example[] = [
  ...['ckpool', 'ckpool-solo', 'ckpool-eu', 'ckpool-au', 'ckpool-own'].map(ckpool),
  ...['public-pool', 'public-pool-own'].map(publicPool),
  {
    kind: 'parasite',
    replies: [
      [
        `/api/user/${ADDRESS}`,
        {
          hashrate: 1_130_000_000_000,
          workers: 1,
          lastSubmission: '2 minutes ago',
          bestDifficulty: '1.13T',
          uptime: '3d 4h',
          workerData: [],
        },
      ],
    ],
    report: { hashrateHs: 1.13e12, workers: 1, bestDifficulty: 1.13e12 },
    empty: [
      [
        `/api/user/${ADDRESS}`,
        {
          hashrate: 0,
          workers: 0,
          lastSubmission: 'never',
          bestDifficulty: '0',
          uptime: 'N/A',
          workerData: [],
        },
      ],
    ],
    emptyReport: { hashrateHs: 0, workers: 0, bestDifficulty: 0 },
    vital: 'hashrate',
  },
  {
    kind: 'ocean',
    replies: [
      [
        `/v1/statsnap/${ADDRESS}`,
        {
          result: {
            snap_ts: '1785000000',
            unpaid: '0.00123456',
            shares_in_tides: '300',
            estimated_earn_next_block: '0.0001',
          },
        },
      ],
      [
        `/v1/user_hashrate/${ADDRESS}`,
        {
          result: { hashrate_300s: '2000000000000', hashrate_3600s: '1900000000000', active_worker_count: 2 },
        },
      ],
      [
        `/v1/earnpay/${ADDRESS}/`,
        {
          result: {
            earnings: [
              {
                block_hash: 'b2',
                ts: '2026-08-03T15:24:24',
                shares_in_window: 10,
                fees_colected_satoshis: 5,
                satoshis_net_earned: 300,
              },
              {
                block_hash: 'b1',
                ts: '2026-08-03T01:00:00',
                shares_in_window: 10,
                fees_colected_satoshis: 5,
                satoshis_net_earned: 45,
              },
              {
                block_hash: 'b0',
                ts: '2026-08-02T23:59:59',
                shares_in_window: 10,
                fees_colected_satoshis: 5,
                satoshis_net_earned: 7,
              },
            ],
            payouts: [
              {
                ts: String(DAY_SECONDS + 60),
                on_chain_txid: TXID,
                total_satoshis_net_paid: 1_048_576,
                is_generation_txn: true,
              },
              {
                ts: DAY_SECONDS + 30,
                on_chain_txid: '',
                total_satoshis_net_paid: 2_000,
                is_generation_txn: false,
              },
            ],
          },
        },
      ],
    ],
    report: {
      unpaidSats: 123_456,
      hashrateHs: 1.9e12,
      workers: 2,
      days: [
        { day: DAY - 1, sats: 7 },
        { day: DAY, sats: 345 },
      ],
      payouts: [
        {
          reference: `lightning/${String(DAY_SECONDS * 1000 + 30_000)}/2000`,
          txid: null,
          sats: 2_000,
          atMs: DAY_SECONDS * 1000 + 30_000,
          address: null,
        },
        { reference: TXID, txid: TXID, sats: 1_048_576, atMs: DAY_SECONDS * 1000 + 60_000, address: null },
      ],
    },
    empty: [
      ['/v1/statsnap/', { result: { unpaid: '0' } }],
      ['/v1/user_hashrate/', { result: { hashrate_3600s: '0', active_worker_count: 0 } }],
      ['/v1/earnpay/', { result: { earnings: [], payouts: [] } }],
    ],
    emptyReport: { unpaidSats: 0, hashrateHs: 0, workers: 0, days: [], payouts: [] },
    vital: 'result.unpaid',
  },
  {
    kind: 'braiins',
    replies: [
      [
        '/accounts/profile/json/btc/',
        {
          username: 'practice',
          btc: {
            all_time_reward: '0.01234567',
            hash_rate_unit: 'Gh/s',
            hash_rate_5m: 3_600,
            hash_rate_60m: 3_500.5,
            low_workers: 1,
            off_workers: 2,
            ok_workers: 3,
            dis_workers: 0,
            current_balance: '0.00009999',
            today_reward: '0.00000100',
          },
        },
      ],
      [
        '/accounts/rewards/json/btc',
        {
          btc: {
            daily_rewards: [
              { date: DAY_SECONDS, total_reward: '0.00001234', mining_reward: '0.00001200' },
              { date: DAY_SECONDS - 86_400, total_reward: 0.00000766, mining_reward: '0.00000766' },
            ],
          },
        },
      ],
      [
        '/accounts/payouts/json/btc?from=',
        {
          onchain: [
            {
              financial_account_name: 'Bitcoin Account',
              requested_at_ts: DAY_SECONDS,
              resolved_at_ts: DAY_SECONDS + 600,
              status: 'confirmed',
              amount_sats: 500_000,
              fee_sats: 0,
              destination: ADDRESS,
              tx_id: TXID.toUpperCase(),
              trigger_type: 'triggered',
            },
            {
              financial_account_name: 'Bitcoin Account',
              requested_at_ts: DAY_SECONDS + 700,
              resolved_at_ts: null,
              status: 'queued',
              amount_sats: 1,
              fee_sats: 0,
              destination: ADDRESS,
              tx_id: null,
              trigger_type: 'manual',
            },
          ],
          lightning: [
            {
              requested_at_ts: DAY_SECONDS - 60,
              resolved_at_ts: DAY_SECONDS - 50,
              status: 'confirmed',
              amount_sats: 1_500,
              fee_sats: 0,
              destination: 'lnbc…',
              invoice: 'lnbc…',
              preimage: '00',
            },
          ],
        },
      ],
    ],
    report: {
      unpaidSats: 9_999,
      earnedSats: 1_234_567,
      hashrateHs: 3_500.5e9,
      workers: 4,
      days: [
        { day: DAY - 1, sats: 766 },
        { day: DAY, sats: 1_234 },
      ],
      payouts: [
        {
          reference: `lightning/${String((DAY_SECONDS - 60) * 1000)}/1500`,
          txid: null,
          sats: 1_500,
          atMs: (DAY_SECONDS - 50) * 1000,
          address: null,
        },
        { reference: TXID, txid: TXID, sats: 500_000, atMs: (DAY_SECONDS + 600) * 1000, address: ADDRESS },
      ],
    },
    empty: [
      [
        '/accounts/profile/',
        {
          username: 'practice',
          btc: {
            all_time_reward: '0.00000000',
            hash_rate_unit: 'Gh/s',
            hash_rate_60m: 0,
            ok_workers: 0,
            low_workers: 0,
            current_balance: '0.00000000',
          },
        },
      ],
      ['/accounts/rewards/', { btc: { daily_rewards: [] } }],
      ['/accounts/payouts/', { btc: { onchain: [], lightning: [] } }],
    ],
    emptyReport: { unpaidSats: 0, earnedSats: 0, hashrateHs: 0, workers: 0, days: [], payouts: [] },
    vital: 'btc.current_balance',
    carries: { 'pool-auth-token': 'key-of-a-test' },
  },
  {
    kind: 'viabtc',
    replies: [
      [
        '/res/openapi/v1/profit/history?coin=BTC&utc=true',
        {
          code: 0,
          data: {
            count: 2,
            curr_page: 1,
            data: [
              {
                coin: 'BTC',
                date: '2026-08-03',
                pplns_profit: '0',
                pps_profit: '0.00002148',
                solo_profit: '0',
                total_profit: '0.00002148',
              },
              { coin: 'BTC', date: '2026-08-02', total_profit: '0.00028948' },
            ],
            has_next: false,
            total: 2,
            total_page: 1,
          },
          message: 'OK',
        },
      ],
      [
        '/res/openapi/v1/profit?coin=BTC',
        {
          code: 0,
          data: {
            coin: 'BTC',
            pplns_profit: '0',
            pps_profit: '0.5',
            solo_profit: '0',
            total_profit: '0.50000001',
          },
          message: 'OK',
        },
      ],
      [
        '/res/openapi/v1/account',
        {
          code: 0,
          data: {
            account: { id: 45 },
            observer: [],
            withdraw_address: [],
            balance: [
              { coin: 'LTC', amount: '3' },
              { coin: 'BTC', amount: '0.001' },
            ],
          },
          message: 'OK',
        },
      ],
      [
        '/res/openapi/v1/hashrate?coin=BTC',
        {
          code: 0,
          data: {
            active_workers: 1,
            coin: 'BTC',
            hashrate_10min: '747667906887',
            hashrate_1hour: '124611317814',
            hashrate_24hour: '0',
            unactive_workers: 0,
          },
          message: 'OK',
        },
      ],
      [
        '/res/openapi/v1/wallet/payment/history?coin=BTC',
        {
          code: 0,
          count: 1,
          curr_page: 1,
          data: [
            { id: 157, coin: 'BTC', amount: '0.001', address: ADDRESS, tx: TXID, create_time: DAY_SECONDS },
          ],
          has_next: false,
          total: 1,
          total_page: 1,
          message: 'OK',
        },
      ],
    ],
    report: {
      unpaidSats: 100_000,
      earnedSats: 50_000_001,
      hashrateHs: 124_611_317_814,
      workers: 1,
      days: [
        { day: DAY - 1, sats: 28_948 },
        { day: DAY, sats: 2_148 },
      ],
      payouts: [{ reference: TXID, txid: TXID, sats: 100_000, atMs: DAY_SECONDS * 1000, address: ADDRESS }],
    },
    empty: [
      ['/res/openapi/v1/profit/history', { code: 0, data: { data: [], has_next: false }, message: 'OK' }],
      ['/res/openapi/v1/profit', { code: 0, data: { total_profit: '0' }, message: 'OK' }],
      ['/res/openapi/v1/account', { code: 0, data: { account: {}, balance: [] }, message: 'OK' }],
      [
        '/res/openapi/v1/hashrate',
        { code: 0, data: { active_workers: 0, hashrate_1hour: '0' }, message: 'OK' },
      ],
      ['/res/openapi/v1/wallet', { code: 0, data: [], has_next: false, message: 'OK' }],
    ],
    emptyReport: { unpaidSats: 0, earnedSats: 0, hashrateHs: 0, workers: 0, days: [], payouts: [] },
    vital: 'data.total_profit',
    carries: { 'x-api-key': 'key-of-a-test' },
    wrongKey: { body: { code: 12_001, data: {}, message: 'Invalid api key' } },
  },
  {
    kind: 'f2pool',
    replies: [
      [
        '/v2/assets/balance',
        '{"balance_info":{"balance":0.000045036645168645,"paid":1.010047060000000000,"total_income":1.010092096645168645,"yesterday_income":0.00001}}',
      ],
      [
        '/v2/hash_rate/info',
        {
          info: { name: 'practice', hash_rate: 1e14, h1_hash_rate: 98_000_000_000_000, h24_hash_rate: 1e14 },
          currency: 'bitcoin',
        },
      ],
      [
        '/v2/hash_rate/worker/list',
        {
          workers: [
            {
              hash_rate_info: { name: 'one', hash_rate: 5e13 },
              last_share_at: DAY_SECONDS,
              status: 0,
              host: '',
            },
            { hash_rate_info: { name: 'two', hash_rate: 0 }, last_share_at: 0, status: 1, host: '' },
          ],
        },
      ],
      [
        '/v2/assets/transactions/list',
        {
          transactions: [
            {
              id: 1,
              type: 'revenue_fpps',
              changed_balance: 0.00000123,
              created_at: DAY_SECONDS + 3_600,
              mining_extra: { mining_date: DAY_SECONDS - 86_400, settle_date: DAY_SECONDS },
              payout_extra: null,
            },
          ],
        },
        '"type":"revenue"',
      ],
      [
        '/v2/assets/transactions/list',
        {
          transactions: [
            {
              id: 77,
              type: 'payout',
              changed_balance: -0.01,
              created_at: DAY_SECONDS,
              mining_extra: null,
              payout_extra: { tx_id: TXID, value: 0.01, paid_time: DAY_SECONDS + 5 },
            },
            {
              id: 76,
              type: 'payout',
              changed_balance: -0.02,
              created_at: DAY_SECONDS - 5,
              mining_extra: null,
              payout_extra: null,
            },
          ],
        },
        '"type":"payout"',
      ],
    ],
    report: {
      unpaidSats: 4_504,
      paidSats: 101_004_706,
      earnedSats: 101_009_210,
      hashrateHs: 98e12,
      workers: 1,
      days: [{ day: DAY - 1, sats: 123 }],
      payouts: [
        {
          reference: 'payout/76',
          txid: null,
          sats: 2_000_000,
          atMs: (DAY_SECONDS - 5) * 1000,
          address: null,
        },
        { reference: TXID, txid: TXID, sats: 1_000_000, atMs: (DAY_SECONDS + 5) * 1000, address: null },
      ],
    },
    empty: [
      ['/v2/assets/balance', { balance_info: { balance: 0, paid: 0, total_income: 0 } }],
      ['/v2/hash_rate/info', { info: { h1_hash_rate: 0 } }],
      ['/v2/hash_rate/worker/list', { workers: null }],
      ['/v2/assets/transactions/list', { transactions: null }],
    ],
    emptyReport: {
      unpaidSats: 0,
      paidSats: 0,
      earnedSats: 0,
      hashrateHs: 0,
      workers: 0,
      days: [],
      payouts: [],
    },
    vital: 'balance_info.balance',
    carries: { 'f2p-api-secret': 'key-of-a-test', 'content-type': 'application/json' },
    wrongKey: { body: { code: 5_010, msg: 'permission denied: permission denied name="practice"' } },
  },
  {
    kind: 'luxor',
    replies: [
      [
        '/api/v2/pool/summary/BTC?subaccount_names=practice',
        '{"currency_type":"BTC","hashrate_5m":"1035827914295214","hashrate_24h":"1035827914295214","active_miners":10,"balance":[{"currency_type":"BTC","revenue":0.26944885}]}',
      ],
      [
        '/api/v2/pool/revenue/BTC?subaccount_names=practice&start_date=',
        {
          currency_type: 'BTC',
          revenue: [
            {
              date_time: '2026-08-03T00:00:00Z',
              revenue: { currency_type: 'BTC', revenue_type: 'MINING', revenue: 0.00066154 },
            },
            {
              date_time: '2026-08-03T00:00:00Z',
              revenue: { currency_type: 'BTC', revenue_type: 'REFERRAL', revenue: 0.00000001 },
            },
          ],
        },
      ],
    ],
    report: {
      unpaidSats: 26_944_885,
      hashrateHs: 1_035_827_914_295_214,
      workers: 10,
      days: [{ day: DAY, sats: 66_155 }],
    },
    empty: [
      ['/api/v2/pool/summary/', { hashrate_5m: '0', active_miners: 0, balance: [] }],
      ['/api/v2/pool/revenue/', { revenue: [] }],
    ],
    emptyReport: { unpaidSats: 0, hashrateHs: 0, workers: 0, days: [] },
    vital: 'balance',
    carries: { authorization: 'key-of-a-test' },
  },
]

const apis: StandInApi[] = []
afterEach(async () => {
  await Promise.all(apis.splice(0).map((api) => api.stop()))
})

function answering(replies: Example['replies']): (request: AskedRequest) => StandInAnswer {
  return ({ path, body }) => {
    const found = replies.find(
      ([begin, , holds]) => path.startsWith(begin) && (holds === undefined || body.includes(holds)),
    )
    return found === undefined ? { status: 404, body: { message: 'nothing here' } } : { body: found[1] }
  }
}

async function read(
  kindId: string,
  answer: (request: AskedRequest) => StandInAnswer,
): Promise<AccountReading & { readonly asked: readonly AskedRequest[] }> {
  const api = await StandInApi.start(answer)
  apis.push(api)
  const known = findAccountKind(kindId)!
  // A pool's pace is the watch's affair; here it would only take time.
  const kind = { ...known, pauseMs: 0 }
  const config: AccountConfig = {
    id: 'a1',
    kind: kindId,
    name: 'mine',
    enabled: true,
    address: ADDRESS,
    user: 'practice',
    url: api.url,
    key: 'key-of-a-test',
  }
  const register = new OutgoingRegister(systemClock)
  register.declare({
    id: accountEntry(config),
    host: new URL(api.url).host,
    purpose: '',
    learns: '',
    everyMs: null,
  })
  register.choose(accountEntry(config), true)
  const client = new OutsideClient({ register, clock: systemClock })
  const reading = await readAccount(client, systemClock, kind, api.url, config)
  return { ...reading, asked: api.asked }
}

const errorsOf = ({ steps }: AccountReading): (string | null)[] =>
  steps.map(({ error }) => error?.message ?? null)
const codeOf = ({ steps }: AccountReading): string | null => steps[0]?.error?.code ?? null

it('has an example of every kind of account', () => {
  expect(EXAMPLES.map(({ kind }) => kind).sort()).toEqual(ACCOUNT_KINDS.map(({ id }) => id).sort())
})

describe.each(EXAMPLES)('an account of the kind $kind', (example) => {
  const { kind, replies, report, empty, emptyReport, vital, carries = {} } = example

  it('is read to the sat', async () => {
    const reading = await read(kind, answering(replies))
    expect(errorsOf(reading)).toEqual(replies.map(() => null))
    expect(reading.report).toEqual({ ...NOTHING, ...report })
    expect(reading.asked[0]!.headers).toMatchObject(carries)
    for (const { path } of reading.asked) expect(path).not.toContain('key-of-a-test')
  })

  it('in which nothing happened yet is empty, not unknown', async () => {
    const reading = await read(kind, answering(empty))
    expect(errorsOf(reading).filter((text) => text !== null)).toEqual([])
    expect(reading.report).toEqual({ ...NOTHING, ...emptyReport })
  })

  it('whose API changed is not guessed at: the field is named', async () => {
    const reading = await read(
      kind,
      answering(replies.map(([path, reply, body]) => [path, without(reply, vital), body] as const)),
    )
    const first = reading.steps[0]!.error
    expect(first?.code).toBe('outside/changed')
    expect(first?.context.field).toBe(vital)
    expect(reading.report).toBeNull()
  })

  it('whose pool is down, cuts off, sends a web page or asks for patience has no report, and says why', async () => {
    expect(codeOf(await read(kind, () => ({ status: 503, body: 'down' })))).toBe('outside/failed')
    expect(codeOf(await read(kind, () => ({ cut: true })))).toBe('outside/unreachable')
    expect(codeOf(await read(kind, () => ({ body: '<!doctype html><title>Just a moment…</title>' })))).toBe(
      'outside/changed',
    )
    expect(codeOf(await read(kind, () => ({ body: '' })))).toBe('outside/changed')
    const limited = await read(kind, () => ({ status: 429, headers: { 'retry-after': '120' } }))
    expect(limited.steps[0]!.error?.context.retryAfterMs).toBe(120_000)
    expect(limited.asked).toHaveLength(1)
  })

  it('bears every cut of its replies', async () => {
    for (const [, reply] of replies) {
      const text = typeof reply === 'string' ? reply : JSON.stringify(reply)
      const reading = await read(kind, () => ({ body: text.slice(0, Math.floor(text.length / 2)) }))
      expect(codeOf(reading)).toBe('outside/changed')
    }
  })
})

describe.each(EXAMPLES.filter(({ kind }) => findAccountKind(kind)!.needs.includes('key')))(
  'the key of $kind',
  (example) => {
    const { kind } = example

    it('that is wrong is refused in words, without the key', async () => {
      const reading = await read(
        kind,
        () => example.wrongKey ?? { status: 401, body: { error: 'no such token' } },
      )
      expect(codeOf(reading)).toBe('outside/refused')
      expect(errorsOf(reading)[0]).not.toContain('key-of-a-test')
      expect(reading.asked).toHaveLength(1)
    })
  },
)

describe.each(EXAMPLES.filter(({ replies }) => replies.length > 1))(
  'an account of the kind $kind that is read in parts',
  ({ kind, replies, report }) => {
    it('is told in part if a part fails', async () => {
      const last = replies.at(-1)!
      const reading = await read(kind, (request) => {
        const whole = answering(replies)(request)
        return request.path.startsWith(last[0]) && request.body.includes(last[2] ?? '')
          ? { status: 500, body: 'ill' }
          : whole
      })
      expect(reading.steps.filter(({ error }) => error !== null).map(({ error }) => error!.code)).toEqual([
        'outside/failed',
      ])
      expect(reading.report).not.toBeNull()
      const { workers } = { ...NOTHING, ...report }
      expect(reading.report!.workers).toBe(workers)
    })
  },
)

/** A copy without one field, given by its path. */
function without(reply: unknown, path: string): unknown {
  const copy: unknown = typeof reply === 'string' ? JSON.parse(reply) : structuredClone(reply)
  const keys = path.split('.')
  let place = copy as Record<string, unknown>
  for (const key of keys.slice(0, -1)) {
    const next = place[key]
    if (typeof next !== 'object' || next === null) return copy
    place = next as Record<string, unknown>
  }
  Reflect.deleteProperty(place, keys.at(-1)!)
  return copy
}
