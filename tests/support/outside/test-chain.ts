/**
 * A chain out of thin air for sources of payouts: blocks of real bytes, written by @scure/btc-signer and not by our own
 * code, that can be reorganised. One chain stands behind a node, an explorer and an Electrum server at once.
 */
import { createHash } from 'node:crypto'
import { RawTx } from '@scure/btc-signer'
import { concatBytes, fromHex, reverseBytes, toHex } from '../../../src-main/base/index.ts'

export interface TestOutput {
  readonly script: Uint8Array
  readonly sats: number
}

export interface TestTx {
  readonly txid: string
  readonly bytes: Uint8Array
  /** `<txid>:<output>` each; empty for a coinbase. */
  readonly spends: readonly string[]
  readonly outputs: readonly TestOutput[]
}

export interface TestBlock {
  readonly hash: string
  readonly height: number
  /** Header time, unix seconds. */
  readonly time: number
  readonly bytes: Uint8Array
  readonly txs: readonly TestTx[]
}

export interface NewTx {
  /** Empty: somebody else's coins. */
  readonly spends?: readonly string[]
  readonly outputs: readonly TestOutput[]
}

/** Difficulty 141,668,107,417,558.2 of the main network's block 933,586. */
export const TEST_BITS = 0x1701fca1
const FIRST_TIME = 1_750_000_000
const MINER_SCRIPT = fromHex(`0014${'77'.repeat(20)}`)

export class TestChain {
  /** By height. */
  readonly blocks: TestBlock[] = []
  /** Transactions in no block. */
  mempool: TestTx[] = []
  #nonce = 0

  constructor(blocks = 1) {
    this.mine(blocks)
  }

  get tip(): TestBlock {
    return this.blocks[this.blocks.length - 1]!
  }

  /** A transaction; in no block unless given to `addBlock`. */
  tx({
    spends = [`${'ee'.repeat(31)}${(this.#nonce++ & 0xff).toString(16).padStart(2, '0')}:1`],
    outputs,
  }: NewTx): TestTx {
    return encodeTx(spends, outputs, false, this.#nonce++)
  }

  /** A block on top, with its coinbase before `txs`. @param coinbase what it pays besides nothing of ours */
  addBlock(
    txs: readonly TestTx[] = [],
    coinbase: readonly TestOutput[] = [{ script: MINER_SCRIPT, sats: 312_500_000 }],
  ): TestBlock {
    const height = this.blocks.length
    const all = [encodeTx([], coinbase, true, this.#nonce++), ...txs]
    const time = FIRST_TIME + 600 * height
    const header = new Uint8Array(80)
    const view = new DataView(header.buffer)
    view.setUint32(0, 0x20000000, true)
    if (height > 0) header.set(reverseBytes(fromHex(this.tip.hash)), 4)
    view.setUint32(68, time, true)
    view.setUint32(72, TEST_BITS, true)
    view.setUint32(76, this.#nonce++, true)
    if (all.length > 0xfc) throw new Error('too many transactions for a test')
    const block = {
      hash: displayHash(header),
      height,
      time,
      bytes: concatBytes(header, Uint8Array.of(all.length), ...all.map(({ bytes }) => bytes)),
      txs: all,
    }
    this.blocks.push(block)
    this.mempool = this.mempool.filter(({ txid }) => !txs.some((tx) => tx.txid === txid))
    return block
  }

  mine(count: number): void {
    for (let i = 0; i < count; i++) this.addBlock()
  }

  /** Takes blocks away from the top. */
  rollBack(count: number): TestBlock[] {
    return this.blocks.splice(this.blocks.length - count)
  }

  findBlock(hash: string): TestBlock | undefined {
    return this.blocks.find((block) => block.hash === hash)
  }

  findTx(txid: string): { readonly tx: TestTx; readonly block: TestBlock | null } | undefined {
    const waiting = this.mempool.find((tx) => tx.txid === txid)
    if (waiting !== undefined) return { tx: waiting, block: null }
    for (const block of this.blocks) {
      const tx = block.txs.find((one) => one.txid === txid)
      if (tx !== undefined) return { tx, block }
    }
    return undefined
  }

  /** The output an outpoint names, if it is one of this chain. */
  outputAt(outpoint: string): TestOutput | undefined {
    const [txid = '', vout = ''] = outpoint.split(':')
    return this.findTx(txid)?.tx.outputs[Number(vout)]
  }

  /** Whether a transaction pays a script or spends what paid it. */
  touches(tx: TestTx, script: Uint8Array): boolean {
    const wanted = toHex(script)
    return (
      tx.outputs.some((output) => toHex(output.script) === wanted) ||
      tx.spends.some((outpoint) => {
        const spent = this.outputAt(outpoint)
        return spent !== undefined && toHex(spent.script) === wanted
      })
    )
  }

  /** Touching a script, oldest first, those in no block last. */
  history(script: Uint8Array): { readonly tx: TestTx; readonly block: TestBlock | null }[] {
    const inBlocks = this.blocks.flatMap((block) => block.txs.map((tx) => ({ tx, block })))
    const waiting = this.mempool.map((tx) => ({ tx, block: null }))
    return [...inBlocks, ...waiting].filter(({ tx }) => this.touches(tx, script))
  }
}

function encodeTx(
  spends: readonly string[],
  outputs: readonly TestOutput[],
  coinbase: boolean,
  nonce: number,
): TestTx {
  const scriptSig = coinbase
    ? new Uint8Array([4, nonce & 0xff, (nonce >> 8) & 0xff, (nonce >> 16) & 0xff, 1])
    : new Uint8Array()
  const inputs = coinbase
    ? [{ txid: new Uint8Array(32), index: 0xffffffff, finalScriptSig: scriptSig, sequence: 0xffffffff }]
    : spends.map((outpoint) => {
        const [txid = '', vout = ''] = outpoint.split(':')
        return { txid: fromHex(txid), index: Number(vout), finalScriptSig: scriptSig, sequence: 0xfffffffd }
      })
  const body = {
    version: 2,
    inputs,
    outputs: outputs.map(({ script, sats }) => ({ amount: BigInt(sats), script })),
    lockTime: coinbase ? 0 : nonce,
  }
  const witnesses = inputs.map(() => [new Uint8Array(32).fill(nonce & 0xff), new Uint8Array(3)])
  const plain = RawTx.encode({ ...body, segwitFlag: false, witnesses: undefined })
  return {
    txid: displayHash(plain),
    bytes: RawTx.encode({ ...body, segwitFlag: true, witnesses }),
    spends: coinbase ? [] : spends,
    outputs,
  }
}

function displayHash(bytes: Uint8Array): string {
  const once = createHash('sha256').update(bytes).digest()
  return toHex(reverseBytes(createHash('sha256').update(once).digest()))
}
