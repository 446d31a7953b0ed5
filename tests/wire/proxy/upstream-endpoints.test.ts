/** Which endpoint of a pool is used, and that lines come back: fallback and return, restarts, names, sleep, moves. */
import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_BACKOFF } from '../../../src-main/net/index.ts'
import { type PoolConfig, type PoolEndpoint } from '../../../src-main/proxy/upstream/upstream.ts'
import { type FakePool } from '../../support/proxy/fake-pool.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { LineHarness, ownerOf, type TestLine } from '../../support/proxy/line-harness.ts'
import { configOf } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: LineHarness | undefined
afterEach(async () => {
  await harness?.stop()
  harness = undefined
})

const MINUTE_MS = 60_000

/** A pool with both endpoints. */
async function dual(changes: Partial<PoolConfig> = {}) {
  const v2 = await FakeSv2Pool.start({ name: 'v2' })
  const v1 = await FakeSv1Pool.start({ name: 'v1' })
  const config = { ...configOf(v2, changes), fallback: configOf(v1).endpoint }
  return { v2, v1, config }
}

async function mineOne(line: TestLine, pool: FakePool): Promise<void> {
  const before = pool.acknowledged
  line.mine(1)
  await line.untilSettled()
  expect(pool.acknowledged - before).toBe(1)
}

