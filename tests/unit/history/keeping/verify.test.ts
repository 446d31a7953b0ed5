import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { historyOn } from '../../../../src-main/history/history.ts'
import { HISTORY_FILE, verifyFile } from '../../../../src-main/history/index.ts'
import { historyDatabases } from '../../../support/history-databases.ts'
import { FARM_START, openedHistory, recordBatch, recordDays } from '../../../support/kept-history.ts'
import { temporaryDir } from '../../../support/temporary-dir.ts'

describe.each(historyDatabases)('verifying the figures on $name', ({ open }) => {
  async function farm() {
    const db = await open()
    const history = historyOn(db)
    await history.shares.beginSession(FARM_START)
    await recordDays(history, 2, 1_800_000)
    return { db, history }
  }

  it('finds a history sound, beside its writer, and tells how far it is', async () => {
    const { history } = await farm()
    const ratios: number[] = []
    const report = await history.keeping.verify({ onProgress: (ratio) => ratios.push(ratio) })
    expect(report).toMatchObject({ sound: true, problems: [] })
    expect(report.checkedBytes).toBeGreaterThan(10_000)
    expect(ratios.length).toBeGreaterThan(2)
    expect(ratios).toEqual(ratios.toSorted((a, b) => a - b))
    expect(ratios.at(-1)).toBe(1)
  })

  it('finds an empty history sound', async () => {
    const history = historyOn(await open())
    expect(await history.keeping.verify()).toMatchObject({ sound: true, problems: [] })
  })

  const faults: readonly [string, string, RegExp][] = [
    [
      'a day that is not the sum of its hours',
      'UPDATE series_days SET sum = sum + 1 WHERE metric = 4 AND source = 1',
      /^The daily figures of energy_j of rig rig-a on 2026-11-01 are not the sum of its hours\.$/,
    ],
    [
      'hours that are missing',
      'DELETE FROM series_blocks WHERE span = 2 AND metric = 4 AND source = 2',
      /^The hourly figures of energy_j of rig rig-b at 2026-11-01T00:00Z are not the sum of their five minutes\.$/,
    ],
    [
      'moments of samples that are missing',
      'DELETE FROM series_blocks WHERE span = 0 AND metric = 0 AND source = 1',
      /^Samples of .* of rig rig-a from .* cannot be read \(their moments are missing\)\.$/,
    ],
    [
      'shares of an hour that nobody offered',
      'UPDATE share_hours SET submitted = submitted + 1, valid = valid + 1 WHERE rig = 1',
      /^Shares do not add up: share_hours/,
    ],
  ]
  it.each(faults)('finds %s', async (_, statement, sentence) => {
    const { db, history } = await farm()
    await db.read((queries) => sql.raw(statement).execute(queries))
    const { sound, readable, problems } = await history.keeping.verify()
    expect({ sound, readable }).toEqual({ sound: false, readable: true })
    expect(problems[0]).toMatch(sentence)
    expect(problems.length).toBeLessThanOrEqual(21)
  })

  it.each([
    [0, 4, /^Samples of energy_j of rig rig-a from 2026-11-01T00:00Z cannot be read \(.*check sum/],
    [1, 4, /^The five-minute figures of energy_j of rig rig-a from 2026-11-01 cannot be read \(.*check sum/],
    [2, 4, /^The hourly figures of energy_j of rig rig-a from 2026-.* cannot be read \(.*check sum/],
  ])('finds a flipped bit in a packed block of span %i', async (span, metric, sentence) => {
    const { db, history } = await farm()
    await db.transaction(async (trx) => {
      const block = await trx
        .selectFrom('series_blocks')
        .select(['source', 'start', 'bytes'])
        .where('span', '=', span)
        .where('metric', '=', metric)
        .where('source', '=', 1)
        .orderBy('start')
        .limit(1)
        .executeTakeFirstOrThrow()
      const bytes = Uint8Array.from(block.bytes)
      bytes[bytes.length - 1]! ^= 0x10
      await trx
        .updateTable('series_blocks')
        .set({ bytes })
        .where('span', '=', span)
        .where('metric', '=', metric)
        .where('source', '=', 1)
        .where('start', '=', block.start)
        .execute()
    })
    const { problems } = await history.keeping.verify()
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(sentence)
  })

  it('can be aborted', async () => {
    const { history } = await farm()
    const abort = new AbortController()
    const verifying = history.keeping.verify({
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('enough')),
    })
    await expect(verifying).rejects.toThrowError('enough')
  })
})

describe('verifying a file', () => {
  async function closedFarm(days = 2) {
    const dataDir = temporaryDir()
    const history = await openedHistory({ kind: 'sqlite', dataDir })
    await recordDays(history, days, 1_800_000)
    await history.close()
    return { dataDir, path: join(dataDir, HISTORY_FILE) }
  }

  it('lets the writer go on', async () => {
    const dataDir = temporaryDir()
    const history = await openedHistory({ kind: 'sqlite', dataDir })
    await recordDays(history, 1)
    let isDone = false
    const verifying = history.keeping.verify().finally(() => (isDone = true))
    let batches = 0
    while (!isDone) {
      await recordBatch(history, 100_000 + ++batches, FARM_START + batches)
      await nextTurn()
    }
    expect(await verifying).toMatchObject({ sound: true })
    expect(batches).toBeGreaterThan(10)
    await history.close()
  })

  it('says where pages are damaged', async () => {
    const { path } = await closedFarm()
    const pages = Math.floor(statSync(path).size / 4096)
    let found = 0
    for (let page = 2; page < pages; page += 7) {
      const whole = readFileSync(path)
      overwrite(path, page * 4096, Buffer.alloc(4096, 0xa5))
      const { sound, problems } = await verifyFile(path)
      if (!sound) found++
      for (const problem of problems)
        expect(problem).toMatch(/^(The (file|table) |Rows of |Shares |Packed |Samples |The ).*\.$/)
      writeFileSync(path, whole)
    }
    expect(found).toBe(Math.ceil((pages - 2) / 7))
    expect(await verifyFile(path)).toMatchObject({ sound: true })
  })

  it.each([
    ['text', (path: string) => writeFileSync(path, 'hello\n'.repeat(1000))],
    [
      'half of it',
      (path: string) => writeFileSync(path, readFileSync(path).subarray(0, statSync(path).size / 2)),
    ],
  ])('finds %s in its place damaged and does not throw', async (_, damage) => {
    const { path } = await closedFarm(1)
    damage(path)
    const { sound, readable, problems } = await verifyFile(path)
    expect({ sound, readable }).toEqual({ sound: false, readable: false })
    expect(problems[0]).toMatch(/^The (file|table) .*\.$/)
  })

  it('refuses one of a newer version and one of another program', async () => {
    const { path } = await closedFarm(1)
    const db = new Database(path)
    db.pragma('user_version = 99')
    db.close()
    await expect(verifyFile(path)).rejects.toMatchObject({ code: 'history/newer-version' })
    const foreign = join(temporaryDir(), 'recipes.sqlite')
    const other = new Database(foreign)
    other.exec('CREATE TABLE recipes (name TEXT)')
    other.close()
    await expect(verifyFile(foreign)).rejects.toMatchObject({ code: 'history/not-ours' })
  })

  it('that is not there is refused', async () => {
    await expect(verifyFile(join(temporaryDir(), 'none.sqlite'))).rejects.toMatchObject({
      code: 'history/not-writable',
    })
  })
})

function overwrite(path: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, offset)
  closeSync(file)
}
