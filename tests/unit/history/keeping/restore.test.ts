import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import {
  finishRestore,
  type History,
  HISTORY_FILE,
  listBackups,
  makeBackup,
  openHistory,
  prepareRestore,
  restoreBackup,
  type RestoreOptions,
} from '../../../../src-main/history/index.ts'
import { DAY_MS, FARM_START, openedHistory, recordBatch, recordDays } from '../../../support/kept-history.ts'
import { temporaryDir } from '../../../support/temporary-dir.ts'

const BACKUP_AT = FARM_START + DAY_MS
const NOW = FARM_START + 2 * DAY_MS
const ASIDE = 'history.replaced-2026-11-03T00-00-00Z.sqlite'

/** A running program, as far as a restore sees it: it holds the history open and opens it anew when told. */
async function runningFarm() {
  const dataDir = temporaryDir()
  const database = { kind: 'sqlite', dataDir } as const
  let history: History | null = await openedHistory(database)
  await recordDays(history, 1)
  const backup = await makeBackup(database, { kind: 'automatic', nowMs: BACKUP_AT })
  for (let n = 1; n <= 5; n++) await recordBatch(history, 1000 + n, BACKUP_AT + n * 3_600_000)
  const calls: string[] = []
  const options: RestoreOptions = {
    nowMs: NOW,
    async close() {
      calls.push('close')
      await history?.shares.endSession(NOW, 'restored')
      await history?.close()
      history = null
    },
    async open() {
      calls.push('open')
      history = (await openHistory({ database, nowMs: NOW })).history
      await history.shares.beginSession(NOW)
    },
  }
  const submitted = async (): Promise<number> => (await history!.shares.totals()).submitted
  return { dataDir, database, backup, options, calls, submitted, current: () => history! }
}

function partials(dataDir: string): string[] {
  return readdirSync(dataDir).filter((name) => /partial|damage/.test(name))
}

