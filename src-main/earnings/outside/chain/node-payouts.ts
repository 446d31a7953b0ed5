/**
 * Payouts found by the person's own node: nobody else learns the address. With block filters (`-blockfilterindex`),
 * `scanblocks` names the blocks that may hold payments and each is read whole, in its bytes, where amounts are whole sats
 * and spent outputs are seen as well. Without them `scantxoutset` tells what is not spent yet and nothing else. Governed
 * by Bitcoin Core's RPC documentation (25 to 31 for `scanblocks`).
 */
import { type Answer } from '../answer.ts'
import { wholeUnits } from '../decimal.ts'
import { NodeRpc, type NodeRpcOptions, RPC_METHOD_NOT_FOUND, RPC_MISC_ERROR, rpcCodeOf } from './node-rpc.ts'
import { outputsOfBlock, readHeader } from './raw-tx.ts'
import { type FoundOutput, type PayoutSource, type ScanRequest, type ScanResult } from './payout-source.ts'

/** Filters of this many blocks are looked through in one call: seconds, and a place to go on from. */
const BLOCKS_PER_SCAN = 20_000
const SCAN_TIMEOUT_MS = 5 * 60_000
/** A block of 4 million bytes in hex, and what stands around it. */
const BLOCK_LIMIT_BYTES = 9 * 1024 * 1024
const UNSPENT_LIMIT_BYTES = 16 * 1024 * 1024

const UNSPENT_ONLY =
  'Your node keeps no block filters, so only payouts that are not spent yet are seen, and change that came back cannot be told from a payout. Start it with blockfilterindex=1 to see everything.'

export class NodePayouts implements PayoutSource {
  readonly id = 'node'
  readonly #rpc: NodeRpc

  constructor(options: NodeRpcOptions) {
    this.#rpc = new NodeRpc(options)
  }

  async scan(request: ScanRequest): Promise<ScanResult> {
    const { signal, trace, fromHeight } = request
    const tipHeight = await this.#rpc.call('getblockcount', [], (result) => result.count(), { signal })
    trace('Your node answers', `Newest block ${String(tipHeight)}`)
    if (fromHeight > tipHeight) return { outputs: [], tipHeight, limits: null }
    const scanned = await this.#scanFilters(request, tipHeight)
    if (scanned !== null) return scanned
    trace('Block filters', 'Your node keeps none; what is not spent yet is read instead')
    return this.#scanUnspent(request)
  }

