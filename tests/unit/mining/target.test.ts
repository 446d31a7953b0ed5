import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reverseBytes } from '../../../src-main/base/index.ts'
import {
  asBlockHash,
  asTarget,
  bigintToTarget,
  DIFFICULTY_1_TARGET,
  easierTarget,
  hashFromDisplay,
  hashToDisplay,
  MAX_TARGET,
  meetsTarget,
  targetFromHex,
  targetToBigint,
  targetToHex,
} from '../../../src-main/mining/index.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('target', () => {
  it('counts a hash that equals the target as met, and one above it as not', () => {
    const target = bigintToTarget(1n << 200n)
    expect(meetsTarget(asBlockHash(target.slice()), target)).toBe(true)
    expect(meetsTarget(asBlockHash(bigintToTarget((1n << 200n) + 1n)), target)).toBe(false)
    expect(meetsTarget(asBlockHash(bigintToTarget((1n << 200n) - 1n)), target)).toBe(true)
  })

  it('agrees with the comparison of big integers for any hash and target', () => {
    fc.assert(
      fc.property(bytes32, bytes32, (hash, target) => {
        expect(meetsTarget(asBlockHash(hash), asTarget(target))).toBe(
          targetToBigint(hash) <= targetToBigint(target),
        )
      }),
    )
  })

  it('agrees with big integers when only one byte differs', () => {
    fc.assert(
      fc.property(bytes32, fc.nat(31), fc.nat(255), (hash, at, byte) => {
        const target = hash.slice()
        target[at] = byte
        expect(meetsTarget(asBlockHash(hash), asTarget(target))).toBe(
          targetToBigint(hash) <= targetToBigint(target),
        )
      }),
    )
  })

  it('knows the easier of two targets', () => {
    fc.assert(
      fc.property(bytes32, bytes32, (a, b) => {
        const larger = targetToBigint(a) >= targetToBigint(b) ? a : b
        expect(targetToBigint(easierTarget(asTarget(a), asTarget(b)))).toBe(targetToBigint(larger))
      }),
    )
  })

  it('survives the way to an integer and back, and to hex and back', () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        const target = asTarget(bytes)
        expect(bigintToTarget(targetToBigint(target))).toEqual(bytes)
        expect(targetFromHex(targetToHex(target))).toEqual(bytes)
        expect(targetToBigint(target)).toBe(BigInt(`0x${targetToHex(target)}`))
      }),
    )
  })

  it('reads an integer from a view that does not start at offset 0', () => {
    const buffer = new Uint8Array(40).fill(0xee)
    buffer.set(DIFFICULTY_1_TARGET, 5)
    expect(targetToBigint(buffer.subarray(5, 37))).toBe(0xffffn << 208n)
  })

  it('writes difficulty 1 and the maximum most significant digit first', () => {
    expect(targetToHex(DIFFICULTY_1_TARGET)).toBe('00000000ffff' + '0'.repeat(52))
    expect(targetToHex(MAX_TARGET)).toBe('f'.repeat(64))
  })

  it('refuses hex of another length or with other characters', () => {
    for (const text of ['', 'ff', 'f'.repeat(63), 'f'.repeat(66), 'g'.repeat(64)]) {
      expect(targetFromHex(text)).toBeUndefined()
      expect(hashFromDisplay(text)).toBeUndefined()
    }
  })

  it('refuses bytes of another length and integers out of range', () => {
    expect(() => asTarget(new Uint8Array(31))).toThrow(RangeError)
    expect(() => asBlockHash(new Uint8Array(33))).toThrow(RangeError)
    expect(() => bigintToTarget(-1n)).toThrow(RangeError)
    expect(() => bigintToTarget(1n << 256n)).toThrow(RangeError)
  })

  it('shows a hash in the reverse of header order and reads it back', () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        const shown = hashToDisplay(bytes)
        expect(hashFromDisplay(shown)).toEqual(bytes)
        expect(hashFromDisplay(hashToDisplay(reverseBytes(bytes)))).toEqual(reverseBytes(bytes))
      }),
    )
  })
})
