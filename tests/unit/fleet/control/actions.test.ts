import { afterEach, describe, expect, it } from 'vitest'
import { HeadframeError } from '../../../../src-main/base/index.ts'
import { type DownstreamSeen, type FleetOptions } from '../../../../src-main/fleet/ports.ts'
import { type RigActionName, type RunView } from '../../../../src-main/fleet/views/view-types.ts'
import { type ScriptedFamilyOptions, type ScriptedRig } from '../../../support/scripted-family.ts'
import { ScriptedFleet } from '../../../support/scripted-fleet.ts'

let farm: ScriptedFleet

async function farmOf(
  count: number,
  family: ScriptedFamilyOptions = {},
  options: Partial<FleetOptions> = {},
): Promise<string[]> {
  farm = new ScriptedFleet(family, options)
  await farm.fleet.start()
  return farm.populate(count)
}

afterEach(async () => {
  await farm.until(farm.fleet.stop())
})

const rigNo = (n: number): ScriptedRig => farm.rigAt(`192.0.2.${String(n)}`)
const act = (id: string, action: RigActionName, values = {}, dryRun = false) =>
  farm.until(farm.fleet.act(id, action, values, dryRun))

const bulk = (rigIds: string[], action: RigActionName, more = {}) => ({
  action,
  rigIds,
  dryRun: false,
  batchSize: 5,
  pauseMs: 0,
  stopAfterFailures: 3,
  ...more,
})

async function finished(run: RunView): Promise<RunView> {
  for (let passed = 0; farm.fleet.run(run.id).state === 'running' && passed < 3_600_000; passed += 500) {
    await farm.pass(500, 500)
  }
  return farm.fleet.run(run.id)
}

/** Rigs that mine at the proxy are seen there, and their shares counted. */
function connectRigsAtProxy(): void {
  const shares = new Map<string, number>()
  const look = (): void => {
    farm.downstreams = [...farm.rigs].flatMap(([address, rig]): DownstreamSeen[] => {
      const [pool] = rig.pools
      if (!pool?.url.includes('192.0.2.250:3333') || rig.state !== 'mining') return []
      const valid = (shares.get(address) ?? 0) + rig.sharesPerLook
      shares.set(address, valid)
      return [
        {
          id: `d-${rig.hostname}`,
          name: pool.user,
          address: `${address}:50000`,
          connectedAtMs: farm.clock.nowMs(),
          lastShareAtMs: rig.sharesPerLook > 0 ? farm.clock.nowMs() : null,
          hashrateHs: 1e12,
          validShares: valid,
        },
      ]
    })
  }
  farm.clock.every(1000, look)
}

