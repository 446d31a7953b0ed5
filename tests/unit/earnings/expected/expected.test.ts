import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectedBlocksSoFar } from '../../../../src-main/earnings/expected/blocks-so-far.ts'
import { creditedWork } from '../../../../src-main/earnings/expected/credit.ts'
import {
  expectedMicroSats,
  FormulaSum,
  isPlausible,
} from '../../../../src-main/earnings/expected/expectation.ts'
import { layFacts } from '../../../../src-main/earnings/expected/fact-line.ts'
import { isIncome, paysFees } from '../../../../src-main/earnings/expected/schemes.ts'
import { subsidyAtHeight } from '../../../../src-main/earnings/expected/subsidy.ts'
import { type NetworkFact } from '../../../../src-main/earnings/report/inputs.ts'

const fact = (atMs: number, values: Partial<NetworkFact>): NetworkFact => ({
  atMs,
  height: null,
  difficulty: null,
  subsidySats: null,
  feesSats: null,
  ...values,
})

describe('the subsidy', () => {
  it('halves every 210,000 blocks and ends after 33 halvings', () => {
    expect([0, 209_999, 210_000, 839_999, 840_000, 1_049_999, 1_050_000].map(subsidyAtHeight)).toEqual([
      5_000_000_000, 5_000_000_000, 2_500_000_000, 625_000_000, 312_500_000, 312_500_000, 156_250_000,
    ])
    expect(subsidyAtHeight(32 * 210_000)).toBe(1)
    expect(subsidyAtHeight(33 * 210_000)).toBe(0)
    expect(subsidyAtHeight(10_000_000)).toBe(0)
  })

  it('comes to 20,999,999.9769 bitcoins, as the whole supply', () => {
    let sats = 0n
    for (let era = 0; era < 40; era++) sats += 210_000n * BigInt(subsidyAtHeight(era * 210_000))
    expect(sats).toBe(2_099_999_997_690_000n)
  })
})

describe('payout schemes', () => {
  it('pay fees except for plain PPS, and are income except for SOLO', () => {
    const all = ['FPPS', 'PPS', 'PPS+', 'PPLNS', 'TIDES', 'SOLO'] as const
    expect(all.filter((scheme) => !paysFees(scheme))).toEqual(['PPS'])
    expect(all.filter((scheme) => !isIncome(scheme))).toEqual(['SOLO'])
  })
})

describe('credited work', () => {
  it('leaves out the part that was refused or lost', () => {
    expect(creditedWork(1000, 98, 1, 1)).toBe(980)
    expect(creditedWork(1000, 0, 5, 0)).toBe(0)
  })

  it('is all of it where nothing was refused, also when every share was weak', () => {
    expect(creditedWork(1000, 7, 0, 0)).toBe(1000)
    expect(creditedWork(1000, 0, 0, 0)).toBe(1000)
  })
})

describe('facts in force', () => {
  it('hold from the slot in which they came until the next, each figure by itself', () => {
    const line = layFacts(
      [
        fact(250, { difficulty: 20, feesSats: 9 }),
        fact(0, { difficulty: 10, subsidySats: 5 }),
        fact(120, { feesSats: 7 }),
      ],
      0,
      100,
      4,
    )
    expect([...line.difficulty]).toEqual([10, 10, 20, 20])
    expect([...line.subsidySats]).toEqual([5, 5, 5, 5])
    expect([...line.feesSats]).toEqual([7, 7, 9, 9])
    expect([...line.isLater]).toEqual([1, 0, 0, 0])
    expect(line.lastMs).toBe(250)
  })

  it('are the first later ones, marked, before any came', () => {
    const line = layFacts([fact(1000, { difficulty: 10 })], 0, 100, 12)
    expect(line.difficulty[0]).toBe(10)
    expect([...line.isLater]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0])
    expect(line.subsidySats[0]).toBeNaN()
  })

  it('pass over what cannot be, and compute the subsidy from the height', () => {
    const line = layFacts(
      [
        fact(0, { difficulty: 10, height: 840_000 }),
        fact(1, { difficulty: 0, subsidySats: -1, feesSats: Number.NaN, height: -5 }),
        fact(2, { difficulty: Infinity, subsidySats: 1e15 }),
      ],
      0,
      100,
      1,
    )
    expect([line.difficulty[0], line.subsidySats[0]]).toEqual([10, 312_500_000])
    expect(line.feesSats[0]).toBeNaN()
  })
})

