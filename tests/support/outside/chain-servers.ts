/**
 * A Bitcoin node (Bitcoin Core's JSON-RPC), an Esplora explorer and an Electrum server over one `TestChain`, on 127.0.0.1,
 * answering in the forms their documentation shows.
 */
import { type Socket } from 'node:net'
import { checkAddress, scriptHashOf } from '../../../src-main/earnings/outside/chain/address.ts'
import { toHex } from '../../../src-main/base/index.ts'
import { json, StandIn, TcpStandIn } from './stand-in.ts'
import { TEST_BITS, type TestBlock, type TestChain, type TestTx } from './test-chain.ts'

export class RpcFailure extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export interface TestNodeOptions {
  readonly filters: boolean
  readonly login?: string
  /** Heights below are pruned. */
  readonly prunedBelow?: number
}

export class TestNode {
  readonly chain: TestChain
  readonly http: StandIn
  /** Calls by method. */
  readonly calls: { method: string; params: readonly unknown[] }[] = []
  filters: boolean
  prunedBelow: number
  initialBlockDownload = false
  chainName = 'main'
  /** Answers of its own in place of the usual. */
  readonly replies = new Map<string, (params: readonly unknown[]) => unknown>()

  private constructor(chain: TestChain, http: StandIn, options: TestNodeOptions) {
    this.chain = chain
    this.http = http
    this.filters = options.filters
    this.prunedBelow = options.prunedBelow ?? 0
    const wanted = `Basic ${Buffer.from(options.login ?? 'me:secret').toString('base64')}`
    http.on('/', (asked, response) => {
      if (asked.headers.authorization !== wanted) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="jsonrpc"' }).end()
        return
      }
      const body = JSON.parse(asked.body) as RpcRequest | RpcRequest[]
      if (Array.isArray(body)) {
        json(body.map((one) => this.#answer(one)))(asked, response)
        return
      }
      const answer = this.#answer(body)
      json(answer, answer.error === null ? 200 : 500)(asked, response)
    })
  }

  static async start(chain: TestChain, options: TestNodeOptions): Promise<TestNode> {
    return new TestNode(chain, await StandIn.start(), options)
  }

  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length
  }

  stop(): Promise<void> {
    return this.http.stop()
  }

  #answer({ id, method, params = [] }: RpcRequest): { id: unknown; result: unknown; error: unknown } {
    this.calls.push({ method, params })
    try {
      const reply = this.replies.get(method)
      return { result: reply === undefined ? this.#call(method, params) : reply(params), error: null, id }
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error
      return { result: null, error: { code: error.code, message: error.message }, id }
    }
  }

