import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  chanceWords,
  durationWords,
  soloChances,
  soloWords,
} from '../../../../src-main/earnings/odds/chances.ts'
import { judgeLuck, type LuckInputs } from '../../../../src-main/earnings/odds/luck.ts'
import { chanceOfAtLeast, chanceOfAtMost } from '../../../../src-main/earnings/odds/poisson.ts'

/** mulberry32: the same numbers in every run. */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('Poisson chances', () => {
  it('are those worked out by hand', () => {
    expect(chanceOfAtLeast(2, 1)).toBeCloseTo(1 - 2 / Math.E, 14)
    expect(chanceOfAtMost(3, 5)).toBeCloseTo(Math.exp(-5) * (1 + 5 + 25 / 2 + 125 / 6), 14)
    expect(chanceOfAtLeast(0, 3)).toBe(1)
    expect(chanceOfAtLeast(1, 0)).toBe(0)
    expect(chanceOfAtMost(0, 2)).toBeCloseTo(Math.exp(-2), 15)
  })

  it('keep their digits where they are tiny', () => {
    expect(chanceOfAtLeast(1, 1e-12) / 1e-12).toBeCloseTo(1, 11)
    expect(chanceOfAtLeast(3, 1e-5) / (1e-15 / 6)).toBeCloseTo(1, 4)
    expect(chanceOfAtMost(2, 100) / (Math.exp(-100) * 5101)).toBeCloseTo(1, 9)
  })

  it('agree with a plain sum, and one count more or fewer covers everything', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 1e-6, max: 300, noNaN: true }),
        (count, mean) => {
          let term = Math.exp(-mean)
          let below = 0
          for (let n = 0; n < count; n++) {
            below += term
            term *= mean / (n + 1)
          }
          expect(chanceOfAtLeast(count, mean)).toBeCloseTo(1 - below, 9)
          expect(chanceOfAtLeast(count, mean) + chanceOfAtMost(count - 1, mean)).toBeCloseTo(1, 12)
        },
      ),
    )
  })

  it('hold for counts of a million', () => {
    expect(chanceOfAtLeast(1_000_000, 1_000_000)).toBeCloseTo(0.5, 3)
    expect(chanceOfAtMost(1_000_000, 1_000_000)).toBeCloseTo(0.5, 3)
    expect(chanceOfAtMost(990_000, 1_000_000)).toBeLessThan(1e-20)
  })

  it('are what a simulated lottery gives', () => {
    const random = seeded(1)
    const mean = 2.5
    const runs = 20_000
    let atLeast4 = 0
    for (let i = 0; i < runs; i++) {
      let found = -1
      for (let t = 0; t < mean; t -= Math.log(1 - random())) found++
      if (found >= 4) atLeast4++
    }
    expect(Math.abs(atLeast4 / runs - chanceOfAtLeast(4, mean))).toBeLessThan(0.012)
  })
})

describe('solo chances', () => {
  it('are those worked out by hand for one small rig', () => {
    // 1.2 TH/s at 1.45e14: 1.2e12 x 86,400 / (2^32 x 1.45e14) = 1.664821e-7 blocks a day
    const chances = soloChances(1.2e12, 1.45e14)
    expect(chances.day / 1.664821e-7).toBeCloseTo(1, 5)
    expect(chances.month / (1.664821e-7 * 30.4375)).toBeCloseTo(1, 5)
    expect(1 / chances.year).toBeCloseTo(16_446, -1)
    expect(chances.expectedMs! / (16_445.4 * 365.25 * 86_400_000)).toBeCloseTo(1, 4)
    expect(soloWords(chances)).toBe(
      'A 1 in 16,000 chance of a block within a year; on average one every 16,000 years.',
    )
  })

  it('approach certainty and never pass it', () => {
    const chances = soloChances(1e20, 1e14)
    expect(chances.day).toBeLessThanOrEqual(1)
    expect(chances.year).toBe(1)
    expect(soloWords(chances)).toBe(
      'A practically certain chance of a block within a day; on average one every 72 minutes.',
    )
  })

  it('are nothing without hashrate', () => {
    expect(soloChances(0, 1e14)).toEqual({ day: 0, month: 0, year: 0, expectedMs: null, blocksPerYear: 0 })
    expect(soloWords(soloChances(0, 1e14))).toMatch(/no chance/)
  })

  it('grow with time and hashrate and fall with difficulty', () => {
    const rate = fc.double({ min: 1, max: 1e18, noNaN: true })
    const difficulty = fc.double({ min: 1, max: 1e16, noNaN: true })
    fc.assert(
      fc.property(rate, difficulty, (hashrate, d) => {
        const chances = soloChances(hashrate, d)
        expect(chances.day).toBeGreaterThan(0)
        expect(chances.month).toBeGreaterThanOrEqual(chances.day)
        expect(chances.year).toBeGreaterThanOrEqual(chances.month)
        expect(soloChances(hashrate * 2, d).day).toBeGreaterThanOrEqual(chances.day)
        expect(soloChances(hashrate, d * 2).day).toBeLessThanOrEqual(chances.day)
      }),
    )
  })

  it('are said in words that fit their size', () => {
    expect([0, 1e-9, 0.0002, 0.37, 0.995, 0.9999].map(chanceWords)).toEqual([
      '0 %',
      '1 in 1 billion',
      '1 in 5,000',
      '37 %',
      '99.5 %',
      'practically certain',
    ])
    expect([1000, 90_000, 3 * 86_400_000, 5e16, 3.2e19].map(durationWords)).toEqual([
      '1 second',
      '1.5 minutes',
      '3 days',
      '1.6 million years',
      '1 billion years',
    ])
  })
})

