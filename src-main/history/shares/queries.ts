/** Reading shares, over the writer's connection or a read-only one of its own. */
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { type HistoryDb, type HistoryQueryable } from '../database/history-db.ts'
import { ALL_RIGS, COUNT_COLUMNS, HOUR_MS } from '../database/schema.ts'
import { checkIdentity } from './identity.ts'
import {
  type BestShare,
  type BlockStatus,
  type FoundBlock,
  type HistoryFilter,
  type IdentityReport,
  type KnownRig,
  type PoolEvent,
  type PoolEventKind,
  type PoolRecord,
  type PoolTotals,
  type Presence,
  type RejectQuery,
  type Series,
  type SeriesQuery,
  type SessionRecord,
  type ShareTotals,
  type WorkCell,
  type WorkQuery,
} from './records.ts'
import { coverage, shareSeries } from './share-series.ts'
import { NO_SHARES } from './sums.ts'
import { workCells } from './work-cells.ts'

/** Ids of what a filter names; undefined where it names nothing. */
interface Ids {
  rig: number | undefined
  pool: number | undefined
}

export class ShareQueries {
  readonly #db: HistoryDb

  constructor(db: HistoryDb) {
    this.#db = db
  }

  /** Sums over all time; does not get slower with age. */
  totals(filter: HistoryFilter = {}): Promise<ShareTotals> {
    return this.#db.read((queries) => totals(queries, filter))
  }

