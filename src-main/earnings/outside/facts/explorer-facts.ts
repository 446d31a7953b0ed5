/**
 * Facts from explorers: mempool.space or an instance of one's own (mempool's REST API, `mining-routes.ts`), and Esplora
 * (Blockstream's API.md), which does not know fees.
 */
import { type Answer } from '../answer.ts'
import { subsidyAtHeight } from '../../expected/subsidy.ts'
import { difficultyOfBits } from '../chain/compact-bits.ts'
import {
  FEE_BLOCKS,
  type FactsAsk,
  type FactsSource,
  type FactsSourceId,
  meanSats,
  type NetworkFacts,
} from './network-facts.ts'

export const PUBLIC_MEMPOOL = 'https://mempool.space'
export const PUBLIC_ESPLORA = 'https://blockstream.info/api'

/** The address of an explorer without what its API begins with and without slashes at its end; as it was if it has none. */
export function explorerBase(url: string, fallback: string): string {
  const base = url.trim().replace(/\/+$/, '')
  return base === '' ? fallback : base
}

/** Base of a mempool instance: people copy it with and without `/api`. */
export function mempoolBase(url: string): string {
  return explorerBase(url, PUBLIC_MEMPOOL).replace(/\/api(?:\/v1)?$/, '')
}

export class MempoolFacts implements FactsSource {
  readonly id: FactsSourceId = 'mempool'
  readonly entry: string
  readonly #base: string

  /** @param url base address, empty for the public one */
  constructor(entry: string, url: string) {
    this.entry = entry
    this.#base = mempoolBase(url)
  }

  async read({ client, signal, trace }: FactsAsk): Promise<NetworkFacts> {
    const { entry } = this
    const { tip, fees } = await client.json(
      { entry, url: `${this.#base}/api/v1/blocks`, signal },
      (answer) => ({
        tip: parseTip(answer),
        fees: answer.items().flatMap((block) => block.find('extras')?.find('totalFees')?.count() ?? []),
      }),
    )
    traceTip(trace, tip)
    const stats = await client.json(
      { entry, url: `${this.#base}/api/v1/mining/reward-stats/${String(FEE_BLOCKS)}`, signal },
      parseRewardStats,
    )
    // An instance that keeps no mining statistics still tells the fees of the newest blocks.
    const feesSats = stats ?? meanSats(fees)
    trace(
      'Fees',
      feesSats === null
        ? 'Not known'
        : `Mean of the last ${String(stats === null ? fees.length : FEE_BLOCKS)} blocks: ${String(feesSats)} sat`,
    )
    return factsOf(client.clock.nowMs(), this.id, tip, feesSats)
  }
}

export class EsploraFacts implements FactsSource {
  readonly id: FactsSourceId = 'esplora'
  readonly entry: string
  readonly #base: string

  /** @param url base address, what comes before `/blocks`; empty for the public one */
  constructor(entry: string, url: string) {
    this.entry = entry
    this.#base = explorerBase(url, PUBLIC_ESPLORA)
  }

  async read({ client, signal, trace }: FactsAsk): Promise<NetworkFacts> {
    const tip = await client.json({ entry: this.entry, url: `${this.#base}/blocks`, signal }, parseTip)
    traceTip(trace, tip)
    trace('Fees', 'This source does not tell them')
    return factsOf(client.clock.nowMs(), this.id, tip, null)
  }
}

interface Tip {
  readonly height: number
  readonly difficulty: number
}

/** Newest first (Esplora's `GET /blocks`; mempool's `GET /v1/blocks` in the same form with `extras`). */
function parseTip(answer: Answer): Tip {
  const newest = answer.at(0)
  const bits = newest.get('bits')
  const difficulty = difficultyOfBits(bits.count())
  if (difficulty === undefined) throw bits.wrong('is no target')
  return { height: newest.get('height').count(), difficulty }
}

/** Sums as text over the blocks from `startBlock` to `endBlock`; null fields where nothing is kept. */
function parseRewardStats(answer: Answer): number | null {
  const start = answer.find('startBlock')
  const end = answer.find('endBlock')
  const fees = answer.find('totalFee')
  if (start === undefined || end === undefined || fees === undefined) return null
  const blocks = end.count() - start.count() + 1
  if (blocks < 1) throw end.wrong('is before startBlock')
  return Math.floor((2 * fees.count() + blocks) / (2 * blocks))
}

function traceTip(trace: FactsAsk['trace'], { height, difficulty }: Tip): void {
  trace('Newest block', `Height ${String(height)}, difficulty ${String(difficulty)}`)
}

function factsOf(atMs: number, source: FactsSourceId, tip: Tip, feesSats: number | null): NetworkFacts {
  return { atMs, source, ...tip, subsidySats: subsidyAtHeight(tip.height + 1), feesSats }
}
