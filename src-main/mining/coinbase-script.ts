/**
 * What stands in the input script of a coinbase: the height push of BIP34, and the readable text that pools
 * leave there. Not a script interpreter; after the height the bytes are free.
 */

export interface HeightPush {
  readonly height: number
  /** Bytes it takes at the start of the script. */
  readonly size: number
}

const MAX_HEIGHT = 0x7fffffff

/**
 * The push of a height as consensus demands it (BIP34): OP_0 to OP_16 up to 16, else the shortest
 * little-endian number.
 * @throws RangeError unless 0 <= height < 2^31
 */
export function encodeHeightPush(height: number): Uint8Array {
  if (!Number.isInteger(height) || height < 0 || height > MAX_HEIGHT) {
    throw new RangeError(`a height is a whole number from 0 to 2^31 - 1, not ${height}`)
  }
  if (height === 0) return Uint8Array.of(0)
  if (height <= 16) return Uint8Array.of(0x50 + height)
  const digits: number[] = []
  for (let rest = height; rest > 0; rest = Math.floor(rest / 0x100)) digits.push(rest & 0xff)
  // The top bit is the sign, so a number that would set it takes one more byte.
  if ((digits.at(-1)! & 0x80) !== 0) digits.push(0)
  return Uint8Array.of(digits.length, ...digits)
}

/** The height a script starts with, or undefined if it starts with anything else. */
export function decodeHeightPush(script: Uint8Array): HeightPush | undefined {
  const opcode = script[0]
  if (opcode === undefined) return undefined
  if (opcode === 0) return { height: 0, size: 1 }
  if (opcode > 0x50 && opcode <= 0x60) return { height: opcode - 0x50, size: 1 }
  if (opcode > 5 || script.length <= opcode) return undefined
  let height = 0
  for (let i = opcode; i > 0; i--) height = height * 0x100 + script[i]!
  const isNegative = (script[opcode]! & 0x80) !== 0
  return isNegative || height > MAX_HEIGHT ? undefined : { height, size: 1 + opcode }
}

/** Letters in a row that count as text; fewer turn up in random bytes. */
const SHORTEST_TEXT = 5
const LONGEST_TAG = 100
/** Start of a merged-mining commitment: magic, 32 bytes of hash, 8 of tree size and nonce. */
const MERGED_MINING_MAGIC = [0xfa, 0xbe, 0x6d, 0x6d]
const MERGED_MINING_SIZE = 44
const LARGEST_DIRECT_PUSH = 75

/**
 * The readable text in pieces of a coinbase script (the height push and the extranonce left out), or null if
 * there is none. Printable ASCII only, so it is safe to show; other alphabets are not recognised.
 */
export function readTag(pieces: readonly Uint8Array[]): string | null {
  const texts = pieces.flatMap(withoutMergedMining).flatMap(readableRuns)
  const tag = texts.join(' ').slice(0, LONGEST_TAG).trim()
  return tag === '' ? null : tag
}

function withoutMergedMining(piece: Uint8Array): Uint8Array[] {
  for (let i = 0; i + MERGED_MINING_SIZE <= piece.length; i++) {
    if (MERGED_MINING_MAGIC.every((byte, offset) => piece[i + offset] === byte)) {
      return [piece.subarray(0, i), piece.subarray(i + MERGED_MINING_SIZE)]
    }
  }
  return [piece]
}

function readableRuns(piece: Uint8Array): string[] {
  const runs: string[] = []
  let run = ''
  for (let i = 0; i <= piece.length; i++) {
    const byte = piece[i] ?? 0
    if (byte >= 0x20 && byte < 0x7f) {
      run += String.fromCharCode(byte)
      continue
    }
    const text = withoutPushOpcodes(run).trim()
    if (text.length >= SHORTEST_TEXT) runs.push(text)
    run = ''
  }
  return runs
}

/**
 * Opcodes that push 32 to 75 bytes look like letters. One in front of exactly the text it pushes, perhaps
 * with the next push behind, is no part of the text.
 */
function withoutPushOpcodes(run: string): string {
  const pushed = run.charCodeAt(0)
  const rest = run.length - 1 - pushed
  return pushed <= LARGEST_DIRECT_PUSH && (rest === 0 || rest === 1) ? run.slice(1, 1 + pushed) : run
}
