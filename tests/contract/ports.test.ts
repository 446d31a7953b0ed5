/** The contract, asked the same questions over every port. */
import { ORPCError } from '@orpc/client'
import { describe, expect, it, vi } from 'vitest'
import { HeadframeError } from '../../src-main/base/index.ts'
import { FakeCore } from '../support/fake-core.ts'
import { pretendBlock, pretendJob, pretendPool, pretendRig } from '../support/pretend-farm.ts'
import { pretendDevice } from '../support/pretend-device-values.ts'
import { routes } from './http-link.ts'
import { DEVICE_ANSWERS } from './device-calls.ts'
import { MONEY_ANSWERS, MONEY_REFUSALS } from './money-calls.ts'
import { type Client, PORTS } from './ports.ts'

const DRAFT = {
  name: 'East',
  url: 'stratum+tcp://east.example.com:3333',
  userIdentity: 'farm.east',
  password: 'x',
}

const WARNING = {
  id: 'stale-tip north',
  code: 'watchdog/stale-tip',
  severity: 'warning' as const,
  poolId: 'north',
  message: 'North is on an old block.',
  since: 4,
}

const RIG = '02:00:00:00:00:01'

const LINK = {
  id: 'u1',
  side: 'upstream' as const,
  name: 'North',
  poolId: 'north',
  rigKey: null,
  protocol: 'stratum-v2' as const,
  transport: 'tcp' as const,
  address: '192.0.2.1:3336',
  since: 1,
  bytesIn: 2,
  bytesOut: 3,
}

