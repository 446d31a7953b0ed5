import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock, systemClock, type HeadframeError } from '../../../../../src-main/base/index.ts'
import { OutsideClient } from '../../../../../src-main/earnings/outside/http.ts'
import {
  askPrice,
  CloseFiller,
  DAY_MS,
  type PriceAsk,
  type PriceOfDay,
  runsOf,
} from '../../../../../src-main/earnings/outside/prices/price-keeper.ts'
import { type PriceSourceId } from '../../../../../src-main/earnings/outside/prices/price-source.ts'
import { findPriceSource, PRICE_SOURCES } from '../../../../../src-main/earnings/outside/prices/sources.ts'
import { OutgoingRegister } from '../../../../../src-main/earnings/outside/register.ts'
import { json, type Respond, StandIn } from '../../../../support/outside/stand-in.ts'

const started: { stop(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop()
})

/** 2026-03-01, at ten in the morning. */
const TODAY = Date.UTC(2026, 2, 1) / DAY_MS
const NOW_MS = TODAY * DAY_MS + 10 * 3_600_000
const s = (day: number): number => day * 86_400

/** What each source answers, as its documentation shows it; closes of the three days before today. */
const ANSWERS: Record<
  PriceSourceId,
  { currency: string; routes: Record<string, unknown>; spot: number; closes: number[] }
> = {
  mempool: {
    currency: 'EUR',
    routes: {
      '/api/v1/prices': { time: 1703252411, USD: 43753, EUR: 40545, GBP: 37528, JPY: 6218915 },
      [`/api/v1/historical-price?currency=EUR&timestamp=${String(s(TODAY) - 1)}`]: {
        prices: [{ time: s(TODAY) - 3600, EUR: 1964, USD: 2254.9 }],
        exchangeRates: { USDEUR: 0.92 },
      },
      [`/api/v1/historical-price?currency=EUR&timestamp=${String(s(TODAY - 1) - 1)}`]: {
        prices: [{ time: s(TODAY - 2), EUR: 1963.12, USD: 2254.9 }],
        exchangeRates: {},
      },
      [`/api/v1/historical-price?currency=EUR&timestamp=${String(s(TODAY - 2) - 1)}`]: {
        prices: [{ time: s(TODAY - 3), EUR: -1, USD: 2254.9 }],
        exchangeRates: {},
      },
    },
    spot: 4_054_500,
    closes: [196_312, 196_400],
  },
  kraken: {
    currency: 'JPY',
    routes: {
      '/0/public/Ticker?pair=XBTJPY': {
        error: [],
        result: { XXBTZJPY: { a: ['1', '1', '1'], c: ['6218915.6', '0.00067643'], v: ['1', '2'] } },
      },
      '/0/public/OHLC?pair=XBTJPY&interval=1440': {
        error: [],
        result: {
          XXBTZJPY: [TODAY - 4, TODAY - 3, TODAY - 2, TODAY - 1, TODAY].map((day, i) => [
            s(day),
            '1',
            '2',
            '0.5',
            `600000${String(i)}.4`,
            '1',
            '3.39243896',
            23,
          ]),
          last: s(TODAY - 1),
        },
      },
    },
    spot: 6_218_916,
    closes: [6_000_001, 6_000_002, 6_000_003],
  },
  coinbase: {
    currency: 'USD',
    routes: {
      '/products/BTC-USD/ticker': {
        trade_id: 86326522,
        price: '96268.48',
        size: '0.00698254',
        volume: '3.1',
      },
      '/products/BTC-USD/candles?granularity=86400': [
        [s(TODAY - 1), 94000.1, 97000.5, 95000, 96000.03, 1234.5],
        [s(TODAY - 2), 94000.1, 97000.5, 95000, 95000.02, 1234.5],
        [s(TODAY - 3), 94000.1, 97000.5, 95000, 94000.009999999, 1234.5],
      ],
    },
    spot: 9_626_848,
    closes: [9_400_001, 9_500_002, 9_600_003],
  },
  coingecko: {
    currency: 'CZK',
    routes: {
      '/api/v3/simple/price?ids=bitcoin&vs_currencies=czk': { bitcoin: { czk: 1989123.4567890123 } },
      '/api/v3/coins/bitcoin/market_chart?vs_currency=czk&days=3&interval=daily': {
        prices: [
          [s(TODAY - 2) * 1000, 1900000.111],
          [s(TODAY - 1) * 1000, 1910000.115],
          [s(TODAY) * 1000, 1920000],
          [NOW_MS - 5000, 1989123],
        ],
        market_caps: [],
        total_volumes: [],
      },
    },
    spot: 198_912_346,
    closes: [190_000_011, 191_000_012, 192_000_000],
  },
  bitstamp: {
    currency: 'GBP',
    routes: {
      '/api/v2/ticker/btcgbp/': { high: '1', last: '76268.5', timestamp: '1643640186', bid: '1' },
      '/api/v2/ohlc/btcgbp/?step=86400&limit=3': {
        data: {
          pair: 'BTC/GBP',
          ohlc: [TODAY - 3, TODAY - 2, TODAY - 1].map((day, i) => ({
            timestamp: String(s(day)),
            close: `7000${String(i)}.25`,
            open: '1',
            high: '2',
            low: '0',
            volume: '5',
          })),
        },
      },
    },
    spot: 7_626_850,
    closes: [7_000_025, 7_000_125, 7_000_225],
  },
}

