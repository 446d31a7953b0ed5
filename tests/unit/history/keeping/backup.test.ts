import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import {
  HISTORY_FILE,
  listBackups,
  makeBackup,
  openHistory,
  removeBackup,
  rotateBackups,
  verifyFile,
} from '../../../../src-main/history/index.ts'
import { FARM_START, openedHistory, recordBatch, recordDays } from '../../../support/kept-history.ts'
import { temporaryDir } from '../../../support/temporary-dir.ts'

const NOW = Date.UTC(2026, 10, 22, 7, 47, 10)
const BACKUP = 'history-2026-11-22T07-47-10Z.sqlite'

async function farm(days = 1) {
  const dataDir = temporaryDir()
  const database = { kind: 'sqlite', dataDir } as const
  const history = await openedHistory(database)
  await recordDays(history, days)
  return { dataDir, database, history }
}

describe('a backup', () => {
  it('is a sound copy in a folder of its own, named by date, for this user only', async () => {
    const { dataDir, database, history } = await farm()
    const ratios: number[] = []
    const backup = await makeBackup(database, {
      kind: 'automatic',
      nowMs: NOW,
      onProgress: (ratio) => ratios.push(ratio),
    })
    expect(backup).toEqual({
      name: BACKUP,
      path: join(dataDir, 'backups', BACKUP),
      atMs: NOW,
      bytes: statSync(backup.path).size,
      kind: 'automatic',
      verified: true,
      problems: [],
    })
    expect(readdirSync(join(dataDir, 'backups'))).toEqual([BACKUP])
    expect(statSync(backup.path).mode & 0o777).toBe(0o600)
    const { problems: _, ...listed } = backup
    expect(listBackups(dataDir)).toEqual([listed])
    expect(await verifyFile(backup.path)).toMatchObject({ sound: true, problems: [] })
    expect(ratios.at(-1)).toBe(1)
    expect(ratios).toEqual(ratios.toSorted((a, b) => a - b))
    const copy = new Database(backup.path, { readonly: true })
    const { submitted } = await history.shares.totals()
    expect(copy.prepare('SELECT SUM(submitted) FROM share_totals').pluck().get()).toBe(submitted)
    copy.close()
    await history.close()
  })

  it('goes on while batches are recorded, holds one moment, and loses none of them', async () => {
    const { database, history } = await farm(3)
    let isDone = false
    const before = await history.shares.totals()
    const making = makeBackup(database, { kind: 'by-hand', nowMs: NOW }).finally(() => (isDone = true))
    let batches = 0
    while (!isDone) {
      await recordBatch(history, 100_000 + ++batches, FARM_START + batches)
      await nextTurn()
    }
    const backup = await making
    const after = await history.shares.totals()
    // More than one: the writer ran between the steps of the copy.
    expect(batches).toBeGreaterThan(3)
    expect(after.submitted - before.submitted).toBe(batches * 6)
    const copy = new Database(backup.path, { readonly: true })
    const copied = copy.prepare('SELECT SUM(submitted) FROM share_totals').pluck().get() as number
    copy.close()
    expect(copied).toBeGreaterThanOrEqual(before.submitted)
    expect(copied).toBeLessThan(after.submitted)
    expect((copied - before.submitted) % 6).toBe(0)
    expect(await verifyFile(backup.path)).toMatchObject({ sound: true })
    expect((await history.keeping.verify()).sound).toBe(true)
    await history.close()
  })

  it('is refused where the disk lacks room, in numbers, and leaves nothing', async () => {
    const { dataDir, database, history } = await farm()
    const options = { kind: 'automatic', nowMs: NOW, freeBytes: () => Promise.resolve(10_000_000) } as const
    await expect(makeBackup(database, options)).rejects.toThrowError(
      expect.objectContaining({
        code: 'history/no-room',
        message: expect.stringMatching(/needs \d+ MB free in .*backups, and there are 10 MB/) as string,
      }),
    )
    expect(readdirSync(join(dataDir, 'backups'))).toEqual([])
    await history.close()
  })

  it('that is aborted ends with the reason and leaves nothing', async () => {
    const { dataDir, database, history } = await farm()
    const abort = new AbortController()
    const making = makeBackup(database, {
      kind: 'automatic',
      nowMs: NOW,
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('stopped by hand')),
    })
    await expect(making).rejects.toThrowError('stopped by hand')
    expect(readdirSync(join(dataDir, 'backups'))).toEqual([])
    // The next one is not held up by it.
    await makeBackup(database, { kind: 'automatic', nowMs: NOW })
    await history.close()
  })

  it('is not made twice at once', async () => {
    const { database, history } = await farm()
    const first = makeBackup(database, { kind: 'automatic', nowMs: NOW })
    await expect(makeBackup(database, { kind: 'by-hand', nowMs: NOW })).rejects.toThrowError(
      expect.objectContaining({ code: 'history/backup-running' }),
    )
    await first
    await history.close()
  })

  it('of a history with a page that cannot be read is not kept, and says so', async () => {
    const { dataDir, database, history } = await farm()
    await history.close()
    const path = join(dataDir, HISTORY_FILE)
    const whole = readFileSync(path)
    writeFileSync(
      path,
      Buffer.concat([whole.subarray(0, 4096 * 9), Buffer.alloc(4096, 0xa5), whole.subarray(4096 * 10)]),
    )
    await expect(makeBackup(database, { kind: 'automatic', nowMs: NOW })).rejects.toMatchObject({
      code: 'history/backup-damaged',
      message: expect.stringMatching(
        /^No backup was made: .* Earlier backups were left as they are\. Restart/,
      ) as string,
    })
    expect(readdirSync(join(dataDir, 'backups'))).toEqual([])
    // What the restart looks for.
    expect(existsSync(join(dataDir, 'history.damage-seen'))).toBe(true)
  })

  it('of a history in which a figure is wrong is kept, and says what is wrong', async () => {
    const { dataDir, database, history } = await farm()
    await history.close()
    const db = new Database(join(dataDir, HISTORY_FILE))
    db.exec('UPDATE share_hours SET valid = valid + 1, stale = stale - 1 WHERE rig = 1')
    db.close()
    const { problems } = await makeBackup(database, { kind: 'automatic', nowMs: NOW })
    expect(problems[0]).toMatch(/^Shares do not add up: /)
    expect(readdirSync(join(dataDir, 'backups'))).toEqual([BACKUP])
    expect(existsSync(join(dataDir, 'history.damage-seen'))).toBe(false)
  })

  it('removes what a killed one left', async () => {
    const { dataDir, database, history } = await farm()
    mkdirSync(join(dataDir, 'backups'))
    for (const suffix of ['.partial', '.partial-journal']) {
      writeFileSync(join(dataDir, 'backups', `history-2026-11-20T00-00-00Z.sqlite${suffix}`), 'half')
    }
    await makeBackup(database, { kind: 'automatic', nowMs: NOW })
    expect(readdirSync(join(dataDir, 'backups'))).toEqual([BACKUP])
    await history.close()
  })

  it('does not overwrite one of the same second', async () => {
    const { dataDir, database, history } = await farm()
    await makeBackup(database, { kind: 'automatic', nowMs: NOW })
    await makeBackup(database, { kind: 'automatic', nowMs: NOW })
    expect(listBackups(dataDir).map(({ name }) => name)).toEqual([
      BACKUP,
      'history-2026-11-22T07-47-10Z-2.sqlite',
    ])
    await history.close()
  })

  it('names a folder that cannot be written', async () => {
    const { dataDir, database, history } = await farm()
    writeFileSync(join(dataDir, 'backups'), 'a file where the folder belongs')
    await expect(makeBackup(database, { kind: 'automatic', nowMs: NOW })).rejects.toMatchObject({
      code: expect.stringMatching(/^history\/not-writable$/) as string,
    })
    await history.close()
  })

  it('on a PostgreSQL server is left to the server, in words', async () => {
    const database = { kind: 'postgres', url: 'postgres://db.example/headframe', site: 'home' } as const
    await expect(makeBackup(database, { kind: 'automatic', nowMs: NOW })).rejects.toThrowError(
      expect.objectContaining({
        code: 'history/backup-by-server',
        message: expect.stringContaining('pg_dump') as string,
      }),
    )
  })
})