  #call(method: string, params: readonly unknown[]): unknown {
    const { chain } = this
    const [first, second] = params
    switch (method) {
      case 'getblockcount':
        return chain.tip.height
      case 'getblockchaininfo':
        return {
          chain: this.chainName,
          blocks: chain.tip.height,
          headers: chain.tip.height,
          bestblockhash: chain.tip.hash,
          difficulty: 127170500429035.2,
          initialblockdownload: this.initialBlockDownload,
          pruned: this.prunedBelow > 0,
          warnings: [],
        }
      case 'getmininginfo':
        return {
          blocks: chain.tip.height,
          bits: TEST_BITS.toString(16),
          difficulty: 127170500429035.2,
          networkhashps: 9.1e20,
          chain: this.chainName,
          next: { height: chain.tip.height + 1, bits: TEST_BITS.toString(16), difficulty: 127620086886391.8 },
        }
      case 'getblockstats': {
        const block = chain.blocks[Number(first)]
        if (block === undefined)
          throw new RpcFailure(-8, `Target block height ${String(first)} after current tip`)
        this.#requireKept(block)
        return { height: block.height, totalfee: 1000 * block.height }
      }
      case 'getblockhash':
        return this.#block(chain.blocks[Number(first)]).hash
      case 'getblockheader': {
        const block = this.#block(chain.findBlock(String(first)))
        return {
          hash: block.hash,
          confirmations: chain.tip.height - block.height + 1,
          height: block.height,
          time: block.time,
        }
      }
      case 'getblock': {
        if (second !== 0) throw new RpcFailure(-8, 'this test serves verbosity 0')
        const block = this.#block(chain.findBlock(String(first)))
        this.#requireKept(block)
        return toHex(block.bytes)
      }
      case 'scanblocks':
        return this.#scanBlocks(params)
      case 'scantxoutset':
        return this.#scanUnspent(params)
      default:
        throw new RpcFailure(-32601, 'Method not found')
    }
  }

  #scanBlocks([, objects, from, to]: readonly unknown[]): unknown {
    if (!this.filters) throw new RpcFailure(-1, 'Index is not enabled for filtertype basic')
    const [object] = objects as [{ desc: string }]
    const script = scriptOfDescriptor(object.desc)
    const blocks = this.chain.blocks.slice(Number(from), Number(to) + 1)
    return {
      from_height: from,
      to_height: to,
      relevant_blocks: blocks
        // Filters also match, now and then, what holds nothing.
        .filter(({ txs, height }) => height % 10 === 3 || txs.some((tx) => this.chain.touches(tx, script)))
        .map(({ hash }) => hash),
      completed: true,
    }
  }

  #scanUnspent([, objects]: readonly unknown[]): unknown {
    const [descriptor] = objects as [string]
    const script = toHex(scriptOfDescriptor(descriptor))
    const spent = new Set(this.chain.blocks.flatMap(({ txs }) => txs.flatMap(({ spends }) => spends)))
    const unspents = this.chain.blocks.flatMap(({ txs, height }) =>
      txs.flatMap((tx, index) =>
        tx.outputs.flatMap((output, vout) =>
          toHex(output.script) === script && !spent.has(`${tx.txid}:${String(vout)}`)
            ? [
                {
                  txid: tx.txid,
                  vout,
                  scriptPubKey: script,
                  desc: descriptor,
                  amount: output.sats / 1e8,
                  coinbase: index === 0,
                  height,
                },
              ]
            : [],
        ),
      ),
    )
    return {
      success: true,
      txouts: 1000,
      height: this.chain.tip.height,
      bestblock: this.chain.tip.hash,
      unspents,
      total_amount: 0,
    }
  }

  #block(block: TestBlock | undefined): TestBlock {
    if (block === undefined) throw new RpcFailure(-5, 'Block not found')
    return block
  }

  #requireKept({ height }: TestBlock): void {
    if (height < this.prunedBelow) throw new RpcFailure(-1, 'Block not available (pruned data)')
  }
}

interface RpcRequest {
  readonly id: unknown
  readonly method: string
  readonly params?: readonly unknown[]
}

function scriptOfDescriptor(descriptor: string): Uint8Array {
  return scriptOf(/^addr\((.*)\)$/.exec(descriptor)?.[1] ?? '')
}

function scriptOf(address: string): Uint8Array {
  const checked = checkAddress(address)
  if (!checked.ok) throw new RpcFailure(-5, 'Invalid address')
  return checked.value.script
}

/** Esplora's REST interface over a chain (API.md: "Addresses", "Blocks", "Transaction format"). */
export async function startEsplora(chain: TestChain): Promise<StandIn> {
  const http = await StandIn.start()
  return http
    .on('/blocks/tip/height', (_asked, response) => {
      response.setHeader('content-type', 'text/plain')
      response.end(String(chain.tip.height))
    })
    .on('/blocks', (asked, response) =>
      json(
        [...chain.blocks]
          .reverse()
          .slice(0, 10)
          .map(({ hash, height, time }) => ({
            id: hash,
            height,
            timestamp: time,
            bits: TEST_BITS,
            tx_count: 2,
          })),
      )(asked, response),
    )
    .on('/address/', (asked, response) => {
      const [, , address = '', , kind, last] = asked.url.split('/')
      const history = chain.history(scriptOf(decodeURIComponent(address))).reverse()
      const confirmed = history.filter(({ block }) => block !== null)
      const waiting = history.filter(({ block }) => block === null)
      const start = last === undefined ? 0 : confirmed.findIndex(({ tx }) => tx.txid === last) + 1
      const page = confirmed.slice(start, start + 25)
      json((kind === 'chain' ? page : [...waiting, ...page]).map((item) => esploraTx(chain, item)))(
        asked,
        response,
      )
    })
}

