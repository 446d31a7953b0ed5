import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { migrations } from '../../../../src-main/history/database/migrations.ts'
import { openFile } from '../../../../src-main/history/database/open-sqlite.ts'
import { historyOn } from '../../../../src-main/history/history.ts'
import {
  HISTORY_FILE,
  type OpenedHistory,
  openHistory,
  openHistoryQueries,
} from '../../../../src-main/history/index.ts'
import { historyBatch, shareDelta } from '../../../support/history-batches.ts'
import { temporaryDir } from '../../../support/temporary-dir.ts'

const NOW = Date.UTC(2026, 10, 22, 7, 47, 10)

const open = (dataDir: string): Promise<OpenedHistory> =>
  openHistory({ database: { kind: 'sqlite', dataDir }, nowMs: NOW })

/** A directory with a history of `batches` minutes, closed in order. */
async function recorded(batches = 3): Promise<string> {
  const dataDir = temporaryDir()
  const { history } = await open(dataDir)
  await history.shares.beginSession(NOW)
  for (let sequence = 1; sequence <= batches; sequence++) {
    const shares = [shareDelta({ submitted: 1, valid: 1, acknowledged: 1 })]
    await history.shares.recordBatch(historyBatch({ sequence, atMs: NOW + sequence * 60_000, shares }))
  }
  await history.shares.endSession(NOW, 'stopped')
  await history.close()
  return dataDir
}

describe('opening a history file', () => {
  it('finds after a restart what was recorded before', async () => {
    const dataDir = await recorded()
    const { history, notices } = await open(dataDir)
    expect(notices).toEqual([])
    expect((await history.shares.totals()).acknowledged).toBe(3)
    await history.close()
  })

  it('uses a write-ahead log, so that a reader does not stop the writer', async () => {
    const dataDir = await recorded()
    const { history } = await open(dataDir)
    const reader = openHistoryQueries({ kind: 'sqlite', dataDir })
    await history.shares.beginSession(NOW)
    await history.shares.recordBatch(historyBatch({ shares: [shareDelta({ submitted: 1, valid: 1 })] }))
    expect(existsSync(join(dataDir, `${HISTORY_FILE}-wal`))).toBe(true)
    expect((await reader.shares.totals()).valid).toBe(4)
    expect((await reader.shares.checkIdentity()).holds).toBe(true)
    await reader.close()
    await history.close()
  })

  it('refuses a file from a newer version and leaves it as it is', async () => {
    const dataDir = await recorded()
    const path = join(dataDir, HISTORY_FILE)
    const db = new Database(path)
    db.pragma(`user_version = ${migrations.length + 1}`)
    db.close()
    const before = readFileSync(path)
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'history/newer-version',
      message: expect.stringMatching(/written by a newer Headframe .* --data-dir/) as string,
    })
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(dataDir)).toEqual([HISTORY_FILE])
  })

  it('refuses a database of another program and leaves it as it is', async () => {
    const dataDir = temporaryDir()
    const path = join(dataDir, HISTORY_FILE)
    const db = new Database(path)
    db.exec('CREATE TABLE recipes (name TEXT)')
    db.close()
    const before = readFileSync(path)
    await expect(open(dataDir)).rejects.toMatchObject({ code: 'history/not-ours' })
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  // The tests may run as root, who may write anywhere: a directory below a regular file stops root too.
  it('names a data directory that cannot hold files, and what to do', async () => {
    const file = join(temporaryDir(), 'file')
    writeFileSync(file, 'not a directory')
    for (const dataDir of [file, join(file, 'below'), join(temporaryDir(), 'missing')]) {
      await expect(open(dataDir)).rejects.toMatchObject({
        code: 'history/not-writable',
        message: expect.stringContaining(`history in ${dataDir} (`) as string,
        context: { directory: dataDir },
      })
    }
  })

  it('names a history file that is a directory', async () => {
    const dataDir = temporaryDir()
    mkdirSync(join(dataDir, HISTORY_FILE))
    await expect(open(dataDir)).rejects.toMatchObject({ code: 'history/not-writable' })
  })

  it('is closed only when what was asked before is done', async () => {
    const dataDir = temporaryDir()
    const { history } = await open(dataDir)
    await history.shares.beginSession(NOW)
    const batch = historyBatch({ shares: [shareDelta({ submitted: 1, valid: 1 })] })
    const outcomes = await Promise.all([history.shares.recordBatch(batch), history.close()])
    expect(outcomes[0]).toBe(true)
    const { history: next } = await open(dataDir)
    expect((await next.shares.totals()).valid).toBe(1)
    await next.close()
  })
})

