import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { poolConfig } from '../../../src-main/app/pool-config.ts'
import { PoolList } from '../../../src-main/app/pool-list.ts'
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import {
  openFileSecrets,
  openSettings,
  type SecretStore,
  type SettingsStore,
} from '../../../src-main/settings/index.ts'

const KEY = '9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh'

let dir: string
let store: SettingsStore
let secrets: SecretStore
let list: PoolList

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'headframe-'))
  store = (await openSettings(dir, systemClock)).store
  secrets = await openFileSecrets(dir, systemEntropy)
  list = new PoolList(store, secrets, systemEntropy)
})

afterEach(() => rm(dir, { recursive: true, force: true }))

const draft = (name: string, url = 'stratum+tcp://pool.example.com:3333') => ({
  name,
  url,
  userIdentity: 'account.w',
})

describe('the list of pools', () => {
  it('makes the first pool the active one, and leaves it at that', async () => {
    const first = await list.create(draft('First'))
    await list.create(draft('Second'))
    expect(store.current.activePoolId).toBe(first.id)
  })

  it.each([
    ['stratum+ssl://pool.example.com:3333', 'stratum+tcp://pool.example.com:3333', false],
    ['stratum+wss://pool.example.com:3333/x', 'stratum+ws://pool.example.com:3333/x', false],
    ['stratum+tcp://pool.example.com:3333', 'stratum+ssl://pool.example.com:3333', true],
    ['stratum+ssl://pool.example.com:3333', 'stratum+wss://POOL.example.com:3333/x', true],
    ['stratum+tcp://pool.example.com:3333', 'stratum+tcp://pool.example.com:3334', false],
  ])('entered for %s, a password goes to %s: %s', async (from, to, kept) => {
    const pool = await list.create({ ...draft('Edited', from), password: 'hunter2' })
    await list.update(pool.id, { url: to })
    expect((await poolConfig(list.require(pool.id), secrets)).password).toBe(kept ? 'hunter2' : '')
  })

  it('keeps a password out of settings.json and hands it to the proxy', async () => {
    const pool = await list.create({ ...draft('Secretive'), password: 'hunter2' })
    expect(JSON.stringify(store.current)).not.toContain('hunter2')
    expect((await poolConfig(pool, secrets)).password).toBe('hunter2')
    await list.update(pool.id, { password: '' })
    expect((await poolConfig(list.require(pool.id), secrets)).password).toBe('')
  })

  it('leaves a password alone when a patch does not mention it', async () => {
    const pool = await list.create({ ...draft('Secretive'), password: 'hunter2' })
    await list.update(pool.id, { name: 'Renamed' })
    expect((await poolConfig(list.require(pool.id), secrets)).password).toBe('hunter2')
  })

  it('forgets a password when the pool moves to another server', async () => {
    const pool = await list.create({ ...draft('Mover'), password: 'hunter2' })
    await list.update(pool.id, { url: 'stratum+tcp://POOL.example.com:3333' })
    expect((await poolConfig(list.require(pool.id), secrets)).password).toBe('hunter2')
    await list.update(pool.id, { url: 'stratum+tcp://pool.example.net:3333' })
    expect((await poolConfig(list.require(pool.id), secrets)).password).toBe('')
  })

  it('moves a pool to a place in the order', async () => {
    const names = (): string[] => list.all.map(({ name }) => name)
    for (const name of ['a', 'b', 'c']) await list.create(draft(name))
    await list.update(list.all[2]!.id, { priority: 0 })
    expect(names()).toEqual(['c', 'a', 'b'])
    await list.update(list.all[0]!.id, { priority: 99 })
    expect(names()).toEqual(['a', 'b', 'c'])
  })

  it('refuses to remove the pool in use, by name', async () => {
    const pool = await list.create(draft('Copper Ridge'))
    await expect(list.remove(pool.id, pool.id)).rejects.toThrow(/Copper Ridge is in use/)
    await list.remove(pool.id, null)
    expect(list.all).toEqual([])
  })

  it('forgets what a pool granted when its address changes, and only then', async () => {
    const pool = await list.create(draft('Mover'))
    await list.learnGrants(new Map([[pool.id, 4]]))
    await list.update(pool.id, { name: 'Still there' })
    expect(list.require(pool.id).knownRollableSize).toBe(4)
    await list.update(pool.id, { url: 'stratum+tcp://other.example.com:3333' })
    expect(list.require(pool.id).knownRollableSize).toBeNull()
  })

  it.each([
    ['pool.example.com:3333', 'scheme'],
    ['stratum+tcp://pool.example.com', 'port'],
    ['stratum2+tcp://pool.example.com:3336', 'authority-key'],
    [`stratum2+tcp://pool.example.com:3336/${KEY.slice(0, -1)}g`, 'authority-key'],
    ['node+http://user:pw@127.0.0.1:8332', 'scheme'],
  ])('refuses %s and names the part that is wrong', async (url, part) => {
    await expect(list.create(draft('Wrong', url))).rejects.toMatchObject({
      code: 'pool/invalid-url',
      context: { field: 'url', part },
    })
    expect(list.all).toEqual([])
  })

  it('takes a Stratum V2 pool with its key, quotes and blanks included', async () => {
    const pool = await list.create(draft('Quoted', ` "stratum2+tcp://pool.example.com:3336/${KEY}" `))
    const { endpoint } = await poolConfig(pool, secrets)
    expect(endpoint).toMatchObject({ protocol: 'stratum-v2', host: 'pool.example.com', port: 3336 })
  })
})
