import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { targetOfDifficulty } from '../../../../src-main/mining/index.ts'
import { DifficultySteps } from '../../../../src-main/proxy/downstream/pinned-difficulty.ts'

function stepsOf(
  ...steps: readonly (readonly [sequence: number, reissue: number, difficulty: number])[]
): DifficultySteps {
  const all = new DifficultySteps()
  for (const [sequence, reissue, difficulty] of steps) {
    all.pin(sequence, reissue, difficulty, targetOfDifficulty(difficulty))
  }
  return all
}

describe('the difficulty of a job', () => {
  it('is unknown before the first one was told', () => {
    expect(new DifficultySteps().at(1, 0)).toBeUndefined()
    expect(new DifficultySteps().latest).toBeUndefined()
  })

  it('is what was told last before the job, also for the same job sent again', () => {
    const steps = stepsOf([5, 0, 10], [7, 0, 20], [7, 2, 40], [9, 0, 80])
    const at = (sequence: number, reissue: number): number | undefined =>
      steps.at(sequence, reissue)?.difficulty
    expect([at(5, 0), at(6, 3), at(7, 0), at(7, 1), at(7, 2), at(8, 0), at(9, 0), at(99, 0)]).toEqual([
      10, 10, 20, 20, 40, 40, 80, 80,
    ])
    expect(steps.latest?.difficulty).toBe(80)
  })

  it('falls at once for jobs that are out, and never rises for them', () => {
    const steps = stepsOf([1, 0, 100], [2, 0, 50], [3, 0, 70], [4, 0, 60])
    expect([1, 2, 3, 4].map((sequence) => steps.at(sequence, 0)?.difficulty)).toEqual([50, 50, 60, 60])
    expect(steps.at(1, 0)?.target).toEqual(targetOfDifficulty(50))
  })

  it('never holds a job to more than any difficulty told with it or after it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ gap: fc.nat(2), difficulty: fc.integer({ min: 1, max: 50 }) }), {
          minLength: 1,
          maxLength: 12,
        }),
        (told) => {
          const steps = new DifficultySteps()
          let sequence = 1
          const jobs: { sequence: number; told: number }[] = []
          for (const { gap, difficulty } of told) {
            steps.pin(sequence, 0, difficulty, targetOfDifficulty(difficulty))
            for (let n = 0; n <= gap; n++) jobs.push({ sequence: sequence++, told: difficulty })
          }
          for (const [n, job] of jobs.entries()) {
            const lowest = Math.min(...jobs.slice(n).map((later) => later.told))
            expect(steps.at(job.sequence, 0)!.difficulty).toBe(lowest)
          }
        },
      ),
    )
  })

  it('of a very old job is that of the oldest step that is remembered', () => {
    const steps = stepsOf(...Array.from({ length: 20 }, (_, n) => [n + 1, 0, n + 1] as const))
    expect(steps.at(20, 0)?.difficulty).toBe(20)
    expect(steps.at(1, 0)?.difficulty).toBe(9)
  })
})
