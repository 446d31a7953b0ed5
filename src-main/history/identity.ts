/**
 * The accounting identity, checked over the whole file: every figure is stored in several sums, and each
 * must agree with the others. For tests and for a support bundle; it reads everything.
 */
import type Database from 'better-sqlite3'
import { ALL_RIGS, COUNT_COLUMNS } from './schema.ts'

const MAX_PROBLEMS = 20

/** Sums of doubles in a different order differ by rounding; counts never do. */
const WORK_TOLERANCE_RATIO = 1e-9

interface Sums {
  [column: string]: number | string
  work_difficulty: number
}

/** One sentence for each disagreement, at most 20; empty when the identity holds everywhere. */
export function checkIdentity(db: Database.Database): string[] {
  const problems: string[] = []
  // One read transaction: every sum is of the same moment, also beside a writer.
  db.transaction(() => {
    checkRows(db, problems)
    for (const table of ['share_minutes', 'share_hours']) checkBuckets(db, table, problems)
    checkRejections(db, problems)
    checkCoverage(db, problems)
    if ((db.pragma('foreign_key_check') as unknown[]).length > 0) {
      problems.push('a row names a rig, pool or reason that does not exist')
    }
  }).deferred()
  return problems.slice(0, MAX_PROBLEMS)
}

function checkRows(db: Database.Database, problems: string[]): void {
  for (const table of ['share_totals', 'share_minutes', 'share_hours']) {
    const rows = db
      .prepare(`SELECT COUNT(*) FROM ${table} WHERE submitted <> valid + stale + duplicate + invalid`)
      .pluck()
      .get() as number
    if (rows > 0) problems.push(`${table}: submitted differs from the sum of its verdicts in ${rows} rows`)
  }
  const overSettled = db
    .prepare('SELECT COUNT(*) FROM share_totals WHERE acknowledged + rejected + lost > valid')
    .pluck()
    .get() as number
  if (overSettled > 0) problems.push(`share_totals: more answers than valid shares in ${overSettled} rows`)
}

/** The buckets of every rig and pool must add up to its totals, and the farm's to those of its rigs. */
function checkBuckets(db: Database.Database, table: string, problems: string[]): void {
  const sums = [...COUNT_COLUMNS, 'work_difficulty'].map((name) => `TOTAL(${name}) AS ${name}`).join(', ')
  const best = 'MAX(best_difficulty) AS best_difficulty'
  const read = (sql: string): Map<string, Sums> =>
    new Map((db.prepare(sql).all() as Sums[]).map((row) => [String(row['key']), row]))

  compare(
    `${table} against share_totals`,
    read(
      `SELECT rig || ' at ' || pool AS key, ${sums}, ${best} FROM ${table} WHERE rig <> ${ALL_RIGS} GROUP BY rig, pool`,
    ),
    read(`SELECT rig || ' at ' || pool AS key, ${sums}, ${best} FROM share_totals GROUP BY rig, pool`),
    problems,
  )
  compare(
    `${table}: the farm against its rigs`,
    read(
      `SELECT slot || ' at ' || pool AS key, ${sums}, ${best} FROM ${table} WHERE rig = ${ALL_RIGS} GROUP BY slot, pool`,
    ),
    read(
      `SELECT slot || ' at ' || pool AS key, ${sums}, ${best} FROM ${table} WHERE rig <> ${ALL_RIGS} GROUP BY slot, pool`,
    ),
    problems,
  )
}

function compare(what: string, left: Map<string, Sums>, right: Map<string, Sums>, problems: string[]): void {
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const a = left.get(key)
    const b = right.get(key)
    if (a === undefined || b === undefined) {
      problems.push(`${what}: ${key} is missing on one side`)
      continue
    }
    for (const column of [...COUNT_COLUMNS, 'best_difficulty']) {
      if (a[column] !== b[column])
        problems.push(`${what}: ${column} of ${key} is ${a[column]} and ${b[column]}`)
    }
    const larger = Math.max(Math.abs(a.work_difficulty), Math.abs(b.work_difficulty))
    if (Math.abs(a.work_difficulty - b.work_difficulty) > larger * WORK_TOLERANCE_RATIO) {
      problems.push(`${what}: work of ${key} is ${a.work_difficulty} and ${b.work_difficulty}`)
    }
    if (problems.length > MAX_PROBLEMS) return
  }
}

function checkRejections(db: Database.Database, problems: string[]): void {
  const rows = db
    .prepare(
      `SELECT COUNT(*) FROM (SELECT rig, pool, SUM(count) AS explained FROM rejections GROUP BY rig, pool) AS r
        LEFT JOIN share_totals AS t ON t.rig = r.rig AND t.pool = r.pool
        WHERE r.explained > IFNULL(t.rejected, 0)`,
    )
    .pluck()
    .get() as number
  if (rows > 0) problems.push(`rejections: more reasons than rejected shares for ${rows} rigs and pools`)
}

function checkCoverage(db: Database.Database, problems: string[]): void {
  const total = (table: string): unknown => db.prepare(`SELECT TOTAL(covered_ms) FROM ${table}`).pluck().get()
  if (total('covered_minutes') !== total('covered_hours')) {
    problems.push('covered_minutes and covered_hours cover different times')
  }
}
