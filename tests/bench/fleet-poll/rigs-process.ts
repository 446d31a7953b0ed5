/**
 * As many practice rigs of all families as the argument says, each behind a port of its own on loopback. Tells where and
 * who they are in one line of JSON. Ends when its input does.
 */
import { startFirmware } from '../../../src-main/practice/firmware/firmware-host.ts'
import { startPracticeMachine } from '../../support/practice-machine.ts'
import { benchBlueprint, benchRig } from '../fleet-scan/bench-rigs.ts'
import { type BenchedRig } from './benched-rig.ts'

async function startRig(index: number): Promise<BenchedRig> {
  const { body } = startPracticeMachine({ blueprint: benchBlueprint(index) })
  const { boot, family } = benchRig(index)
  const at = { host: '127.0.0.1', port: 0 }
  const { address } = await startFirmware({ firmware: boot(body), body, at })
  const { make, model, mac, serial, name, username, password } = body.blueprint
  const login = password === null ? null : { username: username ?? 'root', password }
  return { ...address, family, make, model, mac, serial, hostname: name, login }
}

const count = Number(process.argv[2])
const rigs = await Promise.all(Array.from({ length: count }, (_, index) => startRig(index)))
process.stdin.on('end', () => process.exit()).resume()
process.stdout.write(`${JSON.stringify(rigs)}\n`)