function esploraTx(chain: TestChain, { tx, block }: { tx: TestTx; block: TestBlock | null }): unknown {
  const coinbase = tx.spends.length === 0
  return {
    txid: tx.txid,
    version: 2,
    vin: coinbase
      ? [{ txid: '00'.repeat(32), vout: 0xffffffff, is_coinbase: true, prevout: null }]
      : tx.spends.map((outpoint) => {
          const [txid, vout] = outpoint.split(':')
          const script = chain.outputAt(outpoint)?.script
          return {
            txid,
            vout: Number(vout),
            is_coinbase: false,
            prevout: { scriptpubkey: script === undefined ? '51' : toHex(script), value: 1 },
          }
        }),
    vout: tx.outputs.map(({ script, sats }) => ({ scriptpubkey: toHex(script), value: sats })),
    status:
      block === null
        ? { confirmed: false }
        : { confirmed: true, block_height: block.height, block_hash: block.hash, block_time: block.time },
  }
}

/** An Electrum server over a chain. @param mangle changes an answer on its way, for what goes wrong */
export async function startElectrum(
  chain: TestChain,
  scripts: readonly Uint8Array[],
  mangle: (line: string) => string = (line) => line,
): Promise<TcpStandIn & { readonly methods: string[] }> {
  const methods: string[] = []
  const server = await TcpStandIn.start((socket: Socket) => {
    let text = ''
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString()
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const { id, method, params } = JSON.parse(line) as Required<RpcRequest>
        methods.push(method)
        const result = electrumCall(chain, scripts, method, params)
        // Notifications come in between.
        socket.write('{"jsonrpc":"2.0","method":"blockchain.headers.subscribe","params":[{}]}\n')
        socket.write(`${mangle(JSON.stringify({ jsonrpc: '2.0', id, ...result }))}\n`)
      }
    })
  })
  return Object.assign(server, { methods })
}

function electrumCall(
  chain: TestChain,
  scripts: readonly Uint8Array[],
  method: string,
  [first]: readonly unknown[],
): { result: unknown } | { error: unknown } {
  switch (method) {
    case 'server.version':
      return { result: ['ElectrumX 1.16.0', '1.4'] }
    case 'blockchain.headers.subscribe':
      return { result: { height: chain.tip.height, hex: toHex(chain.tip.bytes.subarray(0, 80)) } }
    case 'blockchain.scripthash.get_history': {
      const script = scripts.find((one) => scriptHashOf(one) === first)
      const history = script === undefined ? [] : chain.history(script)
      return {
        result: history.map(({ tx, block }) =>
          block === null
            ? { tx_hash: tx.txid, height: 0, fee: 200 }
            : { tx_hash: tx.txid, height: block.height },
        ),
      }
    }
    case 'blockchain.transaction.get': {
      const found = chain.findTx(String(first))
      return found === undefined
        ? { error: { code: 2, message: 'daemon error: No such mempool or blockchain transaction.' } }
        : { result: toHex(found.tx.bytes) }
    }
    case 'blockchain.block.header':
      return { result: toHex(chain.blocks[Number(first)]!.bytes.subarray(0, 80)) }
    default:
      return { error: { code: -32601, message: `unknown method "${method}"` } }
  }
}
