/**
 * From what vardiff wants to what a rig is told. Never above the pool's own difficulty for the job: the pool
 * credits a share at its difficulty, so a rig held to more would work for nothing. Always rounded down: a
 * rig told more than it is judged by throws work away.
 */
import { easierTarget, targetOfDifficulty } from '../mining/index.ts'
import { type IssuedJob } from './job-board.ts'
import { type Rig } from './rig.ts'

/** Above 1 only whole numbers, three leading digits: all that some firmware parses. */
export function tellableDifficulty(difficulty: number): number {
  if (difficulty < 1)
    return Number(difficulty.toPrecision(6)) <= difficulty ? Number(difficulty.toPrecision(6)) : difficulty
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(difficulty)) - 2)
  return Math.max(1, Math.floor(difficulty / unit) * unit)
}

/**
 * Decides the rig's difficulty for an issue and remembers it for judging.
 * @returns what to tell the rig, or undefined when it already knows
 */
export function pinDifficulty(rig: Rig, issued: IssuedJob, reissue: number): number | undefined {
  const told = tellableDifficulty(Math.min(rig.vardiff.difficulty, issued.poolDifficulty))
  if (rig.steps.latest?.difficulty === told) return undefined
  rig.steps.pin(issued.sequence, reissue, told, easierTarget(targetOfDifficulty(told), issued.job.target))
  rig.changed = true
  return told
}
