/** One search over the targets of the arguments; prints what it took and found as one JSON line. */
import { systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { addressText, parseTargets, probeLinks, startScan } from '../../../src-main/fleet/index.ts'

const scan = startScan({
  targets: parseTargets(process.argv.slice(2)),
  clock: systemClock,
  openLink: probeLinks({ clock: systemClock, entropy: systemEntropy }),
})
const { firstRigMs, completeMs, tried, answered, finds, problems } = await scan.done
const rigs = finds.flatMap(({ identified }) =>
  identified.kind === 'rig'
    ? [
        {
          address: addressText(identified.address),
          family: identified.family,
          make: identified.make,
          model: identified.model,
        },
      ]
    : [],
)
process.stdout.write(`${JSON.stringify({ firstRigMs, completeMs, tried, answered, rigs, problems })}\n`)
