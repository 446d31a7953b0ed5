import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitaxeGamma, bitaxeUltra } from '../../../../src-main/drivers/boards/bitaxe.ts'
import {
  FRESH_ELECTRICS,
  heatAfterReset,
  isCool,
  judgeElectrics,
  judgeFan,
  judgeHeat,
  judgeSigns,
  strike,
  TRIP_POINTS,
  watchFanFrom,
  watchHeatFrom,
} from '../../../../src-main/drivers/safety/rules.ts'

const { limits } = bitaxeGamma
const PERIOD_MS = 250

/** Looks at a board that has long settled, one after another; the index of the look that cuts, or null. */
function cutAt(looks: readonly (readonly (number | null)[])[]): number | null {
  let watch = judgeHeat(watchHeatFrom(0), [40], 10_000, limits).watch
  for (const [index, chipsC] of looks.entries()) {
    const verdict = judgeHeat(watch, chipsC, 10_000 + (index + 1) * PERIOD_MS, limits)
    if (verdict.cut) return index
    watch = verdict.watch
  }
  return null
}

const anyReading = fc.oneof(
  fc.double(),
  fc.integer({ min: -60, max: 260 }),
  fc.constantFrom(null, NaN, Infinity, -Infinity, 0),
)
const bad = fc.oneof(
  fc.double({ min: 75, max: 1000, noNaN: true }),
  fc.constantFrom(null, NaN, Infinity, -Infinity, 0, -3, 200),
)
const good = fc.double({ min: 1, max: 74.9, noNaN: true })

describe('the rule of heat', () => {
  it('cuts at the second bad reading in a row, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(anyReading, { maxLength: 30 }), bad, bad, (before, first, second) => {
        const looks = [...before.map((c) => [c]), [first], [second]]
        expect(cutAt(looks)).not.toBeNull()
      }),
    )
  })

  it('cuts a board that is hot in at least two of five readings, however they are ordered', () => {
    const round = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 2, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(round, { minLength: 40, maxLength: 40 }), bad, good, (rounds, hot, cool) => {
        const looks = rounds.flatMap((hotOnes) =>
          [0, 1, 2, 3, 4].map((i) => [hotOnes.includes(i) ? hot : cool]),
        )
        expect(cutAt(looks)).not.toBeNull()
      }),
    )
  })

  it('leaves a board alone that has one bad reading now and then', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(bad, good, good), { maxLength: 50 }), (rounds) => {
        expect(cutAt(rounds.flatMap(([b, g, h]) => [[b], [g], [h]]))).toBeNull()
      }),
    )
  })

  it('counts a board by its hottest sensor, and a missing one as bad', () => {
    expect(
      cutAt([
        [40, 76],
        [40, 76],
      ]),
    ).toBe(1)
    expect(
      cutAt([
        [40, null],
        [40, null],
      ]),
    ).toBe(1)
    expect(cutAt([[], []])).toBe(1)
    expect(
      cutAt([
        [40, 60],
        [40, 60],
      ]),
    ).toBeNull()
  })

  it('cuts exactly at the limit', () => {
    expect(cutAt([[75], [75]])).toBe(1)
    expect(cutAt([[74.875], [74.875]])).toBeNull()
  })

  it('says what was measured and where the limit is', () => {
    let watch = watchHeatFrom(0)
    watch = judgeHeat(watch, [78.5], 10_000, limits).watch
    const { cut } = judgeHeat(watch, [79.25], 10_250, limits)
    expect(cut?.cause).toBe('too-hot')
    expect(cut?.message).toContain('79.3 °C; at 75 °C')
  })

  it('keeps no board on in the dark, however often its chips are reset', () => {
    const step = fc.record({ reset: fc.boolean(), afterMs: fc.integer({ min: 10, max: 1_000 }) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 150, maxLength: 150 }), (steps) => {
        let now = 0
        let watch = watchHeatFrom(0)
        let cutAtMs: number | null = null
        for (const { reset, afterMs } of steps) {
          if (cutAtMs !== null) break
          now += afterMs
          if (reset) watch = heatAfterReset(watch, now)
          const verdict = judgeHeat(watch, [null], now, limits)
          watch = verdict.watch
          if (verdict.cut) cutAtMs = now
        }
        // Three settling times are forgiven, and the looks that make the cut come on top.
        expect(cutAtMs ?? now).toBeLessThanOrEqual(3 * limits.sensorSettleMs + 4_000)
        if (now > 3 * limits.sensorSettleMs + 4_000) expect(cutAtMs).not.toBeNull()
      }),
    )
  })

  it('heeds a hot chip even while its sensor settles', () => {
    let watch = watchHeatFrom(0)
    let cut = null
    for (let now = PERIOD_MS; now <= 1_500 && !cut; now += PERIOD_MS) {
      const verdict = judgeHeat(watch, [90], now, limits)
      watch = verdict.watch
      cut = verdict.cut
    }
    expect(cut).toMatchObject({ cause: 'too-hot' })
  })
})

