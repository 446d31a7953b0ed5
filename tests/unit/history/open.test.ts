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
import { describe, expect, it } from 'vitest'
import { HISTORY_FILE, openHistory, openHistoryQueries } from '../../../src-main/history/index.ts'
import { migrations } from '../../../src-main/history/migrations.ts'
import { HistoryStore } from '../../../src-main/history/store.ts'
import { historyBatch, shareDelta } from '../../support/history-batches.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const NOW = Date.UTC(2026, 10, 22, 7, 47, 10)

/** A directory with a history of `batches` minutes, closed in order. */
function recorded(batches = 3): string {
  const dataDir = temporaryDir()
  const { history } = openHistory({ dataDir, nowMs: NOW })
  history.beginSession(NOW)
  for (let sequence = 1; sequence <= batches; sequence++) {
    const shares = [shareDelta({ submitted: 1, valid: 1, acknowledged: 1 })]
    history.recordBatch(historyBatch({ sequence, atMs: NOW + sequence * 60_000, shares }))
  }
  history.endSession(NOW, 'stopped')
  history.close()
  return dataDir
}

describe('opening the history', () => {
  it('finds after a restart what was recorded before', () => {
    const dataDir = recorded()
    const { history, notices } = openHistory({ dataDir, nowMs: NOW })
    expect(notices).toEqual([])
    expect(history.totals().acknowledged).toBe(3)
    history.close()
  })

  it('uses a write-ahead log, so that a reader does not stop the writer', () => {
    const dataDir = recorded()
    const { history } = openHistory({ dataDir, nowMs: NOW })
    const reader = openHistoryQueries(dataDir)
    history.beginSession(NOW)
    history.recordBatch(historyBatch({ shares: [shareDelta({ submitted: 1, valid: 1 })] }))
    expect(existsSync(join(dataDir, `${HISTORY_FILE}-wal`))).toBe(true)
    expect(reader.totals().valid).toBe(4)
    expect(reader.checkIdentity().holds).toBe(true)
    reader.close()
    history.close()
  })

  it('refuses a file from a newer version and leaves it as it is', () => {
    const dataDir = recorded()
    const path = join(dataDir, HISTORY_FILE)
    const db = new Database(path)
    db.pragma(`user_version = ${migrations.length + 1}`)
    db.close()
    const before = readFileSync(path)
    expect(() => openHistory({ dataDir, nowMs: NOW })).toThrowError(
      expect.objectContaining({
        code: 'history/newer-version',
        message: expect.stringMatching(/written by a newer Headframe .* --data-dir/) as string,
      }),
    )
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(dataDir)).toEqual([HISTORY_FILE])
  })

  it('refuses a database of another program and leaves it as it is', () => {
    const dataDir = temporaryDir()
    const path = join(dataDir, HISTORY_FILE)
    const db = new Database(path)
    db.exec('CREATE TABLE recipes (name TEXT)')
    db.close()
    const before = readFileSync(path)
    expect(() => openHistory({ dataDir, nowMs: NOW })).toThrowError(
      expect.objectContaining({ code: 'history/not-ours' }),
    )
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  // The tests may run as root, who may write anywhere: a directory below a regular file stops root too.
  it('names a data directory that cannot hold files, and what to do', () => {
    const file = join(temporaryDir(), 'file')
    writeFileSync(file, 'not a directory')
    for (const dataDir of [file, join(file, 'below'), join(temporaryDir(), 'missing')]) {
      expect(() => openHistory({ dataDir, nowMs: NOW })).toThrowError(
        expect.objectContaining({
          code: 'history/not-writable',
          message: expect.stringContaining(`history in ${dataDir} (`) as string,
          context: expect.objectContaining({ directory: dataDir }) as object,
        }),
      )
    }
  })

  it('names a history file that is a directory', () => {
    const dataDir = temporaryDir()
    mkdirSync(join(dataDir, HISTORY_FILE))
    expect(() => openHistory({ dataDir, nowMs: NOW })).toThrowError(
      expect.objectContaining({ code: 'history/not-writable' }),
    )
  })
})

describe('a Node.js without Node-API 10', () => {
  it('gets one plain sentence where the database would end the process', () => {
    const door = resolve(import.meta.dirname, '../../../src-main/history/index.ts')
    // In a process of its own, because the version has to be pretended.
    const program = `
      Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2', napi: '9' } })
      const { openHistory } = await import(${JSON.stringify(door)})
      try {
        openHistory({ dataDir: ${JSON.stringify(temporaryDir())}, nowMs: 0 })
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
  it.each(damages)('%s is kept aside, and a new one is started and said so', (_, damage) => {
    const dataDir = recorded(500)
    const path = join(dataDir, HISTORY_FILE)
    damage(path)
    const damaged = readFileSync(path)

    const { history, notices } = openHistory({ dataDir, nowMs: NOW })
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
    expect(history.totals().submitted).toBe(0)
    history.beginSession(NOW)
    expect(history.recordBatch(historyBatch())).toBe(true)
    history.close()
  })

  it('does not overwrite one that was kept aside in the same second', () => {
    const dataDir = temporaryDir()
    for (const text of ['first', 'second']) {
      writeFileSync(join(dataDir, HISTORY_FILE), text.repeat(1000))
      openHistory({ dataDir, nowMs: NOW }).history.close()
    }
    expect(readdirSync(dataDir).sort()).toEqual([
      'history.broken-2026-11-22T07-47-10Z-2.sqlite',
      'history.broken-2026-11-22T07-47-10Z.sqlite',
      HISTORY_FILE,
    ])
  })
})

describe('migrations', () => {
  const steps = [...migrations, 'CREATE TABLE extra (x INTEGER) STRICT']

  it('copy a database that holds anything before its first step', () => {
    const dataDir = recorded()
    const { history, notices } = openHistory({ dataDir, nowMs: NOW, steps })
    const copy = join(dataDir, 'history.before-2026-11-22T07-47-10Z.sqlite')
    expect(notices).toMatchObject([{ kind: 'migrated', path: copy }])
    expect(history.totals().acknowledged).toBe(3)
    history.close()

    const old = new Database(copy, { readonly: true })
    expect(old.pragma('user_version', { simple: true })).toBe(migrations.length)
    expect(old.prepare('SELECT SUM(acknowledged) AS sum FROM share_totals').get()).toEqual({ sum: 3 })
    old.close()
    expect(openHistory({ dataDir, nowMs: NOW, steps }).notices).toEqual([])
  })

  it('keep what pools did, and have words for a pool that stands in', () => {
    const dataDir = temporaryDir()
    const before = openHistory({ dataDir, nowMs: NOW, steps: migrations.slice(0, 1) })
    before.history.beginSession(NOW)
    const pools = [{ poolId: 'p1', name: 'North', url: 'stratum+tcp://pool.example.com:3333' }]
    const connected = { poolId: 'p1', atMs: NOW, kind: 'connected', detail: 'North' } as const
    before.history.recordBatch(historyBatch({ pools, poolEvents: [connected] }))
    before.history.close()
    const { history } = openHistory({ dataDir, nowMs: NOW })
    history.beginSession(NOW)
    const event = { poolId: 'p1', atMs: NOW, kind: 'failed-over', detail: 'South is silent' } as const
    history.recordBatch(historyBatch({ pools, poolEvents: [event, { ...event, kind: 'returned' }] }))
    expect(history.poolEvents(10).map(({ kind }) => kind)).toEqual(['returned', 'failed-over', 'connected'])
    history.close()
  })

  it('leave the version before when a step fails, with nothing of the step done', () => {
    const dataDir = recorded()
    const failing = [...steps, 'CREATE TABLE more (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1)']
    expect(() => openHistory({ dataDir, nowMs: NOW, steps: failing })).toThrowError(
      expect.objectContaining({
        code: 'history/migration-failed',
        message: expect.stringMatching(/from version 4 to 5 .*Nothing was lost.* copy from before/) as string,
      }),
    )
    const { history, notices } = openHistory({ dataDir, nowMs: NOW, steps })
    expect(notices).toEqual([])
    expect(history.totals().acknowledged).toBe(3)
    history.close()
    const db = new Database(join(dataDir, HISTORY_FILE))
    expect(db.prepare(`SELECT name FROM sqlite_schema WHERE name IN ('extra', 'more')`).all()).toEqual([
      { name: 'extra' },
    ])
    db.close()
  })
})

describe('a full disk', () => {
  it('is named, loses nothing that was recorded, and the batch can be sent again', () => {
    const path = join(recorded(), HISTORY_FILE)
    const db = new Database(path)
    const history = new HistoryStore(db, path)
    history.beginSession(NOW)
    const pages = Number(db.pragma('page_count', { simple: true }))
    // SQLite's own limit on the file's size fails exactly as a disk without space does.
    db.pragma(`max_page_count = ${pages}`)
    const shares = Array.from({ length: 500 }, (_, n) =>
      shareDelta({ rigKey: `rig-${n}`, submitted: 1, valid: 1, acknowledged: 1 }),
    )
    const batch = historyBatch({ shares })
    expect(() => history.recordBatch(batch)).toThrowError(
      expect.objectContaining({
        code: 'history/disk-full',
        message: expect.stringContaining('Free some space') as string,
      }),
    )
    expect(history.totals().acknowledged).toBe(3)
    expect(history.checkIdentity().holds).toBe(true)
    db.pragma('max_page_count = 100000')
    expect(history.recordBatch(batch)).toBe(true)
    expect(history.totals().acknowledged).toBe(503)
    expect(history.checkIdentity().problems).toEqual([])
    history.close()
  })
})

function overwrite(path: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, offset)
  closeSync(file)
}
