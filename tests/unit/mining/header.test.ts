import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src-main/base/index.ts'
import {
  asTarget,
  encodeHeader,
  hashHeader,
  hashToDisplay,
  headerOfShare,
  meetsTarget,
  networkTarget,
  parseHeader,
} from '../../../src-main/mining/index.ts'
import {
  hashOfTwoNodesDisplay,
  headerOfTwoNodesHex,
  jobOf,
  merkleNodes,
  rollable,
  shareVectors,
  targetOf,
} from '../../support/mining-vectors.ts'

const u32 = fc.integer({ min: 0, max: 0xffffffff })
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('header', () => {
  it.each(shareVectors)('of the share with nonce $nonce at $ntime hashes to $hashDisplay', (vector) => {
    const job = jobOf(vector)
    const header = headerOfShare(job, {
      rollable,
      ntime: vector.ntime,
      nonce: vector.nonce,
      version: job.version,
    })
    const hash = hashHeader(header)
    expect(hashToDisplay(hash)).toBe(vector.hashDisplay)
    expect(meetsTarget(hash, targetOf(vector.targetHex))).toBe(vector.meetsTarget)
    expect(meetsTarget(hash, networkTarget(vector.nBits))).toBe(vector.block)
  })

  it('folds the path of two nodes into the root of the reference', () => {
    const vector = shareVectors[1]!
    const job = jobOf(vector, { merklePath: merkleNodes })
    const header = headerOfShare(job, {
      rollable,
      ntime: vector.ntime,
      nonce: vector.nonce,
      version: job.version,
    })
    expect(toHex(header)).toBe(headerOfTwoNodesHex)
    expect(hashToDisplay(hashHeader(header))).toBe(hashOfTwoNodesDisplay)
  })

  it('of the first block hashes to its well-known name', () => {
    const header = fromHex(
      '01000000' +
        '00'.repeat(32) +
        '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a' +
        '29ab5f49ffff001d1dac2b7c',
    )
    expect(hashToDisplay(hashHeader(header))).toBe(
      '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
    )
  })

  it('survives encoding and parsing, with every field over its whole range', () => {
    fc.assert(
      fc.property(
        u32,
        bytes32,
        bytes32,
        u32,
        u32,
        u32,
        (version, prevHash, merkleRoot, ntime, nBits, nonce) => {
          const header = { version, prevHash, merkleRoot, ntime, nBits, nonce }
          const parsed = parseHeader(encodeHeader(header))
          expect(parsed.ok && parsed.value).toEqual(header)
        },
      ),
    )
  })

  it('survives parsing and encoding, byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 80, maxLength: 80 }), (bytes) => {
        const parsed = parseHeader(bytes)
        expect(parsed.ok && encodeHeader(parsed.value)).toEqual(bytes)
      }),
    )
  })

  it('refuses every length but 80, and hashes of another size', () => {
    for (const size of [0, 79, 81]) {
      const parsed = parseHeader(new Uint8Array(size))
      expect(!parsed.ok && parsed.error.code).toBe('header/wrong-size')
    }
    const header = { version: 1, prevHash: asTarget(new Uint8Array(32)), ntime: 0, nBits: 0, nonce: 0 }
    expect(() => encodeHeader({ ...header, merkleRoot: new Uint8Array(31) })).toThrow(RangeError)
  })
})
