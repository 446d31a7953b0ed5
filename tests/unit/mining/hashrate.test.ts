import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  FIVE_MINUTES_MS,
  HashrateEstimator,
  HASHES_PER_DIFFICULTY,
  MINUTE_MS,
  QUARTER_HOUR_MS,
} from '../../../src-main/mining/index.ts'
import { seededRandom } from '../../support/simulated-rig.ts'

describe('measured hashrate', () => {
  it('is the work of the window over its length', () => {
    const estimator = new HashrateEstimator(0)
    for (let atMs = 5000; atMs <= 3_600_000; atMs += 10_000) estimator.add(100, atMs)
    for (const windowMs of [MINUTE_MS, FIVE_MINUTES_MS, QUARTER_HOUR_MS]) {
      const estimate = estimator.estimate(windowMs, 3_600_000)
      expect(estimate?.coveredMs).toBe(windowMs)
      expect(estimate?.hashrateHs).toBeCloseTo(10 * HASHES_PER_DIFFICULTY, -3)
      expect(estimate?.errorRatio).toBeCloseTo(1 / Math.sqrt(windowMs / 10_000), 5)
    }
  })

  it('of a young connection covers only the time it is there', () => {
    const estimator = new HashrateEstimator(100_000)
    expect(estimator.estimate(MINUTE_MS, 100_000)).toBeNull()
    estimator.add(50, 105_000)
    expect(estimator.estimate(MINUTE_MS, 110_000)).toEqual({
      hashrateHs: 5 * HASHES_PER_DIFFICULTY,
      errorRatio: 1,
      coveredMs: 10_000,
    })
  })

  it('without shares is 0 with unknown error, not nothing', () => {
    expect(new HashrateEstimator(0).estimate(MINUTE_MS, 30_000)).toEqual({
      hashrateHs: 0,
      errorRatio: null,
      coveredMs: 30_000,
    })
  })

  it('forgets what is older than the window, after silence of any length', () => {
    for (const silenceMs of [MINUTE_MS + 1, 16 * MINUTE_MS, 24 * 3_600_000]) {
      const estimator = new HashrateEstimator(0)
      estimator.add(1e6, 1)
      expect(estimator.estimate(MINUTE_MS, 15_000 + silenceMs)?.hashrateHs).toBe(0)
    }
  })

  it('does not care how the work was cut into shares', () => {
    const coarse = new HashrateEstimator(0)
    const fine = new HashrateEstimator(0)
    for (let atMs = 1000; atMs < 600_000; atMs += 1000) {
      for (let i = 0; i < 10; i++) fine.add(1, atMs)
      coarse.add(10, atMs)
    }
    const [a, b] = [coarse.estimate(FIVE_MINUTES_MS, 600_000)!, fine.estimate(FIVE_MINUTES_MS, 600_000)!]
    expect(a.hashrateHs).toBeCloseTo(b.hashrateHs, 3)
    expect(a.errorRatio! / b.errorRatio!).toBeCloseTo(Math.sqrt(10), 6)
  })

  it('agrees with a list of all shares where the window ends between buckets or not', () => {
    fc.assert(
      fc.property(
        fc.nat(1_000_000),
        fc.array(fc.tuple(fc.nat(40_000), fc.integer({ min: 1, max: 1000 })), { maxLength: 200 }),
        fc.constantFrom(MINUTE_MS, FIVE_MINUTES_MS, QUARTER_HOUR_MS),
        fc.boolean(),
        (startMs, gaps, windowMs, isLongest) => {
          const estimator = isLongest
            ? new HashrateEstimator(startMs, windowMs)
            : new HashrateEstimator(startMs)
          const shares: { atMs: number; difficulty: number }[] = []
          let nowMs = startMs
          for (const [gapMs, difficulty] of gaps) {
            nowMs += gapMs
            estimator.add(difficulty, nowMs)
            shares.push({ atMs: nowMs, difficulty })
          }
          const estimate = estimator.estimate(windowMs, nowMs)
          if (estimate === null) return
          const fromMs = nowMs - estimate.coveredMs
          const workFrom = (sinceMs: number): number =>
            shares.reduce((sum, share) => sum + (share.atMs >= sinceMs ? share.difficulty : 0), 0)
          // The bucket at the window's edge, 15 s long, counts in part.
          const work = (estimate.hashrateHs / HASHES_PER_DIFFICULTY) * (estimate.coveredMs / 1000)
          expect(work).toBeGreaterThanOrEqual(workFrom(fromMs + 15_000) * (1 - 1e-9))
          expect(work).toBeLessThanOrEqual(workFrom(fromMs - 15_000) * (1 + 1e-9))
        },
      ),
    )
  })

  it('is off by its stated error, no more and no less', () => {
    const random = seededRandom(11)
    const trueHs = 1e12
    const meanMs = (1000 * 500 * HASHES_PER_DIFFICULTY) / trueHs
    const scores: number[] = []
    for (let run = 0; run < 400; run++) {
      const estimator = new HashrateEstimator(0)
      for (let atMs = -meanMs * Math.log(1 - random()); atMs < FIVE_MINUTES_MS;) {
        estimator.add(500, atMs)
        atMs -= meanMs * Math.log(1 - random())
      }
      const { hashrateHs, errorRatio } = estimator.estimate(FIVE_MINUTES_MS, FIVE_MINUTES_MS)!
      scores.push((hashrateHs / trueHs - 1) / errorRatio!)
    }
    const spread = Math.sqrt(scores.reduce((sum, score) => sum + score ** 2, 0) / scores.length)
    expect(spread).toBeGreaterThan(0.85)
    expect(spread).toBeLessThan(1.15)
  })
})