  /** Sums over all time for each pool, the one with the most work first. */
  poolTotals(): Promise<PoolTotals[]> {
    return this.#db.read((queries) =>
      queries
        .selectFrom('share_totals')
        .innerJoin('pools', 'pools.id', 'share_totals.pool')
        .select(['pools.pool_id as poolId', 'pools.name'])
        .select(totalColumns)
        .groupBy(['pools.id', 'pools.pool_id', 'pools.name'])
        .orderBy('workDifficulty', 'desc')
        .orderBy('pools.pool_id')
        .execute(),
    )
  }

  /**
   * One bucket per point, gaps as null. Days, hours, five minutes or minutes are read, as the width of the buckets
   * asks; where minutes are packed, buckets are at least five minutes wide.
   * @throws RangeError if a moment is not a safe integer or `points` is below 1
   */
  series(query: SeriesQuery): Promise<Series> {
    return this.#db.read(async (queries) => {
      const ids = await findIds(queries, query)
      const { rigKey, poolId } = query
      // Of the whole farm, nothing in a minute that we were there for is a zero; of one rig or pool it is a gap.
      const isWholeFarm = rigKey === undefined && poolId === undefined
      const filter = ids === undefined ? undefined : { rig: ids.rig ?? ALL_RIGS, ...poolOf(ids) }
      return shareSeries(queries, query, filter, isWholeFarm)
    })
  }

  /**
   * The work of each rig for each pool in each cell of time in which anything was recorded, oldest first. Five-minute
   * cells are made of what is kept that finely: all of it.
   * @throws RangeError if a moment is not a safe integer
   */
  workCells(query: WorkQuery): Promise<WorkCell[]> {
    return this.#db.read((queries) => workCells(queries, query))
  }

  /** The hash with the highest difficulty ever, or undefined before the first valid share. */
  bestDifficulty(filter: HistoryFilter = {}): Promise<BestShare | undefined> {
    return this.#db.read(async (queries) => {
      const ids = await findIds(queries, filter)
      if (ids === undefined) return undefined
      return queries
        .selectFrom('share_totals')
        .innerJoin('rigs', 'rigs.id', 'share_totals.rig')
        .innerJoin('pools', 'pools.id', 'share_totals.pool')
        .select(['best_difficulty as difficulty', 'rig_key as rigKey', 'pool_id as poolId'])
        .select(sql<number>`best_at_ms`.as('atMs'))
        .where('best_at_ms', 'is not', null)
        .where(isOf(ids))
        .orderBy('best_difficulty', 'desc')
        .orderBy('best_at_ms')
        .limit(1)
        .executeTakeFirst()
    })
  }

  /** The same for every pool, the highest first. */
  bestByPool(): Promise<BestShare[]> {
    return this.#db.read(async (queries) => {
      const rows = await queries
        .selectFrom('share_totals')
        .innerJoin('rigs', 'rigs.id', 'share_totals.rig')
        .innerJoin('pools', 'pools.id', 'share_totals.pool')
        .select(['best_difficulty as difficulty', 'rig_key as rigKey', 'pool_id as poolId'])
        .select(sql<number>`best_at_ms`.as('atMs'))
        .where('best_at_ms', 'is not', null)
        .orderBy('best_difficulty', 'desc')
        .orderBy('best_at_ms')
        .execute()
      const best = new Map<string, BestShare>()
      for (const row of rows) if (!best.has(row.poolId)) best.set(row.poolId, row)
      return [...best.values()]
    })
  }

  /** When Headframe was there to count, in slots of five minutes or an hour. */
  presence(fromMs: number, toMs: number, slotMs: 300_000 | 3_600_000): Promise<Presence> {
    return this.#db.read(async (queries) => {
      const range = {
        slotMs,
        fromMs: Math.floor(fromMs / slotMs) * slotMs,
        toMs: Math.ceil(toMs / slotMs) * slotMs,
      }
      const covered = await coverage(queries, range)
      const slots = [...covered].sort(([a], [b]) => a - b)
      return { atMs: slots.map(([at]) => at), coveredMs: slots.map(([, ms]) => Math.min(ms, slotMs)) }
    })
  }

  /** Why pools said no, most frequent first. */
  rejectReasons({ fromMs, toMs, ...filter }: RejectQuery = {}): Promise<{ reason: string; count: number }[]> {
    return this.#db.read(async (queries) => {
      const ids = await findIds(queries, filter)
      if (ids === undefined) return []
      return queries
        .selectFrom('rejections')
        .innerJoin('reject_reasons', 'reject_reasons.id', 'rejections.reason')
        .select(({ fn }) => ['reject_reasons.reason', fn.sum<number>('count').as('count')])
        .where(isOf(ids))
        .where('hour', '>=', fromMs === undefined ? 0 : Math.floor(fromMs / HOUR_MS))
        .where('hour', '<', toMs === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(toMs / HOUR_MS))
        .groupBy(['reject_reasons.id', 'reject_reasons.reason'])
        .orderBy(({ fn }) => fn.sum('count'), 'desc')
        .orderBy('reject_reasons.reason')
        .execute()
    })
  }

  /** Newest first. */
  async blocks(limit: number): Promise<FoundBlock[]> {
    const rows = await this.#db.read((queries) =>
      queries
        .selectFrom('blocks')
        .innerJoin('rigs', 'rigs.id', 'blocks.rig')
        .innerJoin('pools', 'pools.id', 'blocks.pool')
        .select(['hash', 'height', 'found_at_ms as foundAtMs', 'pool_id as poolId', 'rig_key as rigKey'])
        .select(['difficulty', 'status', 'rigs.name as rigName', 'pools.name as poolName'])
        .orderBy('found_at_ms', 'desc')
        .orderBy('hash')
        .limit(limit)
        .execute(),
    )
    return rows.map((row) => ({ ...row, status: row.status as BlockStatus }))
  }

  async blockCount(): Promise<number> {
    const { count } = await this.#db.read((queries) =>
      queries
        .selectFrom('blocks')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow(),
    )
    return count
  }

  /** Seen last first. */
  rigs(): Promise<KnownRig[]> {
    return this.#db.read((queries) =>
      queries
        .selectFrom('rigs')
        .select(['rig_key as rigKey', 'name', 'last_address as lastAddress', 'user_agent as userAgent'])
        .select(['first_seen_at_ms as firstSeenAtMs', 'last_seen_at_ms as lastSeenAtMs'])
        .orderBy('last_seen_at_ms', 'desc')
        .orderBy('rig_key')
        .execute(),
    )
  }

  /** Every pool that was ever used, removed ones included. */
  pools(): Promise<PoolRecord[]> {
    return this.#db.read((queries) =>
      queries.selectFrom('pools').select(['pool_id as poolId', 'name', 'url']).orderBy('id').execute(),
    )
  }

  /** Newest first. */
  async poolEvents(limit: number): Promise<PoolEvent[]> {
    const rows = await this.#db.read((queries) =>
      queries
        .selectFrom('pool_events')
        .innerJoin('pools', 'pools.id', 'pool_events.pool')
        .select(['pool_id as poolId', 'at_ms as atMs', 'kind', 'detail'])
        .orderBy('pool_events.id', 'desc')
        .limit(limit)
        .execute(),
    )
    return rows.map((row) => ({ ...row, kind: row.kind as PoolEventKind }))
  }

  /** Newest first. */
  sessions(limit: number): Promise<SessionRecord[]> {
    return this.#db.read((queries) =>
      queries
        .selectFrom('sessions')
        .select(['id', 'started_at_ms as startedAtMs', 'ended_at_ms as endedAtMs'])
        .select('end_reason as endReason')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
    )
  }

  /** Start of the first hour in which anything was counted, epoch milliseconds; null before any. */
  async firstMoment(): Promise<number | null> {
    const row = await this.#db.read((queries) =>
      queries.selectFrom('covered_hours').select('slot').orderBy('slot').limit(1).executeTakeFirst(),
    )
    return row === undefined ? null : row.slot * HOUR_MS
  }

  /**
   * Adds everything up in every way it is stored and compares, as of one moment. Reads the whole database.
   * @throws HeadframeError `history/corrupted`
   */
  checkIdentity(): Promise<IdentityReport> {
    return this.#db.snapshot(async (trx) => {
      const problems = await checkIdentity(trx, this.#db.kind)
      return { holds: problems.length === 0, problems, totals: await totals(trx, {}) }
    })
  }
}

