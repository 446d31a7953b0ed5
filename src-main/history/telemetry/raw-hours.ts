/**
 * The raw blocks of one source and one hour: the moments of its samples, and a column for each metric that any of them
 * measured. Pure. Each column is a block of its own (`blocks.ts`), so that a chart of one metric reads two of them:
 *
 *     metric 0      milliseconds since the start of the hour, rising
 *     metric n      its figures, one for each moment, null where it was not measured
 *
 * A column that no sample measured has no block.
 */
import { err, type Result } from '../../base/index.ts'
import { openBlock, sealBlock } from './blocks.ts'
import { type ColumnDamage, decodeNumbers, encodeColumn } from './columns.ts'
import { METRICS } from './metrics.ts'
import { HOUR_MS, HOUR_SUM_LIMIT, SAMPLES_PER_HOUR } from './slots.ts'

/** `series_blocks.metric` of the moments. */
export const TIMES = 0

/** A sample as its row holds it: figures in the order of `METRICS`. */
export interface RawSample {
  readonly atMs: number
  readonly figures: readonly (number | null)[]
}

export interface MergedHour {
  /** The blocks of the hour by metric; only what changed. */
  readonly blocks: Map<number, Uint8Array>
  /** What was not there before, rising in time: what roll-ups count. */
  readonly added: RawSample[]
  readonly duplicates: number
  /** Refused because the hour is full. */
  readonly crowded: number
  /** Figures left out of `added` because their sum could not be exact (`HOUR_SUM_LIMIT`). */
  readonly oversized: number
  /** Metrics whose block could not be read, `TIMES` if it was the moments: their figures from before are gone. */
  readonly damaged: { readonly metric: number; readonly reason: string }[]
}

/**
 * Adds samples to an hour.
 * @param known the blocks of the hour as they are kept, by metric
 * @param samples of this hour, in any order, duplicates among them or not
 */
export function mergeHour(
  startMs: number,
  known: ReadonlyMap<number, Uint8Array>,
  samples: readonly RawSample[],
): MergedHour {
  const damaged: { metric: number; reason: string }[] = []
  const read = (metric: number): Float64Array | undefined => {
    const bytes = known.get(metric)
    if (bytes === undefined) return undefined
    const column = metric === TIMES ? unpackTimes(bytes) : unpackFigures(bytes, times.length)
    if (column.ok) return column.value
    damaged.push({ metric, reason: column.error.reason })
    return undefined
  }
  let times: Float64Array = new Float64Array(0)
  times = read(TIMES) ?? times

  const picked = pick(startMs, times, samples)
  const { duplicates, crowded } = picked
  const added = picked.added.map(({ atMs, figures }) => ({ atMs, figures: [...figures] }))
  const blocks = new Map<number, Uint8Array>()
  let oversized = 0
  if (added.length > 0) {
    const order = mergeOrder(startMs, times, added)
    blocks.set(TIMES, packColumn(order.map((at) => (at < 0 ? added[~at]!.atMs - startMs : times[at]!))))
    for (const [index, { id }] of METRICS.entries()) {
      const before = read(id)
      if (before === undefined && !known.has(id) && added.every(({ figures }) => figures[index] === null)) {
        continue
      }
      oversized += leaveOutOversized(before, added, index)
      blocks.set(
        id,
        packColumn(
          order.map((at) => {
            if (at < 0) return added[~at]!.figures[index]!
            const value = before?.[at] ?? NaN
            return Number.isNaN(value) ? null : value
          }),
        ),
      )
    }
  }
  return { blocks, added, duplicates, crowded, oversized, damaged }
}

/** @returns how many figures of `added` were made null */
function leaveOutOversized(
  before: Float64Array | undefined,
  added: readonly { readonly figures: (number | null)[] }[],
  index: number,
): number {
  let room = HOUR_SUM_LIMIT
  for (const value of before ?? []) if (!Number.isNaN(value)) room -= Math.abs(value)
  let leftOut = 0
  for (const { figures } of added) {
    const size = Math.abs(figures[index] ?? 0)
    if (size <= room) room -= size
    else {
      figures[index] = null
      leftOut++
    }
  }
  return leftOut
}

/** The moments of an hour, milliseconds since its start. Never throws. */
export function unpackTimes(bytes: Uint8Array): Result<Float64Array, ColumnDamage> {
  const column = unpackColumn(bytes)
  if (!column.ok) return column
  let before = -1
  for (const time of column.value) {
    // False for NaN too.
    if (!(time > before && time < HOUR_MS)) return damaged('moments that do not rise within their hour')
    before = time
  }
  return column
}

/** The figures of a metric, NaN for what was not measured; damage also if there is not one for each moment. Never throws. */
export function unpackFigures(bytes: Uint8Array, moments: number): Result<Float64Array, ColumnDamage> {
  const column = unpackColumn(bytes)
  if (column.ok && column.value.length !== moments) return damaged('not as many figures as moments')
  return column
}

function unpackColumn(bytes: Uint8Array): Result<Float64Array, ColumnDamage> {
  const opened = openBlock(bytes)
  if (!opened.ok) return opened
  return opened.value.length === 1 ? decodeNumbers(opened.value[0]!) : damaged('not a block of one column')
}

function packColumn(values: readonly (number | null)[]): Uint8Array {
  return sealBlock([encodeColumn(values)])
}

function pick(
  startMs: number,
  times: Float64Array,
  samples: readonly RawSample[],
): { added: RawSample[]; duplicates: number; crowded: number } {
  const room = Math.max(0, SAMPLES_PER_HOUR - times.length)
  const seen = new Set<number>(times)
  const fresh = samples.filter(({ atMs }) => {
    const time = atMs - startMs
    if (seen.has(time)) return false
    seen.add(time)
    return true
  })
  const added = fresh.slice(0, room).sort((a, b) => a.atMs - b.atMs)
  return { added, duplicates: samples.length - fresh.length, crowded: fresh.length - added.length }
}

/** Both lists by time: i for moment i of `times`, ~i for sample i of `added`. */
function mergeOrder(startMs: number, times: Float64Array, added: readonly RawSample[]): number[] {
  const order: number[] = []
  let next = 0
  for (let i = 0; i < times.length; i++) {
    while (next < added.length && added[next]!.atMs - startMs < times[i]!) order.push(~next++)
    order.push(i)
  }
  while (next < added.length) order.push(~next++)
  return order
}

function damaged(reason: string): Result<never, ColumnDamage> {
  return err({ kind: 'damaged', reason })
}
