/**
 * pyasic, which nobody here wrote, reads practice rigs of every family it knows, and our own adapters read the same ones.
 * What both say is compared field by field; where they differ, one table says who is wrong and why, and it holds no line
 * too many and none too few. Then pyasic tells some of them something.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { familyOf, type Identified, identify, openLink, probeLinks } from '../../src-main/fleet/index.ts'
import { type RigReading } from '../../src-main/fleet/model/reading.ts'
import { type Comparison, compareReadings, type Difference } from './pyasic/compare.ts'
import { EXPLAINED } from './pyasic/explained.ts'
import { COMPARED_RIGS } from './pyasic/practice-rigs.ts'
import {
  findPyasic,
  type PyasicReading,
  type PyasicTask,
  readWithPyasic,
  writeWithPyasic,
} from './pyasic/pyasic.ts'
import { type HousedRig, type RigStreet, startRigStreet } from './pyasic/rig-street.ts'

const READ_LIMIT_MS = 150_000
const WRITE_LIMIT_MS = 120_000
const FOREIGN_POOL = { url: 'stratum+tcp://192.0.2.7:3333', user: 'foreign.rig' } as const
/** Those whose light pyasic has a command for that the firmware has too. */
const LIT_BY_PYASIC = [
  'antminer 2022',
  'antminer 2025',
  'hiveon',
  'marathon',
  'vnish 1.2',
  'vnish 1.3',
  'luxos',
  'whatsminer v1',
  'whatsminer v2',
  'whatsminer v3',
  'avalon A',
  'avalon Nano 3',
  'auradine',
]
/** Those whose pools pyasic writes as their firmware takes them. */
const SENT_BY_PYASIC = [
  'antminer 2022',
  'antminer 2025',
  'marathon',
  'vnish 1.2',
  'vnish 1.3',
  'epic',
  'whatsminer v1',
  'whatsminer v2',
  'auradine',
  'innosilicon',
]
const tools = { clock: systemClock, entropy: systemEntropy }

let python: string | undefined
let street: RigStreet | undefined

beforeAll(async () => {
  python = await findPyasic()
  if (python !== undefined) street = await startRigStreet(COMPARED_RIGS)
})

afterAll(() => street?.stop())

async function readOurselves({ family, address, body }: HousedRig): Promise<{
  readonly identified: Identified
  readonly reading: RigReading
  readonly failed: readonly string[]
}> {
  const identified = await identify(address, { clock: systemClock, openLink: probeLinks(tools) })
  const { username, password } = body.blueprint
  const credentials = password === null ? null : { username: username ?? 'root', password }
  const link = openLink({ address, credentials, ...tools })
  return { identified, ...(await familyOf(family).read(link, tools)) }
}

function difference({ rig, field, ours, pyasic }: Difference): string {
  return `${rig}: ${field}: we say ${ours}, pyasic says ${pyasic}`
}

/** A line for each rig, and below it each difference with its reason. */
function comparisonTable(comparisons: readonly Comparison[]): string {
  const width = (pick: (comparison: Comparison) => string): number =>
    Math.max(...comparisons.map((comparison) => pick(comparison).length))
  const [rigWidth, kindWidth] = [width(({ rig }) => rig), width(({ kind }) => kind)]
  const compared = comparisons.reduce((sum, { fields }) => sum + fields.length, 0)
  const differing = comparisons.reduce((sum, { differences }) => sum + differences.length, 0)
  const lines = comparisons.map(({ rig, kind, fields, differences }) => {
    const same = `${String(fields.length - differences.length)} of ${String(fields.length)}`
    const texts = differences.map(({ field, ours, pyasic }) => `${field} ${ours} / ${pyasic}`)
    return `  ${rig.padEnd(rigWidth)}  ${kind.padEnd(kindWidth)}  ${same.padStart(8)}  ${texts.join(', ')}`.trimEnd()
  })
  return [
    `pyasic and we read ${String(comparisons.length)} practice rigs: ${String(compared - differing)} of ${String(compared)} fields agree; where not, ours / pyasic's`,
    ...lines,
  ].join('\n')
}

