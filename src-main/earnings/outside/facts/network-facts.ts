/** What the network is like, whoever says it, and what a source of it is. Data and types. */
import { type OutsideClient } from '../http.ts'

/** In the form of the ledger's `NetworkFact`. */
export interface NetworkFacts {
  /** Epoch milliseconds of the answer. */
  readonly atMs: number
  /** `node`, `mempool`, `esplora` or `jobs`. */
  readonly source: FactsSourceId
  /** Of the newest block; null when the source does not say. */
  readonly height: number | null
  /** Of the block being worked on. */
  readonly difficulty: number
  /** New coins of the block being worked on. */
  readonly subsidySats: number
  /** Mean fees of a block over about the last day; null when the source does not say. */
  readonly feesSats: number | null
}

export type FactsSourceId = 'node' | 'mempool' | 'esplora' | 'jobs'

/** Told of each thing a source did, in words for a person who tests it. */
export type Trace = (step: string, detail: string) => void

export interface FactsAsk {
  readonly client: OutsideClient
  readonly signal: AbortSignal
  readonly trace: Trace
}

/** One who can be asked for facts. */
export interface FactsSource {
  readonly id: FactsSourceId
  /** Id of its entry in the register. */
  readonly entry: string
  /** @throws HeadframeError `outside/…` */
  read(ask: FactsAsk): Promise<NetworkFacts>
}

/** Blocks that fees are averaged over: a day, as the chain aims for. */
export const FEE_BLOCKS = 144

/** Sum by count, to the nearest sat. Sums are safe integers: 144 blocks hold less than all coins. */
export function meanSats(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sum = values.reduce((a, b) => a + b, 0)
  return Math.floor((2 * sum + values.length) / (2 * values.length))
}
