/**
 * From what vardiff wants to what a rig is told. Not above the pool's own difficulty for the job: the pool
 * credits a share at its difficulty, so a rig held to more would work for nothing. (The exception is a
 * difficulty so low that rigs would flood the pool: see `FloodGate`.)
 */
import { easierTarget, targetOfDifficulty } from '../../mining/index.ts'
import { type IssuedJob } from '../shares/job-board.ts'
import { type Rig } from './rig.ts'

/**
 * What the rig ought to be held to at an issue. A rig's own wish for a minimum yields to the cap; what it insists on
 * does not.
 * @param cap the pool's difficulty for the job, unless that would let rigs flood it (`FloodGate.cap`)
 * @param monotonicMs now
 */
export function wantedDifficulty(rig: Rig, cap: number, monotonicMs: number): number {
  rig.vardiff.limit(cap, monotonicMs)
  return Math.max(rig.leastDifficulty, Math.min(rig.vardiff.difficulty, cap))
}

/**
 * Decides the rig's difficulty for an issue and remembers it for judging.
 * @returns what to tell the rig, or undefined when it already knows
 */
export function pinDifficulty(
  rig: Rig,
  issued: IssuedJob,
  reissue: number,
  cap: number,
  monotonicMs: number,
): number | undefined {
  const difficulty = wantedDifficulty(rig, cap, monotonicMs)
  if (rig.steps.latest?.difficulty === difficulty) return undefined
  const own = targetOfDifficulty(difficulty)
  // Rounding must not make it harder than the pool's; where it is meant to be, easier shares are worth less.
  const target = difficulty > issued.poolDifficulty ? own : easierTarget(own, issued.job.target)
  rig.steps.pin(issued.sequence, reissue, difficulty, target)
  rig.changed = true
  return difficulty
}
