/** Practice rigs of all families at the addresses of the arguments, at their usual ports. Ends when its input does. */
import { startFirmware } from '../../../src-main/practice/firmware/firmware-host.ts'
import { startPracticeMachine } from '../../support/practice-machine.ts'
import { benchBlueprint, benchRig } from './bench-rigs.ts'

async function startRig(host: string, index: number): Promise<void> {
  const { body } = startPracticeMachine({ blueprint: benchBlueprint(index) })
  await startFirmware({ firmware: benchRig(index).boot(body), body, at: { host, usualPorts: true } })
}

await Promise.all(process.argv.slice(2).map(startRig))
process.stdin.on('end', () => process.exit()).resume()
process.stdout.write('ready\n')
