/** The real core with its threads: a year that is looked at, exported, backed up and put back while rigs mine on. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RunningCore, startCore } from '../../src-main/app/index.ts'
import { silentLogger, systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { openFileSecrets } from '../../src-main/settings/index.ts'
import { type EarningsReport, type ExportPiece, exportKind } from '../../src-preload/contract/index.ts'
import { temporaryFolder } from '../support/headless-process.ts'
import { freshSite, isPostgresSkipped, queryServer, testServer } from '../support/postgres.ts'
import { readCsv } from '../support/read-csv.ts'

const FREE = { host: '127.0.0.1', port: 0 }
const WAIT = { timeout: 60_000, interval: 100 }
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** What mines here; its neighbours would only make the year slower to make. */
const RIGS = 4

let core: RunningCore
let dataDir: string
let folder: Awaited<ReturnType<typeof temporaryFolder>>
const rejections: unknown[] = []
const onRejection = (reason: unknown): void => void rejections.push(reason)

function start(dir = dataDir): Promise<RunningCore> {
  return startCore({
    version: '0.0.0',
    host: 'headless',
    dataDir: dir,
    practice: true,
    stratum: FREE,
    stratumV2: FREE,
    stratumWs: null,
    hasTray: false,
    clock: systemClock,
    entropy: systemEntropy,
    log: silentLogger,
    openSecrets: (path) => openFileSecrets(path, systemEntropy),
    onFatal: (error) => {
      throw error
    },
  })
}

async function findRigs(): Promise<void> {
  const targets = await vi.waitFor(() => {
    const preferred = core.scans.suggestions().filter((suggestion) => suggestion.preferred)
    expect(preferred.length).toBeGreaterThan(0)
    return preferred
  }, WAIT)
  const { id } = await core.scans.start({
    targets: targets.map(({ target }) => target),
    mdns: false,
    reports: false,
    listenSeconds: 1,
  })
  await vi.waitFor(() => expect(core.scans.get(id).state).toBe('done'), WAIT)
  await vi.waitFor(() => {
    const here = core.rigs.rigs.items.filter(({ minesHere, hashrateHs }) => minesHere && hashrateHs)
    expect(here.length).toBeGreaterThanOrEqual(2)
  }, WAIT)
  for (const { id: rigId, minesHere } of core.rigs.rigs.items) {
    if (!minesHere) await core.rigs.remove(rigId)
  }
}

function report(from: number, to: number): Promise<EarningsReport> {
  return core.earnings.report({ from, to, bucket: 'day' })
}

/** Everything of a kind, piece by piece. */
async function exported(kind: (typeof exportKind.options)[number], from: number, to: number) {
  let text = ''
  let rows = 0
  let cursor: string | null = null
  let pieces = 0
  do {
    const piece: ExportPiece = await core.keeping.export({
      kind,
      format: 'csv',
      from,
      to,
      ...(cursor === null ? {} : { cursor }),
    })
    text += piece.text
    rows += piece.rows
    cursor = piece.cursor
    if (++pieces > 2000) throw new Error(`the export of ${kind} does not end`)
  } while (cursor !== null)
  return { text, rows, pieces }
}

/** Sum of a column of a table; empty cells are what is not known. */
function sumOf(table: readonly (readonly string[])[], column: string): number {
  const place = table[0]!.indexOf(column)
  expect(place, column).toBeGreaterThanOrEqual(0)
  return table.slice(1).reduce((sum, row) => sum + Number(row[place]), 0)
}

beforeAll(async () => {
  process.on('unhandledRejection', onRejection)
  folder = await temporaryFolder()
  dataDir = join(folder.path, 'data')
  core = await start()
  await findRigs()
}, 120_000)

afterAll(async () => {
  await core.stop()
  process.off('unhandledRejection', onRejection)
  await folder.remove()
})