describe('strikes', () => {
  it('never falls below nothing and trips after two in a row', () => {
    expect(strike(0, false)).toBe(0)
    expect(strike(strike(0, true), true)).toBeGreaterThanOrEqual(TRIP_POINTS)
  })
})

describe('the rules of the regulator', () => {
  const calm = { regulatorC: 60, coreVoltageMv: 1150, powerW: 15, faults: [] }
  const twice = (sample: typeof calm | { regulatorC: null }, askedMv: number | null = 1150) => {
    const full = { ...calm, ...sample }
    const once = judgeElectrics(FRESH_ELECTRICS, full, askedMv, limits)
    return { once: once.cut, twice: judgeElectrics(once.watch, full, askedMv, limits).cut }
  }

  it('cuts at the second look, not at the first', () => {
    expect(twice({ ...calm, regulatorC: 100 })).toMatchObject({
      once: null,
      twice: { cause: 'regulator-too-hot' },
    })
    expect(twice({ ...calm, powerW: 40.5 })).toMatchObject({ once: null, twice: { cause: 'too-much-power' } })
    expect(twice({ ...calm, coreVoltageMv: 1300 })).toMatchObject({
      once: null,
      twice: { cause: 'regulator-fault' },
    })
    expect(twice({ regulatorC: null })).toMatchObject({ once: null, twice: { cause: 'sensors-silent' } })
    expect(twice(calm)).toEqual({ once: null, twice: null })
  })

  it('judges no voltage while it changes', () => {
    expect(twice({ ...calm, coreVoltageMv: 1000 }, null).twice).toBeNull()
  })

  it('needs the power meter where the regulator measures nothing', () => {
    const silent = { regulatorC: null, coreVoltageMv: null, powerW: null, faults: [] }
    const once = judgeElectrics(FRESH_ELECTRICS, silent, 1200, bitaxeUltra.limits)
    expect(judgeElectrics(once.watch, silent, 1200, bitaxeUltra.limits).cut?.cause).toBe('sensors-silent')
    const measured = { ...silent, powerW: 12 }
    const fine = judgeElectrics(FRESH_ELECTRICS, measured, 1200, bitaxeUltra.limits)
    expect(judgeElectrics(fine.watch, measured, 1200, bitaxeUltra.limits).cut).toBeNull()
  })
})

describe('the rule of the fan', () => {
  it('cuts a fan that is not seen turning for ten seconds, whether it says nothing or that it stands', () => {
    const looks = fc.array(fc.constantFrom<readonly (number | null)[]>([0], [null], [], [0, 3000]), {
      minLength: 12,
      maxLength: 12,
    })
    fc.assert(
      fc.property(looks, (each) => {
        let watch = watchFanFrom(0)
        let cutAtMs: number | null = null
        for (const [i, rpms] of each.entries()) {
          const now = (i + 1) * 1_000
          const verdict = judgeFan(watch, rpms, 500, now, limits)
          watch = verdict.watch
          if (verdict.cut) cutAtMs ??= now
        }
        expect(cutAtMs).toBe(10_000)
      }),
    )
  })

  it('is set back by a turn, and waits while the fan may stand', () => {
    let { watch } = judgeFan(watchFanFrom(0), [0], 500, 9_000, limits)
    ;({ watch } = judgeFan(watch, [1200], 500, 9_500, limits))
    expect(judgeFan(watch, [0], 500, 18_000, limits).cut).toBeNull()
    const slow = judgeFan(watchFanFrom(0), [0], 250, 60_000, limits)
    expect(slow.cut).toBeNull()
    expect(judgeFan(slow.watch, [0], 500, 71_000, limits).cut).not.toBeNull()
  })
})

describe('the other rules', () => {
  it('cuts after three seconds without a sign', () => {
    expect(judgeSigns(2_999)).toBeNull()
    expect(judgeSigns(3_000)?.cause).toBe('hashing-silent')
  })

  it('takes a board for cool by what it can still measure', () => {
    expect(isCool([], 96, limits)).toBe(false)
    expect(isCool([], 94, limits)).toBe(true)
    expect(isCool([71], null, limits)).toBe(false)
    expect(isCool([null], null, limits)).toBe(true)
  })
})
