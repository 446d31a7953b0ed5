/** Reading the history, over the writer's connection or a read-only one of its own. */
import type Database from 'better-sqlite3'
import { historyFailure } from './failures.ts'
import { type HistoryQueries } from './history.ts'
import { checkIdentity } from './identity.ts'
import {
  type BestShare,
  type FoundBlock,
  type HistoryFilter,
  type HistoryMetric,
  type IdentityReport,
  type KnownRig,
  type PoolEvent,
  type PoolRecord,
  type ReadingQuery,
  type ReadingSeries,
  type Series,
  type SeriesQuery,
  type SessionRecord,
  type ShareTotals,
} from './records.ts'
import { ReadingTables } from './readings.ts'
import { ALL_RIGS, COUNT_COLUMNS, HOUR_MS, MINUTE_MS } from './schema.ts'
import { planBuckets } from './series.ts'

/** Hashes that a share of difficulty 1 stands for, on average. */
const HASHES_PER_DIFFICULTY = 2 ** 32

const METRIC_SQL: Record<HistoryMetric, string> = {
  hashrate: 'SUM(work_difficulty)',
  submitted: 'SUM(submitted)',
  valid: 'SUM(valid)',
  stale: 'SUM(stale)',
  duplicate: 'SUM(duplicate)',
  invalid: 'SUM(invalid)',
  weak: 'SUM(weak)',
  acknowledged: 'SUM(acknowledged)',
  rejected: 'SUM(rejected)',
  lost: 'SUM(lost)',
  workDifficulty: 'SUM(work_difficulty)',
  bestDifficulty: 'MAX(best_difficulty)',
}

/** `:rig` and `:pool` are ids, or null for no condition. */
const FILTER = '(:rig IS NULL OR rig = :rig) AND (:pool IS NULL OR pool = :pool)'

interface Ids {
  rig: number | null
  pool: number | null
}

export class Queries implements HistoryQueries {
  readonly #db: Database.Database
  readonly #path: string
  protected readonly readings: ReadingTables
  /** By SQL text; the texts are all in this file, so there are few. */
  readonly #statements = new Map<string, Database.Statement>()

  constructor(db: Database.Database, path: string) {
    this.#db = db
    this.#path = path
    this.readings = new ReadingTables(db)
  }

  totals(filter: HistoryFilter = {}): ShareTotals {
    const ids = this.#find(filter)
    const sql = `SELECT ${COUNT_COLUMNS.map((name) => `TOTAL(${name}) AS ${name}`).join(', ')},
        TOTAL(valid - acknowledged - rejected - lost) AS pending,
        TOTAL(work_difficulty) AS workDifficulty,
        IFNULL(MAX(best_difficulty), 0) AS bestDifficulty
      FROM share_totals WHERE ${ids === undefined ? '0' : FILTER}`
    return this.#all<ShareTotals>(sql, ids)[0]!
  }

