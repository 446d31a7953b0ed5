import { describe, expect, it } from 'vitest'
import {
  fromHex,
  type HeadframeError,
  type Result,
  systemEntropy,
  toHex,
} from '../../../../src-main/base/index.ts'
import {
  authorityPublicKey,
  formatAuthorityKey,
  formatAuthoritySecretKey,
  generateAuthorityKeyPair,
  parseAuthorityKey,
  parseAuthoritySecretKey,
} from '../../../../src-main/sv2/noise/authority-key.ts'
import { encodeBase58Check } from '../../../../src-main/sv2/noise/base58check.ts'

/** Published texts and their keys: the specification's example and those of the reference implementation. */
const publicKeys: [string, string][] = [
  [
    '9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh',
    '76637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455',
  ],
  [
    '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72',
    '24ee3c3804a1aaa4c03b80ea19f7a5863c916e8994b7db94a3bad7ee092b6ce7',
  ],
  [
    '9bDuixKmZqAJnrmP746n8zU1wyAQRrus7th9dxnkPg6RzQvCnan',
    '4df78c3f49302eef4ec3ef2daf5fa337bb63c59a2f1844664776277e9470118c',
  ],
]

const secretKeys: [string, string][] = [
  [
    'mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n',
    '65995eb19631f478a46ffa5cf1e545091efe950eaeac7482ffdc06eb6a89f697',
  ],
  [
    'zmBEmPhqo3A92FkiLVvyCz6htc3e53ph3ZbD4ASqGaLjwnFLi',
    '8327a919dfa7772950ea6e15f035d0cc2eaf21a3a33bc2f595c1dec1cca31a9b',
  ],
]

const EXAMPLE = publicKeys[0]![0]

function value(result: Result<Uint8Array, HeadframeError>): string {
  if (!result.ok) throw result.error
  return toHex(result.value)
}

function failure(result: Result<Uint8Array, HeadframeError>): HeadframeError {
  if (result.ok) throw new Error('was accepted')
  return result.error
}

describe('the text form of a public authority key', () => {
  it.each(publicKeys)('%s stands for %s', (text, hex) => {
    expect(value(parseAuthorityKey(text))).toBe(hex)
    expect(formatAuthorityKey(fromHex(hex))).toBe(text)
  })

  it.each(['"key"', "'key'", '  key\n', '“key”', ' "key" ', '«key»', '`key`'])(
    'may be pasted as %j',
    (pasted) => {
      expect(value(parseAuthorityKey(pasted.replace('key', EXAMPLE)))).toBe(publicKeys[0]![1])
    },
  )

  it('has 51 characters and begins with 9, whatever the key', () => {
    for (const byte of [0, 255]) {
      const text = formatAuthorityKey(new Uint8Array(32).fill(byte))
      expect(text).toHaveLength(51)
      expect(text[0]).toBe('9')
    }
  })

  it.each([
    ['9bDuixKmZqAJnrmP746n8zU1wyAQRrus7th9dxnkPg6RzQvCnam', 'authority-key/bad-checksum', /typing error/],
    ['2myPhc5vkPzuC5FXNK5tee79WmP7uoLh55SxezoF8iqwF3E3rnPY', 'authority-key/bad-version', /version 12/],
    [
      '2wmHTKZkLg2QzXyEXGMBXzKP7JXDUt8yy9SA5hoQwERc92qR6c',
      'authority-key/bad-length',
      /33 bytes instead of 34/,
    ],
    ['', 'authority-key/missing', /empty/],
    ['" "', 'authority-key/missing', /empty/],
    ['1', 'authority-key/bad-length', /too short/],
    [`${'9'.repeat(200)}`, 'authority-key/bad-length', /too short or too long/],
    [EXAMPLE.replace('X', '0'), 'authority-key/bad-character', /at place 3/],
    [`${EXAMPLE.slice(0, 20)} ${EXAMPLE.slice(20)}`, 'authority-key/bad-character', /at place 21/],
    [EXAMPLE.slice(0, 50), 'authority-key/bad-checksum', /typing error/],
    ['mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n', 'authority-key/bad-length', /32 bytes/],
  ])('%j is refused with %s', (text, code, message) => {
    const error = failure(parseAuthorityKey(text))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(error.message).toMatch(/Copy the key again/)
  })

  it('is refused if no curve point has that x coordinate', () => {
    const text = encodeBase58Check(fromHex(`0100${'00'.repeat(31)}05`))
    expect(failure(parseAuthorityKey(text)).code).toBe('authority-key/not-a-key')
  })

  it('is refused when any one character is changed', () => {
    for (let i = 0; i < EXAMPLE.length; i++) {
      const other = EXAMPLE[i] === 'z' ? 'y' : 'z'
      expect(parseAuthorityKey(EXAMPLE.slice(0, i) + other + EXAMPLE.slice(i + 1)).ok).toBe(false)
    }
  })
})

describe('the text form of a secret authority key', () => {
  it.each(secretKeys)('%s is read and written', (text, hex) => {
    expect(value(parseAuthoritySecretKey(text))).toBe(hex)
    expect(formatAuthoritySecretKey(fromHex(hex))).toBe(text)
  })

  it('belongs to the published public key', () => {
    expect(toHex(authorityPublicKey(fromHex(secretKeys[0]![1])))).toBe(publicKeys[1]![1])
    expect(toHex(authorityPublicKey(fromHex(secretKeys[1]![1])))).toBe(publicKeys[2]![1])
  })

  it('is refused without any of it in the message', () => {
    const zero = encodeBase58Check(new Uint8Array(32))
    expect(failure(parseAuthoritySecretKey(zero)).code).toBe('authority-key/not-a-key')
    const damaged = `${secretKeys[0]![0].slice(0, -1)}o`
    const error = failure(parseAuthoritySecretKey(damaged))
    expect(error.code).toBe('authority-key/bad-checksum')
    expect(JSON.stringify([error.message, error.context])).not.toContain(damaged.slice(0, 6))
  })

  it('is not mistaken for a public key', () => {
    expect(failure(parseAuthoritySecretKey(EXAMPLE)).code).toBe('authority-key/bad-length')
  })
})

describe('generateAuthorityKeyPair', () => {
  it('draws from the entropy it is given and skips scalars out of range', () => {
    const draws = [new Uint8Array(32), new Uint8Array(32).fill(0xff), fromHex(secretKeys[1]![1])]
    const pair = generateAuthorityKeyPair(() => draws.shift()!)
    expect(toHex(pair.secretKey)).toBe(secretKeys[1]![1])
    expect(toHex(pair.publicKey)).toBe(publicKeys[2]![1])
  })

  it('gives keys whose texts are read back', () => {
    const pair = generateAuthorityKeyPair(systemEntropy)
    expect(value(parseAuthorityKey(formatAuthorityKey(pair.publicKey)))).toBe(toHex(pair.publicKey))
    expect(value(parseAuthoritySecretKey(formatAuthoritySecretKey(pair.secretKey)))).toBe(
      toHex(pair.secretKey),
    )
  })
})
