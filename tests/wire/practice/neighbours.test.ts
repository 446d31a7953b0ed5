/** The machines of the practice farm that answer as their firmware does, read and told by the fleet's own families. */
import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { type RigFamily } from '../../../src-main/fleet/families/family.ts'
import { FAMILIES, familyOf } from '../../../src-main/fleet/families/index.ts'
import { type RigReading } from '../../../src-main/fleet/model/reading.ts'
import { openLink } from '../../../src-main/fleet/transport/open-link.ts'
import { type RigLink } from '../../../src-main/fleet/transport/rig-link.ts'
import {
  type PracticeFarm,
  type RunningMachine,
  startPracticePools,
} from '../../../src-main/practice/index.ts'
import { type Neighbour, NEIGHBOURS } from '../../../src-main/practice/rigs/neighbours.ts'

const tools = { clock: systemClock, entropy: systemEntropy }
/** As they are, but back from a reboot before anybody gets impatient. */
const BRISK: readonly Neighbour[] = NEIGHBOURS.map((neighbour) => ({
  ...neighbour,
  blueprint: { ...neighbour.blueprint, rebootMs: 300, restartMs: 150 },
}))

let farm: PracticeFarm | null = null

afterEach(async () => {
  await farm?.stop()
  farm = null
})

/** Rigs and neighbours, with the practice pools themselves where the proxy would be. */
async function start(neighbours: readonly Neighbour[]): Promise<PracticeFarm> {
  farm = await startPracticePools({ ...tools, log: silentLogger, neighbours: { firstPort: 0, neighbours } })
  const [sv2, sv1] = farm.pools
  if (sv2 === undefined || sv1 === undefined) throw new Error('the farm has no pools')
  const host = '127.0.0.1'
  farm.startRigs({
    stratum: { host, port: sv1.port },
    stratumV2: { address: { host, port: sv2.port }, authorityKey: farm.authority.publicKey },
  })
  const withFirmware = 3
  await expect.poll(() => farm?.machines.length).toBe(withFirmware + neighbours.length)
  return farm
}

function linkTo({ port, body }: RunningMachine): RigLink {
  const { username, password } = body.blueprint
  const credentials = password === null ? null : { username: username ?? '', password }
  return openLink({ address: { host: '127.0.0.1', port }, credentials, ...tools })
}

const read = async (machine: RunningMachine): Promise<RigReading> =>
  (await familyOf(machine.family).read(linkTo(machine), tools)).reading

const poolOf = ({ pools }: RigReading): string | undefined => pools.find(({ active }) => active)?.url

const named = (rigs: PracticeFarm, name: string): RunningMachine => {
  const machine = rigs.machines.find(({ body }) => body.blueprint.name === name)
  if (machine === undefined) throw new Error(`no machine is called ${name}`)
  return machine
}

describe('the machines of the practice farm', () => {
  it('each say who they are, and the rate at which they really hash', async () => {
    const rigs = await start(BRISK)
    expect([...new Set(rigs.machines.map(({ family }) => family))].sort()).toEqual(
      Object.keys(FAMILIES).sort(),
    )
    const macs = new Set<string | null>()
    for (const machine of rigs.machines) {
      const { blueprint, measures } = machine.body
      const label = `${machine.family} ${blueprint.name}`
      // Right after its first hashes a rate is anybody's guess.
      await expect
        .poll(
          async () => {
            const { hashrates } = await read(machine)
            return Math.abs((hashrates.nowHs ?? 0) / measures.hashrateHs() - 1) < 0.2
          },
          { timeout: 30_000, message: label },
        )
        .toBe(true)
      const reading = await read(machine)
      expect(reading.make, label).toBe(blueprint.make)
      expect(reading.family, label).toBe(machine.family)
      expect(reading.state, label).toBe('mining')
      expect(poolOf(reading), label).toMatch(/^stratum2?\+tcp:\/\/127\.0\.0\.1:\d+/)
      macs.add(reading.mac)
    }
    expect(macs.size).toBe(rigs.machines.length)
    expect(macs).not.toContain(null)
    expect(rigs.scanTargets.length).toBeGreaterThan(0)
    // They are not among the rigs that mine here.
    expect(rigs.state().rigs).toHaveLength(4)
  })

  it('come over when their pools are written, and their shares count', async () => {
    const some = ['gamma-turbo', 's19k-luxos', 'm50', 'proto-rig']
    const chosen = BRISK.filter(({ blueprint }) => some.includes(blueprint.name))
    // Fast enough for a share a second.
    const rigs = await start(chosen.map((each) => ({ ...each, rig: { ...each.rig, hashrateHs: 50_000 } })))
    const sv1 = rigs.pools.find(({ id }) => id === 'practice-sv1')
    const url = `stratum+tcp://127.0.0.1:${String(sv1?.port)}`
    for (const name of some) {
      const machine = named(rigs, name)
      const family: RigFamily = familyOf(machine.family)
      const link = linkTo(machine)
      const before = await family.read(link, tools)
      expect(poolOf(before.reading)).not.toBe(url)
      const pools = [{ url, user: `farm.${name}`, password: 'x' }]
      await family.perform(link, { kind: 'set-pools', pools }, before.reading, tools)
      await expect.poll(() => machine.body.pool?.user, { timeout: 10_000 }).toBe(`farm.${name}`)
      await expect
        .poll(() => (machine.body.miner === 'running' ? machine.body.measures.counts().accepted : 0), {
          timeout: 50_000,
        })
        .toBeGreaterThan(0)
      await expect.poll(() => read(machine).then(poolOf, () => null), { timeout: 10_000 }).toBe(url)
    }
  }, 120_000)

  it('of the rigs that mine here reboot as they are told, and come back to their pool', async () => {
    const rigs = await start([])
    const gamma = named(rigs, 'gamma')
    const url = poolOf(await read(gamma))
    expect(url).toMatch(/^stratum2\+tcp:/)
    const family = familyOf('axeos')
    await family.perform(linkTo(gamma), { kind: 'pause' }, await read(gamma), tools)
    await expect
      .poll(() => rigs.state().rigs.find(({ name }) => name === 'practice.gamma')?.connected)
      .toBe(false)
    await family.perform(linkTo(gamma), { kind: 'resume' }, await read(gamma), tools)
    await expect
      .poll(() => rigs.state().rigs.find(({ name }) => name === 'practice.gamma')?.connected, {
        timeout: 20_000,
      })
      .toBe(true)
    expect(poolOf(await read(gamma))).toBe(url)
  })

  it('take the ports they are given, as far as those are free', async () => {
    farm = await startPracticePools({
      ...tools,
      log: silentLogger,
      neighbours: { firstPort: 0, neighbours: [] },
    })
    expect(farm.scanTargets).toEqual([])
    const list = farm.scanTargets
    farm.startRigs({ stratum: { host: '127.0.0.1', port: 1 }, stratumV2: null })
    await expect.poll(() => farm?.machines.length).toBe(3)
    const taken = farm.machines[0]?.port ?? 0
    expect(list.join()).toContain(String(taken))
    const other = await startPracticePools({
      ...tools,
      log: silentLogger,
      neighbours: { firstPort: taken, neighbours: [] },
    })
    try {
      other.startRigs({ stratum: { host: '127.0.0.1', port: 1 }, stratumV2: null })
      await expect.poll(() => other.machines.length).toBe(3)
      expect(other.machines.map(({ port }) => port)).not.toContain(taken)
      expect(new Set(other.machines.map(({ port }) => port)).size).toBe(3)
    } finally {
      await other.stop()
    }
  })
})
