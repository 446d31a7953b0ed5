/**
 * ChaCha20 (RFC 8439), four blocks at once: every vector holds the same word of four blocks. AssemblyScript.
 *
 * Rotations by 16 are a shuffle and the others two shifts and an or: V8 builds the mask of a byte shuffle
 * anew each time it is used.
 */

/** 32 bytes; the host writes them. */
export const KEY: usize = 0
/** Four blocks of 64 bytes. */
export const KEYSTREAM: usize = 128

@inline
function rotate16(x: v128): v128 {
  return i8x16.shuffle(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
}

@inline
function rotate12(x: v128): v128 {
  return v128.or(i32x4.shl(x, 12), i32x4.shr_u(x, 20))
}

@inline
function rotate8(x: v128): v128 {
  return v128.or(i32x4.shl(x, 8), i32x4.shr_u(x, 24))
}

@inline
function rotate7(x: v128): v128 {
  return v128.or(i32x4.shl(x, 7), i32x4.shr_u(x, 25))
}

@inline
function keyWord(index: usize): v128 {
  return v128.load_splat<u32>(KEY + 4 * index)
}

/** Turns four words of four blocks into 16 bytes of each block, and stores them 64 bytes apart. */
@inline
function storeWords(at: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab01 = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
  const ab23 = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
  const cd01 = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
  const cd23 = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
  v128.store(at, v128.shuffle<i64>(ab01, cd01, 0, 2))
  v128.store(at + 64, v128.shuffle<i64>(ab01, cd01, 1, 3))
  v128.store(at + 128, v128.shuffle<i64>(ab23, cd23, 0, 2))
  v128.store(at + 192, v128.shuffle<i64>(ab23, cd23, 1, 3))
}

/**
 * Writes four blocks to KEYSTREAM. The lanes say which: block counters, and the low and high halves of the
 * message counters that are their nonces.
 */
export function makeKeystream(blocks: v128, nonceLow: v128, nonceHigh: v128): void {
  let x0 = i32x4.splat(0x61707865)
  let x1 = i32x4.splat(0x3320646e)
  let x2 = i32x4.splat(0x79622d32)
  let x3 = i32x4.splat(0x6b206574)
  let x4 = keyWord(0)
  let x5 = keyWord(1)
  let x6 = keyWord(2)
  let x7 = keyWord(3)
  let x8 = keyWord(4)
  let x9 = keyWord(5)
  let x10 = keyWord(6)
  let x11 = keyWord(7)
  let x12 = blocks
  let x13 = i32x4.splat(0)
  let x14 = nonceLow
  let x15 = nonceHigh

  // Quarter rounds are written out: the language has neither macros nor functions with several results.
  for (let round = 0; round < 20; round += 2) {
    // Columns.
    x0 = i32x4.add(x0, x4)
    x12 = rotate16(v128.xor(x12, x0))
    x8 = i32x4.add(x8, x12)
    x4 = rotate12(v128.xor(x4, x8))
    x0 = i32x4.add(x0, x4)
    x12 = rotate8(v128.xor(x12, x0))
    x8 = i32x4.add(x8, x12)
    x4 = rotate7(v128.xor(x4, x8))

    x1 = i32x4.add(x1, x5)
    x13 = rotate16(v128.xor(x13, x1))
    x9 = i32x4.add(x9, x13)
    x5 = rotate12(v128.xor(x5, x9))
    x1 = i32x4.add(x1, x5)
    x13 = rotate8(v128.xor(x13, x1))
    x9 = i32x4.add(x9, x13)
    x5 = rotate7(v128.xor(x5, x9))

    x2 = i32x4.add(x2, x6)
    x14 = rotate16(v128.xor(x14, x2))
    x10 = i32x4.add(x10, x14)
    x6 = rotate12(v128.xor(x6, x10))
    x2 = i32x4.add(x2, x6)
    x14 = rotate8(v128.xor(x14, x2))
    x10 = i32x4.add(x10, x14)
    x6 = rotate7(v128.xor(x6, x10))

    x3 = i32x4.add(x3, x7)
    x15 = rotate16(v128.xor(x15, x3))
    x11 = i32x4.add(x11, x15)
    x7 = rotate12(v128.xor(x7, x11))
    x3 = i32x4.add(x3, x7)
    x15 = rotate8(v128.xor(x15, x3))
    x11 = i32x4.add(x11, x15)
    x7 = rotate7(v128.xor(x7, x11))

    // Diagonals.
    x0 = i32x4.add(x0, x5)
    x15 = rotate16(v128.xor(x15, x0))
    x10 = i32x4.add(x10, x15)
    x5 = rotate12(v128.xor(x5, x10))
    x0 = i32x4.add(x0, x5)
    x15 = rotate8(v128.xor(x15, x0))
    x10 = i32x4.add(x10, x15)
    x5 = rotate7(v128.xor(x5, x10))

    x1 = i32x4.add(x1, x6)
    x12 = rotate16(v128.xor(x12, x1))
    x11 = i32x4.add(x11, x12)
    x6 = rotate12(v128.xor(x6, x11))
    x1 = i32x4.add(x1, x6)
    x12 = rotate8(v128.xor(x12, x1))
    x11 = i32x4.add(x11, x12)
    x6 = rotate7(v128.xor(x6, x11))

    x2 = i32x4.add(x2, x7)
    x13 = rotate16(v128.xor(x13, x2))
    x8 = i32x4.add(x8, x13)
    x7 = rotate12(v128.xor(x7, x8))
    x2 = i32x4.add(x2, x7)
    x13 = rotate8(v128.xor(x13, x2))
    x8 = i32x4.add(x8, x13)
    x7 = rotate7(v128.xor(x7, x8))

    x3 = i32x4.add(x3, x4)
    x14 = rotate16(v128.xor(x14, x3))
    x9 = i32x4.add(x9, x14)
    x4 = rotate12(v128.xor(x4, x9))
    x3 = i32x4.add(x3, x4)
    x14 = rotate8(v128.xor(x14, x3))
    x9 = i32x4.add(x9, x14)
    x4 = rotate7(v128.xor(x4, x9))
  }

  storeWords(
    KEYSTREAM,
    i32x4.add(x0, i32x4.splat(0x61707865)),
    i32x4.add(x1, i32x4.splat(0x3320646e)),
    i32x4.add(x2, i32x4.splat(0x79622d32)),
    i32x4.add(x3, i32x4.splat(0x6b206574)),
  )
  storeWords(
    KEYSTREAM + 16,
    i32x4.add(x4, keyWord(0)),
    i32x4.add(x5, keyWord(1)),
    i32x4.add(x6, keyWord(2)),
    i32x4.add(x7, keyWord(3)),
  )
  storeWords(
    KEYSTREAM + 32,
    i32x4.add(x8, keyWord(4)),
    i32x4.add(x9, keyWord(5)),
    i32x4.add(x10, keyWord(6)),
    i32x4.add(x11, keyWord(7)),
  )
  storeWords(
    KEYSTREAM + 48,
    i32x4.add(x12, blocks),
    x13,
    i32x4.add(x14, nonceLow),
    i32x4.add(x15, nonceHigh),
  )
}
