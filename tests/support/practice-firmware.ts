/**
 * A practice rig on loopback for tests: the machine with steady measures, its firmware on one port for all protocols, and
 * a link to it as the fleet has one. Nothing mines.
 */
import { onTestFinished } from 'vitest'
import { type Clock, systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { openLink, type OpenLinkOptions } from '../../src-main/fleet/transport/open-link.ts'
import { type RigCredentials, type RigLink } from '../../src-main/fleet/transport/rig-link.ts'
import { type BootFirmware } from '../../src-main/practice/firmware/firmware.ts'
import { startFirmware } from '../../src-main/practice/firmware/firmware-host.ts'
import { type BodyPool, RigBody, type RigBlueprint } from '../../src-main/practice/firmware/rig-body.ts'

export interface PracticeFirmware {
  readonly body: RigBody
  readonly address: { readonly host: string; readonly port: number }
  /** What the machine was told to work for, the last one last; null is to stop. */
  readonly mined: readonly (BodyPool | null)[]
  /** As the fleet talks to it; always by the real clock, whatever the machine's is. */
  link(credentials?: RigCredentials | null, onReply?: OpenLinkOptions['onReply']): RigLink
  stop(): Promise<void>
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

/** Starts one on 127.0.0.1, stopped when the test ends. */
export async function startPracticeFirmware(
  boot: BootFirmware,
  blueprint: Partial<RigBlueprint> = {},
  pools: readonly BodyPool[] = TEST_POOLS,
  clock: Clock = systemClock,
): Promise<PracticeFirmware> {
  const mined: (BodyPool | null)[] = []
  const body: RigBody = new RigBody({
    blueprint: { ...TEST_BLUEPRINT, ...blueprint },
    clock,
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
  body.start()
  const running = await startFirmware({ firmware: boot(body), body, at: { host: '127.0.0.1', port: 0 } })
  let stopped: Promise<void> | null = null
  const stop = (): Promise<void> => {
    body.stop()
    return (stopped ??= running.stop())
  }
  onTestFinished(stop)
  const address = { host: '127.0.0.1', port: running.address.port ?? 0 }
  return {
    body,
    address,
    mined,
    link: (credentials = null, onReply) =>
      openLink({ address, credentials, clock: systemClock, entropy: systemEntropy, onReply }),
    stop,
  }
}
