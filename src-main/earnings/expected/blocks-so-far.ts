/** How many blocks work would have found on average: work / difficulty, summed over the time it was done in. */
import { type NetworkFact, type WorkSeries } from '../report/inputs.ts'
import { layFacts } from './fact-line.ts'

export interface BlocksSoFar {
  /** Sum of share difficulty, all of it: a pool's no to a share takes no luck away. */
  work: number
  /** Of the work that could be set against a difficulty. */
  expectedBlocks: number
  /** Work without any difficulty known: no fact at all. */
  unvaluedWork: number
}

/** @param work of the pools that count, slots of `slotMs`, in any order of series */
export function expectedBlocksSoFar(
  work: readonly WorkSeries[],
  facts: readonly NetworkFact[],
  slotMs: number,
): BlocksSoFar {
  let firstMs = Infinity
  let endMs = -Infinity
  for (const { atMs } of work) {
    if (atMs.length === 0) continue
    firstMs = Math.min(firstMs, atMs[0]!)
    endMs = Math.max(endMs, atMs[atMs.length - 1]! + slotMs)
  }
  const sum: BlocksSoFar = { work: 0, expectedBlocks: 0, unvaluedWork: 0 }
  if (firstMs === Infinity) return sum
  const { difficulty } = layFacts(facts, firstMs, slotMs, Math.ceil((endMs - firstMs) / slotMs))
  for (const { atMs, workDifficulty } of work) {
    for (let i = 0; i < atMs.length; i++) {
      const done = workDifficulty[i]!
      const at = difficulty[Math.floor((atMs[i]! - firstMs) / slotMs)]!
      sum.work += done
      if (Number.isNaN(at)) sum.unvaluedWork += done
      else sum.expectedBlocks += done / at
    }
  }
  return sum
}