describe('a pool with a V1 endpoint beside its V2 endpoint', () => {
  it('is used at the first, and the other is not touched', async () => {
    const { v2, v1, config } = await dual()
    harness = new LineHarness([v2, v1])
    const line = harness.open(config)
    await line.untilJob()
    await mineOne(line, v2)
    await harness.pass(7 * MINUTE_MS, MINUTE_MS)
    expect([v2.connectionCount, v1.connectionCount]).toEqual([1, 0])
  })

  it.each([
    ['is down', (v2: FakeSv2Pool) => v2.stop()],
    [
      'refuses the set-up (sv2-apps 32)',
      (v2: FakeSv2Pool) => void (v2.refuseSetup = 'protocol-version-mismatch'),
    ],
    [
      'refuses the channel (sv2-apps 32)',
      (v2: FakeSv2Pool) => void (v2.refuseOpen = Array(9).fill('no') as string[]),
    ],
  ])('is used at the second at once when the first %s, and nobody sees a failure', async (_, spoil) => {
    const { v2, v1, config } = await dual()
    const { endpoint } = config
    await spoil(v2)
    harness = new LineHarness([v1])
    const line = harness.open(config)
    await line.untilJob()
    expect(line.upstream.endpoint).toEqual(config.fallback)
    expect(line.states.map(({ phase }) => phase)).toEqual(['connecting', 'connecting', 'ready'])
    await mineOne(line, v1)
    expect(harness.dialled.map((text) => text.split(' ')[0])).toEqual([endpoint.protocol, 'stratum-v1'])
    await v2.stop().catch(() => {})
  })

  it('that was in use and is lost is tried three times before the other, which takes over', async () => {
    const { v2, v1, config } = await dual()
    harness = new LineHarness([v1])
    const line = harness.open(config)
    await line.untilJob()
    await v2.stop()
    await harness.passUntil('the other', () => line.jobs.length === 2)
    expect(harness.dialled.map((text) => text.split(' ')[0])).toEqual([
      'stratum-v2',
      'stratum-v2',
      'stratum-v2',
      'stratum-v2',
      'stratum-v1',
    ])
    await mineOne(line, v1)
  })

  it('is not used at the second when the key of the first changed: that is a stop', async () => {
    const { v2, v1, config } = await dual()
    const stranger = await FakeSv2Pool.start({ name: 'stranger' })
    harness = new LineHarness([v2, v1, stranger])
    const line = harness.open({
      ...config,
      endpoint: { ...config.endpoint, port: stranger.port } as PoolEndpoint,
    })
    await line.untilPhase('blocked')
    await harness.pass(60 * MINUTE_MS, MINUTE_MS)
    expect([stranger.connectionCount, v1.connectionCount]).toEqual([1, 0])
  })

  it('goes round when both are down, and stays with whichever comes back', async () => {
    const { v2, v1, config } = await dual()
    const v1Port = v1.port
    await v2.stop()
    await v1.stop()
    harness = new LineHarness([])
    const line = harness.open(config)
    await harness.passUntil('several attempts', () => harness!.dialled.length >= 6, 20)
    expect(new Set(harness.dialled.map((text) => text.split(' ')[0]))).toEqual(
      new Set(['stratum-v2', 'stratum-v1']),
    )
    await v1.listen(v1Port)
    await harness.passUntil('work', () => line.jobs.length === 1, 20)
    await mineOne(line, v1)
    line.upstream.stop()
    await v1.stop()
  })

  describe('once the first is back', () => {
    async function onFallback(changes: Partial<PoolConfig> = {}, rigs: readonly string[] = []) {
      const { v2, v1, config } = await dual(changes)
      const { port } = v2
      await v2.stop()
      harness = new LineHarness([v1, v2])
      const lines =
        rigs.length === 0 ? [harness.open(config)] : rigs.map((name) => harness!.open(config, ownerOf(name)))
      for (const line of lines) await line.untilJob()
      return { v2, v1, port, lines, line: lines[0]! }
    }

    it('returns to it after a while, without a moment without work, and answers on their way still count', async () => {
      const { v2, v1, port, line } = await onFallback()
      await v2.listen(port)
      await harness!.pass(4.9 * MINUTE_MS, 10_000)
      expect(v2.connectionCount).toBe(0)
      v1.answering = 'held'
      line.mine(2)
      const old = line.job
      await until('the shares', () => v1.shares.length === 2)
      await harness!.pass(10_000, 2_000)
      await line.untilJob(1)
      expect(line.upstream.endpoint.protocol).toBe('stratum-v2')
      expect(line.states.filter(({ phase }) => phase === 'waiting')).toEqual([])
      expect(line.job.cleanJobs).toBe(true)
      // Late work for the old connection, and answers to what was sent there.
      expect(line.mine(1, { job: old })).toBe(true)
      await until('the late share', () => v1.shares.length === 3)
      v1.release()
      await line.untilSettled()
      expect(line.outcomes).toEqual(['acknowledged', 'acknowledged', 'acknowledged'])
      await mineOne(line, v2)
      await harness!.pass(31_000)
      await until('the old connection to be left', () => v1.openCount === 0)
      expect(line.mine(1, { job: old })).toBe(false)
      v2.newTip()
      await line.untilJob(2)
      expect(line.dropped.has(old.id)).toBe(true)
    })

    it('looks at it less and less often while it stays away, and never leaves the good one for it', async () => {
      const { v2, v1, line } = await onFallback()
      for (let minute = 0; minute < 180; minute++) {
        await harness!.pass(MINUTE_MS)
        v1.sendJob()
      }
      const attempts = harness!.dialled.filter((text) => text.startsWith('stratum-v2')).length
      expect(attempts).toBeGreaterThanOrEqual(4)
      expect(attempts).toBeLessThanOrEqual(7)
      expect([line.phase, v1.connectionCount, v2.connectionCount]).toEqual(['ready', 1, 0])
    })

    it('one rig looks first, and all others follow', async () => {
      const rigs = ['x.rig1', 'x.rig2', 'x.rig3']
      const { v2, v1, port, lines } = await onFallback({ lines: 'per-rig' }, rigs)
      expect(v1.connectionCount).toBe(3)
      await v2.listen(port)
      await harness!.pass(5 * MINUTE_MS, 10_000)
      for (const line of lines) await line.untilJob(1)
      expect(v2.connectionCount).toBe(1)
      expect(v2.openUsers.sort()).toEqual(['farm.rig1', 'farm.rig2', 'farm.rig3'])
      for (const line of lines) await mineOne(line, v2)
      await harness!.pass(31_000)
      await until('the old connections to be left', () => v1.openCount === 0)
    })
  })
})

