import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase, openDatabaseToRead } from '../../../../src-main/history/database/open.ts'
import { openServer } from '../../../../src-main/history/database/open-postgres.ts'
import { openHistory, openHistoryQueries } from '../../../../src-main/history/index.ts'
import { openForTest } from '../../../support/both-databases.ts'
import { historyBatch, shareDelta } from '../../../support/history-batches.ts'
import { freshSite, isPostgresSkipped, queryServer, testServer } from '../../../support/postgres.ts'

const NOW = Date.UTC(2026, 10, 22, 7, 47, 10)
const share = shareDelta({ submitted: 1, valid: 1, acknowledged: 1 })

/** Ends every connection of a site's writer, as a restart of the server does. */
async function cutConnections(url: string): Promise<void> {
  await queryServer(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'headframe' AND pid <> pg_backend_pid()`,
  )
}

describe.skipIf(isPostgresSkipped)('a history on a PostgreSQL server', () => {
  it('is found again after a restart, in a schema of its site', async () => {
    const database = await freshSite()
    const first = await openForTest(database, NOW)
    await first.shares.beginSession(NOW)
    await first.shares.recordBatch(historyBatch({ shares: [share] }))
    await first.close()
    const second = await openForTest(database, NOW)
    expect((await second.shares.totals()).acknowledged).toBe(1)
    const { rows } = await queryServer(
      database.url,
      'SELECT SUM(acknowledged)::int AS sum, current_schema() AS schema FROM share_totals',
      database.site,
    )
    expect(rows).toEqual([{ sum: 1, schema: `headframe_${database.site}` }])
  })

  it('keeps sites on one server apart', async () => {
    const attic = await openForTest(await freshSite(), NOW)
    const cellar = await openForTest(await freshSite(), NOW)
    await attic.shares.beginSession(NOW)
    await cellar.shares.beginSession(NOW)
    await attic.shares.recordBatch(historyBatch({ shares: [share] }))
    expect((await attic.shares.totals()).valid).toBe(1)
    expect((await cellar.shares.totals()).valid).toBe(0)
  })

  it('is read beside its writer by a connection that cannot write', async () => {
    const database = await freshSite()
    const history = await openForTest(database, NOW)
    const reader = openHistoryQueries(database)
    onTestFinished(() => reader.close())
    await history.shares.beginSession(NOW)
    await history.shares.recordBatch(historyBatch({ shares: [share] }))
    expect((await reader.shares.totals()).valid).toBe(1)
    expect((await reader.shares.checkIdentity()).problems).toEqual([])
    const readOnly = openDatabaseToRead(database)
    onTestFinished(() => readOnly.close())
    const written = readOnly.transaction((trx) => trx.deleteFrom('share_totals').execute())
    await expect(written).rejects.toMatchObject({ code: 'history/not-writable' })
  })

  it('has one writer for each site; a second is told to choose another name', async () => {
    const database = await freshSite()
    const first = await openForTest(database, NOW)
    await expect(openHistory({ database, nowMs: NOW })).rejects.toMatchObject({
      code: 'history/site-in-use',
      message: expect.stringMatching(
        new RegExp(`writes the history of the site "${database.site}".*choose another site name`),
      ) as string,
    })
    await first.close()
    await (await openForTest(database, NOW)).close()
  })

  it('is not migrated by two starts at once', async () => {
    const database = await freshSite()
    const starts = await Promise.allSettled([
      openHistory({ database, nowMs: NOW }),
      openHistory({ database, nowMs: NOW }),
    ])
    const opened = starts.filter((start) => start.status === 'fulfilled')
    expect(opened).toHaveLength(1)
    expect(starts.find((start) => start.status === 'rejected')?.reason).toMatchObject({
      code: 'history/site-in-use',
    })
    await opened[0]!.value.history.close()
  })

  it('goes on after the connection was lost, with the batch that could not be written', async () => {
    const database = await freshSite()
    const history = await openForTest(database, NOW)
    await history.shares.beginSession(NOW)
    await history.shares.recordBatch(historyBatch({ sequence: 1, shares: [share] }))
    await cutConnections(database.url)
    const batch = historyBatch({ sequence: 2, shares: [share] })
    // Whether the loss was noticed before the batch is not ours to say.
    await history.shares.recordBatch(batch).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'history/server-unreachable' })
    })
    await history.shares.recordBatch(batch)
    expect((await history.shares.totals()).valid).toBe(2)
    expect((await history.shares.checkIdentity()).problems).toEqual([])
  })

  it('takes no more once another Headframe took the site over while the connection was lost', async () => {
    const database = await freshSite()
    const first = await openForTest(database, NOW)
    await first.shares.beginSession(NOW)
    await cutConnections(database.url)
    const second = await openForTest(database, NOW)
    const record = async (): Promise<boolean> => {
      await first.shares.recordBatch(historyBatch({ shares: [share] })).catch(() => false)
      return first.shares.recordBatch(historyBatch({ shares: [share] }))
    }
    await expect(record()).rejects.toMatchObject({ code: 'history/site-in-use' })
    await second.close()
    expect(await first.shares.recordBatch(historyBatch({ shares: [share] }))).toBe(true)
  }, 60_000)

  it('is refused where the schema holds tables of another program, which stay as they are', async () => {
    const database = await freshSite()
    await queryServer(
      database.url,
      `CREATE SCHEMA headframe_${database.site}; CREATE TABLE headframe_${database.site}.recipes (name TEXT)`,
    )
    await expect(openHistory({ database, nowMs: NOW })).rejects.toMatchObject({ code: 'history/not-ours' })
    const { rows } = await queryServer(
      database.url,
      `SELECT tablename FROM pg_tables WHERE schemaname = 'headframe_${database.site}'`,
    )
    expect(rows).toEqual([{ tablename: 'recipes' }])
  })

  // What the server reports when it cannot extend a table; only the cause is pretended.
  it('stops writing when the disk of the server is full, keeps what waits, and goes on by itself', async () => {
    const database = await freshSite()
    const history = await openForTest(database, NOW)
    await history.shares.beginSession(NOW)
    await history.shares.recordBatch(historyBatch({ sequence: 1, shares: [share] }))
    await queryServer(
      database.url,
      `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON share_days EXECUTE FUNCTION full_disk()`,
      database.site,
    )
    const batch = historyBatch({ sequence: 2, shares: [share] })
    await expect(history.shares.recordBatch(batch)).rejects.toMatchObject({
      code: 'history/disk-full',
      message: expect.stringContaining('Free some space there') as string,
    })
    expect((await history.shares.totals()).valid).toBe(1)
    expect((await history.shares.checkIdentity()).problems).toEqual([])
    await queryServer(database.url, 'DROP TRIGGER full_disk ON share_days', database.site)
    expect(await history.shares.recordBatch(batch)).toBe(true)
    expect((await history.shares.totals()).valid).toBe(2)
  })

  it('gives whole numbers as numbers and refuses one that would not be exact', async () => {
    const { db } = await openDatabase({ database: await freshSite(), nowMs: NOW })
    onTestFinished(() => db.close())
    const fact = { source: 'test', height: null, difficulty: 1e14, subsidy_sats: null }
    await db.transaction(async (trx) => {
      await trx
        .insertInto('network_facts')
        .values({ ...fact, at_ms: 1, fees_sats: Number.MAX_SAFE_INTEGER })
        .execute()
    })
    const read = () => db.read((queries) => queries.selectFrom('network_facts').selectAll().execute())
    expect(await read()).toEqual([{ ...fact, at_ms: 1, fees_sats: Number.MAX_SAFE_INTEGER }])
    await db.transaction(async (trx) => {
      await trx
        .updateTable('network_facts')
        .set((eb) => ({ fees_sats: eb('fees_sats', '*', 100) }))
        .execute()
    })
    await expect(read()).rejects.toThrow('beyond the whole numbers that are exact')
    // The connection is sound after that.
    await db.transaction((trx) => trx.deleteFrom('network_facts').execute())
    expect(await read()).toEqual([])
  })
})

describe('a PostgreSQL server that cannot be used', () => {
  it.each(['', 'North', '1st', 'a'.repeat(41), 'a-b', 'a"b', 'ä'])(
    'refuses the site name "%s"',
    async (site) => {
      await expect(openServer({ url: 'postgres://127.0.0.1/x', site })).rejects.toMatchObject({
        code: 'history/wrong-site-name',
      })
    },
  )

  it.each(['', 'mysql://127.0.0.1/x', 'postgres://127.0.0.1', '127.0.0.1:5432/x'])(
    'refuses the address "%s" and shows how one looks',
    async (url) => {
      await expect(openServer({ url, site: 'home' })).rejects.toMatchObject({
        code: 'history/wrong-address',
        message: expect.stringContaining('postgres://user:password@host:5432/database') as string,
      })
    },
  )

  it('is named when nothing answers there, without the password', async () => {
    const port = await unusedPort()
    const opening = openServer({ url: `postgres://me:geheim@127.0.0.1:${port}/farm`, site: 'home' })
    const error = await opening.catch((failure: unknown) => failure as Error)
    expect(error).toMatchObject({ code: 'history/server-unreachable' })
    expect((error as Error).message).toContain(`127.0.0.1:${port}/farm`)
    expect(JSON.stringify(error) + (error as Error).message).not.toContain('geheim')
  })

  it('is named when it hangs up', async () => {
    const server = createServer((socket) => socket.destroy())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const opening = openServer({ url: `postgres://me@127.0.0.1:${port}/farm`, site: 'home' })
    await expect(opening).rejects.toMatchObject({ code: 'history/server-unreachable' })
  })

  it.skipIf(isPostgresSkipped)('says that the password is wrong', async () => {
    const { url } = await testServer()
    const wrong = url.replace('practice@', 'guess@')
    await expect(openServer({ url: wrong, site: 'home' })).rejects.toMatchObject({
      code: 'history/wrong-password',
      message: expect.stringMatching(/refuses the user name or password/) as string,
    })
  })

  it.skipIf(isPostgresSkipped)('says that there is no such database', async () => {
    const { url } = await testServer()
    await expect(
      openServer({ url: url.replace(/\/postgres$/, '/nowhere'), site: 'home' }),
    ).rejects.toMatchObject({
      code: 'history/missing-database',
      message: expect.stringContaining('createdb') as string,
    })
  })

  it.skipIf(isPostgresSkipped)('says that the user lacks a right, and which to grant', async () => {
    const { url, site } = await freshSite()
    await queryServer(
      url,
      `DO $$ BEGIN CREATE ROLE guest LOGIN PASSWORD 'guest'; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    )
    const guest = url.replace('headframe:practice@', 'guest:guest@')
    await expect(openServer({ url: guest, site })).rejects.toMatchObject({
      code: 'history/no-rights',
      message: expect.stringContaining('GRANT CREATE') as string,
    })
    // A schema that was made for it is enough.
    await queryServer(url, `CREATE SCHEMA headframe_${site} AUTHORIZATION guest`)
    await (await openServer({ url: guest, site })).db.close()
  })
})

async function unusedPort(): Promise<number> {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
