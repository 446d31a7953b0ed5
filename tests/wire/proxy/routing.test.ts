/** Several pools at once: this rig there, so much of the hashrate there, and one line for each where a pool wants it. */
import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_ROUTING, type RoutingConfig } from '../../../src-main/proxy/index.ts'
import { EASY } from '../../support/proxy/fake-pool.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { FakeRig, type RigJob } from '../../support/proxy/fake-rig.ts'
import { type HarnessOptions, ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

const errorsOf = (replies: readonly { error: unknown }[]): unknown[] => replies.map(({ error }) => error)
const keyOf = (user: string): string => `${user}@127.0.0.1`
const rules = (byPool: Readonly<Record<string, readonly string[]>>): RoutingConfig => ({
  ...DEFAULT_ROUTING,
  rules: Object.entries(byPool).map(([poolId, users]) => ({ poolId, rigKeys: users.map(keyOf) })),
})
/** Good enough for the pools, also when a rig that found little was told less. */
const STRONG = { difficulty: 1.02 * EASY }
const isOf = (poolName: string) => (job: RigJob) => FakeRig.poolNameOf(job).startsWith(`/${poolName} `)

async function startPools(options: HarnessOptions = {}): Promise<{ a: FakeSv1Pool; b: FakeSv2Pool }> {
  const a = await FakeSv1Pool.start({ name: 'a', rollableSize: 4 })
  const b = await FakeSv2Pool.start({ name: 'b', rollableSize: 16 })
  harness = await ProxyHarness.start([a, b], options)
  return { a, b }
}

describe('a rule', () => {
  it('takes a rig to its own pool while the others stay, on the same sockets, and back', async () => {
    const { a, b } = await startPools()
    const [one, two] = [
      await harness.rigAtWork({ user: 'one', versionMask: 0x1fffe000 }),
      await harness.rigAtWork({ user: 'two' }),
    ]
    await Promise.all([one.mine(1), two.mine(1)])
    harness.engine.setRouting(rules({ b: ['two'] }))
    await two.job(isOf('b'), 'a job of b')
    expect(two.lastJob.clean).toBe(true)
    expect(errorsOf([...(await one.mine(2)), ...(await two.mine(3))])).toEqual([null, null, null, null, null])
    await harness.untilSettled()
    expect([a.acknowledged, b.acknowledged]).toEqual([4, 3])
    const report = harness.expectBalanced()
    expect(report.downstreams.upserts.map(({ name, poolId }) => [name, poolId])).toEqual([
      ['one', 'a'],
      ['two', 'b'],
    ])
    expect(report.pools.map(({ rigCount, lineCount }) => [rigCount, lineCount])).toEqual([
      [1, 1],
      [1, 1],
    ])
    expect(one.jobs.some(isOf('b'))).toBe(false)
    harness.engine.setRouting(DEFAULT_ROUTING)
    await until('a job of a', () => isOf('a')(two.lastJob))
    expect(errorsOf(await two.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    expect([a.acknowledged, b.acknowledged]).toEqual([6, 3])
    expect([one.closed, two.closed]).toEqual([false, false])
    harness.expectBalanced()
    harness.expectPoolsAgree()
    await harness.pass(31_000, 1000)
    await until('b to be left', () => b.openCount === 0)
  })

  it('sends a rig that connects later to its pool at once, never to another', async () => {
    const { a, b } = await startPools()
    harness.engine.setRouting(rules({ b: ['late'] }))
    await harness.untilReady(a)
    const late = await harness.rigAtWork({ user: 'late' })
    expect(FakeRig.poolNameOf(late.jobs[0]!)).toMatch(/^\/b /)
    expect(errorsOf(await late.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    expect([a.acknowledged, b.acknowledged]).toEqual([0, 2])
    harness.expectBalanced()
  })

  it('is not moved by a switch of the others', async () => {
    const { a, b } = await startPools()
    const [one, two] = [await harness.rigAtWork({ user: 'one' }), await harness.rigAtWork({ user: 'two' })]
    harness.engine.setRouting(rules({ a: ['two'] }))
    const { downstreams } = await harness.engine.activate('b')
    expect(downstreams).toEqual({ total: 1, seamless: 1, setExtranonce: 0, reconnected: 0 })
    await until('a job of b', () => isOf('b')(one.lastJob))
    expect(errorsOf([...(await one.mine(2)), ...(await two.mine(2))])).toEqual([null, null, null, null])
    await harness.untilSettled()
    expect([a.acknowledged, b.acknowledged]).toEqual([2, 2])
    expect(two.jobs).toHaveLength(1)
    harness.expectBalanced()
    harness.expectPoolsAgree()
  })

  it('whose pool is dead leaves its rigs with the pool in use, and takes them when it is back for good', async () => {
    const { a, b } = await startPools()
    const rig = await harness.rigAtWork({ user: 'one' })
    harness.engine.setRouting(rules({ b: ['one'] }))
    await until('a job of b', () => isOf('b')(rig.lastJob))
    await harness.pass(2000, 500)
    const { port } = b
    await b.stop()
    await harness.pass(6000, 500)
    await until('a job of a', () => isOf('a')(rig.lastJob))
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    expect(a.acknowledged).toBe(2)
    await b.listen(port)
    await harness.untilReady(b)
    await harness.pass(60_000, 1000)
    expect(isOf('a')(rig.lastJob)).toBe(true)
    for (let n = 0; n < 5; n++) {
      b.sendJob()
      await harness.pass(60_000, 1000)
    }
    await until('a job of b', () => isOf('b')(rig.lastJob))
    expect(errorsOf(await rig.mine(1, undefined, STRONG))).toEqual([null])
    expect(rig.closed).toBe(false)
  })

  it('tells a rig the mask and the difficulty of its new pool before the job', async () => {
    const a = await FakeSv1Pool.start({ name: 'a', versionMask: 0x1fffe000 })
    const b = await FakeSv1Pool.start({ name: 'b', versionMask: 0x00ffe000, difficulty: 1e-8 })
    harness = await ProxyHarness.start([a, b])
    const rig = await harness.rigAtWork({ user: 'one', versionMask: 0x1fffe000 })
    const known = rig.messages.length
    harness.engine.setRouting(rules({ b: ['one'] }))
    await until('a job of b', () => isOf('b')(rig.lastJob))
    expect(rig.messages.slice(known).map(({ method }) => method)).toEqual([
      'mining.set_version_mask',
      'mining.set_difficulty',
      'mining.notify',
    ])
    expect(rig.lastJob.versionMask).toBe(0x00ffe000)
    expect(rig.lastJob.difficulty).toBeLessThanOrEqual(1e-8)
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    expect(b.acknowledged).toBe(2)
  })

  it('that sends a rig to and fro within one job never has it do the same work again', async () => {
    const { a, b } = await startPools()
    const rig = await harness.rigAtWork({ user: 'one', restartsCounter: 'with-clean-jobs' })
    for (let n = 0; n < 3; n++) {
      await rig.mine(3)
      harness.engine.setRouting(rules({ b: ['one'] }))
      await until('a job of b', () => isOf('b')(rig.lastJob))
      await rig.mine(3)
      harness.engine.setRouting(DEFAULT_ROUTING)
      await until('a job of a', () => isOf('a')(rig.lastJob))
    }
    await harness.untilSettled()
    expect([a.acknowledged, b.acknowledged]).toEqual([9, 9])
    expect(harness.expectBalanced().counts).toMatchObject({ duplicate: 0, rejected: 0, stale: 0 })
  })
})

describe('a split', () => {
  it('has rigs at both pools, and goes over to the one that is left when the other dies', async () => {
    const { a, b } = await startPools()
    const rigs = await Promise.all(['one', 'two', 'three', 'four'].map((user) => harness.rigAtWork({ user })))
    harness.engine.setRouting({
      ...DEFAULT_ROUTING,
      split: [
        { poolId: 'a', ratio: 0.5 },
        { poolId: 'b', ratio: 0.5 },
      ],
    })
    await harness.pass(1000)
    const at = (poolName: string): number => rigs.filter((rig) => isOf(poolName)(rig.lastJob)).length
    await until('two at each', () => at('a') === 2 && at('b') === 2)
    await Promise.all(rigs.map((rig) => rig.mine(2)))
    await harness.untilSettled()
    expect([a.acknowledged, b.acknowledged]).toEqual([4, 4])
    await b.stop()
    await harness.pass(6000, 500)
    await until('all at a', () => at('a') === 4)
    expect(rigs.every((rig) => !rig.closed)).toBe(true)
    harness.expectBalanced()
  })

  it('slices the time of a single rig', async () => {
    const { a, b } = await startPools()
    const rig = await harness.rigAtWork({ user: 'one' })
    harness.engine.setRouting({
      ...DEFAULT_ROUTING,
      split: [
        { poolId: 'a', ratio: 0.75 },
        { poolId: 'b', ratio: 0.25 },
      ],
    })
    for (let n = 0; n < 120; n++) {
      await harness.pass(5000, 1000)
      await rig.mine(1, undefined, STRONG)
    }
    await harness.untilSettled()
    harness.expectBalanced()
    // The parts are the planner's affair; here it is about the way to and fro.
    const visits = rig.jobs.filter((job, n) => isOf('b')(job) && !isOf('b')(rig.jobs[n - 1] ?? job)).length
    expect(visits).toBeGreaterThanOrEqual(3)
    expect(b.acknowledged).toBeGreaterThanOrEqual(3)
    expect(harness.report().counts).toMatchObject({ duplicate: 0, rejected: 0, lost: 0 })
    expect(a.rejected + b.rejected).toBe(0)
    expect(rig.closed).toBe(false)
  })
})

describe('a pool with a line for each rig', () => {
  it.each(['V1', 'V2'] as const)('(%s) gives each its own job, and counts each on its own', async (kind) => {
    const a = await (kind === 'V1' ? FakeSv1Pool : FakeSv2Pool).start({ name: 'a' })
    const b = await FakeSv2Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b], {
      configOf: (pool) => (pool === a ? { lines: 'per-rig' } : {}),
    })
    const rigs = [await harness.rigAtWork({ user: 'one' }), await harness.rigAtWork({ user: 'two' })]
    await Promise.all(rigs.map((rig) => rig.mine(2)))
    await harness.untilSettled()
    expect(a.acknowledged).toBe(4)
    await harness.pass(5000, 1000)
    expect(harness.poolStatus(a)).toMatchObject({ rigCount: 2, lineCount: 2 })
    const { downstreams } = await harness.engine.activate('b')
    expect(downstreams).toMatchObject({ total: 2, seamless: 2 })
    await until('jobs of b', () => rigs.every((rig) => isOf('b')(rig.lastJob)))
    await Promise.all(rigs.map((rig) => rig.mine(1, undefined, STRONG)))
    await harness.engine.activate('a')
    await until('jobs of a', () => rigs.every((rig) => isOf('a')(rig.lastJob)))
    await Promise.all(rigs.map((rig) => rig.mine(1, undefined, STRONG)))
    await harness.untilSettled()
    expect([a.acknowledged, b.acknowledged]).toEqual([6, 2])
    expect(rigs.every((rig) => !rig.closed)).toBe(true)
    harness.expectBalanced()
    harness.expectPoolsAgree()
  })

  it('can be switched to before any rig is there', async () => {
    const { b } = await startPools({ configOf: (pool) => (pool.name === 'b' ? { lines: 'per-rig' } : {}) })
    const { downstreams } = await harness.engine.activate('b')
    expect(downstreams.total).toBe(0)
    const rig = await harness.rigAtWork({ user: 'one' })
    expect(isOf('b')(rig.lastJob)).toBe(true)
    await rig.mine(1)
    await harness.untilSettled()
    expect(b.acknowledged).toBe(1)
  })

  it('closes the line of a rig that left, after the time for answers', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([a], { configOf: () => ({ lines: 'per-rig' }) })
    const [one] = [await harness.rigAtWork({ user: 'one' }), await harness.rigAtWork({ user: 'two' })]
    await harness.pass(33_000, 1000)
    await until('two lines', () => a.openCount === 2)
    one.close()
    await until('it to be gone', () => harness.report().onlineCount === 1)
    await harness.pass(32_000, 1000)
    await until('one line', () => a.openCount === 1)
  })
})

describe('a pool that is listened to', () => {
  it('is connected without rigs, told no hashrate, and shown', async () => {
    const { a, b } = await startPools({ configOf: (pool) => (pool.name === 'b' ? { listens: true } : {}) })
    await harness.untilReady(a)
    await harness.untilReady(b)
    const rig = await harness.rigAtWork()
    b.sendJob()
    await rig.mine(1)
    await harness.untilSettled()
    expect([a.acknowledged, b.acknowledged]).toEqual([1, 0])
    await harness.pass(1000)
    expect(harness.poolStatus(b)).toMatchObject({ rigCount: 0, lineCount: 1, health: { verdict: 'good' } })
    expect(harness.engine.currentJob('b')?.poolId).toBe('b')
    expect(rig.jobs.some(isOf('b'))).toBe(false)
  })
})