describe('sending a rig to Headframe', () => {
  it('writes the address it can reach and the worker it had, and is done when its share arrives here', async () => {
    const [id = ''] = await farmOf(1)
    connectRigsAtProxy()
    const item = await act(id, 'send-to-headframe')
    expect(item).toMatchObject({ state: 'done', problem: null, canUndo: true })
    expect(item.proof).toContain('arrived here')
    expect(rigNo(1).pools).toEqual([{ url: 'stratum+tcp://192.0.2.250:3333', user: 'rig1', password: 'x' }])
    expect(farm.fleet.view(id)).toMatchObject({ minesHere: true, canRestorePools: true, busy: null })
  })

  it('is unproven while the rig only says so', async () => {
    const [id = ''] = await farmOf(1)
    rigNo(1).sharesPerLook = 0
    connectRigsAtProxy()
    const item = await act(id, 'send-to-headframe')
    expect(item).toMatchObject({ state: 'unproven', proof: null, canUndo: true })
    expect(item.message).toContain('No share of it has arrived here')
  })

  it('does not count shares that came before the write', async () => {
    const [id = ''] = await farmOf(1)
    connectRigsAtProxy()
    await act(id, 'send-to-headframe')
    rigNo(1).sharesPerLook = 0
    await farm.pass(2000)
    expect(await act(id, 'send-to-headframe')).toMatchObject({ state: 'unproven' })
  })

  it('is undone with the pools and passwords it had', async () => {
    const [id = ''] = await farmOf(1)
    connectRigsAtProxy()
    const before = structuredClone(rigNo(1).pools)
    const run = await farm.fleet.startRun(bulk([id], 'send-to-headframe'))
    expect(await finished(run)).toMatchObject({ state: 'done', canUndo: true })
    const undone = await finished(await farm.fleet.undoRun(run.id))
    expect(undone).toMatchObject({ action: 'restore-pools', state: 'done', undoes: run.id })
    expect(undone.items).toMatchObject([{ state: 'done' }])
    expect(rigNo(1).pools).toEqual(before)
    expect(farm.fleet.run(run.id)).toMatchObject({ undoneBy: undone.id, canUndo: false })
    await expect(farm.fleet.undoRun(run.id)).rejects.toMatchObject({ code: 'run/not-undoable' })
  })

  it('can be put back after a restart, also when it was sent twice', async () => {
    const [id = ''] = await farmOf(1)
    connectRigsAtProxy()
    const before = structuredClone(rigNo(1).pools)
    await act(id, 'send-to-headframe')
    await act(id, 'send-to-headframe')
    await farm.restart()
    await farm.pass(4000)
    expect(farm.fleet.view(id).canRestorePools).toBe(true)
    expect(await act(id, 'restore-pools')).toMatchObject({ state: 'done' })
    expect(rigNo(1).pools).toEqual(before)
  })

  it('keeps the pools it had among the secrets before anything is written', async () => {
    const [id = ''] = await farmOf(1)
    rigNo(1).pools = [{ url: 'stratum+tcp://pool.example.com:3333', user: 'farm.a', password: 'hunter22' }]
    let heldAtWrite = ''
    rigNo(1).onDone = () => (heldAtWrite = [...farm.secrets.held.values()].join())
    connectRigsAtProxy()
    await act(id, 'send-to-headframe')
    expect(heldAtWrite).toContain('hunter22')
    expect(JSON.stringify([farm.saved, farm.fleet.runs(), farm.fleet.detail(id)])).not.toContain('hunter22')
  })
})

describe('sending a rig to another pool', () => {
  const solo = {
    name: 'Solo',
    url: 'stratum2+tcp://solo.example.com:3336/9key',
    fallbackUrl: 'stratum+tcp://solo.example.com:3333',
    userIdentity: 'account.headframe',
    password: 'x',
  }

  it('writes its Stratum V1 endpoint with account and worker, and is done when its count of shares grows there', async () => {
    const [id = ''] = await farmOf(1)
    farm.pools.set('solo', solo)
    const item = await act(id, 'send-to-pool', { poolId: 'solo' })
    expect(item).toMatchObject({ state: 'done' })
    expect(item.proof).toMatch(/counted .*shares? there since/)
    expect(rigNo(1).pools[0]).toMatchObject({
      url: 'stratum+tcp://solo.example.com:3333',
      user: 'account.rig1',
    })
  })

  it('is unproven where no share is counted', async () => {
    const [id = ''] = await farmOf(1)
    farm.pools.set('solo', solo)
    rigNo(1).sharesPerLook = 0
    expect(await act(id, 'send-to-pool', { poolId: 'solo' })).toMatchObject({ state: 'unproven' })
  })

  it('fails where the rig says yes and does nothing', async () => {
    const [id = ''] = await farmOf(1)
    farm.pools.set('solo', solo)
    rigNo(1).ignores.add('set-pools')
    const item = await act(id, 'send-to-pool', { poolId: 'solo' })
    expect(item).toMatchObject({ state: 'failed', problem: { code: 'rig/no-effect' } })
    expect(item.message).toContain('pool.example.com:3333')
  })

  it('fails where something changes the pools back', async () => {
    const [id = ''] = await farmOf(1)
    farm.pools.set('solo', solo)
    const rig = rigNo(1)
    rig.sharesPerLook = 0
    const before = structuredClone(rig.pools)
    rig.onDone = () => void farm.clock.after(5000, () => (rig.pools = before))
    const item = await act(id, 'send-to-pool', { poolId: 'solo' })
    expect(item).toMatchObject({ state: 'failed', problem: { code: 'rig/no-effect' } })
    expect(item.message).toContain('went back')
  })

  it('is skipped for a pool that does not exist, and for a rig that cannot be told', async () => {
    const [a = '', b = ''] = await farmOf(2)
    farm.pools.set('solo', solo)
    expect(await act(a, 'send-to-pool', { poolId: 'none' })).toMatchObject({
      state: 'skipped',
      problem: { code: 'pool/unknown' },
    })
    rigNo(2).capabilities = {
      ...rigNo(2).capabilities,
      'set-pools': { offered: false, because: 'Its API switch is off.' },
    }
    expect(await act(b, 'send-to-pool', { poolId: 'solo' })).toMatchObject({
      state: 'skipped',
      message: 'Its API switch is off.',
    })
    expect(rigNo(2).commands).toEqual([])
  })
})