describe('a year of the practice farm', () => {
  let to = Date.now()
  let from = to - 365 * DAY_MS

  it('is made while it mines', async () => {
    // Boards on USB have a year too, and come by themselves.
    const onNetwork = core.rigs.rigs.items.filter(({ family }) => family !== 'usb')
    expect(onNetwork.length).toBeLessThanOrEqual(RIGS)
    const before = core.overview.value.rigs.hashing
    await core.practice!.trigger('add-year')
    to = Date.now()
    from = to - 365 * DAY_MS
    expect(core.overview.value.rigs.hashing).toBeGreaterThanOrEqual(before)
    const sources = await core.history.sources()
    const rigs = sources.filter(({ kind, present }) => kind === 'rig' && present)
    expect(rigs.length).toBeGreaterThanOrEqual(2)
    for (const { firstAt } of rigs) expect(firstAt).toBeLessThan(from + 40 * DAY_MS)
  }, 300_000)

  it('opens at every zoom, each line on the buckets of all', async () => {
    const key = core.rigs.rigs.items.find(({ downstreamId }) => downstreamId !== null)!
    for (const span of [
      365 * DAY_MS,
      30 * DAY_MS,
      7 * DAY_MS,
      DAY_MS,
      3 * HOUR_MS,
      10 * MINUTE_MS,
      MINUTE_MS,
    ]) {
      // Ten days ago: five minutes of everything are kept, and raw samples.
      const end = span > 20 * DAY_MS ? to : to - 10 * DAY_MS
      const { at, bucketMs, series } = await core.history.explore({
        from: end - span,
        to: end,
        points: 600,
        lines: [
          { metric: 'hashrate', rigs: null, together: true, offsetMs: 0 },
          { metric: 'rig-hashrate', rigs: null, together: true, offsetMs: 0 },
          { metric: 'rig-chip-temperature', rigs: [key.id], together: false, offsetMs: 0 },
          { metric: 'rig-efficiency', rigs: null, together: true, offsetMs: DAY_MS },
        ],
      })
      expect(at.length, `${span}`).toBeLessThanOrEqual(602)
      expect(new Set(at.map((ms) => ms % bucketMs))).toEqual(new Set([0]))
      expect(series.map(({ line }) => line)).toEqual([0, 1, 2, 3])
      for (const { mean, metric } of series) {
        expect(mean.length, metric).toBe(at.length)
        // A weekend off, or a rig that failed, is a gap; a month has figures of each.
        if (span >= 7 * DAY_MS)
          expect(
            mean.some((value) => value !== null),
            `${metric} over ${span}`,
          ).toBe(true)
      }
    }
  })

  it('exports every kind to its end', async () => {
    const days = { from: to - 3 * DAY_MS, to: to + DAY_MS }
    for (const kind of exportKind.options) {
      const range = kind === 'samples' ? days : { from, to: to + DAY_MS }
      const { text, rows } = await exported(kind, range.from, range.to)
      expect(readCsv(text).length - 1, kind).toBe(rows)
      expect(rows, kind).toBeGreaterThan(0)
    }
  }, 120_000)

  it('has a table for the tax office that sums to the report', async () => {
    const range = { from: Math.floor((to - 200 * DAY_MS) / DAY_MS) * DAY_MS, to: to - HOUR_MS }
    const { totals, rows } = await report(range.from, range.to)
    const { text } = await core.earnings.csv({ kind: 'days', ...range })
    const table = readCsv(text)
    expect(table.length - 1).toBe(rows.length)
    expect(totals.expectedSats).toBeGreaterThan(0)
    expect(totals.energyWh).toBeGreaterThan(0)
    expect(sumOf(table, 'expected_sats')).toBe(totals.expectedSats)
    expect(sumOf(table, 'energy_wh')).toBe(totals.energyWh)
    expect(sumOf(table, 'cost_minor')).toBe(totals.costMinor)
    expect(sumOf(table, 'received_sats')).toBe(totals.receivedSats ?? 0)
    const payouts = readCsv((await core.earnings.csv({ kind: 'payouts', ...range })).text)
    const listed = await core.payouts.list(range.from, range.to)
    expect(payouts.length - 1).toBe(listed.filter(({ confirmed }) => confirmed).length)
    expect(sumOf(payouts, 'sats')).toBe(totals.receivedSats ?? 0)
  })

  it('is analysed, told odds of and put on a sheet', async () => {
    const { rigs, farm } = await core.history.analysis({ from: to - 30 * DAY_MS, to })
    expect(rigs.length).toBeGreaterThanOrEqual(2)
    expect(farm.energyKwh).toBeCloseTo(
      rigs.reduce((sum, { energyKwh }) => sum + (energyKwh ?? 0), 0),
      6,
    )
    expect((await core.earnings.odds()).soFar.work).toBeGreaterThan(0)
    const month = new Date(to - 40 * DAY_MS).toISOString().slice(0, 7)
    expect((await core.earnings.statement(month)).report.totals.expectedSats).toBeGreaterThan(0)
  })

  it('is the same after a restart', async () => {
    const range = [
      Math.floor((to - 100 * DAY_MS) / DAY_MS) * DAY_MS,
      Math.floor(to / DAY_MS) * DAY_MS,
    ] as const
    const before = await report(...range)
    const payouts = await core.payouts.list(...range)
    await core.stop()
    core = await start()
    const { totals, rows, pools } = await report(...range)
    // Work is a sum of fractions, whose order is that of the rigs as they come.
    const { work, ...sums } = totals
    expect(work).toBeCloseTo(before.totals.work, 6)
    expect(before.totals).toMatchObject(sums)
    expect(rows.map(({ expectedSats }) => expectedSats)).toEqual(
      before.rows.map(({ expectedSats }) => expectedSats),
    )
    expect(pools.map(({ id, expectedSats }) => [id, expectedSats])).toEqual(
      before.pools.map(({ id, expectedSats }) => [id, expectedSats]),
    )
    expect(await core.payouts.list(...range)).toEqual(payouts)
  })

  it('is backed up and put back while rigs mine on', async () => {
    await vi.waitFor(() => expect(core.overview.value.rigs.hashing).toBeGreaterThanOrEqual(2), WAIT)
    const range = [
      Math.floor((to - 50 * DAY_MS) / DAY_MS) * DAY_MS,
      Math.floor(to / DAY_MS) * DAY_MS,
    ] as const
    const before = await report(...range)
    const { name, verified } = await core.keeping.backup()
    expect(verified).toBe(true)
    expect((await core.keeping.verify(name)).problems).toEqual([])
    const manual = await core.payouts.add({
      at: range[1] - HOUR_MS,
      sats: 4711,
      note: 'after the backup',
      poolId: null,
    })
    const first = core.keeping.restore(name)
    await expect(core.keeping.backup()).rejects.toMatchObject({ code: 'history/busy-keeping' })
    const { lost } = await first
    expect(lost).not.toBe('')
    expect((await core.payouts.list(...range)).map(({ id }) => id)).not.toContain(manual.id)
    expect((await report(...range)).totals.expectedSats).toBe(before.totals.expectedSats)
    expect(core.keeping.state.value.task).toBeNull()
    // What happens goes on being recorded, rigs and shares under the same names.
    const restoredAt = Date.now()
    await vi.waitFor(async () => {
      const { series } = await core.history.explore({
        from: restoredAt - MINUTE_MS,
        to: Date.now() + MINUTE_MS,
        points: 100,
        lines: [{ metric: 'rig-hashrate', rigs: null, together: true, offsetMs: 0 }],
      })
      expect(series[0]!.mean.some((value) => value !== null)).toBe(true)
      const shares = await exported('share-hours', restoredAt - HOUR_MS, restoredAt + HOUR_MS)
      expect(shares.rows).toBeGreaterThan(0)
      expect(core.keeping.state.value.writing).toBe(true)
    }, WAIT)
    const linked = (await core.history.sources()).filter(
      ({ kind, rigKey }) => kind === 'rig' && rigKey !== null,
    )
    expect(linked.length).toBeGreaterThanOrEqual(2)
  }, 120_000)

  it('goes on mining when the history refuses, says so, and catches up', async () => {
    const lock = new Database(join(dataDir, 'history.sqlite'))
    lock.pragma('busy_timeout = 20000')
    lock.exec('BEGIN IMMEDIATE')
    const told = (): boolean =>
      core.info().notices.some(({ title }) => title === 'The history is not being written')
    let validBefore = 0
    try {
      await vi.waitFor(() => expect(told()).toBe(true), WAIT)
      expect(core.keeping.state.value).toMatchObject({ writing: false })
      expect(core.keeping.state.value.problem).not.toBeNull()
      validBefore = core.overview.value.shares.valid
      await vi.waitFor(() => expect(core.overview.value.shares.valid).toBeGreaterThan(validBefore), WAIT)
    } finally {
      lock.exec('ROLLBACK')
      lock.close()
    }
    await vi.waitFor(
      () =>
        expect(
          core.info().notices.filter(({ title }) => title === 'The history is not being written'),
        ).toEqual([]),
      WAIT,
    )
    expect(core.keeping.state.value).toMatchObject({ writing: true, problem: null })
  }, 150_000)

  it('stops within five seconds, whatever is being done', async () => {
    for (const task of ['backup', 'verify', 'add-year'] as const) {
      const doing = (
        task === 'backup'
          ? core.keeping.backup()
          : task === 'verify'
            ? core.keeping.verify(null)
            : core.practice!.trigger('add-year')
      ).then(
        () => null,
        (error: unknown) => error,
      )
      await new Promise((next) => setTimeout(next, 30))
      const startedMs = performance.now()
      await core.stop()
      expect(performance.now() - startedMs, task).toBeLessThan(5000)
      await doing
      core = await start()
    }
    expect(rejections).toEqual([])
  }, 150_000)
})

