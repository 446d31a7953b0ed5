import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeenHeaders } from '../../../src-main/checker/seen-headers.ts'

/** The k-th of a sequence of distinct hashes. */
const hashWords = (k: number): Int32Array =>
  Int32Array.from({ length: 8 }, (_, i) => (i === 3 ? k + 1 : Math.imul(k + 1, 0x9e3779b1 + 2 * i)))

describe('seen headers', () => {
  it('is exactly a set, for any sequence of hashes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(200), { maxLength: 600 }),
        fc.integer(),
        fc.integer(),
        (sequence, seed0, seed1) => {
          const seen = new SeenHeaders(seed0, seed1)
          const model = new Set<number>()
          for (const k of sequence) {
            expect(seen.add(hashWords(k), 0)).toBe(!model.has(k))
            model.add(k)
          }
        },
      ),
    )
  })

  it('remembers all of many thousand while its table grows', () => {
    const seen = new SeenHeaders(1, 2)
    const countNew = (): number => {
      let count = 0
      for (let k = 0; k < 50_000; k++) if (seen.add(hashWords(k), 0)) count++
      return count
    }
    expect(countNew()).toBe(50_000)
    expect(countNew()).toBe(0)
  })

  it('tells hashes apart that differ in any of their first four words', () => {
    const seen = new SeenHeaders(1, 2)
    const words = hashWords(1)
    expect(seen.add(words, 0)).toBe(true)
    for (let i = 0; i < 4; i++) {
      const other = words.slice()
      other[i]! ^= 1
      expect(seen.add(other, 0)).toBe(true)
    }
    expect(seen.add(words, 0)).toBe(false)
  })

  it('reads the words at the offset it is given', () => {
    const seen = new SeenHeaders(1, 2)
    const sheet = new Int32Array(16)
    sheet.set(hashWords(1))
    sheet.set(hashWords(2), 8)
    expect(seen.add(sheet, 0)).toBe(true)
    expect(seen.add(sheet, 8)).toBe(true)
    expect(seen.add(hashWords(2), 0)).toBe(false)
  })

  it('forgets the oldest table, and only that, when there is one more than the limit', () => {
    // Tables of 64 slots hold 32 hashes each.
    const seen = new SeenHeaders(3, 4, { slotsPerTable: 64, tables: 3 })
    for (let k = 0; k < 97; k++) expect(seen.add(hashWords(k), 0)).toBe(true)
    for (let k = 32; k < 97; k++) expect(seen.add(hashWords(k), 0)).toBe(false)
    expect(seen.add(hashWords(0), 0)).toBe(true)
  })
})
