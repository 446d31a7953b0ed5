import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, HeadframeError, toHex } from '../../../src-main/base/index.ts'
import {
  chooseLayout,
  coinbaseTxid,
  ExtranonceAllocator,
  type ExtranonceLayout,
  fits,
  foldedCoinb1,
  type Job,
  paddingSize,
  rollableOf,
} from '../../../src-main/mining/index.ts'
import { jobOf, shareVectors } from '../../support/mining-vectors.ts'

const layoutOf = (extranonce1Size: number, extranonce2Size: number): ExtranonceLayout => ({
  extranonce1Size,
  extranonce2Size,
})

const jobWith = (prefix: Uint8Array, rollableSize: number): Job =>
  jobOf(shareVectors[1]!, { extranonce: { prefix, rollableSize } })

describe('extranonce layout', () => {
  it.each([
    [16, layoutOf(4, 4), layoutOf(4, 4)],
    [8, layoutOf(4, 4), layoutOf(4, 4)],
    [7, layoutOf(2, 4), layoutOf(2, 4)],
    [6, layoutOf(2, 4), layoutOf(2, 4)],
    [5, layoutOf(2, 2), layoutOf(2, 2)],
    [4, layoutOf(2, 2), layoutOf(2, 2)],
    [3, layoutOf(1, 2), undefined],
    [2, layoutOf(1, 1), undefined],
    [1, undefined, undefined],
    [0, undefined, undefined],
  ])('for %d rollable bytes depends on whether the rig rolls versions', (size, rolling, plain) => {
    expect(chooseLayout({ smallestRollableSize: size, rigRollsVersions: true })).toEqual(rolling)
    expect(chooseLayout({ smallestRollableSize: size, rigRollsVersions: false })).toEqual(plain)
  })

  it('chosen for the smallest pool fits every larger one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32 }), fc.nat(32), fc.boolean(), (smallest, more, rolls) => {
        const layout = chooseLayout({ smallestRollableSize: smallest, rigRollsVersions: rolls })
        if (layout === undefined) return
        const space = { prefix: new Uint8Array(4), rollableSize: smallest + more }
        expect(fits(layout, space)).toBe(true)
        expect(paddingSize(layout, space)).toBe(
          smallest + more - layout.extranonce1Size - layout.extranonce2Size,
        )
      }),
    )
  })

  it('does not fit a smaller space', () => {
    expect(fits(layoutOf(4, 4), { prefix: new Uint8Array(0), rollableSize: 7 })).toBe(false)
    expect(() => foldedCoinb1(jobWith(new Uint8Array(0), 7), layoutOf(4, 4))).toThrow(RangeError)
    expect(() => rollableOf(jobWith(new Uint8Array(0), 7), new Uint8Array(4), new Uint8Array(4))).toThrow(
      RangeError,
    )
  })

  it('gives the same coinbase from the side of the rig and from the side of the pool', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 28 }),
        fc.constantFrom(4, 5, 6, 7, 8, 12, 16),
        fc.constantFrom(4, 5, 6, 7, 8, 12, 16),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        (prefix, smallest, other, bytes) => {
          const layout = chooseLayout({
            smallestRollableSize: Math.min(smallest, other),
            rigRollsVersions: false,
          })!
          const extranonce1 = bytes.subarray(0, layout.extranonce1Size)
          const extranonce2 = bytes.subarray(4, 4 + layout.extranonce2Size)
          for (const size of [smallest, other]) {
            const job = jobWith(prefix, size)
            const coinb1 = foldedCoinb1(job, layout)
            const rollable = rollableOf(job, extranonce1, extranonce2)
            expect(rollable).toHaveLength(size)
            expect(coinb1.length + extranonce1.length + extranonce2.length).toBe(
              job.coinbasePrefix.length + prefix.length + size,
            )
            expect(coinbaseTxid(coinb1, extranonce1, extranonce2, job.coinbaseSuffix)).toEqual(
              coinbaseTxid(job.coinbasePrefix, prefix, rollable, job.coinbaseSuffix),
            )
          }
        },
      ),
    )
  })

  it.each([4, 8, 16])('lets a rig move to a pool with %d bytes without noticing', (size) => {
    const layout = chooseLayout({ smallestRollableSize: 4, rigRollsVersions: true })!
    const allocator = new ExtranonceAllocator(layout.extranonce1Size)
    const extranonce1 = allocator.allocate()
    const job = jobWith(new Uint8Array([0xaa, 0xbb]), size)
    const rollable = rollableOf(job, extranonce1, new Uint8Array([1, 2]))
    expect(rollable).toEqual(concatBytes(new Uint8Array(size - 4), extranonce1, new Uint8Array([1, 2])))
  })
})

