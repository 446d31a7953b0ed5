import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type HistoryProcedures, runHistoryService } from '../../../src-main/app/history-service.ts'
import { historyLocation, KeepingDesk } from '../../../src-main/app/keeping-desk.ts'
import { firstMoneyContent, MoneyBook, SECRETS } from '../../../src-main/app/money-book.ts'
import { type ReaderProcedures, runReaderService } from '../../../src-main/app/reading/reader-service.ts'
import { type Procedures, ThreadClient, type ThreadPort } from '../../../src-main/app/thread-link.ts'
import { HeadframeError, ManualClock, silentLogger } from '../../../src-main/base/index.ts'
import { type SecretStore } from '../../../src-main/settings/index.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const DAY = 86_400_000

/** What a thread runs, in this one. */
function inProcess<P extends Procedures>(run: (port: ThreadPort) => void): ThreadClient<P> {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port1.close())
  run(port1)
  return new ThreadClient<P>(port2)
}

function secretsInMemory(): SecretStore & { kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return {
    kept,
    get: (name) => Promise.resolve(kept.get(name)),
    set: (name, value) => Promise.resolve(void kept.set(name, value)),
    delete: (name) => Promise.resolve(void kept.delete(name)),
  }
}

/** A call of either thread that a test takes part in. */
type Between = (name: string, call: () => Promise<unknown>) => Promise<unknown>

async function opened(between: Between = (_name, call) => call()) {
  const dataDir = temporaryDir()
  const clock = new ManualClock(NOW)
  const secrets = secretsInMemory()
  const book = await MoneyBook.open(dataDir, clock, secrets, firstMoneyContent({ currency: 'EUR' }))
  const location = await historyLocation(book.content.database, dataDir, book)
  const history = inProcess<HistoryProcedures>(runHistoryService)
  const reader = inProcess<ReaderProcedures>(runReaderService)
  for (const thread of [history, reader] as ThreadClient<Procedures>[]) {
    const call = thread.call.bind(thread)
    thread.call = ((name: string, argument: never) =>
      between(name, () => call(name, argument))) as typeof thread.call
  }
  await history.call('open', { database: location, nowMs: NOW, poolIds: [] })
  await reader.call('open', location)
  onTestFinished(async () => {
    await reader.call('close', null)
    await history.call('close', NOW)
  })
  const told: { title: string; detail: string }[] = []
  let restored = 0
  const desk = new KeepingDesk({
    ...{ clock, log: silentLogger, dataDir, book, location, version: 4, history, reader },
    tell: (notice) => void told.push(notice),
    onRestored: () => void restored++,
  })
  onTestFinished(() => desk.stop())
  return { dataDir, clock, secrets, book, history, reader, desk, told, restored: () => restored }
}

const addPrice = (history: ThreadClient<HistoryProcedures>, day: number): Promise<void> =>
  history.call('recordLedger', {
    prices: [{ currency: 'EUR', day, closeMinor: 5_000_000, source: 'test', atMs: NOW }],
  })

