/** Writing shares: sessions and batches, each in one transaction. */
import { sql } from 'kysely'
import { type HistoryDb, type HistoryTransaction } from '../database/history-db.ts'
import { plainText } from '../database/plain-text.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../database/schema.ts'
import { MultiRow } from './multi-row.ts'
import { type IdsOf, Names } from './names.ts'
import { packOldMinutes } from './packing.ts'
import { ShareQueries } from './queries.ts'
import {
  type BegunSession,
  type BlockRecord,
  type HistoryBatch,
  type PackedShares,
  type PoolEvent,
  type PoolRecord,
  type RigRecord,
  type ShareDelta,
} from './records.ts'
import { type ShareRow, ShareTables } from './share-tables.ts'
import { addSums, NO_SHARES, requireSound, type ShareSums } from './sums.ts'

/**
 * Rig keys are the rigs' own words. Past this many, new ones are counted together under one name, so that
 * a rig that changes its name with every connection cannot fill the disk.
 */
const RIG_LIMIT = 16_384
const OTHER_RIGS = 'other rigs'
const REASON_LIMIT = 256
const REASON_LENGTH = 80
const OTHER_REASON = 'other'
/** Characters kept of a name, an address, a user agent, a detail. */
const TEXT_LENGTH = 200
const URL_LENGTH = 500
/** A pool that cannot be reached writes an event at every attempt; older ones go. */
const POOL_EVENT_LIMIT = 10_000
/** Events or reasons in one statement. */
const ROWS_AT_ONCE = 1000
/** How long minutes are kept one by one. */
const MINUTES_KEPT_MS = 14 * DAY_MS

/** What a batch is written with: ids that hold within its transaction. */
interface BatchIds {
  rigs: IdsOf
  pools: IdsOf
  reasons: IdsOf
}

