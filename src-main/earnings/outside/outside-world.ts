/**
 * The outside world as far as a person chose to look at it: keeps network facts, the price and payouts on the chain fresh on
 * a calm rhythm, and tells what is new. Works without any network, with what was known last. Asks nobody who is not chosen
 * (`register.ts`); knows no database and no settings file.
 */
import {
  type Clock,
  type Entropy,
  Listeners,
  type Logger,
  type Unsubscribe,
  HeadframeError,
} from '../../base/index.ts'
import { minorDigits } from '../money/currency.ts'
import { ElectrumPayouts } from './chain/electrum-payouts.ts'
import { parseElectrumAddress } from './chain/electrum-link.ts'
import { EsploraPayouts } from './chain/esplora-payouts.ts'
import { NodePayouts } from './chain/node-payouts.ts'
import {
  type AddressState,
  PayoutKeeper,
  type PayoutProgressStore,
  problemOf,
} from './chain/payout-keeper.ts'
import { type ChainPayout, type PayoutSource } from './chain/payout-source.ts'
import { Chore } from './chore.ts'
import {
  declareOutgoing,
  FACTS_EVERY_MS,
  NOTHING_OUTSIDE,
  type OutsideConfig,
  PAYOUTS_EVERY_MS,
  PRICE_EVERY_MS,
  priceOrigin,
  proxyOf,
  rankedFactsSources,
} from './config.ts'
import { FactsKeeper, isStale } from './facts/facts-keeper.ts'
import { EsploraFacts, MempoolFacts } from './facts/explorer-facts.ts'
import { type JobFactsInput } from './facts/job-facts.ts'
import { type FactsSource, type NetworkFacts, type Trace } from './facts/network-facts.ts'
import { NodeFacts } from './facts/node-facts.ts'
import { badAddress } from './failures.ts'
import { type OutsideClient } from './http.ts'
import {
  askPrice,
  CloseFiller,
  type PriceAsk,
  type PriceBook,
  type PriceOfDay,
} from './prices/price-keeper.ts'
import { findPriceSource } from './prices/sources.ts'
import { probeProxy } from './proxy-probe.ts'

export type OutsideKind = 'facts' | 'price' | 'payouts'
export type OutsideCheckKind = OutsideKind | 'node' | 'proxy'

export interface OutsideProblem {
  /** One of `OUTSIDE_ERROR_CODES`, or `internal`. */
  readonly code: string
  readonly text: string
}

export interface OutsidePart {
  /** Null if the last round went well, before the first, and where nobody is asked. */
  readonly problem: OutsideProblem | null
  /** Epoch milliseconds of the next round; null where none is planned, and while one is under way. */
  readonly nextAtMs: number | null
}

export interface KnownPrice {
  readonly currency: string
  readonly minorPerBtc: number
  /** Digits of the currency's minor unit. */
  readonly minorDigits: number
  readonly source: string
  readonly atMs: number
}

/** For the screen. */
export interface OutsideState {
  /** `value` is null if nothing is known; `stale` if it is too old to be now. */
  readonly facts: OutsidePart & { readonly value: NetworkFacts | null; readonly stale: boolean }
  /** Of the chosen currency alone. */
  readonly price: OutsidePart & { readonly value: KnownPrice | null; readonly stale: boolean }
  readonly payouts: OutsidePart & { readonly addresses: readonly AddressState[] }
}

export interface OutsideCheck {
  readonly ok: boolean
  readonly steps: readonly { readonly step: string; readonly ok: boolean; readonly detail: string }[]
}

export interface OutsideWorldOptions {
  /** Shared with accounts and meters; its proxy is set by `configure`. Not stopped by `stop`. */
  readonly client: OutsideClient
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** Reads a text file, for the node's cookie: `(path) => readFile(path, 'utf8')`. */
  readonly readText: (path: string) => Promise<string>
  /** Which closes the ledger has. */
  readonly prices: PriceBook
  /** When the history begins, epoch milliseconds; null if it has not yet. Closes are wanted from there on. */
  readonly historyStart: () => Promise<number | null>
  readonly progress: PayoutProgressStore
  /** From the ledger; null if it holds none. */
  readonly lastFacts?: NetworkFacts | null
  readonly lastPrice?: PriceOfDay | null
  /** Between requests of one round; the sources' own (0.5 to 2 s) unless given. */
  readonly pauseMs?: number
}