/** One good call of every procedure that answers once, and what must come back. */
const ANSWERS: Record<string, (client: Client, core: FakeCore) => Promise<void>> = {
  'app.health': async (client, core) => expect(await client.app.health()).toEqual(core.health()),
  'app.info': async (client, core) => expect(await client.app.info()).toEqual(core.info()),
  'app.dismissNotice': async (client, core) => {
    expect(await client.app.dismissNotice({ id: 'n1' })).toBeUndefined()
    expect(core.notices).toEqual([])
  },
  'overview.get': async (client, core) => expect(await client.overview.get()).toEqual(core.overview.value),
  'pools.list': async (client, core) => {
    const pools = await client.pools.list()
    expect(pools.map(({ id }) => id)).toEqual(['north', 'south'])
    expect(pools).toEqual(core.pools.items)
  },
  'pools.create': async (client, core) => {
    const pool = await client.pools.create({ ...DRAFT, name: '  East  ' })
    expect(pool).toMatchObject({ name: 'East', hasPassword: true, enabled: true, priority: 2 })
    expect(JSON.stringify(pool)).not.toContain('"x"')
    expect(core.callsOf('createPool')).toEqual([{ ...DRAFT, enabled: true }])
  },
  'pools.update': async (client, core) => {
    expect(await client.pools.update({ id: 'south', name: 'Deep south', priority: 0 })).toMatchObject({
      id: 'south',
      name: 'Deep south',
    })
    expect(core.callsOf('updatePool')).toEqual([{ id: 'south', patch: { name: 'Deep south', priority: 0 } }])
  },
  'pools.remove': async (client, core) => {
    expect(await client.pools.remove({ id: 'south' })).toBeUndefined()
    expect(core.pools.items.map(({ id }) => id)).toEqual(['north'])
  },
  'pools.activate': async (client, core) => {
    expect(await client.pools.activate({ id: 'south' })).toEqual({
      switchedAt: 1_700_000_000_000,
      tookMs: 12.5,
      downstreams: { total: 2, seamless: 2, setExtranonce: 0, reconnected: 0 },
    })
    expect(core.pools.find('south')?.active).toBe(true)
  },
  'pools.test': async (client, core) => {
    const { url, userIdentity } = DRAFT
    expect(await client.pools.test({ url, userIdentity, id: 'south' })).toMatchObject({ ok: true })
    expect(core.callsOf('testPool')).toEqual([{ url, userIdentity, id: 'south' }])
  },
  'pools.testLive': async (client, core) => {
    const { url, userIdentity } = DRAFT
    const told: boolean[] = []
    for await (const { done, steps } of await client.pools.testLive({ url, userIdentity })) {
      told.push(done)
      expect(steps[0]).toMatchObject({ step: 'address', ok: true })
    }
    expect(told).toEqual([false, true])
    expect(core.callsOf('testPoolLive')).toEqual([{ url, userIdentity }])
  },
  'pools.presets': async (client, core) =>
    expect(await client.pools.presets()).toEqual(core.poolDesk.presets),
  'jobs.ofPool': async (client) => {
    expect(await client.jobs.ofPool({ id: 'south' })).toEqual(pretendJob())
    expect(await failureOf(client.jobs.ofPool({ id: 'west' }))).toMatchObject({ status: 404 })
  },
  'jobs.timeline': async (client, core) => {
    const lag = { poolId: 'south', at: 5, lagMs: 2 }
    const tip = { previousBlockHash: '00'.repeat(32), height: 7, firstAt: 3, pools: [lag] }
    core.timeline.set({ pools: [], tips: [tip] })
    expect(await client.jobs.timeline()).toEqual({ pools: [], tips: [tip] })
  },
  'warnings.list': async (client, core) => {
    core.warnings.apply([WARNING])
    expect(await client.warnings.list()).toEqual([WARNING])
  },
  'routing.get': async (client, core) => expect(await client.routing.get()).toEqual(core.routing.value),
  'routing.set': async (client, core) => {
    const routing = {
      rigs: [{ rigKey: 'shed@192.0.2.7', poolId: 'south' }],
      groups: [{ id: 'g', name: 'Attic', rigKeys: ['a', 'b'], poolId: null }],
      split: [
        { poolId: 'north', percent: 90 },
        { poolId: 'south', percent: 10 },
      ],
      failover: { enabled: false, returnAfterMinutes: 1 },
    }
    expect(await client.routing.set(routing)).toEqual(routing)
    expect(core.callsOf('setRouting')).toEqual([routing])
  },
  'traffic.links': async (client, core) => {
    core.links.apply([LINK])
    expect(await client.traffic.links()).toEqual([LINK])
  },
  'traffic.framesLive': async (client, core) => {
    core.links.apply([LINK])
    const stream = await client.traffic.framesLive({ id: LINK.id })
    expect((await stream.next()).value).toEqual({ link: LINK, frames: [] })
    await stream.return?.()
  },
  'traffic.bandwidth': async (client) =>
    expect(await client.traffic.bandwidth()).toMatchObject({ since: 1, method: ['Counted.'] }),
  'audit.state': async (client) =>
    expect(await client.audit.state()).toMatchObject({ settings: { enabled: false }, fileCount: 0 }),
  'audit.configure': async (client, core) => {
    const settings = { ...core.auditSettings, enabled: true, kinds: ['share', 'job'] as const }
    const state = await client.audit.configure({ ...settings, kinds: [...settings.kinds] })
    expect(state.settings).toEqual(settings)
  },
  'audit.query': async (client, core) => {
    expect(await client.audit.query({ from: 5, text: 'a b&c' })).toEqual({ records: [], nextCursor: null })
    expect(core.callsOf('queryAudit')).toEqual([{ from: 5, text: 'a b&c', limit: 100 }])
  },
  'audit.export': async (client, core) => {
    expect(await client.audit.export({ format: 'csv' })).toEqual({ text: '', nextCursor: null })
    expect(core.callsOf('exportAudit')).toEqual([{ format: 'csv' }])
  },
  'rigs.list': async (client, core) => {
    const rigs = await client.rigs.list()
    expect(rigs.map(({ name }) => name)).toEqual(['Attic', 'Cellar'])
    expect(rigs).toEqual(core.rigs.rigs.items)
  },
  'rigs.get': async (client, core) => {
    expect(await client.rigs.get({ id: RIG })).toEqual(core.rigs.detail(RIG))
    expect(await failureOf(client.rigs.get({ id: 'nobody' }))).toMatchObject({ status: 404 })
  },
  'rigs.update': async (client, core) => {
    const patch = { name: 'Loft', place: { room: 'Attic', shelf: '2' } }
    expect(await client.rigs.update({ id: RIG, ...patch })).toMatchObject(patch)
    expect(core.callsOf('updateRig')).toEqual([{ id: RIG, patch }])
  },
  'rigs.remove': async (client, core) => {
    expect(await client.rigs.remove({ id: RIG })).toBeUndefined()
    expect(core.rigs.rigs.find(RIG)).toBeUndefined()
  },
  'rigs.refresh': async (client, core) => {
    expect(await client.rigs.refresh({ id: RIG })).toMatchObject({ id: RIG })
    expect(core.callsOf('refreshRig')).toEqual([RIG])
  },
  'rigs.raw': async (client, core) => expect(await client.rigs.raw({ id: RIG })).toEqual(core.rigs.raw(RIG)),
  'rigs.act': async (client, core) => {
    expect(await client.rigs.act({ id: RIG, action: 'set-fan', percent: null })).toMatchObject({
      state: 'done',
      proof: '3 shares',
    })
    expect(core.callsOf('act')).toEqual([
      { rigId: RIG, action: 'set-fan', input: { percent: null }, dryRun: false },
    ])
  },
  'rigs.import': async (client, core) => {
    const { lines, scanId } = await client.rigs.import({ text: '192.0.2.9', dryRun: true })
    expect({ lines, scanId }).toMatchObject({ lines: [{ address: '192.0.2.9' }], scanId: null })
    expect(core.callsOf('importRigs')).toEqual([{ text: '192.0.2.9', dryRun: true }])
  },
  'rigs.setCredentials': async (client, core) => {
    const given = { scope: 'family' as const, id: 'whatsminer', username: 'admin', password: 's3cret' }
    expect(await client.rigs.setCredentials(given)).toBeUndefined()
    expect(core.callsOf('setCredentials')).toEqual([given])
  },
  'rigs.removeCredentials': async (client, core) => {
    await client.rigs.removeCredentials({ scope: 'rig', id: RIG })
    expect(core.callsOf('removeCredentials')).toEqual([{ scope: 'rig', id: RIG }])
  },
  'rigs.useFactoryLogin': async (client) =>
    expect(await client.rigs.useFactoryLogin({ id: RIG })).toMatchObject({ id: RIG }),
  'rigs.template': async (client) =>
    expect(await client.rigs.template()).toEqual({ workerTemplate: '{worker}' }),
  'rigs.setTemplate': async (client) => {
    const workerTemplate = 'farm.{mac4}'
    expect(await client.rigs.setTemplate({ workerTemplate })).toEqual({ workerTemplate })
  },
  'rigGroups.list': async (client) =>
    expect(await client.rigGroups.list()).toMatchObject([{ id: 'g1', name: 'House' }]),
  'rigGroups.create': async (client) =>
    expect(await client.rigGroups.create({ name: ' Shed ' })).toMatchObject({ name: 'Shed', rigCount: 0 }),
  'rigGroups.update': async (client) =>
    expect(await client.rigGroups.update({ id: 'g1', name: 'Home' })).toMatchObject({
      id: 'g1',
      name: 'Home',
    }),
  'rigGroups.remove': async (client, core) => {
    await client.rigGroups.remove({ id: 'g1' })
    expect(core.rigs.groups.items).toEqual([])
  },
  'runs.start': async (client, core) => {
    const run = await client.runs.start({ action: 'reboot', rigIds: [RIG], dryRun: true })
    expect(run).toMatchObject({ action: 'reboot', dryRun: true, items: [{ rigId: RIG }] })
    expect(core.callsOf('startRun')).toEqual([
      {
        action: 'reboot',
        rigIds: [RIG],
        dryRun: true,
        batchSize: 5,
        pauseMs: 1000,
        stopAfterFailures: 3,
      },
    ])
  },
  'runs.list': async (client, core) => {
    const { id } = await client.runs.start({ action: 'pause', rigIds: [RIG] })
    expect(await client.runs.list()).toEqual([core.runs.get(id)])
  },
  'runs.get': async (client, core) => {
    const { id } = await client.runs.start({ action: 'pause', rigIds: [RIG] })
    expect(await client.runs.get({ id })).toEqual(core.runs.get(id))
    expect(await failureOf(client.runs.get({ id: 'none' }))).toMatchObject({ status: 404 })
  },
  'runs.stop': async (client) => {
    const { id } = await client.runs.start({ action: 'pause', rigIds: [RIG] })
    expect(await client.runs.stop({ id })).toMatchObject({ id, state: 'stopped' })
  },
  'runs.undo': async (client) => {
    const { id } = await client.runs.start({ action: 'send-to-headframe', rigIds: [RIG] })
    expect(await client.runs.undo({ id })).toMatchObject({ undoes: id, action: 'restore-pools' })
  },
  'scans.suggestions': async (client, core) =>
    expect(await client.scans.suggestions()).toEqual(core.scans.suggestions()),
  'scans.start': async (client, core) => {
    const targets = ['192.168.1.0/24', '127.0.0.1:8080']
    expect(await client.scans.start({ targets })).toMatchObject({ state: 'running', targets })
    expect(core.callsOf('startScan')).toEqual([{ targets, mdns: false, reports: false, listenSeconds: 10 }])
  },
  'scans.get': async (client, core) => {
    const { id } = await client.scans.start({})
    expect(await client.scans.get({ id })).toEqual(core.scans.get(id))
    expect(await failureOf(client.scans.get({ id: 'none' }))).toMatchObject({ status: 404 })
  },
  'scans.stop': async (client) => {
    const { id } = await client.scans.start({})
    expect(await client.scans.stop({ id })).toMatchObject({ id, state: 'stopped' })
  },
  'tuning.list': async (client, core) => {
    await client.tuning.start({ id: RIG, goal: 'quiet' })
    expect(await client.tuning.list()).toEqual(core.tuning.tuning.items)
  },
  'tuning.start': async (client, core) => {
    expect(await client.tuning.start({ id: RIG, goal: 'efficiency', maxChipC: 60 })).toMatchObject({
      id: RIG,
      state: 'running',
    })
    expect(core.callsOf('startTuning')).toMatchObject([
      { rigId: RIG, draft: { goal: 'efficiency', maxChipC: 60, maxPowerW: null, stepSeconds: 90 } },
    ])
  },
  'tuning.stop': async (client) => {
    await client.tuning.start({ id: RIG, goal: 'quiet' })
    expect(await client.tuning.stop({ id: RIG, keep: 'best' })).toMatchObject({ state: 'stopped' })
    expect(await failureOf(client.tuning.stop({ id: 'none', keep: 'best' }))).toMatchObject({ status: 404 })
  },
  'tuning.revert': async (client) => {
    await client.tuning.start({ id: RIG, goal: 'quiet' })
    expect(await client.tuning.revert({ id: RIG })).toMatchObject({ state: 'reverted' })
  },
  'downstreams.list': async (client, core) =>
    expect(await client.downstreams.list()).toEqual(core.downstreams.items),
  'jobs.current': async (client, core) => {
    expect(await client.jobs.current()).toEqual(pretendJob())
    core.job = null
    expect(await client.jobs.current()).toBeNull()
  },
  'blocks.list': async (client) => expect(await client.blocks.list()).toEqual([pretendBlock()]),
  'history.series': async (client, core) => {
    const series = await client.history.series({ metric: 'valid', rig: 'r 1/a', from: 60_000, to: 120_000 })
    expect(series).toEqual({
      metric: 'valid',
      bucketMs: 60_000,
      points: [
        { at: 60_000, value: 1e12 },
        { at: 120_000, value: null },
      ],
    })
    expect(core.callsOf('history')).toEqual([
      { metric: 'valid', rig: 'r 1/a', from: 60_000, to: 120_000, points: 120 },
    ])
  },
  ...DEVICE_ANSWERS,
  ...MONEY_ANSWERS,
  'practice.state': async (client) =>
    expect(await client.practice.state()).toMatchObject({ chainHeight: 132 }),
  'practice.trigger': async (client, core) => {
    expect(await client.practice.trigger({ event: 'find-block' })).toMatchObject({ chainHeight: 133 })
    expect(core.callsOf('trigger')).toEqual(['find-block'])
  },
}

