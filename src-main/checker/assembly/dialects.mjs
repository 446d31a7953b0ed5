/**
 * The two ways in which the kernel's functions are written out: four lanes at once in 128-bit vectors, or
 * one lane in plain 32-bit integers. Everything above speaks this small vocabulary, so that both versions
 * come from one description and cannot drift apart.
 *
 * Words of the lanes lie side by side: word i of lane l is at `area + 16 i + 4 l`. Both dialects use this
 * layout; the scalar functions take the lane's byte offset (4 l) as their first parameter.
 */
import { i32, I32, local, v128, V128 } from './wasm-writer.mjs'

const REVERSED_WORDS = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]

/** WebAssembly's vectors have no rotation: two shifts, joined by the xor that follows anyway. */
const turned = (x, bits) => v128.xor(v128.shrU(local.get(x), bits), v128.shl(local.get(x), 32 - bits))

export const group = {
  suffix: 'Group',
  valueType: V128,
  lanes: 4,
  /** Parameters that come before a function's own, and the arguments to pass on in a call. */
  laneParams: [],
  laneArgs: [],
  constant: (word) => v128.const([word, word, word, word]),
  /** A word of each lane. `pointer` is an expression added to the address. */
  load: (at, pointer = i32.const(0)) => v128.load(pointer, at),
  store: (at, value) => v128.store(i32.const(0), at, value),
  /** One word in memory that all lanes share. */
  shared: (at, pointer = i32.const(0)) => v128.loadSplat(pointer, at),
  add: v128.add,
  and: v128.and,
  xor: v128.xor,
  /** These take the number of a local, because they use its value several times. */
  rotr: turned,
  shr: (x, bits) => v128.shrU(local.get(x), bits),
  swapBytes: (x) => v128.shuffleBytes(local.get(x), local.get(x), REVERSED_WORDS),
  /** `first` for lane 0, `first + 1` for lane 1 and so on. */
  successive: (first) => v128.add(v128.splat(first), v128.const([0, 1, 2, 3])),
  /** Whether the word of any lane is at most `bound`, both unsigned. */
  anyAtMost: (value, bound) => v128.anyTrue(v128.leU(value, bound)),
  /** Writes the words of local `x` into records of 32 bytes, one a lane. */
  scatter: (at, x) =>
    [0, 1, 2, 3].map((lane) => v128.storeLane(i32.const(0), at + 32 * lane, local.get(x), lane)),
}

const LANE = local.get(0)

export const single = {
  suffix: 'Lane',
  valueType: I32,
  lanes: 1,
  laneParams: [I32],
  laneArgs: [LANE],
  constant: i32.const,
  load: (at, pointer) => i32.load(pointer === undefined ? LANE : i32.add(pointer, LANE), at),
  store: (at, value) => i32.store(LANE, at, value),
  shared: (at, pointer = i32.const(0)) => i32.load(pointer, at),
  add: i32.add,
  and: i32.and,
  xor: i32.xor,
  rotr: (x, bits) => i32.rotr(local.get(x), bits),
  shr: (x, bits) => i32.shrU(local.get(x), bits),
  swapBytes: (x) =>
    i32.or(
      i32.and(i32.rotr(local.get(x), 24), i32.const(0x00ff00ff)),
      i32.and(i32.rotr(local.get(x), 8), i32.const(0xff00ff00)),
    ),
  successive: (first) => first,
  anyAtMost: i32.leU,
  scatter: (at, x) => i32.store(i32.shl(LANE, 3), at, local.get(x)),
}
