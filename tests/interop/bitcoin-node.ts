/**
 * A Bitcoin node out of thin air, on 127.0.0.1: the calls and the notification that a pool needs of one, on a
 * regtest chain of invented blocks, two transactions in each template. It checks nothing; what a pool submits is
 * kept.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { concatBytes, reverseBytes, toHex } from '../../src-main/base/index.ts'
import {
  encodeOutput,
  networkDifficulty,
  networkTarget,
  sha256d,
  targetToHex,
  witnessCommitmentScript,
} from '../../src-main/mining/index.ts'
import { HARD_N_BITS } from './template-provider.ts'
import { ZmqPublisher } from './zmq-publisher.ts'

/** For a pool's configuration. */
export const RPC_USER = 'interop'
export const RPC_PASSWORD = 'interop'

const BLOCK_VERSION = 0x20000000
const FIRST_HEIGHT = 700
const SUBSIDY_SATS = 50e8
const FEE_SATS = 1000
const TRANSACTIONS_A_BLOCK = 2
/** Bitcoin Core's codes: no such call, and a call without its arguments. */
const METHOD_NOT_FOUND = -32601
const MISSING_ARGUMENT = -1

interface RpcRequest {
  readonly id: unknown
  readonly method: string
  readonly params?: readonly unknown[]
}

class RpcError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export class BitcoinNode {
  readonly rpcPort: number
  /** Blocks that pools submitted, hex. */
  readonly blocks: string[] = []
  /** How often each call was made. */
  readonly calls = new Map<string, number>()
  readonly #server: Server
  readonly #zmq: ZmqPublisher
  #nBits: number
  #height = FIRST_HEIGHT
  #notifications = 0
  /** Tells templates of one height apart. */
  #mempool = 0

  private constructor(server: Server, rpcPort: number, zmq: ZmqPublisher, nBits: number) {
    this.#server = server
    this.rpcPort = rpcPort
    this.#zmq = zmq
    this.#nBits = nBits
  }

  /** @param nBits compact network target */
  static async start(nBits = HARD_N_BITS): Promise<BitcoinNode> {
    const zmq = await ZmqPublisher.start()
    const server = createServer()
    const port = await new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        if (typeof address === 'object' && address !== null) resolve(address.port)
      })
    })
    const node = new BitcoinNode(server, port, zmq, nBits)
    server.on('request', (request, response) => void node.#serve(request, response))
    return node
  }

  /** Where the node announces blocks. */
  get zmqEndpoint(): string {
    return this.#zmq.endpoint
  }

  /** Of the block that is being looked for. */
  get height(): number {
    return this.#height
  }

  /** Someone found a block; pools are told. @param nBits network target from here on */
  newTip(nBits = this.#nBits): void {
    this.#nBits = nBits
    this.#height++
    const sequence = new Uint8Array(4)
    new DataView(sequence.buffer).setUint32(0, this.#notifications++, true)
    this.#zmq.publish(new TextEncoder().encode('hashblock'), reverseBytes(this.#tipHash()), sequence)
  }

  /** The mempool changed: templates asked for from here on differ. */
  newTransactions(): void {
    this.#mempool++
  }

  async stop(): Promise<void> {
    await this.#zmq.stop()
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const asked = JSON.parse(text) as RpcRequest | RpcRequest[]
    const answer = Array.isArray(asked) ? asked.map((one) => this.#answer(one)) : this.#answer(asked)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer))
  }

  #answer({ id, method, params = [] }: RpcRequest): object {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1)
    try {
      return { id, result: this.#call(method, params), error: null }
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      return { id, result: null, error: { code: error.code, message: error.message } }
    }
  }

  #call(method: string, [first]: readonly unknown[]): unknown {
    switch (method) {
      case 'getblocktemplate':
        return this.#template()
      case 'submitblock':
        if (typeof first !== 'string') throw new RpcError(MISSING_ARGUMENT, 'submitblock "hexdata"')
        this.blocks.push(first)
        this.newTip()
        return null
      case 'getblockchaininfo':
        return this.#chainInfo()
      case 'getzmqnotifications':
        return [{ type: 'pubhashblock', address: this.zmqEndpoint, hwm: 1000 }]
      default:
        throw new RpcError(METHOD_NOT_FOUND, 'Method not found')
    }
  }

  #template(): object {
    const transactions = Array.from({ length: TRANSACTIONS_A_BLOCK }, (_, i) => this.#transaction(i))
    const txids = transactions.map((bytes) => sha256d(bytes))
    return {
      version: BLOCK_VERSION,
      rules: ['segwit'],
      previousblockhash: toHex(this.#tipHash()),
      transactions: transactions.map((bytes, i) => {
        const txid = toHex(reverseBytes(txids[i]!))
        return { data: toHex(bytes), txid, hash: txid, depends: [], fee: FEE_SATS, sigops: 1, weight: 400 }
      }),
      coinbaseaux: {},
      coinbasevalue: SUBSIDY_SATS + FEE_SATS * TRANSACTIONS_A_BLOCK,
      target: targetToHex(networkTarget(this.#nBits)),
      mintime: nowS() - 600,
      mutable: ['time', 'transactions', 'prevblock'],
      noncerange: '00000000ffffffff',
      curtime: nowS(),
      bits: this.#bitsHex(),
      height: this.#height,
      default_witness_commitment: toHex(witnessCommitmentScript(txids)),
    }
  }

  /** Without witnesses, so its wtxid is its txid. */
  #transaction(index: number): Uint8Array {
    const spent = sha256d(new TextEncoder().encode(`${this.#height}/${this.#mempool}/${index}`))
    return concatBytes(
      Uint8Array.of(2, 0, 0, 0, 1),
      spent,
      Uint8Array.of(0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1),
      encodeOutput({ valueSats: FEE_SATS, script: concatBytes(Uint8Array.of(0, 20), spent.subarray(0, 20)) }),
      new Uint8Array(4),
    )
  }

  #chainInfo(): object {
    return {
      chain: 'regtest',
      blocks: this.#height - 1,
      headers: this.#height - 1,
      bestblockhash: toHex(this.#tipHash()),
      bits: this.#bitsHex(),
      target: targetToHex(networkTarget(this.#nBits)),
      difficulty: networkDifficulty(this.#nBits),
      time: nowS(),
      mediantime: nowS(),
      verificationprogress: 1,
      initialblockdownload: false,
      chainwork: this.#height.toString(16).padStart(64, '0'),
      size_on_disk: 0,
      pruned: false,
      warnings: [],
    }
  }

  /** As nodes write hashes: most significant byte first. */
  #tipHash(): Uint8Array {
    return reverseBytes(sha256d(new TextEncoder().encode(`block ${this.#height - 1}`)))
  }

  #bitsHex(): string {
    return this.#nBits.toString(16).padStart(8, '0')
  }
}

const nowS = (): number => Math.floor(Date.now() / 1000)
