/**
 * Facts from the person's own node: `getblockchaininfo`, `getmininginfo` and, for fees, `getblockstats` of the last 144
 * blocks, in small lists; what was learnt of a block is kept, so that later rounds ask for new blocks only. A node that
 * pruned some of these blocks gives the mean of those it has. Governed by Bitcoin Core's RPC documentation (24 to 31).
 */
import { behind } from '../failures.ts'
import { NodeRpc, type NodeRpcOptions } from '../chain/node-rpc.ts'
import { subsidyAtHeight } from '../../expected/subsidy.ts'
import { FEE_BLOCKS, type FactsAsk, type FactsSource, meanSats, type NetworkFacts } from './network-facts.ts'

/** Each block costs the node a read of the block and its undo data. */
const BLOCKS_PER_BATCH = 24
/** Newest blocks that are asked for again, in case others took their place. */
const REPEATED_BLOCKS = 6

export class NodeFacts implements FactsSource {
  readonly id = 'node'
  readonly entry: string
  readonly #rpc: NodeRpc
  /** By height, of the last `FEE_BLOCKS` blocks. */
  #fees = new Map<number, number>()

  constructor(options: NodeRpcOptions) {
    this.entry = options.entry
    this.#rpc = new NodeRpc(options)
  }

  async read({ client, signal, trace }: FactsAsk): Promise<NetworkFacts> {
    const chain = await this.#rpc.call(
      'getblockchaininfo',
      [],
      (info) => {
        const facts = {
          chain: info.get('chain').text(),
          blocks: info.get('blocks').count(),
          headers: info.get('headers').count(),
          catchingUp: info.get('initialblockdownload').boolean(),
          pruned: info.get('pruned').boolean(),
        }
        // A chain of one's own rests for days and is no less true for it.
        if (facts.catchingUp && facts.chain === 'main') {
          throw behind(
            info.of,
            `Your node is still catching up: block ${String(facts.blocks)} of ${String(facts.headers)}.`,
          )
        }
        return facts
      },
      { signal },
    )
    trace(
      'Your node answers',
      `Chain ${chain.chain}, block ${String(chain.blocks)}${chain.pruned ? ', pruned' : ''}`,
    )
    const difficulty = await this.#rpc.call(
      'getmininginfo',
      [],
      // `next` is there since Bitcoin Core 29.
      (info) => (info.find('next') ?? info).get('difficulty').number(),
      { signal },
    )
    trace('Difficulty', String(difficulty))
    const feesSats = await this.#readFees(chain.blocks, signal, trace)
    return {
      atMs: client.clock.nowMs(),
      source: this.id,
      height: chain.blocks,
      difficulty,
      subsidySats: subsidyAtHeight(halvingHeight(chain.blocks + 1, chain.chain)),
      feesSats,
    }
  }

  /** Null if the node has statistics of none of the blocks. */
  async #readFees(tip: number, signal: AbortSignal, trace: FactsAsk['trace']): Promise<number | null> {
    const first = Math.max(1, tip - FEE_BLOCKS + 1)
    const kept = new Map(
      [...this.#fees].filter(([height]) => height >= first && height <= tip - REPEATED_BLOCKS),
    )
    const wanted: number[] = []
    for (let height = tip; height >= first; height--) if (!kept.has(height)) wanted.push(height)
    let refusal = ''
    for (let i = 0; i < wanted.length; i += BLOCKS_PER_BATCH) {
      const heights = wanted.slice(i, i + BLOCKS_PER_BATCH)
      const outcomes = await this.#rpc.batch(
        heights.map((height) => ({
          method: 'getblockstats',
          params: [height, ['height', 'totalfee']],
        })),
        { signal },
      )
      const before = kept.size
      for (const [index, outcome] of outcomes.entries()) {
        const height = heights[index] ?? 0
        if (!outcome.ok) {
          refusal = outcome.message
          continue
        }
        kept.set(height, outcome.result.get('totalfee').count())
      }
      // From here down the node has pruned its blocks, or it keeps no statistics at all.
      if (kept.size === before) break
    }
    this.#fees = kept
    const feesSats = meanSats([...kept.values()])
    trace(
      'Fees',
      feesSats === null
        ? `Not known: ${refusal === '' ? 'there are no blocks yet' : refusal}`
        : `Mean of the last ${String(kept.size)} blocks: ${String(feesSats)} sat`,
    )
    return feesSats
  }
}

const HALVING_BLOCKS = 210_000
const REGTEST_HALVING_BLOCKS = 150

/** The main network's height with as many halvings: coins of regtest halve sooner, those of all others as often. */
function halvingHeight(height: number, chain: string): number {
  return chain === 'regtest' ? Math.floor(height / REGTEST_HALVING_BLOCKS) * HALVING_BLOCKS : height
}
