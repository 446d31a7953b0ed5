/**
 * The machine of a practice rig with steady measures: it hashes as it should, finds a share every ten seconds, and keeps
 * what it was told to work for. Nothing mines, nothing listens.
 */
import { type Clock, systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { type BodyPool, RigBody, type RigBlueprint } from '../../src-main/practice/firmware/rig-body.ts'

export interface PracticeMachine {
  readonly body: RigBody
  /** What the machine was told to work for, the last one last; null is to stop. */
  readonly mined: readonly (BodyPool | null)[]
}

export interface PracticeMachineOptions {
  /** Over `TEST_BLUEPRINT`. */
  readonly blueprint?: Partial<RigBlueprint>
  readonly pools?: readonly BodyPool[]
  readonly clock?: Clock
  /** How long it has been on when it is made. */
  readonly alreadyOnMs?: number
}

/** A machine of one board with four chips at 4 TH/s and 60 W, gone for 200 ms when it reboots and 100 ms when its miner restarts. */
export const TEST_BLUEPRINT: RigBlueprint = {
  name: 'rig7',
  make: 'Practice',
  model: 'One',
  firmwareVersion: '1.0',
  mac: '02:00:00:00:00:07',
  serial: 'SN0007',
  boardCount: 1,
  chipsPerBoard: 4,
  fanCount: 2,
  nameplateHs: 4e12,
  nameplateW: 60,
  frequencyMHz: 500,
  coreVoltageMv: 1200,
  username: null,
  password: null,
  rebootMs: 200,
  restartMs: 100,
}

export const TEST_POOLS: readonly BodyPool[] = [
  { url: 'stratum+tcp://pool.example:3333', user: 'bc1qexample.rig7', password: 'x' },
  { url: 'stratum+tcp://backup.example:3334', user: 'bc1qexample.rig7', password: 'x' },
]

/** Its figures while it runs: one share of difficulty 1000 every ten seconds. */
const SHARE_EVERY_S = 10

/** Switches one on. `body.stop()` switches it off. */
export function startPracticeMachine({
  blueprint = {},
  pools = TEST_POOLS,
  clock = systemClock,
  alreadyOnMs = 0,
}: PracticeMachineOptions): PracticeMachine {
  const mined: (BodyPool | null)[] = []
  let isMade = false
  const aged: Clock = {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs() + (isMade ? alreadyOnMs : 0),
    after: (delayMs, run) => clock.after(delayMs, run),
    every: (periodMs, run) => clock.every(periodMs, run),
  }
  const body: RigBody = new RigBody({
    blueprint: { ...TEST_BLUEPRINT, ...blueprint },
    clock: alreadyOnMs === 0 ? clock : aged,
    entropy: systemEntropy,
    pools,
    measures: {
      hashrateHs: () => (body.miner === 'running' ? body.expectedHs : 0),
      counts: () => ({
        accepted: Math.floor(body.minerUptimeS / SHARE_EVERY_S),
        rejected: 0,
        stale: 0,
        lastShareAtMs: body.minerUptimeS < SHARE_EVERY_S ? null : clock.nowMs() - 1000,
        bestDifficulty: 123_456,
        difficulty: 1000,
      }),
      poolAlive: () => body.miner === 'running',
    },
    hooks: { onMine: (pool) => mined.push(pool) },
  })
  isMade = true
  body.start()
  return { body, mined }
}
