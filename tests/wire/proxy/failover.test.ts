/** Pools that fail and return: someone stands in, nobody flaps, and rigs keep their sockets whatever happens. */
import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes } from '../../../src-main/base/index.ts'
import { DEFAULT_ROUTING } from '../../../src-main/proxy/index.ts'
import { EASY, type FakePool } from '../../support/proxy/fake-pool.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { FakeRig, type RigJob } from '../../support/proxy/fake-rig.ts'
import { configOf, ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

const errorsOf = (replies: readonly { error: unknown }[]): unknown[] => replies.map(({ error }) => error)
const isOf = (poolName: string) => (job: RigJob) => FakeRig.poolNameOf(job).startsWith(`/${poolName} `)
const kinds = (): string[] =>
  harness.reports.flatMap(({ poolEvents }) => poolEvents).map(({ kind, poolId }) => `${kind} ${poolId}`)

/** Good enough for the pools, also when a rig that found little was told less. */
const STRONG = { difficulty: 1.02 * EASY }

interface JobGiver extends FakePool {
  sendJob(): void
}

/** Lets time pass until something has happened, half a second at a time. */
async function passUntil(what: string, condition: () => boolean): Promise<void> {
  for (let n = 0; n < 120 && !condition(); n++) await harness.pass(500)
  await until(what, condition)
}

/** A pool that is gone, and whose absence was noticed. */
async function kill(pool: FakePool): Promise<void> {
  await pool.stop()
  await until(`the loss of ${pool.name}`, () => {
    const { phase } = harness.poolStatus(pool).state
    return phase === 'waiting' || phase === 'connecting'
  })
}

/** Time as it passes at a pool that gives a job every half minute. */
async function passWithJobs(totalMs: number, ...pools: readonly JobGiver[]): Promise<void> {
  for (let passed = 0; passed < totalMs; passed += 30_000) {
    for (const pool of pools) pool.sendJob()
    await harness.pass(30_000, 1000)
  }
}

describe('a pool that dies', () => {
  it('is stood in for within seconds, by the next in order, and taken back when it has served well for a while (broken fallback: sv2-apps 466)', async () => {
    const a = await FakeSv2Pool.start({ name: 'a' })
    const b = await FakeSv1Pool.start({ name: 'b' })
    const c = await FakeSv1Pool.start({ name: 'c' })
    harness = await ProxyHarness.start([a, b, c])
    const rigs = [await harness.rigAtWork({ user: 'one' }), await harness.rigAtWork({ user: 'two' })]
    await harness.pass(2000, 500)
    const { port } = a
    await kill(a)
    await passUntil('jobs of b', () => rigs.every((rig) => isOf('b')(rig.lastJob)))
    expect(errorsOf((await Promise.all(rigs.map((rig) => rig.mine(2, undefined, STRONG)))).flat())).toEqual([
      null,
      null,
      null,
      null,
    ])
    await harness.untilSettled()
    expect(b.acknowledged).toBe(4)
    const during = harness.expectBalanced()
    expect(during).toMatchObject({ activePoolId: 'b', preferredPoolId: 'a' })
    expect(during.standIn?.because).toMatch(/refused the connection|closed/)
    expect(during.pools[0]?.health).toMatchObject({ verdict: 'bad' })
    await a.listen(port)
    await harness.untilReady(a)
    await passWithJobs(4 * 60_000, a, b)
    expect(harness.report().activePoolId).toBe('b')
    await passWithJobs(90_000, a, b)
    await until('jobs of a', () => rigs.every((rig) => isOf('a')(rig.lastJob)))
    expect(harness.report()).toMatchObject({ activePoolId: 'a', preferredPoolId: 'a', standIn: null })
    await Promise.all(rigs.map((rig) => rig.mine(1, undefined, STRONG)))
    await harness.untilSettled()
    expect(a.acknowledged).toBe(2)
    expect(rigs.every((rig) => !rig.closed)).toBe(true)
    expect(kinds().filter((kind) => /failed-over|returned/.test(kind))).toEqual([
      'failed-over b',
      'returned a',
    ])
    expect(c.connectionCount).toBe(0)
    harness.expectBalanced()
  })

  it('is not left when it comes back in a second or two', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv1Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b])
    const rig = await harness.rigAtWork()
    await harness.pass(2000, 500)
    const known = rig.jobs.length
    a.drop()
    await harness.untilPhase(a, 'waiting')
    await harness.untilReady(a)
    await until('a job', () => rig.jobs.length > known)
    await harness.pass(10_000, 500)
    expect(harness.report().activePoolId).toBe('a')
    expect(b.connectionCount).toBe(0)
  })

  it('is not stood in for when the person does not want that, or by a pool that is disabled', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv1Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b], {
      configOf: (pool) => (pool === b ? { enabled: false } : {}),
    })
    const rig = await harness.rigAtWork()
    const config = configOf(a)
    await kill(a)
    await harness.pass(60_000, 1000)
    expect(b.connectionCount).toBe(0)
    harness.engine.setRouting({ ...DEFAULT_ROUTING, failover: { enabled: false, returnAfterMs: 60_000 } })
    harness.engine.setPools([config, configOf(b)])
    await harness.pass(60_000, 1000)
    expect(b.connectionCount).toBe(0)
    expect(harness.report().activePoolId).toBe('a')
    expect(rig.closed).toBe(false)
  })

  it('is stood in for by the first that really gives a job, not by the first that accepts a connection', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv1Pool.start({ name: 'b' })
    b.muteFrom = 'job'
    const c = await FakeSv2Pool.start({ name: 'c' })
    harness = await ProxyHarness.start([a, b, c])
    const rig = await harness.rigAtWork()
    await harness.pass(1000)
    await kill(a)
    await passUntil('a job of c', () => isOf('c')(rig.lastJob))
    await until('b to be left', () => b.openCount === 0)
    await rig.mine(1, undefined, STRONG)
    await harness.untilSettled()
    expect(c.acknowledged).toBe(1)
  })

  it('as the stand-in hands over to the next, and the person can end it all with a click', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv1Pool.start({ name: 'b' })
    const c = await FakeSv1Pool.start({ name: 'c' })
    harness = await ProxyHarness.start([a, b, c])
    const rig = await harness.rigAtWork()
    await harness.pass(1000)
    const { port } = a
    await kill(a)
    await passUntil('a job of b', () => isOf('b')(rig.lastJob))
    await kill(b)
    await passUntil('a job of c', () => isOf('c')(rig.lastJob))
    await a.listen(port)
    await harness.engine.activate('a')
    await until('a job of a', () => isOf('a')(rig.lastJob))
    expect(harness.report()).toMatchObject({ activePoolId: 'a', preferredPoolId: 'a', standIn: null })
    expect(rig.closed).toBe(false)
  })
})

