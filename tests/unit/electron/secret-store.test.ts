import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { silentLogger, systemEntropy } from '../../../src-main/base/index.ts'
import { KEYCHAIN_SECRETS_FILE, openDesktopSecrets } from '../../../src-main/electron/secret-store.ts'
import { openFileSecrets, type SecretStore } from '../../../src-main/settings/index.ts'
import { resetElectron, safeStorage } from '../../support/electron-stand-in.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

interface Opened {
  store: SecretStore
  told: string[]
}

async function open(dataDir: string, platform = 'linux'): Promise<Opened> {
  const told: string[] = []
  const store = await openDesktopSecrets({
    dataDir,
    keychain: safeStorage,
    platform,
    entropy: systemEntropy,
    log: silentLogger,
    tell: (title, detail) => told.push(`${title}. ${detail}`),
  })
  return { store, told }
}

beforeEach(() => resetElectron())

describe('secrets in a keychain', () => {
  it('come back at the next start, and are not in the file as they are', async () => {
    const dir = temporaryDir()
    const { store, told } = await open(dir)
    await store.set('pool/a/password', 'correct horse')
    await store.set('pool/b/password', 'ü 🐴')
    expect(await store.get('pool/a/password')).toBe('correct horse')
    const path = join(dir, KEYCHAIN_SECRETS_FILE)
    expect(readFileSync(path, 'utf8')).not.toContain('horse')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const again = await open(dir)
    expect(await again.store.get('pool/a/password')).toBe('correct horse')
    expect(await again.store.get('pool/b/password')).toBe('ü 🐴')
    expect(await again.store.get('pool/c/password')).toBeUndefined()
    expect([told, again.told]).toEqual([[], []])
  })

  it('are gone when deleted; deleting twice harms nothing', async () => {
    const dir = temporaryDir()
    const { store } = await open(dir)
    await store.set('a', '1')
    await store.delete('a')
    await store.delete('a')
    expect(await (await open(dir)).store.get('a')).toBeUndefined()
  })

  it('all survive when written at the same time', async () => {
    const dir = temporaryDir()
    const { store } = await open(dir)
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.set(`s${index}`, `v${index}`)))
    const again = (await open(dir)).store
    for (let index = 0; index < 20; index++) expect(await again.get(`s${index}`)).toBe(`v${index}`)
  })

  it('are sealed anew when the keychain wishes it', async () => {
    const dir = temporaryDir()
    const { store } = await open(dir)
    await store.set('a', 'secret')
    const path = join(dir, KEYCHAIN_SECRETS_FILE)
    const before = statSync(path).ino
    safeStorage.wantsNewSeal = true
    expect(await store.get('a')).toBe('secret')
    safeStorage.wantsNewSeal = false
    await expect.poll(() => statSync(path).ino).not.toBe(before)
    expect(await store.get('a')).toBe('secret')
  })

  it('that the keychain no longer opens are named, with what to do, and the others still open', async () => {
    const dir = temporaryDir()
    await (await open(dir)).store.set('old', '1')
    safeStorage.key = 'k2'
    const { store } = await open(dir)
    await store.set('new', '2')
    await expect(store.get('old')).rejects.toMatchObject({
      code: 'secrets/keychain-refused',
      message: expect.stringContaining('enter the password anew') as string,
    })
    expect(await store.get('new')).toBe('2')
  })

  it('of a damaged file are not thrown away', async () => {
    const dir = temporaryDir()
    const path = join(dir, KEYCHAIN_SECRETS_FILE)
    for (const text of ['{', '{"version":2,"sealed":{}}', '{"version":1,"sealed":{"a":"%"}}']) {
      writeFileSync(path, text)
      await expect(open(dir)).rejects.toMatchObject({ code: 'secrets/file-broken' })
      expect(readFileSync(path, 'utf8')).toBe(text)
    }
  })

  it('that cannot be saved are refused, and what was there stays', async () => {
    const dir = temporaryDir()
    const { store } = await open(dir)
    await store.set('a', '1')
    // A folder where the new file must go stops even an administrator.
    mkdirSync(join(dir, `${KEYCHAIN_SECRETS_FILE}.tmp`))
    await expect(store.set('a', '2')).rejects.toMatchObject({ code: 'secrets/not-writable' })
    expect(await store.get('a')).toBe('1')
  })
})

describe('without a keychain', () => {
  it.each([
    ['there is none', { isAvailable: false }],
    ['it keeps its key in plain text', { backend: 'basic_text' }],
  ])('(%s) secrets go to the encrypted file, and the person is told', async (_, state) => {
    Object.assign(safeStorage, state)
    const dir = temporaryDir()
    const { store, told } = await open(dir)
    await store.set('a', 'secret')
    expect(existsSync(join(dir, KEYCHAIN_SECRETS_FILE))).toBe(false)
    expect(await (await openFileSecrets(dir, systemEntropy)).get('a')).toBe('secret')
    expect(told).toHaveLength(1)
    expect(told[0]).toContain('encrypted file')
  })

  it('does not mistrust plain text where there is no such thing', async () => {
    safeStorage.backend = 'basic_text'
    const { store, told } = await open(temporaryDir(), 'darwin')
    await store.set('a', 'x')
    expect([await store.get('a'), told]).toEqual(['x', []])
  })

  it('says that stored passwords wait for the keychain', async () => {
    const dir = temporaryDir()
    await (await open(dir)).store.set('a', '1')
    safeStorage.isAvailable = false
    const { store, told } = await open(dir)
    expect(await store.get('a')).toBeUndefined()
    expect(told[0]).toContain('Unlock it and start Headframe again')
  })
})

describe('secrets of a headless host before', () => {
  it('are still read; one that changes moves to the keychain; one that is deleted is gone', async () => {
    const dir = temporaryDir()
    const headless = await openFileSecrets(dir, systemEntropy)
    await headless.set('kept', '1')
    await headless.set('changed', '2')
    await headless.set('deleted', '3')
    const { store } = await open(dir)
    expect(await store.get('kept')).toBe('1')
    await store.set('changed', '22')
    await store.delete('deleted')
    const again = await open(dir)
    expect([
      await again.store.get('kept'),
      await again.store.get('changed'),
      await again.store.get('deleted'),
    ]).toEqual(['1', '22', undefined])
    const left = await openFileSecrets(dir, systemEntropy)
    expect([await left.get('kept'), await left.get('changed')]).toEqual(['1', undefined])
  })
})