it('rotation removes the automatic backups that the choices do not keep', async () => {
  const dataDir = temporaryDir()
  mkdirSync(join(dataDir, 'backups'))
  const names = [
    'history-2026-11-22T07-47-10Z',
    'history-2026-11-21T07-47-10Z',
    'history-by-hand-2026-01-01T00-00-00Z',
  ]
  for (const name of names) writeFileSync(join(dataDir, 'backups', `${name}.sqlite`), '')
  expect(await rotateBackups(dataDir, { keepDaily: 1, keepWeekly: 0 }, NOW)).toEqual([
    'history-2026-11-21T07-47-10Z.sqlite',
  ])
  expect(listBackups(dataDir).map(({ kind }) => kind)).toEqual(['automatic', 'by-hand'])
})

it('a copy is removed by its name, with what lies beside it, and nothing else is', async () => {
  const dataDir = temporaryDir()
  const broken = 'history.broken-2026-11-01T00-00-00Z.sqlite'
  for (const name of [broken, `${broken}-wal`, HISTORY_FILE]) writeFileSync(join(dataDir, name), '')
  await expect(removeBackup(dataDir, HISTORY_FILE)).rejects.toMatchObject({ code: 'history/no-such-backup' })
  await removeBackup(dataDir, broken)
  expect(readdirSync(dataDir)).toEqual([HISTORY_FILE])
})

it('the list of copies names what each is, and nothing that is not ours', async () => {
  const dataDir = temporaryDir()
  expect(listBackups(dataDir)).toEqual([])
  mkdirSync(join(dataDir, 'backups'))
  mkdirSync(join(dataDir, 'backups', 'history-2026-11-05T00-00-00Z.sqlite'))
  const files = {
    'history.before-2026-11-03T00-00-00Z.sqlite': 'before-migration',
    'history.replaced-2026-11-02T00-00-00Z-2.sqlite': 'before-restore',
    'history.broken-2026-11-01T00-00-00Z.sqlite': 'damaged',
  }
  for (const name of [
    ...Object.keys(files),
    'history.sqlite',
    'history.broken-yesterday.sqlite',
    'notes.sqlite',
  ]) {
    writeFileSync(join(dataDir, name), '')
  }
  expect(Object.fromEntries(listBackups(dataDir).map(({ name, kind }) => [name, kind]))).toEqual(files)
  expect(existsSync(join(dataDir, 'history.sqlite'))).toBe(true)
  const { history } = await openHistory({ database: { kind: 'sqlite', dataDir: temporaryDir() }, nowMs: NOW })
  await history.close()
})
