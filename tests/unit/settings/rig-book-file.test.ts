import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src-main/base/index.ts'
import { openRigBook, RIG_BOOK_FILE, type RigBookContent } from '../../../src-main/settings/rig-book-file.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const clock = new ManualClock(Date.UTC(2026, 10, 22, 12))

const book: RigBookContent = {
  workerTemplate: '{worker}',
  groups: [{ id: 'c', name: 'Cellar' }],
  rigs: [
    {
      id: '02:00:00:00:00:01',
      host: '192.0.2.1',
      port: null,
      family: 'axeos',
      mac: '02:00:00:00:00:01',
      serial: null,
      hostname: 'bitaxe',
      make: 'Bitaxe',
      model: 'Gamma',
      firmware: 'AxeOS',
      firmwareVersion: 'v2.15.0',
      name: 'Attic',
      notes: '',
      place: { room: '', shelf: '' },
      groupId: 'c',
      addedAtMs: 1,
      twinOf: null,
      refusedLogin: null,
    },
  ],
}

describe('the file of known rigs', () => {
  it('is empty at a first start, and has what was saved after the next', async () => {
    const dir = temporaryDir()
    const { store, notices } = await openRigBook(dir, clock)
    expect(await store.load()).toEqual({ workerTemplate: '{worker}', groups: [], rigs: [] })
    expect(notices).toEqual([])
    await store.save(book)
    expect(await (await openRigBook(dir, clock)).store.load()).toEqual(book)
    const text = await readFile(join(dir, RIG_BOOK_FILE), 'utf8')
    expect(JSON.parse(text)).toMatchObject({ version: 1 })
  })

  it('sets a damaged file aside and goes on with the copy from the last start', async () => {
    const dir = temporaryDir()
    await (await openRigBook(dir, clock)).store.save(book)
    await openRigBook(dir, clock)
    await writeFile(join(dir, RIG_BOOK_FILE), '{"version":1,"rigs":[')
    const { store, notices } = await openRigBook(dir, clock)
    expect(await store.load()).toEqual(book)
    expect(notices).toMatchObject([{ kind: 'restored-previous' }])
    expect(notices[0]?.detail).toContain('not JSON')
    expect(await readdir(dir)).toContain('rigs.broken-2026-11-22T12-00-00Z.json')
    expect((await openRigBook(dir, clock)).notices).toEqual([])
  })

  it('starts empty, with a notice, where there is no sound copy', async () => {
    const dir = temporaryDir()
    await writeFile(join(dir, RIG_BOOK_FILE), JSON.stringify({ version: 1, ...book, rigs: [{ id: 'x' }] }))
    const { store, notices } = await openRigBook(dir, clock)
    expect((await store.load()).rigs).toEqual([])
    expect(notices).toMatchObject([{ kind: 'reset-to-defaults' }])
    expect(notices[0]?.detail).toContain('rigs[0].host')
  })

  it('refuses the file of a newer program and leaves it as it is', async () => {
    const dir = temporaryDir()
    const text = JSON.stringify({ version: 2, future: true })
    await writeFile(join(dir, RIG_BOOK_FILE), text)
    await expect(openRigBook(dir, clock)).rejects.toMatchObject({ code: 'settings/newer-version' })
    expect(await readFile(join(dir, RIG_BOOK_FILE), 'utf8')).toBe(text)
  })

  it('refuses to write what it could not read, and keeps the file', async () => {
    const dir = temporaryDir()
    const { store } = await openRigBook(dir, clock)
    await store.save(book)
    const [rig] = book.rigs
    if (!rig) throw new Error('no rig')
    await expect(store.save({ ...book, rigs: [rig, rig] })).rejects.toMatchObject({
      code: 'settings/invalid',
    })
    await expect(store.save({ ...book, rigs: [{ ...rig, port: 0 }] })).rejects.toMatchObject({
      code: 'settings/invalid',
    })
    expect(await (await openRigBook(dir, clock)).store.load()).toEqual(book)
  })

  it('writes one after the other', async () => {
    const dir = temporaryDir()
    const { store } = await openRigBook(dir, clock)
    const names = Array.from({ length: 20 }, (_, n) => `{host}-${String(n)}`)
    await Promise.all(names.map((workerTemplate) => store.save({ ...book, workerTemplate })))
    expect((await (await openRigBook(dir, clock)).store.load()).workerTemplate).toBe('{host}-19')
  })
})