describe.skipIf(isPostgresSkipped)('a history on a PostgreSQL server', () => {
  it('is chosen, used from the next start on, and reports what is recorded', async () => {
    const { site } = await freshSite()
    const { port, url } = await testServer()
    const draft = {
      kind: 'postgres' as const,
      ...{ host: '127.0.0.1', port, database: 'postgres', user: 'headframe', tls: false, site },
    }
    await expect(core.keeping.useDatabase({ ...draft, password: 'wrong' })).rejects.toMatchObject({
      code: 'history/database-unusable',
    })
    expect(await core.keeping.testDatabase({ ...draft, password: 'practice' })).toMatchObject({ ok: true })
    await core.keeping.useDatabase({ ...draft, password: 'practice' })
    await core.stop()
    core = await start()
    const { database, backupsBy } = core.keeping.state.value
    expect(database.kind).toBe('postgres')
    expect(backupsBy).toBe('server')
    expect(JSON.stringify(core.keeping.state.value)).not.toContain('practice@')
    const startedAt = Date.now() - MINUTE_MS
    await vi.waitFor(async () => {
      const { rows } = await exported('share-hours', startedAt - HOUR_MS, startedAt + HOUR_MS)
      expect(rows).toBeGreaterThan(0)
      const { rigs } = await core.history.analysis({ from: startedAt - HOUR_MS, to: startedAt + HOUR_MS })
      expect(rigs.length).toBeGreaterThanOrEqual(2)
    }, WAIT)
    const { at } = await core.payouts.add({ at: startedAt, sats: 4711, note: '', poolId: null })
    const { totals } = await report(at - HOUR_MS, at + HOUR_MS)
    expect(totals.receivedSats).toBe(4711)
    await expect(core.keeping.backup()).rejects.toMatchObject({ code: 'history/backup-by-server' })
    // It may go on being used under a password that was entered anew.
    expect(await core.keeping.testDatabase(draft)).toMatchObject({ ok: true })
    await core.stop()
    core = await start()
    expect((await core.payouts.list(at - HOUR_MS, at + HOUR_MS)).map(({ sats }) => sats)).toEqual([4711])
    const stored = await queryServer(url, 'SELECT COUNT(*) AS count FROM payouts', site)
    expect(Number((stored.rows[0] as { count: string }).count)).toBeGreaterThan(0)
    await core.stop()
    rmSync(join(dataDir, 'money.json'))
    core = await start()
    expect(core.keeping.state.value.database.kind).toBe('sqlite')
    expect(rejections).toEqual([])
  }, 150_000)
})
