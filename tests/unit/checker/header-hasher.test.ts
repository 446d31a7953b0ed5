import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src-main/base/index.ts'
import { createHeaderHasher, createNonceScanner, type KernelKind } from '../../../src-main/checker/index.ts'
import { difficultyOfHash, hashToDisplay, sha256d } from '../../../src-main/mining/index.ts'
import { plainSha256d } from '../../support/plain-sha256d.ts'
import { hasSharedFixtures, sharedFixture } from '../../support/shared-fixtures.ts'

const GENESIS = fromHex(
  `01000000${'00'.repeat(32)}3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c`,
)
const GENESIS_HASH = '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'

describe.each<KernelKind>(['vector', 'scalar'])('header hasher with the %s kernel', (kernel) => {
  const hash = createHeaderHasher({ kernel })

  it('hashes the genesis block', () => {
    expect(hashToDisplay(hash(GENESIS))).toBe(GENESIS_HASH)
  })

  it('gives SHA256d of any header, wherever its bytes lie', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 80, maxLength: 80 }), fc.nat(9), (header, offset) => {
        const among = new Uint8Array(100).fill(0xa5)
        among.set(header, offset)
        const digest = toHex(hash(among.subarray(offset, offset + 80)))
        expect(digest).toBe(toHex(plainSha256d(header)))
        expect(digest).toBe(toHex(sha256d(header)))
      }),
    )
  })

  it('is not disturbed by a scan between two headers, nor by others of its kind', () => {
    const other = createHeaderHasher({ kernel })
    const zeros = new Uint8Array(80)
    const expected = toHex(sha256d(zeros))
    hash(GENESIS)
    createNonceScanner(GENESIS.subarray(0, 76), new Uint8Array(32), { kernel }).scan(0, 100)
    other(GENESIS)
    expect(toHex(hash(zeros))).toBe(expected)
    expect(hashToDisplay(hash(GENESIS))).toBe(GENESIS_HASH)
  })

  it('leaves the header as it was, and writes its answers to the same place', () => {
    const header = GENESIS.slice()
    const first = hash(header)
    expect(header).toEqual(GENESIS)
    expect(hash(new Uint8Array(80))).toBe(first)
  })

  it('refuses what is no header', () => {
    for (const length of [0, 76, 79, 81]) expect(() => hash(new Uint8Array(length))).toThrow(RangeError)
  })
})

interface HeaderVectors {
  readonly vectors: readonly {
    readonly id: string
    readonly input: { readonly header?: string }
    readonly expected: { readonly header?: string; readonly hash?: string; readonly difficulty?: number }
  }[]
}

describe.runIf(hasSharedFixtures)('the headers of chips that really hashed', () => {
  const { vectors } = hasSharedFixtures
    ? (JSON.parse(sharedFixture('asic/headers.json')) as HeaderVectors)
    : { vectors: [] }
  const hash = createHeaderHasher()
  const cases = vectors.flatMap(({ id, input, expected }) => {
    const header = input.header ?? expected.header
    return header === undefined || expected.hash === undefined ? [] : [{ id, header, ...expected }]
  })

  it('are there', () => {
    expect(cases.length).toBeGreaterThan(0)
  })

  it.each(cases)('$id', ({ header, hash: hashHex, difficulty }) => {
    const digest = hash(fromHex(header))
    expect(hashToDisplay(digest)).toBe(hashHex)
    if (difficulty !== undefined) expect(difficultyOfHash(digest) / difficulty).toBeCloseTo(1, 5)
  })
})