describe('the only pool', () => {
  it('restarts, and mining goes on (the reference translator ends: sv2-apps 673)', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    const { port } = pool
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool))
    await line.untilJob()
    for (let n = 1; n <= 3; n++) {
      await pool.stop()
      await line.untilPhase('waiting')
      await pool.listen(port)
      await harness.passUntil('the pool to be back', () => line.jobs.length === n + 1)
      await mineOne(line, pool)
    }
  })

  it('is away for an hour: attempts grow apart to a minute at most, and the first after its return succeeds', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    const { port } = pool
    harness = new LineHarness([pool], { backoff: DEFAULT_BACKOFF })
    const line = harness.open(configOf(pool))
    await line.untilJob()
    await pool.stop()
    await line.untilPhase('waiting')
    await harness.pass(60 * MINUTE_MS, 5_000)
    expect(harness.dialled.length).toBeGreaterThan(60)
    expect(harness.dialled.length).toBeLessThan(140)
    await pool.listen(port)
    await harness.pass(61_000, 1_000)
    await line.untilJob(1)
    await mineOne(line, pool)
  })

  it('has a name, which is looked up for every attempt (sv2-apps could not: stratum 1399)', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const config = configOf(pool)
    const line = harness.open({
      ...config,
      endpoint: { ...config.endpoint, host: 'localhost' } as PoolEndpoint,
    })
    await line.untilJob()
    pool.drop()
    await harness.passUntil('the pool to be back', () => line.jobs.length === 2)
    await mineOne(line, pool)
    expect(harness.dialled).toEqual(Array(2).fill(`stratum-v2 localhost:${pool.port}`))
    const setups = pool.messages.filter(({ name }) => name === 'SetupConnection')
    expect(setups[0]).toMatchObject({ endpointHost: 'localhost', endpointPort: pool.port })
  })

  it('hears our own account and no hashrate before there is any (Braiins Pool: stratum 1399)', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool, { userIdentity: 'someone.farm' }))
    await line.untilJob()
    expect(pool.messages.find(({ name }) => name === 'OpenExtendedMiningChannel')).toMatchObject({
      userIdentity: 'someone.farm',
      nominalHashRate: 0,
    })
    line.upstream.setNominalHashrate(2e12)
    await until('the rate to be told', () => pool.messages.at(-1)?.name === 'UpdateChannel')
    expect(pool.messages.at(-1)).toMatchObject({ nominalHashRate: Math.fround(2e12) })
  })
})

describe('after the machine slept', () => {
  it('a line that waits for its next attempt makes it now', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    const { port } = pool
    harness = new LineHarness([pool], { backoff: { ...DEFAULT_BACKOFF, firstMs: 600_000, maxMs: 600_000 } })
    const line = harness.open(configOf(pool))
    await line.untilJob()
    await pool.stop()
    await line.untilPhase('waiting')
    await pool.listen(port)
    line.upstream.nudge()
    await line.untilJob(1)
  })

  it('a V1 line that gets an answer stays', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool))
    await line.untilJob()
    await harness.pass(1_000)
    line.upstream.nudge()
    line.upstream.nudge()
    await until(
      'the question',
      () => pool.requests.filter(({ method }) => method === 'mining.authorize').length === 2,
    )
    await mineOne(line, pool)
    await harness.pass(6_000)
    expect([pool.connectionCount, line.phase]).toEqual([1, 'ready'])
  })

  it('a V1 line that gets none connects anew within seconds, and its shares are sent again', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    pool.restoresSessions = true
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool))
    await line.untilJob()
    await harness.pass(1_000)
    pool.deafen()
    line.mine(2)
    line.upstream.nudge()
    await harness.pass(5_100)
    await line.untilJob(1)
    await line.untilSettled()
    expect(line.outcomes).toEqual(['acknowledged', 'acknowledged'])
    expect(line.states.at(-2)).toMatchObject({ phase: 'connecting' })
  })

  it('a V2 line that hears nothing is replaced by another connection before it is left', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const lines = await harness.openRigs(configOf(pool, { lines: 'per-rig' }), ['x.rig1', 'x.rig2'])
    await harness.pass(1_000)
    pool.answering = 'held'
    for (const line of lines) line.mine(1)
    await until('the shares', () => pool.shares.length === 2)
    for (const line of lines) line.upstream.nudge()
    await until('the question', () => pool.messages.at(-1)?.name === 'UpdateChannel')
    await harness.pass(5_100)
    for (const line of lines) await line.untilJob(1)
    expect(lines.map(({ phase }) => phase)).toEqual(['ready', 'ready'])
    expect(lines.flatMap(({ states }) => states.filter(({ phase }) => phase === 'waiting'))).toEqual([])
    pool.release()
    for (const line of lines) await line.untilSettled()
    for (const line of lines) expect(line.outcomes).toEqual(['acknowledged'])
    await harness.pass(31_000)
    await until('the old connection to be left', () => pool.openCount === 1)
    for (const line of lines) await mineOne(line, pool)
    expect(pool.connectionCount).toBe(2)
  })

  it('a V2 line that hears something in time stays', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool))
    await line.untilJob()
    await harness.pass(1_000)
    line.upstream.nudge()
    await harness.pass(1_000)
    pool.sendJob()
    await line.untilJob(1)
    await harness.pass(10_000, 1_000)
    expect(pool.connectionCount).toBe(1)
  })

  it('a V2 line that hears nothing, where nobody answers, keeps what it has until it is known to be dead', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    const { port } = pool
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool))
    await line.untilJob()
    await harness.pass(1_000)
    pool.closeListener()
    line.upstream.nudge()
    await harness.pass(5_100)
    await until('the attempt', () => harness!.dialled.length === 2)
    await harness.pass(1_000)
    expect(line.phase).toBe('ready')
    await mineOne(line, pool)
    expect(port).toBeGreaterThan(0)
  })
})

