/**
 * Roll-ups: what a metric came to in each slot of time, as sum, count, lowest and highest. Pure. Slots merge in any order
 * and grouping to the same figures, so it does not matter when a sample is folded; sums are exact because values and
 * their number are bounded. Where slots are kept is `series_blocks` (`store.ts`); this module also packs them for it.
 *
 * A packed table of slots is a block (`blocks.ts`) of five columns. The first has an entry for every slot, the others one
 * for every slot that holds something:
 *
 *     counts   null for an empty slot
 *     means    sum / count, cut toward zero
 *     rests    sum - mean * count: what the cut left over
 *     lows     mean - lowest, 0 or more
 *     highs    highest - mean, 0 or more
 *
 * Means wander slowly and the other three are small, so all pack well; the sum itself would swing by a whole value
 * whenever a slot gets one sample more or less.
 */
import { err, ok, type Result } from '../../base/index.ts'
import { openBlock, sealBlock } from './blocks.ts'
import { type ColumnDamage, decodeNumbers, encodeColumn } from './columns.ts'

export const SECOND_MS = 1000
export const MINUTE_MS = 60_000
export const FIVE_MINUTES_MS = 5 * MINUTE_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** Figures beyond this are not recorded: as a hashrate 10 PH/s, far above any rig. */
export const VALUE_LIMIT = 1e12
/** Samples of one source in an hour: one a second, and again after a clock was set back. More are not recorded. */
export const SAMPLES_PER_HOUR = 7200
/**
 * What the figures of one metric come to in an hour at most, signs left aside; figures that would lead beyond are not
 * recorded. A day then comes to no more than 24 times this, which is a safe integer, so that its sum is exact.
 */
export const HOUR_SUM_LIMIT = Math.floor(Number.MAX_SAFE_INTEGER / 24)

/** A span of `series_blocks` that holds slots. */
export interface SlotSpan {
  /** `series_blocks.span`. */
  readonly id: number
  readonly slotMs: number
  /** Slots in a block. */
  readonly slots: number
  /** Blocks start at whole multiples of this since the epoch (UTC). */
  readonly blockMs: number
}

/** `series_blocks.span` of samples as they came; their blocks are hours. */
export const RAW_SPAN = 0
export const FIVE_MINUTES: SlotSpan = { id: 1, slotMs: FIVE_MINUTES_MS, slots: 288, blockMs: DAY_MS }
export const HOURS: SlotSpan = { id: 2, slotMs: HOUR_MS, slots: 768, blockMs: 32 * DAY_MS }

/** What a metric came to in one slot. */
export interface Slot {
  readonly sum: number
  /** At least 1. */
  readonly count: number
  readonly min: number
  readonly max: number
}

/** A row of slots side by side, each of which may be empty. Grows by adding; nothing is ever taken out. */
export class Slots {
  readonly length: number
  readonly sums: Float64Array
  /** 0 for an empty slot. */
  readonly counts: Float64Array
  /** Infinity for an empty slot. */
  readonly mins: Float64Array
  /** -Infinity for an empty slot. */
  readonly maxs: Float64Array

  constructor(length: number) {
    this.length = length
    this.sums = new Float64Array(length)
    this.counts = new Float64Array(length)
    this.mins = new Float64Array(length).fill(Infinity)
    this.maxs = new Float64Array(length).fill(-Infinity)
  }

  add(index: number, value: number): void {
    this.merge(index, value, 1, value, value)
  }

  merge(index: number, sum: number, count: number, min: number, max: number): void {
    this.sums[index]! += sum
    this.counts[index]! += count
    if (min < this.mins[index]!) this.mins[index] = min
    if (max > this.maxs[index]!) this.maxs[index] = max
  }

  /** Adds slot `from` of `other`, if it holds something. */
  mergeFrom(index: number, other: Slots, from: number): void {
    const count = other.counts[from]!
    if (count > 0) this.merge(index, other.sums[from]!, count, other.mins[from]!, other.maxs[from]!)
  }

  /** Adds every slot of a row of the same length. */
  mergeAll(other: Slots): void {
    for (let i = 0; i < this.length; i++) this.mergeFrom(i, other, i)
  }

  /** Undefined for an empty slot. */
  at(index: number): Slot | undefined {
    const count = this.counts[index]!
    if (count === 0) return undefined
    return { sum: this.sums[index]!, count, min: this.mins[index]!, max: this.maxs[index]! }
  }
}

/** Slots of one metric, gathered by the blocks of a span that they fall into. */
export class SlotBlocks {
  readonly span: SlotSpan
  /** By the start of the block, epoch milliseconds. */
  readonly blocks = new Map<number, Slots>()

  constructor(span: SlotSpan) {
    this.span = span
  }

  /** Counts a value in the slot of its moment. */
  add(atMs: number, value: number): void {
    this.merge(atMs, value, 1, value, value)
  }

