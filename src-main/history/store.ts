/**
 * Writing the history: sessions and batches, each in one transaction. A batch goes into minutes, hours and
 * totals at once, so that no start of the program has to add anything up.
 */
import type Database from 'better-sqlite3'
import { HeadframeError } from '../base/index.ts'
import { historyFailure } from './failures.ts'
import { type History } from './history.ts'
import { Queries } from './queries.ts'
import {
  type BegunSession,
  type BlockRecord,
  type HistoryBatch,
  type PoolEvent,
  type PoolRecord,
  type RigReadingRecord,
  type RigRecord,
  type ShareDelta,
} from './records.ts'
import { ALL_RIGS, COUNT_COLUMNS, HOUR_MS, MINUTE_MS } from './schema.ts'
import { prepareStatements } from './statements.ts'

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
/** A pool that cannot be reached writes an event at every attempt; older ones go. */
const POOL_EVENT_LIMIT = 10_000

type ShareSums = Omit<ShareDelta, 'rigKey' | 'poolId' | 'rejectReasons'>

export class HistoryStore extends Queries implements History {
  readonly #db: Database.Database
  readonly #path: string
  readonly #statements: ReturnType<typeof prepareStatements>
  readonly #rigLimit: number
  /** Ids by key. Emptied when a transaction fails, because the rows may have gone with it. */
  readonly #rigIds = new Map<string, number>()
  readonly #poolIds = new Map<string, number>()
  readonly #reasonIds = new Map<string, number>()
  #sessionId: number | null = null

  /**
   * @param db at the latest version, open for writing; closed by `close`
   * @param limits for tests
   */
  constructor(db: Database.Database, path: string, limits: { rigs?: number } = {}) {
    super(db, path)
    this.#db = db
    this.#path = path
    this.#rigLimit = limits.rigs ?? RIG_LIMIT
    this.#statements = prepareStatements(db)
  }

