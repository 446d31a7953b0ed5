/** The work of every rig for every pool in cells of time: what earnings are worked out from. */
import { type HistoryQueryable } from '../database/history-db.ts'
import { type WorkCell, type WorkQuery } from './records.ts'
import { merge, shareSlots } from './share-slots.ts'

const FIGURES_OF_WORK = [
  'workDifficulty',
  'valid',
  'stale',
  'acknowledged',
  'rejected',
  'lost',
  'weak',
] as const

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
  const rigKeys = new Map<number, string>()
  for (const { id, rig_key } of await queries.selectFrom('rigs').select(['id', 'rig_key']).execute()) {
    rigKeys.set(id, rig_key)
  }
  const poolIds = new Map<number, string>()
  for (const { id, pool_id } of await queries.selectFrom('pools').select(['id', 'pool_id']).execute()) {
    poolIds.set(id, pool_id)
  }
  const slots = await shareSlots(queries, range, {}, FIGURES_OF_WORK)
  // What comes twice comes together then.
  slots.sort((a, b) => a.atMs - b.atMs || a.rig - b.rig || a.pool - b.pool)
  const cells: WorkCell[] = []
  let last: (typeof slots)[number] | undefined
  for (const slot of slots) {
    if (last !== undefined && slot.atMs === last.atMs && slot.rig === last.rig && slot.pool === last.pool) {
      merge(cells.at(-1)!, slot, FIGURES_OF_WORK)
      continue
    }
    const rigKey = rigKeys.get(slot.rig)
    const poolId = poolIds.get(slot.pool)
    // A name that came after the names were read.
    if (rigKey === undefined || poolId === undefined) continue
    const { atMs, workDifficulty, valid, stale, acknowledged, rejected, lost, weak } = slot
    cells.push({ rigKey, poolId, atMs, workDifficulty, valid, stale, acknowledged, rejected, lost, weak })
    last = slot
  }
  return cells
}
