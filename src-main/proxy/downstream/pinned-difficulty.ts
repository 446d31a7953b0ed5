/**
 * The difficulty a rig is held to, job by job. SV1 applies a new difficulty from the next job, but some
 * firmware applies it at once; so a lower one also covers the jobs already out, a higher one never does
 * (the case of the small rig whose shares are refused until a new job arrives).
 */
import { type Target } from '../../mining/index.ts'

export interface PinnedDifficulty {
  /** What the rig was told. */
  readonly difficulty: number
  readonly target: Target
}

interface Step extends PinnedDifficulty {
  /** From this job name on. */
  readonly sequence: number
  readonly reissue: number
}

/** Steps remembered; jobs older than the first step are held to the first. */
const STEPS_KEPT = 12

export class DifficultySteps {
  #steps: Step[] = []

  get latest(): PinnedDifficulty | undefined {
    return this.#steps.at(-1)
  }

  /** From the named job on, shares need `target`; if that is easier than before, earlier jobs are eased too. */
  pin(sequence: number, reissue: number, difficulty: number, target: Target): void {
    const step: Step = { sequence, reissue, difficulty, target }
    this.#steps = this.#steps.map((earlier) =>
      earlier.difficulty > difficulty ? { ...earlier, difficulty, target } : earlier,
    )
    this.#steps.push(step)
    if (this.#steps.length > STEPS_KEPT) this.#steps.shift()
  }

  /** What a share of the named job must meet; undefined before the first `pin`. */
  at(sequence: number, reissue: number): PinnedDifficulty | undefined {
    for (let i = this.#steps.length - 1; i > 0; i--) {
      const step = this.#steps[i]!
      if (step.sequence < sequence || (step.sequence === sequence && step.reissue <= reissue)) return step
    }
    return this.#steps[0]
  }
}
