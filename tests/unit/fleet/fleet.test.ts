import { afterEach, describe, expect, it } from 'vitest'
import { HeadframeError } from '../../../src-main/base/index.ts'
import { macOf, ScriptedFleet } from '../../support/scripted-fleet.ts'
import { type ScriptedFamilyOptions } from '../../support/scripted-family.ts'
import { type FleetOptions } from '../../../src-main/fleet/ports.ts'

let farm: ScriptedFleet

async function started(
  family: ScriptedFamilyOptions = {},
  options: Partial<FleetOptions> = {},
): Promise<ScriptedFleet> {
  farm = new ScriptedFleet(family, options)
  await farm.fleet.start()
  return farm
}

afterEach(async () => {
  await farm.fleet.stop()
})

const silent = new HeadframeError('rig/timeout', 'It did not answer in time.')

describe('a rig that was found', () => {
  it('is named by its MAC address, read, and known again after a restart', async () => {
    const { fleet } = await started()
    const rig = farm.place('192.0.2.1', 1)
    expect(await fleet.adopt(farm.find('192.0.2.1'))).toMatchObject({
      rigId: macOf(1),
      isNew: true,
      moved: false,
    })
    await farm.pass(4000)
    expect(fleet.view(macOf(1))).toMatchObject({
      name: 'rig1',
      namedByPerson: false,
      state: 'mining',
      freshness: 'live',
      hashrateHs: 1e12,
      efficiencyJTh: 15,
      address: '192.0.2.1',
      problem: null,
    })
    await fleet.update(macOf(1), { name: 'Attic', place: { room: 'Attic' } })
    await farm.restart()
    expect(farm.fleet.view(macOf(1))).toMatchObject({
      name: 'Attic',
      state: 'unknown',
      freshness: 'never',
      model: 'Gamma',
      hashrateHs: null,
      place: { room: 'Attic', shelf: '' },
    })
    const before = rig.reads
    await farm.pass(4000)
    expect(rig.reads).toBeGreaterThan(before)
  })

  it('is added once, however often it is found', async () => {
    const { fleet } = await started()
    farm.place('192.0.2.1', 1)
    const adopted = await Promise.all([1, 2, 3].map(() => fleet.adopt(farm.find('192.0.2.1'))))
    expect(adopted.map(({ isNew }) => isNew)).toEqual([true, false, false])
    expect(fleet.list()).toHaveLength(1)
  })

  it('moves with its name when it answers at a new address', async () => {
    const { fleet } = await started()
    const [id = ''] = await farm.populate(1)
    await fleet.update(id, { name: 'Attic' })
    farm.rigs.set('192.0.2.77', farm.rigAt('192.0.2.1'))
    farm.rigs.delete('192.0.2.1')
    expect(await farm.until(fleet.adopt(farm.find('192.0.2.77')))).toMatchObject({
      rigId: id,
      isNew: false,
      moved: true,
    })
    await farm.pass(4000)
    expect(fleet.list()).toMatchObject([{ id, name: 'Attic', address: '192.0.2.77', freshness: 'live' }])
  })

  it('stays two rigs, both flagged, where two with one MAC address answer at once', async () => {
    const { fleet } = await started()
    const [id = ''] = await farm.populate(1)
    const other = farm.place('192.0.2.2', 1)
    other.hostname = 'twin'
    const adopted = await farm.until(fleet.adopt(farm.find('192.0.2.2')))
    expect(adopted).toMatchObject({ rigId: `${id}-2`, isNew: true })
    expect(adopted.note).toContain('same MAC address')
    await farm.pass(30_000)
    const [first, second] = fleet.list()
    expect([first?.address, second?.address]).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(fleet.detail(id).errors).toMatchObject([{ code: 'twin-mac', component: 'control' }])
    expect(fleet.detail(`${id}-2`).errors[0]?.text).toContain('192.0.2.1')
  })

  it('is one rig where one machine answers at two addresses', async () => {
    const { fleet } = await started()
    const rig = farm.place('192.0.2.1', 1)
    rig.serial = 'SN-0001'
    farm.rigs.set('192.0.2.2', rig)
    await fleet.adopt(farm.find('192.0.2.1'))
    await farm.pass(4000)
    const again = await farm.until(fleet.adopt(farm.find('192.0.2.2')))
    expect(again).toMatchObject({ rigId: macOf(1), isNew: false, moved: false })
    expect(again.note).toContain('two addresses')
    expect(fleet.list()).toMatchObject([{ address: '192.0.2.1' }])
  })

  it('moves also where the one that took its address does not say who it is when it is read', async () => {
    const { fleet } = await started()
    const [id = ''] = await farm.populate(1)
    farm.rigs.set('192.0.2.77', farm.rigAt('192.0.2.1'))
    farm.place('192.0.2.1', 9).mac = null
    expect(await farm.until(fleet.adopt(farm.find('192.0.2.77')))).toMatchObject({ rigId: id, moved: true })
  })

  it('is not mistaken for the rig whose address it took', async () => {
    const { fleet } = await started()
    const [id = ''] = await farm.populate(1)
    farm.place('192.0.2.1', 9)
    await farm.pass(200_000, 1000)
    const [old, taken] = fleet.list()
    expect(old).toMatchObject({ id, state: 'unreachable', freshness: 'gone', hashrateHs: null })
    expect(old?.problem).toMatchObject({ code: 'rig/other-rig' })
    expect(taken).toMatchObject({ id: macOf(9), state: 'mining', address: '192.0.2.1' })
  })
})

