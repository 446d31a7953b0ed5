/**
 * The accounting identity, checked over the whole database: every figure is stored in several sums, and each
 * must agree with the others. For tests and for a support bundle; it reads everything.
 */
import { sql } from 'kysely'
import { type HistoryTransaction } from '../database/history-db.ts'
import { ALL_RIGS, COUNT_COLUMNS, DAY_MS, MINUTE_MS } from '../database/schema.ts'
import { type ShareColumns } from '../database/tables.ts'
import { type DatabaseKind } from '../database/words.ts'
import { FIVE_MINUTES_MS } from './packed-day.ts'
import { shareSlots } from './share-slots.ts'
import { addSums, FIGURES, NO_SHARES, type ShareSums, sumsOf } from './sums.ts'

const MAX_PROBLEMS = 20

/** Sums of doubles in a different order differ by rounding; counts never do. */
const WORK_TOLERANCE_RATIO = 1e-9

/** Days of five-minute slots that are held in memory at once. */
const DAYS_AT_ONCE = 4

/** By a rig and pool, or a slot and pool. */
type SumsByKey = Map<string, ShareSums>

/** One sentence for each disagreement, at most 20; empty when the identity holds everywhere. */
export async function checkIdentity(trx: HistoryTransaction, kind: DatabaseKind): Promise<string[]> {
  const problems: string[] = []
  await checkRows(trx, problems)
  const totals = await sumsByKey(trx, 'share_totals', sql`1 = 1`, 'rig')
  for (const table of ['share_hours', 'share_days'] as const) {
    const rigs = await sumsByKey(trx, table, sql`rig <> ${ALL_RIGS}`, 'rig')
    compare(`${table} against share_totals`, rigs, totals, problems)
    compare(
      `${table}: the farm against its rigs`,
      await sumsByKey(trx, table, sql`rig = ${ALL_RIGS}`, 'slot'),
      await sumsByKey(trx, table, sql`rig <> ${ALL_RIGS}`, 'slot'),
      problems,
    )
  }
  await checkFiveMinutes(trx, totals, problems)
  await checkRejections(trx, problems)
  await checkCoverage(trx, problems)
  if (kind === 'sqlite') {
    const { rows } = await sql`PRAGMA foreign_key_check`.execute(trx)
    if (rows.length > 0) problems.push('a row names a rig, pool, reason or source that does not exist')
  }
  return problems.slice(0, MAX_PROBLEMS)
}

