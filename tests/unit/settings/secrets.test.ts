import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemEntropy } from '../../../src-main/base/index.ts'
import { openFileSecrets } from '../../../src-main/settings/index.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const open = (dataDir: string) => openFileSecrets(dataDir, systemEntropy)

async function filled(): Promise<{ dataDir: string; path: string; keyPath: string }> {
  const dataDir = temporaryDir()
  const secrets = await open(dataDir)
  await secrets.set('pool/home', 'correct horse')
  await secrets.set('node', 'päss\nword')
  return { dataDir, path: join(dataDir, 'secrets.json'), keyPath: join(dataDir, 'secrets.key') }
}

describe('secrets in a file', () => {
  it('are there after a restart', async () => {
    const { dataDir } = await filled()
    const secrets = await open(dataDir)
    expect(await secrets.get('pool/home')).toBe('correct horse')
    expect(await secrets.get('node')).toBe('päss\nword')
    expect(await secrets.get('other')).toBeUndefined()
    await secrets.delete('node')
    expect(await (await open(dataDir)).get('node')).toBeUndefined()
    expect(await (await open(dataDir)).get('pool/home')).toBe('correct horse')
  })

  it('cannot be read there, neither values nor names', async () => {
    const { path } = await filled()
    const text = readFileSync(path, 'utf8')
    const { sealed } = JSON.parse(text) as { sealed: string }
    for (const hidden of ['correct horse', 'pool/home']) {
      expect(text).not.toContain(hidden)
      expect(Buffer.from(sealed, 'base64').includes(hidden)).toBe(false)
    }
  })

  it('never use a nonce twice', async () => {
    const { dataDir, path } = await filled()
    const secrets = await open(dataDir)
    const nonces = new Set<string>()
    for (let n = 0; n < 20; n++) {
      await secrets.set('same', 'same')
      nonces.add((JSON.parse(readFileSync(path, 'utf8')) as { nonce: string }).nonce)
    }
    expect(nonces.size).toBe(20)
  })

  it.skipIf(process.platform === 'win32')('are for this user only, also after a careless copy', async () => {
    const { dataDir, path, keyPath } = await filled()
    const mode = (file: string): number => statSync(file).mode & 0o777
    expect([mode(path), mode(keyPath)]).toEqual([0o600, 0o600])
    chmodSync(path, 0o644)
    chmodSync(keyPath, 0o644)
    await open(dataDir)
    expect([mode(path), mode(keyPath)]).toEqual([0o600, 0o600])
  })

  it('are all kept when several are set at once', async () => {
    const dataDir = temporaryDir()
    const secrets = await open(dataDir)
    await Promise.all(Array.from({ length: 10 }, (_, n) => secrets.set(`name ${n}`, `${n}`)))
    const again = await open(dataDir)
    for (let n = 0; n < 10; n++) expect(await again.get(`name ${n}`)).toBe(`${n}`)
  })

  it.each<[string, string, (files: { path: string; keyPath: string }) => void]>([
    ['a missing key', 'secrets/key-missing', ({ keyPath }) => rmSync(keyPath)],
    ['another key', 'secrets/key-wrong', ({ keyPath }) => writeFileSync(keyPath, 'ab'.repeat(32))],
    ['a key cut short', 'secrets/key-broken', ({ keyPath }) => writeFileSync(keyPath, 'ab'.repeat(31))],
    [
      'noise in place of the key',
      'secrets/key-broken',
      ({ keyPath }) => writeFileSync(keyPath, 'x'.repeat(64)),
    ],
    ['noise in place of the secrets', 'secrets/file-broken', ({ path }) => writeFileSync(path, 'noise')],
    ['a changed byte', 'secrets/file-broken', ({ path }) => flipSealedByte(path, 3)],
    ['a changed tag', 'secrets/file-broken', ({ path }) => flipSealedByte(path, -1)],
  ])('say what to do about %s, and lose nothing', async (_, code, damage) => {
    const files = await filled()
    const before = [readFileSync(files.path), readFileSync(files.keyPath)]
    damage(files)
    const damaged = readFileSync(files.path)
    await expect(open(files.dataDir)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/Put .* back from a backup, or move .*secrets\.json away/) as string,
    })
    expect(readFileSync(files.path).equals(damaged)).toBe(true)
    writeFileSync(files.path, before[0]!)
    writeFileSync(files.keyPath, before[1]!)
    expect(await (await open(files.dataDir)).get('pool/home')).toBe('correct horse')
  })

  // A directory below a regular file stops root too, who ignores modes.
  it('name the file that cannot be written', async () => {
    const file = join(temporaryDir(), 'file')
    writeFileSync(file, '')
    await expect(open(join(file, 'below'))).rejects.toMatchObject({
      code: expect.stringMatching(/^secrets\/not-(readable|writable)$/) as string,
      message: expect.stringContaining(join(file, 'below')) as string,
    })
  })

  it('are unchanged in memory when they could not be saved', async () => {
    const { dataDir } = await filled()
    const secrets = await open(dataDir)
    rmSync(dataDir, { recursive: true })
    await expect(secrets.set('node', 'new')).rejects.toMatchObject({ code: 'secrets/not-writable' })
    expect(await secrets.get('node')).toBe('päss\nword')
  })
})

function flipSealedByte(path: string, index: number): void {
  const file = JSON.parse(readFileSync(path, 'utf8')) as { sealed: string }
  const sealed = Buffer.from(file.sealed, 'base64')
  const at = index < 0 ? sealed.length + index : index
  sealed[at] = sealed[at]! ^ 1
  writeFileSync(path, JSON.stringify({ ...file, sealed: sealed.toString('base64') }))
}
