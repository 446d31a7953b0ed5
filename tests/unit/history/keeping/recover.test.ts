import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import {
  HISTORY_FILE,
  type HistoryBackup,
  makeBackup,
  openHistory,
} from '../../../../src-main/history/index.ts'
import { DAY_MS, FARM_START, openedHistory, recordBatch, recordDays } from '../../../support/kept-history.ts'
import { temporaryDir } from '../../../support/temporary-dir.ts'

const BACKUP_AT = FARM_START + DAY_MS
const NOW = FARM_START + 2 * DAY_MS
const ASIDE = 'history.broken-2026-11-03T00-00-00Z.sqlite'

/** A history of a day with backups of its end, and `more` batches of six shares after them. */
async function farmWithBackups(backups = 1, more = 5) {
  const dataDir = temporaryDir()
  const database = { kind: 'sqlite', dataDir } as const
  const history = await openedHistory(database)
  await recordDays(history, 1)
  const made: HistoryBackup[] = []
  for (let n = 0; n < backups; n++) {
    made.push(await makeBackup(database, { kind: 'automatic', nowMs: BACKUP_AT + n * 1000 }))
  }
  for (let n = 1; n <= more; n++) await recordBatch(history, 1000 + n, BACKUP_AT + n * 3_600_000)
  const totals = await history.shares.totals()
  await history.shares.endSession(NOW, 'stopped')
  await history.close()
  return { dataDir, database, path: join(dataDir, HISTORY_FILE), made, totals }
}

function overwrite(path: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, offset)
  closeSync(file)
}

/** Noise in a page of the largest table, so that most of the file can still be read. */
function damagePage(path: string): void {
  const db = new Database(path, { readonly: true })
  const page = db
    .prepare<[], number>(
      "SELECT pageno FROM dbstat WHERE name = 'share_minutes' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1",
    )
    .pluck()
    .get() as number
  db.close()
  overwrite(path, (page - 1) * 4096, Buffer.alloc(4096, 0xa5))
}

