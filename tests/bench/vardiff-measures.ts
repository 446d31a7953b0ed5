/** What the bench and the unit test of vardiff measure a history of difficulties and shares by. Pure. */
import { difficultyOfHashrate } from '../../src-main/mining/index.ts'

type Changes = readonly { readonly atMs: number; readonly difficulty: number }[]

const HASHRATE_HS = 1e12
const SHARES_PER_MINUTE = 6

/** A Bitaxe. */
export const SIMULATED_RIG = {
  hashrateHs: HASHRATE_HS,
  /** In units of difficulty. */
  workPerSecond: difficultyOfHashrate(HASHRATE_HS, 60),
  sharesPerMinute: SHARES_PER_MINUTE,
  rightDifficulty: difficultyOfHashrate(HASHRATE_HS, SHARES_PER_MINUTE),
} as const

/** The share rate to expect may be off the aim by this much. */
const SETTLED_RATIO = 0.2

/**
 * When the expected share rate came within 20 % of the aim and did not leave it again.
 * @returns 0 if it was from the start, Infinity if never
 */
export function settledAtMs(changes: Changes, startDifficulty: number): number {
  const isOff = (difficulty: number): boolean =>
    Math.abs(SIMULATED_RIG.rightDifficulty / difficulty - 1) > SETTLED_RATIO
  let settledMs = isOff(startDifficulty) ? Number.POSITIVE_INFINITY : 0
  for (const { atMs, difficulty } of changes) {
    if (isOff(difficulty)) settledMs = Number.POSITIVE_INFINITY
    else if (settledMs === Number.POSITIVE_INFINITY) settledMs = atMs
  }
  return settledMs
}

/** How often the difficulty turned round after a moment: up after down, or down after up. */
export function reversals(changes: Changes, fromMs: number): number {
  let turned = 0
  let direction = 0
  let last = changes.findLast(({ atMs }) => atMs <= fromMs)?.difficulty
  for (const { atMs, difficulty } of changes) {
    if (atMs <= fromMs) continue
    const next = last === undefined ? 0 : Math.sign(difficulty - last)
    if (next !== 0 && direction !== 0 && next !== direction) turned++
    if (next !== 0) direction = next
    last = difficulty
  }
  return turned
}

/** Shares in each whole window between two moments. */
export function countPerWindow(
  shareTimesMs: readonly number[],
  windowMs: number,
  fromMs: number,
  toMs: number,
): number[] {
  const counts = Array<number>(Math.floor((toMs - fromMs) / windowMs)).fill(0)
  for (const atMs of shareTimesMs) {
    const window = Math.floor((atMs - fromMs) / windowMs)
    if (window >= 0 && window < counts.length) counts[window]!++
  }
  return counts
}

/** Mean squared distance of counts from the aim, as part of the aim: 1 for pure chance at the right rate. */
export function spreadAroundAim(counts: readonly number[], aim: number): number {
  return counts.reduce((sum, count) => sum + (count - aim) ** 2, 0) / counts.length / aim
}
