/** Practice rigs of all families at the addresses of the arguments, at their usual ports. Ends when its input does. */
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { startFirmware } from '../../../src-main/practice/firmware/firmware-host.ts'
import { RigBody } from '../../../src-main/practice/firmware/rig-body.ts'
import { PRACTICE_EXAMPLES } from '../../support/practice-examples.ts'

async function startRig(host: string, index: number): Promise<void> {
  const { boot, blueprint } = PRACTICE_EXAMPLES[index % PRACTICE_EXAMPLES.length]!
  const body: RigBody = new RigBody({
    blueprint: {
      name: `rig${String(index)}`,
      make: 'Practice',
      model: 'One',
      firmwareVersion: '1.0',
      mac: `02:00:00:00:01:${index.toString(16).padStart(2, '0')}`,
      serial: `SN${String(index).padStart(4, '0')}`,
      boardCount: 1,
      chipsPerBoard: 1,
      fanCount: 1,
      nameplateHs: 1e12,
      nameplateW: 20,
      frequencyMHz: 500,
      coreVoltageMv: 1200,
      username: null,
      password: null,
      rebootMs: 1000,
      restartMs: 1000,
      ...blueprint,
    },
    clock: systemClock,
    entropy: systemEntropy,
    pools: [
      { url: 'stratum+tcp://pool.example:3333', user: `bc1qexample.rig${String(index)}`, password: 'x' },
    ],
    measures: {
      hashrateHs: () => body.expectedHs,
      counts: () => ({
        accepted: 10,
        rejected: 0,
        stale: 0,
        lastShareAtMs: systemClock.nowMs(),
        bestDifficulty: 1000,
        difficulty: 100,
      }),
      poolAlive: () => true,
    },
    hooks: { onMine: () => undefined },
  })
  body.start()
  await startFirmware({ firmware: boot(body), body, at: { host, usualPorts: true } })
}

await Promise.all(process.argv.slice(2).map(startRig))
process.stdin.on('end', () => process.exit()).resume()
process.stdout.write('ready\n')
