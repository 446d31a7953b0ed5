/** What money is counted with, and the world outside as far as a person chose to look at it. */
import { readFile } from 'node:fs/promises'
import { type z } from 'zod'
import {
  type MarketFacts,
  type moneyPatch,
  type MoneySettings,
  type OutgoingRequest,
  type SourceCheck,
  type Tariff,
  type TariffCheck,
} from '../../src-preload/contract/index.ts'
import { LiveValueView, type MoneyCalls } from '../api/index.ts'
import { type Clock, type Entropy, errorText, type Logger } from '../base/index.ts'
import {
  checkTariff,
  durationWords,
  type JobFactsInput,
  type NetworkFacts,
  type OutsideClient,
  type OutsideConfig,
  type OutsideState,
  OutsideWorld,
  type PayoutProgressStore,
  type PriceOfDay,
  type PriceSourceId,
  weekByHour,
} from '../earnings/index.ts'
import { type NetworkFact } from '../history/index.ts'
import { type HistoryProcedures, type LedgerRecords } from './history-service.ts'
import { type MoneyBook, SECRETS } from './money-book.ts'
import { changeMoneySettings } from './money-settings.ts'
import { type ReaderProcedures } from './reading/reader-service.ts'
import { type ThreadClient } from './thread-link.ts'

/** A payout found later than this after its block is history. */
const NEWS_MS = 2 * 86_400_000
const FACTS_SOURCES = ['node', 'mempool', 'esplora', 'jobs'] as const

export interface MoneyDeskParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly book: MoneyBook
  readonly client: OutsideClient
  readonly progress: PayoutProgressStore
  readonly history: ThreadClient<HistoryProcedures>
  readonly reader: ThreadClient<ReaderProcedures>
  readonly lastFact: NetworkFact | null
  readonly lastPrice: PriceOfDay | null
  /** Where sources of prices are asked in place of their own addresses. */
  readonly priceOrigins: Readonly<Partial<Record<PriceSourceId, string>>>
  /** A payout was found that was not known. */
  onPayout(text: string): void
}

export class MoneyDesk implements MoneyCalls {
  readonly facts: LiveValueView<MarketFacts>
  readonly #parts: MoneyDeskParts
  readonly #outside: OutsideWorld

