/**
 * Finding every rig of a home: a /24 with 40 live rigs of all families and 214 silent addresses, in a network namespace.
 * Time to the first rig with its model, and to the end. Beside it, where it can be had, pyasic in the very same network.
 */
import { join } from 'node:path'
import { findPyasic } from '../../interop/pyasic/pyasic.ts'
import { PRACTICE_EXAMPLES } from '../../support/practice-examples.ts'
import { type Amounts, type BenchCandidate, type BenchFamily, type PreparedFamily } from '../family.ts'
import { type Lan, LAN, LAN_ADDRESSES, liveHosts, startLan } from '../fleet-scan/lan.ts'

const RIGS = 40
const LIMIT_MS = 60_000
const PYASIC_LIMIT_MS = 300_000
const NAMES = { ours: 'Headframe', pyasic: 'pyasic' } as const
const folder = join(import.meta.dirname, '..', 'fleet-scan')
const pyasicScan = join(import.meta.dirname, '..', '..', 'interop', 'pyasic', 'scan.py')

interface OurScan {
  readonly firstRigMs: number
  readonly completeMs: number
  readonly tried: number
  readonly answered: number
  readonly rigs: readonly {
    readonly address: string
    readonly family: string
    readonly model: string | null
  }[]
  readonly problems: readonly unknown[]
}

async function ourScan(lan: Lan): Promise<OurScan> {
  return JSON.parse(
    await lan.run(process.execPath, [join(folder, 'scan-process.ts'), LAN], LIMIT_MS),
  ) as OurScan
}

async function measureOurs(lan: Lan): Promise<Amounts> {
  const { firstRigMs, completeMs, rigs } = await ourScan(lan)
  return { firstRigMs, completeMs, found: rigs.length }
}

async function measurePyasic(lan: Lan, python: string): Promise<Amounts> {
  const printed = await lan.run(python, [pyasicScan, LAN], PYASIC_LIMIT_MS)
  const { firstS, allS, found } = JSON.parse(printed.trim().split('\n').at(-1) ?? '') as {
    readonly firstS: number | null
    readonly allS: number
    readonly found: number
  }
  return { firstRigMs: 1000 * (firstS ?? allS), completeMs: 1000 * allS, found }
}

/** @throws Error that names what is missing, or was taken for something else */
async function checkScan(lan: Lan): Promise<void> {
  const { tried, rigs, problems } = await ourScan(lan)
  const found = new Map(rigs.map((rig) => [rig.address, rig.family]))
  if (tried !== LAN_ADDRESSES || problems.length > 0) {
    throw new Error(`tried ${String(tried)} of ${String(LAN_ADDRESSES)}: ${JSON.stringify(problems)}`)
  }
  for (const [index, host] of liveHosts(RIGS).entries()) {
    const { family } = PRACTICE_EXAMPLES[index % PRACTICE_EXAMPLES.length]!
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
  ],
  maxRepetitions: 5,
  prepare,
}

export default family