describe('a Node.js without Node-API 10', () => {
  it('gets one plain sentence where the database would end the process', () => {
    const door = resolve(import.meta.dirname, '../../../../src-main/history/index.ts')
    // In a process of its own, because the version has to be pretended.
    const program = `
      Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2', napi: '9' } })
      const { openHistory } = await import(${JSON.stringify(door)})
      try {
        await openHistory({ database: { kind: 'sqlite', dataDir: ${JSON.stringify(temporaryDir())} }, nowMs: 0 })
      } catch (error) {
        console.log(error.code + ': ' + error.message)
      }`
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    expect(ran.stdout).toMatch(
      /^history\/node-too-old: Headframe needs Node.js 22.18 or newer and this is 20.20.2\./,
    )
  })
})

describe('a damaged history file', () => {
  const damages: [string, (path: string) => void][] = [
    ['with text in place of a database', (path) => writeFileSync(path, 'hello\n'.repeat(1000))],
    ['with a page of noise', (path) => overwrite(path, 4096 * 4, Buffer.alloc(4096, 0xa5))],
    ['cut in half', (path) => writeFileSync(path, readFileSync(path).subarray(0, statSync(path).size / 2))],
    ['with a broken first page', (path) => overwrite(path, 100, Buffer.alloc(200, 0xff))],
  ]
  it.each(damages)(
    '%s is kept aside, and without a backup a new one is started and said so',
    async (_, damage) => {
      const dataDir = await recorded(500)
      const path = join(dataDir, HISTORY_FILE)
      damage(path)
      const damaged = readFileSync(path)

      const { history, notices } = await open(dataDir)
      const aside = join(dataDir, 'history.broken-2026-11-22T07-47-10Z.sqlite')
      expect(notices).toEqual([
        {
          kind: 'corrupted-kept-aside',
          path: aside,
          title: 'The history was damaged and starts anew',
          detail: expect.stringContaining(aside) as string,
        },
      ])
      expect(readFileSync(aside).equals(damaged)).toBe(true)
      expect((await history.shares.totals()).submitted).toBe(0)
      await history.shares.beginSession(NOW)
      expect(await history.shares.recordBatch(historyBatch())).toBe(true)
      await history.close()
    },
  )

  it('does not overwrite one that was kept aside in the same second', async () => {
    const dataDir = temporaryDir()
    for (const text of ['first', 'second']) {
      writeFileSync(join(dataDir, HISTORY_FILE), text.repeat(1000))
      await (await open(dataDir)).history.close()
    }
    expect(readdirSync(dataDir).sort()).toEqual([
      'history.broken-2026-11-22T07-47-10Z-2.sqlite',
      'history.broken-2026-11-22T07-47-10Z.sqlite',
      HISTORY_FILE,
    ])
  })
})

describe('a full disk', () => {
  it('is named, loses nothing that was recorded, and what waits can be sent again', async () => {
    const { db } = openFile({ dataDir: await recorded(), nowMs: NOW })
    const { shares, telemetry, close } = historyOn(db)
    onTestFinished(close)
    if (db.place.kind !== 'sqlite') throw new Error('a file was opened')
    const { connection } = db.place
    await shares.beginSession(NOW)
    const pages = Number(connection.pragma('page_count', { simple: true }))
    // SQLite's own limit on the file's size fails exactly as a disk without space does.
    connection.pragma(`max_page_count = ${pages}`)
    const batch = historyBatch({
      shares: Array.from({ length: 500 }, (_, n) =>
        shareDelta({ rigKey: `rig-${n}`, submitted: 1, valid: 1, acknowledged: 1 }),
      ),
    })
    const samples = Array.from({ length: 5000 }, (_, n) => ({
      source: { kind: 'rig', key: 'rig-1' } as const,
      atMs: NOW + n * 1000,
      values: { power_dw: 1000 + n, chip_max_dc: 600 },
    }))
    const full = {
      code: 'history/disk-full',
      message: expect.stringContaining('Free some space') as string,
    }
    await expect(shares.recordBatch(batch)).rejects.toMatchObject(full)
    await expect(telemetry.record(samples)).rejects.toMatchObject(full)
    expect((await shares.totals()).acknowledged).toBe(3)
    expect((await shares.checkIdentity()).problems).toEqual([])
    connection.pragma('max_page_count = 100000')
    expect(await shares.recordBatch(batch)).toBe(true)
    expect(await telemetry.record(samples)).toMatchObject({ recorded: 5000 })
    expect((await shares.totals()).acknowledged).toBe(503)
    expect((await shares.checkIdentity()).problems).toEqual([])
  })
})

function overwrite(path: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, offset)
  closeSync(file)
}