  beginSession(nowMs: number): BegunSession {
    return this.#write(() => {
      const killed = this.#statements.endKilledSessions.run().changes
      const lastBatchAtMs = this.#statements.lastBatchAt.get() ?? nowMs
      let sharesLost = 0
      for (const { rig, pool, pending } of this.#statements.pending.all()) {
        const sums = { ...noShares, lost: pending }
        this.#addToRig(rig, pool, lastBatchAtMs, sums)
        this.#addToBuckets(ALL_RIGS, pool, lastBatchAtMs, sums)
        sharesLost += pending
      }
      const sessionId = Number(this.#statements.beginSession.run({ nowMs }).lastInsertRowid)
      this.#sessionId = sessionId
      return { sessionId, sharesLost, previousWasKilled: killed > 0 }
    })
  }

  recordBatch(batch: HistoryBatch): boolean {
    const sessionId = this.#sessionId
    if (sessionId === null) throw new Error('recordBatch was called before beginSession')
    if (!Number.isSafeInteger(batch.atMs) || batch.atMs < 0)
      throw new RangeError('atMs is not an epoch moment')
    for (const delta of batch.shares) requireSound(delta)
    return this.#write(() => {
      const { sequence, atMs } = batch
      if (this.#statements.advanceSession.run({ sessionId, sequence, atMs }).changes === 0) return false
      const coveredMs = Math.max(0, Math.round(batch.coveredMs))
      if (coveredMs > 0) {
        this.#statements.addCoveredMinute.run({ slot: Math.floor(atMs / MINUTE_MS), coveredMs })
        this.#statements.addCoveredHour.run({ slot: Math.floor(atMs / HOUR_MS), coveredMs })
      }
      for (const pool of batch.pools) this.#recordPool(pool)
      for (const rig of batch.rigs) this.#recordRig(rig)
      const farm = new Map<number, ShareSums>()
      for (const delta of batch.shares) {
        const rig = this.#rigId(delta.rigKey, atMs)
        const pool = this.#poolId(delta.poolId)
        this.#addToRig(rig, pool, atMs, delta)
        farm.set(pool, addSums(farm.get(pool) ?? noShares, delta))
        for (const [reason, count] of Object.entries(delta.rejectReasons)) {
          const hour = Math.floor(atMs / HOUR_MS)
          this.#statements.addRejections.run({ rig, pool, hour, reason: this.#reasonId(reason), count })
        }
      }
      for (const [pool, sums] of farm) this.#addToBuckets(ALL_RIGS, pool, atMs, sums)
      for (const block of batch.blocks) this.#recordBlock(block)
      for (const event of batch.poolEvents) this.#recordPoolEvent(event)
      return true
    })
  }

  recordReadings(readings: readonly RigReadingRecord[]): void {
    this.#write(() => this.readings.record(readings))
  }

  endSession(nowMs: number, reason: string): void {
    const sessionId = this.#sessionId
    if (sessionId === null) return
    this.#write(() => this.#statements.endSession.run({ sessionId, nowMs, reason: clip(reason) }))
    this.#sessionId = null
  }

  close(): void {
    try {
      this.#db.pragma('optimize')
    } finally {
      this.#db.close()
    }
  }

  /** Adds to the totals, the minute and the hour of one rig; the farm's buckets are the caller's. */
  #addToRig(rig: number, pool: number, atMs: number, sums: ShareSums): void {
    this.#statements.startTotals.run({ rig, pool })
    const bestAtMs = sums.bestDifficulty > 0 ? atMs : null
    this.#statements.addTotals.run({ ...columnsOf(sums), rig, pool, best_at_ms: bestAtMs })
    this.#addToBuckets(rig, pool, atMs, sums)
  }

  #addToBuckets(rig: number, pool: number, atMs: number, sums: ShareSums): void {
    const values = { ...columnsOf(sums), rig, pool }
    this.#statements.addMinute.run({ ...values, slot: Math.floor(atMs / MINUTE_MS) })
    this.#statements.addHour.run({ ...values, slot: Math.floor(atMs / HOUR_MS) })
  }

  #recordPool({ poolId, name, url }: PoolRecord): void {
    this.#statements.recordPool.run({ id: this.#poolId(poolId), name: clip(name), url: url.slice(0, 500) })
  }

  #recordRig({ rigKey, name, address, userAgent, seenAtMs }: RigRecord): void {
    this.#statements.recordRig.run({
      id: this.#rigId(rigKey, seenAtMs),
      // Over the limit the id is that of the other rigs, which keep their name.
      rigKey,
      name: clip(name),
      address: address === null ? null : clip(address),
      userAgent: userAgent === null ? null : clip(userAgent),
      seenAtMs,
    })
  }

  #recordBlock({ hash, height, foundAtMs, poolId, rigKey, difficulty, status }: BlockRecord): void {
    const pool = this.#poolId(poolId)
    const rig = this.#rigId(rigKey, foundAtMs)
    this.#statements.recordBlock.run({ hash, height, foundAtMs, pool, rig, difficulty, status })
  }

  #recordPoolEvent({ poolId, atMs, kind, detail }: PoolEvent): void {
    const pool = this.#poolId(poolId)
    const text = detail === null ? null : clip(detail)
    const { lastInsertRowid } = this.#statements.addPoolEvent.run({ pool, atMs, kind, detail: text })
    this.#statements.forgetPoolEvents.run({ upTo: Number(lastInsertRowid) - POOL_EVENT_LIMIT })
  }

  #rigId(rigKey: string, nowMs: number): number {
    return cachedId(this.#rigIds, rigKey, () => {
      const known = this.#statements.findRig.get({ rigKey })
      if (known !== undefined) return known
      const isFull = (this.#statements.countRigs.get() ?? 0) >= this.#rigLimit
      if (isFull && rigKey !== OTHER_RIGS) return this.#rigId(OTHER_RIGS, nowMs)
      return Number(this.#statements.addRig.run({ rigKey, nowMs }).lastInsertRowid)
    })
  }

  #poolId(poolId: string): number {
    return cachedId(this.#poolIds, poolId, () => {
      const known = this.#statements.findPool.get({ poolId })
      return known ?? Number(this.#statements.addPool.run({ poolId }).lastInsertRowid)
    })
  }

  #reasonId(reason: string): number {
    return cachedId(this.#reasonIds, reason.slice(0, REASON_LENGTH), (text) => {
      const known = this.#statements.findReason.get({ text })
      if (known !== undefined) return known
      const isFull = (this.#statements.countReasons.get() ?? 0) >= REASON_LIMIT
      if (isFull && text !== OTHER_REASON) return this.#reasonId(OTHER_REASON)
      return Number(this.#statements.addReason.run({ text }).lastInsertRowid)
    })
  }

  #write<T>(run: () => T): T {
    const sessionId = this.#sessionId
    try {
      return this.#db.transaction(run).immediate()
    } catch (error) {
      this.#sessionId = sessionId
      this.#rigIds.clear()
      this.#poolIds.clear()
      this.#reasonIds.clear()
      this.readings.forgetIds()
      throw historyFailure(error, this.#path)
    }
  }
}