/** Followed views: what changes them, and what the next event must say. */
const FOLLOWED = [
  'overview.live',
  'pools.live',
  'downstreams.live',
  'jobs.timelineLive',
  'warnings.live',
  'routing.live',
  'traffic.linksLive',
  'rigs.live',
  'rigs.detailLive',
  'rigGroups.live',
  'runs.live',
  'scans.live',
  'tuning.live',
  'devices.live',
  'devices.detailLive',
  'keeping.live',
  'money.factsLive',
  'accounts.live',
  'meters.live',
] as const

const NO_ROUTES = { rigs: [], groups: [], split: [], failover: { enabled: true, returnAfterMinutes: 5 } }
const AUDIT = {
  enabled: true,
  kinds: ['share' as const],
  maskIdentities: false,
  keepDays: 1,
  keepMegabytes: 1,
}

const WRONG: [title: string, field: string, call: (client: Client) => Promise<unknown>][] = [
  ['a pool without a name', 'name', (c) => c.pools.create({ ...DRAFT, name: '   ' })],
  ['a pool with a name too long', 'name', (c) => c.pools.create({ ...DRAFT, name: 'n'.repeat(61) })],
  ['a pool without a URL', 'url', (c) => c.pools.create({ ...DRAFT, url: '' })],
  ['a number for a name', 'name', (c) => c.pools.create({ ...DRAFT, name: 7 as unknown as string })],
  [
    'no identity at all',
    'userIdentity',
    (c) => c.pools.create({ name: DRAFT.name, url: DRAFT.url } as typeof DRAFT),
  ],
  ['a negative priority', 'priority', (c) => c.pools.update({ id: 'south', priority: -1 })],
  ['too many points', 'points', (c) => c.history.series({ points: 100_000 })],
  ['a moment that is no number', 'from', (c) => c.history.series({ from: 'yesterday' })],
  ['an unknown metric', 'metric', (c) => c.history.series({ metric: 'luck' as 'valid' })],
  [
    'a route to nowhere',
    'rigs.0.poolId',
    (c) => c.routing.set({ ...NO_ROUTES, rigs: [{ rigKey: 'r' }] as never }),
  ],
  ['an audit of nothing', 'kinds', (c) => c.audit.configure({ ...AUDIT, kinds: [] })],
  ['an audit for no days', 'keepDays', (c) => c.audit.configure({ ...AUDIT, keepDays: 0 })],
  ['a rig name too long', 'name', (c) => c.rigs.update({ id: RIG, name: 'n'.repeat(61) })],
  ['an unknown action', 'action', (c) => c.rigs.act({ id: RIG, action: 'melt' as 'reboot' })],
  ['a fan faster than it turns', 'percent', (c) => c.rigs.act({ id: RIG, action: 'set-fan', percent: 101 })],
  ['an action for nobody', 'rigIds', (c) => c.runs.start({ action: 'reboot', rigIds: [] })],
  [
    'a chip hotter than it bears',
    'maxChipC',
    (c) => c.tuning.start({ id: RIG, goal: 'quiet', maxChipC: 110 }),
  ],
  ...MONEY_REFUSALS,
  ['an unknown event', 'event', (c) => c.practice.trigger({ event: 'win' as 'find-block' })],
]

