/**
 * Practice rigs at addresses of their own on loopback, each with its services at their usual ports, as foreign programs
 * expect them. Needs the right to listen below port 1024, and a system that has all of 127.0.0.0/8, as Linux has.
 */
import { HeadframeError, systemErrorCode } from '../../../src-main/base/index.ts'
import { type RigAddress } from '../../../src-main/fleet/transport/rig-link.ts'
import { type RunningFirmware, startFirmware } from '../../../src-main/practice/firmware/firmware-host.ts'
import { type RigBody } from '../../../src-main/practice/firmware/rig-body.ts'
import { startPracticeMachine } from '../../support/practice-machine.ts'
import { type ComparedRig } from './practice-rigs.ts'

/** A day and two hours: uptimes and counts that nobody takes for zero. */
const ALREADY_ON_MS = 26 * 3_600_000 + 184_000
const FORBIDDEN = ['EACCES', 'EPERM', 'EADDRNOTAVAIL']

export interface HousedRig extends ComparedRig {
  readonly address: RigAddress
  readonly body: RigBody
}

export interface RigStreet {
  readonly rigs: readonly HousedRig[]
  stop(): Promise<void>
}

/**
 * @returns undefined if it cannot be here; the reason was printed to stderr
 * @throws HeadframeError that names it if `CI` is `true`
 */
export async function startRigStreet(compared: readonly ComparedRig[]): Promise<RigStreet | undefined> {
  const running: RunningFirmware[] = []
  const bodies: RigBody[] = []
  const stop = async (): Promise<void> => {
    for (const body of bodies) body.stop()
    await Promise.all(running.map((firmware) => firmware.stop()))
  }
  // Another run on the same machine is another process.
  const [high, low] = [1 + ((process.pid >> 8) % 250), process.pid % 256]
  const rigs: HousedRig[] = []
  try {
    for (const [index, rig] of compared.entries()) {
      const number = index + 1
      const { body } = startPracticeMachine({
        blueprint: {
          ...rig.blueprint,
          name: `rig${String(number)}`,
          mac: `02:00:00:00:a5:${number.toString(16).padStart(2, '0')}`,
          serial: `SN${String(1000 + number)}`,
        },
        alreadyOnMs: ALREADY_ON_MS,
      })
      bodies.push(body)
      const host = `127.${String(high)}.${String(low)}.${String(number)}`
      running.push(await startFirmware({ firmware: rig.boot(body), body, at: { host, usualPorts: true } }))
      rigs.push({ ...rig, address: { host, port: null }, body })
    }
  } catch (error) {
    await stop()
    const isForbidden =
      error instanceof HeadframeError && FORBIDDEN.includes(systemErrorCode(error.cause) ?? '')
    if (!isForbidden || process.env['CI'] === 'true') throw error
    process.stderr.write(
      `pyasic: practice rigs cannot stand at their usual ports here: ${error.message}\n  Run as root, or with CAP_NET_BIND_SERVICE.\n`,
    )
    return undefined
  }
  return { rigs, stop }
}