describe('a pool that is connected but does not do its work', () => {
  it('is left when it refuses most shares all of a sudden, and its reasons are kept', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv1Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b])
    const rig = await harness.rigAtWork()
    await rig.mine(20, undefined, STRONG)
    await harness.untilSettled()
    await harness.pass(2000, 1000)
    a.refuseWith = 'account suspended'
    await rig.mine(60, undefined, STRONG)
    await harness.untilSettled()
    await harness.pass(25_000, 1000)
    await until('a job of b', () => isOf('b')(rig.lastJob))
    const report = harness.expectBalanced()
    expect(report.activePoolId).toBe('b')
    expect(report.standIn?.because).toMatch(/The a refused \d+ of the last \d+ shares/)
    expect(harness.poolStatus(a).rejectReasons).toEqual({ 'account suspended': 60 })
    harness.expectPoolsAgree()
  })

  it('is left when it answers no share any more', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv1Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b])
    const rig = await harness.rigAtWork()
    await rig.mine(10, undefined, STRONG)
    await harness.untilSettled()
    await harness.pass(2000, 1000)
    a.answering = 'never'
    await rig.mine(70, undefined, STRONG)
    await passWithJobs(4 * 60_000, a)
    await until('a job of b', () => isOf('b')(rig.lastJob))
    expect(harness.report().standIn?.because).toMatch(/The a has left 70 shares without an answer/)
  })
})

describe('an hour without any pool', () => {
  it('keeps the sockets of the rigs, tells them a job every minute, and resumes', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv2Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b])
    const rigs = [
      await harness.rigAtWork({ user: 'one' }),
      await harness.rigAtWork({ user: 'two', versionMask: 0x1fffe000 }),
    ]
    await harness.pass(2000, 500)
    const ports = [a.port, b.port] as const
    await b.stop()
    await kill(a)
    for (let minute = 0; minute < 60; minute++) {
      const known = rigs.map((rig) => rig.jobs.length)
      await harness.pass(60_000, 2000)
      await until(`a job in minute ${minute}`, () => rigs.every((rig, n) => rig.jobs.length > known[n]!))
    }
    expect(rigs.map((rig) => rig.closed)).toEqual([false, false])
    // A rig that is switched on meanwhile is not sent away either.
    const late = await harness.rig({ user: 'late' })
    await Promise.all([a.listen(ports[0]), b.listen(ports[1])])
    const dead = rigs.map((rig) => rig.lastJob.coinb1)
    await harness.pass(120_000, 2000)
    await until('a job that earns', () => rigs.every((rig, n) => !equalBytes(rig.lastJob.coinb1, dead[n]!)))
    expect(
      errorsOf((await Promise.all([...rigs, late].map((rig) => rig.mine(2, undefined, STRONG)))).flat()),
    ).toEqual(Array.from({ length: 6 }, () => null))
    await harness.untilSettled()
    expect(a.acknowledged + b.acknowledged).toBe(6)
    expect([...rigs, late].map((rig) => rig.closed)).toEqual([false, false, false])
    harness.expectBalanced()
  })
})