describe('a pool that sends us on', () => {
  it('to another host is not followed unless that is allowed, and the reason is shown when it closes then', async () => {
    for (const Kind of [FakeSv1Pool, FakeSv2Pool]) {
      const pool = await new Kind({ name: 'a' }).listen()
      const here = new LineHarness([pool])
      const line = here.open(configOf(pool))
      await line.untilJob()
      if (pool instanceof FakeSv1Pool) pool.reconnect(['elsewhere.example', 3333, 0])
      else pool.reconnect('elsewhere.example', 3333)
      await until('the refusal', () => here.logged('pool wanted to send us to another host').length === 1)
      await mineOne(line, pool)
      pool.drop()
      await line.untilPhase('waiting')
      expect(line.problem?.message).toMatch(
        /Before that it asked us to move to elsewhere\.example; the pool's settings do not allow another host\./,
      )
      await here.passUntil('the pool to be back', () => line.jobs.length === 2)
      expect(new Set(here.dialled).size).toBe(1)
      await here.stop()
    }
  })

  it('to another host is followed where that is allowed', async () => {
    for (const Kind of [FakeSv1Pool, FakeSv2Pool]) {
      const pool = await new Kind({ name: 'a' }).listen()
      const other = await new Kind({
        name: 'b',
        ...('authority' in pool ? { authority: pool.authority } : {}),
      }).listen()
      const here = new LineHarness([pool, other])
      const line = here.open(configOf(pool, { mayMoveTo: 'any-host' }))
      await line.untilJob()
      if (pool instanceof FakeSv1Pool) pool.reconnect(['localhost', other.port, 0])
      else (pool as FakeSv2Pool).reconnect('localhost', other.port)
      await here.passUntil('the other', () => line.jobs.length === 2)
      expect(line.upstream.endpoint).toMatchObject({ host: 'localhost', port: other.port })
      expect(line.states.find(({ phase }) => phase === 'waiting')).toMatchObject({
        problem: { code: 'pool/reconnect' },
      })
      await mineOne(line, other)
      await here.stop()
    }
  })

  it('in a circle is followed slower and slower', async () => {
    const authority = (await FakeSv2Pool.start({ name: 'x' })).authority
    const one = await FakeSv2Pool.start({ name: 'a', authority })
    const two = await FakeSv2Pool.start({ name: 'b', authority })
    harness = new LineHarness([one, two], { backoff: DEFAULT_BACKOFF })
    const line = harness.open(configOf(one))
    const turn = setInterval(() => {
      one.reconnect('', two.port)
      two.reconnect('', one.port)
    }, 1)
    await harness.pass(10 * MINUTE_MS, 1_000)
    clearInterval(turn)
    expect(one.connectionCount + two.connectionCount).toBeLessThan(35)
    expect(line.phase).not.toBe('blocked')
  })
})
