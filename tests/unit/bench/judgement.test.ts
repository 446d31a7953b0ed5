import { describe, expect, it } from 'vitest'
import { type BenchGoal } from '../../bench/family.ts'
import { type FamilyMeasurement, joinRuns, judgeRun, quartilesOf } from '../../bench/judgement.ts'

const atLeastTwo: BenchGoal = {
  title: 'twice as fast',
  candidate: 'ours',
  reference: 'theirs',
  metric: 'shares',
  gate: { atLeast: 2 },
}

function run(ours: number[], theirs: number[], otherCores = 0): FamilyMeasurement {
  return {
    name: 'test',
    title: 'Test',
    goals: [atLeastTwo],
    candidates: [
      { name: 'ours', unavailable: null, values: { shares: ours } },
      { name: 'theirs', unavailable: null, values: { shares: theirs } },
      { name: 'native', unavailable: 'no C compiler', values: {} },
    ],
    otherCores,
    pictures: [],
  }
}

const steady = [100, 101, 99, 100, 100]
const times = (factor: number): number[] => steady.map((value) => value * factor)

describe('quartiles', () => {
  it('interpolate between values, in whatever order they come', () => {
    expect(quartilesOf([4, 1, 3, 2])).toEqual({ low: 1.75, median: 2.5, high: 3.25 })
    expect(quartilesOf([7])).toEqual({ low: 7, median: 7, high: 7 })
  })
})

describe('the verdict of a run', () => {
  it('is taken from the ratio within each repetition, not from the ratio of medians', () => {
    const slowing = [100, 80, 60, 40, 30]
    const judgement = judgeRun(
      run(
        slowing.map((value) => value * 3),
        slowing,
      ),
      atLeastTwo,
    )
    expect(judgement.verdict).toBe('pass')
    expect(judgement.ratios).toEqual([3, 3, 3, 3, 3])
  })

  it('is a pass or a fail when the middle half lies on one side of the gate', () => {
    expect(judgeRun(run(times(2.1), steady), atLeastTwo).verdict).toBe('pass')
    expect(judgeRun(run(times(1.9), steady), atLeastTwo).verdict).toBe('fail')
  })

  it('counts a ratio that equals the gate as met', () => {
    expect(judgeRun(run(times(2), steady), atLeastTwo).verdict).toBe('pass')
  })

  it('is left open for a goal without a gate, whose ratio is shown all the same', () => {
    const judgement = judgeRun(run(times(1.5), steady), { ...atLeastTwo, gate: null })
    expect(judgement).toMatchObject({ verdict: 'not judged', ratio: { median: 1.5 } })
  })

  it('turns around for a goal that is an upper bound', () => {
    const atMost: BenchGoal = { ...atLeastTwo, gate: { atMost: 2 } }
    expect(judgeRun(run(times(1.9), steady), atMost).verdict).toBe('pass')
    expect(judgeRun(run(times(2.1), steady), atMost).verdict).toBe('fail')
  })

  it('judges the metric itself when there is no reference', () => {
    const absolute: BenchGoal = { ...atLeastTwo, reference: null, gate: { atMost: 120 } }
    expect(judgeRun(run(steady, [1, 1, 1, 1, 1]), absolute)).toMatchObject({
      verdict: 'pass',
      ratio: { median: 100 },
    })
  })

  it('is inconclusive when the quartiles lie on both sides or far apart', () => {
    expect(judgeRun(run([190, 195, 200, 205, 210], steady), atLeastTwo).verdict).toBe('inconclusive')
    expect(judgeRun(run([150, 300, 350, 400, 450], steady), atLeastTwo).verdict).toBe('inconclusive')
  })

  it('is a pass, however wide, when every repetition met the gate', () => {
    expect(judgeRun(run([210, 300, 350, 400, 450], steady), atLeastTwo).verdict).toBe('pass')
  })

  it('is inconclusive when the reference itself was disturbed', () => {
    const judgement = judgeRun(run([300, 300, 300, 300, 50], [100, 100, 100, 100, 15]), atLeastTwo)
    expect(judgement).toMatchObject({
      verdict: 'inconclusive',
      reason: '"theirs" itself varied more than 5-fold',
    })
  })

  it('blames no miss on the code while others use the machine, but lets a pass stand', () => {
    expect(judgeRun(run(times(1.9), steady, 0.8), atLeastTwo).verdict).toBe('inconclusive')
    expect(judgeRun(run(times(2.1), steady, 0.8), atLeastTwo).verdict).toBe('pass')
  })

  it('says that something was not measured rather than judging by nothing', () => {
    const against = (reference: string): unknown =>
      judgeRun(run(steady, steady), { ...atLeastTwo, reference })
    expect(against('native')).toMatchObject({ verdict: 'not measured', reason: 'no C compiler', ratio: null })
    expect(against('nobody')).toMatchObject({ verdict: 'not measured' })
    expect(judgeRun(run(steady, steady), { ...atLeastTwo, metric: 'blocks' }).verdict).toBe('not measured')
  })
})

describe('the verdict over runs', () => {
  const pass = judgeRun(run(times(2.1), steady), atLeastTwo)
  const fail = judgeRun(run(times(1.9), steady), atLeastTwo)

  it('fails only when two runs failed', () => {
    expect(joinRuns([fail, fail]).verdict).toBe('fail')
    expect(joinRuns([fail])).toMatchObject({ verdict: 'inconclusive', reason: 'missed in one run only' })
    expect(joinRuns([pass, fail]).verdict).toBe('inconclusive')
    expect(joinRuns([fail, pass]).verdict).toBe('pass')
  })
})