describe('what users of the reference translator complain of', () => {
  it('does not shut down when its only pool restarts (sv2-apps 673), and goes back to it (sv2-apps 32)', async () => {
    const a = await FakeSv2Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([a])
    const rig = await harness.rigAtWork()
    for (let restart = 0; restart < 3; restart++) {
      const { port } = a
      const { coinb1 } = rig.lastJob
      await kill(a)
      await harness.pass(10_000, 1000)
      await a.listen(port)
      await harness.untilReady(a)
      // Each connection has a prefix of its own.
      await until('a job', () => !equalBytes(rig.lastJob.coinb1, coinb1))
      expect(errorsOf(await rig.mine(1, undefined, STRONG))).toEqual([null])
      await harness.untilSettled()
    }
    expect(a.acknowledged).toBe(3)
    expect(rig.closed).toBe(false)
    harness.expectBalanced()
  })

  it('gives a miner a job at least once a minute, so that none reconnects after 120 s of silence (sv2-apps 136)', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([a])
    const rig = await harness.rigAtWork()
    const [first] = rig.jobs
    for (let minute = 0; minute < 5; minute++) {
      const known = rig.jobs.length
      await harness.pass(61_000, 1000)
      await until('a job', () => rig.jobs.length > known)
    }
    expect(rig.lastJob.clean).toBe(false)
    expect(rig.lastJob.ntime).toBeGreaterThan(first!.ntime)
    expect(errorsOf(await rig.mine(2, undefined, STRONG))).toEqual([null, null])
    expect(errorsOf(await rig.mine(1, first, STRONG))).toEqual([null])
    await harness.untilSettled()
    expect(a.acknowledged).toBe(3)
  })

  it.each(['setup', 'open'] as const)(
    'falls back when a pool refuses at %s (sv2-apps 32, and sv2-apps 466 as far as it is about mining)',
    async (step) => {
      const a = await FakeSv2Pool.start({ name: 'a' })
      if (step === 'setup') a.refuseSetup = 'protocol-version-mismatch'
      else a.refuseOpen = ['unknown-user', 'unknown-user', 'unknown-user']
      const b = await FakeSv2Pool.start({ name: 'b' })
      harness = await ProxyHarness.start([a, b])
      const rig = await harness.rig()
      await passUntil('a job', () => rig.jobs.length > 0)
      expect(isOf('b')(rig.lastJob)).toBe(true)
      expect(errorsOf(await rig.mine(1, undefined, STRONG))).toEqual([null])
      expect(rig.closed).toBe(false)
    },
  )

  it('has no share of a small miner refused after the target changed, until a new job arrives (sv2-apps 20)', async () => {
    const a = await FakeSv2Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([a])
    const rig = await harness.rigAtWork()
    const job = rig.lastJob
    a.setDifficulty(8 * EASY)
    expect(errorsOf(await rig.mine(3, job))).toEqual([null, null, null])
    a.setDifficulty(a.difficulty / 64)
    expect(errorsOf(await rig.mine(3, job))).toEqual([null, null, null])
    await harness.untilSettled()
    expect(harness.expectBalanced().counts).toMatchObject({ invalid: 0, rejected: 0, acknowledged: 6 })
  })

  it('shows a hashrate that is measured from shares, not derived from a target, and that falls when they stop (sv2-apps 289)', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([a])
    const rig = await harness.rigAtWork()
    expect(harness.report().hashrateHs).toBe(0)
    for (let n = 0; n < 12; n++) {
      await rig.mine(1, undefined, STRONG)
      await harness.pass(5000)
    }
    const working = harness.report()
    expect(working.hashrateHs).toBeGreaterThan(0)
    expect(working.pools[0]?.hashrateHs).toBe(working.hashrateHs)
    await harness.pass(6 * 60_000, 30_000)
    harness.report()
    await harness.pass(1000)
    expect(harness.report()).toMatchObject({ hashrateHs: 0, hashingCount: 0 })
  })
})
