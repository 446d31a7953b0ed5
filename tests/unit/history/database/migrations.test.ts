import { createHash } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { migrations } from '../../../../src-main/history/database/migrations.ts'
import { type OpenedDatabase } from '../../../../src-main/history/database/open-sqlite.ts'
import { openDatabase } from '../../../../src-main/history/database/open.ts'
import { type SchemaStep } from '../../../../src-main/history/database/schema.ts'
import { POSTGRES_WORDS, SQLITE_WORDS } from '../../../../src-main/history/database/words.ts'
import {
  HISTORY_FILE,
  type HistoryLocation,
  openHistory,
  ShareQueries,
  type TelemetryQueries,
} from '../../../../src-main/history/index.ts'
import { changeBeside, describeOnBoth } from '../../../support/both-databases.ts'
import { temporaryDir } from '../../../support/temporary-dir.ts'

const NOW = Date.UTC(2026, 10, 22, 7, 47, 10)
const HOUR = 3_600_000
const MINUTE = 60_000
const extra: SchemaStep = ({ integer }) => `CREATE TABLE extra (x ${integer})`

async function openUpTo(database: HistoryLocation, steps: readonly SchemaStep[]): Promise<OpenedDatabase> {
  const opened = await openDatabase({ database, nowMs: NOW, steps })
  onTestFinished(() => opened.db.close().catch(() => {}))
  return opened
}

/** A database as version `version` left it, with rows written by `statements`. */
async function databaseOf(
  database: HistoryLocation,
  version: number,
  statements: readonly string[] = [],
): Promise<HistoryLocation> {
  const { db } = await openUpTo(database, migrations.slice(0, version))
  await db.close()
  for (const statement of statements) await changeBeside(database, statement)
  if (database.kind === 'postgres') {
    // Rows with numbers of their own do not move the counter by themselves.
    for (const table of ['pools', 'rigs']) await changeBeside(database, POSTGRES_WORDS.countOn(table))
  }
  return database
}

describe('the released versions of the history file', () => {
  it('are what they were', () => {
    const hashes = migrations
      .slice(0, 3)
      .map((step) =>
        createHash('sha256')
          .update(step(SQLITE_WORDS).replace(/\s+/g, ' ').trim())
          .digest('hex')
          .slice(0, 16),
      )
    expect(hashes).toEqual(['8c170c5898401bf7', '8d1aa7bf0a55a0bd', 'bf367c82b5548b76'])
  })
})

