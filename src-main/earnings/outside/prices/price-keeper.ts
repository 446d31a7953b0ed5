/**
 * Asking for prices: the one of now, and closes of days that were missed. The running day's price is its close so far, and
 * a close is final once it was seen after the day's end.
 */
import { minorDigits } from '../../money/currency.ts'
import { wholeUnits } from '../decimal.ts'
import { changed, noCurrency } from '../failures.ts'
import { type Trace } from '../facts/network-facts.ts'
import { hostOfUrl, type OutsideClient } from '../http.ts'
import { pause } from '../pause.ts'
import { DAY_S, type PriceSource } from './price-source.ts'
import { PRICE_SOURCES } from './sources.ts'

export const DAY_MS = DAY_S * 1000

/** In the form of the ledger's `DayPrice`. */
export interface PriceOfDay {
  readonly currency: string
  /** Whole days since 1970-01-01, UTC. */
  readonly day: number
  /** Minor units of the currency for one bitcoin. */
  readonly closeMinor: number
  readonly source: string
  /** When the source was asked, epoch milliseconds. */
  readonly atMs: number
}

/** What the ledger is asked: `Ledger.pricesBetween` fits. */
export interface PriceBook {
  /** @param toDay not included */
  pricesBetween(
    currency: string,
    fromDay: number,
    toDay: number,
  ): Promise<readonly { readonly day: number; readonly atMs: number }[]>
}

export interface PriceAsk {
  readonly client: OutsideClient
  readonly source: PriceSource
  /** In place of the source's own, for tests and for instances of one's own. */
  readonly origin: string
  readonly currency: string
  readonly signal: AbortSignal
  readonly trace: Trace
}

export const priceEntryId = (source: PriceSource): string => `price/${source.id}`

/** @throws HeadframeError `outside/…`, `outside/no-currency` without asking */
export async function askPrice({
  client,
  source,
  origin,
  currency,
  signal,
  trace,
}: PriceAsk): Promise<PriceOfDay> {
  const entry = priceEntryId(source)
  if (!source.currencies.includes(currency)) {
    const others = PRICE_SOURCES.filter(({ currencies }) => currencies.includes(currency))
    const host = hostOfUrl(origin) ?? origin
    throw noCurrency({ entry, host }, source.name, currency, others.map(({ name }) => name).join(', '))
  }
  const price = await client.json(
    { entry, url: `${origin}${source.spot.path(currency)}`, signal },
    (answer, of) => {
      const text = source.spot.parse(answer, currency)
      const minor = wholeUnits(text, minorDigits(currency))
      if (minor === undefined || minor <= 0)
        throw changed(of, 'the price', `is no price: ${text.slice(0, 40)}`)
      return { text, minor }
    },
  )
  trace('Price now', `${price.text} ${currency} for one bitcoin, from ${source.name}`)
  const atMs = client.clock.nowMs()
  return { currency, day: dayOfMs(atMs), closeMinor: price.minor, source: source.id, atMs }
}

/** Whole days since 1970-01-01, UTC, of a moment. */
export function dayOfMs(atMs: number): number {
  return Math.floor(atMs / DAY_MS)
}

/** Requests for closes in one round; the next round goes on. */
const REQUESTS_PER_ROUND = 4
const REQUEST_PAUSE_MS = 2_000
const WITHHELD_MS = DAY_MS / 2
/** No further back than this, whatever the history holds. */
const LONGEST_REACH_DAYS = 5 * 366

/** Finds out which closes are missing and asks for them, some in each round. */
export class CloseFiller {
  readonly #book: PriceBook
  readonly #pauseMs: number
  /** Days that a source was asked for and did not give, as `source currency day`, and when to ask again. */
  readonly #withheld = new Map<string, number>()

  /** @param pauseMs between requests; 2 s unless given */
  constructor(book: PriceBook, pauseMs = REQUEST_PAUSE_MS) {
    this.#book = book
    this.#pauseMs = pauseMs
  }

  /**
   * @param fromMs the beginning of the history; null for today
   * @param onClosed told of what each request gave
   * @throws HeadframeError `outside/…`
   */
  async fill(
    ask: PriceAsk,
    fromMs: number | null,
    onClosed: (prices: readonly PriceOfDay[]) => void,
  ): Promise<void> {
    const { client, source, signal } = ask
    const today = dayOfMs(client.clock.nowMs())
    const missing = await this.#missing(ask, fromMs, today)
    if (missing.length > 0) ask.trace('Closes of days past', `${String(missing.length)} are missing`)
    const runs = runsOf(missing, source.closes.daysPerRequest)
    for (const [index, run] of runs.slice(0, REQUESTS_PER_ROUND).entries()) {
      if (index > 0) await pause(client.clock, this.#pauseMs, signal)
      if (signal.aborted) return
      const prices = await this.#askRun(ask, run, today)
      ask.trace('Closes of days past', `${String(prices.length)} came`)
      if (prices.length > 0) onClosed(prices)
    }
  }

  /** Ascending. */
  async #missing(
    { client, source, currency }: PriceAsk,
    fromMs: number | null,
    today: number,
  ): Promise<number[]> {
    if (fromMs === null) return []
    const reach = Math.min(source.closes.reachDays ?? LONGEST_REACH_DAYS, LONGEST_REACH_DAYS)
    const first = Math.max(dayOfMs(fromMs), today - reach)
    const known = await this.#book.pricesBetween(currency, first, today)
    const final = new Set(known.filter(({ day, atMs }) => atMs >= (day + 1) * DAY_MS).map(({ day }) => day))
    const nowMs = client.clock.nowMs()
    const missing: number[] = []
    for (let day = first; day < today; day++) {
      const askAgainMs = this.#withheld.get(withheldKey(source, currency, day)) ?? 0
      if (!final.has(day) && nowMs >= askAgainMs) missing.push(day)
    }
    return missing
  }

  async #askRun(
    { client, source, origin, currency, signal }: PriceAsk,
    run: readonly number[],
    today: number,
  ): Promise<PriceOfDay[]> {
    const [fromDay = today] = run
    const toDay = run.at(-1) ?? fromDay
    const wanted = new Set(run)
    const path = source.closes.path(currency, fromDay, toDay, today)
    const closes = await client.json(
      { entry: priceEntryId(source), url: `${origin}${path}`, signal },
      (answer, of) =>
        source.closes.parse(answer, currency).flatMap(({ day, price }) => {
          if (!wanted.delete(day)) return []
          const closeMinor = wholeUnits(price, minorDigits(currency))
          if (closeMinor === undefined || closeMinor <= 0) throw changed(of, 'a close', 'is no price')
          return { day, closeMinor }
        }),
    )
    const atMs = client.clock.nowMs()
    for (const day of wanted) this.#withheld.set(withheldKey(source, currency, day), atMs + WITHHELD_MS)
    return closes.map((close) => ({ currency, ...close, source: source.id, atMs }))
  }
}

const withheldKey = (source: PriceSource, currency: string, day: number): string =>
  `${source.id} ${currency} ${String(day)}`

/**
 * Days in as few requests as it takes, newest first: a request gives everything between its first and last day, so near
 * gaps share one.
 * @param days ascending
 */
export function runsOf(days: readonly number[], daysPerRequest: number): number[][] {
  const runs: number[][] = []
  for (const day of [...days].reverse()) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    if (run !== undefined && last !== undefined && last - day < daysPerRequest) run.unshift(day)
    else runs.push([day])
  }
  return runs
}
