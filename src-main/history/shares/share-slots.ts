/**
 * Share counts by slots of equal width, whatever they are kept as: days and hours are rows, five minutes are made of
 * minutes that are not packed yet and of packed days. Only the figures asked for are read and unpacked: a year of a farm
 * is half a million hours.
 */
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { type HistoryQueryable } from '../database/history-db.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../database/schema.ts'
import { FIVE_MINUTES_MS, SLOTS_PER_DAY, unpackFigures } from './packed-day.ts'
import { columnOf, type Figure } from './sums.ts'

export interface SlotRange {
  /** Width of the slots wanted; a multiple of a minute. Below five minutes, packed days are left out. */
  readonly slotMs: number
  /** A multiple of the width. */
  readonly fromMs: number
  /** Not included; a multiple of the width. */
  readonly toMs: number
}

/** Which rigs and pools; ids. Without a rig, every single one and not the farm. */
export interface SlotFilter {
  readonly rig?: number
  readonly pool?: number
}

export type ShareSlot<F extends Figure> = {
  rig: number
  pool: number
  /** Start of the slot. */
  atMs: number
} & Record<F, number>

/** Two slots as one: work and counts add up, the best is the higher. */
export function merge<F extends Figure>(
  into: Record<F, number>,
  more: Record<F, number>,
  figures: readonly F[],
): void {
  for (const figure of figures) {
    into[figure] =
      figure === 'bestDifficulty'
        ? (Math.max(into[figure], more[figure]) as never)
        : ((into[figure] + more[figure]) as never)
  }
}

/**
 * The slots in which anything was recorded; of five minutes and more below an hour, a rig, pool and slot may come twice,
 * and then add up (see `merge`).
 * @throws HeadframeError `history/corrupted`
 */
export async function shareSlots<F extends Figure>(
  queries: HistoryQueryable,
  range: SlotRange,
  filter: SlotFilter,
  figures: readonly F[],
): Promise<ShareSlot<F>[]> {
  const slots = await slotRows(queries, range, filter, figures)
  if (range.slotMs < FIVE_MINUTES_MS || range.slotMs >= HOUR_MS) return slots
  await addPackedSlots(queries, range, filter, figures, slots)
  return slots
}

/** Whether a rig (0: the farm) has packed days in a range. */
export async function hasPackedDays(
  queries: HistoryQueryable,
  fromMs: number,
  toMs: number,
  rig: number,
): Promise<boolean> {
  const row = await queries
    .selectFrom('share_blocks')
    .select('day')
    .where('rig', '=', rig)
    .where('day', '>=', Math.floor(fromMs / DAY_MS))
    .where('day', '<', Math.ceil(toMs / DAY_MS))
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

async function slotRows<F extends Figure>(
  queries: HistoryQueryable,
  { slotMs, fromMs, toMs }: SlotRange,
  { rig, pool }: SlotFilter,
  figures: readonly F[],
): Promise<ShareSlot<F>[]> {
  const [table, rowMs] =
    slotMs % DAY_MS === 0
      ? (['share_days', DAY_MS] as const)
      : slotMs >= HOUR_MS
        ? (['share_hours', HOUR_MS] as const)
        : (['share_minutes', MINUTE_MS] as const)
  const width = slotMs / rowMs
  // Rows are unique as they lie; to group them all the same would sort them.
  const isGrouped = width > 1
  const values = figures.map((figure) => {
    const column = sql.ref(columnOf(figure))
    const value = !isGrouped
      ? column
      : figure === 'bestDifficulty'
        ? sql`MAX(${column})`
        : sql`SUM(${column})`
    return sql`${value} AS ${sql.ref(figure)}`
  })
  const { rows } = await sql<ShareSlot<F>>`
    SELECT rig, pool, slot / ${sql.lit(width)} * ${sql.lit(slotMs)} AS ${sql.ref('atMs')}, ${sql.join(values)}
    FROM ${sql.table(table)}
    WHERE ${rigCondition(rig)} AND slot >= ${fromMs / rowMs} AND slot < ${toMs / rowMs}
      ${pool === undefined ? sql`` : sql`AND pool = ${pool}`}
    ${isGrouped ? sql`GROUP BY rig, pool, slot / ${sql.lit(width)}` : sql``}`.execute(queries)
  return rows
}

/** By name and not as "above 0": the tables are keyed by rig first, so each rig's range is then read for itself. */
function rigCondition(rig: number | undefined): RawBuilder<SqlBool> {
  return rig === undefined ? sql`rig IN (SELECT id FROM rigs)` : sql`rig = ${rig}`
}

async function addPackedSlots<F extends Figure>(
  queries: HistoryQueryable,
  { slotMs, fromMs, toMs }: SlotRange,
  { rig, pool }: SlotFilter,
  figures: readonly F[],
  slots: ShareSlot<F>[],
): Promise<void> {
  let query = queries
    .selectFrom('share_blocks')
    .selectAll()
    .where(rigCondition(rig))
    .where('day', '>=', Math.floor(fromMs / DAY_MS))
    .where('day', '<', Math.ceil(toMs / DAY_MS))
  if (pool !== undefined) query = query.where('pool', '=', pool)
  for (const block of await query.execute()) {
    const columns = unpackFigures(block.bytes, figures, `rig ${block.rig}, day ${block.day}`)
    let last: ShareSlot<F> | undefined
    for (let n = 0; n < SLOTS_PER_DAY; n++) {
      const startMs = block.day * DAY_MS + n * FIVE_MINUTES_MS
      if (startMs < fromMs || startMs >= toMs || columns[0]![n] === null) continue
      const atMs = startMs - (startMs % slotMs)
      const slot = { rig: block.rig, pool: block.pool, atMs } as ShareSlot<F>
      for (const [i, figure] of figures.entries()) slot[figure] = columns[i]![n] as never
      if (last?.atMs === atMs) merge<F>(last, slot, figures)
      else slots.push((last = slot))
    }
  }
}
