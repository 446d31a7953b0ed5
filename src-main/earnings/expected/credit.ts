/**
 * The work a pool pays for. Weak shares (good for the rig's difficulty, below the pool's) are never sent, yet count as
 * work: the few that do reach the pool's target are each paid for as much more, so over time the pool's count of a
 * rig's work and ours come to the same. What the pool refused earns nothing, nor does what was never answered.
 */

/**
 * `workDifficulty` times acknowledged / (acknowledged + rejected + lost); all of it when no share was answered or lost,
 * because then nothing was refused.
 */
export function creditedWork(
  workDifficulty: number,
  acknowledged: number,
  rejected: number,
  lost: number,
): number {
  const refused = rejected + lost
  return refused === 0 ? workDifficulty : workDifficulty * (acknowledged / (acknowledged + refused))
}
