import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemEntropy } from '../../../src-main/base/index.ts'
import { loadOrCreateToken, TOKEN_FILE } from '../../../src-main/settings/index.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

describe('the API token', () => {
  it('is made once and stays the same, in a file that only this user can read', async () => {
    const dir = temporaryDir()
    const token = await loadOrCreateToken(dir, systemEntropy)
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(await loadOrCreateToken(dir, systemEntropy)).toBe(token)
    if (process.platform !== 'win32') expect(statSync(join(dir, TOKEN_FILE)).mode & 0o777).toBe(0o600)
    expect(await loadOrCreateToken(temporaryDir(), systemEntropy)).not.toBe(token)
  })

  it('is made anew when its file is empty', async () => {
    const dir = temporaryDir()
    writeFileSync(join(dir, TOKEN_FILE), '')
    const token = await loadOrCreateToken(dir, systemEntropy)
    expect(readFileSync(join(dir, TOKEN_FILE), 'utf8')).toBe(`${token}\n`)
  })

  it.each(['short', `${'a'.repeat(40)} b`, `${'a'.repeat(40)}\n${'b'.repeat(40)}`])(
    'is refused, and its file left as it is, when that holds %j',
    async (text) => {
      const dir = temporaryDir()
      writeFileSync(join(dir, TOKEN_FILE), text)
      await expect(loadOrCreateToken(dir, systemEntropy)).rejects.toMatchObject({
        code: 'api-token/broken',
        message: expect.stringContaining('Delete it to get a new one') as string,
      })
      expect(readFileSync(join(dir, TOKEN_FILE), 'utf8')).toBe(text)
    },
  )

  it('names the file that cannot be written', async () => {
    const dir = join(temporaryDir(), 'missing')
    await expect(loadOrCreateToken(dir, systemEntropy)).rejects.toMatchObject({
      code: 'api-token/not-writable',
      message: expect.stringContaining(join(dir, TOKEN_FILE)) as string,
    })
    expect(existsSync(dir)).toBe(false)
  })
})
