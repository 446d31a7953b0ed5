/**
 * Reading the coinbase of a job: is it one, and what does it say? The bytes come from a pool, so every fault
 * is a value. Checks as listed at the end of reference 4.5. Transaction layout: BIP144.
 */
import { concatBytes, err, HeadframeError, ok, type Result } from '../base/index.ts'
import {
  type CoinbaseOutput,
  type CoinbaseParts,
  MAX_COINBASE_SCRIPT,
  MAX_MONEY_SATS,
  MIN_COINBASE_SCRIPT,
} from './coinbase.ts'
import { decodeHeightPush, readTag } from './coinbase-script.ts'

export interface Coinbase {
  /** Transaction version. */
  readonly version: number
  /** The input script, zeros in place of the extranonce. */
  readonly script: Uint8Array
  /** Where in the script the extranonce starts. */
  readonly extranonceOffset: number
  /** Height of the block (BIP34); null if the script does not start with one. */
  readonly height: number | null
  /** Readable text of the script; null if there is none. */
  readonly tag: string | null
  readonly sequence: number
  readonly outputs: readonly CoinbaseOutput[]
  readonly lockTime: number
}

export type CoinbaseFault =
  | 'coinbase/truncated'
  | 'coinbase/has-witness'
  | 'coinbase/not-one-input'
  | 'coinbase/not-a-coinbase'
  | 'coinbase/script-size'
  | 'coinbase/extranonce-outside-script'
  | 'coinbase/no-outputs'
  | 'coinbase/value-out-of-range'
  | 'coinbase/trailing-bytes'

const EXPLANATIONS: Record<CoinbaseFault, string> = {
  'coinbase/truncated': 'ends in the middle of a field',
  'coinbase/has-witness': 'carries witness data, which must be stripped before hashing',
  'coinbase/not-one-input': 'has not exactly one input',
  'coinbase/not-a-coinbase': 'spends a transaction instead of creating coins',
  'coinbase/script-size': 'has an input script outside 2 to 100 bytes',
  'coinbase/extranonce-outside-script': 'does not have the extranonce inside its input script',
  'coinbase/no-outputs': 'pays nobody',
  'coinbase/value-out-of-range': 'pays more than there are coins',
  'coinbase/trailing-bytes': 'goes on after its lock time',
}

/**
 * Parses and checks the coinbase of a job, without witness.
 * @param prefix bytes before the extranonce
 * @param extranonceSize bytes of the whole extranonce, fixed prefix and rollable
 * @param suffix bytes after it
 */
export function parseCoinbase(
  prefix: Uint8Array,
  extranonceSize: number,
  suffix: Uint8Array,
): Result<Coinbase, HeadframeError> {
  const cursor = new Cursor(concatBytes(prefix, new Uint8Array(extranonceSize), suffix))
  const version = cursor.uint32()
  if (hasMarker(prefix)) return fault('coinbase/has-witness')
  if (cursor.compactSize() !== 1)
    return fault(cursor.failed ? 'coinbase/truncated' : 'coinbase/not-one-input')
  const outpoint = cursor.take(36)
  if (cursor.failed) return fault('coinbase/truncated')
  if (!isNullOutpoint(outpoint)) return fault('coinbase/not-a-coinbase')
  const scriptSize = cursor.compactSize()
  if (cursor.failed) return fault('coinbase/truncated')
  if (scriptSize < MIN_COINBASE_SCRIPT || scriptSize > MAX_COINBASE_SCRIPT)
    return fault('coinbase/script-size')
  const extranonceOffset = prefix.length - cursor.offset
  if (extranonceOffset < 0 || extranonceOffset + extranonceSize > scriptSize) {
    return fault('coinbase/extranonce-outside-script')
  }
  const script = cursor.take(scriptSize)
  const sequence = cursor.uint32()
  const outputs = readOutputs(cursor)
  const lockTime = cursor.uint32()
  if (cursor.failed) return fault('coinbase/truncated')
  if (cursor.remaining > 0) return fault('coinbase/trailing-bytes')
  if (outputs.length === 0) return fault('coinbase/no-outputs')
  if (!outputs.every((output) => output.valueSats <= MAX_MONEY_SATS)) {
    return fault('coinbase/value-out-of-range')
  }
  const push = decodeHeightPush(script.subarray(0, extranonceOffset))
  const tag = readTag([
    script.subarray(push?.size ?? 0, extranonceOffset),
    script.subarray(extranonceOffset + extranonceSize),
  ])
  return ok({
    version,
    script,
    extranonceOffset,
    height: push?.height ?? null,
    tag,
    sequence,
    outputs,
    lockTime,
  })
}

