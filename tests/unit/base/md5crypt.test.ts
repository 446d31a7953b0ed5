import { createCipheriv, createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { md5crypt } from '../../../src-main/base/index.ts'

describe('md5crypt', () => {
  it('gives the key and the sign of the published Whatsminer vectors', () => {
    const key = md5crypt('admin', 'Ab3dEfGh')
    expect(key).toBe('IrNIYoukz8KeOkFHrWLGy1')
    expect(md5crypt(`${key}5626`, 'Zx9YwVuT')).toBe('gPJ3xlNp0QWie08wiPG.N1')
  })

  it('leads to the published cipher text of a signed command', () => {
    const key = createHash('sha256').update(md5crypt('admin', 'Ab3dEfGh')).digest()
    expect(key.toString('hex')).toBe('f4ed1558dffb4c95cd49e924f80a941fdc390ead9dcee7cc27792e04b60d2f72')
    const text = '{"cmd":"restart_btminer","token":"gPJ3xlNp0QWie08wiPG.N1"}'
    const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
    const data = Buffer.concat([cipher.update(text.padEnd(64, '\0')), cipher.final()]).toString('base64')
    expect(data).toBe(
      'eiXcnFWrEP6zxxKj9zj4Dj/NaJ1unndurTfaHJ3oIP7Uf/kMFPGeL3dSHIWMRCSTrpKiD90ZPBy6eWfFWJdtqQ==',
    )
  })

  it.each([
    ['password', 'xxxxxxxx', 'UYCIxa628.9qXjpQCjM4a.'],
    ['', 'dOHYPKoP', 'tnxS1T8Q6VVn3kpV8cN6o.'],
    ['0.s0.l33t', 'deadbeef', '0Huu6KHrKLVWfqa4WljDE0'],
  ])('hashes %j as the system crypt does', (password, salt, hash) => {
    expect(md5crypt(password, salt)).toBe(hash)
  })

  it('ignores a salt beyond its eighth character', () => {
    expect(md5crypt('secret', '12345678abc')).toBe(md5crypt('secret', '12345678'))
  })
})
