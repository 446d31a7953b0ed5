/**
 * Finding every rig of a home: a /24 with 40 live rigs of all families and 214 silent addresses, in a network namespace.
 * Time to the first rig with its model, and to the end, and how many were named by their right make and model. Beside it,
 * where it can be had, pyasic in the very same network: it names models by a table of its own, so the rigs are of models in
 * that table as far as it knows their families.
 */
import { join } from 'node:path'
import { sameName } from '../../interop/pyasic/compare.ts'
import { findPyasic } from '../../interop/pyasic/pyasic.ts'
import { type Amounts, type BenchCandidate, type BenchFamily, type PreparedFamily } from '../family.ts'
import { benchRig } from '../fleet-scan/bench-rigs.ts'
import { type Lan, LAN, LAN_ADDRESSES, liveHosts, startLan } from '../fleet-scan/lan.ts'

const RIGS = 40
const LIMIT_MS = 60_000
const PYASIC_LIMIT_MS = 300_000
const NAMES = { ours: 'Headframe', pyasic: 'pyasic' } as const
const folder = join(import.meta.dirname, '..', 'fleet-scan')
const pyasicScan = join(import.meta.dirname, '..', '..', 'interop', 'pyasic', 'scan.py')

/** What was said of the rig at an address. */
interface NamedRig {
  readonly address: string
  readonly make: string | null
  readonly model: string | null
}

interface OurScan {
  readonly firstRigMs: number
  readonly completeMs: number
  readonly tried: number
  readonly answered: number
  readonly rigs: readonly (NamedRig & { readonly family: string })[]
  readonly problems: readonly unknown[]
}

async function ourScan(lan: Lan): Promise<OurScan> {
  return JSON.parse(
    await lan.run(process.execPath, [join(folder, 'scan-process.ts'), LAN], LIMIT_MS),
  ) as OurScan
}

/** How many rigs were found, and of these how many named rightly. */
function rightness(rigs: readonly NamedRig[]): Amounts {
  const named = new Map(rigs.map((rig) => [rig.address, rig]))
  const right = liveHosts(RIGS).filter((host, index) => {
    const { make, model } = benchRig(index).blueprint
    const said = named.get(host)
    return said !== undefined && sameName(make, said.make) && sameName(model, said.model)
  })
  return { found: rigs.length, namedRight: right.length }
}

async function measureOurs(lan: Lan): Promise<Amounts> {
  const { firstRigMs, completeMs, rigs } = await ourScan(lan)
  return { firstRigMs, completeMs, ...rightness(rigs) }
}

async function measurePyasic(lan: Lan, python: string): Promise<Amounts> {
  const printed = await lan.run(python, [pyasicScan, LAN], PYASIC_LIMIT_MS)
  const { firstS, allS, rigs } = JSON.parse(printed.trim().split('\n').at(-1) ?? '') as {
    readonly firstS: number | null
    readonly allS: number
    readonly rigs: readonly NamedRig[]
  }
  return { firstRigMs: 1000 * (firstS ?? allS), completeMs: 1000 * allS, ...rightness(rigs) }
}

/** @throws Error that names what is missing, or was taken for something else */
async function checkScan(lan: Lan): Promise<void> {
  const { tried, rigs, problems } = await ourScan(lan)
  const found = new Map(rigs.map((rig) => [rig.address, rig.family]))
  if (tried !== LAN_ADDRESSES || problems.length > 0) {
    throw new Error(`tried ${String(tried)} of ${String(LAN_ADDRESSES)}: ${JSON.stringify(problems)}`)
  }
  for (const [index, host] of liveHosts(RIGS).entries()) {
    const { family } = benchRig(index)
    if (found.get(host) !== family)
      throw new Error(`${host} is ${family}, and was found as ${String(found.get(host))}`)
  }
  if (found.size !== RIGS) throw new Error(`found ${String(found.size)} of ${String(RIGS)} rigs`)
}

async function candidates(lan: Lan): Promise<BenchCandidate[]> {
  const python = await findPyasic()
  return [
    { name: NAMES.ours, startsAnew: true, measure: () => measureOurs(lan) },
    python === undefined
      ? { name: NAMES.pyasic, unavailable: 'it could not be installed; the reason is above' }
      : { name: NAMES.pyasic, startsAnew: true, measure: () => measurePyasic(lan, python) },
  ]
}

async function prepare(): Promise<PreparedFamily> {
  const started = await startLan(RIGS)
  if ('unavailable' in started) {
    return {
      candidates: Object.values(NAMES).map((name) => ({ name, unavailable: started.unavailable })),
      checkCorrectness: () => undefined,
    }
  }
  const { lan } = started
  return {
    candidates: await candidates(lan),
    checkCorrectness: () => checkScan(lan),
    dispose: () => lan.stop(),
  }
}

const family: BenchFamily = {
  title: `Finding ${String(RIGS)} rigs in a /24`,
  goals: [
    {
      title: 'first rig, ms',
      candidate: NAMES.ours,
      reference: null,
      metric: 'firstRigMs',
      gate: { atMost: 1000 },
    },
    {
      title: 'every address tried and every rig identified, ms',
      candidate: NAMES.ours,
      reference: null,
      metric: 'completeMs',
      gate: { atMost: 4000 },
    },
    {
      title: 'the same against pyasic',
      candidate: NAMES.ours,
      reference: NAMES.pyasic,
      metric: 'completeMs',
      gate: { atMost: 0.5 },
    },
    {
      title: 'first rig against pyasic',
      candidate: NAMES.ours,
      reference: NAMES.pyasic,
      metric: 'firstRigMs',
      gate: null,
    },
    {
      title: 'rigs named right, against pyasic',
      candidate: NAMES.ours,
      reference: NAMES.pyasic,
      metric: 'namedRight',
      gate: { atLeast: 1 },
    },
  ],
  maxRepetitions: 5,
  prepare,
}

export default family
