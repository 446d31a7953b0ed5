/**
 * Building a coinbase of our own, in the two pieces around the extranonce that jobs carry, and giving it the
 * witness that blocks carry. Reading other people's is in `coinbase-parse.ts`. Layout as in reference 4.5:
 * script = start (height push) | push of the tag | push opcode of the extranonce | extranonce.
 */
import { concatBytes, HeadframeError } from '../base/index.ts'
import { foldMerklePath, merklePathOfTxids } from './merkle.ts'
import { sha256d } from './sha256d.ts'

export interface CoinbaseOutput {
  /** Satoshi, 0 to 21e14. */
  readonly valueSats: number
  readonly script: Uint8Array
}

/** The two pieces of a coinbase without witness, before and behind the extranonce. */
export interface CoinbaseParts {
  readonly prefix: Uint8Array
  readonly suffix: Uint8Array
}

export interface CoinbasePlan {
  /** Start of the script: what the template provider demands, or `encodeHeightPush(height)`. */
  readonly scriptStart: Uint8Array
  /** Text for the world to read; empty for none. */
  readonly tag: string
  /** Bytes of the whole extranonce, 0 to 75. */
  readonly extranonceSize: number
  /** Payouts first, then what the template demands; the witness commitment, if any, is appended. */
  readonly outputs: readonly CoinbaseOutput[]
  /** Script of the witness commitment output, see `witnessCommitmentScript`. */
  readonly witnessCommitment?: Uint8Array
  /** Transaction version, default 2. */
  readonly version?: number
  /** Default 0xffffffff. */
  readonly sequence?: number
  /** Default 0. */
  readonly lockTime?: number
}

/** All the money there will ever be, satoshi. */
export const MAX_MONEY_SATS = 21e14
/** Consensus limits of the input script, bytes. */
export const MIN_COINBASE_SCRIPT = 2
export const MAX_COINBASE_SCRIPT = 100

const LARGEST_DIRECT_PUSH = 75
const WITNESS_COMMITMENT_START = Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed)
/** One item of 32 zero bytes: the reserved value of BIP141. */
const COINBASE_WITNESS = concatBytes(Uint8Array.of(1, 32), new Uint8Array(32))

/**
 * The pieces of a coinbase without witness. The prefix ends with the push opcode of the extranonce.
 * @throws HeadframeError `coinbase/script-too-long` (shorten the tag), `coinbase/script-too-short`,
 *   `coinbase/tag-too-long`, `coinbase/value-out-of-range`
 */
export function assembleCoinbase(plan: CoinbasePlan): CoinbaseParts {
  const tag = new TextEncoder().encode(plan.tag)
  if (tag.length > LARGEST_DIRECT_PUSH) {
    throw new HeadframeError(
      'coinbase/tag-too-long',
      `The coinbase tag takes ${tag.length} bytes, at most ${LARGEST_DIRECT_PUSH} fit: shorten it.`,
      { context: { size: tag.length } },
    )
  }
  if (plan.extranonceSize < 0 || plan.extranonceSize > LARGEST_DIRECT_PUSH) {
    throw new RangeError(`an extranonce has 0 to ${LARGEST_DIRECT_PUSH} bytes, not ${plan.extranonceSize}`)
  }
  const scriptHead = concatBytes(plan.scriptStart, push(tag), pushOpcode(plan.extranonceSize))
  const scriptSize = scriptHead.length + plan.extranonceSize
  if (scriptSize > MAX_COINBASE_SCRIPT) {
    throw new HeadframeError(
      'coinbase/script-too-long',
      `The coinbase script would take ${scriptSize} bytes, at most ${MAX_COINBASE_SCRIPT} are allowed: shorten the tag.`,
      { context: { size: scriptSize } },
    )
  }
  if (scriptSize < MIN_COINBASE_SCRIPT) {
    throw new HeadframeError('coinbase/script-too-short', 'The coinbase script needs 2 bytes: add a tag.')
  }
  const commitment = plan.witnessCommitment
  const outputs =
    commitment === undefined ? plan.outputs : [...plan.outputs, { valueSats: 0, script: commitment }]
  return {
    prefix: concatBytes(
      uint32(plan.version ?? 2),
      Uint8Array.of(1),
      new Uint8Array(32),
      uint32(0xffffffff),
      Uint8Array.of(scriptSize),
      scriptHead,
    ),
    suffix: concatBytes(
      uint32(plan.sequence ?? 0xffffffff),
      compactSize(outputs.length),
      ...outputs.map(encodeOutput),
      uint32(plan.lockTime ?? 0),
    ),
  }
}

/**
 * The form of a coinbase that goes into a block: marker, flag and the reserved witness added (BIP141, BIP144).
 * @param stripped the whole coinbase as hashed for its txid
 */
export function withWitness(stripped: Uint8Array): Uint8Array {
  const lockTimeAt = stripped.length - 4
  return concatBytes(
    stripped.subarray(0, 4),
    Uint8Array.of(0, 1),
    stripped.subarray(4, lockTimeAt),
    COINBASE_WITNESS,
    stripped.subarray(lockTimeAt),
  )
}

/**
 * Script of the output that commits to the witnesses of a block (BIP141), with the reserved value of zeros.
 * @param wtxids of the transactions after the coinbase, in order, 32 bytes each
 */
export function witnessCommitmentScript(wtxids: readonly Uint8Array[]): Uint8Array {
  const root = foldMerklePath(new Uint8Array(32), merklePathOfTxids(wtxids))
  return concatBytes(WITNESS_COMMITMENT_START, sha256d(concatBytes(root, new Uint8Array(32))))
}

/** Bytes of one output: value, script length, script. @throws HeadframeError `coinbase/value-out-of-range` */
export function encodeOutput(output: CoinbaseOutput): Uint8Array {
  const { valueSats, script } = output
  if (!Number.isInteger(valueSats) || valueSats < 0 || valueSats > MAX_MONEY_SATS) {
    throw new HeadframeError(
      'coinbase/value-out-of-range',
      `A coinbase output of ${valueSats} satoshi cannot be: check the payout amounts.`,
      { context: { valueSats } },
    )
  }
  const value = new Uint8Array(8)
  new DataView(value.buffer).setBigUint64(0, BigInt(valueSats), true)
  return concatBytes(value, compactSize(script.length), script)
}

function push(data: Uint8Array): Uint8Array {
  return concatBytes(pushOpcode(data.length), data)
}

/** The opcode that pushes `size` bytes, 1 to 75; nothing for 0. */
function pushOpcode(size: number): Uint8Array {
  return size === 0 ? new Uint8Array(0) : Uint8Array.of(size)
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

/** A count as transactions write it; 3 bytes are enough for what a coinbase holds. */
function compactSize(count: number): Uint8Array {
  if (count < 0xfd) return Uint8Array.of(count)
  if (count > 0xffff) throw new RangeError('a coinbase has at most 65535 outputs and script bytes')
  return Uint8Array.of(0xfd, count & 0xff, count >> 8)
}
