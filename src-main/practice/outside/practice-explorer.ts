/**
 * A block explorer of the practice world: blocks and fees as mempool's REST API has them, transactions of the practice
 * farm's payout address as Esplora's has them. Everything is worked out from seed and time, so that asking twice gives the
 * same. Pure. Heights go by the calendar, not by the practice chain: that begins anew with each run, and an explorer whose
 * blocks go back would undo payouts; and its heights are where a block was worth fifty bitcoin.
 */
import { createHash } from 'node:crypto'
import { toHex } from '../../base/index.ts'
import { compactOfTarget, scriptOfAnyAddress, subsidySats, targetOfDifficulty } from '../../mining/index.ts'

/** Who is paid in the practice world. */
export interface PracticePayouts {
  readonly address: string
  readonly satsEach: number
  readonly everyDays: number
  /** How long it has been going on. */
  readonly days: number
}

export interface PracticeExplorerOptions {
  readonly seed: number
  /** What it says of the network: not the practice chain's own, at which a second would earn a fortune. */
  networkDifficulty(): number
  readonly nowMs: () => number
  readonly payouts: PracticePayouts | null
}

/** About where the real chain was then: between the halvings of 2024 and 2028. */
const KNOWN_HEIGHT = 930_000
const KNOWN_AT_MS = Date.UTC(2026, 0, 1)

const BLOCKS_PER_PAGE = 15
const BLOCK_MS = 600_000
const DAY_MS = 86_400_000
const TRANSACTIONS_PER_PAGE = 25
const MEAN_FEES_SATS = 4_000_000

interface Transaction {
  readonly txid: string
  readonly day: number
}

export class PracticeExplorer {
  readonly #options: PracticeExplorerOptions
  readonly #script: string | null

  constructor(options: PracticeExplorerOptions) {
    this.#options = options
    const paid = options.payouts === null ? undefined : scriptOfAnyAddress(options.payouts.address)
    this.#script = paid === undefined ? null : toHex(paid.script)
  }

  get tipHeight(): number {
    return practiceHeight(this.#options.nowMs())
  }

  /** Newest first, with what mempool adds. */
  blocks(): unknown {
    const { tipHeight } = this
    const bits = compactOfTarget(targetOfDifficulty(this.#options.networkDifficulty()))
    return Array.from({ length: BLOCKS_PER_PAGE }, (_, back) => {
      const height = tipHeight - back
      return {
        id: this.#blockHash(height),
        height,
        bits,
        difficulty: this.#options.networkDifficulty(),
        timestamp: timeOfHeight(height),
        tx_count: 1,
        extras: {
          totalFees: this.#fees(height),
          reward: subsidySats(height, 'mainnet') + this.#fees(height),
        },
      }
    })
  }

  /** Sums as text, as mempool writes them. */
  rewardStats(blocks: number): unknown {
    const endBlock = this.tipHeight
    const startBlock = endBlock - blocks + 1
    let fees = 0
    let reward = 0
    for (let height = startBlock; height <= endBlock; height++) {
      fees += this.#fees(height)
      reward += subsidySats(height, 'mainnet') + this.#fees(height)
    }
    return {
      startBlock,
      endBlock,
      totalReward: String(reward),
      totalFee: String(fees),
      totalTx: String(blocks),
    }
  }

  /**
   * Confirmed transactions that pay an address, newest first, a page at a time.
   * @param after the transaction that ended the page before; null for the first
   */
  transactions(address: string, after: string | null): unknown {
    const { payouts } = this.#options
    if (payouts === null || this.#script === null || address.toLowerCase() !== payouts.address.toLowerCase())
      return []
    const all = this.#payoutDays(payouts)
    const start = after === null ? 0 : all.findIndex(({ txid }) => txid === after) + 1
    return all.slice(start, start + TRANSACTIONS_PER_PAGE).map((one) => this.#transaction(one, payouts))
  }

  #payoutDays({ everyDays, days }: PracticePayouts): Transaction[] {
    const { nowMs, seed } = this.#options
    const today = Math.floor(nowMs() / DAY_MS)
    const last = today - 1 - ((today - 1) % everyDays)
    const found: Transaction[] = []
    for (let day = last; day > today - days; day -= everyDays) {
      found.push({ day, txid: digest(`payout/${String(seed)}/${String(day)}`) })
    }
    return found
  }

  #transaction({ txid, day }: Transaction, { satsEach }: PracticePayouts): unknown {
    const blockTime = (day * DAY_MS + DAY_MS / 2) / 1000
    const height = practiceHeight(blockTime * 1000)
    return {
      txid,
      vin: [
        { is_coinbase: false, prevout: { scriptpubkey: '0014' + '00'.repeat(20), value: satsEach + 1_000 } },
      ],
      vout: [{ scriptpubkey: this.#script, value: satsEach }],
      fee: 1_000,
      status: {
        confirmed: true,
        block_height: height,
        block_hash: this.#blockHash(height),
        block_time: blockTime,
      },
    }
  }

  #fees(height: number): number {
    const draw =
      Number.parseInt(digest(`fees/${String(this.#options.seed)}/${String(height)}`).slice(0, 8), 16) /
      2 ** 32
    return Math.round(MEAN_FEES_SATS * (0.5 + draw))
  }

  #blockHash(height: number): string {
    return digest(`block/${String(this.#options.seed)}/${String(height)}`)
  }
}

/** Height of the practice world's chain at a moment: a block every ten minutes. */
export function practiceHeight(atMs: number): number {
  return KNOWN_HEIGHT + Math.floor((atMs - KNOWN_AT_MS) / BLOCK_MS)
}

function timeOfHeight(height: number): number {
  return (KNOWN_AT_MS + (height - KNOWN_HEIGHT) * BLOCK_MS) / 1000
}

function digest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
