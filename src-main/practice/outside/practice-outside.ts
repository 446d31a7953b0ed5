/**
 * What lies outside the practice farm, on one port of this machine: an explorer with prices that speaks mempool's REST API
 * and Esplora's, the statistics of a ckpool, and a smart plug. The program asks them as it asks the real ones; nothing of it
 * knows that they are practice.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import { type Clock, HeadframeError, systemErrorCode, type Timer } from '../../base/index.ts'
import { HASHES_PER_DIFFICULTY, subsidySats } from '../../mining/index.ts'
import { type PracticeState } from '../practice-farm.ts'
import { practiceHeight, PracticeExplorer, type PracticePayouts } from './practice-explorer.ts'
import { PracticePlug } from './practice-plug.ts'
import { type PriceWalk, priceWalk } from './price-walk.ts'

export interface PracticeOutsideOptions {
  readonly clock: Clock
  readonly seed: number
  /** Of the farm. */
  state(): PracticeState
  /** What all practice rigs draw now, in W. */
  powerW(): number
  /** The best share that the pool saw; 0 for none. */
  bestDifficulty(): number
  /** What the explorer says of the network; see `difficultyWorth`. */
  networkDifficulty(): number
  /** Null for nobody. */
  readonly payouts: PracticePayouts | null
  /** Port of an earlier run, so that stored addresses stay good; one that is taken is replaced by a free one. */
  readonly preferredPort?: number
}

export interface PracticeOutside {
  /** `http://127.0.0.1:port`: base of explorer, prices and account, and address of the plug. */
  readonly url: string
  readonly port: number
  /** Ends all connections and frees the port. Harmless when repeated. */
  stop(): Promise<void>
}

const LOOPBACK = '127.0.0.1'
const COUNT_EVERY_MS = 10_000
const MAX_REWARD_BLOCKS = 1_008
const DAY_S = 86_400

/** The network difficulty at which so much hashrate earns so much a day on average now, fees left out. */
export function difficultyWorth(hashrateHs: number, satsPerDay: number, nowMs: number): number {
  const subsidy = subsidySats(practiceHeight(nowMs), 'mainnet')
  return Math.max(1, (hashrateHs * DAY_S * subsidy) / (HASHES_PER_DIFFICULTY * satsPerDay))
}

/** @throws HeadframeError `practice/no-port` if no port can be had at all */
export async function startPracticeOutside(options: PracticeOutsideOptions): Promise<PracticeOutside> {
  const { clock, seed, preferredPort } = options
  const plug = new PracticePlug(clock, () => options.powerW())
  const prices = priceWalk(seed, clock.nowMs())
  const explorer = new PracticeExplorer({
    seed,
    networkDifficulty: () => options.networkDifficulty(),
    nowMs: () => clock.nowMs(),
    payouts: options.payouts,
  })
  const answer = answering({ options, plug, prices, explorer })
  const server = createServer((request, response) => respond(request, response, answer))
  const port = await listenPreferably(server, preferredPort)
  const counting: Timer = clock.every(COUNT_EVERY_MS, () => plug.count())
  let stopped: Promise<void> | null = null
  return {
    url: `http://${LOOPBACK}:${String(port)}`,
    port,
    stop: () =>
      (stopped ??= new Promise<void>((done) => {
        counting.cancel()
        server.closeAllConnections()
        server.close(() => done())
      })),
  }
}

interface World {
  readonly options: PracticeOutsideOptions
  readonly plug: PracticePlug
  readonly prices: PriceWalk
  readonly explorer: PracticeExplorer
}

/** JSON of a page, or undefined where there is none. */
type Answering = (url: URL) => unknown