describe('a rig that does not answer', () => {
  it('shows old values as stale, then none, and comes back by itself', async () => {
    const { fleet } = await started()
    const [id = ''] = await farm.populate(1)
    await farm.pass(15_000)
    const rig = farm.rigAt('192.0.2.1')
    rig.failure = silent
    await farm.pass(14_000)
    expect(fleet.view(id)).toMatchObject({
      freshness: 'stale',
      hashrateHs: 1e12,
      problem: { code: 'rig/timeout' },
    })
    await farm.pass(80_000)
    expect(fleet.view(id)).toMatchObject({
      freshness: 'gone',
      state: 'unreachable',
      hashrateHs: null,
      powerW: null,
    })
    expect(fleet.view(id).capabilities.reboot.offered).toBe(false)
    rig.failure = null
    await farm.pass(330_000, 1000)
    expect(fleet.view(id)).toMatchObject({ freshness: 'live', state: 'mining', problem: null })
  })

  it('is asked less and less often, down to once in five minutes', async () => {
    await started({ pollEveryMs: 5000 })
    await farm.populate(1)
    const rig = farm.rigAt('192.0.2.1')
    let asked = 0
    Object.defineProperty(rig, 'failure', {
      get: () => {
        asked++
        return silent
      },
    })
    await farm.pass(3_600_000, 5000)
    // Doubling from 10 s to 5 minutes takes five polls; then a dozen an hour.
    expect(asked / 2).toBeGreaterThan(10)
    expect(asked / 2).toBeLessThan(20)
  })

  it('does not delay the others, however many of them there are', async () => {
    const { fleet } = await started({}, { pollsAtOnce: 4, doubtfulPollsAtOnce: 2, pollBudgetMs: 30_000 })
    const ids = await farm.populate(12)
    for (let n = 1; n <= 8; n++) farm.rigAt(`192.0.2.${String(n)}`).isSilent = true
    await farm.pass(120_000)
    const before = [9, 10, 11, 12].map((n) => farm.rigAt(`192.0.2.${String(n)}`).reads)
    await farm.pass(100_000)
    const gained = [9, 10, 11, 12].map((n, i) => farm.rigAt(`192.0.2.${String(n)}`).reads - (before[i] ?? 0))
    expect(Math.min(...gained)).toBeGreaterThanOrEqual(8)
    expect(ids.slice(0, 8).every((id) => fleet.view(id).freshness !== 'live')).toBe(true)
  })

  it('ends neither the others nor itself with a reading that cannot be taken in', async () => {
    const { fleet } = await started()
    const [broken = '', sound = ''] = await farm.populate(2)
    farm.rigAt('192.0.2.1').partial = { failed: [], without: { pools: null as unknown as [] } }
    await farm.pass(30_000)
    expect(fleet.view(broken).problem).toMatchObject({ code: 'rig/bad-reply' })
    expect(fleet.view(sound)).toMatchObject({ freshness: 'live' })
    farm.rigAt('192.0.2.1').partial = null
    await farm.pass(60_000)
    expect(fleet.view(broken)).toMatchObject({ freshness: 'live', problem: null })
  })

  it('ends neither the others nor itself with an answer that breaks its family', async () => {
    const { fleet } = await started()
    const [broken = '', sound = ''] = await farm.populate(2)
    farm.rigAt('192.0.2.1').failure = new TypeError('cannot read') as unknown as HeadframeError
    await farm.pass(30_000)
    expect(fleet.view(broken).problem).toMatchObject({ code: 'rig/bad-reply' })
    expect(fleet.view(sound)).toMatchObject({ freshness: 'live' })
    farm.rigAt('192.0.2.1').failure = null
    expect(await fleet.refresh(broken)).toMatchObject({ freshness: 'live', problem: null })
  })
})

