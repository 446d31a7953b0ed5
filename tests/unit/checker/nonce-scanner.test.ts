import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNonceScanner, createTailScanner, type KernelKind } from '../../../src-main/checker/index.ts'
import { midstateOf } from '../../../src-main/drivers/simulated/sha256.ts'
import { plainSha256d } from '../../support/plain-sha256d.ts'

const kinds: readonly KernelKind[] = ['vector', 'scalar']

const littleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)

/** 32 bytes, least significant first. */
const targetBytes = (value: bigint): Uint8Array =>
  Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse())

function plainHash(header76: Uint8Array, nonce: number): bigint {
  const header = new Uint8Array(80)
  header.set(header76)
  new DataView(header.buffer).setUint32(76, nonce, true)
  return littleEndian(plainSha256d(header))
}

function plainScan(header76: Uint8Array, target: bigint, startNonce: number, count: number): number[] {
  const nonces = Array.from({ length: count }, (_, i) => startNonce + i)
  return nonces.filter((nonce) => plainHash(header76, nonce) <= target)
}

const header76 = fc.uint8Array({ minLength: 76, maxLength: 76 })
const allOnes = 2n ** 256n - 1n

describe.each(kinds)('nonce scanner with the %s kernel', (kind) => {
  const scan = (header: Uint8Array, target: bigint, startNonce: number, count: number): number[] =>
    createNonceScanner(header, targetBytes(target), { kernel: kind }).scan(startNonce, count)

  it('finds the nonce of the genesis block', () => {
    const genesis = Buffer.from(
      `01000000${'00'.repeat(32)}3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d`,
      'hex',
    )
    const target = 0xffffn << 208n
    expect(scan(genesis, target, 2_083_236_893 - 1001, 5000)).toEqual([2_083_236_893])
  })

  it('finds exactly the nonces that a plain loop finds, however easy or hard the target', () => {
    fc.assert(
      fc.property(
        header76,
        fc.integer({ min: 0, max: 2 ** 32 - 300 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 12 }),
        (header, startNonce, count, zeroBits) => {
          const target = allOnes >> BigInt(zeroBits)
          expect(scan(header, target, startNonce, count)).toEqual(
            plainScan(header, target, startNonce, count),
          )
        },
      ),
      { numRuns: 60 },
    )
  })

  it('counts a hash equal to the target as met, and one above it not, down to the last bit', () => {
    fc.assert(
      fc.property(header76, fc.nat(1000), (header, nonce) => {
        const hash = plainHash(header, nonce)
        expect(scan(header, hash, nonce, 1)).toEqual([nonce])
        expect(scan(header, hash - 1n, nonce, 1)).toEqual([])
      }),
      { numRuns: 40 },
    )
  })

  it('decides by the lower words where top words are equal', () => {
    const header = Uint8Array.from({ length: 76 }, (_, i) => i)
    for (let shift = 0n; shift < 256n; shift += 32n) {
      const hash = plainHash(header, 5)
      expect(scan(header, hash + (1n << shift), 4, 3)).toContain(5)
      expect(scan(header, hash - (1n << shift), 4, 3)).not.toContain(5)
    }
  })

  it('finds every nonce when every hash will do', () => {
    const header = new Uint8Array(76).fill(7)
    expect(scan(header, allOnes, 1, 1001)).toEqual(Array.from({ length: 1001 }, (_, i) => 1 + i))
  })

  it('finds nothing when no hash will do', () => {
    expect(scan(new Uint8Array(76), 0n, 0, 1000)).toEqual([])
  })

  it('reaches the last nonce and stops there', () => {
    const header = new Uint8Array(76).fill(9)
    const startNonce = 2 ** 32 - 6
    expect(scan(header, allOnes, startNonce, 6)).toEqual([0, 1, 2, 3, 4, 5].map((i) => startNonce + i))
    expect(scan(header, allOnes, 0, 0)).toEqual([])
  })

  it('keeps scanners apart that are used in turns, and takes copies', () => {
    const headers = [new Uint8Array(76).fill(1), new Uint8Array(76).fill(2)]
    const target = allOnes >> 4n
    const bytes = targetBytes(target)
    const scanners = headers.map((header) => createNonceScanner(header.slice(), bytes, { kernel: kind }))
    bytes.fill(0)
    for (const start of [0, 50, 100]) {
      for (const [i, scanner] of scanners.entries()) {
        expect(scanner.scan(start, 50)).toEqual(plainScan(headers[i]!, target, start, 50))
      }
    }
  })

  it('finds the same from a midstate as from the whole header, whichever header was scanned before', () => {
    const tails = createTailScanner({ kernel: kind })
    fc.assert(
      fc.property(
        header76,
        fc.integer({ min: 0, max: 2 ** 32 - 300 }),
        fc.integer({ min: 0, max: 300 }),
        (header, startNonce, count) => {
          const target = allOnes >> 4n
          const tail = { midstate: midstateOf(header.subarray(0, 64)), tail: header.subarray(64) }
          const found = tails.scan(tail, targetBytes(target), startNonce, count)
          expect(found).toEqual(plainScan(header, target, startNonce, count))
          expect(found).toEqual(scan(header, target, startNonce, count))
        },
      ),
      { numRuns: 40 },
    )
    expect(() =>
      tails.scan({ midstate: new Uint32Array(8), tail: new Uint8Array(12) }, targetBytes(1n), 2 ** 32, 1),
    ).toThrow(RangeError)
  })

  it('refuses ranges beyond 32 bits and wrong lengths', () => {
    const scanner = createNonceScanner(new Uint8Array(76), new Uint8Array(32), { kernel: kind })
    for (const [start, count] of [
      [2 ** 32 - 1, 2],
      [-1, 1],
      [0.5, 1],
      [0, -1],
      [Number.NaN, 1],
    ] as const) {
      expect(() => scanner.scan(start, count)).toThrow(RangeError)
    }
    expect(() => createNonceScanner(new Uint8Array(80), new Uint8Array(32))).toThrow(RangeError)
    expect(() => createNonceScanner(new Uint8Array(76), new Uint8Array(31))).toThrow(RangeError)
  })
})