  series({ metric, fromMs, toMs, points, ...filter }: SeriesQuery): Series {
    const { bucketMs, startMs, count } = planBuckets(fromMs, toMs, points)
    const slotMs = bucketMs >= HOUR_MS ? HOUR_MS : MINUTE_MS
    const unit = slotMs === HOUR_MS ? 'hours' : 'minutes'
    const range = {
      first: startMs / slotMs,
      end: (startMs + count * bucketMs) / slotMs,
      width: bucketMs / slotMs,
    }
    const series: Series = { metric, bucketMs, points: [] }
    const ids = count === 0 ? undefined : this.#find(filter)

    const values = new Map<number, number>()
    if (ids !== undefined) {
      const rows = this.#all<{ bucket: number; value: number }>(
        `SELECT slot / CAST(:width AS INTEGER) AS bucket, ${METRIC_SQL[metric]} AS value FROM share_${unit}
          WHERE rig = :rig AND slot >= :first AND slot < :end AND (:pool IS NULL OR pool = :pool)
          GROUP BY bucket`,
        { ...range, pool: ids.pool, rig: ids.rig ?? ALL_RIGS },
      )
      for (const row of rows) values.set(row.bucket, row.value)
    }
    const covered = new Map<number, number>()
    const coverage = this.#all<{ bucket: number; coveredMs: number }>(
      `SELECT slot / CAST(:width AS INTEGER) AS bucket, SUM(covered_ms) AS coveredMs FROM covered_${unit}
        WHERE slot >= :first AND slot < :end GROUP BY bucket`,
      range,
    )
    for (const row of coverage) covered.set(row.bucket, row.coveredMs)

    // Of the whole farm, nothing in a minute that we were there for is a zero; of one rig or pool it is a gap.
    const isWholeFarm = filter.rigKey === undefined && filter.poolId === undefined
    for (let i = 0; i < count; i++) {
      const at = startMs + i * bucketMs
      const bucket = at / bucketMs
      const coveredMs = covered.get(bucket) ?? 0
      const sum = values.get(bucket) ?? (isWholeFarm && coveredMs > 0 ? 0 : null)
      const value =
        sum === null || metric !== 'hashrate' ? sum : hashrateOf(sum, coveredMs > 0 ? coveredMs : bucketMs)
      series.points.push({ at, value })
    }
    return series
  }

  readingSeries(query: ReadingQuery): ReadingSeries {
    return this.#guard(() => this.readings.series(query))
  }

  bestDifficulty(filter: HistoryFilter = {}): BestShare | undefined {
    const ids = this.#find(filter)
    if (ids === undefined) return undefined
    return this.#all<BestShare>(
      `SELECT best_difficulty AS difficulty, rig_key AS rigKey, pool_id AS poolId, best_at_ms AS atMs
        FROM share_totals JOIN rigs ON rigs.id = rig JOIN pools ON pools.id = pool
        WHERE best_at_ms IS NOT NULL AND ${FILTER}
        ORDER BY best_difficulty DESC, best_at_ms LIMIT 1`,
      ids,
    )[0]
  }

  rejectReasons(filter: HistoryFilter = {}): { reason: string; count: number }[] {
    const ids = this.#find(filter)
    if (ids === undefined) return []
    return this.#all(
      `SELECT reject_reasons.reason, SUM(count) AS count
        FROM rejections JOIN reject_reasons ON reject_reasons.id = rejections.reason
        WHERE ${FILTER} GROUP BY reject_reasons.id ORDER BY SUM(count) DESC, reject_reasons.reason`,
      ids,
    )
  }

  blocks(limit: number): FoundBlock[] {
    return this.#all(
      `SELECT hash, height, found_at_ms AS foundAtMs, pool_id AS poolId, rig_key AS rigKey, difficulty, status,
          rigs.name AS rigName, pools.name AS poolName
        FROM blocks JOIN rigs ON rigs.id = rig JOIN pools ON pools.id = pool
        ORDER BY found_at_ms DESC, hash LIMIT :limit`,
      { limit },
    )
  }

  blockCount(): number {
    return this.#all<{ count: number }>('SELECT COUNT(*) AS count FROM blocks')[0]!.count
  }

  rigs(): KnownRig[] {
    return this.#all(
      `SELECT rig_key AS rigKey, name, last_address AS lastAddress, user_agent AS userAgent,
          first_seen_at_ms AS firstSeenAtMs, last_seen_at_ms AS lastSeenAtMs
        FROM rigs ORDER BY last_seen_at_ms DESC, rig_key`,
    )
  }

  pools(): PoolRecord[] {
    return this.#all('SELECT pool_id AS poolId, name, url FROM pools ORDER BY id')
  }

  poolEvents(limit: number): PoolEvent[] {
    return this.#all(
      `SELECT pool_id AS poolId, at_ms AS atMs, kind, detail
        FROM pool_events JOIN pools ON pools.id = pool ORDER BY pool_events.id DESC LIMIT :limit`,
      { limit },
    )
  }

  sessions(limit: number): SessionRecord[] {
    return this.#all(
      `SELECT id, started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs, end_reason AS endReason
        FROM sessions ORDER BY id DESC LIMIT :limit`,
      { limit },
    )
  }

  checkIdentity(): IdentityReport {
    return this.#guard(() => {
      const problems = checkIdentity(this.#db)
      return { holds: problems.length === 0, problems, totals: this.totals() }
    })
  }

  /** The ids that a filter names; undefined if it names a rig or pool that was never recorded. */
  #find({ rigKey, poolId }: HistoryFilter): Ids | undefined {
    const ids: Ids = { rig: null, pool: null }
    if (rigKey !== undefined) {
      const row = this.#all<{ id: number }>('SELECT id FROM rigs WHERE rig_key = :rigKey', { rigKey })[0]
      if (row === undefined) return undefined
      ids.rig = row.id
    }
    if (poolId !== undefined) {
      const row = this.#all<{ id: number }>('SELECT id FROM pools WHERE pool_id = :poolId', { poolId })[0]
      if (row === undefined) return undefined
      ids.pool = row.id
    }
    return ids
  }

  #all<Row>(sql: string, values?: object): Row[] {
    return this.#guard(() => {
      let statement = this.#statements.get(sql)
      if (statement === undefined) {
        statement = this.#db.prepare(sql)
        this.#statements.set(sql, statement)
      }
      return (values === undefined ? statement.all() : statement.all(values)) as Row[]
    })
  }

  #guard<T>(run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw historyFailure(error, this.#path)
    }
  }
}

/** H/s from work done in `coveredMs`. */
function hashrateOf(workDifficulty: number, coveredMs: number): number {
  return (workDifficulty * HASHES_PER_DIFFICULTY * 1000) / coveredMs
}
