import { afterEach, describe, expect, it } from 'vitest'
import {
  type Clock,
  fromHex,
  ManualClock,
  silentLogger,
  systemClock,
} from '../../../../src-main/base/index.ts'
import {
  type PayoutProgress,
  type ChainPayout,
} from '../../../../src-main/earnings/outside/chain/payout-source.ts'
import { NOTHING_OUTSIDE, type OutsideConfig } from '../../../../src-main/earnings/outside/config.ts'
import { type NetworkFacts } from '../../../../src-main/earnings/outside/facts/network-facts.ts'
import { OutsideClient } from '../../../../src-main/earnings/outside/http.ts'
import { OutsideWorld } from '../../../../src-main/earnings/outside/outside-world.ts'
import { DAY_MS, type PriceOfDay } from '../../../../src-main/earnings/outside/prices/price-keeper.ts'
import { OutgoingRegister } from '../../../../src-main/earnings/outside/register.ts'
import { startEsplora, TestNode } from '../../../support/outside/chain-servers.ts'
import { startSocksProxy } from '../../../support/outside/proxies.ts'
import { closedPort, json, StandIn } from '../../../support/outside/stand-in.ts'
import { TestChain } from '../../../support/outside/test-chain.ts'

const ADDRESS = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'
const SCRIPT = fromHex('0014751e76e8199196d454941c45d1b3a323f1433bd6')
const NOW_MS = Date.UTC(2026, 2, 1, 10)
const MINUTE_MS = 60_000

const started: { stop(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop()
})

function keep<T extends { stop(): Promise<unknown> }>(one: T): T {
  started.push(one)
  return one
}

interface Farm {
  readonly world: OutsideWorld
  readonly register: OutgoingRegister
  readonly facts: NetworkFacts[]
  readonly prices: PriceOfDay[]
  readonly payouts: ChainPayout[]
  readonly progress: Map<string, PayoutProgress>
}

function farm(clock: Clock, more: Partial<ConstructorParameters<typeof OutsideWorld>[0]> = {}): Farm {
  const register = new OutgoingRegister(clock)
  const client = new OutsideClient({ register, clock })
  const progress = new Map<string, PayoutProgress>()
  const world = keep(
    new OutsideWorld({
      client,
      clock,
      entropy: (length) => new Uint8Array(length),
      log: silentLogger,
      readText: () => Promise.reject(new Error('no file')),
      prices: { pricesBetween: () => Promise.resolve([]) },
      historyStart: () => Promise.resolve(null),
      progress: {
        load: (id) => Promise.resolve(progress.get(id) ?? null),
        save: (id, value) => Promise.resolve(void progress.set(id, value)),
      },
      pauseMs: 0,
      ...more,
    }),
  )
  const [facts, prices, payouts]: [NetworkFacts[], PriceOfDay[], ChainPayout[]] = [[], [], []]
  world.onFacts((one) => facts.push(one))
  world.onPrice((some) => prices.push(...some))
  world.onPayout((one) => payouts.push(one))
  return { world, register, facts, prices, payouts, progress }
}

/** Wall time stands still, everything else is real. */
const standing: Clock = { ...systemClock, nowMs: () => NOW_MS }

async function pricesAt(price: number): Promise<StandIn> {
  const server = keep(await StandIn.start())
  return server.on('/api/v1/prices', json({ time: 1, USD: price, EUR: price }))
}

