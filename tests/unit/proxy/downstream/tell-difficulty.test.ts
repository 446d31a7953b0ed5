import { describe, expect, it } from 'vitest'
import {
  difficultyOfTarget,
  easierTarget,
  MAX_TARGET,
  targetOfDifficulty,
} from '../../../../src-main/mining/index.ts'
import { type IssuedJob } from '../../../../src-main/proxy/shares/job-board.ts'
import { Rig } from '../../../../src-main/proxy/downstream/rig.ts'
import { ShareBook } from '../../../../src-main/proxy/shares/accounting.ts'
import { pinDifficulty, wantedDifficulty } from '../../../../src-main/proxy/downstream/tell-difficulty.ts'

function rigAt(difficulty: number): Rig {
  const rig = new Rig({
    id: 'r1',
    address: '192.168.1.2',
    connectedAtMs: 0,
    monotonicMs: 0,
    sharesPerMinute: 6,
    startDifficulty: difficulty,
    poolBook: () => new ShareBook(),
  })
  rig.startVardiff(difficulty, 0, true)
  return rig
}

/** As much of an issue as is looked at. */
function issue(sequence: number, poolDifficulty: number): IssuedJob {
  const target = poolDifficulty === Infinity ? new Uint8Array(32) : targetOfDifficulty(poolDifficulty)
  return { sequence, poolDifficulty, job: { target } } as unknown as IssuedJob
}

describe('what a rig is told', () => {
  it('is what vardiff wants as long as the pool wants no less', () => {
    const rig = rigAt(512)
    expect(pinDifficulty(rig, issue(1, 1000), 0, 1000, 0)).toBe(512)
    expect(rig.steps.at(1, 0)).toEqual({
      sequence: 1,
      reissue: 0,
      difficulty: 512,
      target: targetOfDifficulty(512),
    })
  })

  it('is at most the cap, and nothing when it is known', () => {
    const rig = rigAt(512)
    expect(pinDifficulty(rig, issue(1, 100), 0, 100, 0)).toBe(100)
    expect(pinDifficulty(rig, issue(2, 100), 0, 100, 0)).toBeUndefined()
    expect(rig.steps.at(2, 0)?.difficulty).toBe(100)
  })

  it('yields to the pool although the rig asked for more at least', () => {
    const rig = rigAt(512)
    rig.setMinimumDifficulty(256, 0)
    expect(wantedDifficulty(rig, 16, 0)).toBe(16)
    expect(wantedDifficulty(rig, 1000, 0)).toBeGreaterThanOrEqual(256)
  })

  it("is judged by the pool's own target where rounding would make it harder", () => {
    const rig = rigAt(1e9)
    const { job } = issue(1, 1234.567)
    pinDifficulty(rig, issue(1, 1234.567), 0, 1234.567, 0)
    const { target } = rig.steps.at(1, 0)!
    expect(easierTarget(target, job.target)).toBe(target)
  })

  it('has no limit at a pool whose target nothing meets', () => {
    const rig = rigAt(512)
    expect(pinDifficulty(rig, issue(1, Infinity), 0, Infinity, 0)).toBe(512)
    expect(rig.steps.at(1, 0)?.target).not.toBe(MAX_TARGET)
  })

  it.each([
    ['was told more because rigs would flood the pool', 0],
    ['takes nothing easier', 4096],
  ])('credits no more than a share is worth where the rig %s', (_why, least) => {
    const rig = rigAt(4096)
    if (least > 0) rig.setLeastDifficulty(least, 0)
    expect(pinDifficulty(rig, issue(1, 1), 0, 4096, 0)).toBe(4096)
    // A rig that sends easier ones all the same is not paid for what it was asked.
    expect(difficultyOfTarget(rig.steps.at(1, 0)!.target)).toBeCloseTo(4096, 6)
  })
})
