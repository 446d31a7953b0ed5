/**
 * What is claimed of vardiff, over simulated rigs and beside the classic algorithm (Stratum V2 reference, 7.7).
 * Seeded, so that it is the same each time. The bench family `vardiff` prints the same figures and draws them.
 */
import { describe, expect, it } from 'vitest'
import { ClassicVardiff } from '../../bench/reference/classic-vardiff.ts'
import {
  countPerWindow,
  reversals,
  settledAtMs,
  SIMULATED_RIG,
  spreadAroundAim,
} from '../../bench/vardiff-measures.ts'
import { Vardiff } from '../../../src-main/mining/index.ts'
import {
  type DifficultyController,
  type DifficultyHistory,
  simulateDifficulty,
} from '../../support/simulated-rig.ts'

const { hashrateHs, rightDifficulty, sharesPerMinute, workPerSecond } = SIMULATED_RIG
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const STEADY_FROM_MS = 10 * MINUTE_MS
const WRONG_STARTS = [1000, 1 / 1000]

const ours = (wrong: number): DifficultyController =>
  new Vardiff({ startDifficulty: rightDifficulty * wrong, nowMs: 0 })
const classic = (wrong: number): DifficultyController =>
  new ClassicVardiff({ nominalHashrateHs: hashrateHs * wrong, nowMs: 0 })

const seeds = (count: number): number[] => Array.from({ length: count }, (_, i) => 3 + i * 7919)
const simulate = (controller: DifficultyController, seed: number, untilMs: number): DifficultyHistory =>
  simulateDifficulty(controller, { seed, untilMs, workPerSecond: () => workPerSecond })
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** Seconds until the expected rate is within 20 % of the aim for good, ascending. */
function settlingSeconds(
  make: (wrong: number) => DifficultyController,
  wrong: number,
  rigs: number,
  untilMs: number,
): number[] {
  return seeds(rigs)
    .map((seed) => settledAtMs(simulate(make(wrong), seed, untilMs).changes, rightDifficulty * wrong) / 1000)
    .sort((a, b) => a - b)
}

const days = (make: (wrong: number) => DifficultyController, rigs: number): DifficultyHistory[] =>
  seeds(rigs).map((seed) => simulate(make(1), seed, DAY_MS))

describe('vardiff over simulated rigs', () => {
  it.each(WRONG_STARTS)(
    'is within a fifth of the aimed rate for good in under 60 s, from a start %d times right: 98 rigs of 100',
    (wrong) => {
      const seconds = settlingSeconds(ours, wrong, 500, 10 * MINUTE_MS)
      expect(seconds[249]).toBeLessThan(50)
      // 300 shares know a rate to 6 %, so 20 % is three sigma and a bit: a few rigs in a thousand need a second look.
      expect(seconds[489]).toBeLessThan(60)
    },
  )

  it.each(WRONG_STARTS)(
    'is there in a twentieth of the time classic takes, from a start %d times right',
    (wrong) => {
      const classicSeconds = settlingSeconds(classic, wrong, 31, DAY_MS / 3)
      const ourSeconds = settlingSeconds(ours, wrong, 31, 10 * MINUTE_MS)
      expect(classicSeconds[0]).toBeGreaterThan(60)
      expect(ourSeconds[15]! / classicSeconds[15]!).toBeLessThan(1 / 20)
    },
  )

  it('leaves the Poisson noise of the aim and adds next to none', () => {
    const histories = days(ours, 20)
    const spread = (windowMs: number): number =>
      spreadAroundAim(
        histories.flatMap(({ shareTimesMs }) =>
          countPerWindow(shareTimesMs, windowMs, STEADY_FROM_MS, DAY_MS),
        ),
        (sharesPerMinute * windowMs) / MINUTE_MS,
      )
    // 28,600 windows: the estimate itself is good to 0.9 %.
    expect(spread(MINUTE_MS)).toBeLessThan(1.05)
    // Of ten minutes the 6 % to which a rate was measured once shows beside the noise: 0.06 squared times 60 is 0.2.
    expect(spread(10 * MINUTE_MS)).toBeLessThan(1.3)
  })

  it('never oscillates: at most one reversal of a constant rig in 24 hours, where classic makes dozens', () => {
    const turns = days(ours, 20).map(({ changes }) => reversals(changes, STEADY_FROM_MS))
    const classicTurns = days(classic, 20).map(({ changes }) => reversals(changes, STEADY_FROM_MS))
    expect(Math.max(...turns)).toBeLessThanOrEqual(1)
    expect(mean(turns)).toBeLessThan(0.1)
    expect(Math.max(...classicTurns)).toBeGreaterThan(12)
    expect(mean(classicTurns)).toBeGreaterThan(2)
  })

  it('sees a rig that lost half its hashrate after six quiet hours in minutes, where classic takes hours', () => {
    const seen = (make: (wrong: number) => DifficultyController): number => {
      const atMs = DAY_MS / 4
      const minutes = seeds(15).map((seed) => {
        const { changes } = simulateDifficulty(make(1), {
          seed,
          untilMs: DAY_MS / 2,
          workPerSecond: (nowMs) => (nowMs < atMs ? workPerSecond : workPerSecond / 2),
        })
        const change = changes.find((one) => one.atMs > atMs && one.difficulty < rightDifficulty * 0.75)
        return ((change?.atMs ?? DAY_MS / 2) - atMs) / MINUTE_MS
      })
      return minutes.sort((a, b) => a - b)[7]!
    }
    expect(seen(ours)).toBeLessThan(30)
    expect(seen(classic)).toBeGreaterThan(60)
  })
})