describe('the expectation', () => {
  it('is work / difficulty x reward x what the pool leaves, by hand', () => {
    // 1.2e9 / 1.45e14 x 316,700,000 x 0.98 = 2,568.545… sats
    expect(expectedMicroSats(1.2e9, 1.45e14, 316_700_000, 20_000)).toBe(2_568_546_207)
    expect(expectedMicroSats(0, 1.45e14, 316_700_000, 0)).toBe(0)
    expect(expectedMicroSats(1e9, 1.45e14, 316_700_000, 1_000_000)).toBe(0)
  })

  it('comes to the reward when the work is the difficulty', () => {
    expect(expectedMicroSats(1.45e14, 1.45e14, 312_500_000, 0)).toBe(312_500_000_000_000)
  })

  it('is a whole number at the millionth for any work', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e15, noNaN: true }),
        fc.double({ min: 1, max: 1e16, noNaN: true }),
        fc.integer({ min: 0, max: 10 ** 9 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (work, difficulty, reward, fee) => {
          fc.pre(isPlausible(work, difficulty, 3_600_000))
          const micros = expectedMicroSats(work, difficulty, reward, fee)
          expect(Number.isInteger(micros) && micros >= 0).toBe(true)
          const exact = (work / difficulty) * reward * (1 - fee / 1e6)
          expect(Math.abs(micros / 1e6 - exact)).toBeLessThanOrEqual(1e-6 + exact * 1e-12)
        },
      ),
    )
  })

  it('is not believed at the difficulty of a test network', () => {
    expect(isPlausible(1e6, 4.6e-10, 3_600_000)).toBe(false)
    expect(isPlausible(1e6, 1.45e14, 3_600_000)).toBe(true)
    expect(isPlausible(20 * 1000, 1000, 3_600_000)).toBe(true) // 20 blocks in an hour of practice
  })
})

describe('the formula', () => {
  const summed = () => {
    const sum = new FormulaSum(20_000)
    sum.add(
      1.25e9,
      1.2e9,
      1.45e14,
      312_500_000,
      4_200_000,
      expectedMicroSats(1.2e9, 1.45e14, 316_700_000, 20_000),
    )
    return sum
  }

  it('shows its numbers', () => {
    expect(summed().result()).toMatchObject({
      work: 1.25e9,
      creditedWork: 1.2e9,
      difficulty: 1.45e14,
      subsidySats: 312_500_000,
      feesSats: 4_200_000,
      keptRatio: 0.98,
      varied: false,
      expectedSats: 2569,
      words: '1.2e9 work / 1.45e14 difficulty x (312,500,000 + 4,200,000 sats) x 98 %',
    })
  })

  it('has the numbers come to the result, also when they changed meanwhile', () => {
    const sum = summed()
    sum.add(3e9, 3e9, 1.6e14, 312_500_000, 9_000_000, expectedMicroSats(3e9, 1.6e14, 321_500_000, 20_000))
    const formula = sum.result()
    expect(formula.varied).toBe(true)
    const { creditedWork: work, difficulty, subsidySats, feesSats, keptRatio, expectedSats } = formula
    expect((work / difficulty!) * (subsidySats! + feesSats!) * keptRatio).toBeCloseTo(expectedSats!, -0.5)
    expect(difficulty).toBeGreaterThan(1.45e14)
    expect(difficulty).toBeLessThan(1.6e14)
  })

  it('says what could not be valued and gives no figure without facts', () => {
    const sum = new FormulaSum(0)
    sum.addUnvalued(10, 9)
    expect(sum.result()).toMatchObject({
      work: 10,
      creditedWork: 9,
      unvaluedWork: 9,
      expectedSats: null,
      difficulty: null,
    })
  })
})

describe('blocks so far', () => {
  it('sum work over the difficulty of its time', () => {
    const series = (atMs: number[], workDifficulty: number[]) => ({
      rigKey: 'r',
      poolId: 'p',
      atMs,
      workDifficulty,
      acknowledged: atMs.map(() => 0),
      rejected: atMs.map(() => 1),
      lost: atMs.map(() => 0),
    })
    const facts = [fact(0, { difficulty: 100 }), fact(300, { difficulty: 200 })]
    const sum = expectedBlocksSoFar([series([100, 300], [10, 10]), series([200], [50])], facts, 100)
    expect(sum).toEqual({ work: 70, expectedBlocks: 10 / 100 + 10 / 200 + 50 / 100, unvaluedWork: 0 })
    expect(expectedBlocksSoFar([series([100], [10])], [], 100)).toEqual({
      work: 10,
      expectedBlocks: 0,
      unvaluedWork: 10,
    })
    expect(expectedBlocksSoFar([], facts, 100)).toEqual({ work: 0, expectedBlocks: 0, unvaluedWork: 0 })
  })
})