async function countOf(trx: HistoryTransaction, table: string, condition: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT COUNT(*) AS count FROM ${sql.table(table)} WHERE ${sql.raw(condition)}`.execute(trx)
  return rows[0]!.count
}

async function checkRows(trx: HistoryTransaction, problems: string[]): Promise<void> {
  for (const table of ['share_totals', 'share_minutes', 'share_hours', 'share_days']) {
    const rows = await countOf(trx, table, 'submitted <> valid + stale + duplicate + invalid')
    if (rows > 0) problems.push(`${table}: submitted differs from the sum of its verdicts in ${rows} rows`)
  }
  const overSettled = await countOf(trx, 'share_totals', 'acknowledged + rejected + lost > valid')
  if (overSettled > 0) problems.push(`share_totals: more answers than valid shares in ${overSettled} rows`)
}

async function sumsByKey(
  trx: HistoryTransaction,
  table: 'share_totals' | 'share_hours' | 'share_days',
  condition: ReturnType<typeof sql>,
  by: 'rig' | 'slot',
): Promise<SumsByKey> {
  const counts = COUNT_COLUMNS.map((name) => sql`SUM(${sql.ref(name)}) AS ${sql.ref(name)}`)
  const { rows } = await sql<ShareColumns & { key: number; pool: number }>`
    SELECT ${sql.ref(by)} AS key, pool, ${sql.join(counts)},
      SUM(work_difficulty) AS work_difficulty, MAX(best_difficulty) AS best_difficulty
    FROM ${sql.table(table)} WHERE ${condition} GROUP BY ${sql.ref(by)}, pool`.execute(trx)
  return new Map(rows.map((row) => [`${row.key} at ${row.pool}`, sumsOf(row)]))
}

/** Minutes and packed days together: each rig's must add up to its totals, and the farm's to those of its rigs. */
async function checkFiveMinutes(
  trx: HistoryTransaction,
  totals: SumsByKey,
  problems: string[],
): Promise<void> {
  const { rows } = await sql<{ first: number | null; last: number | null }>`
    SELECT MIN(day) AS first, MAX(day) AS last FROM (
      SELECT MIN(slot) / ${sql.lit(DAY_MS / MINUTE_MS)} AS day FROM share_minutes
      UNION ALL SELECT MAX(slot) / ${sql.lit(DAY_MS / MINUTE_MS)} FROM share_minutes
      UNION ALL SELECT MIN(day) FROM share_blocks
      UNION ALL SELECT MAX(day) FROM share_blocks
    ) AS days`.execute(trx)
  const { first, last } = rows[0]!
  const byRig: SumsByKey = new Map()
  for (let day = first ?? 0; last !== null && day <= last; day += DAYS_AT_ONCE) {
    const range = { slotMs: FIVE_MINUTES_MS, fromMs: day * DAY_MS, toMs: (day + DAYS_AT_ONCE) * DAY_MS }
    const ofRigs: SumsByKey = new Map()
    for (const slot of await shareSlots(trx, range, {}, FIGURES)) {
      addTo(byRig, `${slot.rig} at ${slot.pool}`, slot)
      addTo(ofRigs, `${slot.atMs} at ${slot.pool}`, slot)
    }
    const ofFarm: SumsByKey = new Map()
    for (const slot of await shareSlots(trx, range, { rig: ALL_RIGS }, FIGURES)) {
      addTo(ofFarm, `${slot.atMs} at ${slot.pool}`, slot)
    }
    compare('share_minutes and share_blocks: the farm against its rigs', ofFarm, ofRigs, problems)
    if (problems.length > MAX_PROBLEMS) return
  }
  compare('share_minutes and share_blocks against share_totals', byRig, totals, problems)
}

function addTo(sums: SumsByKey, key: string, more: ShareSums): void {
  const known = sums.get(key)
  if (known === undefined) sums.set(key, { ...NO_SHARES, ...more })
  else addSums(known, more)
}

function compare(what: string, left: SumsByKey, right: SumsByKey, problems: string[]): void {
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const a = left.get(key)
    const b = right.get(key)
    if (a === undefined || b === undefined) {
      problems.push(`${what}: ${key} is missing on one side`)
      continue
    }
    for (const column of [...COUNT_COLUMNS, 'bestDifficulty'] as const) {
      if (a[column] !== b[column])
        problems.push(`${what}: ${column} of ${key} is ${a[column]} and ${b[column]}`)
    }
    const larger = Math.max(Math.abs(a.workDifficulty), Math.abs(b.workDifficulty))
    if (Math.abs(a.workDifficulty - b.workDifficulty) > larger * WORK_TOLERANCE_RATIO) {
      problems.push(`${what}: work of ${key} is ${a.workDifficulty} and ${b.workDifficulty}`)
    }
    if (problems.length > MAX_PROBLEMS) return
  }
}

async function checkRejections(trx: HistoryTransaction, problems: string[]): Promise<void> {
  const { rows } = await sql<{ count: number }>`
    SELECT COUNT(*) AS count FROM
      (SELECT rig, pool, SUM(count) AS explained FROM rejections GROUP BY rig, pool) AS r
      LEFT JOIN share_totals AS t ON t.rig = r.rig AND t.pool = r.pool
      WHERE r.explained > COALESCE(t.rejected, 0)`.execute(trx)
  const { count } = rows[0]!
  if (count > 0) problems.push(`rejections: more reasons than rejected shares for ${count} rigs and pools`)
}

async function checkCoverage(trx: HistoryTransaction, problems: string[]): Promise<void> {
  const total = async (table: string): Promise<number> => {
    const { rows } = await sql<{ total: number }>`
      SELECT COALESCE(SUM(covered_ms), 0) AS total FROM ${sql.table(table)}`.execute(trx)
    return rows[0]!.total
  }
  if ((await total('covered_minutes')) !== (await total('covered_hours'))) {
    problems.push('covered_minutes and covered_hours cover different times')
  }
}