describe('what pyasic reads of practice rigs', () => {
  it('is what our adapters read of them, but for the differences that are explained', async (context) => {
    if (python === undefined || street === undefined) return context.skip()
    const { rigs } = street
    const theirs = await readWithPyasic(
      python,
      rigs.map(({ address }) => address.host),
      READ_LIMIT_MS,
    )
    const comparisons: Comparison[] = []
    for (const rig of rigs) {
      const { identified, reading, failed } = await readOurselves(rig)
      expect([rig.rig, identified.kind === 'rig' && identified.family]).toEqual([rig.rig, rig.family])
      expect([rig.rig, failed]).toEqual([rig.rig, []])
      const seen = theirs.find(({ address }) => address === rig.address.host) as PyasicReading
      comparisons.push(compareReadings(rig.rig, reading, seen))
    }
    process.stdout.write(`${comparisonTable(comparisons)}\n`)
    const differences = comparisons.flatMap((comparison) => comparison.differences)
    expect(differences.map(difference).toSorted()).toEqual(EXPLAINED.map(difference).toSorted())
  })
})

/** What a practice rig was told, as its own machine knows it. */
async function tellRigs(
  command: string,
  housed: readonly HousedRig[],
  tasks: readonly PyasicTask[],
): Promise<
  { readonly rig: string; readonly light: boolean; readonly pool: string; readonly said: unknown }[]
> {
  const outcomes = await writeWithPyasic(command, tasks, WRITE_LIMIT_MS)
  return outcomes.map(({ address, said }) => {
    const { rig, body } = housed.find((one) => one.address.host === address)!
    return {
      rig,
      light: body.locating,
      pool: `${body.pools[0]?.url ?? ''} ${body.pools[0]?.user ?? ''}`,
      said,
    }
  })
}

describe('what pyasic tells practice rigs', () => {
  it('lights the lights that it can light', async (context) => {
    if (python === undefined || street === undefined) return context.skip()
    const { rigs } = street
    const lit = rigs.filter(({ rig }) => LIT_BY_PYASIC.includes(rig))
    const tasks = lit.map(({ address }) => ({ address: address.host, does: 'light' }) as const)
    const told = await tellRigs(python, rigs, tasks)
    expect(told.map(({ rig, light, said }) => ({ rig, light, said }))).toEqual(
      LIT_BY_PYASIC.map((rig) => ({ rig, light: true, said: true })),
    )
    for (const rig of lit)
      expect([rig.rig, (await readOurselves(rig)).reading.locating]).toEqual([rig.rig, true])
  })

  it('sends them to another pool, logins, tokens and ciphers included', async (context) => {
    if (python === undefined || street === undefined) return context.skip()
    const { rigs } = street
    const sent = rigs.filter(({ rig }) => SENT_BY_PYASIC.includes(rig))
    const tasks = sent.map(
      ({ address }) => ({ address: address.host, does: 'pools', ...FOREIGN_POOL }) as const,
    )
    const told = await tellRigs(python, rigs, tasks)
    const there = `${FOREIGN_POOL.url} ${FOREIGN_POOL.user}`
    expect(told.map(({ rig, pool }) => ({ rig, pool }))).toEqual(
      SENT_BY_PYASIC.map((rig) => ({ rig, pool: there })),
    )
    for (const rig of sent) {
      await expect
        .poll(async () => (await readOurselves(rig)).reading.pools[0], { timeout: 10_000 })
        .toMatchObject(FOREIGN_POOL)
    }
  })

  it('restarts a Bitaxe', async (context) => {
    if (python === undefined || street === undefined) return context.skip()
    const { rigs } = street
    const bitaxe = rigs.find(({ rig }) => rig === 'axeos 2.12')!
    let reboots = 0
    bitaxe.body.reboots.on(() => void reboots++)
    await writeWithPyasic(python, [{ address: bitaxe.address.host, does: 'reboot' }], WRITE_LIMIT_MS)
    expect(reboots).toBe(1)
  })
})
