/**
 * Blocks and transactions in the bytes that nodes and Electrum servers give, read for one thing: the outputs that pay
 * given scripts. Values come out as whole sats, and a block of 4 MB takes one pass. Nothing is verified: whose word it is
 * is known. Format: Bitcoin Core `primitives/`, BIP 144. Pure.
 */
import { createHash } from 'node:crypto'
import { equalBytes, reverseBytes, toHex } from '../../../base/index.ts'

export interface PaidOutput {
  /** 64 hex digits, as people write it. */
  readonly txid: string
  readonly vout: number
  readonly sats: number
  /** Of a block's first transaction: newly mined coins. */
  readonly coinbase: boolean
  /** Index into the scripts that were asked for. */
  readonly script: number
  /** What its transaction spends, each as `<txid>:<output>`; empty for newly mined coins. */
  readonly spends: readonly string[]
}

export interface BlockHeaderFacts {
  /** Header time, epoch milliseconds. */
  readonly atMs: number
  readonly bits: number
}

export const HEADER_BYTES = 80
const TXID_BYTES = 32
const OUTPOINT_BYTES = TXID_BYTES + 4

/** Thrown inside; the callers below turn it into undefined. */
class Truncated extends Error {}

class ByteReader {
  readonly bytes: Uint8Array
  offset = 0
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  skip(length: number): void {
    if (!(length >= 0) || this.offset + length > this.bytes.length) throw new Truncated()
    this.offset += length
  }

  take(length: number): Uint8Array {
    const from = this.offset
    this.skip(length)
    return this.bytes.subarray(from, this.offset)
  }

  u8(): number {
    this.skip(1)
    return this.bytes[this.offset - 1] ?? 0
  }

  u32(): number {
    this.skip(4)
    return this.#view.getUint32(this.offset - 4, true)
  }

  u64(): number {
    this.skip(8)
    const value = Number(this.#view.getBigUint64(this.offset - 8, true))
    if (!Number.isSafeInteger(value)) throw new Truncated()
    return value
  }

  /** Compact size. */
  count(): number {
    const first = this.u8()
    if (first < 0xfd) return first
    if (first === 0xfd) {
      this.skip(2)
      return this.#view.getUint16(this.offset - 2, true)
    }
    return first === 0xfe ? this.u32() : this.u64()
  }
}

/** Outputs of a raw transaction that pay one of `scripts`; undefined if the bytes are no transaction. */
export function outputsOfTransaction(
  bytes: Uint8Array,
  scripts: readonly Uint8Array[],
): PaidOutput[] | undefined {
  return reading(() => {
    const reader = new ByteReader(bytes)
    const found = readTransaction(reader, scripts)
    if (reader.offset !== bytes.length) throw new Truncated()
    return found
  })
}

/** The same for a whole block; undefined if the bytes are no block. */
export function outputsOfBlock(bytes: Uint8Array, scripts: readonly Uint8Array[]): PaidOutput[] | undefined {
  return reading(() => {
    const reader = new ByteReader(bytes)
    reader.skip(HEADER_BYTES)
    const transactions = reader.count()
    const found: PaidOutput[] = []
    for (let i = 0; i < transactions; i++) found.push(...readTransaction(reader, scripts))
    if (reader.offset !== bytes.length) throw new Truncated()
    return found
  })
}

/** What the first 80 bytes of a block say; undefined if there are fewer. */
export function readHeader(bytes: Uint8Array): BlockHeaderFacts | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { atMs: view.getUint32(68, true) * 1000, bits: view.getUint32(72, true) }
}

function reading<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Truncated) return undefined
    throw error
  }
}

function readTransaction(reader: ByteReader, scripts: readonly Uint8Array[]): PaidOutput[] {
  const start = reader.offset
  reader.skip(4)
  // BIP 144: a count of 0 inputs is the marker of a transaction with witnesses, and the flag follows.
  const witnesses = reader.bytes[reader.offset] === 0
  if (witnesses) {
    reader.skip(1)
    if (reader.u8() !== 1) throw new Truncated()
  }
  const bodyStart = reader.offset
  const inputs = reader.count()
  const outpoints: Uint8Array[] = []
  for (let i = 0; i < inputs; i++) {
    outpoints.push(reader.take(OUTPOINT_BYTES))
    reader.skip(reader.count())
    reader.skip(4)
  }
  const outputs = reader.count()
  const paid: { vout: number; sats: number; script: number }[] = []
  for (let vout = 0; vout < outputs; vout++) {
    const sats = reader.u64()
    const script = reader.take(reader.count())
    const index = scripts.findIndex((wanted) => equalBytes(wanted, script))
    if (index >= 0) paid.push({ vout, sats, script: index })
  }
  const bodyEnd = reader.offset
  if (witnesses) {
    for (let i = 0; i < inputs; i++) {
      const items = reader.count()
      for (let item = 0; item < items; item++) reader.skip(reader.count())
    }
  }
  reader.skip(4)
  if (paid.length === 0) return []
  const { bytes, offset } = reader
  const body = createHash('sha256')
    .update(bytes.subarray(start, start + 4))
    .update(bytes.subarray(bodyStart, bodyEnd))
    .update(bytes.subarray(offset - 4, offset))
    .digest()
  const txid = toHex(reverseBytes(createHash('sha256').update(body).digest()))
  const spends = outpoints.filter((outpoint) => !isNoOutpoint(outpoint)).map(writeOutpoint)
  const coinbase = spends.length === 0
  return paid.map((output) => ({ ...output, txid, coinbase, spends }))
}

/** What newly mined coins have in the place of one: a txid of zeros. */
function isNoOutpoint(outpoint: Uint8Array): boolean {
  return outpoint.subarray(0, TXID_BYTES).every((byte) => byte === 0)
}

function writeOutpoint(outpoint: Uint8Array): string {
  const vout = new DataView(outpoint.buffer, outpoint.byteOffset).getUint32(TXID_BYTES, true)
  return `${toHex(reverseBytes(outpoint.subarray(0, TXID_BYTES)))}:${String(vout)}`
}
