/** What lies outside the practice farm, asked by the very code that asks the real ones. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock, silentLogger, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { AccountWatch } from '../../../src-main/earnings/accounts/account-watch.ts'
import { MeterWatch } from '../../../src-main/earnings/meters/meter-watch.ts'
import { checkAddress } from '../../../src-main/earnings/outside/chain/address.ts'
import { EsploraPayouts } from '../../../src-main/earnings/outside/chain/esplora-payouts.ts'
import { MempoolFacts } from '../../../src-main/earnings/outside/facts/explorer-facts.ts'
import { OutsideClient } from '../../../src-main/earnings/outside/http.ts'
import { findPriceSource } from '../../../src-main/earnings/outside/prices/sources.ts'
import { OutgoingRegister } from '../../../src-main/earnings/outside/register.ts'
import {
  difficultyWorth,
  type PracticeOutside,
  startPracticeOutside,
} from '../../../src-main/practice/index.ts'

const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
const NOW_MS = Date.UTC(2026, 7, 3, 12)
const HASHRATE_HS = 2_000

let clock: ManualClock
let powerW: number
let outside: PracticeOutside
let register: OutgoingRegister
let client: OutsideClient

const start = (preferredPort?: number): Promise<PracticeOutside> =>
  startPracticeOutside({
    clock,
    seed: 7,
    state: () => ({
      chainHeight: 12,
      networkDifficulty: 1,
      pools: [],
      rigs: [
        { name: 'one', model: 'x', connected: true, hashrateHs: 1_500 },
        { name: 'two', model: 'x', connected: true, hashrateHs: 500 },
        { name: 'off', model: 'x', connected: false, hashrateHs: 0 },
      ],
    }),
    powerW: () => powerW,
    bestDifficulty: () => 12.5,
    networkDifficulty: () => difficultyWorth(HASHRATE_HS, 20_000, clock.nowMs()),
    payouts: { address: ADDRESS, satsEach: 140_000, everyDays: 7, days: 365 },
    ...(preferredPort === undefined ? {} : { preferredPort }),
  })

beforeEach(async () => {
  clock = new ManualClock(NOW_MS)
  powerW = 100
  outside = await start()
  register = new OutgoingRegister(clock)
  client = new OutsideClient({ register, clock: systemClock })
  register.declare({ id: 'x', host: new URL(outside.url).host, purpose: '', learns: '', everyMs: null })
  register.choose('x', true)
})

afterEach(() => outside.stop())

const signal = new AbortController().signal
const get = (path: string): Promise<unknown> =>
  client.reply({ entry: 'x', url: `${outside.url}${path}` }).then(({ text }) => JSON.parse(text) as unknown)

describe('the practice explorer', () => {
  it('tells facts at which the farm earns what was asked for', async () => {
    const facts = await new MempoolFacts('x', outside.url).read({ client, signal, trace: () => undefined })
    const satsPerDay = (HASHRATE_HS * 86_400 * facts.subsidySats) / (facts.difficulty * 2 ** 32)
    expect(facts.subsidySats).toBe(312_500_000)
    expect(satsPerDay).toBeGreaterThan(19_900)
    expect(satsPerDay).toBeLessThan(20_100)
    expect(facts.feesSats).toBeGreaterThan(2_000_000)
    expect(facts.feesSats).toBeLessThan(6_000_000)
  })

  it('tells the payouts of its address, page after page, and never moves them', async () => {
    const checked = checkAddress(ADDRESS)
    if (!checked.ok) throw new Error(checked.error)
    const scan = async () =>
      new EsploraPayouts({ entry: 'x', url: `${outside.url}/api`, pagePauseMs: 1 }).scan({
        client,
        address: checked.value,
        fromHeight: 0,
        known: new Set(),
        open: [],
        onReached: () => undefined,
        signal,
        trace: () => undefined,
      })
    const first = await scan()
    expect(first.outputs).toHaveLength(52)
    expect(new Set(first.outputs.map(({ reference }) => reference)).size).toBe(52)
    expect(
      first.outputs.every(({ sats, change, coinbase }) => sats === 140_000 && !change && !coinbase),
    ).toBe(true)
    clock.advance(3 * 3_600_000)
    await outside.stop()
    outside = await start(outside.port)
    expect((await scan()).outputs).toEqual(first.outputs)
  })

  it('knows nothing of other addresses and other pages', async () => {
    expect(await get(`/api/address/${ADDRESS.replace('080', '081')}/txs`)).toEqual([])
    expect(await get('/api/v1/nothing')).toEqual({ error: 'Not Found' })
  })
})

describe('practice prices', () => {
  const mempool = findPriceSource('mempool')
  const closeOf = async (day: number): Promise<readonly { day: number; price: string }[]> =>
    client.json(
      {
        entry: 'x',
        url: `${outside.url}${mempool.closes.path('EUR', day, day, Math.floor(NOW_MS / 86_400_000))}`,
      },
      (answer) => [...mempool.closes.parse(answer, 'EUR')],
    )

  it('go around 60,000 dollars for three years, each day near the day before', async () => {
    const today = Math.floor(NOW_MS / 86_400_000)
    let before: number | null = null
    for (let day = today - 1_090; day < today; day += 1) {
      if (day % 60 > 3) {
        before = null
        continue
      }
      const [close] = await closeOf(day)
      expect(close?.day).toBe(day)
      const dollars = Number(close!.price) / 0.92
      expect(dollars).toBeGreaterThan(45_000)
      expect(dollars).toBeLessThan(75_000)
      if (before !== null) expect(Math.abs(dollars / before - 1)).toBeLessThan(0.05)
      before = dollars
    }
    expect(await closeOf(today - 1_200)).toEqual([])
  })

  it('are the same whenever they are asked', async () => {
    const day = Math.floor(NOW_MS / 86_400_000) - 30
    const first = await closeOf(day)
    clock.advance(5 * 86_400_000)
    await outside.stop()
    outside = await start(outside.port)
    expect(await closeOf(day)).toEqual(first)
  })

  it('are told now in every usual currency', async () => {
    for (const currency of mempool.currencies) {
      const price = await client.json(
        { entry: 'x', url: `${outside.url}${mempool.spot.path(currency)}` },
        (answer) => mempool.spot.parse(answer, currency),
      )
      expect(Number(price)).toBeGreaterThan(10_000)
    }
  })
})

it('tells an account what the connected rigs do', async () => {
  const watch = new AccountWatch({ client, clock, entropy: systemEntropy, log: silentLogger })
  watch.setAccounts([
    {
      id: 'a',
      kind: 'ckpool-own',
      name: 'Practice',
      enabled: true,
      address: ADDRESS,
      user: '',
      url: outside.url,
      key: '',
    },
  ])
  expect(await watch.checkNow('a')).toMatchObject({ ok: true })
  expect(watch.states()[0]!.report).toMatchObject({ hashrateHs: 2_000, workers: 2, bestDifficulty: 12.5 })
  await watch.stop()
})

it('shows the power of the rigs at a plug, and counts it', async () => {
  const watch = new MeterWatch({ client, clock, entropy: systemEntropy, log: silentLogger })
  const plug = {
    id: 'm',
    kind: 'shelly-gen2',
    name: 'Practice plug',
    enabled: true,
    address: outside.url,
    channel: 0,
    topic: '',
    powerPath: '',
    energyPath: '',
    energyUnit: 'Wh',
    user: '',
    password: '',
  } as const
  expect(await watch.check(plug)).toMatchObject({
    ok: true,
    found: { kind: 'shelly-gen2' },
    reading: { powerW: 100, energyTotalWh: 0 },
  })
  clock.advance(3_600_000)
  powerW = 250
  const after = await watch.check(plug)
  expect(after.reading!.powerW).toBe(250)
  expect(after.reading!.energyTotalWh).toBeCloseTo(100, 0)
  await watch.stop()
})

it('takes a free port where the one of before is taken', async () => {
  const other = await start(outside.port)
  expect(other.port).not.toBe(outside.port)
  await other.stop()
  await other.stop()
})
