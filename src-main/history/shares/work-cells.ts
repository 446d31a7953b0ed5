/** The work of every rig for every pool in cells of time: what earnings are worked out from. */
import { type HistoryQueryable } from '../database/history-db.ts'
import { type WorkCell, type WorkQuery } from './records.ts'
import { shareSlots } from './share-slots.ts'

/** See `ShareQueries.workCells`. */
export async function workCells(
  queries: HistoryQueryable,
  { fromMs, toMs, stepMs }: WorkQuery,
): Promise<WorkCell[]> {
  if (!Number.isSafeInteger(fromMs) || !Number.isSafeInteger(toMs)) {
    throw new RangeError('work is asked for between whole epoch milliseconds')
  }
  const range = {
    slotMs: stepMs,
    fromMs: Math.floor(Math.max(0, fromMs) / stepMs) * stepMs,
    toMs: Math.ceil(Math.max(0, toMs) / stepMs) * stepMs,
  }
  if (range.toMs <= range.fromMs) return []
  const rigKeys = new Map(
    (await queries.selectFrom('rigs').select(['id', 'rig_key']).execute()).map((row) => [
      row.id,
      row.rig_key,
    ]),
  )
  const poolIds = new Map(
    (await queries.selectFrom('pools').select(['id', 'pool_id']).execute()).map((row) => [
      row.id,
      row.pool_id,
    ]),
  )
  const cells = new Map<string, WorkCell>()
  for (const { rig, pool, atMs, sums } of await shareSlots(queries, range, {})) {
    const key = `${atMs} ${rig} ${pool}`
    const cell = cells.get(key)
    const { workDifficulty, valid, stale, acknowledged, rejected, lost, weak } = sums
    if (cell === undefined) {
      const rigKey = rigKeys.get(rig)
      const poolId = poolIds.get(pool)
      // A name that came after the names were read.
      if (rigKey === undefined || poolId === undefined) continue
      cells.set(key, {
        ...{ rigKey, poolId, atMs },
        ...{ workDifficulty, valid, stale, acknowledged, rejected, lost, weak },
      })
      continue
    }
    cell.workDifficulty += workDifficulty
    cell.valid += valid
    cell.stale += stale
    cell.acknowledged += acknowledged
    cell.rejected += rejected
    cell.lost += lost
    cell.weak += weak
  }
  return [...cells.values()].sort((a, b) => a.atMs - b.atMs)
}
