/**
 * How a report's time is divided. Leaves are the finest pieces that amounts are rounded to (local days; hours where the
 * report is by the hour); rows are the buckets that were asked for, each a run of leaves. Slots of the inputs fall into
 * leaves: mostly whole, and in parts where a local edge cuts them (zones with half hours), taken as evenly used.
 */
import { HeadframeError } from '../../base/index.ts'
import { type SlotRange } from '../power/power-line.ts'
import { localEdges } from '../tariff/days.ts'
import { ZoneClock } from '../tariff/zone-clock.ts'
import { type ReportInputs } from './inputs.ts'

/** More than a screen can show or a table be read: 10 years of days. */
const MOST_ROWS = 4000
/** 60 years of days. */
const MOST_LEAVES = 22_000

export interface Leaf {
  readonly fromMs: number
  /** Not included; cut by the report's range. */
  readonly toMs: number
  /** Local date of its start, whole days since 1970-01-01. */
  readonly day: number
}

export interface Row {
  readonly fromMs: number
  readonly toMs: number
  readonly firstLeaf: number
  /** Not included. */
  readonly endLeaf: number
}

/** Part of a slot. */
export interface Part {
  readonly leaf: number
  readonly fromMs: number
  readonly toMs: number
}

export interface Grid {
  readonly clock: ZoneClock
  readonly leaves: readonly Leaf[]
  readonly rows: readonly Row[]
  readonly slots: SlotRange
  /** By slot: its leaf, or -1 where it is in `cut`. */
  readonly leafOfSlot: Int32Array
  /** By slot: the parts of one that an edge cuts, or that the range does. */
  readonly cut: ReadonlyMap<number, readonly Part[]>
  /** Of what has happened: the earlier of the range's end and now, not before its start. */
  readonly endMs: number
}

type GridInputs = Pick<
  ReportInputs,
  'fromMs' | 'toMs' | 'nowMs' | 'timeZone' | 'weekStart' | 'bucket' | 'slotMs'
>

/**
 * @throws RangeError for an empty range, or slots that do not divide an hour
 * @throws HeadframeError `earnings/unknown-time-zone`, `earnings/too-many-buckets`
 */
export function makeGrid(inputs: GridInputs): Grid {
  const { fromMs, toMs, nowMs, timeZone, weekStart, bucket, slotMs } = inputs
  if (!(toMs > fromMs)) throw new RangeError('a report needs a range that is not empty')
  if (!(slotMs > 0) || 3_600_000 % slotMs !== 0)
    throw new RangeError(`slots of ${slotMs} ms do not divide an hour`)
  const clock = new ZoneClock(timeZone, fromMs, toMs)
  const endMs = Math.min(toMs, Math.max(nowMs, fromMs))
  const stretches = (unit: typeof bucket): { fromMs: number; toMs: number }[] => {
    // A running bucket is there whole, later ones are not; before now there is at least the first.
    const edges = localEdges(unit, fromMs, Math.max(endMs, fromMs + 1), clock, weekStart)
    return edges
      .slice(1)
      .map((edge, i) => ({ fromMs: Math.max(edges[i]!, fromMs), toMs: Math.min(edge, toMs) }))
  }
  const leaves = stretches(bucket === 'hour' ? 'hour' : 'day').map((leaf) => ({
    ...leaf,
    day: clock.dayOf(leaf.fromMs),
  }))
  const rows = rowsOf(stretches(bucket), leaves)
  if (rows.length > MOST_ROWS || leaves.length > MOST_LEAVES) {
    throw new HeadframeError(
      'earnings/too-many-buckets',
      `That is ${rows.length} rows. Choose a shorter time, or wider ones: weeks, months or years.`,
      { context: { rows: rows.length } },
    )
  }
  const first = Math.floor(fromMs / slotMs)
  const slots = { firstMs: first * slotMs, slotMs, count: Math.max(1, Math.ceil(endMs / slotMs) - first) }
  return { clock, leaves, rows, slots, endMs, ...laySlots(slots, leaves) }
}

/** Calls `add` for each leaf that a slot lies in, with the part of the slot that does: 1 for a whole one. */
export function eachPart(grid: Grid, atMs: number, add: (leaf: number, ratio: number) => void): void {
  const slot = Math.floor((atMs - grid.slots.firstMs) / grid.slots.slotMs)
  if (slot < 0 || slot >= grid.slots.count) return
  const leaf = grid.leafOfSlot[slot]!
  if (leaf >= 0) add(leaf, 1)
  else for (const part of grid.cut.get(slot)!) add(part.leaf, (part.toMs - part.fromMs) / grid.slots.slotMs)
}

/** The leaf that holds a moment; -1 outside of all. */
export function leafAt(leaves: readonly Leaf[], atMs: number): number {
  let low = 0
  let high = leaves.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (atMs < leaves[middle]!.fromMs) high = middle - 1
    else if (atMs >= leaves[middle]!.toMs) low = middle + 1
    else return middle
  }
  return -1
}

function rowsOf(rows: readonly { fromMs: number; toMs: number }[], leaves: readonly Leaf[]): Row[] {
  let leaf = 0
  return rows.map((row) => {
    const firstLeaf = leaf
    while (leaf < leaves.length && leaves[leaf]!.fromMs < row.toMs) leaf++
    return { ...row, firstLeaf, endLeaf: leaf }
  })
}

function laySlots(slots: SlotRange, leaves: readonly Leaf[]): Pick<Grid, 'leafOfSlot' | 'cut'> {
  const leafOfSlot = new Int32Array(slots.count).fill(-1)
  const cut = new Map<number, Part[]>()
  let leaf = 0
  for (let slot = 0; slot < slots.count; slot++) {
    const startMs = slots.firstMs + slot * slots.slotMs
    const endMs = startMs + slots.slotMs
    while (leaf < leaves.length && leaves[leaf]!.toMs <= startMs) leaf++
    const here = leaves[leaf]
    if (here !== undefined && here.fromMs <= startMs && endMs <= here.toMs) {
      leafOfSlot[slot] = leaf
      continue
    }
    const parts: Part[] = []
    for (let i = leaf; i < leaves.length && leaves[i]!.fromMs < endMs; i++) {
      const { fromMs, toMs } = leaves[i]!
      parts.push({ leaf: i, fromMs: Math.max(startMs, fromMs), toMs: Math.min(endMs, toMs) })
    }
    cut.set(slot, parts)
  }
  return { leafOfSlot, cut }
}
