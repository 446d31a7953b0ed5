/** Exports of shares as the proxy counted them, by rig and pool. The rows of all rigs add up to the farm. */
import { ALL_RIGS, COUNT_COLUMNS, DAY_MS, HOUR_MS } from '../database/schema.ts'
import { isoDay, isoTime, type ExportColumn } from './export-format.ts'
import { DAY_COLUMNS, type ExportKind, TIME_COLUMNS } from './export-kind.ts'

const COUNTED: Record<(typeof COUNT_COLUMNS)[number], string> = {
  submitted: 'Shares offered and judged, weak ones excepted: valid, stale, duplicate and invalid together.',
  valid: 'Good shares.',
  stale: 'Shares for work that was over.',
  duplicate: 'Shares that were offered before.',
  invalid: 'Shares below the difficulty asked for, or malformed.',
  weak: 'Good for the rig and below the target of the pool: never sent.',
  acknowledged: 'Valid shares that the pool accepted.',
  rejected: 'Valid shares that the pool refused.',
  lost: 'Valid shares that were sent and never answered.',
}

const SHARE_COLUMNS: readonly ExportColumn[] = [
  { name: 'rig_key', what: 'What the proxy knows the rig by.' },
  { name: 'rig_name', what: 'Name of the rig.' },
  { name: 'pool_id', what: 'Id of the pool.' },
  { name: 'pool_name', what: 'Name of the pool.' },
  ...COUNT_COLUMNS.map((name) => ({ name, what: COUNTED[name] })),
  { name: 'work_difficulty', what: 'Sum of the difficulty that valid and weak shares were asked for.' },
  { name: 'best_difficulty', what: 'Highest difficulty that a share reached.' },
]

export const SHARE_HOURS = sharesBy('share_hours', HOUR_MS)
export const SHARE_DAYS = sharesBy('share_days', DAY_MS)

function sharesBy(table: 'share_hours' | 'share_days', slotMs: number): ExportKind {
  return {
    columns: [...(table === 'share_days' ? DAY_COLUMNS : TIME_COLUMNS), ...SHARE_COLUMNS],
    place: ['number', 'number', 'number'],
    async read(trx, { fromMs, toMs, rows: limit }, place) {
      const [rigBefore, slotBefore, poolBefore] = place as [number?, number?, number?]
      // Rig by rig, since that is how rows lie: the place names the rig that is being read.
      const rig = await trx
        .selectFrom('rigs')
        .select(['id', 'rig_key', 'name'])
        .where('id', '>=', rigBefore ?? ALL_RIGS + 1)
        .orderBy('id')
        .limit(1)
        .executeTakeFirst()
      if (rig === undefined) return { rows: [], next: null, damaged: 0 }
      const isGoingOn = rig.id === rigBefore && slotBefore !== undefined && poolBefore !== undefined
      const first = Math.max(Math.ceil(fromMs / slotMs), isGoingOn ? slotBefore : 0)
      const rows = await trx
        .selectFrom(table)
        .innerJoin('pools', 'pools.id', `${table}.pool`)
        .selectAll(table)
        .select(['pools.pool_id as pool_id', 'pools.name as pool_name'])
        .where(`${table}.rig`, '=', rig.id)
        .where(`${table}.slot`, '>=', first)
        .where(`${table}.slot`, '<', Math.ceil(toMs / slotMs))
        .$if(isGoingOn, (query) =>
          query.where((eb) =>
            eb.or([eb(`${table}.slot`, '>', slotBefore!), eb(`${table}.pool`, '>', poolBefore!)]),
          ),
        )
        .orderBy(`${table}.slot`)
        .orderBy(`${table}.pool`)
        .limit(limit)
        .execute()
      const last = rows.at(-1)
      return {
        rows: rows.map((row) => [
          table === 'share_days' ? isoDay(row.slot) : isoTime(row.slot * slotMs),
          row.slot * slotMs,
          rig.rig_key,
          rig.name,
          row.pool_id,
          row.pool_name,
          ...COUNT_COLUMNS.map((name) => row[name]),
          row.work_difficulty,
          row.best_difficulty,
        ]),
        next:
          last !== undefined && rows.length === limit ? [rig.id, last.slot, last.pool] : [rig.id + 1, 0, 0],
        damaged: 0,
      }
    },
  }
}