async function setup(
  id: PriceSourceId,
  routes: Record<string, unknown>,
): Promise<{ server: StandIn; ask: PriceAsk; client: OutsideClient }> {
  const server = await StandIn.start()
  started.push(server)
  for (const [path, answer] of Object.entries(routes)) {
    server.on(path, typeof answer === 'function' ? (answer as Respond) : json(answer))
  }
  // Wall time stands still; what is asked for depends on it.
  const clock = { ...systemClock, nowMs: () => NOW_MS }
  const register = new OutgoingRegister(clock)
  register.declare({ id: `price/${id}`, host: server.host, purpose: '', learns: '', everyMs: null })
  register.choose(`price/${id}`, true)
  const client = new OutsideClient({ register, clock })
  const ask: PriceAsk = {
    client,
    source: findPriceSource(id),
    origin: server.origin,
    currency: ANSWERS[id].currency,
    signal: new AbortController().signal,
    trace: () => {},
  }
  return { server, ask, client }
}

const emptyBook = { pricesBetween: () => Promise.resolve([]) }

async function fill(
  ask: PriceAsk,
  fromMs: number | null,
  filler = new CloseFiller(emptyBook, 0),
): Promise<PriceOfDay[]> {
  const filled: PriceOfDay[] = []
  await filler.fill(ask, fromMs, (prices) => filled.push(...prices))
  return filled.sort((a, b) => a.day - b.day)
}

const failureOf = (promise: Promise<unknown>): Promise<HeadframeError> =>
  promise.then(
    () => {
      throw new Error('did not fail')
    },
    (error: unknown) => error as HeadframeError,
  )

describe.each(PRICE_SOURCES.map(({ id, name }) => [name, id] as const))('prices from %s', (_name, id) => {
  const { currency, routes, spot, closes } = ANSWERS[id]

  it('are whole minor units, from the digits as written', async () => {
    const { ask } = await setup(id, routes)
    expect(await askPrice(ask)).toEqual({ currency, day: TODAY, closeMinor: spot, source: id, atMs: NOW_MS })
  })

  it('fill the closes of days that were missed, and no other days', async () => {
    const { ask } = await setup(id, routes)
    const filled = await fill(ask, NOW_MS - 3 * DAY_MS)
    expect(filled.map(({ closeMinor }) => closeMinor)).toEqual(closes)
    expect(filled.map(({ day }) => day)).toEqual([TODAY - 3, TODAY - 2, TODAY - 1].slice(-closes.length))
    expect(
      filled.every((price) => price.source === id && price.currency === currency && price.atMs === NOW_MS),
    ).toBe(true)
  })

  it('say what changed when the answer has another form', async () => {
    const { ask } = await setup(id, { '/': { error: [], price: 'soon', result: {}, bitcoin: {}, data: {} } })
    expect((await failureOf(askPrice(ask))).code).toBe('outside/changed')
    expect((await failureOf(fill(ask, NOW_MS - 3 * DAY_MS))).code).toBe('outside/changed')
  })

  it('refuse a price of nothing', async () => {
    const zero = JSON.parse(
      JSON.stringify(routes, (key, value: unknown) =>
        ['USD', 'EUR', 'JPY', 'price', 'last', 'czk'].includes(key) && typeof value !== 'object' ? 0 : value,
      ).replace('6218915.6', '0'),
    ) as Record<string, unknown>
    const { ask } = await setup(id, zero)
    expect((await failureOf(askPrice(ask))).code).toBe('outside/changed')
  })

  it('say that they were asked too often', async () => {
    const { ask } = await setup(id, { '/': json('', 429, { 'retry-after': '7' }) })
    expect(await failureOf(askPrice(ask))).toMatchObject({
      code: 'outside/rate-limited',
      context: { retryAfterMs: 7000 },
    })
  })

  it('are not asked for in a currency that it does not know', async () => {
    const { server, ask } = await setup(id, routes)
    const failure = await failureOf(askPrice({ ...ask, currency: 'XAU' }))
    expect(failure.code).toBe('outside/no-currency')
    expect(server.connections).toBe(0)
  })
})

