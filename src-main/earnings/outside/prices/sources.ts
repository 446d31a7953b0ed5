/**
 * The sources of prices a person can choose from. Each follows the source's own documentation, named at it; none wants a
 * key. Closes are those of UTC days.
 */
import { rateLimited, reported } from '../failures.ts'
import { type Answer } from '../answer.ts'
import { DAY_S, type DayClose, isoOfDay, type PriceSource, type PriceSourceId } from './price-source.ts'

/**
 * mempool's REST API (`prices.routes.ts`, `mining-routes.ts`): whole units of the main currencies, from several exchanges.
 * `historical-price` gives the price known at or before a moment, one moment a request.
 */
const mempool: PriceSource = {
  id: 'mempool',
  name: 'mempool.space',
  origin: 'https://mempool.space',
  currencies: ['USD', 'EUR', 'GBP', 'CAD', 'CHF', 'AUD', 'JPY'],
  spot: {
    path: () => '/api/v1/prices',
    parse: (answer, currency) => positive(answer.get(currency)),
  },
  closes: {
    daysPerRequest: 1,
    reachDays: null,
    path: (currency, fromDay) =>
      `/api/v1/historical-price?currency=${currency}&timestamp=${String((fromDay + 1) * DAY_S - 1)}`,
    parse: (answer, currency) =>
      answer
        .get('prices')
        .items()
        .flatMap((item): DayClose[] => {
          const price = item.get(currency).decimal()
          // 0 and -1 stand for unknown.
          return Number(price) > 0 ? [{ day: dayOf(item.get('time')), price }] : []
        }),
  },
}

/**
 * Kraken's spot REST API, "Get Ticker Information" and "Get OHLC Data": errors come with status 200 in `error`; results
 * are under Kraken's own name of the pair; the last candle is the running day; 720 candles and no more.
 */
const kraken: PriceSource = {
  id: 'kraken',
  name: 'Kraken',
  origin: 'https://api.kraken.com',
  currencies: ['USD', 'EUR', 'GBP', 'CAD', 'CHF', 'AUD', 'JPY'],
  spot: {
    path: (currency) => `/0/public/Ticker?pair=XBT${currency}`,
    parse: (answer) => positive(onlyPair(krakenResult(answer)).get('c').at(0)),
  },
  closes: {
    daysPerRequest: 719,
    reachDays: 719,
    path: (currency, fromDay) =>
      `/0/public/OHLC?pair=XBT${currency}&interval=1440&since=${String(fromDay * DAY_S - 1)}`,
    parse: (answer) =>
      onlyPair(krakenResult(answer))
        .items()
        .map((candle) => ({ day: dayOf(candle.at(0)), price: positive(candle.at(4)) })),
  },
}

/**
 * Coinbase Exchange's REST API, "Get product ticker" and "Get product candles": `[time, low, high, open, close, volume]`,
 * newest first, 300 at most.
 */
const coinbase: PriceSource = {
  id: 'coinbase',
  name: 'Coinbase',
  origin: 'https://api.exchange.coinbase.com',
  currencies: ['USD', 'EUR', 'GBP'],
  spot: {
    path: (currency) => `/products/BTC-${currency}/ticker`,
    parse: (answer) => positive(answer.get('price')),
  },
  closes: {
    daysPerRequest: 290,
    reachDays: null,
    path: (currency, fromDay, toDay) =>
      `/products/BTC-${currency}/candles?granularity=86400&start=${isoOfDay(fromDay)}&end=${isoOfDay(toDay)}`,
    parse: (answer) =>
      answer.items().map((candle) => ({ day: dayOf(candle.at(0)), price: positive(candle.at(4)) })),
  },
}

/** A point stands for the midnight it follows by no more. */
const MIDNIGHT_SLACK_MS = 10 * 60_000

/**
 * CoinGecko's public API, `/simple/price` and `/coins/{id}/market_chart` with daily points: the price at 00:00 UTC, which
 * closes the day before; the last point is now. A year back without a key.
 */