const FAILURES: [code: `${string}/${string}`, status: number, kind: string][] = [
  ['pool/unknown', 404, 'NOT_FOUND'],
  ['link/unknown', 404, 'NOT_FOUND'],
  ['routing/invalid', 400, 'BAD_REQUEST'],
  ['pool/invalid-url', 400, 'BAD_REQUEST'],
  ['pool/disabled', 409, 'CONFLICT'],
  ['pool/switch-superseded', 409, 'CONFLICT'],
  ['pool/no-answer', 502, 'BAD_GATEWAY'],
  ['noise/authority-key-mismatch', 502, 'BAD_GATEWAY'],
  ['tls/expired', 502, 'BAD_GATEWAY'],
  ['connect/refused', 502, 'BAD_GATEWAY'],
  ['rig/unknown', 404, 'NOT_FOUND'],
  ['scan/public-address', 400, 'BAD_REQUEST'],
  ['rig/busy', 409, 'CONFLICT'],
  ['device/unknown', 404, 'NOT_FOUND'],
  ['device/unplugged', 409, 'CONFLICT'],
  ['board/frequency-out-of-range', 400, 'BAD_REQUEST'],
  ['rig/timeout', 502, 'BAD_GATEWAY'],
  ['pool/stopping', 503, 'SERVICE_UNAVAILABLE'],
  ['settings/not-writable', 503, 'SERVICE_UNAVAILABLE'],
]