export class ShareStore extends ShareQueries {
  readonly #db: HistoryDb
  readonly #tables: ShareTables
  readonly #updateRigs: MultiRow
  readonly #rigs: Names
  readonly #pools = new Names({
    table: 'pools',
    column: 'pool_id',
    limit: Infinity,
    other: '',
    row: (name) => ({ pool_id: name, name, url: '' }),
  })
  readonly #reasons = new Names({
    table: 'reject_reasons',
    column: 'reason',
    limit: REASON_LIMIT,
    other: OTHER_REASON,
    row: (name) => ({ reason: name }),
  })
  #sessionId: number | null = null

  /**
   * @param db at the latest version, open for writing
   * @param limits for tests
   */
  constructor(db: HistoryDb, limits: { rigs?: number } = {}) {
    super(db)
    this.#db = db
    this.#tables = new ShareTables(db.words)
    this.#rigs = new Names({
      table: 'rigs',
      column: 'rig_key',
      limit: limits.rigs ?? RIG_LIMIT,
      other: OTHER_RIGS,
      row: (name, nowMs) => ({ rig_key: name, name, first_seen_at_ms: nowMs, last_seen_at_ms: nowMs }),
    })
    // Over the limit the id is that of the other rigs, which keep their name: hence the key.
    this.#updateRigs = new MultiRow(
      db.words,
      [
        { name: 'id', type: 'integer' },
        { name: 'rig_key', type: 'text' },
        { name: 'name', type: 'text' },
        { name: 'address', type: 'text' },
        { name: 'user_agent', type: 'text' },
        { name: 'seen_at_ms', type: 'integer' },
      ],
      (values) => `WITH d (id, rig_key, name, address, user_agent, seen_at_ms) AS (${values})
        UPDATE rigs SET name = d.name, last_address = d.address, user_agent = d.user_agent,
          last_seen_at_ms = ${db.words.greatest}(rigs.last_seen_at_ms, d.seen_at_ms)
        FROM d WHERE rigs.id = d.id AND rigs.rig_key = d.rig_key`,
    )
  }

  /**
   * Starts a session, once per start of the program and before the first batch. Ends sessions that were
   * killed, and turns shares that still had no answer into lost ones, per rig and pool.
   */
  async beginSession(nowMs: number): Promise<BegunSession> {
    const begun = await this.#db.transaction(async (trx) => {
      const killed = await trx
        .updateTable('sessions')
        .set((eb) => ({ ended_at_ms: eb.ref('last_batch_at_ms'), end_reason: 'killed' }))
        .where('ended_at_ms', 'is', null)
        .executeTakeFirstOrThrow()
      const last = await trx
        .selectFrom('sessions')
        .select('last_batch_at_ms')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
      const open = await trx
        .selectFrom('share_totals')
        .select(['rig', 'pool', sql<number>`valid - acknowledged - rejected - lost`.as('pending')])
        .whereRef('valid', '>', sql`acknowledged + rejected + lost`)
        .execute()
      const rows = open.map(({ rig, pool, pending }) => ({
        rig,
        pool,
        sums: { ...NO_SHARES, lost: pending },
      }))
      await this.#tables.add(trx, rows, last?.last_batch_at_ms ?? nowMs)
      const { id } = await trx
        .insertInto('sessions')
        .values({ started_at_ms: nowMs, last_batch_at_ms: nowMs, last_sequence: 0 })
        .returning('id')
        .executeTakeFirstOrThrow()
      return {
        sessionId: id,
        sharesLost: open.reduce((sum, { pending }) => sum + pending, 0),
        previousWasKilled: killed.numUpdatedRows > 0n,
      }
    })
    this.#sessionId = begun.sessionId
    return begun
  }

  /**
   * Records a batch whole or not at all.
   * @returns false if the batch was recorded before in this session (see `HistoryBatch.sequence`)
   * @throws HeadframeError `history/accounting-mismatch` if the batch breaks an identity (nothing of it is
   *   recorded), `history/disk-full`, `history/write-failed`, `history/corrupted`, `history/server-unreachable`:
   *   send the batch again later.
   */
  async recordBatch(batch: HistoryBatch): Promise<boolean> {
    const sessionId = this.#sessionId
    if (sessionId === null) throw new Error('recordBatch was called before beginSession')
    if (!Number.isSafeInteger(batch.atMs) || batch.atMs < 0)
      throw new RangeError('atMs is not an epoch moment')
    for (const delta of batch.shares) requireSound(delta)
    let keep = (): void => {}
    const isRecorded = await this.#db.transaction(async (trx) => {
      if (!(await advanceSession(trx, sessionId, batch))) return false
      const rigs = this.#rigs.within(trx)
      const pools = this.#pools.within(trx)
      const reasons = this.#reasons.within(trx)
      keep = () => {
        for (const names of [rigs, pools, reasons]) names.keep()
      }
      const ids = { rigs: rigs.idsOf, pools: pools.idsOf, reasons: reasons.idsOf }
      await addCoverage(trx, batch)
      await recordPools(trx, ids, batch.pools)
      await this.#recordRigs(trx, ids, batch.rigs)
      await this.#recordShares(trx, ids, batch)
      for (const block of batch.blocks) await recordBlock(trx, ids, block)
      await recordPoolEvents(trx, ids, batch.poolEvents)
      return true
    })
    keep()
    return isRecorded
  }

  /** Ends the session in order. Shares without an answer become lost at the next `beginSession`. */
  async endSession(nowMs: number, reason: string): Promise<void> {
    const sessionId = this.#sessionId
    if (sessionId === null) return
    await this.#db.transaction((trx) =>
      trx
        .updateTable('sessions')
        .set({ ended_at_ms: nowMs, end_reason: clip(reason) })
        .where('id', '=', sessionId)
        .execute(),
    )
    this.#sessionId = null
  }

  /**
   * Packs minutes of whole UTC days that ended more than `keepMs` ago into five-minute blocks and deletes them, one
   * transaction for each day of a rig. To be called now and then; what a call leaves undone, the next one does.
   */
  pack(nowMs: number, keepMs: number = MINUTES_KEPT_MS): Promise<PackedShares> {
    return packOldMinutes(this.#db, Math.floor((nowMs - keepMs) / DAY_MS))
  }

  async #recordRigs(trx: HistoryTransaction, ids: BatchIds, records: readonly RigRecord[]): Promise<void> {
    if (records.length === 0) return
    // The last record of a rig holds, except that it is never seen earlier than before.
    const latest = new Map<string, RigRecord>()
    for (const record of records) {
      const seenAtMs = Math.max(record.seenAtMs, latest.get(record.rigKey)?.seenAtMs ?? 0)
      latest.set(record.rigKey, { ...record, seenAtMs })
    }
    const firstSeenAtMs = Math.min(...records.map(({ seenAtMs }) => seenAtMs))
    const rigs = await ids.rigs(latest.keys(), firstSeenAtMs)
    const rows = [...latest.values()].map(({ rigKey, name, address, userAgent, seenAtMs }) => [
      rigs.get(rigKey)!,
      rigKey,
      clip(name),
      address === null ? null : clip(address),
      userAgent === null ? null : clip(userAgent),
      seenAtMs,
    ])
    await this.#updateRigs.run(trx, rows)
  }

  async #recordShares(trx: HistoryTransaction, ids: BatchIds, { shares, atMs }: HistoryBatch): Promise<void> {
    if (shares.length === 0) return
    const rigs = await ids.rigs(
      shares.map(({ rigKey }) => rigKey),
      atMs,
    )
    const pools = await ids.pools(
      shares.map(({ poolId }) => poolId),
      atMs,
    )
    // A batch may name a rig twice, and rigs over the limit share an id; a statement may touch a row only once.
    const rows = new Map<string, ShareRow & { sums: ShareSums }>()
    for (const delta of shares) {
      const rig = rigs.get(delta.rigKey)!
      const pool = pools.get(delta.poolId)!
      const key = `${rig} ${pool}`
      let row = rows.get(key)
      if (row === undefined) rows.set(key, (row = { rig, pool, sums: { ...NO_SHARES } }))
      addSums(row.sums, delta)
    }
    await this.#tables.add(trx, [...rows.values()], atMs)
    await recordRejections(trx, ids, shares, atMs, rigs, pools)
  }
}

