/**
 * A UTC day of one rig at one pool as a block: 288 slots of five minutes, a column for each count, then work and best
 * difficulty as float64. A slot without a row is absent in every column. Pure; see `telemetry/columns.ts` and
 * `telemetry/blocks.ts` for the bytes.
 */
import { HeadframeError } from '../../base/index.ts'
import { COUNT_COLUMNS, MINUTE_MS } from '../database/schema.ts'
import { openBlock, sealBlock } from '../telemetry/blocks.ts'
import { decodeColumn, decodeFloats, encodeColumn, encodeFloats } from '../telemetry/columns.ts'
import { addSums, type Figure, FIGURES, NO_SHARES, type ShareSums } from './sums.ts'

export const FIVE_MINUTES_MS = 5 * MINUTE_MS
export const MINUTES_PER_SLOT = 5
export const SLOTS_PER_DAY = 288

/** By slot of the day, 0 to 287; a hole where nothing was recorded. */
export type PackedDay = Map<number, ShareSums>

export function addToDay(day: PackedDay, slot: number, sums: Readonly<ShareSums>): void {
  const known = day.get(slot)
  if (known === undefined) day.set(slot, { ...NO_SHARES, ...sums })
  else addSums(known, sums)
}

/** @throws RangeError if a slot is not of a day, or a count is no safe integer */
export function packDay(day: PackedDay): Uint8Array {
  for (const slot of day.keys()) {
    if (!Number.isInteger(slot) || slot < 0 || slot >= SLOTS_PER_DAY) {
      throw new RangeError(`${slot} is not a slot of a day`)
    }
  }
  const column = (value: (sums: ShareSums) => number): (number | null)[] =>
    Array.from({ length: SLOTS_PER_DAY }, (_, slot) => {
      const sums = day.get(slot)
      return sums === undefined ? null : value(sums)
    })
  return sealBlock([
    ...COUNT_COLUMNS.map((name) => encodeColumn(column((sums) => sums[name]))),
    encodeFloats(column((sums) => sums.workDifficulty)),
    encodeFloats(column((sums) => sums.bestDifficulty)),
  ])
}

/**
 * Some figures of what `packDay` packed, each by slot of the day; null where nothing was recorded.
 * @param where for the message: the rig, pool and day
 * @throws HeadframeError `history/corrupted`
 */
export function unpackFigures(
  bytes: Uint8Array,
  figures: readonly Figure[],
  where: string,
): (number | null)[][] {
  const damaged = (reason: string): HeadframeError =>
    new HeadframeError(
      'history/corrupted',
      `Packed shares of ${where} are damaged (${reason}). Check the disk, and restore a backup of the history.`,
      { context: { where, reason } },
    )
  const block = openBlock(bytes)
  if (!block.ok) throw damaged(block.error.reason)
  if (block.value.length !== FIGURES.length) throw damaged('columns are missing')
  return figures.map((figure) => {
    const place = FIGURES.indexOf(figure)
    const packed = block.value[place]!
    const column = place < COUNT_COLUMNS.length ? decodeColumn(packed) : decodeFloats(packed)
    if (!column.ok) throw damaged(column.error.reason)
    if (column.value.length !== SLOTS_PER_DAY) throw damaged('slots are missing')
    return column.value
  })
}

/** All of what `packDay` packed; see `unpackFigures`. */
export function unpackDay(bytes: Uint8Array, where: string): PackedDay {
  const columns = unpackFigures(bytes, FIGURES, where)
  const day: PackedDay = new Map()
  for (let slot = 0; slot < SLOTS_PER_DAY; slot++) {
    if (columns[0]![slot] === null) continue
    const sums: ShareSums = { ...NO_SHARES }
    for (const [i, figure] of FIGURES.entries()) sums[figure] = columns[i]![slot]!
    day.set(slot, sums)
  }
  return day
}
