/**
 * Payouts found by an Electrum server, best the person's own: it learns the script of the address. Amounts come from the
 * raw transactions, in whole sats. Governed by electrum-protocol, "Protocol Methods" (1.4 to 1.6).
 */
import { tryFromHex } from '../../../base/index.ts'
import { type Answer } from '../answer.ts'
import { type ElectrumAddress, electrumHost, ElectrumLink } from './electrum-link.ts'
import { scriptHashOf } from './address.ts'
import { outputsOfTransaction, readHeader } from './raw-tx.ts'
import { type FoundOutput, type PayoutSource, type ScanRequest, type ScanResult } from './payout-source.ts'

export interface ElectrumPayoutsOptions {
  /** Id of the entry in the register. */
  readonly entry: string
  readonly server: ElectrumAddress
  /** See `ElectrumLinkOptions`. */
  readonly pinnedSha256: string | null
}

interface HistoryItem {
  readonly txid: string
  /** Null while it is in no block: the protocol's 0 and -1. */
  readonly height: number | null
}

export class ElectrumPayouts implements PayoutSource {
  readonly id = 'electrum'
  readonly #options: ElectrumPayoutsOptions

  constructor(options: ElectrumPayoutsOptions) {
    this.#options = options
  }

  async scan(request: ScanRequest): Promise<ScanResult> {
    const { entry, server, pinnedSha256 } = this.#options
    const { client, signal } = request
    return client.register.run(entry, electrumHost(server), async (of) => {
      const stopped = AbortSignal.any([client.stopped, signal])
      const link = await ElectrumLink.open({ client, of, server, pinnedSha256, signal: stopped })
      try {
        return await this.#scan(link, request)
      } finally {
        link.close()
      }
    })
  }

  async #scan(link: ElectrumLink, request: ScanRequest): Promise<ScanResult> {
    const { address, fromHeight, trace, client } = request
    const software = await link.ask('server.version', ['Headframe', ['1.4', '1.6']], (result) =>
      result.at(0).text(),
    )
    trace('The server answers', software.slice(0, 80))
    const tipHeight = await link.ask('blockchain.headers.subscribe', [], (result) =>
      result.get('height').count(),
    )
    trace('Newest block', String(tipHeight))
    const history = await link.ask(
      'blockchain.scripthash.get_history',
      [scriptHashOf(address.script)],
      parseHistory,
    )
    trace('History', `${String(history.length)} transactions of this address`)
    const known = new Set(request.known)
    const outputs: FoundOutput[] = []
    const times = new Map<number, number>()
    // In the order of the chain, so that what spends an earlier output is known for change.
    for (const { txid, height } of history) {
      if (height !== null && height < fromHeight) continue
      const paid = await link.ask('blockchain.transaction.get', [txid], (result) => {
        const bytes = tryFromHex(result.text())
        const found = bytes && outputsOfTransaction(bytes, [address.script])
        if (found === undefined) throw result.wrong('is no transaction')
        if (found.some((output) => output.txid !== txid)) throw result.wrong('is another transaction')
        return found
      })
      if (paid.length === 0) continue
      const atMs = height === null ? client.clock.nowMs() : await this.#timeOf(link, height, times)
      for (const { vout, sats, coinbase, spends } of paid) {
        const reference = `${txid}:${String(vout)}`
        const change = spends.some((outpoint) => known.has(outpoint))
        known.add(reference)
        outputs.push({ reference, sats, height, blockHash: null, atMs, coinbase, change })
      }
    }
    return { outputs, tipHeight, limits: null }
  }

  async #timeOf(link: ElectrumLink, height: number, times: Map<number, number>): Promise<number> {
    const known = times.get(height)
    if (known !== undefined) return known
    const atMs = await link.ask('blockchain.block.header', [height], (result) => {
      const bytes = tryFromHex(result.text())
      const header = bytes && readHeader(bytes)
      if (header === undefined) throw result.wrong('is no block header')
      return header.atMs
    })
    times.set(height, atMs)
    return atMs
  }
}

function parseHistory(result: Answer): HistoryItem[] {
  return result.items().map((item) => {
    const txid = item.get('tx_hash')
    if (!/^[0-9a-f]{64}$/.test(txid.text())) throw txid.wrong('is no transaction id')
    const height = item.get('height').integer()
    return { txid: txid.text(), height: height > 0 ? height : null }
  })
}
