/**
 * Resident memory of a rig: 10,000 connect, subscribe, authorise and deliver two shares each; what the
 * process grew by since it was ready for them, divided by 10,000. Nothing is collected by hand: this is what
 * the system shows. Buffers of the kernel are not in it.
 */
import { helpersCpuMs } from '../end-to-end/processes.ts'
import { Testbed } from '../end-to-end/testbed.ts'
import { type Amounts, type BenchFamily } from '../family.ts'

const RIGS = 10_000
const CANDIDATE = 'proxy, 10,000 rigs'
/** For the once-a-second reports to have passed. */
const SETTLE_MS = 2_000

async function measure(): Promise<Amounts> {
  const testbed = await Testbed.start({})
  try {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS / 2))
    const emptyBytes = await testbed.proxy.call('residentBytes', null)
    const kibPerRig = async (): Promise<number> =>
      ((await testbed.proxy.call('residentBytes', null)) - emptyBytes) / 1024 / RIGS
    await testbed.connectRigs(RIGS)
    const connected = await kibPerRig()
    const { accepted } = await testbed.rigs.each(2)
    if (accepted !== 2 * RIGS) throw new Error(`${accepted} of ${2 * RIGS} shares were accepted`)
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    return { kibPerConnectedRig: connected, kibPerActiveRig: await kibPerRig() }
  } finally {
    await testbed.stop()
  }
}

const family: BenchFamily = {
  title: 'Resident memory of a rig',
  goals: [
    {
      title: '14 resident KiB of an active rig at 10,000',
      candidate: CANDIDATE,
      reference: null,
      metric: 'kibPerActiveRig',
      gate: { atMost: 12 },
      stretch: 8,
    },
  ],
  maxRepetitions: 3,
  prepare: () => ({
    candidates: [{ name: CANDIDATE, startsAnew: true, measure }],
    checkCorrectness: () => {},
    helpersCpuMs,
  }),
}

export default family