describe('other actions', () => {
  it('takes a cut connection for unknown, and looks', async () => {
    const [id = ''] = await farmOf(1)
    const rig = rigNo(1)
    rig.cutsOff.add('reboot')
    rig.onDone = () => {
      rig.failure = new HeadframeError('rig/unreachable', 'Nobody answers.')
      farm.clock.after(30_000, () => {
        rig.failure = null
        rig.startedAtMs = farm.clock.nowMs()
      })
    }
    const item = await act(id, 'reboot')
    expect(item).toMatchObject({ state: 'done', canUndo: false })
    expect(item.proof).toContain('it mines')
    expect(rig.commands).toHaveLength(1)
  })

  it('fails where a rig does not come back', async () => {
    const [id = ''] = await farmOf(1)
    rigNo(1).onDone = () => (rigNo(1).failure = new HeadframeError('rig/unreachable', 'Nobody answers.'))
    expect(await act(id, 'reboot')).toMatchObject({ state: 'failed', problem: { code: 'rig/not-back' } })
  })

  it('fails where uptime goes on as if nothing had been', async () => {
    const [id = ''] = await farmOf(1)
    rigNo(1).ignores.add('restart')
    const item = await act(id, 'restart')
    expect(item).toMatchObject({ state: 'failed', problem: { code: 'rig/no-effect' } })
    expect(item.message).toContain('without a break')
  })

  it.each([
    ['set-frequency', { megahertz: 525 }, 'frequencyMHz', 500, 525],
    ['set-voltage', { millivolts: 1200 }, 'coreVoltageMv', 1150, 1200],
    ['set-fan', { percent: 70 }, 'fanPercent', null, 70],
    ['pause', {}, 'state', 'mining', 'paused'],
    ['locate', { on: true }, 'locating', false, true],
  ] as const)('reads %s back, and takes it back when asked', async (action, values, key, before, after) => {
    const [id = ''] = await farmOf(1)
    const run = await finished(await farm.fleet.startRun({ ...bulk([id], action), ...values }))
    expect(run.items).toMatchObject([{ state: 'done', canUndo: true }])
    expect(rigNo(1)[key]).toBe(after)
    const undone = await finished(await farm.fleet.undoRun(run.id))
    expect(undone.items).toMatchObject([{ state: 'done' }])
    expect(rigNo(1)[key]).toBe(before)
  })

  it('calls a rig that ignores a setting failed', async () => {
    const [id = ''] = await farmOf(1)
    rigNo(1).ignores.add('set-frequency')
    const item = await act(id, 'set-frequency', { megahertz: 525 })
    expect(item).toMatchObject({ state: 'failed', problem: { code: 'rig/no-effect' } })
    expect(item.message).toContain('500')
  })

  it('names what an action needs', async () => {
    const [id = ''] = await farmOf(1)
    await expect(farm.fleet.act(id, 'set-frequency', {}, false)).rejects.toMatchObject({
      code: 'action/invalid',
    })
    await expect(
      farm.fleet.act(id, 'set-pools', { pools: [{ url: 'nowhere', user: 'a' }] }, true),
    ).rejects.toMatchObject({ code: 'action/invalid' })
    await expect(farm.fleet.act('nobody', 'reboot', {}, false)).rejects.toMatchObject({ code: 'rig/unknown' })
  })

  it('tells a wrong password once and never again', async () => {
    const [id = ''] = await farmOf(1, { login: { needed: 'to-write', factory: null, locks: true } })
    const rig = rigNo(1)
    rig.password = 'right'
    expect(await act(id, 'reboot')).toMatchObject({
      state: 'skipped',
      problem: { code: 'rig/login-missing' },
    })
    await farm.fleet.setCredentials({ scope: 'rig', id }, 'root', 'wrong')
    await farm.pass(4000)
    expect(await act(id, 'reboot')).toMatchObject({
      state: 'failed',
      problem: { code: 'rig/wrong-password' },
    })
    expect(await act(id, 'reboot')).toMatchObject({
      state: 'skipped',
      problem: { code: 'rig/wrong-password' },
    })
    expect(rig.logins).toBe(1)
    await farm.fleet.setCredentials({ scope: 'rig', id }, 'root', 'right')
    await farm.pass(4000)
    expect(await act(id, 'restart')).toMatchObject({ state: 'done' })
  })
})