describe('extranonce allocator', () => {
  it('counts up, most significant byte first, and never hands out a first byte of 0', () => {
    const allocator = new ExtranonceAllocator(4)
    expect([allocator.allocate(), allocator.allocate()].map(toHex)).toEqual(['01000000', '01000001'])
    const two = new ExtranonceAllocator(2)
    for (let i = 0x100; i < 0x1234; i++) two.allocate()
    expect(toHex(two.allocate())).toBe('1234')
    const one = new ExtranonceAllocator(1)
    const all = Array.from({ length: 255 }, () => one.allocate()[0])
    expect(all).not.toContain(0)
    expect(new Set(all).size).toBe(255)
  })

  it('never hands one value to two rigs, in any order of arrivals and departures', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 800 }), (steps) => {
        const allocator = new ExtranonceAllocator(1)
        const live = new Map<string, Uint8Array>()
        for (const step of steps) {
          if (step < 180 && live.size < 255) {
            const value = allocator.allocate()
            expect(live.has(toHex(value))).toBe(false)
            live.set(toHex(value), value)
          } else if (live.size > 0) {
            const [text, value] = [...live][step % live.size]!
            expect(allocator.free(value)).toBe(true)
            live.delete(text)
          }
          expect(allocator.liveCount).toBe(live.size)
        }
      }),
    )
  })

  it('brings a freed value back only after every other was handed out', () => {
    const allocator = new ExtranonceAllocator(1)
    const first = allocator.allocate()
    allocator.free(first)
    const others = new Set<string>()
    for (let i = 0; i < 254; i++) {
      const value = allocator.allocate()
      others.add(toHex(value))
      allocator.free(value)
    }
    expect(others.size).toBe(254)
    expect(others.has(toHex(first))).toBe(false)
    expect(allocator.allocate()).toEqual(first)
  })

  it('reuses the value that was freed longest ago, not the one next in line', () => {
    const allocator = new ExtranonceAllocator(1)
    const all = Array.from({ length: 255 }, () => allocator.allocate())
    for (const index of [200, 10, 11]) allocator.free(all[index]!)
    expect([allocator.allocate(), allocator.allocate(), allocator.allocate()]).toEqual([
      all[200],
      all[10],
      all[11],
    ])
  })

  it('says so when every value is in use, and recovers when one is freed', () => {
    const allocator = new ExtranonceAllocator(1)
    const all = Array.from({ length: 255 }, () => allocator.allocate())
    expect(() => allocator.allocate()).toThrow(HeadframeError)
    expect(() => allocator.allocate()).toThrow(expect.objectContaining({ code: 'extranonce/exhausted' }))
    allocator.free(all[77]!)
    expect(allocator.allocate()).toEqual(all[77])
  })

  it('remembers only so many freed values of the larger sizes, and stays unique', () => {
    const allocator = new ExtranonceAllocator(3)
    const kept = allocator.allocate()
    const seen = new Set<string>()
    for (let i = 0; i < 70_000; i++) {
      const value = allocator.allocate()
      seen.add(toHex(value))
      allocator.free(value)
    }
    expect(seen.size).toBe(70_000)
    expect(seen.has(toHex(kept))).toBe(false)
  })

  it('ignores a value that is not in use, and sizes it does not have', () => {
    const allocator = new ExtranonceAllocator(2)
    const value = allocator.allocate()
    expect(allocator.free(new Uint8Array([1, 9]))).toBe(false)
    expect(allocator.free(new Uint8Array([0]))).toBe(false)
    expect(allocator.free(value)).toBe(true)
    expect(allocator.free(value)).toBe(false)
    for (const size of [0, 5, 1.5]) expect(() => new ExtranonceAllocator(size)).toThrow(RangeError)
  })
})