describe('prices', () => {
  it('name the sources that know a currency', async () => {
    const { ask } = await setup('coinbase', {})
    expect((await failureOf(askPrice({ ...ask, currency: 'CHF' }))).message).toContain(
      'mempool.space, Kraken, CoinGecko',
    )
  })

  it('tell what Kraken reports with status 200', async () => {
    const { server, ask } = await setup('kraken', {
      '/': { error: ['EGeneral:Too many requests'] },
    })
    expect((await failureOf(askPrice(ask))).code).toBe('outside/rate-limited')
    server.on('/', json({ error: ['EQuery:Unknown asset pair'] }))
    const failure = await failureOf(askPrice(ask))
    expect(failure.code).toBe('outside/failed')
    expect(failure.message).toContain('EQuery:Unknown asset pair')
  })
})

describe('closes that were missed', () => {
  it('are those that the book lacks or saw before the day was over', async () => {
    const { server, ask } = await setup('kraken', ANSWERS.kraken.routes)
    const book = {
      pricesBetween: (_currency: string, fromDay: number, toDay: number) => {
        expect([fromDay, toDay]).toEqual([TODAY - 4, TODAY])
        return Promise.resolve([
          { day: TODAY - 4, atMs: s(TODAY - 3) * 1000 },
          { day: TODAY - 3, atMs: s(TODAY - 2) * 1000 - 1 },
          { day: TODAY - 1, atMs: NOW_MS },
        ])
      },
    }
    const filled = await fill(ask, NOW_MS - 4 * DAY_MS, new CloseFiller(book, 0))
    expect(filled.map(({ day }) => day)).toEqual([TODAY - 3, TODAY - 2])
    expect(server.asked).toHaveLength(1)
  })

  it('are not asked for when there is no history or nothing is missing', async () => {
    const { server, ask } = await setup('kraken', ANSWERS.kraken.routes)
    expect(await fill(ask, null)).toEqual([])
    expect(await fill(ask, NOW_MS - 3_600_000)).toEqual([])
    expect(server.connections).toBe(0)
  })

  it('are asked for again only half a day later when the source does not have them', async () => {
    const { server, ask } = await setup('mempool', ANSWERS.mempool.routes)
    const filled: PriceOfDay[] = []
    const book = {
      pricesBetween: () => Promise.resolve(filled.map(({ day, atMs }) => ({ day, atMs }))),
    }
    const filler = new CloseFiller(book, 0)
    const round = (nowMs: number): Promise<void> => {
      const clock = { ...systemClock, nowMs: () => nowMs }
      const register = ask.client.register
      const later = { ...ask, client: new OutsideClient({ register, clock }) }
      return filler.fill(later, NOW_MS - 3 * DAY_MS, (prices) => filled.push(...prices))
    }
    await round(NOW_MS)
    expect([filled.length, server.asked.length]).toEqual([2, 3])
    await round(NOW_MS + 600_000)
    expect(server.asked).toHaveLength(3)
    await round(NOW_MS + DAY_MS / 2)
    expect(server.asked).toHaveLength(4)
  })

  it('of a long time come in few requests a round, newest first', async () => {
    const { server, ask } = await setup('mempool', { '/api/v1/historical-price': { prices: [] } })
    await fill(ask, NOW_MS - 30 * DAY_MS)
    expect(server.asked).toHaveLength(4)
    expect(server.asked[0]?.url).toContain(String(s(TODAY) - 1))
  })

  it('reach no further back than the source does', async () => {
    const { server, ask } = await setup('coingecko', { '/api/v3/coins': { prices: [] } })
    await fill(ask, NOW_MS - 3000 * DAY_MS)
    expect(server.asked.map(({ url }) => /days=(\d+)/.exec(url)?.[1])).toEqual(['364'])
  })

  it('share a request when they are near each other', () => {
    expect(runsOf([1, 2, 3, 9, 10, 30], 10)).toEqual([[30], [1, 2, 3, 9, 10]])
    expect(runsOf([1, 2, 3], 1)).toEqual([[3], [2], [1]])
    expect(runsOf([], 5)).toEqual([])
  })

  it('stop when they are no longer wanted', async () => {
    const { server, ask } = await setup('mempool', { '/api/v1/historical-price': { prices: [] } })
    const clock = new ManualClock(NOW_MS)
    const stop = new AbortController()
    const client = new OutsideClient({ register: ask.client.register, clock })
    const filling = new CloseFiller(emptyBook).fill(
      { ...ask, client, signal: stop.signal },
      NOW_MS - 9 * DAY_MS,
      () => {},
    )
    await expect.poll(() => server.asked.length).toBe(1)
    stop.abort()
    await filling.catch(() => {})
    expect(server.asked).toHaveLength(1)
  })
})
