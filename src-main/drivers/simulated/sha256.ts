/**
 * SHA-256 as a chip does it: from a midstate on, one block at a time (FIPS 180-4, 6.2.2). Virtual chips are given
 * midstates that no library lets one continue from. Not for checking shares: that is `checker/`.
 */

/** FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const K = firstPrimes(64).map((prime) => fractionBits(Math.cbrt(prime)))
/** FIPS 180-4, 5.3.3: those of the square roots of the first eight primes. */
const INITIAL = Uint32Array.from(firstPrimes(8), (prime) => fractionBits(Math.sqrt(prime)))

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
}

function fractionBits(root: number): number {
  return Math.floor((root % 1) * 2 ** 32)
}

const rotate = (x: number, n: number): number => (x >>> n) | (x << (32 - n))

const schedule = new Int32Array(64)

/** @param words 16 of the message, big-endian numbers @returns 8 words, a fresh array */
function compress(state: Uint32Array, words: ArrayLike<number>): Uint32Array {
  for (let t = 0; t < 16; t++) schedule[t] = words[t]!
  for (let t = 16; t < 64; t++) {
    const x = schedule[t - 15]!
    const y = schedule[t - 2]!
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10)
    schedule[t] = (schedule[t - 16]! + s0 + schedule[t - 7]! + s1) | 0
  }
  let a = state[0]! | 0
  let b = state[1]! | 0
  let c = state[2]! | 0
  let d = state[3]! | 0
  let e = state[4]! | 0
  let f = state[5]! | 0
  let g = state[6]! | 0
  let h = state[7]! | 0
  for (let t = 0; t < 64; t++) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const t1 = (h + sum1 + ((e & f) ^ (~e & g)) + K[t]! + schedule[t]!) | 0
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const t2 = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  return Uint32Array.of(
    state[0]! + a,
    state[1]! + b,
    state[2]! + c,
    state[3]! + d,
    state[4]! + e,
    state[5]! + f,
    state[6]! + g,
    state[7]! + h,
  )
}

const wordsOf = (bytes: Uint8Array): Uint32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i))
}

/** State after the first block of a header. @param start its first 64 bytes @returns 8 words */
export function midstateOf(start: Uint8Array): Uint32Array {
  return compress(INITIAL, wordsOf(start))
}

/**
 * Hashes the rest of a header, twice as Bitcoin does.
 * @param tail header bytes 64 to 75
 * @param nonce the header's number, little endian in its bytes
 * @returns 8 words of the digest: the last one, its bytes reversed, is the top of the hash as people read it
 */
export function hashTail(midstate: Uint32Array, tail: Uint8Array, nonce: number): Uint32Array {
  const block = new Uint32Array(16)
  block.set(wordsOf(tail))
  block[3] = swapBytes(nonce)
  block[4] = 0x80000000
  block[15] = 640
  const inner = compress(midstate, block)
  const second = new Uint32Array(16)
  second.set(inner)
  second[8] = 0x80000000
  second[15] = 256
  return compress(INITIAL, second)
}

/** Words of the hash from its most significant end on, as numbers: bit 31 of the first is the hash's top bit. */
export function topWord(hash: Uint32Array, index = 0): number {
  return swapBytes(hash[7 - index]!)
}

/** Leading zero bits of a hash of `hashTail`, 0 to 256. */
export function leadingZeroBits(hash: Uint32Array): number {
  let zeros = 0
  for (let i = 0; i < 8; i++) {
    const leading = Math.clz32(topWord(hash, i))
    zeros += leading
    if (leading < 32) break
  }
  return zeros
}

function swapBytes(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0
}
