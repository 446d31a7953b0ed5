/**
 * The state of SHA-256 after the first 64 bytes of a header (FIPS 180-4, 6.2.2), and the versions for which chips
 * that roll none of their own are given one each. Four of them a job, some hundred jobs a second: fast enough.
 */
import { reverseWords } from './words.ts'

// prettier-ignore
const K = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
)

/** State before the first block. */
export const SHA256_INIT: Uint8Array = stateBytes(
  Int32Array.of(
    0x6a09e667,
    0xbb67ae85,
    0x3c6ef372,
    0xa54ff53a,
    0x510e527f,
    0x9b05688c,
    0x1f83d9ab,
    0x5be0cd19,
  ),
)

const schedule = new Int32Array(64)

/**
 * One step of SHA-256.
 *
 * @param state 32 bytes, eight big-endian words @param block 64 bytes
 * @returns 32 bytes, the state after the block
 */
export function compressBlock(state: Uint8Array, block: Uint8Array): Uint8Array {
  const blockView = new DataView(block.buffer, block.byteOffset, 64)
  const w = schedule
  for (let t = 0; t < 16; t++) w[t] = blockView.getInt32(4 * t)
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!
    const y = w[t - 2]!
    const s0 = rotateRight(x, 7) ^ rotateRight(x, 18) ^ (x >>> 3)
    const s1 = rotateRight(y, 17) ^ rotateRight(y, 19) ^ (y >>> 10)
    w[t] = s1 + w[t - 7]! + s0 + w[t - 16]!
  }

  const before = new DataView(state.buffer, state.byteOffset, 32)
  const after = Int32Array.from({ length: 8 }, (_, i) => before.getInt32(4 * i))
  let [a, b, c, d, e, f, g, h] = after as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  for (let t = 0; t < 64; t++) {
    const s1 = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25)
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t]! + w[t]!) | 0
    const s0 = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22)
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) after[i]! += word
  return stateBytes(after)
}

/** @param header the first 64 bytes of a header at least @returns 32 bytes, eight big-endian words */
export function midstateOf(header: Uint8Array): Uint8Array {
  return compressBlock(SHA256_INIT, header.subarray(0, 64))
}

/** A midstate as chips take it: its words in reverse order, the last one first. 32 bytes. */
export function wireMidstate(midstate: Uint8Array): Uint8Array {
  return reverseWords(midstate)
}

function stateBytes(words: Int32Array): Uint8Array {
  const bytes = new Uint8Array(32)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < 8; i++) view.setInt32(4 * i, words[i]!)
  return bytes
}

function rotateRight(x: number, count: number): number {
  return (x >>> count) | (x << (32 - count))
}