async function failureOf(call: Promise<unknown>): Promise<ORPCError<string, unknown>> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ORPCError)
  return error as ORPCError<string, unknown>
}

describe('the contract suite', () => {
  it('asks for every procedure there is', () => {
    expect([...Object.keys(ANSWERS), ...FOLLOWED].sort()).toEqual([...routes().keys()].sort())
  })
})

describe.each(PORTS)('over $name', ({ open }) => {
  it.each(Object.entries(ANSWERS))('%s answers', async (_, ask) => {
    const core = new FakeCore()
    const { client } = await open(core)
    await ask(client, core)
  })

  it.each(WRONG)('refuses %s, naming the field %s', async (_, field, call) => {
    const core = new FakeCore()
    const { client } = await open(core)
    const error = await failureOf(call(client))
    expect(error).toMatchObject({
      code: 'BAD_REQUEST',
      status: 400,
      defined: true,
      data: { code: 'request/invalid', context: { field } },
    })
    expect(error.message).toMatch(/[.…]$|^[A-Z]/)
    expect(error.message).not.toContain('Invalid input')
    expect(core.calls).toEqual([])
  })

  it.each(FAILURES)('carries the failure %s as %s %s', async (code, status, kind) => {
    const core = new FakeCore()
    const { client } = await open(core)
    core.failure = new HeadframeError(code, 'What is wrong, and what to do.', {
      context: { field: 'url', pool: 'north', attempt: 3 },
    })
    const error = await failureOf(client.pools.activate({ id: 'north' }))
    expect(error).toMatchObject({
      code: kind,
      status,
      defined: true,
      message: 'What is wrong, and what to do.',
      data: { code, context: { field: 'url', pool: 'north', attempt: 3 } },
    })
  })

  it('says of a bug only its number in the log', async () => {
    const core = new FakeCore()
    const { client, log } = await open(core)
    core.failure = new TypeError('secret-ish detail')
    const error = await failureOf(client.pools.activate({ id: 'north' }))
    expect(error).toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      status: 500,
      data: { code: 'internal/failure' },
    })
    expect(JSON.stringify(error)).not.toContain('secret-ish')
    const [line] = log.filter(({ level }) => level === 'error')
    expect(line?.fields['error']).toContain('secret-ish detail')
    expect(error.message).toContain(String(line?.fields['id']))
  })

  it('treats an answer that breaks the contract as a bug, and logs which part', async () => {
    const core = new FakeCore()
    const { client, log } = await open(core)
    core.blocksFound = [{ ...pretendBlock(), difficulty: -1 }]
    expect(await failureOf(client.blocks.list())).toMatchObject({
      status: 500,
      data: { code: 'internal/failure' },
    })
    expect(log.find(({ level }) => level === 'error')?.fields['error']).toContain('0.difficulty')
  })

  it('answers 404 for the practice farm where there is none', async () => {
    const core = new FakeCore()
    core.practice = null
    const { client } = await open(core)
    expect(await failureOf(client.practice.state())).toMatchObject({
      status: 404,
      data: { code: 'practice/off' },
    })
  })

  it('begins the overview with its newest value and goes on with each change', async () => {
    const core = new FakeCore()
    core.overview.set({ ...core.overview.value, hashrateHs: 1 })
    const { client } = await open(core)
    const stream = await client.overview.live()
    const { value: first } = await stream.next()
    expect(first).toEqual({ revision: 1, value: core.overview.value })
    for (const hashrateHs of [2, 3, 4]) {
      core.overview.set({ ...core.overview.value, hashrateHs })
      const { value } = await stream.next()
      expect(value).toEqual({ revision: hashrateHs, value: core.overview.value })
    }
    await stream.return?.()
  })

  it('begins a list with a snapshot and goes on with changes in order', async () => {
    const core = new FakeCore()
    const { client } = await open(core)
    const stream = await client.pools.live()
    const { value: first } = await stream.next()
    expect(first).toEqual({ kind: 'snapshot', revision: 1, items: core.pools.items })
    const east = pretendPool({ id: 'east', priority: 2 })
    core.pools.apply([east])
    core.pools.apply([], ['south'])
    expect((await stream.next()).value).toEqual({
      kind: 'changes',
      revision: 2,
      upserts: [east],
      removedIds: [],
    })
    expect((await stream.next()).value).toEqual({
      kind: 'changes',
      revision: 3,
      upserts: [],
      removedIds: ['south'],
    })
    await stream.return?.()
  })

  it('ends a followed view when its follower cancels', async () => {
    const core = new FakeCore()
    const { client } = await open(core)
    const cancel = new AbortController()
    const { id: scanId } = await client.scans.start({})
    const streams = [
      await client.overview.live(undefined, { signal: cancel.signal }),
      await client.pools.live(undefined, { signal: cancel.signal }),
      await client.downstreams.live(undefined, { signal: cancel.signal }),
      await client.jobs.timelineLive(undefined, { signal: cancel.signal }),
      await client.warnings.live(undefined, { signal: cancel.signal }),
      await client.routing.live(undefined, { signal: cancel.signal }),
      await client.traffic.linksLive(undefined, { signal: cancel.signal }),
      await client.rigs.live(undefined, { signal: cancel.signal }),
      await client.rigs.detailLive({ id: RIG }, { signal: cancel.signal }),
      await client.rigGroups.live(undefined, { signal: cancel.signal }),
      await client.runs.live(undefined, { signal: cancel.signal }),
      await client.scans.live({ id: scanId }, { signal: cancel.signal }),
      await client.tuning.live(undefined, { signal: cancel.signal }),
      await client.devices.live(undefined, { signal: cancel.signal }),
      await client.devices.detailLive({ id: pretendDevice().id }, { signal: cancel.signal }),
      await client.keeping.live(undefined, { signal: cancel.signal }),
      await client.money.factsLive(undefined, { signal: cancel.signal }),
      await client.accounts.live(undefined, { signal: cancel.signal }),
      await client.meters.live(undefined, { signal: cancel.signal }),
    ]
    for (const stream of streams) await stream.next()
    expect(core.followers).toBe(FOLLOWED.length)
    const waiting = streams.map((stream) => stream.next().catch(() => undefined))
    cancel.abort()
    await Promise.all(waiting)
    await vi.waitFor(() => expect(core.followers).toBe(0))
  })

  it('ends a followed view when its follower returns, even if nothing changes any more', async () => {
    const core = new FakeCore()
    const { client } = await open(core)
    const stream = await client.downstreams.live()
    await stream.next()
    expect(core.followers).toBe(1)
    await stream.return?.()
    await vi.waitFor(() => expect(core.followers).toBe(0))
  })

  it('ends every followed view when the caller is gone', async () => {
    const core = new FakeCore()
    const { client, leave } = await open(core)
    const stream = await client.downstreams.live()
    await stream.next()
    expect(core.followers).toBe(1)
    stream.next().catch(() => undefined)
    leave()
    await vi.waitFor(() => expect(core.followers).toBe(0))
  })

  it('serves many calls and streams at once', async () => {
    const core = new FakeCore()
    const { client } = await open(core)
    const streams = await Promise.all([client.pools.live(), client.pools.live(), client.downstreams.live()])
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.overview.get()))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    core.downstreams.apply([pretendRig({ id: 'r3' })])
    for (const stream of streams) {
      expect((await stream.next()).value).toMatchObject({ kind: 'snapshot' })
      await stream.return?.()
    }
    await vi.waitFor(() => expect(core.followers).toBe(0))
  })
})
