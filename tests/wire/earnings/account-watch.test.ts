/** The watch over accounts, on a clock that is moved by hand, over real HTTP on loopback. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger, ManualClock, systemClock } from '../../../src-main/base/index.ts'
import { type AccountConfig } from '../../../src-main/earnings/accounts/account-kind.ts'
import {
  type AccountNews,
  AccountWatch,
  type AccountState,
} from '../../../src-main/earnings/accounts/account-watch.ts'
import { OutsideClient } from '../../../src-main/earnings/outside/http.ts'
import { OutgoingRegister } from '../../../src-main/earnings/outside/register.ts'
import { type Answering, StandInApi } from '../../support/stand-in-api.ts'
import { until } from '../../support/proxy/until.ts'

const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const USER = { hashrate1hr: '1.13T', workers: 2, bestshare: 12.5 }

let api: StandInApi
let clock: ManualClock
let register: OutgoingRegister
let watch: AccountWatch
let news: AccountNews[]
let states: AccountState[]
let logged: string[]

const config = (changes: Partial<AccountConfig> = {}): AccountConfig => ({
  id: 'a1',
  kind: 'ckpool-own',
  name: 'My solo',
  enabled: true,
  address: ADDRESS,
  user: '',
  url: `${api.url}/`,
  key: '',
  ...changes,
})
const withKey = (changes: Partial<AccountConfig> = {}): AccountConfig =>
  config({ kind: 'viabtc', url: api.url, key: 'secret-key-of-a-test', ...changes })

/** Lets the clock run until the account was asked once more and the watch has settled it. */
async function nextReading(withinMs: number): Promise<AccountState> {
  const before = states.length
  clock.advance(withinMs)
  await until('a reading', () => states.length > before)
  return states.at(-1)!
}

beforeEach(async () => {
  api = await StandInApi.start(() => ({ body: USER }))
  clock = new ManualClock()
  register = new OutgoingRegister(clock)
  news = []
  states = []
  logged = []
  watch = new AccountWatch({
    // Its time limits are of the world's time: a request is under way while the clock here is moved.
    client: new OutsideClient({ register, clock: systemClock }),
    clock,
    entropy: (length) => new Uint8Array(length).fill(128),
    log: createLogger((...line) => logged.push(JSON.stringify(line))),
  })
  watch.onNews((one) => news.push(one))
  watch.onState((state) => states.push(state))
  watch.start()
})

afterEach(async () => {
  await watch.stop()
  await api.stop()
})

describe('an account', () => {
  it('is asked soon after it was added, and then every quarter of an hour', async () => {
    watch.setAccounts([config()])
    expect(watch.states()).toMatchObject([{ status: 'waiting', report: null, stale: false }])
    expect(await nextReading(20_000)).toMatchObject({
      status: 'ok',
      message: '',
      stale: false,
      report: { workers: 2, hashrateHs: 1.13e12 },
    })
    expect(api.asked.map(({ path }) => path)).toEqual([`/users/${ADDRESS}`])

    clock.advance(10 * MINUTE_MS)
    expect(api.asked).toHaveLength(1)
    await nextReading(10 * MINUTE_MS)
    expect(api.asked).toHaveLength(2)
    expect(news).toMatchObject([{ accountId: 'a1' }, { accountId: 'a1' }])
  })

  it('is in the register of what leaves this machine, in plain words', () => {
    watch.setAccounts([config()])
    expect(register.entries()).toMatchObject([
      {
        id: 'account/a1',
        host: `127.0.0.1:${String(api.port)}`,
        chosen: true,
        purpose: expect.stringContaining('My solo'),
        learns: expect.stringContaining('payout address'),
      },
    ])
  })

  it('that is switched off is kept and never asked', async () => {
    watch.setAccounts([config({ enabled: false })])
    clock.advance(HOUR_MS)
    expect(watch.states()).toMatchObject([{ status: 'off' }])
    expect(register.isChosen('account/a1')).toBe(false)
    expect(await watch.checkNow('a1')).toMatchObject({
      ok: false,
      steps: [{ ok: false, detail: expect.stringContaining('Nobody chose') }],
    })
    expect(api.asked).toHaveLength(0)
  })

  it('whose request a person unchose in the register is off, and nothing is sent', async () => {
    watch.setAccounts([config()])
    register.choose('account/a1', false)
    expect(await nextReading(20_000)).toMatchObject({
      status: 'off',
      message: expect.stringContaining('Nobody chose'),
    })
    expect(api.asked).toHaveLength(0)
  })

  it('that the pool does not know yet waits for its first share', async () => {
    api.answer = () => ({ status: 404, body: 'Not Found' })
    watch.setAccounts([config()])
    expect(await nextReading(20_000)).toMatchObject({
      status: 'waiting',
      message: expect.stringContaining('after the first share'),
      report: null,
    })
  })

  it('that lacks something it needs says what, and nothing is sent', async () => {
    watch.setAccounts([
      config({ url: 'pool.example' }),
      config({ id: 'a2', address: '../x' }),
      withKey({ id: 'a3', key: 'a\r\nb' }),
      config({ id: 'a4', kind: 'nobody' }),
    ])
    clock.advance(HOUR_MS)
    expect(watch.states().map(({ status }) => status)).toEqual([
      'unreachable',
      'unreachable',
      'unreachable',
      'unreachable',
    ])
    expect(watch.states().map(({ message }) => message)).toEqual([
      expect.stringContaining('begins with http'),
      expect.stringContaining('no address has'),
      expect.stringContaining('no key has'),
      expect.stringContaining('"nobody"'),
    ])
    expect(await watch.checkNow('a1')).toMatchObject({ ok: false })
    expect(api.asked).toHaveLength(0)
  })
})

