/**
 * Who rolls what: gives each rig bytes of extranonce1 such that no two rigs can ever do the same work, whatever
 * layouts they have and whatever pool they work for. Pure bookkeeping.
 *
 * A rig's bytes stand at the end of the rollable ones, behind zeros. Read as one number, most significant byte
 * first, a rig with extranonce1 X and b bytes of extranonce2 does the work of the numbers
 *
 *   X * 256^b  ...  (X + 1) * 256^b - 1
 *
 * however many bytes a pool grants. Two such ranges never overlap because
 * - no X has a first byte of 0, so rigs whose bytes differ in count differ in the length of their numbers;
 * - among rigs with the same count, no X is another one or the beginning of another one.
 * A standard channel rolls nothing and works at the first number of its range.
 */
import { HeadframeError } from '../base/index.ts'
import { type ExtranonceLayout } from './extranonce.ts'

/**
 * Freed values that are remembered, for each count of bytes. Above the count of values of 1 and 2 bytes, so those are
 * reused strictly oldest first; for longer ones the counter takes years to come round and the oldest may be forgotten.
 */
const COOLING_LIMIT = 0x10000
const MAX_EXTRANONCE1_SIZE = 4

/** All rigs behind one proxy. */
export class ExtranoncePlaces {
  /** By bytes of extranonce1 and extranonce2 together. */
  readonly #tiers = new Map<number, Tier>()

  /**
   * A place that overlaps no other. One that was freed comes back only when every other was tried, oldest first:
   * shares of the rig that had it may still be on their way.
   * @returns extranonce1
   * @throws HeadframeError `extranonce/exhausted` if every place of this layout is in use
   */
  take(layout: ExtranonceLayout): Uint8Array {
    return this.#tier(layout).take(layout.extranonce1Size)
  }

  /** Gives a place back. Returns false, and does nothing, if it was not in use. */
  free(extranonce1: Uint8Array, layout: ExtranonceLayout): boolean {
    return extranonce1.length === layout.extranonce1Size && this.#tier(layout).free(extranonce1)
  }

  #tier({ extranonce1Size, extranonce2Size }: ExtranonceLayout): Tier {
    const size = extranonce1Size + extranonce2Size
    let tier = this.#tiers.get(size)
    if (!tier) this.#tiers.set(size, (tier = new Tier()))
    return tier
  }
}

/** Places of one layout alone: values of one size, none of them twice, none with a first byte of 0. */
export class ExtranonceAllocator {
  readonly #size: number
  readonly #tier = new Tier()

  /**
   * @param size bytes, 1 to 4
   * @throws RangeError for another size
   */
  constructor(size: number) {
    requireSize(size)
    this.#size = size
  }

  /** Values in use. */
  get liveCount(): number {
    return this.#tier.liveCount
  }

  /**
   * A value of `size` bytes that nobody else has.
   * @throws HeadframeError `extranonce/exhausted` if every value is in use
   */
  allocate(): Uint8Array {
    return this.#tier.take(this.#size)
  }

  /** Gives a value back. Returns false, and does nothing, if it was not in use. */
  free(extranonce1: Uint8Array): boolean {
    return extranonce1.length === this.#size && this.#tier.free(extranonce1)
  }
}

/** Values of 1 to 4 bytes of which none is the beginning of another. A value and its size are one key. */
class Tier {
  readonly #live = new Set<number>()
  /** Insertion order is the order of release. */
  readonly #cooling = new Set<number>()
  /** How many values, live or cooling, begin with a shorter one. */
  readonly #beneath = new Map<number, number>()
  /** Values by size, live or cooling. */
  readonly #counts = [0, 0, 0, 0, 0]
  /** Where the search goes on, by size. */
  readonly #next = [0, 1, 0x100, 0x10000, 0x1000000]

  get liveCount(): number {
    return this.#live.size
  }

