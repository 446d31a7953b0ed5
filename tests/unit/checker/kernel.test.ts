import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bestKernelKind, type KernelKind, Sha256dKernel } from '../../../src-main/checker/kernel.ts'
import { plainSha256, plainSha256d } from '../../support/plain-sha256d.ts'

const kinds: readonly KernelKind[] = ['vector', 'scalar']
const nodeSha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('the plain SHA-256', () => {
  it('gives the digests that FIPS 180-4 examples give', () => {
    expect(hex(plainSha256(new TextEncoder().encode('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
    expect(hex(plainSha256(new Uint8Array()))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
  })

  it('agrees with node:crypto for messages that end anywhere in a block', () => {
    for (let length = 0; length <= 200; length++) {
      const message = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff)
      expect(hex(plainSha256(message))).toBe(hex(nodeSha256(message)))
      expect(hex(plainSha256d(message))).toBe(hex(nodeSha256(nodeSha256(message))))
    }
  })
})

describe('kind', () => {
  it('is the vector kernel on this engine, unless another is asked for', () => {
    expect(bestKernelKind()).toBe('vector')
    expect(new Sha256dKernel().kind).toBe('vector')
    expect(new Sha256dKernel('scalar').kind).toBe('scalar')
  })
})

describe.each(kinds)('%s kernel', (kind) => {
  const kernel = new Sha256dKernel(kind)

  it('starts from the initial hash when no block is whole', () => {
    expect(kernel.midstate(new Uint32Array())).toEqual(
      Uint32Array.of(
        0x6a09e667,
        0xbb67ae85,
        0x3c6ef372,
        0xa54ff53a,
        0x510e527f,
        0x9b05688c,
        0x1f83d9ab,
        0x5be0cd19,
      ),
    )
  })

  it('says so when a coinbase is longer than its memory', () => {
    expect(() => kernel.midstate(new Uint32Array(64 * 2007))).toThrow(
      expect.objectContaining({ code: 'checker/coinbase-too-long' }),
    )
  })
})
