/**
 * The threshold of a share or block, and the one comparison that decides validity. Not difficulty, which is
 * a number for policy and display. Layout: U256 of the SV2 data types (Protocol Overview 3.1), little endian,
 * the same order as the output of SHA256d.
 */
import { reverseBytes, toHex, tryFromHex } from '../base/index.ts'
import { type BlockHash, type Target } from './job.ts'

const TARGET_SIZE = 32
const LARGEST = (1n << 256n) - 1n

/**
 * Marks 32 bytes as a target without copying them.
 * @throws RangeError unless `bytes` has 32 bytes; codecs of peer bytes have already made sure of that.
 */
export function asTarget(bytes: Uint8Array): Target {
  if (bytes.length !== TARGET_SIZE) throw new RangeError(`a target has 32 bytes, not ${bytes.length}`)
  return bytes as Target
}

/**
 * Marks 32 bytes as a block hash in header order without copying them.
 * @throws RangeError unless `bytes` has 32 bytes.
 */
export function asBlockHash(bytes: Uint8Array): BlockHash {
  if (bytes.length !== TARGET_SIZE) throw new RangeError(`a block hash has 32 bytes, not ${bytes.length}`)
  return bytes as BlockHash
}

/** The target that every hash meets: all ones. Shared; never write to it. */
export const MAX_TARGET: Target = asTarget(new Uint8Array(TARGET_SIZE).fill(0xff))

/** The target of difficulty 1: 0xffff x 2^208. Shared; never write to it. */
export const DIFFICULTY_1_TARGET: Target = bigintToTarget(0xffffn << 208n)

/**
 * Whether `hash`, read as a little-endian integer, does not exceed `target`. Equal counts as met, as every
 * pool and node has it. Both have 32 bytes. Allocates nothing: it runs several times for every share.
 */
export function meetsTarget(hash: BlockHash, target: Target): boolean {
  for (let i = TARGET_SIZE - 1; i >= 0; i--) {
    const difference = hash[i]! - target[i]!
    if (difference !== 0) return difference < 0
  }
  return true
}

/** The larger of two targets, which is the one easier to meet. */
export function easierTarget(a: Target, b: Target): Target {
  for (let i = TARGET_SIZE - 1; i >= 0; i--) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference > 0 ? a : b
  }
  return a
}

/** The 256-bit integer a target stands for. */
export function targetToBigint(target: Uint8Array): bigint {
  const view = new DataView(target.buffer, target.byteOffset, TARGET_SIZE)
  let value = 0n
  for (let offset = TARGET_SIZE - 8; offset >= 0; offset -= 8) {
    value = (value << 64n) | view.getBigUint64(offset, true)
  }
  return value
}

/**
 * The target of an integer.
 * @throws RangeError unless 0 <= value < 2^256.
 */
export function bigintToTarget(value: bigint): Target {
  if (value < 0n || value > LARGEST) throw new RangeError('a target is at least 0 and below 2^256')
  const bytes = new Uint8Array(TARGET_SIZE)
  const view = new DataView(bytes.buffer)
  for (let offset = 0; offset < TARGET_SIZE; offset += 8) {
    view.setBigUint64(offset, BigInt.asUintN(64, value >> BigInt(8 * offset)), true)
  }
  return asTarget(bytes)
}

/**
 * The target written as people write it: 64 hex digits, most significant first (the order of block explorers,
 * getblocktemplate and the tables of the reference). Undefined if `text` is anything else.
 */
export function targetFromHex(text: string): Target | undefined {
  const bytes = tryFromHex(text)
  return bytes?.length === TARGET_SIZE ? asTarget(reverseBytes(bytes)) : undefined
}

/** A target or hash as people write it: 64 hex digits, most significant first. */
export function targetToHex(target: Uint8Array): string {
  return toHex(reverseBytes(target))
}

/**
 * The hash people wrote as 64 hex digits, most significant first, in header order. Undefined if `text` is
 * anything else.
 */
export function hashFromDisplay(text: string): BlockHash | undefined {
  const target = targetFromHex(text)
  return target === undefined ? undefined : asBlockHash(target)
}

/** A block hash or txid as people write it: 64 hex digits, most significant first. */
export const hashToDisplay: (hash: Uint8Array) => string = targetToHex