describe('looking after the history', () => {
  it('does one thing at a time, and says which', async () => {
    const { desk } = await opened()
    const first = desk.backup()
    expect(desk.state.value.task).toMatchObject({ what: 'backup', startedAt: NOW })
    await expect(desk.verify(null)).rejects.toMatchObject({ code: 'history/busy-keeping' })
    await expect(desk.removeBackup('any')).rejects.toMatchObject({ code: 'history/busy-keeping' })
    const { name } = await first
    expect(desk.state.value.task).toBeNull()
    expect(desk.state.value.backups.map((backup) => backup.name)).toEqual([name])
    expect(await desk.verify(name)).toMatchObject({ of: name, sound: true, problems: [] })
    await desk.removeBackup(name)
    expect(desk.state.value.backups).toEqual([])
    await expect(desk.verify(name)).rejects.toMatchObject({ code: 'history/no-such-backup' })
    expect(desk.state.value.task).toBeNull()
  })

  it('puts a backup in place: what was recorded later is gone, kept aside, and recording goes on', async () => {
    const { desk, history, reader, restored } = await opened()
    await addPrice(history, 20_000)
    const { name } = await desk.backup()
    await addPrice(history, 20_001)
    const { keptAside, from } = await desk.restore(name)
    expect(from).toBe(name)
    expect(existsSync(keptAside)).toBe(true)
    expect(restored()).toBe(1)
    const prices = { currency: 'EUR', fromDay: 0, toDay: 30_000 }
    expect((await reader.call('pricesBetween', prices)).map(({ day }) => day)).toEqual([20_000])
    await addPrice(history, 20_002)
    expect((await reader.call('pricesBetween', prices)).map(({ day }) => day)).toEqual([20_000, 20_002])
  })

  it('reads on from the history that is there when a restore fails', async () => {
    const { desk, reader, restored } = await opened((name, call) =>
      name === 'restore' ? Promise.reject(new HeadframeError('history/restore-failed', 'no room')) : call(),
    )
    const { name } = await desk.backup()
    await expect(desk.restore(name)).rejects.toMatchObject({ code: 'history/restore-failed' })
    expect(await reader.call('blocks', 1)).toEqual([])
    expect(restored()).toBe(0)
    expect(desk.state.value.task).toBeNull()
  })

  it('makes a backup by itself when one is due, and none before', async () => {
    const { desk, clock, book } = await opened()
    desk.start()
    const due = async (ms: number): Promise<void> => {
      clock.advance(ms)
      await vi.waitFor(() => expect(desk.state.value.task).toBeNull())
    }
    const backups = (): number => desk.state.value.backups.length
    await due(20_000)
    await vi.waitFor(() => expect(backups()).toBe(1), 5000)
    await vi.waitFor(() => expect(clock.pending).toBe(1))
    await due(600_000)
    await vi.waitFor(() => expect(clock.pending).toBe(1))
    expect(backups()).toBe(1)
    clock.setWallTime(NOW + DAY + 3600_000)
    await due(600_000)
    await vi.waitFor(() => expect(backups()).toBe(2), 5000)
    await desk.configure({ ...book.content.retention, backupEvery: 'off' })
    clock.setWallTime(NOW + 9 * DAY)
    await vi.waitFor(() => expect(clock.pending).toBe(1))
    await due(600_000)
    await vi.waitFor(() => expect(clock.pending).toBe(1))
    expect(backups()).toBe(2)
  })

  it('says once that no backup can be made, and once that the budget is too small', async () => {
    let upkeeps = 0
    const { desk, clock, told } = await opened((name, call) => {
      if (name === 'backup') return Promise.reject(new HeadframeError('history/no-room', 'No room.'))
      if (name !== 'upkeep') return call()
      upkeeps++
      return Promise.resolve({ rawDays: 3, words: 'Every sample is kept for 3 days.' })
    })
    desk.start()
    clock.advance(20_000)
    for (let n = 1; n <= 3; n++) {
      await vi.waitFor(() => expect(upkeeps).toBe(n))
      await vi.waitFor(() => expect(clock.pending).toBe(1))
      clock.advance(600_000)
    }
    expect(told.map(({ title }) => title)).toEqual([
      'The history is larger than its budget',
      'No backup of the history could be made',
    ])
    await vi.waitFor(() => expect(desk.state.value.effectiveRawDays).toBe(3))
  })

  it('stops while a backup is made, and then makes nothing due any more', async () => {
    let isBegun = false
    const { desk, clock } = await opened((name, call) => {
      if (name !== 'backup') return call()
      isBegun = true
      return new Promise(() => {})
    })
    desk.start()
    clock.advance(20_000)
    await vi.waitFor(() => expect(isBegun).toBe(true))
    const stopped = desk.stop()
    clock.advance(3000)
    await stopped
    expect(clock.pending).toBe(0)
  })

  it('refuses choices that make no sense, and keeps those before', async () => {
    const { desk, book } = await opened()
    const { retention } = book.content
    await expect(desk.configure({ ...retention, rawDays: 0 })).rejects.toMatchObject({
      code: 'history/bad-retention',
    })
    expect((await desk.read()).retention).toEqual(retention)
  })

  it('tells that nothing is written, and why', async () => {
    const { desk } = await opened()
    desk.setProblem('The disk is full.')
    await vi.waitFor(() =>
      expect(desk.state.value).toMatchObject({ writing: false, problem: 'The disk is full.' }),
    )
    desk.setProblem(null)
    await vi.waitFor(() => expect(desk.state.value).toMatchObject({ writing: true, problem: null }))
  })
})

describe('where the history is', () => {
  const server = {
    kind: 'postgres' as const,
    ...{ host: '192.0.2.7', port: 5432, database: 'farm db', user: 'a@b', tls: false, site: 'barn' },
  }

  it('is written as an address that says user and password as they are', async () => {
    const { book, dataDir } = await opened()
    const location = await historyLocation({ ...server, password: 'p/ss:w@rd%' }, dataDir, book)
    if (location.kind !== 'postgres') throw new Error('not a server')
    const url = new URL(location.url)
    expect([url.username, url.password, url.pathname].map(decodeURIComponent)).toEqual([
      'a@b',
      'p/ss:w@rd%',
      '/farm db',
    ])
    const six = await historyLocation({ ...server, host: '2001:db8::1', tls: true }, dataDir, book)
    expect(six).toMatchObject({
      url: expect.stringMatching(/\[2001:db8::1\]:5432.*sslmode=verify-full/) as string,
    })
  })

  it('gives a stored password to nobody but the server and user that it was entered for', async () => {
    const { book, dataDir, secrets } = await opened()
    await book.change((content) => ({ ...content, database: server }))
    secrets.kept.set(SECRETS.database, 'hunter2')
    const passwordTo = async (changes: Partial<typeof server>): Promise<string> => {
      const location = await historyLocation({ ...server, ...changes }, dataDir, book)
      return location.kind === 'postgres' ? new URL(location.url).password : ''
    }
    expect(await passwordTo({})).toBe('hunter2')
    expect(await passwordTo({ site: 'attic' })).toBe('hunter2')
    expect(await passwordTo({ host: '192.0.2.8' })).toBe('')
    expect(await passwordTo({ port: 5433 })).toBe('')
    expect(await passwordTo({ user: 'other' })).toBe('')
  })

  it('is tried before it is kept', async () => {
    const { desk, dataDir, book } = await opened()
    const dead = { ...server, host: '127.0.0.1', port: 1 }
    await expect(desk.useDatabase(dead)).rejects.toMatchObject({ code: 'history/database-unusable' })
    expect(book.content.database).toEqual({ kind: 'sqlite' })
    expect(await desk.testDatabase({ kind: 'sqlite' })).toMatchObject({ ok: true })
    expect(desk.state.value.database.where).toBe(join(dataDir, 'history.sqlite'))
  })
})
