/**
 * Whether a job from a pool can be mined at all. Not whether it is a good one: that is the watchdog's. Pure.
 */
import { difficultyOfTarget, type Job } from '../../mining/index.ts'

/**
 * Ten thousand times the difficulty of a block on the hardest network there is. Not held against the block of the
 * job: on test networks shares are often harder than blocks.
 */
const HARDEST_SHARE = 1e18

/** @returns what makes the job useless, for a sentence that begins with the pool's name; null if nothing does */
export function whyUseless(job: Job): string | null {
  if (job.extranonce.rollableSize < 1) return 'leaves us no byte of extranonce'
  const difficulty = difficultyOfTarget(job.target)
  if (difficulty > HARDEST_SHARE) {
    const text = Number.isFinite(difficulty) ? difficulty.toPrecision(3) : 'infinity'
    return `asks for shares of difficulty ${text}, which nobody finds`
  }
  return null
}
