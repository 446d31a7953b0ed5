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
import { type BodyPool, type RigBody, type RigBlueprint } from '../../src-main/practice/firmware/rig-body.ts'
import { startPracticeMachine, TEST_POOLS } from './practice-machine.ts'

export { TEST_BLUEPRINT, TEST_POOLS } from './practice-machine.ts'

export interface PracticeFirmware {
  readonly body: RigBody
  readonly address: { readonly host: string; readonly port: number }
  /** What the machine was told to work for, the last one last; null is to stop. */
  readonly mined: readonly (BodyPool | null)[]
  /** As the fleet talks to it; always by the real clock, whatever the machine's is. */
  link(credentials?: RigCredentials | null, onReply?: OpenLinkOptions['onReply']): RigLink
  stop(): Promise<void>
}

/** Starts one on 127.0.0.1, stopped when the test ends. */
export async function startPracticeFirmware(
  boot: BootFirmware,
  blueprint: Partial<RigBlueprint> = {},
  pools: readonly BodyPool[] = TEST_POOLS,
  clock: Clock = systemClock,
): Promise<PracticeFirmware> {
  const { body, mined } = startPracticeMachine({ blueprint, pools, clock })
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