describe('luck so far', () => {
  const inputs: LuckInputs = {
    work: 1e9,
    expectedBlocks: 1e9 / 1.45e14,
    blocksFound: 0,
    bestDifficulty: 1.4e9,
    difficulty: 1.45e14,
  }

  it('is nothing yet before any work', () => {
    const luck = judgeLuck({ ...inputs, work: 0, expectedBlocks: 0, bestDifficulty: 0 })
    expect(luck).toMatchObject({ verdict: 'nothing-yet', likelyBest: 0, chanceOfBest: null, closeness: 0 })
    expect(luck.words).toBe('No work has been done yet.')
  })

  it('judges by the best share while a block was not to be expected', () => {
    expect(judgeLuck(inputs)).toMatchObject({ verdict: 'as-expected' })
    expect(judgeLuck({ ...inputs, bestDifficulty: 2e10 }).verdict).toBe('lucky')
    expect(judgeLuck({ ...inputs, bestDifficulty: 2e11 }).verdict).toBe('very-lucky')
    expect(judgeLuck({ ...inputs, bestDifficulty: 2e8 }).verdict).toBe('unlucky')
    expect(judgeLuck({ ...inputs, bestDifficulty: 2.1e11 }).words).toBe(
      'No block found; so much work finds 0.0000069 on average. The best share so far: 1 in 690 of what a block needs; ' +
        '1 in 210 of all who did so much work have one as good: that is very lucky.',
    )
  })

  it('judges by blocks once some were to be expected', () => {
    const many = { ...inputs, expectedBlocks: 4 }
    expect([0, 3, 4, 8, 12].map((blocksFound) => judgeLuck({ ...many, blocksFound }).verdict)).toEqual([
      'unlucky',
      'as-expected',
      'as-expected',
      'lucky',
      'very-lucky',
    ])
    expect(judgeLuck({ ...inputs, blocksFound: 1 }).verdict).toBe('very-lucky')
    expect(judgeLuck({ ...many, blocksFound: 1 }).words).toMatch(
      /^1 block found; so much work finds 4 on average: that is unlucky/,
    )
  })

  it('still has the best share to go by when no difficulty is known', () => {
    const luck = judgeLuck({ ...inputs, expectedBlocks: null, difficulty: null })
    expect(luck).toMatchObject({ chanceOfAsMany: null, closeness: null, verdict: 'as-expected' })
  })

  it('has the median best share of simulated miners where it says it is', () => {
    const random = seeded(7)
    const work = 5000 // shares of difficulty 1
    const { likelyBest } = judgeLuck({ ...inputs, work })
    let better = 0
    const miners = 1500
    for (let miner = 0; miner < miners; miner++) {
      // A hash meets the difficulty d with a chance of 1 / d.
      let lowest = 1
      for (let share = 0; share < work; share++) lowest = Math.min(lowest, random())
      if (1 / lowest > likelyBest) better++
    }
    expect(Math.abs(better / miners - 0.5)).toBeLessThan(0.05)
  })

  it('gives chances between 0 and 1 that agree with each other for any inputs', () => {
    const size = fc.double({ min: 0, max: 1e15, noNaN: true })
    fc.assert(
      fc.property(
        size,
        fc.double({ min: 0, max: 1e4, noNaN: true }),
        fc.nat(10_000),
        size,
        (work, expectedBlocks, blocksFound, bestDifficulty) => {
          const luck = judgeLuck({ work, expectedBlocks, blocksFound, bestDifficulty, difficulty: 1e14 })
          for (const chance of [luck.chanceOfBest ?? 0, luck.chanceOfAsMany!, luck.chanceOfAsFew!]) {
            expect(chance >= 0 && chance <= 1).toBe(true)
          }
          expect(luck.chanceOfAsMany! + luck.chanceOfAsFew!).toBeGreaterThan(0.999_999)
          expect(luck.words).not.toMatch(/NaN|Infinity|undefined/)
        },
      ),
    )
  })
})