async function advanceSession(
  trx: HistoryTransaction,
  sessionId: number,
  { sequence, atMs }: HistoryBatch,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('sessions')
    .set({ last_sequence: sequence, last_batch_at_ms: atMs })
    .where('id', '=', sessionId)
    .where('last_sequence', '<', sequence)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

async function addCoverage(trx: HistoryTransaction, batch: HistoryBatch): Promise<void> {
  const coveredMs = Math.max(0, Math.round(batch.coveredMs))
  if (coveredMs === 0) return
  for (const [table, slotMs] of [
    ['covered_minutes', MINUTE_MS],
    ['covered_hours', HOUR_MS],
  ] as const) {
    await trx
      .insertInto(table)
      .values({ slot: Math.floor(batch.atMs / slotMs), covered_ms: coveredMs })
      .onConflict((conflict) =>
        conflict
          .column('slot')
          .doUpdateSet({ covered_ms: sql`${sql.ref(`${table}.covered_ms`)} + excluded.covered_ms` }),
      )
      .execute()
  }
}

async function recordPools(
  trx: HistoryTransaction,
  ids: BatchIds,
  records: readonly PoolRecord[],
): Promise<void> {
  const pools = await ids.pools(
    records.map(({ poolId }) => poolId),
    0,
  )
  for (const { poolId, name, url } of records) {
    await trx
      .updateTable('pools')
      .set({ name: clip(name), url: plainText(url, URL_LENGTH) })
      .where('id', '=', pools.get(poolId)!)
      .execute()
  }
}

async function recordRejections(
  trx: HistoryTransaction,
  ids: BatchIds,
  shares: readonly ShareDelta[],
  atMs: number,
  rigs: ReadonlyMap<string, number>,
  pools: ReadonlyMap<string, number>,
): Promise<void> {
  const said = shares.flatMap(({ rigKey, poolId, rejectReasons }) =>
    Object.entries(rejectReasons).map(([reason, count]) => ({
      rig: rigs.get(rigKey)!,
      pool: pools.get(poolId)!,
      reason: plainText(reason, REASON_LENGTH),
      count,
    })),
  )
  if (said.length === 0) return
  const reasons = await ids.reasons(
    said.map(({ reason }) => reason),
    atMs,
  )
  const hour = Math.floor(atMs / HOUR_MS)
  const rows = new Map<string, { rig: number; pool: number; hour: number; reason: number; count: number }>()
  for (const { rig, pool, reason: text, count } of said) {
    const reason = reasons.get(text)!
    const key = `${rig} ${pool} ${reason}`
    const row = rows.get(key)
    if (row === undefined) rows.set(key, { rig, pool, hour, reason, count })
    else row.count += count
  }
  for (const some of slices([...rows.values()])) {
    await trx
      .insertInto('rejections')
      .values(some)
      .onConflict((conflict) =>
        conflict
          .columns(['rig', 'pool', 'hour', 'reason'])
          .doUpdateSet({ count: sql`rejections.count + excluded.count` }),
      )
      .execute()
  }
}

async function recordBlock(trx: HistoryTransaction, ids: BatchIds, block: BlockRecord): Promise<void> {
  const { hash, height, foundAtMs, poolId, rigKey, difficulty, status } = block
  const pool = (await ids.pools([poolId], foundAtMs)).get(poolId)!
  const rig = (await ids.rigs([rigKey], foundAtMs)).get(rigKey)!
  await trx
    .insertInto('blocks')
    .values({ hash, height, found_at_ms: foundAtMs, pool, rig, difficulty, status })
    .onConflict((conflict) =>
      conflict.column('hash').doUpdateSet({
        status: sql`excluded.status`,
        height: sql`COALESCE(excluded.height, blocks.height)`,
      }),
    )
    .execute()
}

async function recordPoolEvents(
  trx: HistoryTransaction,
  ids: BatchIds,
  events: readonly PoolEvent[],
): Promise<void> {
  if (events.length === 0) return
  const pools = await ids.pools(
    events.map(({ poolId }) => poolId),
    0,
  )
  let lastId = 0
  for (const some of slices(events)) {
    const added = await trx
      .insertInto('pool_events')
      .values(
        some.map(({ poolId, atMs, kind, detail }) => ({
          pool: pools.get(poolId)!,
          at_ms: atMs,
          kind,
          detail: detail === null ? null : clip(detail),
        })),
      )
      .returning('id')
      .execute()
    for (const { id } of added) lastId = Math.max(lastId, id)
  }
  await trx
    .deleteFrom('pool_events')
    .where('id', '<=', lastId - POOL_EVENT_LIMIT)
    .execute()
}

function slices<T>(rows: readonly T[]): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) parts.push(rows.slice(at, at + ROWS_AT_ONCE))
  return parts
}

function clip(text: string): string {
  return plainText(text, TEXT_LENGTH)
}