  merge(atMs: number, sum: number, count: number, min: number, max: number): void {
    const { blockMs, slotMs, slots } = this.span
    const start = Math.floor(atMs / blockMs) * blockMs
    let block = this.blocks.get(start)
    if (block === undefined) {
      block = new Slots(slots)
      this.blocks.set(start, block)
    }
    block.merge(Math.floor((atMs - start) / slotMs), sum, count, min, max)
  }

  /** Calls `visit` with every slot that holds something and where it starts, epoch milliseconds. */
  forEach(visit: (startMs: number, slot: Slot) => void): void {
    for (const [start, block] of this.blocks) {
      for (let i = 0; i < block.length; i++) {
        const slot = block.at(i)
        if (slot !== undefined) visit(start + i * this.span.slotMs, slot)
      }
    }
  }
}

/** The same slots, gathered into the longer ones of another span. */
export function widen(from: SlotBlocks, span: SlotSpan): SlotBlocks {
  const wide = new SlotBlocks(span)
  from.forEach((startMs, { sum, count, min, max }) => wide.merge(startMs, sum, count, min, max))
  return wide
}

/** Slots by the UTC day since the epoch that they lie in. */
export function daysOf(from: SlotBlocks): Map<number, Slot> {
  const days = new Map<number, Slot>()
  from.forEach((startMs, slot) => {
    const day = Math.floor(startMs / DAY_MS)
    const before = days.get(day)
    days.set(day, before === undefined ? slot : mergedSlots(before, slot))
  })
  return days
}

export function mergedSlots(a: Slot, b: Slot): Slot {
  return {
    sum: a.sum + b.sum,
    count: a.count + b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  }
}

/** The block that a row of slots is kept as; the layout is in the module's header. */
export function packSlots(slots: Slots): Uint8Array {
  const counts: (number | null)[] = []
  const means: number[] = []
  const rests: number[] = []
  const lows: number[] = []
  const highs: number[] = []
  for (let i = 0; i < slots.length; i++) {
    const count = slots.counts[i]!
    if (count === 0) {
      counts.push(null)
      continue
    }
    const sum = slots.sums[i]!
    const mean = Math.trunc(sum / count)
    counts.push(count)
    means.push(mean)
    rests.push(sum - mean * count)
    lows.push(mean - slots.mins[i]!)
    highs.push(slots.maxs[i]! - mean)
  }
  return sealBlock([counts, means, rests, lows, highs].map((column) => encodeColumn(column)))
}

/** What `packSlots` packed; damage also if it is not `length` slots or a slot contradicts itself. Never throws. */
export function unpackSlots(bytes: Uint8Array, length: number): Result<Slots, ColumnDamage> {
  const slots = new Slots(length)
  const damage = pourSlots(bytes, length, (index, sum, count, min, max) =>
    slots.merge(index, sum, count, min, max),
  )
  return damage === undefined ? ok(slots) : err(damage)
}

/**
 * Gives every slot of a packed row that holds something to `take`, without a row in between: for charts of many rows.
 * @returns damage, found before anything is given
 */
export function pourSlots(
  bytes: Uint8Array,
  length: number,
  take: (index: number, sum: number, count: number, min: number, max: number) => void,
): ColumnDamage | undefined {
  const opened = openBlock(bytes)
  if (!opened.ok) return opened.error
  if (opened.value.length !== 5) return damage('not a block of slots')
  const columns: Float64Array[] = []
  for (const column of opened.value) {
    const decoded = decodeNumbers(column)
    if (!decoded.ok) return decoded.error
    columns.push(decoded.value)
  }
  const [counts, means, rests, lows, highs] = columns as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  if (counts.length !== length) return damage('not as many slots as the span has')
  let held = 0
  for (let i = 0; i < length; i++) {
    const count = counts[i]!
    if (Number.isNaN(count)) continue
    // Sums take the place of rests. Comparisons are false for NaN too, where a column is too short.
    const sum = means[held]! * count + rests[held]!
    if (!(count > 0 && sum <= Number.MAX_SAFE_INTEGER && sum >= -Number.MAX_SAFE_INTEGER)) {
      return damage('a slot that contradicts itself')
    }
    if (!(lows[held]! + highs[held]! >= 0)) return damage('a slot that contradicts itself')
    rests[held++] = sum
  }
  for (const column of [means, rests, lows, highs]) {
    if (column.length !== held) return damage('columns of different length')
  }
  let next = 0
  for (let i = 0; i < length; i++) {
    const count = counts[i]!
    if (Number.isNaN(count)) continue
    const mean = means[next]!
    take(i, rests[next]!, count, mean - lows[next]!, mean + highs[next]!)
    next++
  }
  return undefined
}

function damage(reason: string): ColumnDamage {
  return { kind: 'damaged', reason }
}
