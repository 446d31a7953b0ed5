/**
 * Packing minutes of shares that are too old to be kept one by one. Each day of a rig goes in one transaction: its minutes
 * are in the block or in their table, never in both and never in neither. Minutes that come later (the clock was set
 * back) are added to the block by the next packing.
 */
import { HeadframeError } from '../../base/index.ts'
import { type HistoryDb, type HistoryQueryable, type HistoryTransaction } from '../database/history-db.ts'
import { ALL_RIGS, DAY_MS, MINUTE_MS } from '../database/schema.ts'
import { addToDay, MINUTES_PER_SLOT, packDay, type PackedDay, unpackDay } from './packed-day.ts'
import { type PackedShares } from './records.ts'
import { sumsOf } from './sums.ts'

const MINUTES_PER_DAY = DAY_MS / MINUTE_MS

/**
 * Packs whatever lies before a day. A day whose block is damaged keeps its minutes and is left for a restored block.
 * @param endDay UTC days since the epoch; this one is not packed
 */
export async function packOldMinutes(db: HistoryDb, endDay: number): Promise<PackedShares> {
  const packed: PackedShares = { days: 0, minutes: 0, damagedDays: 0 }
  const end = endDay * MINUTES_PER_DAY
  // Rig by rig, each from its oldest minute on: that is how they lie in the table.
  let from = { rig: ALL_RIGS, slot: 0 }
  for (;;) {
    const at = await db.read((queries) => firstFrom(queries, from))
    if (at === undefined) return packed
    const { rig, slot } = at
    if (slot >= end) {
      // Its oldest minute is young enough.
      from = { rig: rig + 1, slot: 0 }
      continue
    }
    const day = Math.floor(slot / MINUTES_PER_DAY)
    try {
      packed.minutes += await db.transaction((trx) => packRigDay(trx, rig, day))
      packed.days++
    } catch (error) {
      if (!(error instanceof HeadframeError && error.code === 'history/corrupted')) throw error
      packed.damagedDays++
    }
    from = { rig, slot: (day + 1) * MINUTES_PER_DAY }
  }
}

/** The first minute at or behind a place in the table. */
async function firstFrom(
  queries: HistoryQueryable,
  { rig, slot }: { rig: number; slot: number },
): Promise<{ rig: number; slot: number } | undefined> {
  const minutes = queries
    .selectFrom('share_minutes')
    .select(['rig', 'slot'])
    .orderBy('rig')
    .orderBy('slot')
    .limit(1)
  return (
    (await minutes.where('rig', '=', rig).where('slot', '>=', slot).executeTakeFirst()) ??
    (await minutes.where('rig', '>', rig).executeTakeFirst())
  )
}

async function packRigDay(trx: HistoryTransaction, rig: number, day: number): Promise<number> {
  const first = day * MINUTES_PER_DAY
  const rows = await trx
    .selectFrom('share_minutes')
    .selectAll()
    .where('rig', '=', rig)
    .where('slot', '>=', first)
    .where('slot', '<', first + MINUTES_PER_DAY)
    .execute()
  const blocks = await trx
    .selectFrom('share_blocks')
    .select(['pool', 'bytes'])
    .where('rig', '=', rig)
    .where('day', '=', day)
    .execute()
  const days = new Map<number, PackedDay>()
  for (const row of rows) {
    let packed = days.get(row.pool)
    if (packed === undefined) {
      const block = blocks.find(({ pool }) => pool === row.pool)
      packed = block === undefined ? new Map() : unpackDay(block.bytes, `rig ${rig}, day ${day}`)
      days.set(row.pool, packed)
    }
    addToDay(packed, Math.floor((row.slot - first) / MINUTES_PER_SLOT), sumsOf(row))
  }
  for (const [pool, packed] of days) {
    await trx
      .insertInto('share_blocks')
      .values({ rig, day, pool, bytes: packDay(packed) })
      .onConflict((conflict) =>
        conflict.columns(['rig', 'day', 'pool']).doUpdateSet((eb) => ({ bytes: eb.ref('excluded.bytes') })),
      )
      .execute()
  }
  await trx
    .deleteFrom('share_minutes')
    .where('rig', '=', rig)
    .where('slot', '>=', first)
    .where('slot', '<', first + MINUTES_PER_DAY)
    .execute()
  return rows.length
}