  /** Null if the node keeps no filters. */
  async #scanFilters(request: ScanRequest, tipHeight: number): Promise<ScanResult | null> {
    const { fromHeight, trace, onReached } = request
    const outputs: FoundOutput[] = []
    const known = new Set(request.known)
    let pruned = 0
    for (let from = fromHeight; from <= tipHeight; from += BLOCKS_PER_SCAN) {
      const to = Math.min(tipHeight, from + BLOCKS_PER_SCAN - 1)
      const hashes = await this.#relevantBlocks(request, from, to)
      if (hashes === null) return null
      trace('Block filters', `Blocks ${String(from)} to ${String(to)}: ${String(hashes.length)} to be read`)
      const found: FoundOutput[] = []
      for (const hash of hashes) {
        const inBlock = await this.#readBlock(hash, request, known)
        if (inBlock === null) pruned++
        else found.push(...inBlock)
      }
      outputs.push(...found)
      if (to < tipHeight) onReached(to, found)
    }
    const limits =
      pruned === 0
        ? null
        : `Your node has pruned ${String(pruned)} blocks that may hold payouts to this address, so those are not seen.`
    return { outputs, tipHeight, limits }
  }

  /** Ascending; null if the node keeps no filters. */
  async #relevantBlocks(
    { address, signal }: ScanRequest,
    from: number,
    to: number,
  ): Promise<string[] | null> {
    try {
      return await this.#rpc.call(
        'scanblocks',
        ['start', [{ desc: `addr(${address.address})` }], from, to, 'basic'],
        (result) => result.get('relevant_blocks').items().map(parseHash),
        { signal, timeoutMs: SCAN_TIMEOUT_MS },
      )
    } catch (error) {
      const code = rpcCodeOf(error)
      // No index of filters, or a node from before there was the call.
      if (code === RPC_MISC_ERROR || code === RPC_METHOD_NOT_FOUND) return null
      throw error
    }
  }

  /** Null if the node has pruned it. @param known grows by what is found */
  async #readBlock(
    hash: string,
    { address, signal }: ScanRequest,
    known: Set<string>,
  ): Promise<FoundOutput[] | null> {
    const height = await this.#heightOf(hash, signal)
    // Another block took its place meanwhile: the next round sees that one.
    if (height === null) return []
    try {
      return await this.#rpc.call(
        'getblock',
        [hash, 0],
        (result) => outputsIn(result, hash, height, address.script, known),
        { signal, limitBytes: BLOCK_LIMIT_BYTES },
      )
    } catch (error) {
      if (rpcCodeOf(error) === RPC_MISC_ERROR) return null
      throw error
    }
  }

  /** Null if the block is not, or no longer, on the best chain. */
  async #heightOf(hash: string, signal: AbortSignal): Promise<number | null> {
    return this.#rpc.call(
      'getblockheader',
      [hash],
      (header) => (header.get('confirmations').integer() < 0 ? null : header.get('height').count()),
      { signal },
    )
  }

  async #scanUnspent(request: ScanRequest): Promise<ScanResult> {
    const { address, signal, trace, open } = request
    const { tipHeight, unspents } = await this.#rpc.call(
      'scantxoutset',
      ['start', [`addr(${address.address})`]],
      (result) => {
        if (!result.get('success').boolean())
          throw result.get('success').wrong('says that the scan was broken off')
        return {
          tipHeight: result.get('height').count(),
          unspents: result.get('unspents').items().map(parseUnspent),
        }
      },
      { signal, timeoutMs: SCAN_TIMEOUT_MS, limitBytes: UNSPENT_LIMIT_BYTES },
    )
    trace('Unspent outputs', `${String(unspents.length)} at this address`)
    const blocks = new Map<number, { hash: string; atMs: number }>()
    const outputs: FoundOutput[] = []
    for (const unspent of unspents) {
      const block = blocks.get(unspent.height) ?? (await this.#blockAt(unspent.height, signal))
      blocks.set(unspent.height, block)
      outputs.push({ ...unspent, blockHash: block.hash, atMs: block.atMs, change: false })
    }
    // What was spent meanwhile is not gone as long as its block is on the chain.
    const found = new Set(outputs.map(({ reference }) => reference))
    for (const payout of open) {
      if (found.has(payout.reference) || payout.height === null) continue
      const { hash } = await this.#blockAt(payout.height, signal)
      if (hash === payout.blockHash) outputs.push({ ...payout, change: false })
    }
    return { outputs, tipHeight, limits: UNSPENT_ONLY }
  }

  async #blockAt(height: number, signal: AbortSignal): Promise<{ hash: string; atMs: number }> {
    const hash = await this.#rpc.call('getblockhash', [height], parseHash, { signal })
    const atMs = await this.#rpc.call(
      'getblockheader',
      [hash],
      (header) => header.get('time').count() * 1000,
      { signal },
    )
    return { hash, atMs }
  }
}

/** @param known grows by what is found */
function outputsIn(
  result: Answer,
  hash: string,
  height: number,
  script: Uint8Array,
  known: Set<string>,
): FoundOutput[] {
  // Megabytes: Node's own reading of hex, which ends at the first character that is none.
  const hex = result.text()
  const bytes = Buffer.from(hex, 'hex')
  const header = readHeader(bytes)
  const outputs = 2 * bytes.length === hex.length ? outputsOfBlock(bytes, [script]) : undefined
  if (header === undefined || outputs === undefined) throw result.wrong('is no block')
  return outputs.map(({ txid, vout, sats, coinbase, spends }) => {
    const reference = `${txid}:${String(vout)}`
    const change = spends.some((outpoint) => known.has(outpoint))
    known.add(reference)
    return { reference, sats, height, blockHash: hash, atMs: header.atMs, coinbase, change }
  })
}

function parseHash(field: Answer): string {
  const hash = field.text()
  if (!/^[0-9a-f]{64}$/.test(hash)) throw field.wrong('is no block hash')
  return hash
}

function parseUnspent(
  unspent: Answer,
): Pick<FoundOutput, 'reference' | 'sats' | 'coinbase'> & { height: number } {
  const amount = unspent.get('amount')
  const sats = wholeUnits(amount.decimal(), 8)
  if (sats === undefined || sats < 0) throw amount.wrong('is no amount')
  return {
    reference: `${unspent.get('txid').text()}:${String(unspent.get('vout').count())}`,
    sats,
    height: unspent.get('height').count(),
    // Told since Bitcoin Core 25.
    coinbase: unspent.find('coinbase')?.boolean() ?? false,
  }
}