describe('restoring a backup while the program runs', () => {
  it('puts it in place, keeps what was there, and says what is not in it', async () => {
    const { dataDir, database, backup, options, calls, submitted, current } = await runningFarm()
    const before = await submitted()
    const ratios: number[] = []
    const report = await restoreBackup(database, backup.name, {
      ...options,
      onProgress: (ratio) => ratios.push(ratio),
    })
    expect(report).toEqual({
      from: backup.name,
      keptAside: join(dataDir, ASIDE),
      lost: {
        fromMs: BACKUP_AT - 600_000,
        toMs: BACKUP_AT + 5 * 3_600_000,
        shares: 30,
        words:
          'What was recorded from 2026-11-01 23:50 UTC to 2026-11-02 05:00 UTC is not in it: 30 shares of that time, and what rigs and meters said of themselves.',
      },
      problems: [],
    })
    expect(calls).toEqual(['close', 'open'])
    expect(await submitted()).toBe(before - 30)
    expect(ratios).toEqual(ratios.toSorted((a, b) => a - b))
    expect(ratios.at(-1)).toBe(1)
    // The backup itself stays, and nothing half done.
    expect(listBackups(dataDir).map(({ name }) => name)).toEqual([ASIDE, backup.name])
    expect(partials(dataDir)).toEqual([])
    await recordBatch(current(), 5000, NOW)
    expect((await current().keeping.verify()).sound).toBe(true)
    await current().close()
    const aside = new Database(join(dataDir, ASIDE), { readonly: true })
    expect(aside.prepare('SELECT SUM(submitted) FROM share_totals').pluck().get()).toBe(before)
    aside.close()
  })

  it('can be undone with what it kept', async () => {
    const { dataDir, database, backup, options, submitted, current } = await runningFarm()
    const before = await submitted()
    await restoreBackup(database, backup.name, options)
    const { lost } = await restoreBackup(database, ASIDE, options)
    expect(await submitted()).toBe(before)
    expect(lost.words).toBe('Nothing that was recorded is missing in it.')
    expect(listBackups(dataDir).filter(({ kind }) => kind === 'before-restore')).toHaveLength(2)
    await current().close()
  })

  it('refuses one that is damaged before anything is closed', async () => {
    const { database, backup, options, calls, submitted, current } = await runningFarm()
    const before = await submitted()
    const bytes = readFileSync(backup.path)
    for (const damaged of [Buffer.from('no database'), bytes.subarray(0, bytes.length / 2), flipped(bytes)]) {
      writeFileSync(backup.path, damaged)
      await expect(restoreBackup(database, backup.name, options)).rejects.toMatchObject({
        code: 'history/backup-damaged',
        message: expect.stringContaining('The history was left as it is') as string,
      })
    }
    expect(calls).toEqual([])
    expect(await submitted()).toBe(before)
    await current().close()
  })

  it('refuses one of a newer version, one of another program, and a name that is none', async () => {
    const { dataDir, database, backup, options, calls, current } = await runningFarm()
    const db = new Database(backup.path)
    db.pragma('user_version = 99')
    db.close()
    await expect(restoreBackup(database, backup.name, options)).rejects.toMatchObject({
      code: 'history/newer-version',
    })
    const foreign = 'history-by-hand-2026-01-01T00-00-00Z.sqlite'
    const other = new Database(join(dataDir, 'backups', foreign))
    other.exec('CREATE TABLE recipes (name TEXT)')
    other.close()
    await expect(restoreBackup(database, foreign, options)).rejects.toMatchObject({
      code: 'history/not-ours',
    })
    for (const name of ['../history.sqlite', 'history.sqlite', backup.path]) {
      await expect(restoreBackup(database, name, options)).rejects.toMatchObject({
        code: 'history/no-such-backup',
      })
    }
    expect(calls).toEqual([])
    expect(partials(dataDir)).toEqual([])
    await current().close()
  })

  it('refuses where the disk lacks room', async () => {
    const { dataDir, database, backup, options, calls, current } = await runningFarm()
    const freeBytes = () => Promise.resolve(1000)
    await expect(restoreBackup(database, backup.name, { ...options, freeBytes })).rejects.toMatchObject({
      code: 'history/no-room',
    })
    expect(calls).toEqual([])
    expect(partials(dataDir)).toEqual([])
    await current().close()
  })

  it('that is aborted before the history is closed changes nothing', async () => {
    const { dataDir, database, backup, options, calls, submitted, current } = await runningFarm()
    const before = await submitted()
    const abort = new AbortController()
    const restoring = restoreBackup(database, backup.name, {
      ...options,
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('changed my mind')),
    })
    await expect(restoring).rejects.toThrowError('changed my mind')
    expect(calls).toEqual([])
    expect(await submitted()).toBe(before)
    expect(partials(dataDir)).toEqual([])
    await current().close()
  })

  it('opens the history from before again when the backup cannot be opened', async () => {
    const { dataDir, database, backup, options, calls, submitted, current } = await runningFarm()
    const before = await submitted()
    let opened = 0
    const failing = restoreBackup(database, backup.name, {
      ...options,
      async open() {
        if (++opened === 1) throw new Error('no luck')
        await options.open()
      },
    })
    await expect(failing).rejects.toMatchObject({
      code: 'history/restore-failed',
      message: expect.stringMatching(
        /^The backup of 2026-11-02 00:00 UTC could not be put in place \(no luck\)\. The history from before is in use again/,
      ) as string,
    })
    expect(calls).toEqual(['close', 'close', 'open'])
    expect(await submitted()).toBe(before)
    expect(readdirSync(dataDir).filter((name) => name.startsWith('history.replaced'))).toEqual([])
    expect((await current().keeping.verify()).sound).toBe(true)
    await current().close()
  })

  it('says where the history from before is when that cannot be opened either', async () => {
    const { dataDir, database, backup, options } = await runningFarm()
    const failing = restoreBackup(database, backup.name, {
      ...options,
      open: () => Promise.reject(new Error('no luck')),
    })
    const path = join(dataDir, HISTORY_FILE)
    await expect(failing).rejects.toMatchObject({
      code: 'history/restore-failed',
      context: expect.objectContaining({ path }) as object,
    })
    expect(existsSync(path)).toBe(true)
  })

  it('opens the history from before again when it could not be closed in order', async () => {
    const { database, backup, options, submitted, current } = await runningFarm()
    const before = await submitted()
    let closed = 0
    const failing = restoreBackup(database, backup.name, {
      ...options,
      async close() {
        await options.close()
        if (++closed === 1) throw new Error('the reader does not answer')
      },
    })
    await expect(failing).rejects.toMatchObject({ code: 'history/restore-failed' })
    expect(await submitted()).toBe(before)
    await current().close()
  })

  it('can be prepared in another thread than it is finished in', async () => {
    const { dataDir, database, backup, options, calls, submitted, current } = await runningFarm()
    const before = await submitted()
    const prepared = await prepareRestore(database, backup.name)
    expect(prepared).toEqual({ name: backup.name, problems: [] })
    expect(calls).toEqual([])
    // What is recorded meanwhile is lost, and said.
    await recordBatch(current(), 2000, NOW)
    const { lost } = await finishRestore(database, structuredClone(prepared), options)
    expect(lost.shares).toBe(36)
    expect(await submitted()).toBe(before - 30)
    // Nothing is prepared any more: the history stays.
    await expect(finishRestore(database, prepared, options)).rejects.toMatchObject({
      code: 'history/restore-failed',
    })
    expect(await submitted()).toBe(before - 30)
    expect(partials(dataDir)).toEqual([])
    await current().close()
  })

  it('on a PostgreSQL server is left to the server', async () => {
    const { backup, options, current } = await runningFarm()
    const database = { kind: 'postgres', url: 'postgres://db.example/headframe', site: 'home' } as const
    await expect(restoreBackup(database, backup.name, options)).rejects.toMatchObject({
      code: 'history/backup-by-server',
    })
    await current().close()
  })
})

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy.fill(0xa5, 4096 * 9, 4096 * 10)
  return copy
}