  constructor(parts: MoneyDeskParts) {
    this.#parts = parts
    const { reader, progress, lastFact, lastPrice } = parts
    this.#outside = new OutsideWorld({
      ...parts,
      readText: (path) => readFile(path, 'utf8'),
      prices: {
        pricesBetween: (currency, fromDay, toDay) =>
          reader.call('pricesBetween', { currency, fromDay, toDay }),
      },
      historyStart: () => reader.call('firstMoment', null),
      progress,
      lastFacts: lastFact && knownFacts(lastFact),
      lastPrice,
    })
    this.facts = new LiveValueView<MarketFacts>(marketFacts(this.#outside.state(), parts.clock.nowMs()))
  }

  async start(): Promise<void> {
    this.#outside.onFacts((fact) => this.#write({ facts: [fact] }))
    this.#outside.onPrice((prices) => this.#write({ prices }))
    this.#outside.onPayout(({ reference, address, sats, atMs, height, coinbase, change }) => {
      const note = coinbase ? 'Paid by a block itself' : null
      this.#write({
        payouts: [{ kind: 'chain', reference, accountId: null, address, sats, atMs, height, note }],
      })
      // The first look at an address finds all that it ever received: that is no news.
      const isNews = change === 'found' && this.#parts.clock.nowMs() - atMs < NEWS_MS
      if (isNews) this.#parts.onPayout(`A payout of ${sats.toLocaleString('en')} sats was found.`)
    })
    this.#outside.onState((state) => this.facts.set(marketFacts(state, this.#parts.clock.nowMs())))
    await this.follow()
  }

  async stop(): Promise<void> {
    await this.#outside.stop()
  }

  /** Brings the watch of the outside up to what is kept. */
  async follow(): Promise<void> {
    await this.#outside.configure(await this.#config())
  }

  outside(): OutsideState {
    return this.#outside.state()
  }

  noteJob(job: JobFactsInput): void {
    this.#outside.noteJob(job)
  }

  settings(): MoneySettings {
    return this.#parts.book.content.settings
  }

  async update(patch: z.infer<typeof moneyPatch>): Promise<MoneySettings> {
    const settings = await changeMoneySettings(this.#parts.book, patch)
    await this.follow()
    return settings
  }

  checkTariff(tariff: Tariff): TariffCheck {
    const problems = checkTariff(tariff)
    const isDrawable = problems.every(({ code }) => code !== 'tariff/malformed')
    return {
      ok: problems.length === 0,
      problems: problems.map(({ message }) => message),
      week: isDrawable ? weekByHour(tariff) : [],
    }
  }

  requests(): OutgoingRequest[] {
    const { register, ways } = this.#parts.client
    return register.entries().map(({ id, host, purpose, learns, everyMs, chosen, count, ...last }) => ({
      id,
      host,
      purpose,
      reveals: learns,
      every: everyMs === null ? 'only when you ask' : `every ${durationWords(everyMs)}`,
      on: chosen,
      viaProxy: ways.goesThroughProxy(host.replace(/:\d+$/, '')),
      lastAt: last.lastAtMs,
      lastOutcome:
        last.lastOutcome === null
          ? null
          : last.lastOutcome.kind === 'answered'
            ? 'It answered.'
            : last.lastOutcome.text,
      failing: last.lastOutcome?.kind === 'failed',
      count,
    }))
  }

  async check(what: 'facts' | 'price' | 'payouts' | 'node' | 'proxy'): Promise<SourceCheck> {
    const { ok, steps } = await this.#outside.checkNow(what)
    return { ok, steps: steps.map((step) => ({ ...step })) }
  }

  async #config(): Promise<OutsideConfig> {
    const { book } = this.#parts
    const { settings, addresses } = book.content
    const { hasPassword: nodeHas, ...node } = settings.node
    const { hasPassword: proxyHas, ...proxy } = settings.proxy
    const secret = async (name: string, has: boolean): Promise<string> =>
      (has ? await book.secret(name) : undefined) ?? ''
    const { currency, factsSource, factsUrl, priceSource, payoutSource, payoutUrl } = settings
    return {
      ...{ currency, factsSource, factsUrl, priceSource, payoutSource, payoutUrl },
      node: { ...node, password: await secret(SECRETS.node, nodeHas) },
      proxy: { ...proxy, password: await secret(SECRETS.proxy, proxyHas) },
      addresses: addresses.map(({ id, address }) => ({ id, address })),
    }
  }

  #write(records: LedgerRecords): void {
    this.#parts.history.call('recordLedger', records).catch((error: unknown) => {
      this.#parts.log.warn('the history refused what was heard outside', { error: errorText(error) })
    })
  }
}

/** What the ledger has, as the watch of the outside knows it. */
function knownFacts({ source, ...fact }: NetworkFact): NetworkFacts {
  const known = FACTS_SOURCES.find((id) => id === source)
  return { ...fact, source: known ?? 'jobs' }
}

function marketFacts({ facts, price, payouts }: OutsideState, nowMs: number): MarketFacts {
  const problems = [facts.problem, price.problem, payouts.problem].flatMap((problem) =>
    problem === null ? [] : [{ code: problem.code, message: problem.text, at: nowMs }],
  )
  return {
    network: facts.value && {
      at: facts.value.atMs,
      source: facts.value.source,
      stale: facts.stale,
      height: facts.value.height,
      difficulty: facts.value.difficulty,
      subsidySats: facts.value.subsidySats,
      feesSats: facts.value.feesSats,
    },
    price: price.value && {
      at: price.value.atMs,
      source: price.value.source,
      stale: price.stale,
      currency: price.value.currency,
      minorPerBtc: price.value.minorPerBtc,
      minorDigits: price.value.minorDigits,
    },
    problems,
  }
}