describe('polling', () => {
  it('never has two requests at one rig', async () => {
    const { fleet } = await started({ pollEveryMs: 1000 })
    const ids = await farm.populate(3)
    for (const id of ids) void fleet.refresh(id)
    await farm.pass(20_000)
    expect([1, 2, 3].map((n) => farm.rigAt(`192.0.2.${String(n)}`).mostAtOnce)).toEqual([1, 1, 1])
  })

  it('keeps fields of a request that failed for three polls', async () => {
    const { fleet } = await started()
    const [id = ''] = await farm.populate(1)
    farm.rigAt('192.0.2.1').partial = { failed: ['rpc power'], without: { powerW: null } }
    for (let poll = 0; poll < 3; poll++) expect((await fleet.refresh(id)).powerW).toBe(15)
    expect(fleet.detail(id).unread).toEqual(['rpc power'])
    expect((await fleet.refresh(id)).powerW).toBeNull()
  })

  it('says that a rig earns nothing although it says that it mines', async () => {
    const { fleet } = await started()
    const [id = ''] = await farm.populate(1)
    const rig = farm.rigAt('192.0.2.1')
    const lastShareAtMs = farm.clock.nowMs()
    rig.sharesPerLook = 0
    rig.partial = {
      failed: [],
      without: { shares: { accepted: 101, rejected: 0, stale: null, lastShareAtMs, rejectReasons: [] } },
    }
    await farm.pass(20 * 60_000, 2000)
    expect(fleet.view(id).errors.count).toBe(0)
    await farm.pass(15 * 60_000, 2000)
    expect(fleet.view(id).errors).toMatchObject({ count: 1, worst: 'warning' })
    const [error] = fleet.detail(id).errors
    expect(error).toMatchObject({ code: 'no-shares' })
    expect(error?.lastSeenAt).toBeGreaterThan(error?.firstSeenAt ?? Infinity)
  })

  it('follows a rig that can be followed, and polls it again when that ends', async () => {
    let end: (() => void) | null = null
    let follows = 0
    await started({
      follow: (_link, _tools, onReading, signal) =>
        new Promise((resolve) => {
          follows++
          const rig = farm.rigAt('192.0.2.1')
          const timer = farm.clock.every(500, () => onReading({ reading: rig.reading('axeos'), failed: [] }))
          const stop = (): void => {
            timer.cancel()
            resolve()
          }
          end = stop
          signal.addEventListener('abort', stop)
        }),
    })
    const [id = ''] = await farm.populate(1)
    const rig = farm.rigAt('192.0.2.1')
    const before = rig.reads
    await farm.pass(58_000)
    expect(rig.reads - before).toBeLessThanOrEqual(1)
    expect(farm.fleet.view(id).readAt).toBeGreaterThan(farm.clock.nowMs() - 3000)
    await farm.pass(60_000)
    // A whole poll a minute all the same.
    expect(rig.reads - before).toBeGreaterThanOrEqual(1)
    const polled = rig.reads
    ;(end as (() => void) | null)?.()
    await farm.pass(60_000)
    expect(rig.reads - polled).toBeGreaterThanOrEqual(5)
    expect(follows).toBe(1)
    await farm.pass(5 * 60_000)
    expect(follows).toBe(2)
  })
})