describe('a run', () => {
  it('goes in batches with a pause between them', async () => {
    const ids = await farmOf(5)
    const begun: number[] = []
    for (let n = 1; n <= 5; n++) rigNo(n).onDone = () => begun.push(farm.clock.nowMs())
    const run = await finished(
      await farm.fleet.startRun(bulk(ids, 'pause', { batchSize: 2, pauseMs: 60_000 })),
    )
    expect(run).toMatchObject({ state: 'done', message: '5 done.' })
    expect(begun).toHaveLength(5)
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = begun
    expect(Math.max(b - a, d - c)).toBeLessThan(1000)
    expect(Math.min(c - b, e - d)).toBeGreaterThanOrEqual(60_000)
  })

  it('stops after so many failures, and says what was not begun', async () => {
    const ids = await farmOf(6)
    for (const n of [1, 2, 3]) rigNo(n).ignores.add('pause')
    const run = await finished(
      await farm.fleet.startRun(bulk(ids, 'pause', { batchSize: 2, stopAfterFailures: 3 })),
    )
    expect(run).toMatchObject({ state: 'stopped', message: 'Stopped because 3 rigs failed.' })
    expect(run.items.map(({ state }) => state)).toEqual([
      'failed',
      'failed',
      'failed',
      'done',
      'skipped',
      'skipped',
    ])
    expect(rigNo(5).commands).toEqual([])
  })

  it('begins no more rigs when it is stopped', async () => {
    const ids = await farmOf(4)
    const run = await farm.fleet.startRun(bulk(ids, 'pause', { batchSize: 1, pauseMs: 30_000 }))
    await farm.pass(5000)
    farm.fleet.stopRun(run.id)
    const ended = await finished(run)
    expect(ended.state).toBe('stopped')
    expect(ended.items.map(({ state }) => state)).toEqual(['done', 'skipped', 'skipped', 'skipped'])
  })

  it('touches nothing when it is dry, and says what it would do', async () => {
    const ids = await farmOf(2)
    rigNo(2).capabilities = {
      ...rigNo(2).capabilities,
      pause: { offered: false, because: 'It cannot pause.' },
    }
    const reads = rigNo(1).reads
    const run = await finished(await farm.fleet.startRun(bulk(ids, 'pause', { dryRun: true })))
    expect(run).toMatchObject({ state: 'done', canUndo: false, message: '1 would be told, 1 would not.' })
    expect(run.items).toMatchObject([
      { state: 'planned', message: 'Would stop it hashing.' },
      { state: 'skipped', message: 'It cannot pause.' },
    ])
    expect([...rigNo(1).commands, ...rigNo(2).commands]).toEqual([])
    expect(rigNo(1).reads).toBe(reads)
    expect(farm.secrets.held.size).toBe(0)
  })

  it('leaves a rig alone that is busy with another', async () => {
    const [id = ''] = await farmOf(1)
    const first = farm.fleet.act(id, 'pause', {}, false)
    await farm.settle()
    expect(farm.fleet.view(id).busy).toMatchObject({ action: 'pause' })
    expect(await farm.until(farm.fleet.act(id, 'reboot', {}, false))).toMatchObject({
      state: 'skipped',
      problem: { code: 'rig/busy' },
    })
    await expect(farm.fleet.remove(id)).rejects.toMatchObject({ code: 'rig/busy' })
    expect(await farm.until(first)).toMatchObject({ state: 'done' })
    expect(rigNo(1).commands).toMatchObject([{ kind: 'pause' }])
  })

  it('goes by id: a rig that moves meanwhile is told where it is, and one that was removed is not', async () => {
    const ids = await farmOf(3)
    const [, second = '', third = ''] = ids
    const run = await farm.fleet.startRun(bulk(ids, 'pause', { batchSize: 1, pauseMs: 20_000 }))
    await farm.pass(4000)
    const moving = rigNo(2)
    farm.rigs.delete('192.0.2.2')
    farm.rigs.set('192.0.2.99', moving)
    const stranger = farm.place('192.0.2.2', 50)
    await farm.until(farm.fleet.adopt(farm.find('192.0.2.99')))
    await farm.fleet.remove(third)
    const ended = await finished(run)
    expect(ended.items.map(({ rigId, state }) => [rigId, state])).toEqual([
      [ids[0], 'done'],
      [second, 'done'],
      [third, 'skipped'],
    ])
    expect(moving.state).toBe('paused')
    expect(stranger.commands).toEqual([])
  })

  it('takes back what it did and nothing else', async () => {
    const ids = await farmOf(3)
    rigNo(2).ignores.add('pause')
    rigNo(3).capabilities = {
      ...rigNo(3).capabilities,
      pause: { offered: false, because: 'It cannot pause.' },
    }
    const run = await finished(await farm.fleet.startRun(bulk(ids, 'pause')))
    const undone = await finished(await farm.fleet.undoRun(run.id))
    expect(undone.items.map(({ rigId }) => rigId)).toEqual([ids[0], ids[1]])
    expect([1, 2, 3].map((n) => rigNo(n).state)).toEqual(['mining', 'mining', 'mining'])
    expect(rigNo(3).commands).toEqual([])
  })

  it('ends as unproven when the program stops in the middle, without another write', async () => {
    const ids = await farmOf(2)
    rigNo(1).ignores.add('pause')
    const run = await farm.fleet.startRun(bulk(ids, 'pause', { batchSize: 1 }))
    await farm.pass(4000)
    await farm.until(farm.fleet.stop())
    expect(farm.fleet.run(run.id)).toMatchObject({
      state: 'stopped',
      items: [{ state: 'unproven' }, { state: 'skipped' }],
    })
    expect(rigNo(2).commands).toEqual([])
  })

  it('keeps the program from stopping for no longer than it has, although a rig answers nothing', async () => {
    const ids = await farmOf(1)
    rigNo(1).isSilent = true
    await farm.fleet.startRun(bulk(ids, 'reboot', { batchSize: 1 }))
    await farm.pass(1000)
    const startedMs = farm.clock.monotonicMs()
    await farm.until(farm.fleet.stop())
    expect(farm.clock.monotonicMs() - startedMs).toBeLessThan(4000)
  })

  it('is told to whoever listens, step by step', async () => {
    const [id = ''] = await farmOf(1)
    const states: string[] = []
    let busy = 0
    farm.fleet.onChange((change) => {
      if (change.kind === 'rigs' && farm.fleet.view(id).busy) busy++
      if (change.kind !== 'run') return
      const state = farm.fleet.run(change.id).items[0]?.state ?? ''
      if (states.at(-1) !== state) states.push(state)
    })
    await act(id, 'pause')
    expect(states).toEqual(['writing', 'verifying', 'done'])
    expect(busy).toBeGreaterThan(0)
  })
})
