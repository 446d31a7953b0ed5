/** A practice pool whose time stands still until a test moves it, easy enough to find shares by hand. */
import { ManualClock, silentLogger } from '../../src-main/base/index.ts'
import {
  type DifficultyPolicy,
  PoolCore,
  type PoolCoreOptions,
  PRACTICE_DIFFICULTY,
  PracticeChain,
} from '../../src-main/practice/index.ts'
import { countingEntropy } from './practice-mining.ts'

/** A share in some four hundred hashes. */
export const EASY_DIFFICULTY: DifficultyPolicy = {
  ...PRACTICE_DIFFICULTY,
  startDifficulty: 1e-7,
  minDifficulty: 1e-7,
}

export interface ManualPool {
  readonly clock: ManualClock
  readonly chain: PracticeChain
  readonly pool: PoolCore
}

/** Templates are announced in the turn that makes them. */
export function manualPool(
  options: Partial<PoolCoreOptions> & { readonly networkDifficulty?: number } = {},
): ManualPool {
  const clock = new ManualClock(1_750_000_000_000)
  const chain = new PracticeChain({
    clock,
    entropy: countingEntropy(),
    difficulty: options.networkDifficulty ?? 0.01,
    nextTurn: (run) => run(),
  })
  return {
    clock,
    chain,
    pool: new PoolCore({ chain, clock, log: silentLogger, difficulty: EASY_DIFFICULTY, ...options }),
  }
}