/** After start and after a change: apart from each other, so that there is no burst. Up to as much again by chance. */
const FIRST_AFTER_MS = { facts: 2_000, price: 6_000, payouts: 15_000 } as const

interface Part {
  chore: Chore | null
  problem: OutsideProblem | null
}

export class OutsideWorld {
  readonly #options: OutsideWorldOptions
  readonly #facts: FactsKeeper
  readonly #closes: CloseFiller
  readonly #payouts: PayoutKeeper
  readonly #parts: Record<OutsideKind, Part> = {
    facts: { chore: null, problem: null },
    price: { chore: null, problem: null },
    payouts: { chore: null, problem: null },
  }
  readonly #onFacts = new Listeners<NetworkFacts>()
  readonly #onPrice = new Listeners<readonly PriceOfDay[]>()
  readonly #onPayout = new Listeners<ChainPayout>()
  readonly #onState = new Listeners<OutsideState>()
  #config: OutsideConfig = NOTHING_OUTSIDE
  #factsSources: readonly FactsSource[] = []
  #price: PriceOfDay | null
  readonly #stop = new AbortController()
  /** Looks at addresses follow one another: two at once would tell the same payout twice. */
  #payoutTurn: Promise<unknown> = Promise.resolve()

  constructor(options: OutsideWorldOptions) {
    const { clock, progress, prices, pauseMs, lastFacts = null, lastPrice = null } = options
    this.#options = options
    this.#facts = new FactsKeeper(lastFacts)
    this.#closes = new CloseFiller(prices, pauseMs)
    this.#payouts = new PayoutKeeper(clock, progress, pauseMs)
    this.#price = lastPrice
  }

  /** The facts as known now, when they are news; those of jobs too. For the ledger's `recordFact`. */
  onFacts(listener: (facts: NetworkFacts) => void): Unsubscribe {
    return this.#onFacts.on(listener)
  }

  /** The running day's price, and closes of days past. For the ledger's `recordPrices`. */
  onPrice(listener: (prices: readonly PriceOfDay[]) => void): Unsubscribe {
    return this.#onPrice.on(listener)
  }

  /** Payouts found, confirmed, moved and taken back. For the ledger's `recordPayout`, with kind `chain`. */
  onPayout(listener: (payout: ChainPayout) => void): Unsubscribe {
    return this.#onPayout.on(listener)
  }

  onState(listener: (state: OutsideState) => void): Unsubscribe {
    return this.#onState.on(listener)
  }

  /**
   * Takes what a person chose, ends what is no longer chosen and begins what is, after a few seconds. Call it at the start
   * and after each change.
   * @throws HeadframeError `outside/bad-address` for a proxy that is none; then nothing changes
   */
  async configure(config: OutsideConfig): Promise<void> {
    const { client } = this.#options
    client.setProxy(proxyOf(config.proxy))
    declareOutgoing(client.register, config)
    this.#config = config
    await this.#endChores()
    if (this.#stop.signal.aborted || this.#config !== config) return
    const ranked = rankedFactsSources(config)
    this.#factsSources = ranked.map((id) => this.#factsSource(id))
    this.#facts.rank(ranked)
    this.#payouts.keepOnly(new Set(config.addresses.map(({ id }) => id)))
    this.#begin('facts', ranked.length > 0, FACTS_EVERY_MS)
    this.#begin('price', config.priceSource !== 'none', PRICE_EVERY_MS)
    this.#begin('payouts', config.payoutSource !== 'none' && config.addresses.length > 0, PAYOUTS_EVERY_MS)
    this.#tellState()
  }

  /** What the proxy's jobs tell: facts without any request. */
  noteJob(job: JobFactsInput): void {
    this.#facts.noteJob(job)
    this.#tellFacts()
  }

  /** What is known now. */
  state(): OutsideState {
    const nowMs = this.#options.clock.nowMs()
    const facts = this.#facts.current(nowMs)
    const price = this.#price?.currency === this.#config.currency ? this.#price : null
    return {
      facts: {
        ...this.#partState('facts'),
        value: facts,
        stale: facts !== null && isStale(facts.atMs, nowMs),
      },
      price: {
        ...this.#partState('price'),
        value: price === null ? null : knownPrice(price),
        stale: price !== null && isStale(price.atMs, nowMs),
      },
      payouts: {
        ...this.#partState('payouts'),
        addresses: this.#config.addresses.map(({ id }) => this.#payouts.state(id)),
      },
    }
  }

  /** Asks once, now, and tells step by step what was found: for a person's test button. Never throws. */
  async checkNow(kind: OutsideCheckKind): Promise<OutsideCheck> {
    const steps: { step: string; ok: boolean; detail: string }[] = []
    const trace: Trace = (step, detail) => void steps.push({ step, ok: true, detail })
    const signal = this.#stop.signal
    try {
      const asked = await this.#check(kind, trace, signal)
      if (!asked) {
        steps.push({
          step: 'Not chosen',
          ok: false,
          detail: 'Nobody was asked: choose a source and save it first.',
        })
      }
    } catch (error) {
      steps.push({ step: 'That did not work', ok: false, detail: problemOf(error).text })
    }
    return { ok: steps.every(({ ok }) => ok), steps }
  }

  /** Ends every round and plan; resolves when nothing is under way. Listeners hear nothing afterwards. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#endChores()
    await this.#payoutTurn
    for (const listeners of [this.#onFacts, this.#onPrice, this.#onPayout, this.#onState]) listeners.clear()
  }

  /** @returns false if there is nobody to ask */
  async #check(kind: OutsideCheckKind, trace: Trace, signal: AbortSignal): Promise<boolean> {
    const { client, clock } = this.#options
    switch (kind) {
      case 'facts':
        if (this.#factsSources.length === 0) return false
        await this.#readFacts(signal, trace)
        return true
      case 'node': {
        const node = this.#factsSources.find(({ id }) => id === 'node')
        if (node === undefined) return false
        this.#facts.note(await node.read({ client, signal, trace }))
        this.#tellFacts()
        return true
      }
      case 'price':
        return this.#readPrice(signal, trace)
      case 'payouts':
        return this.#readPayouts(signal, trace)
      case 'proxy': {
        if (this.#config.proxy.kind === 'none') return false
        await probeProxy(clock, this.#config.proxy, trace)
        if (await this.#readPrice(signal, trace)) trace('Through the proxy', 'The source of prices answered')
        return true
      }
    }
  }

  #begin(kind: OutsideKind, chosen: boolean, everyMs: number): void {
    const part = this.#parts[kind]
    part.problem = null
    if (!chosen) return
    const { clock, entropy } = this.#options
    const silent: Trace = () => {}
    part.chore = new Chore({
      clock,
      entropy,
      everyMs,
      firstAfterMs: FIRST_AFTER_MS[kind],
      run: async (signal) => {
        if (kind === 'facts') await this.#readFacts(signal, silent)
        else if (kind === 'price') await this.#readPrice(signal, silent)
        else await this.#readPayouts(signal, silent)
      },
      onEnd: (error) => {
        // What a better source said is told by `#readFacts` itself.
        if (error !== null) this.#noteProblem(kind, error)
        else if (kind !== 'facts') part.problem = null
        this.#tellState()
      },
    })
    part.chore.start()
  }

  async #endChores(): Promise<void> {
    const chores = Object.values(this.#parts).flatMap((part) => part.chore ?? [])
    for (const part of Object.values(this.#parts)) part.chore = null
    await Promise.all(chores.map((chore) => chore.stop()))
  }

  #noteProblem(kind: OutsideKind, error: unknown): void {
    const problem = problemOf(error)
    const before = this.#parts[kind].problem
    this.#parts[kind].problem = problem
    if (before?.code === problem.code) return
    const context = error instanceof HeadframeError ? error.context : {}
    this.#options.log.warn('asking outside failed', {
      kind,
      code: problem.code,
      host: context['host'] ?? null,
    })
  }

  /** Asks the sources in their order until one answers. @throws the best one's failure if none does */
  async #readFacts(signal: AbortSignal, trace: Trace): Promise<void> {
    const { client } = this.#options
    const failures: unknown[] = []
    for (const source of this.#factsSources) {
      try {
        this.#facts.note(await source.read({ client, signal, trace }))
        this.#tellFacts()
        break
      } catch (error) {
        if (signal.aborted) return
        failures.push(error)
        trace(`${source.id} did not answer`, problemOf(error).text)
      }
    }
    if (failures.length === this.#factsSources.length) throw failures[0]
    // A lower one answered: what is wrong with the better one still wants to be seen.
    if (failures.length > 0) this.#noteProblem('facts', failures[0])
    else this.#parts.facts.problem = null
  }

  /** @returns false if no source is chosen */
  async #readPrice(signal: AbortSignal, trace: Trace): Promise<boolean> {
    const { client, historyStart } = this.#options
    const { priceSource, currency } = this.#config
    if (priceSource === 'none') return false
    const source = findPriceSource(priceSource)
    const origin = priceOrigin(source, this.#config)
    const ask: PriceAsk = { client, source, origin, currency, signal, trace }
    const price = await askPrice(ask)
    if (this.#config.currency !== currency || signal.aborted) return true
    this.#price = price
    this.#tellPrices([price])
    await this.#closes.fill(ask, await historyStart(), (prices) => this.#tellPrices(prices))
    return true
  }

  /** @returns false if no source is chosen */
  async #readPayouts(signal: AbortSignal, trace: Trace): Promise<boolean> {
    const { client } = this.#options
    const { payoutSource, addresses } = this.#config
    if (payoutSource === 'none' || addresses.length === 0) return false
    const entry = `payouts/${payoutSource}`
    const look = (): Promise<void> =>
      this.#payouts.look({
        client,
        source: this.#payoutSource(payoutSource, entry),
        entry,
        addresses,
        signal,
        trace,
        onChange: (payout) => {
          if (!this.#stop.signal.aborted) this.#onPayout.emit(payout)
        },
      })
    const turn = this.#payoutTurn.then(look)
    this.#payoutTurn = turn.catch(() => {})
    await turn
    return true
  }

  #factsSource(id: 'node' | 'mempool' | 'esplora'): FactsSource {
    const { client, readText } = this.#options
    const { node, factsUrl } = this.#config
    const entry = `facts/${id}`
    if (id === 'node') return new NodeFacts({ client, entry, node, readText })
    return id === 'mempool' ? new MempoolFacts(entry, factsUrl) : new EsploraFacts(entry, factsUrl)
  }

  /** @throws HeadframeError `outside/bad-address` */
  #payoutSource(id: 'node' | 'esplora' | 'electrum', entry: string): PayoutSource {
    const { client, readText, pauseMs } = this.#options
    const { node, payoutUrl, payoutPinnedSha256 = null } = this.#config
    if (id === 'node') return new NodePayouts({ client, entry, node, readText })
    if (id === 'esplora') {
      return new EsploraPayouts({
        entry,
        url: payoutUrl,
        ...(pauseMs === undefined ? {} : { pagePauseMs: pauseMs }),
      })
    }
    const server = parseElectrumAddress(payoutUrl)
    if (!server.ok) throw badAddress({ entry, host: payoutUrl }, server.error)
    return new ElectrumPayouts({ entry, server: server.value, pinnedSha256: payoutPinnedSha256 })
  }

  #partState(kind: OutsideKind): OutsidePart {
    const { chore, problem } = this.#parts[kind]
    return { problem, nextAtMs: chore?.nextAtMs ?? null }
  }

  #tellFacts(): void {
    const news = this.#stop.signal.aborted ? null : this.#facts.takeNews(this.#options.clock.nowMs())
    if (news === null) return
    this.#onFacts.emit(news)
    this.#tellState()
  }

  #tellPrices(prices: readonly PriceOfDay[]): void {
    if (this.#stop.signal.aborted) return
    this.#onPrice.emit(prices)
    this.#tellState()
  }

  #tellState(): void {
    if (!this.#stop.signal.aborted && this.#onState.size > 0) this.#onState.emit(this.state())
  }
}

function knownPrice({ currency, closeMinor, source, atMs }: PriceOfDay): KnownPrice {
  return { currency, minorPerBtc: closeMinor, minorDigits: minorDigits(currency), source, atMs }
}
