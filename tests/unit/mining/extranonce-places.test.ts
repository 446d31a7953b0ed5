import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src-main/base/index.ts'
import {
  chooseLayout,
  type ExtranonceLayout,
  ExtranoncePlaces,
  fits,
  rollableOf,
} from '../../../src-main/mining/index.ts'
import { jobOf, shareVectors } from '../../support/mining-vectors.ts'

const layoutOf = (extranonce1Size: number, extranonce2Size: number): ExtranonceLayout => ({
  extranonce1Size,
  extranonce2Size,
})

interface Place {
  readonly extranonce1: Uint8Array
  readonly layout: ExtranonceLayout
}

const jobs = Array.from({ length: 33 }, (_, rollableSize) =>
  jobOf(shareVectors[1]!, { extranonce: { prefix: new Uint8Array(2), rollableSize } }),
)

/** Everything a rig may send in a pool that grants so much: the least and the most, most significant byte first. */
function range({ extranonce1, layout }: Place, rollableSize: number): readonly [string, string] {
  const job = jobs[rollableSize]!
  const roll = (byte: number): string =>
    toHex(rollableOf(job, extranonce1, new Uint8Array(layout.extranonce2Size).fill(byte)))
  return [roll(0), roll(0xff)]
}

function expectDisjoint(places: readonly Place[], rollableSize: number): void {
  const ranges = places
    .filter(({ layout }) => fits(layout, { prefix: new Uint8Array(0), rollableSize }))
    .map((place) => range(place, rollableSize))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  for (let n = 1; n < ranges.length; n++) {
    const [, before] = ranges[n - 1]!
    const [from] = ranges[n]!
    if (before >= from) throw new Error(`${before} and ${from} overlap in ${rollableSize} bytes`)
  }
}

const chosen = fc
  .record({
    smallestRollableSize: fc.integer({ min: 1, max: 32 }),
    rigRollsVersions: fc.boolean(),
    minimumRollableSize: fc.nat(16),
  })
  .map(chooseLayout)
  .filter((layout) => layout !== undefined)
const any = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(12)).map(([a, b]) => layoutOf(a, b))
/** Few lengths, so that many rigs have the same. */
const crowded = fc.integer({ min: 1, max: 4 }).map((size) => layoutOf(size, 8 - size))

describe('places in the extranonce', () => {
  it('never overlap, whatever layouts come and go, in every pool', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ layout: fc.oneof(chosen, any, crowded), leaves: fc.nat(60) }), {
          maxLength: 60,
        }),
        fc.array(fc.integer({ min: 1, max: 32 }), { minLength: 3, maxLength: 3 }),
        (arrivals, sizes) => {
          const places = new ExtranoncePlaces()
          const live: Place[] = []
          for (const { layout, leaves } of arrivals) {
            const extranonce1 = places.take(layout)
            expect(extranonce1).toHaveLength(layout.extranonce1Size)
            live.push({ extranonce1, layout })
            if (leaves < live.length) {
              const [gone] = live.splice(leaves, 1)
              expect(places.free(gone!.extranonce1, gone!.layout)).toBe(true)
            }
          }
          for (const size of [...sizes, 8]) expectDisjoint(live, size)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('never overlap when one length is so crowded that freed places have to be used again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(400)), { maxLength: 900 }), (steps) => {
        const places = new ExtranoncePlaces()
        const live: Place[] = []
        for (const [wide, step] of steps) {
          if (step < 280) {
            const layout = wide ? layoutOf(1, 3) : layoutOf(2, 2)
            try {
              live.push({ extranonce1: places.take(layout), layout })
            } catch (error) {
              expect(error).toMatchObject({ code: 'extranonce/exhausted' })
              // Only when there is none: every first byte is in use, for a small one as the whole of another.
              const inTheWay = live.filter(({ layout: theirs }) => wide || theirs.extranonce1Size === 1)
              expect(new Set(inTheWay.map(({ extranonce1 }) => extranonce1[0])).size).toBe(255)
            }
          } else if (live.length > 0) {
            const [gone] = live.splice(step % live.length, 1)
            places.free(gone!.extranonce1, gone!.layout)
          }
        }
        expectDisjoint(live, 4)
      }),
      { numRuns: 60 },
    )
  })

  it('leave ordinary rigs the places they always had', () => {
    const places = new ExtranoncePlaces()
    const take = (layout: ExtranonceLayout): string => toHex(places.take(layout))
    expect([take(layoutOf(4, 4)), take(layoutOf(4, 4))]).toEqual(['01000000', '01000001'])
    expect([take(layoutOf(2, 2)), take(layoutOf(2, 4))]).toEqual(['0100', '0100'])
    // A rig that wants to roll six bytes itself: what begins like the others' is theirs.
    expect(take(layoutOf(2, 6))).toBe('0101')
    expect(take(layoutOf(1, 7))).toBe('02')
    expect(take(layoutOf(4, 4))).toBe('01000002')
  })

  it('are found behind a large one that is in the way', () => {
    const places = new ExtranoncePlaces()
    expect(toHex(places.take(layoutOf(1, 7)))).toBe('01')
    expect(toHex(places.take(layoutOf(4, 4)))).toBe('02000000')
    expect(toHex(places.take(layoutOf(3, 5)))).toBe('020001')
  })

  it('of another length are given although every first byte is in use', () => {
    const places = new ExtranoncePlaces()
    for (let n = 0; n < 255; n++) places.take(layoutOf(1, 1))
    expect(() => places.take(layoutOf(1, 1))).toThrow(
      expect.objectContaining({ code: 'extranonce/exhausted' }),
    )
    expect(places.take(layoutOf(4, 4))).toHaveLength(4)
  })

  it('that a rig left are given to rigs of another layout only when nothing else is left', () => {
    const places = new ExtranoncePlaces()
    const all = Array.from({ length: 255 }, () => places.take(layoutOf(1, 3)))
    for (const extranonce1 of all.slice(0, 2)) places.free(extranonce1, layoutOf(1, 3))
    expect(toHex(places.take(layoutOf(2, 2)))).toBe('0100')
    expect(toHex(places.take(layoutOf(1, 3)))).toBe('02')
    expect(() => places.take(layoutOf(1, 3))).toThrow(
      expect.objectContaining({ code: 'extranonce/exhausted' }),
    )
  })

  it('are not given back by someone who does not have them', () => {
    const places = new ExtranoncePlaces()
    const extranonce1 = places.take(layoutOf(2, 2))
    expect(places.free(extranonce1, layoutOf(2, 4))).toBe(false)
    expect(places.free(new Uint8Array([9, 9]), layoutOf(2, 2))).toBe(false)
    expect(places.free(extranonce1.subarray(1), layoutOf(2, 2))).toBe(false)
    expect(places.free(extranonce1, layoutOf(2, 2))).toBe(true)
    expect(places.free(extranonce1, layoutOf(2, 2))).toBe(false)
  })
})
