/**
 * Share counts by slots of equal width, whatever they are kept as: days and hours are rows, five minutes are made of
 * minutes that are not packed yet and of packed days.
 */
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { type HistoryQueryable } from '../database/history-db.ts'
import { COUNT_COLUMNS, DAY_MS, HOUR_MS, MINUTE_MS } from '../database/schema.ts'
import { type ShareColumns } from '../database/tables.ts'
import { FIVE_MINUTES_MS, unpackDay } from './packed-day.ts'
import { sumsOf, type ShareSums } from './sums.ts'

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

export interface ShareSlot {
  readonly rig: number
  readonly pool: number
  /** Start of the slot. */
  readonly atMs: number
  readonly sums: ShareSums
}

/**
 * The slots in which anything was recorded; a rig, pool and slot may come twice, and then add up.
 * @throws HeadframeError `history/corrupted`
 */
export async function shareSlots(
  queries: HistoryQueryable,
  range: SlotRange,
  filter: SlotFilter,
): Promise<ShareSlot[]> {
  const rows = await slotRows(queries, range, filter)
  const isPacked = range.slotMs >= FIVE_MINUTES_MS && range.slotMs < HOUR_MS
  return isPacked ? [...rows, ...(await packedSlots(queries, range, filter))] : rows
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

async function slotRows(
  queries: HistoryQueryable,
  { slotMs, fromMs, toMs }: SlotRange,
  { rig, pool }: SlotFilter,
): Promise<ShareSlot[]> {
  const [table, rowMs] =
    slotMs % DAY_MS === 0
      ? (['share_days', DAY_MS] as const)
      : slotMs >= HOUR_MS
        ? (['share_hours', HOUR_MS] as const)
        : (['share_minutes', MINUTE_MS] as const)
  const sums = COUNT_COLUMNS.map((name) => sql`SUM(${sql.ref(name)}) AS ${sql.ref(name)}`)
  const { rows } = await sql<ShareColumns & { rig: number; pool: number; bucket: number }>`
    SELECT rig, pool, slot / ${sql.lit(slotMs / rowMs)} AS bucket, ${sql.join(sums)},
      SUM(work_difficulty) AS work_difficulty, MAX(best_difficulty) AS best_difficulty
    FROM ${sql.table(table)}
    WHERE ${rigCondition(rig)}
      AND slot >= ${fromMs / rowMs} AND slot < ${toMs / rowMs}
      ${pool === undefined ? sql`` : sql`AND pool = ${pool}`}
    GROUP BY rig, pool, bucket`.execute(queries)
  return rows.map((row) => ({
    rig: row.rig,
    pool: row.pool,
    atMs: row.bucket * slotMs,
    sums: sumsOf(row),
  }))
}

/** By name and not as "above 0": the tables are keyed by rig first, so each rig's range is then read for itself. */
function rigCondition(rig: number | undefined): RawBuilder<SqlBool> {
  return rig === undefined ? sql`rig IN (SELECT id FROM rigs)` : sql`rig = ${rig}`
}

async function packedSlots(
  queries: HistoryQueryable,
  { slotMs, fromMs, toMs }: SlotRange,
  { rig, pool }: SlotFilter,
): Promise<ShareSlot[]> {
  let query = queries
    .selectFrom('share_blocks')
    .selectAll()
    .where(rigCondition(rig))
    .where('day', '>=', Math.floor(fromMs / DAY_MS))
    .where('day', '<', Math.ceil(toMs / DAY_MS))
  if (pool !== undefined) query = query.where('pool', '=', pool)
  const slots: ShareSlot[] = []
  for (const block of await query.execute()) {
    for (const [slot, sums] of unpackDay(block.bytes, `rig ${block.rig}, day ${block.day}`)) {
      const atMs = block.day * DAY_MS + slot * FIVE_MINUTES_MS
      if (atMs < fromMs || atMs >= toMs) continue
      slots.push({ rig: block.rig, pool: block.pool, atMs: Math.floor(atMs / slotMs) * slotMs, sums })
    }
  }
  return slots
}