describe('logins', () => {
  const login = { needed: 'to-read', factory: { username: 'root', password: 'root' }, locks: true } as const

  it('shows a refused login once, and none again until another is entered', async () => {
    const { fleet } = await started({ login })
    const rig = farm.place('192.0.2.1', 1)
    rig.password = 'right'
    const { rigId: id } = await fleet.adopt(farm.find('192.0.2.1'))
    await farm.pass(60_000, 1000)
    expect(rig.logins).toBe(0)
    expect(fleet.view(id)).toMatchObject({ login: 'missing', problem: { code: 'rig/wrong-password' } })

    await fleet.setCredentials({ scope: 'rig', id }, 'root', 'wrong')
    await farm.pass(3_600_000, 5000)
    expect(rig.logins).toBe(1)
    expect(fleet.view(id).login).toBe('wrong')
    expect(fleet.detail(id).credentials).toMatchObject({ from: 'rig', username: 'root', refused: true })

    await farm.restart()
    await farm.pass(600_000, 5000)
    expect(rig.logins).toBe(1)

    await farm.fleet.setCredentials({ scope: 'rig', id }, 'root', 'right')
    await farm.pass(4000)
    expect(farm.fleet.view(id)).toMatchObject({ login: 'entered', freshness: 'live', problem: null })
  })

  it('never tries the factory login by itself, and uses it when asked', async () => {
    const { fleet } = await started({ login })
    const rig = farm.place('192.0.2.1', 1)
    rig.password = 'root'
    const { rigId: id } = await fleet.adopt(farm.find('192.0.2.1'))
    await farm.pass(60_000, 1000)
    expect(rig.logins).toBe(0)
    expect(fleet.detail(id).credentials).toMatchObject({ factoryUsername: 'root', neededFor: 'reading' })
    expect(await fleet.useFactoryLogin(id)).toMatchObject({ login: 'entered', freshness: 'live' })
  })

  it('takes the login of the rig before that of its group, and that before its family', async () => {
    const { fleet } = await started({ login })
    const rig = farm.place('192.0.2.1', 1)
    rig.password = 'of-family'
    const { rigId: id } = await fleet.adopt(farm.find('192.0.2.1'))
    const group = await fleet.createGroup('Cellar')
    const from = (): string => fleet.detail(id).credentials.from

    await fleet.setCredentials({ scope: 'family', id: 'axeos' }, 'root', 'of-family')
    await farm.pass(4000)
    expect([from(), fleet.view(id).freshness]).toEqual(['family', 'live'])

    rig.password = 'of-group'
    await fleet.update(id, { groupId: group.id })
    await fleet.setCredentials({ scope: 'group', id: group.id }, 'root', 'of-group')
    await farm.pass(20_000)
    expect([from(), fleet.view(id).login]).toEqual(['group', 'entered'])
    expect(fleet.groups()).toMatchObject([{ name: 'Cellar', rigCount: 1, hasCredentials: true }])

    rig.password = 'of-rig'
    await fleet.setCredentials({ scope: 'rig', id }, 'root', 'of-rig')
    await farm.pass(20_000)
    expect([from(), fleet.view(id).login]).toEqual(['rig', 'entered'])

    await fleet.removeCredentials({ scope: 'rig', id })
    expect(from()).toBe('group')
    await fleet.removeGroup(group.id)
    expect(from()).toBe('family')
  })

  it('keeps passwords among the secrets alone', async () => {
    const { fleet } = await started({ login })
    farm.place('192.0.2.1', 1)
    const { rigId: id } = await fleet.adopt(farm.find('192.0.2.1'))
    await fleet.setCredentials({ scope: 'rig', id }, 'root', 'correct-horse')
    await farm.pass(10_000)
    expect(JSON.stringify([farm.saved, fleet.list(), fleet.detail(id), fleet.raw(id)])).not.toContain(
      'correct-horse',
    )
    await fleet.remove(id)
    expect([...farm.secrets.held.values()].join()).not.toContain('correct-horse')
  })
})