describe('what was last known', () => {
  it('stays and is marked while the pool is down, and the pool is asked ever less often', async () => {
    watch.setAccounts([config()])
    await nextReading(20_000)
    api.answer = () => ({ status: 502, body: 'bad gateway' })
    const down = await nextReading(18 * MINUTE_MS)
    expect(down).toMatchObject({
      status: 'unreachable',
      stale: true,
      report: { workers: 2 },
      code: 'outside/failed',
    })
    expect(down.reportAtMs).toBeLessThan(down.askedAtMs!)
    for (let failures = 0; failures < 5; failures++) await nextReading(3 * HOUR_MS)
    const { length } = api.asked
    clock.advance(90 * MINUTE_MS)
    expect(api.asked).toHaveLength(length)

    api.answer = () => ({ body: { ...USER, workers: 3 } })
    expect(await nextReading(HOUR_MS)).toMatchObject({ status: 'ok', stale: false, report: { workers: 3 } })
    expect(news).toHaveLength(2)
  })

  it('stays when the API changed, and the field is named', async () => {
    watch.setAccounts([config()])
    await nextReading(20_000)
    api.answer = () => ({ body: { ...USER, workers: 'two' } })
    expect(await nextReading(18 * MINUTE_MS)).toMatchObject({
      status: 'changed',
      stale: true,
      message: expect.stringContaining('workers is no whole number'),
      report: { workers: 2 },
    })
  })

  it('stays over a new name, not over a new address', async () => {
    watch.setAccounts([config()])
    await nextReading(20_000)
    watch.setAccounts([config({ name: 'Renamed' })])
    expect(watch.states()).toMatchObject([{ report: { workers: 2 }, stale: true }])
    watch.setAccounts([config({ address: ADDRESS.replace('080', '081') })])
    expect(watch.states()).toMatchObject([{ report: null, stale: false }])
  })
})

describe('a key', () => {
  const refusing: Answering = () => ({ body: { code: 12_001, data: {}, message: 'Invalid api key' } })

  it('that is refused is not tried again for hours, and not written into the log', async () => {
    api.answer = refusing
    watch.setAccounts([withKey()])
    expect(await nextReading(20_000)).toMatchObject({
      status: 'wrong-key',
      code: 'outside/refused',
      message: expect.stringContaining('Invalid api key'),
    })
    clock.advance(5 * HOUR_MS)
    expect(api.asked).toHaveLength(1)
    await nextReading(2 * HOUR_MS)
    expect(api.asked).toHaveLength(2)
    expect(logged.join('\n')).toContain('wrong-key')
    expect(logged.join('\n')).not.toContain('secret-key-of-a-test')
    expect(JSON.stringify(register.entries())).not.toContain('secret-key-of-a-test')
  })

  it('that was corrected is used at once', async () => {
    api.answer = refusing
    watch.setAccounts([withKey()])
    await nextReading(20_000)
    api.answer = ({ headers }) =>
      headers['x-api-key'] === 'another'
        ? { body: { code: 0, data: { total_profit: '0.1' } } }
        : { status: 401 }
    watch.setAccounts([withKey({ key: 'another' })])
    const check = watch.checkNow('a1')
    for (let turn = 0; turn < 10; turn++) {
      await new Promise((done) => setTimeout(done, 10))
      clock.advance(1_000)
    }
    expect((await check).steps[0]).toEqual({ step: 'earned in all', ok: true, detail: '' })
    expect(watch.states()).toMatchObject([{ report: { earnedSats: 10_000_000 } }])
  })
})

it('waits as long as a pool asks for that is asked too often', async () => {
  api.answer = () => ({ status: 429, headers: { 'retry-after': String(3 * 3_600) }, body: 'slow down' })
  watch.setAccounts([config()])
  expect(await nextReading(20_000)).toMatchObject({ status: 'unreachable', code: 'outside/rate-limited' })
  clock.advance(2.9 * HOUR_MS)
  expect(api.asked).toHaveLength(1)
  await nextReading(0.2 * HOUR_MS)
  expect(api.asked).toHaveLength(2)
})

it('gives one reading to all who ask at once', async () => {
  watch.setAccounts([config()])
  const [one, other] = await Promise.all([watch.checkNow('a1'), watch.checkNow('a1')])
  expect(one).toBe(other)
  expect(one).toEqual({ ok: true, steps: [{ step: 'hashrate and best share', ok: true, detail: '' }] })
  expect(api.asked).toHaveLength(1)
})

it('forgets an account that was taken away while it was asked', async () => {
  let answer = (): void => undefined
  api.answer = () => new Promise((resolve) => (answer = () => resolve({ body: USER })))
  watch.setAccounts([config()])
  const check = watch.checkNow('a1')
  await until('the request', () => api.asked.length === 1)
  watch.setAccounts([])
  answer()
  expect((await check).ok).toBe(false)
  expect(watch.states()).toEqual([])
  expect(register.entries()).toEqual([])
  expect(news).toEqual([])
  expect(clock.pending).toBe(0)
})