function answering({ options, plug, prices, explorer }: World): Answering {
  const { clock } = options
  const pages: readonly (readonly [RegExp, (match: RegExpExecArray, url: URL) => unknown])[] = [
    [/^\/api\/(?:v1\/)?blocks$/, () => explorer.blocks()],
    [/^\/api\/(?:v1\/)?blocks\/tip\/height$/, () => explorer.tipHeight],
    [
      /^\/api\/v1\/mining\/reward-stats\/(\d{1,5})$/,
      ([, blocks]) => explorer.rewardStats(Math.min(MAX_REWARD_BLOCKS, Math.max(1, Number(blocks)))),
    ],
    [/^\/api\/v1\/prices$/, () => pricesAt(prices, clock.nowMs())],
    [/^\/api\/v1\/historical-price$/, (_match, url) => historicalPrice(prices, url, clock.nowMs())],
    [
      /^\/api\/address\/([a-zA-Z0-9]{14,100})\/txs(?:\/chain)?(?:\/([0-9a-f]{64}))?$/,
      ([, address = '', after]) => explorer.transactions(address, after ?? null),
    ],
    [/^\/users\/[a-zA-Z0-9]{14,100}$/, () => ckpoolUser(options)],
    [/^\/shelly$/, () => plug.info()],
    [/^\/rpc\/Shelly\.GetDeviceInfo$/, () => plug.info()],
    [
      /^\/rpc\/Shelly\.GetStatus$/,
      () => ({
        'switch:0': plug.status(),
        sys: { mac: '02000000F00D', unixtime: Math.floor(clock.nowMs() / 1000) },
      }),
    ],
    [
      /^\/rpc\/Switch\.GetStatus$/,
      (_match, url) => (url.searchParams.get('id') === '0' ? plug.status() : undefined),
    ],
  ]
  return (url) => {
    for (const [path, page] of pages) {
      const match = path.exec(url.pathname)
      if (match !== null) return page(match, url)
    }
    return undefined
  }
}

function pricesAt(prices: PriceWalk, atMs: number): Record<string, number> {
  const all: Record<string, number> = { time: Math.floor(atMs / 1000) }
  for (const currency of prices.currencies) all[currency] = prices.priceAt(currency, atMs) ?? 0
  return all
}

/** The price known at or before a moment; none for what is to come or too long ago. */
function historicalPrice(prices: PriceWalk, url: URL, nowMs: number): unknown {
  const currency = url.searchParams.get('currency') ?? 'USD'
  const asked = Number(url.searchParams.get('timestamp') ?? Number.NaN) * 1000
  const atMs = Math.min(Number.isFinite(asked) ? asked : nowMs, nowMs)
  const price = prices.priceAt(currency, atMs)
  return {
    prices: price === null ? [] : [{ time: Math.floor(atMs / 1000), [currency]: price }],
    exchangeRates: {},
  }
}

function ckpoolUser(options: PracticeOutsideOptions): unknown {
  const rigs = options.state().rigs.filter(({ connected }) => connected)
  const rate = suffixed(rigs.reduce((sum, { hashrateHs }) => sum + hashrateHs, 0))
  const best = options.bestDifficulty()
  return {
    hashrate1m: rate,
    hashrate5m: rate,
    hashrate1hr: rate,
    hashrate1d: rate,
    hashrate7d: rate,
    lastshare: Math.floor(options.clock.nowMs() / 1000),
    workers: rigs.length,
    shares: Math.round(best),
    bestshare: best,
    bestever: Math.floor(best),
    authorised: Math.floor(options.clock.nowMs() / 1000) - DAY_S,
    worker: rigs.map(({ name, hashrateHs }) => ({
      workername: name,
      hashrate1m: suffixed(hashrateHs),
      hashrate1hr: suffixed(hashrateHs),
    })),
  }
}

/** As ckpool writes hashrates: three digits and a letter. */
function suffixed(hashrateHs: number): string {
  for (const [letter, unit] of [
    ['P', 1e15],
    ['T', 1e12],
    ['G', 1e9],
    ['M', 1e6],
    ['K', 1e3],
  ] as const) {
    if (hashrateHs >= unit) return `${String(Number((hashrateHs / unit).toPrecision(3)))}${letter}`
  }
  return String(Math.floor(hashrateHs))
}

function respond(request: IncomingMessage, response: ServerResponse, answer: Answering): void {
  request.resume()
  const url = URL.parse(request.url ?? '', `http://${LOOPBACK}`)
  const page = url === null || (request.method ?? 'GET') !== 'GET' ? undefined : answer(url)
  response.writeHead(page === undefined ? 404 : 200, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
  })
  response.end(JSON.stringify(page ?? { error: 'Not Found' }))
}

async function listenPreferably(server: Server, preferred: number | undefined): Promise<number> {
  for (const port of preferred === undefined ? [0] : [preferred, 0]) {
    try {
      await new Promise<void>((done, fail) => {
        server.once('error', fail)
        server.listen({ host: LOOPBACK, port }, () => {
          server.off('error', fail)
          done()
        })
      })
      return (server.address() as AddressInfo).port
    } catch (error) {
      server.removeAllListeners('error')
      if (port === 0 || !['EADDRINUSE', 'EACCES'].includes(systemErrorCode(error) ?? '')) {
        throw new HeadframeError(
          'practice/no-port',
          'No port could be had for what lies outside the practice farm. End other programs that listen on this machine.',
          { cause: error },
        )
      }
    }
  }
  throw new Error('unreachable: a free port was asked for')
}