describe('the classic algorithm, as it is described', () => {
  const start = { nominalHashrateHs: hashrateHs, nowMs: 0 }
  const after = (vardiff: ClassicVardiff, shares: number, nowMs: number): number | undefined => {
    for (let i = 0; i < shares; i++) vardiff.onShare()
    return vardiff.retarget(nowMs)
  }

  it('checks once a minute, and not within 15 seconds of the last change', () => {
    expect(after(new ClassicVardiff(start), 100, 59_000)).toBeUndefined()
    expect(after(new ClassicVardiff({ ...start, firstCheckAfterMs: 15_000 }), 100, 15_000)).toBeUndefined()
    expect(after(new ClassicVardiff({ ...start, firstCheckAfterMs: 16_000 }), 100, 16_000)).toBeDefined()
  })

  it.each([
    [1, 10, 1.67],
    [1, 9, null],
    [2, 18, 1.5],
    [3, 27, 1.5],
    [3, 26, null],
    [4, 32, 1.33],
    [5, 35, 1.17],
    [5, 34, null],
  ])('after %d minutes with %d shares it goes to %s times the difficulty', (minutes, shares, factor) => {
    const vardiff = new ClassicVardiff({ ...start, firstCheckAfterMs: minutes * MINUTE_MS })
    const next = after(vardiff, shares, minutes * MINUTE_MS)
    if (factor === null) expect(next).toBeUndefined()
    else expect(next! / rightDifficulty).toBeCloseTo(factor, 2)
  })

  it('goes down to a third without shares, to half or two thirds after less than a minute', () => {
    const down = (firstCheckAfterMs: number): number =>
      after(new ClassicVardiff({ ...start, firstCheckAfterMs }), 0, firstCheckAfterMs)! / rightDifficulty
    expect(down(60_000)).toBeCloseTo(1 / 3, 6)
    expect(down(59_000)).toBeCloseTo(1 / 2, 6)
    expect(down(30_000)).toBeCloseTo(2 / 3, 6)
  })

  it('does not believe more than eleven times the hashrate: it goes to ten, five or three times', () => {
    const up = (firstCheckAfterMs: number): number =>
      after(new ClassicVardiff({ ...start, firstCheckAfterMs }), 1000, firstCheckAfterMs)! / rightDifficulty
    expect(up(60_000)).toBeCloseTo(3, 6)
    expect(up(59_000)).toBeCloseTo(5, 6)
    expect(up(30_000)).toBeCloseTo(10, 6)
  })

  it('asks for no less than the difficulty of its least hashrate', () => {
    const vardiff = new ClassicVardiff({ ...start, leastHashrateHs: hashrateHs * 0.9 })
    expect(after(vardiff, 0, MINUTE_MS)! / rightDifficulty).toBeCloseTo(0.9, 6)
  })
})