describe('the outside world', () => {
  it('asks nobody when nothing is chosen', async () => {
    const clock = new ManualClock(NOW_MS)
    const { world, register } = farm(clock)
    await world.configure(NOTHING_OUTSIDE)
    clock.advance(2 * DAY_MS)
    expect(clock.pending).toBe(0)
    expect(register.entries().length).toBeGreaterThanOrEqual(11)
    expect(register.entries().every(({ chosen, count }) => !chosen && count === 0)).toBe(true)
    for (const kind of ['facts', 'price', 'payouts', 'node', 'proxy'] as const) {
      expect((await world.checkNow(kind)).ok).toBe(false)
    }
    expect(register.entries().every(({ count }) => count === 0)).toBe(true)
  })

  it('lists every request in words, and chooses those that follow from what was chosen', async () => {
    const { world, register } = farm(new ManualClock(NOW_MS))
    await world.configure({
      ...NOTHING_OUTSIDE,
      factsSource: 'mempool',
      priceSource: 'kraken',
      payoutSource: 'node',
      node: { url: 'http://192.168.1.5:8332', user: 'me', password: 'x', cookieFile: '' },
      addresses: [{ id: 'a', address: ADDRESS }],
    })
    const chosen = register.entries().filter((entry) => entry.chosen)
    expect(chosen.map(({ id, host }) => [id, host])).toEqual([
      ['facts/node', '192.168.1.5:8332'],
      ['facts/mempool', 'mempool.space'],
      ['price/kraken', 'api.kraken.com'],
      ['payouts/node', '192.168.1.5:8332'],
    ])
    for (const { purpose, learns, host } of register.entries()) {
      expect([purpose.length > 20, learns.length > 20, host !== '']).toEqual([true, true, true])
    }
    const words = Object.fromEntries(register.entries().map(({ id, learns }) => [id, learns]))
    expect(words['payouts/node']).toContain('Nothing leaves your own network')
    expect(words['payouts/esplora']).toContain('your payout addresses')
    await world.configure(NOTHING_OUTSIDE)
    expect(register.entries().some((entry) => entry.chosen)).toBe(false)
  })

  it('begins after a few seconds, one thing after the other, and goes on each ten minutes', async () => {
    const server = await pricesAt(97_000)
    const clock = new ManualClock(NOW_MS)
    const { world, prices } = farm(clock)
    await world.configure(pricesFrom(server))
    clock.advance(5_999)
    expect(server.connections).toBe(0)
    clock.advance(1)
    await expect.poll(() => prices.length).toBe(1)
    expect(prices[0]).toMatchObject({
      currency: 'USD',
      closeMinor: 9_700_000,
      day: Math.floor(NOW_MS / DAY_MS),
    })
    expect(world.state().price).toMatchObject({
      problem: null,
      stale: false,
      value: { minorPerBtc: 9_700_000, minorDigits: 2, source: 'mempool' },
    })
    await expect.poll(() => world.state().price.nextAtMs).toBe(NOW_MS + 6_000 + 9 * MINUTE_MS)
    clock.advance(9 * MINUTE_MS)
    await expect.poll(() => prices.length).toBe(2)
  })

  it('pauses longer after each failure, keeps the last value, and comes back', async () => {
    const server = await pricesAt(97_000)
    const clock = new ManualClock(NOW_MS)
    const { world, prices } = farm(clock)
    await world.configure(pricesFrom(server))
    clock.advance(6_000)
    await expect.poll(() => world.state().price.nextAtMs).not.toBeNull()
    server.on('/', json('', 500)).on('/api/v1/prices', json('', 500))
    const pauses: number[] = []
    for (let failures = 0; failures < 10; failures++) {
      clock.advance((world.state().price.nextAtMs ?? 0) - clock.nowMs())
      await expect.poll(() => world.state().price.nextAtMs).not.toBeNull()
      pauses.push(((world.state().price.nextAtMs ?? 0) - clock.nowMs()) / MINUTE_MS)
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 360])
    expect(world.state().price).toMatchObject({
      stale: true,
      problem: { code: 'outside/failed' },
      value: { minorPerBtc: 9_700_000, atMs: NOW_MS + 6_000 },
    })
    server.on('/api/v1/prices', json({ time: 1, USD: 98_000 }))
    clock.advance(360 * MINUTE_MS)
    await expect.poll(() => world.state().price.problem).toBeNull()
    expect(prices.at(-1)?.closeMinor).toBe(9_800_000)
  })

  it('waits as long as it is told to, and long where only a person can help', async () => {
    const server = await pricesAt(1)
    const clock = new ManualClock(NOW_MS)
    const { world } = farm(clock)
    await world.configure(pricesFrom(server))
    server.on('/api/v1/prices', json('', 429, { 'retry-after': '7200' }))
    clock.advance(6_000)
    await expect.poll(() => world.state().price.problem?.code).toBe('outside/rate-limited')
    expect((world.state().price.nextAtMs ?? 0) - clock.nowMs()).toBe(7_200_000)
    server.on('/api/v1/prices', json('', 403))
    clock.advance(7_200_000)
    await expect.poll(() => world.state().price.problem?.code).toBe('outside/refused')
    expect((world.state().price.nextAtMs ?? 0) - clock.nowMs()).toBe(30 * MINUTE_MS)
  })

  it('takes facts from the node, from the explorer when the node is down, and from jobs when both are', async () => {
    const chain = new TestChain(201)
    const node = keep(await TestNode.start(chain, { filters: true }))
    const explorer = keep(await startEsplora(chain))
    const { world, facts } = farm(standing)
    await world.configure({
      ...NOTHING_OUTSIDE,
      factsSource: 'esplora',
      factsUrl: explorer.origin,
      node: { url: node.http.origin, user: 'me', password: 'secret', cookieFile: '' },
    })
    world.noteJob({ atMs: NOW_MS, height: 150, difficulty: 5, rewardSats: 60, feesSats: 10 })
    expect(facts.map(({ source }) => source)).toEqual(['jobs'])
    const check = await world.checkNow('facts')
    expect(check.steps.map(({ step }) => step)).toEqual(['Your node answers', 'Difficulty', 'Fees'])
    expect(facts.at(-1)).toMatchObject({ source: 'node', height: 200, feesSats: 128_500 })
    expect(explorer.asked).toHaveLength(0)

    node.http.on('/', json('', 503))
    const second = await world.checkNow('facts')
    expect(second.ok).toBe(true)
    expect(second.steps.map(({ step }) => step)).toEqual(['node did not answer', 'Newest block', 'Fees'])
    // The node's value is still fresh and ranks higher.
    expect(world.state().facts).toMatchObject({
      value: { source: 'node' },
      problem: { code: 'outside/failed' },
      stale: false,
    })
    explorer.on('/blocks', json('', 503))
    expect((await world.checkNow('facts')).ok).toBe(false)
    expect(world.state().facts.value?.source).toBe('node')
  })

  it('finds payouts of several addresses, and tells how it stands with each', async () => {
    const chain = new TestChain(5)
    const explorer = keep(await startEsplora(chain))
    const pay = chain.tx({ outputs: [{ script: SCRIPT, sats: 777 }] })
    chain.addBlock([pay])
    const { world, payouts, progress } = farm(standing)
    await world.configure({
      ...NOTHING_OUTSIDE,
      payoutSource: 'esplora',
      payoutUrl: explorer.origin,
      addresses: [
        { id: 'bad', address: 'bc1qnonsense' },
        { id: 'mine', address: ADDRESS },
      ],
    })
    const [check] = await Promise.all([world.checkNow('payouts'), world.checkNow('payouts')])
    expect(check.ok).toBe(false)
    expect(payouts).toMatchObject([
      {
        addressId: 'mine',
        address: ADDRESS,
        reference: `${pay.txid}:0`,
        sats: 777,
        height: 5,
        change: 'found',
      },
    ])
    expect(progress.get('mine')?.scannedHeight).toBe(5)
    const [bad, mine] = world.state().payouts.addresses
    expect(bad).toMatchObject({
      addressId: 'bad',
      problem: { code: 'outside/bad-address' },
      checkedAtMs: null,
    })
    expect(mine).toMatchObject({ addressId: 'mine', problem: null, checkedAtMs: NOW_MS, tipHeight: 5 })
  })

  it('fills missed closes from the beginning of the history', async () => {
    const today = Math.floor(NOW_MS / DAY_MS)
    const server = (await pricesAt(97_000)).on('/api/v1/historical-price', (asked, response) => {
      const time = Number(/timestamp=(\d+)/.exec(asked.url)?.[1])
      json({ prices: [{ time: time - 60, USD: 90_000 + (time % 7) }], exchangeRates: {} })(asked, response)
    })
    const { world, prices } = farm(standing, {
      historyStart: () => Promise.resolve(NOW_MS - 2 * DAY_MS),
    })
    await world.configure(pricesFrom(server))
    const check = await world.checkNow('price')
    expect(check.ok).toBe(true)
    expect(prices.map(({ day }) => day)).toEqual([today, today - 1, today - 2])
    expect(check.steps[0]?.detail).toContain('97000 USD')
  })

  it('tests the proxy, and goes nowhere when it is down', async () => {
    const server = await pricesAt(97_000)
    const proxy = keep(await startSocksProxy({ toPort: server.port }))
    const { world } = farm(standing)
    const config = (port: number): OutsideConfig => ({
      ...NOTHING_OUTSIDE,
      factsSource: 'mempool',
      factsUrl: 'http://mempool.invalid',
      priceSource: 'mempool',
      proxy: { kind: 'socks5', host: '127.0.0.1', port, user: '', password: '' },
    })
    await world.configure(config(proxy.port))
    const check = await world.checkNow('proxy')
    expect(check.steps.map(({ step }) => step)).toEqual(['Your proxy', 'Price now', 'Through the proxy'])
    expect(proxy.destinations).toEqual(['mempool.invalid:80'])
    await world.configure(config(await closedPort()))
    expect(await world.checkNow('proxy')).toMatchObject({ ok: false })
    expect(await world.checkNow('price')).toMatchObject({ ok: false })
    expect(server.connections).toBe(1)
    await expect(
      world.configure({
        ...NOTHING_OUTSIDE,
        proxy: { kind: 'http', host: 'a b', port: 1, user: '', password: '' },
      }),
    ).rejects.toMatchObject({ code: 'outside/bad-address' })
  })

  it('shows what was known before it started, marked as old', async () => {
    const lastFacts: NetworkFacts = {
      atMs: NOW_MS - DAY_MS,
      source: 'mempool',
      height: 1,
      difficulty: 2,
      subsidySats: 3,
      feesSats: 4,
    }
    const lastPrice = { currency: 'USD', day: 5, closeMinor: 6, source: 'kraken', atMs: NOW_MS - DAY_MS }
    const { world, facts } = farm(new ManualClock(NOW_MS), { lastFacts, lastPrice })
    await world.configure(NOTHING_OUTSIDE)
    expect(world.state().facts).toMatchObject({ value: lastFacts, stale: true })
    expect(world.state().price).toMatchObject({ value: { minorPerBtc: 6 }, stale: true })
    await world.configure({ ...NOTHING_OUTSIDE, currency: 'EUR' })
    expect(world.state().price.value).toBeNull()
    expect(facts).toEqual([])
  })

  it('ends everything when it is stopped, also what is under way', async () => {
    const server = keep(await StandIn.start())
    const arrived = new Promise<void>((resolve) => server.on('/', () => resolve()))
    const clock = new ManualClock(NOW_MS)
    const { world, prices } = farm(clock)
    await world.configure(pricesFrom(server))
    clock.advance(12_000)
    await arrived
    await world.stop()
    expect(clock.pending).toBe(0)
    clock.advance(DAY_MS)
    expect(prices).toEqual([])
    expect(await world.checkNow('price')).toMatchObject({ ok: false })
  })
})

/** Prices from a stand-in for an instance of one's own, which facts are asked of as well. */
function pricesFrom(server: StandIn): OutsideConfig {
  return { ...NOTHING_OUTSIDE, factsSource: 'mempool', factsUrl: server.origin, priceSource: 'mempool' }
}