describe('a damaged history', () => {
  it('gives way to the newest backup at the start, and the notice says exactly what is lost', async () => {
    const { dataDir, database, path, totals } = await farmWithBackups()
    damagePage(path)
    const damaged = readFileSync(path)
    const { history, notices } = await openHistory({ database, nowMs: NOW })
    expect(notices).toEqual([
      {
        kind: 'corrupted-kept-aside',
        path: join(dataDir, ASIDE),
        title: 'The history was damaged; a backup took its place',
        detail: `The history file could not be read, so the backup of 2026-11-02 00:00 UTC was put in its place; pools and settings are not affected. What was recorded from 2026-11-01 23:50 UTC to 2026-11-02 05:00 UTC is not in it: 30 shares of that time, and what rigs and meters said of themselves. The damaged file is kept at ${join(dataDir, ASIDE)}.`,
      },
    ])
    expect(readFileSync(join(dataDir, ASIDE)).equals(damaged)).toBe(true)
    expect((await history.shares.totals()).submitted).toBe(totals.submitted - 30)
    // It goes on in it.
    await history.shares.beginSession(NOW)
    await recordBatch(history, 1, NOW)
    expect((await history.keeping.verify()).sound).toBe(true)
    await history.close()
    const again = await openHistory({ database, nowMs: NOW })
    expect(again.notices).toEqual([])
    await again.history.close()
    expect(readdirSync(dataDir).filter((name) => name.includes('partial'))).toEqual([])
  })

  it('passes over backups that are damaged too, and names them', async () => {
    const { database, path, made } = await farmWithBackups(3)
    damagePage(path)
    damagePage(made[2]!.path)
    writeFileSync(made[1]!.path, 'no database')
    const { history, notices } = await openHistory({ database, nowMs: NOW })
    expect(notices[0]?.detail).toContain('the backup of 2026-11-02 00:00 UTC was put in its place')
    expect(notices[0]?.detail).toContain(
      `Newer backups could not be used (${made[2]!.name}: it is damaged too; ${made[1]!.name}: `,
    )
    expect((await history.shares.totals()).submitted).toBeGreaterThan(0)
    await history.close()
  })

  it('passes over a backup of a newer version', async () => {
    const { database, path, made } = await farmWithBackups(2)
    damagePage(path)
    const db = new Database(made[1]!.path)
    db.pragma('user_version = 99')
    db.close()
    const { history, notices } = await openHistory({ database, nowMs: NOW })
    expect(notices[0]?.detail).toMatch(/Newer backups could not be used .*written by a newer Headframe/)
    await history.close()
  })

  it('without a backup begins anew and says up to when everything is lost', async () => {
    const { dataDir, database, path } = await farmWithBackups(0)
    damagePage(path)
    const { history, notices } = await openHistory({ database, nowMs: NOW })
    expect(notices).toMatchObject([
      {
        kind: 'corrupted-kept-aside',
        path: join(dataDir, ASIDE),
        title: 'The history was damaged and starts anew',
      },
    ])
    expect(notices[0]?.detail).toMatch(
      /There was no backup\. Everything up to 2026-11-02 05:00 UTC is not in it: \d+ shares of that time, .* kept at /,
    )
    expect((await history.shares.totals()).submitted).toBe(0)
    await history.close()
  })

  it('that cannot be read at all is said to reach to when it was last written', async () => {
    const { database, path } = await farmWithBackups()
    writeFileSync(path, 'noise'.repeat(5000))
    const written = new Date(statSync(path).mtimeMs).toISOString().slice(0, 16).replace('T', ' ')
    const { history, notices } = await openHistory({ database, nowMs: NOW })
    expect(notices[0]?.detail).toContain(
      `What was recorded from 2026-11-01 23:50 UTC to ${written} UTC is not in it: the shares of that time cannot be counted`,
    )
    await history.close()
  })

  it('brings a backup of an older version up to date', async () => {
    const { database, path, made } = await farmWithBackups()
    // As an older program made it.
    const db = new Database(made[0]!.path)
    db.exec('DROP TABLE account_days')
    db.close()
    writeFileSync(path, 'noise')
    const steps = (await import('../../../../src-main/history/database/migrations.ts')).migrations
    const later = [...steps, () => 'CREATE TABLE account_days (x INTEGER) STRICT']
    const { history, notices } = await openHistory({ database, nowMs: NOW, steps: later })
    expect(notices.map(({ kind }) => kind)).toEqual(['corrupted-kept-aside', 'migrated'])
    await history.close()
  })
})

describe('damage that is met while the program runs', () => {
  it('is told at once, and looked for at the next start however the file is checked then', async () => {
    const { dataDir, database, path } = await farmWithBackups()
    const { history } = await openHistory({ database, nowMs: NOW })
    await history.shares.beginSession(NOW)
    // A checkpoint, so that pages are read from the file.
    await history.close()
    damagePage(path)
    const db = new Database(path)
    db.pragma('user_version')
    db.close()

    // What opens a file that is spared the check because it is large, as far as this matters.
    const { fileDb } = await import('../../../../src-main/history/database/open-sqlite.ts')
    const { historyOn } = await import('../../../../src-main/history/history.ts')
    const unchecked = historyOn(fileDb(new Database(path), path))
    await expect(unchecked.shares.checkIdentity()).rejects.toMatchObject({
      code: 'history/corrupted',
      message: expect.stringMatching(
        /Restart Headframe: it keeps the damaged file aside and puts the newest/,
      ) as string,
    })
    await unchecked.close().catch(() => undefined)
    expect(existsSync(join(dataDir, 'history.damage-seen'))).toBe(true)

    const again = await openHistory({ database, nowMs: NOW })
    expect(again.notices).toMatchObject([{ kind: 'corrupted-kept-aside' }])
    expect(existsSync(join(dataDir, 'history.damage-seen'))).toBe(false)
    await again.history.close()
  })

  it('that the next start does not find is forgotten', async () => {
    const { dataDir, database, totals } = await farmWithBackups()
    writeFileSync(join(dataDir, 'history.damage-seen'), 'a cable that was loose')
    const { history, notices } = await openHistory({ database, nowMs: NOW })
    expect(notices).toEqual([])
    expect(existsSync(join(dataDir, 'history.damage-seen'))).toBe(false)
    expect((await history.shares.totals()).submitted).toBe(totals.submitted)
    await history.close()
  })
})
