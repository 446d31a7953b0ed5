/**
 * Payouts found by an explorer with Esplora's API (Blockstream's API.md; mempool.space and its instances speak it too
 * under `/api`): an address's transactions, newest first, 25 confirmed a page. The explorer learns the address.
 */
import { toHex } from '../../../base/index.ts'
import { type Answer } from '../answer.ts'
import { explorerBase } from '../facts/explorer-facts.ts'
import { pause } from '../pause.ts'
import { type FoundOutput, type PayoutSource, type ScanRequest, type ScanResult } from './payout-source.ts'

export const PUBLIC_PAYOUT_EXPLORER = 'https://mempool.space/api'

/** Confirmed transactions on a full page. */
const PAGE_SIZE = 25
/** 5,000 transactions in one round: further ones are older than any miner's address. */
const MAX_PAGES = 200
/** Between pages, so that a long history is no burst. */
const PAGE_PAUSE_MS = 500

export interface EsploraPayoutsOptions {
  /** Id of the entry in the register. */
  readonly entry: string
  /** What comes before `/address`; empty for the public one. */
  readonly url: string
  /** 500 unless given. */
  readonly pagePauseMs?: number
}

interface Page {
  readonly outputs: FoundOutput[]
  readonly confirmed: number
  /** Of the oldest confirmed transaction; null if there is none. */
  readonly oldestHeight: number | null
  readonly oldestTxid: string | null
}

export class EsploraPayouts implements PayoutSource {
  readonly id = 'esplora'
  readonly #options: EsploraPayoutsOptions
  readonly #base: string

  constructor(options: EsploraPayoutsOptions) {
    this.#options = options
    this.#base = explorerBase(options.url, PUBLIC_PAYOUT_EXPLORER)
  }

  async scan({ client, address, fromHeight, signal, trace }: ScanRequest): Promise<ScanResult> {
    const { entry, pagePauseMs = PAGE_PAUSE_MS } = this.#options
    const scriptHex = toHex(address.script)
    const tipHeight = await client.json({ entry, url: `${this.#base}/blocks/tip/height`, signal }, (answer) =>
      answer.count(),
    )
    trace('The explorer answers', `Newest block ${String(tipHeight)}`)
    const path = `${this.#base}/address/${encodeURIComponent(address.address)}/txs`
    const outputs: FoundOutput[] = []
    let url = path
    let limits: string | null = null
    for (let pages = 1; ; pages++) {
      const page = await client.json({ entry, url, signal }, (answer) =>
        parsePage(answer, scriptHex, client.clock.nowMs()),
      )
      outputs.push(...page.outputs.filter(({ height }) => height === null || height >= fromHeight))
      const { oldestHeight, oldestTxid } = page
      if (page.confirmed < PAGE_SIZE || oldestTxid === null || oldestHeight === null) break
      if (oldestHeight < fromHeight) break
      if (pages === MAX_PAGES) {
        limits = `Only the newest ${String(MAX_PAGES * PAGE_SIZE)} transactions of this address were read.`
        break
      }
      url = `${path}/chain/${oldestTxid}`
      await pause(client.clock, pagePauseMs, signal)
    }
    return { outputs, tipHeight, limits }
  }
}

/** Transactions as API.md's "Transaction format" has them. */
function parsePage(answer: Answer, scriptHex: string, nowMs: number): Page {
  const outputs: FoundOutput[] = []
  let confirmed = 0
  let oldestHeight: number | null = null
  let oldestTxid: string | null = null
  for (const tx of answer.items()) {
    const txid = parseTxid(tx.get('txid'))
    const status = tx.get('status')
    const inBlock = status.get('confirmed').boolean()
    const height = inBlock ? status.get('block_height').count() : null
    const block = {
      height,
      blockHash: inBlock ? status.get('block_hash').text() : null,
      atMs: inBlock ? status.get('block_time').count() * 1000 : nowMs,
    }
    if (inBlock) {
      confirmed++
      oldestHeight = height
      oldestTxid = txid
    }
    const inputs = tx.get('vin').items()
    const coinbase = inputs.some((input) => input.get('is_coinbase').boolean())
    const change = inputs.some(
      (input) => input.find('prevout')?.get('scriptpubkey').text().toLowerCase() === scriptHex,
    )
    for (const [vout, output] of tx.get('vout').items().entries()) {
      if (output.get('scriptpubkey').text().toLowerCase() !== scriptHex) continue
      outputs.push({
        reference: `${txid}:${String(vout)}`,
        sats: output.get('value').count(),
        ...block,
        coinbase,
        change,
      })
    }
  }
  return { outputs, confirmed, oldestHeight, oldestTxid }
}

function parseTxid(field: Answer): string {
  const txid = field.text()
  if (!/^[0-9a-f]{64}$/.test(txid)) throw field.wrong('is no transaction id')
  return txid
}