describe('what the proxy sees', () => {
  const connection = { connectedAtMs: 5, hashrateHs: 9e11, validShares: 3, lastShareAtMs: 77 }

  it('is shown with the rig it belongs to', async () => {
    const { fleet } = await started()
    const [a = '', b = ''] = await farm.populate(2)
    farm.downstreams = [{ id: 'd1', name: 'rig2', address: '192.0.2.2:50000', ...connection }]
    expect(fleet.view(a)).toMatchObject({ downstreamId: null, effectiveHs: null, minesHere: false })
    expect(fleet.view(b)).toMatchObject({
      downstreamId: 'd1',
      effectiveHs: 9e11,
      minesHere: true,
      lastShareAt: 77,
    })
  })

  it('is not needed to know that a rig is set to mine here', async () => {
    const { fleet } = await started()
    const [id = ''] = await farm.populate(1)
    farm.rigAt('192.0.2.1').pools = [{ url: 'stratum+tcp://192.0.2.250:3333', user: 'rig1', password: '' }]
    expect(await fleet.refresh(id)).toMatchObject({ minesHere: true, downstreamId: null })
  })
})

describe('the list of rigs', () => {
  it('takes names and groups from a list when the rigs are found', async () => {
    const { fleet } = await started()
    farm.place('192.0.2.1', 1)
    const [known = ''] = await farm.populate(1)
    farm.place('192.0.2.2:8080', 2)
    const list =
      'IP;Label;Group;Rack\n192.0.2.1;Attic;Home;A\n192.0.2.2:8080;"Cellar; left";Home;B\nnonsense!;x;;\n'

    const dry = await fleet.import(list, true)
    expect(dry.lines.map(({ line, outcome }) => [line, outcome])).toEqual([
      [2, 'known'],
      [3, 'new'],
      [4, 'refused'],
    ])
    expect(dry.targets).toEqual([])
    expect(fleet.view(known).name).toBe('rig1')

    const { targets } = await fleet.import(list, false)
    expect(targets).toEqual(['192.0.2.2:8080'])
    const { rigId } = await fleet.adopt(farm.find('192.0.2.2:8080'))
    expect(fleet.view(known)).toMatchObject({ name: 'Attic', place: { shelf: 'A' }, group: { name: 'Home' } })
    expect(fleet.view(rigId)).toMatchObject({
      name: 'Cellar; left',
      place: { shelf: 'B' },
      group: { name: 'Home' },
    })
    expect(fleet.groups()).toMatchObject([{ name: 'Home', rigCount: 2 }])
  })

  it('names what it does not know', async () => {
    const { fleet } = await started()
    expect(() => fleet.view('nobody')).toThrow(expect.objectContaining({ code: 'rig/unknown' }))
    await expect(fleet.update('nobody', {})).rejects.toMatchObject({ code: 'rig/unknown' })
    await expect(fleet.removeGroup('none')).rejects.toMatchObject({ code: 'group/unknown' })
    await expect(fleet.setCredentials({ scope: 'family', id: 'x' }, '', '')).rejects.toMatchObject({
      code: 'family/unknown',
    })
    await expect(fleet.setWorkerTemplate('{rig}')).rejects.toMatchObject({ code: 'rig/bad-template' })
    await fleet.createGroup('Cellar')
    await expect(fleet.createGroup(' cellar ')).rejects.toMatchObject({ code: 'group/name-taken' })
  })

  it('forgets a rig for good', async () => {
    const { fleet } = await started()
    const [id = ''] = await farm.populate(1)
    const rig = farm.rigAt('192.0.2.1')
    await fleet.remove(id)
    const before = rig.reads
    await farm.pass(60_000, 1000)
    expect(rig.reads).toBe(before)
    expect(fleet.list()).toEqual([])
    expect(farm.saved.rigs).toEqual([])
  })

  it('is kept whole although a rig says too much of itself', async () => {
    const { fleet } = await started()
    const [id = ''] = await farm.populate(1)
    farm.rigAt('192.0.2.1').hostname = 'x'.repeat(5000)
    await fleet.refresh(id)
    await fleet.update(id, { notes: 'long-winded' })
    expect(farm.saved.rigs[0]?.hostname).toHaveLength(200)
  })

  it('keeps a rig whose firmware this program does not know, and does not watch it', async () => {
    await started()
    await farm.populate(1)
    farm.saved = { ...farm.saved, rigs: farm.saved.rigs.map((rig) => ({ ...rig, family: 'of-tomorrow' })) }
    await farm.restart()
    expect(farm.fleet.list()).toEqual([])
    await farm.fleet.createGroup('Cellar')
    expect(farm.saved.rigs).toMatchObject([{ family: 'of-tomorrow' }])
  })
})