  take(size: number): Uint8Array {
    requireSize(size)
    const value = this.#fresh(size) ?? this.#oldestFreed(size) ?? this.#freshAtOthersCost(size)
    if (value === undefined) {
      throw new HeadframeError(
        'extranonce/exhausted',
        `All ${end(size) - first(size)} extranonces of ${size} bytes are in use: disconnect rigs, or disable the pool that grants so few bytes.`,
        { context: { size, live: this.#live.size } },
      )
    }
    const key = keyOf(value, size)
    if (!this.#cooling.delete(key)) this.#occupy(value, size, 1)
    this.#live.add(key)
    const bytes = new Uint8Array(size)
    for (let i = 0; i < size; i++) bytes[i] = (value / 0x100 ** (size - 1 - i)) & 0xff
    return bytes
  }

  free(bytes: Uint8Array): boolean {
    let value = 0
    for (const byte of bytes) value = value * 0x100 + byte
    const key = keyOf(value, bytes.length)
    if (!this.#live.delete(key)) return false
    this.#cooling.add(key)
    if (this.#cooling.size > COOLING_LIMIT) this.#forget(this.#cooling.values().next().value!)
    return true
  }

  /** The next value that overlaps nothing live or cooling, or undefined if there is none. */
  #fresh(size: number): number | undefined {
    if (this.#counts[size]! >= end(size) - first(size)) return undefined
    const start = this.#next[size]!
    let value = start
    let wrapped = false
    for (;;) {
      const skipTo = this.#pastWhatOverlaps(value, size)
      if (skipTo === undefined) break
      value = skipTo
      if (value >= end(size)) {
        if (wrapped) return undefined
        wrapped = true
        value = first(size)
      }
      if (wrapped && value >= start) return undefined
    }
    this.#next[size] = value + 1 === end(size) ? first(size) : value + 1
    return value
  }

  /** The first value after all that `value` overlaps with; undefined if it overlaps nothing. */
  #pastWhatOverlaps(value: number, size: number): number | undefined {
    for (let shorter = 1; shorter < size; shorter++) {
      const span = 0x100 ** (size - shorter)
      const beginning = Math.floor(value / span)
      if (this.#isTaken(keyOf(beginning, shorter))) return (beginning + 1) * span
    }
    const key = keyOf(value, size)
    return this.#isTaken(key) || this.#beneath.has(key) ? value + 1 : undefined
  }

  #isTaken(key: number): boolean {
    return this.#live.has(key) || this.#cooling.has(key)
  }

  #oldestFreed(size: number): number | undefined {
    for (const key of this.#cooling) if (sizeOf(key) === size) return valueOf(key)
    return undefined
  }

  /** When there is nothing else, values of other sizes need not cool any longer. */
  #freshAtOthersCost(size: number): number | undefined {
    if (this.#cooling.size === 0) return undefined
    for (const key of [...this.#cooling]) this.#forget(key)
    return this.#fresh(size)
  }

  #forget(key: number): void {
    this.#cooling.delete(key)
    this.#occupy(valueOf(key), sizeOf(key), -1)
  }

  #occupy(value: number, size: number, change: 1 | -1): void {
    this.#counts[size]! += change
    for (let shorter = 1; shorter < size; shorter++) {
      const key = keyOf(Math.floor(value / 0x100 ** (size - shorter)), shorter)
      const count = (this.#beneath.get(key) ?? 0) + change
      if (count === 0) this.#beneath.delete(key)
      else this.#beneath.set(key, count)
    }
  }
}

/** Smallest value of a size, and one above the largest. */
const first = (size: number): number => 0x100 ** (size - 1)
const end = (size: number): number => 0x100 ** size

const keyOf = (value: number, size: number): number => value * 8 + size
const sizeOf = (key: number): number => key % 8
const valueOf = (key: number): number => Math.floor(key / 8)

function requireSize(size: number): void {
  if (!Number.isInteger(size) || size < 1 || size > MAX_EXTRANONCE1_SIZE) {
    throw new RangeError('extranonce1 has 1 to 4 bytes')
  }
}