const noShares: ShareSums = {
  submitted: 0,
  valid: 0,
  stale: 0,
  duplicate: 0,
  invalid: 0,
  weak: 0,
  acknowledged: 0,
  rejected: 0,
  lost: 0,
  workDifficulty: 0,
  bestDifficulty: 0,
}

function addSums(a: ShareSums, b: ShareSums): ShareSums {
  const sum = { ...a }
  for (const column of COUNT_COLUMNS) sum[column] += b[column]
  sum.workDifficulty += b.workDifficulty
  sum.bestDifficulty = Math.max(a.bestDifficulty, b.bestDifficulty)
  return sum
}

function columnsOf(sums: ShareSums): Record<string, number> {
  const values: Record<string, number> = {
    work_difficulty: sums.workDifficulty,
    best_difficulty: sums.bestDifficulty,
  }
  for (const column of COUNT_COLUMNS) values[column] = sums[column]
  return values
}

function cachedId(cache: Map<string, number>, key: string, resolve: (key: string) => number): number {
  const cached = cache.get(key)
  if (cached !== undefined) return cached
  const id = resolve(key)
  // A rig over the limit must not fill the cache either: it costs a look-up each time instead.
  if (cache.size < RIG_LIMIT) cache.set(key, id)
  return id
}

function clip(text: string): string {
  return text.slice(0, TEXT_LENGTH)
}

/** @throws HeadframeError `history/accounting-mismatch` if a delta does not add up by itself */
function requireSound(delta: ShareDelta): void {
  const { rigKey, poolId } = delta
  const mismatch = (what: string): HeadframeError =>
    new HeadframeError(
      'history/accounting-mismatch',
      `The share counts of ${rigKey} at ${poolId} do not add up (${what}), so the batch was not recorded. Please report this.`,
      { context: { rigKey, poolId } },
    )
  for (const column of COUNT_COLUMNS) {
    if (!Number.isSafeInteger(delta[column]) || delta[column] < 0) {
      throw mismatch(`${column} is ${delta[column]}`)
    }
  }
  if (delta.submitted !== delta.valid + delta.stale + delta.duplicate + delta.invalid) {
    throw mismatch('submitted differs from the sum of its verdicts')
  }
  let explained = 0
  for (const count of Object.values(delta.rejectReasons)) {
    if (!Number.isSafeInteger(count) || count < 0) throw mismatch(`a reason was counted ${count} times`)
    explained += count
  }
  if (explained > delta.rejected) throw mismatch('more reasons than rejected shares')
  if (!(
    delta.workDifficulty >= 0 &&
    delta.bestDifficulty >= 0 &&
    Number.isFinite(delta.workDifficulty + delta.bestDifficulty)
  )) {
    throw mismatch('work or best difficulty is not a number from 0')
  }
}
