import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DAY_MS,
  daysOf,
  FIVE_MINUTES,
  HOUR_MS,
  HOUR_SUM_LIMIT,
  HOURS,
  mergedSlots,
  packSlots,
  type Slot,
  SlotBlocks,
  Slots,
  unpackSlots,
  VALUE_LIMIT,
  widen,
} from '../../../../src-main/history/telemetry/slots.ts'

const START = Date.UTC(2026, 10, 22)

const anyValue = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.integer({ min: -VALUE_LIMIT, max: VALUE_LIMIT }),
)
const anySamples = fc.array(
  fc.record({ atMs: fc.integer({ min: START, max: START + 3 * DAY_MS }), value: anyValue }),
  { maxLength: 300 },
)

const anySlots = fc
  .array(fc.option(fc.array(anyValue, { minLength: 1, maxLength: 70 }), { nil: null }), {
    minLength: 1,
    maxLength: 50,
  })
  .map((rows) => {
    const slots = new Slots(rows.length)
    for (const [index, values] of rows.entries()) for (const value of values ?? []) slots.add(index, value)
    return slots
  })

/** The figures of a range, added up with whole numbers of any size. */
function plainSums(
  samples: readonly { atMs: number; value: number }[],
  fromMs: number,
  toMs: number,
): Slot | undefined {
  const values = samples.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ value }) => value)
  if (values.length === 0) return undefined
  return {
    sum: Number(values.reduce((sum, value) => sum + BigInt(value), 0n)),
    count: values.length,
    min: Math.min(...values),
    max: Math.max(...values),
  }
}

function listed(blocks: SlotBlocks): Map<number, Slot> {
  const slots = new Map<number, Slot>()
  blocks.forEach((startMs, slot) => slots.set(startMs, slot))
  return slots
}

describe('roll-ups', () => {
  it('hold in every slot exactly what its samples add up to, in any order', () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const blocks = new SlotBlocks(FIVE_MINUTES)
        for (const { atMs, value } of samples) blocks.add(atMs, value)
        const slots = listed(blocks)
        let counted = 0
        for (const [startMs, slot] of slots) {
          expect(slot).toEqual(plainSums(samples, startMs, startMs + FIVE_MINUTES.slotMs))
          counted += slot.count
        }
        expect(counted).toBe(samples.length)
      }),
    )
  })

  it('make an hour of its five-minute slots and a day of its hours', () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const minutes = new SlotBlocks(FIVE_MINUTES)
        for (const { atMs, value } of samples) minutes.add(atMs, value)
        const hours = widen(minutes, HOURS)
        for (const [startMs, slot] of listed(hours)) {
          expect(slot).toEqual(plainSums(samples, startMs, startMs + HOUR_MS))
        }
        for (const days of [daysOf(minutes), daysOf(hours)]) {
          expect(days.size).toBe(new Set(samples.map(({ atMs }) => Math.floor(atMs / DAY_MS))).size)
          for (const [day, slot] of days)
            expect(slot).toEqual(plainSums(samples, day * DAY_MS, (day + 1) * DAY_MS))
        }
      }),
    )
  })

  it('come to the same whenever they are merged', () => {
    fc.assert(
      fc.property(anySamples, fc.array(fc.nat(4), { maxLength: 300 }), (samples, folds) => {
        const together = new SlotBlocks(FIVE_MINUTES)
        const parts = [0, 1, 2, 3, 4].map(() => new SlotBlocks(FIVE_MINUTES))
        for (const [i, { atMs, value }] of samples.entries()) {
          together.add(atMs, value)
          parts[folds[i] ?? 0]!.add(atMs, value)
        }
        const merged = new SlotBlocks(FIVE_MINUTES)
        for (const part of parts) {
          for (const [start, block] of part.blocks) {
            const known = merged.blocks.get(start)
            if (known) known.mergeAll(block)
            else merged.blocks.set(start, block)
          }
        }
        expect(listed(merged)).toEqual(listed(together))
      }),
    )
  })

  it('of a day of full hours still add up exactly', () => {
    const hour = { sum: HOUR_SUM_LIMIT, count: 3600, min: -VALUE_LIMIT, max: VALUE_LIMIT }
    const hours = Array.from({ length: 24 }, () => hour)
    const day = hours.reduce(mergedSlots)
    expect(Number.isSafeInteger(day.sum)).toBe(true)
    expect(BigInt(day.sum)).toBe(24n * BigInt(HOUR_SUM_LIMIT))
  })
})

describe('a packed row of slots', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anySlots, (slots) => {
        expect(unpackSlots(packSlots(slots), slots.length)).toEqual({ ok: true, value: slots })
      }),
      { numRuns: 300 },
    )
  })

  it('comes back as it was at the largest sums', () => {
    const slots = new Slots(3)
    slots.merge(0, 24 * HOUR_SUM_LIMIT, 86_400, -VALUE_LIMIT, VALUE_LIMIT)
    slots.merge(2, -24 * HOUR_SUM_LIMIT + 1, 86_399, -VALUE_LIMIT, 0)
    expect(unpackSlots(packSlots(slots), 3)).toEqual({ ok: true, value: slots })
  })

  it('takes next to nothing for a figure that stands still', () => {
    const slots = new Slots(288)
    for (let i = 0; i < 288; i++) slots.merge(i, 60 * 4500, 60, 4500, 4500)
    expect(packSlots(slots).length).toBeLessThan(50)
  })

  it('is refused whichever bit flips, and under another length', () => {
    fc.assert(
      fc.property(anySlots, fc.nat(), fc.nat(7), (slots, place, bit) => {
        const bytes = packSlots(slots)
        expect(unpackSlots(bytes, slots.length + 1).ok).toBe(false)
        bytes[place % bytes.length]! ^= 1 << bit
        expect(unpackSlots(bytes, slots.length).ok).toBe(false)
      }),
    )
  })
})