const coingecko: PriceSource = {
  id: 'coingecko',
  name: 'CoinGecko',
  origin: 'https://api.coingecko.com',
  currencies: [
    ...[
      'USD',
      'EUR',
      'GBP',
      'CAD',
      'CHF',
      'AUD',
      'JPY',
      'AED',
      'ARS',
      'BDT',
      'BHD',
      'BMD',
      'BRL',
      'CLP',
      'CNY',
    ],
    ...[
      'CZK',
      'DKK',
      'GEL',
      'HKD',
      'HUF',
      'IDR',
      'ILS',
      'INR',
      'KRW',
      'KWD',
      'LKR',
      'MMK',
      'MXN',
      'MYR',
      'NGN',
    ],
    ...[
      'NOK',
      'NZD',
      'PHP',
      'PKR',
      'PLN',
      'RUB',
      'SAR',
      'SEK',
      'SGD',
      'THB',
      'TRY',
      'TWD',
      'UAH',
      'VND',
      'ZAR',
    ],
  ],
  spot: {
    path: (currency) =>
      `/api/v3/simple/price?ids=bitcoin&vs_currencies=${currency.toLowerCase()}&precision=full`,
    parse: (answer, currency) => positive(answer.get('bitcoin').get(currency.toLowerCase())),
  },
  closes: {
    daysPerRequest: 364,
    reachDays: 364,
    path: (currency, fromDay, _toDay, today) =>
      `/api/v3/coins/bitcoin/market_chart?vs_currency=${currency.toLowerCase()}&days=${String(today - fromDay)}&interval=daily`,
    parse: (answer) =>
      answer
        .get('prices')
        .items()
        .flatMap((point): DayClose[] => {
          const atMs = point.at(0).count()
          const sinceMidnightMs = atMs % (DAY_S * 1000)
          if (sinceMidnightMs > MIDNIGHT_SLACK_MS) return []
          return [{ day: Math.floor(atMs / (DAY_S * 1000)) - 1, price: positive(point.at(1)) }]
        }),
  },
}

/** Bitstamp's HTTP API v2, "Ticker" and "OHLC data": everything is text; 1000 candles at most. */
const bitstamp: PriceSource = {
  id: 'bitstamp',
  name: 'Bitstamp',
  origin: 'https://www.bitstamp.net',
  currencies: ['USD', 'EUR', 'GBP'],
  spot: {
    path: (currency) => `/api/v2/ticker/btc${currency.toLowerCase()}/`,
    parse: (answer) => positive(answer.get('last')),
  },
  closes: {
    daysPerRequest: 900,
    reachDays: null,
    path: (currency, fromDay, toDay) =>
      `/api/v2/ohlc/btc${currency.toLowerCase()}/?step=86400&limit=${String(toDay - fromDay + 1)}&start=${String(fromDay * DAY_S)}&end=${String(toDay * DAY_S)}`,
    parse: (answer) =>
      answer
        .get('data')
        .get('ohlc')
        .items()
        .map((candle) => ({ day: dayOf(candle.get('timestamp')), price: positive(candle.get('close')) })),
  },
}

/** In the order they are offered. */
export const PRICE_SOURCES: readonly PriceSource[] = [mempool, kraken, coinbase, coingecko, bitstamp]

export function findPriceSource(id: PriceSourceId): PriceSource {
  const source = PRICE_SOURCES.find((one) => one.id === id)
  if (source === undefined) throw new Error(`no price source ${id}`)
  return source
}

function positive(field: Answer): string {
  const price = field.decimal()
  if (!(Number(price) > 0)) throw field.wrong('is no price')
  return price
}

/** The day that a moment in unix seconds is in. */
function dayOf(field: Answer): number {
  return Math.floor(field.count() / DAY_S)
}

/** @throws HeadframeError for what Kraken reports in the answer */
function krakenResult(answer: Answer): Answer {
  const [error] = answer.get('error').items()
  if (error === undefined) return answer.get('result')
  const text = error.text()
  throw /rate limit|too many requests/i.test(text) ? rateLimited(answer.of, null) : reported(answer.of, text)
}

/** The one pair that was asked for, whatever Kraken calls it; `last` stands beside it. */
function onlyPair(result: Answer): Answer {
  const pair = result.entries().find(([key]) => key !== 'last')
  if (pair === undefined) throw result.wrong('holds no pair')
  return pair[1]
}