describeOnBoth('migrations', ({ kind, fresh }) => {
  const share = (table: string, rig: number, slot: number, valid: number, work: number): string =>
    `INSERT INTO ${table} (rig, slot, pool, submitted, valid, stale, duplicate, invalid, weak, acknowledged,
      rejected, lost, work_difficulty, best_difficulty)
      VALUES (${rig}, ${slot}, 1, ${valid}, ${valid}, 0, 0, 0, 0, ${valid}, 0, 0, ${work}, ${work})`
  const HOUR_SLOT = Math.floor(NOW / HOUR)

  /** Two rigs with shares in two hours, and rows of pools and events with numbers of their own. */
  const sharesOfVersion3 = [
    `INSERT INTO pools (id, pool_id, name, url) VALUES (1, 'p1', 'North', 'stratum+tcp://pool.example.com:3333')`,
    `INSERT INTO rigs (id, rig_key, name, first_seen_at_ms, last_seen_at_ms)
      VALUES (1, 'garage', 'Garage', ${NOW}, ${NOW}), (7, 'attic', 'Attic', ${NOW}, ${NOW})`,
    `INSERT INTO share_totals (rig, pool, best_at_ms, submitted, valid, stale, duplicate, invalid, weak,
      acknowledged, rejected, lost, work_difficulty, best_difficulty)
      VALUES (1, 1, ${NOW}, 5, 5, 0, 0, 0, 0, 5, 0, 0, 300.5, 200), (7, 1, ${NOW}, 7, 7, 0, 0, 0, 0, 7, 0, 0, 40, 40)`,
    ...['share_minutes', 'share_hours'].flatMap((table) => {
      const slots = table === 'share_hours' ? 1 : 60
      return [
        share(table, 1, (HOUR_SLOT - 24) * slots, 3, 100.5),
        share(table, 1, HOUR_SLOT * slots, 2, 200),
        share(table, 7, HOUR_SLOT * slots, 7, 40),
        share(table, 0, (HOUR_SLOT - 24) * slots, 3, 100.5),
        // The farm's best is that of its best rig.
        share(table, 0, HOUR_SLOT * slots, 9, 240).replace(/240\)$/, '200)'),
      ]
    }),
    `INSERT INTO pool_events (id, pool, at_ms, kind, detail) VALUES (12, 1, ${NOW}, 'connected', 'North')`,
  ]

  it('bring a database of version 1 to the latest with what pools did, and have words for one that stands in', async () => {
    const database = await databaseOf(await fresh(), 1, sharesOfVersion3)
    const { history, notices } = await openHistory({ database, nowMs: NOW })
    onTestFinished(() => history.close())
    expect(notices).toMatchObject([{ kind: 'migrated' }])
    await history.shares.beginSession(NOW)
    await history.shares.recordBatch({
      ...{ sequence: 1, atMs: NOW, coveredMs: 0, shares: [], pools: [], rigs: [], blocks: [] },
      poolEvents: [
        { poolId: 'p1', atMs: NOW, kind: 'failed-over', detail: 'South is silent' },
        { poolId: 'p2', atMs: NOW, kind: 'returned', detail: null },
      ],
    })
    const kinds = (await history.shares.poolEvents(10)).map((event) => event.kind)
    expect(kinds).toEqual(['returned', 'failed-over', 'connected'])
  })

  it('give version 3 the days of its shares, so that every sum agrees', async () => {
    const database = await databaseOf(await fresh(), 3, sharesOfVersion3)
    const { db } = await openUpTo(database, migrations)
    const shares = new ShareQueries(db)
    expect((await shares.checkIdentity()).problems).toEqual([])
    const days = await shares.workCells({ fromMs: NOW - 30 * HOUR, toMs: NOW + 1, stepMs: 86_400_000 })
    expect(days.map(({ rigKey, workDifficulty }) => [rigKey, workDifficulty])).toEqual([
      ['garage', 100.5],
      ['garage', 200],
      ['attic', 40],
    ])
  })

  it('turn what rigs said of themselves into samples, minutes and the rest of each hour', async () => {
    const reading = (table: string, rig: number, slot: number, said: readonly number[]): string =>
      `INSERT INTO ${table} VALUES (${rig}, ${slot}, ${said.join(', ')})`
    const H = HOUR_SLOT
    const database = await databaseOf(await fresh(), 3, [
      `INSERT INTO fleet_rigs (id, rig_id) VALUES (3, 'attic'), (9, 'cellar')`,
      // Sum and count of hashrate, chip temperature, power, fan and hash errors.
      reading('reading_minutes', 3, H * 60 + 58, [3e12, 3, 181.5, 3, 30, 2, 0, 0, 0, 0]),
      reading('reading_minutes', 3, H * 60 + 59, [0, 1, 0, 0, 0, 0, 4200, 1, 0.25, 1]),
      // The hour holds one more reading, of a minute that was deleted.
      reading('reading_hours', 3, H, [8e12, 5, 181.5, 3, 30, 2, 4200, 1, 0.25, 1]),
      // An hour of which no minute is left.
      reading('reading_hours', 3, H - 500, [2e12, 2, 120, 2, 0, 0, 0, 0, 0, 0]),
      // An hour that is all there.
      reading('reading_minutes', 9, H * 60, [7e9, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
      reading('reading_hours', 9, H, [7e9, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
    ])
    const { db } = await openUpTo(database, migrations)
    const sources = await db.read((queries) =>
      queries.selectFrom('series_sources').selectAll().orderBy('id').execute(),
    )
    expect(sources).toEqual([
      { id: 3, kind: 'rig', key: 'attic', rig_key: null },
      { id: 9, kind: 'rig', key: 'cellar', rig_key: null },
    ])
    const samples = await db.read((queries) =>
      queries
        .selectFrom('samples')
        .select(['source', 'at_ms', 'covered_ms', 'reachable_ms', 'hashing_ms', 'hashrate_10khs'])
        .select(['chip_max_dc', 'power_dw', 'fan_rpm', 'hash_error_ppm'])
        .orderBy('source')
        .orderBy('at_ms')
        .execute(),
    )
    const none = { hashing_ms: null, chip_max_dc: null, power_dw: null, fan_rpm: null, hash_error_ppm: null }
    const minute = { covered_ms: MINUTE, reachable_ms: MINUTE }
    expect(samples).toEqual([
      {
        ...none,
        ...{ source: 3, at_ms: (H - 500) * HOUR + 1, covered_ms: HOUR, reachable_ms: HOUR },
        ...{ hashrate_10khs: 1e8, chip_max_dc: 600 },
      },
      {
        ...none,
        ...{ source: 3, at_ms: H * HOUR + 1, covered_ms: 58 * MINUTE, reachable_ms: 58 * MINUTE },
        hashrate_10khs: 5e8,
      },
      {
        ...{ ...none, ...minute, source: 3, at_ms: (H * 60 + 58) * MINUTE },
        ...{ hashrate_10khs: 1e8, chip_max_dc: 605, power_dw: 150 },
      },
      {
        ...{ ...none, ...minute, source: 3, at_ms: (H * 60 + 59) * MINUTE },
        ...{ hashrate_10khs: 0, fan_rpm: 4200, hash_error_ppm: 2500 },
      },
      { ...none, ...minute, source: 9, at_ms: H * HOUR, hashrate_10khs: 700_000 },
    ])
    // The numbers go on behind those that were taken over.
    const next = await db.transaction((trx) =>
      trx
        .insertInto('series_sources')
        .values({ kind: 'meter', key: 'plug', rig_key: null })
        .returning('id')
        .executeTakeFirstOrThrow(),
    )
    expect(next.id).toBe(10)
  })

  it('fold what version 3 recorded like anything else, and show it', async () => {
    const database = await databaseOf(await fresh(), 3, [
      `INSERT INTO fleet_rigs (id, rig_id) VALUES (1, 'attic')`,
      `INSERT INTO reading_minutes VALUES (1, ${HOUR_SLOT * 60}, 3e12, 3, 0, 0, 0, 0, 0, 0, 0, 0)`,
      `INSERT INTO reading_hours VALUES (1, ${HOUR_SLOT}, 3e12, 3, 0, 0, 0, 0, 0, 0, 0, 0)`,
    ])
    const { history } = await openHistory({ database, nowMs: NOW })
    onTestFinished(() => history.close())
    const hour = async (telemetry: TelemetryQueries): Promise<(number | null)[]> =>
      (
        await telemetry.series({
          ...{ metric: 'hashrate_10khs', sources: 'rigs', together: true },
          ...{ fromMs: HOUR_SLOT * HOUR, toMs: (HOUR_SLOT + 1) * HOUR, points: 1 },
        })
      ).lines[0]!.values
    expect(await hour(history.telemetry)).toEqual([1e12])
    expect(await history.telemetry.fold(NOW + 24 * HOUR)).toMatchObject({ folded: 1 })
    expect(await hour(history.telemetry)).toEqual([1e12])
  })

  it('do nothing to a database that is up to date', async () => {
    const database = await databaseOf(await fresh(), migrations.length)
    const { notices } = await openUpTo(database, migrations)
    expect(notices).toEqual([])
  })

  it('leave the version before when a step fails, with nothing of the step done', async () => {
    const database = await databaseOf(await fresh(), 3, sharesOfVersion3)
    const failing: SchemaStep = () => 'CREATE TABLE more (x INTEGER); INSERT INTO nowhere VALUES (1)'
    await expect(openUpTo(database, [...migrations, extra, failing])).rejects.toMatchObject({
      code: 'history/migration-failed',
      message: expect.stringMatching(
        kind === 'sqlite'
          ? /from version 5 to 6 .*Nothing was lost.* copy from before/
          : /from version 5 to 6 .*Nothing was lost/,
      ) as string,
    })
    const { db, notices } = await openUpTo(database, [...migrations, extra])
    expect(notices).toEqual([])
    expect((await new ShareQueries(db).totals()).acknowledged).toBe(12)
    await expect(changeBeside(database, 'DELETE FROM more')).rejects.toThrow(/more/)
    expect(await changeBeside(database, 'INSERT INTO extra VALUES (1)')).toBe(1)
  })

  it('refuse a database of a newer version and leave it as it is', async () => {
    const database = await databaseOf(await fresh(), 3, sharesOfVersion3)
    await (await openUpTo(database, [...migrations, extra])).db.close()
    await expect(openUpTo(database, migrations)).rejects.toMatchObject({
      code: 'history/newer-version',
      message: expect.stringMatching(
        /newer Headframe \(history version 5; this program knows up to 4\)/,
      ) as string,
    })
    const { db } = await openUpTo(database, [...migrations, extra])
    expect((await new ShareQueries(db).totals()).acknowledged).toBe(12)
  })
})

describe('migrating a history file', () => {
  it('copies it before the first step if it holds anything', async () => {
    const dataDir = temporaryDir()
    const database = await databaseOf({ kind: 'sqlite', dataDir }, 3, [
      `INSERT INTO fleet_rigs (id, rig_id) VALUES (3, 'attic')`,
    ])
    const { notices } = await openUpTo(database, migrations)
    const copy = join(dataDir, 'history.before-2026-11-22T07-47-10Z.sqlite')
    expect(notices).toMatchObject([{ kind: 'migrated', path: copy }])
    const old = new Database(copy, { readonly: true })
    expect(old.pragma('user_version', { simple: true })).toBe(3)
    expect(old.prepare('SELECT rig_id FROM fleet_rigs').all()).toEqual([{ rig_id: 'attic' }])
    old.close()
    const now = new Database(join(dataDir, HISTORY_FILE), { readonly: true })
    expect(now.pragma('user_version', { simple: true })).toBe(migrations.length)
    now.close()
  })
})
