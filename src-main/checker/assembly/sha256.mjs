/**
 * The SHA-256 compression function, written out for a dialect. Governed by FIPS 180-4, 4.1.2, 4.2.2, 5.3.3
 * and 6.2.2; names are those of that document.
 */
import { call, i32, I32, local, Locals, repeatWhile } from './wasm-writer.mjs'

// prettier-ignore
export const K = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]

// prettier-ignore
export const INITIAL_HASH = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]

/** The whole message schedule of a block of 16 words, the round constants added. */
export function addedSchedule(block) {
  const rotr = (x, bits) => (x >>> bits) | (x << (32 - bits))
  const w = [...block]
  for (let t = 16; t < 64; t++) {
    const s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ (w[t - 15] >>> 3)
    const s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ (w[t - 2] >>> 10)
    w.push((w[t - 16] + s0 + w[t - 7] + s1) | 0)
  }
  return w.map((word, t) => (word + K[t]) >>> 0)
}

/**
 * Working variables and rounds of one function. Nothing moves between rounds: the names a to h rotate over
 * eight locals, which come back to their places after eight rounds.
 */
class Rounds {
  #d
  #variables
  /** b xor c of this round is a xor b of the one before: one operation of Maj saved. */
  #pairs
  #sum

  constructor(dialect, locals) {
    this.#d = dialect
    this.#variables = Array.from({ length: 8 }, () => locals.add(dialect.valueType))
    this.#pairs = [locals.add(dialect.valueType), locals.add(dialect.valueType)]
    this.#sum = locals.add(dialect.valueType)
  }

  begin(stateAt) {
    const { load, xor } = this.#d
    const [, b, c] = this.#variables
    return [
      this.#variables.map((variable, i) => local.set(variable, load(stateAt + 16 * i))),
      local.set(this.#pairs[0], xor(local.get(b), local.get(c))),
    ]
  }

  /** Round t, given K + W of it. `t` is needed modulo 8 only. */
  round(t, addend) {
    const { add, and, xor, rotr } = this.#d
    const [a, b, , d, e, f, g, h] = this.#variables.map((_, i) => this.#variables[(i + 8 - (t % 8)) % 8])
    const bc = this.#pairs[t % 2]
    const ab = this.#pairs[(t + 1) % 2]
    const sigma = (x, i, j, k) => xor(xor(rotr(x, i), rotr(x, j)), rotr(x, k))
    const get = local.get
    const choice = xor(get(g), and(get(e), xor(get(f), get(g))))
    const majority = xor(get(b), and(local.tee(ab, xor(get(a), get(b))), get(bc)))
    return [
      local.set(this.#sum, add(add(add(get(h), addend), choice), sigma(e, 6, 11, 25))),
      local.set(d, add(get(d), get(this.#sum))),
      local.set(h, add(add(get(this.#sum), majority), sigma(a, 2, 13, 22))),
    ]
  }

  end(stateAt) {
    const { add, load, store } = this.#d
    return this.#variables.map((variable, i) =>
      store(stateAt + 16 * i, add(load(stateAt + 16 * i), local.get(variable))),
    )
  }
}

/** Bytes from one round constant to the next; they lie there once for each lane. */
const ENTRY = 16

/**
 * A function that compresses the block at `messageAt` into the state at `stateAt`. It uses up the block.
 *
 * Sixteen rounds to a turn of the loop: the window of the schedule then lies at fixed addresses, and the
 * code (about 9 KiB) stays in the processor's cache of decoded instructions. Fully unrolled, or with the
 * window in locals, it was measured 10 to 20 % slower.
 */
export function compress(dialect, { stateAt, messageAt, roundConstantsAt }) {
  const { add, xor, rotr, shr, load, store, valueType } = dialect
  const locals = new Locals(dialect.laneParams)
  const rounds = new Rounds(dialect, locals)
  const [oldest, early, late, word] = Array.from({ length: 4 }, () => locals.add(valueType))
  const pointer = locals.add(I32)
  const window = (t) => messageAt + 16 * (t % 16)
  const all16 = Array.from({ length: 16 }, (_, t) => t)

  /** W(t). What is W(t - 15) now is W(t - 16) in the next round: one load saved. */
  const scheduled = (t) => {
    const s0 = xor(xor(rotr(early, 7), rotr(early, 18)), shr(early, 3))
    const s1 = xor(xor(rotr(late, 17), rotr(late, 19)), shr(late, 10))
    return [
      local.set(early, load(window(t + 1))),
      local.set(late, load(window(t + 14))),
      local.set(word, add(add(local.get(oldest), s0), add(load(window(t + 9)), s1))),
      store(window(t), local.get(word)),
      local.set(oldest, local.get(early)),
    ]
  }

  const code = [
    rounds.begin(stateAt),
    all16.map((t) => rounds.round(t, add(load(window(t)), load(roundConstantsAt + ENTRY * t)))),
    local.set(oldest, load(window(0))),
    local.set(pointer, i32.const(16 * ENTRY)),
    repeatWhile(
      i32.ltU(local.tee(pointer, i32.add(local.get(pointer), i32.const(16 * ENTRY))), i32.const(64 * ENTRY)),
      all16.map((t) => [
        scheduled(t),
        rounds.round(t, add(local.get(word), load(roundConstantsAt + ENTRY * t, local.get(pointer)))),
      ]),
    ),
    rounds.end(stateAt),
  ]
  return { params: dialect.laneParams, results: [], locals: locals.types, code }
}

/**
 * A function that compresses a block known beforehand, the same in all lanes, into the state at `stateAt`.
 * Its parameter is the address of the block's `addedSchedule`: a third of the work is done already.
 */
export function compressKnown(dialect, { stateAt }) {
  const params = [...dialect.laneParams, I32]
  const schedule = dialect.laneParams.length
  const locals = new Locals(params)
  const rounds = new Rounds(dialect, locals)
  const end = locals.add(I32)
  const code = [
    rounds.begin(stateAt),
    local.set(end, i32.add(local.get(schedule), i32.const(256))),
    repeatWhile(
      i32.ltU(local.tee(schedule, i32.add(local.get(schedule), i32.const(8 * 4))), local.get(end)),
      Array.from({ length: 8 }, (_, t) => rounds.round(t, dialect.shared(4 * t, local.get(schedule)))),
    ),
    rounds.end(stateAt),
  ]
  return { params, results: [], locals: locals.types, code }
}

/**
 * A function that replaces the state at `stateAt` by the SHA-256 of its 32 bytes: the second half of every
 * SHA256d.
 */
export function hashDigest(dialect, { stateAt, messageAt, initialHashAt, compressIndex }) {
  const { load, store, shared, constant } = dialect
  const words = Array.from({ length: 8 }, (_, i) => i)
  const code = [
    words.map((i) => store(messageAt + 16 * i, load(stateAt + 16 * i))),
    paddingWords(8, 32).map((word, i) => store(messageAt + 16 * (8 + i), constant(word))),
    words.map((i) => store(stateAt + 16 * i, shared(initialHashAt + 4 * i))),
    call(compressIndex, dialect.laneArgs),
  ]
  return { params: dialect.laneParams, results: [], locals: [], code }
}

/** Words that end the last block: the one bit, zeros, and the length. `used` words of the block are message. */
export function paddingWords(used, messageBytes) {
  const words = new Array(16 - used).fill(0)
  words[0] = 0x80000000
  words[words.length - 1] = messageBytes * 8
  return words
}