function totalColumns() {
  const total = (text: string) => sql<number>`COALESCE(SUM(${sql.raw(text)}), 0)`
  return [
    ...COUNT_COLUMNS.map((name) => total(name).as(name)),
    total('valid - acknowledged - rejected - lost').as('pending'),
    total('work_difficulty').as('workDifficulty'),
    sql<number>`COALESCE(MAX(best_difficulty), 0)`.as('bestDifficulty'),
  ]
}

async function totals(queries: HistoryQueryable, filter: HistoryFilter): Promise<ShareTotals> {
  const ids = await findIds(queries, filter)
  if (ids === undefined) return { ...NO_SHARES, pending: 0 }
  return queries.selectFrom('share_totals').select(totalColumns).where(isOf(ids)).executeTakeFirstOrThrow()
}

/** The ids that a filter names; undefined if it names a rig or pool that was never recorded. */
async function findIds(
  queries: HistoryQueryable,
  { rigKey, poolId }: HistoryFilter,
): Promise<Ids | undefined> {
  const ids: Ids = { rig: undefined, pool: undefined }
  if (rigKey !== undefined) {
    const rig = await queries.selectFrom('rigs').select('id').where('rig_key', '=', rigKey).executeTakeFirst()
    if (rig === undefined) return undefined
    ids.rig = rig.id
  }
  if (poolId !== undefined) {
    const pool = await queries
      .selectFrom('pools')
      .select('id')
      .where('pool_id', '=', poolId)
      .executeTakeFirst()
    if (pool === undefined) return undefined
    ids.pool = pool.id
  }
  return ids
}

function isOf({ rig, pool }: Ids): RawBuilder<SqlBool> {
  const ofRig = rig === undefined ? sql`1 = 1` : sql`rig = ${rig}`
  const ofPool = pool === undefined ? sql`1 = 1` : sql`pool = ${pool}`
  return sql<SqlBool>`(${ofRig} AND ${ofPool})`
}

function poolOf({ pool }: Ids): { pool?: number } {
  return pool === undefined ? {} : { pool }
}
