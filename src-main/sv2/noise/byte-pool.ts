/**
 * Small byte arrays cut from larger ones: an array of more than 64 bytes of its own costs several times
 * what a frame costs to seal. A piece is never given out twice; a pool is let go when it is full and lives
 * as long as any of its pieces, so pieces are for what is written or decoded soon.
 */

/** Bytes of one pool: what a piece that is kept can keep alive with it. */
const POOL_LENGTH = 16_384
/** Longer pieces get an array of their own. */
const MAX_PIECE_LENGTH = POOL_LENGTH / 8
/** Up to here a loop over words is faster than the engine's copying. */
const LOOP_LENGTH = 192

/** Copies pieces of one fixed buffer (a kernel's memory) into arrays of their own. */
export class BytePool {
  readonly #source: Uint8Array
  readonly #sourceWords: Int32Array
  #buffer = new ArrayBuffer(0)
  #words = new Int32Array(0)
  #used = POOL_LENGTH

  /** @param source whole words */
  constructor(source: ArrayBuffer) {
    this.#source = new Uint8Array(source)
    this.#sourceWords = new Int32Array(source)
  }

  /** A copy of `length` bytes from `start`, a multiple of 4. */
  copy(start: number, length: number): Uint8Array {
    if (length > MAX_PIECE_LENGTH) return this.#source.slice(start, start + length)
    const at = this.#take(length)
    const piece = new Uint8Array(this.#buffer, at, length)
    if (length > LOOP_LENGTH) piece.set(new Uint8Array(this.#source.buffer, start, length))
    else {
      const words = this.#words
      const from = this.#sourceWords
      const count = (length + 3) >> 2
      for (let i = 0, to = at >> 2, read = start >> 2; i < count; i++) words[to + i] = from[read + i]!
    }
    return piece
  }

  /** @returns a multiple of 4 */
  #take(length: number): number {
    if (this.#used + length + 3 > POOL_LENGTH) {
      this.#buffer = new ArrayBuffer(POOL_LENGTH)
      this.#words = new Int32Array(this.#buffer)
      this.#used = 0
    }
    const at = this.#used
    this.#used = (at + length + 3) & ~3
    return at
  }
}
