/**
 * The headers already offered for a job, by their hashes: how duplicates are found. Not a verdict.
 *
 * Sixteen bytes of each hash are kept (a false duplicate needs 2^64 shares of one job), in open-addressed
 * tables without allocation per share. Tables are small and several, so that growing never moves more than
 * 32,768 entries in one go: a table that is full stays as it is, and a new one begins.
 *
 * The limit: eight tables of 131,072 headers, about 32 MiB for a job. Then the oldest table is forgotten,
 * and a repetition of a share that old passes here; the upstream will reject it as a duplicate. Memory is
 * bounded by the shares really checked: a job nobody mines on has no table.
 */

const KEY_WORDS = 4
const KEY_SHIFT = 2
const FIRST_TABLE_SLOTS = 64
const GROWTH = 4

export interface SeenHeadersLimits {
  /** 64 times a power of 4. Half of the slots are filled before a table counts as full. */
  readonly slotsPerTable: number
  readonly tables: number
}

const DEFAULT_LIMITS: SeenHeadersLimits = { slotsPerTable: 262_144, tables: 8 }

export class SeenHeaders {
  readonly #seed0: number
  readonly #seed1: number
  readonly #limits: SeenHeadersLimits
  /** Newest first. A free slot is all zeros; a hash that begins with 16 zero bytes is never found again. */
  readonly #tables: Int32Array[] = []
  #sizeOfNewest = 0

  /**
   * @param seed0 a secret 32-bit number; with `seed1` it decides where hashes go, so that nobody can search
   *   for shares that crowd one slot
   */
  constructor(seed0: number, seed1: number, limits: SeenHeadersLimits = DEFAULT_LIMITS) {
    this.#seed0 = seed0 | 1
    this.#seed1 = seed1 | 1
    this.#limits = limits
  }

  /**
   * Remembers a hash.
   * @param words the hash's bytes as 32-bit words; four of them from `offset` on are used
   * @returns false if it was there already: a duplicate
   */
  add(words: Int32Array, offset: number): boolean {
    const table = this.#tableWithRoom()
    for (let i = 1; i < this.#tables.length; i++) {
      if (this.#find(this.#tables[i]!, words, offset) < 0) return false
    }
    const slot = this.#find(table, words, offset)
    if (slot < 0) return false
    copyKey(table, slot, words, offset)
    this.#sizeOfNewest++
    return true
  }

  /**
   * Index of the first word of the free slot where the key belongs, or -1 if the key is there. Keys are
   * handed on as array and offset, never word by word: numbers of 32 bits might be boxed on the way.
   */
  #find(table: Int32Array, words: Int32Array, offset: number): number {
    const w0 = words[offset]!
    const w1 = words[offset + 1]!
    const w2 = words[offset + 2]!
    const w3 = words[offset + 3]!
    const mask = table.length - 1
    const mixed = (Math.imul(w0, this.#seed0) + Math.imul(w1, this.#seed1)) | 0
    // The upper bits of a product are the well-mixed ones.
    let slot = ((mixed ^ (mixed >>> 15)) << KEY_SHIFT) & mask
    for (;;) {
      const k0 = table[slot]!
      const k1 = table[slot + 1]!
      const k2 = table[slot + 2]!
      const k3 = table[slot + 3]!
      if ((k0 | k1 | k2 | k3) === 0) return slot
      if (k0 === w0 && k1 === w1 && k2 === w2 && k3 === w3) return -1
      slot = (slot + KEY_WORDS) & mask
    }
  }

  #tableWithRoom(): Int32Array {
    const newest = this.#tables[0]
    if (!newest) return this.#begin(FIRST_TABLE_SLOTS)
    const slots = newest.length / KEY_WORDS
    if (this.#sizeOfNewest * 2 < slots) return newest
    if (slots >= this.#limits.slotsPerTable) return this.#begin(FIRST_TABLE_SLOTS)
    const grown = new Int32Array(newest.length * GROWTH)
    for (let at = 0; at < newest.length; at += KEY_WORDS) {
      const isFree = (newest[at]! | newest[at + 1]! | newest[at + 2]! | newest[at + 3]!) === 0
      if (!isFree) copyKey(grown, this.#find(grown, newest, at), newest, at)
    }
    this.#tables[0] = grown
    return grown
  }

  #begin(slots: number): Int32Array {
    const table = new Int32Array(slots * KEY_WORDS)
    this.#tables.unshift(table)
    if (this.#tables.length > this.#limits.tables) this.#tables.pop()
    this.#sizeOfNewest = 0
    return table
  }
}

function copyKey(table: Int32Array, slot: number, words: Int32Array, offset: number): void {
  table[slot] = words[offset]!
  table[slot + 1] = words[offset + 1]!
  table[slot + 2] = words[offset + 2]!
  table[slot + 3] = words[offset + 3]!
}