/**
 * The same pieces without witness: old servers send marker, flag and witness with their jobs, and a txid is
 * hashed without. Pieces that carry none come back as they are.
 */
export function stripWitness(
  parts: CoinbaseParts,
  extranonceSize: number,
): Result<CoinbaseParts, HeadframeError> {
  const { prefix, suffix } = parts
  if (!hasMarker(prefix)) return ok(parts)
  const strippedPrefix = concatBytes(prefix.subarray(0, 4), prefix.subarray(6))
  const head = new Cursor(strippedPrefix)
  head.take(4 + 1 + 36)
  const scriptSize = head.compactSize()
  const scriptInSuffix = scriptSize - (strippedPrefix.length - head.offset) - extranonceSize
  if (head.failed) return fault('coinbase/truncated')
  if (scriptInSuffix < 0) return fault('coinbase/extranonce-outside-script')
  const tail = new Cursor(suffix)
  tail.take(scriptInSuffix + 4)
  readOutputs(tail)
  const body = suffix.subarray(0, tail.offset)
  const items = tail.compactSize()
  for (let i = 0; i < items && !tail.failed; i++) tail.take(tail.compactSize())
  const lockTime = tail.take(4)
  if (tail.failed) return fault('coinbase/truncated')
  if (tail.remaining > 0) return fault('coinbase/trailing-bytes')
  return ok({ prefix: strippedPrefix, suffix: concatBytes(body, lockTime) })
}

/** A transaction with witness has 00 01 where one without has its count of inputs, never 0. */
function hasMarker(prefix: Uint8Array): boolean {
  return prefix.length >= 6 && prefix[4] === 0 && prefix[5] === 1
}

function isNullOutpoint(outpoint: Uint8Array): boolean {
  return outpoint.every((byte, i) => byte === (i < 32 ? 0 : 0xff))
}

function readOutputs(cursor: Cursor): CoinbaseOutput[] {
  const outputs: CoinbaseOutput[] = []
  const count = cursor.compactSize()
  for (let i = 0; i < count && !cursor.failed; i++) {
    const valueSats = cursor.uint64()
    const script = cursor.take(cursor.compactSize())
    outputs.push({ valueSats, script })
  }
  return outputs
}

function fault(code: CoinbaseFault): { readonly ok: false; readonly error: HeadframeError } {
  const message = `The coinbase of the pool's job ${EXPLANATIONS[code]}: use another pool and tell this one.`
  return err(new HeadframeError(code, message))
}

/** Reads on until the bytes run out; from then on `failed` is set and everything reads as nothing. */
class Cursor {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  offset = 0
  failed = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get remaining(): number {
    return this.#bytes.length - this.offset
  }

  take(size: number): Uint8Array {
    if (!this.#has(size)) return new Uint8Array(0)
    this.offset += size
    return this.#bytes.subarray(this.offset - size, this.offset)
  }

  uint32(): number {
    return this.#has(4) ? this.#view.getUint32(this.#skip(4), true) : 0
  }

  /** As a number; beyond 2^53 rounded, which is far out of range for any amount. */
  uint64(): number {
    return this.#has(8) ? Number(this.#view.getBigUint64(this.#skip(8), true)) : 0
  }

  compactSize(): number {
    if (!this.#has(1)) return 0
    const first = this.#view.getUint8(this.#skip(1))
    if (first < 0xfd) return first
    if (first === 0xfd) return this.#has(2) ? this.#view.getUint16(this.#skip(2), true) : 0
    return first === 0xfe ? this.uint32() : this.uint64()
  }

  #has(size: number): boolean {
    if (this.failed || size > this.remaining) this.failed = true
    return !this.failed
  }

  #skip(size: number): number {
    this.offset += size
    return this.offset - size
  }
}
