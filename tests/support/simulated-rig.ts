/**
 * A rig as vardiff sees one: shares as a Poisson process, a lag before a new difficulty applies, perhaps a chip
 * that reports nothing below a difficulty of its own. Seeded, so that a failure can be repeated.
 */
import { Vardiff, type VardiffOptions } from '../../src-main/mining/index.ts'

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What holds a rig to a difficulty: `Vardiff`, or what it is compared with. */
export interface DifficultyController {
  readonly difficulty: number
  onShare(difficulty: number, atMs: number, hashDifficulty: number): void
  retarget(nowMs: number): number | undefined
}

export interface RigBehaviour {
  readonly seed: number
  readonly untilMs: number
  /** Work in units of difficulty a second, as a function of the moment; changes at ticks. */
  workPerSecond(atMs: number): number
  /** Default 200. */
  readonly lagMs?: number
  /** Default 1000. */
  readonly tickMs?: number
  /** Difficulty below which the chip reports nothing. Default none. */
  readonly chipFloor?: number
}

export interface SimulatedRig extends RigBehaviour {
  readonly vardiff: Omit<VardiffOptions, 'nowMs'>
}

export interface DifficultyHistory {
  readonly changes: readonly { atMs: number; difficulty: number }[]
  readonly shareTimesMs: readonly number[]
}

export interface Simulation extends DifficultyHistory {
  readonly vardiff: Vardiff
}

export function simulateRig(rig: SimulatedRig): Simulation {
  const vardiff = new Vardiff({ ...rig.vardiff, nowMs: 0 })
  return { vardiff, ...simulateDifficulty(vardiff, rig) }
}

/** The same rig under any controller that began at moment 0. */
export function simulateDifficulty(controller: DifficultyController, rig: RigBehaviour): DifficultyHistory {
  const random = seededRandom(rig.seed)
  const changes: { atMs: number; difficulty: number }[] = []
  const shareTimesMs: number[] = []
  const coming: { atMs: number; difficulty: number }[] = []
  let heldTo = controller.difficulty

  const hash = (fromMs: number, toMs: number): void => {
    const reported = Math.max(heldTo, rig.chipFloor ?? 0)
    const meanMs = (1000 * reported) / rig.workPerSecond(fromMs)
    for (let atMs = fromMs - meanMs * Math.log(1 - random()); atMs < toMs;) {
      shareTimesMs.push(atMs)
      controller.onShare(heldTo, atMs, reported / (1 - random()))
      atMs -= meanMs * Math.log(1 - random())
    }
  }

  const tickMs = rig.tickMs ?? 1000
  for (let nowMs = 0; nowMs < rig.untilMs; nowMs += tickMs) {
    let fromMs = nowMs
    while (coming[0] !== undefined && coming[0].atMs < nowMs + tickMs) {
      hash(fromMs, coming[0].atMs)
      fromMs = coming[0].atMs
      heldTo = coming.shift()!.difficulty
    }
    hash(fromMs, nowMs + tickMs)
    const difficulty = controller.retarget(nowMs + tickMs)
    if (difficulty === undefined) continue
    changes.push({ atMs: nowMs + tickMs, difficulty })
    coming.push({ atMs: nowMs + tickMs + (rig.lagMs ?? 200), difficulty })
  }
  return { changes, shareTimesMs }
}
