/** No share is lost or counted twice, whatever pools and rigs do: after every scenario all books balance. */
import { afterEach, describe, expect, it } from 'vitest'
import { EASY, type FakePoolOptions } from '../../support/proxy/fake-pool.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

const errorsOf = (replies: readonly { error: unknown }[]): unknown[] => replies.map(({ error }) => error)
/** A pause that is over when no time passes. */
const AT_ONCE = { firstMs: 0, maxMs: 0, factor: 2, jitterRatio: 0, steadyAfterMs: 0 }

describe.each(['V1', 'V2'] as const)('shares at a %s pool', (kind) => {
  const start = (options: FakePoolOptions = {}): Promise<FakeSv1Pool | FakeSv2Pool> =>
    (kind === 'V1' ? FakeSv1Pool : FakeSv2Pool).start({ name: 'a', ...options })

  it('are booked by what the pool said, with its reasons, while the rig hears our own verdict', async () => {
    const pool = await start()
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    await rig.mine(3)
    await harness.untilSettled()
    pool.refuseWith = 'too late, sorry'
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    pool.refuseWith = 'account closed'
    await rig.mine(1)
    await harness.untilSettled()
    const { counts } = harness.expectBalanced()
    expect(counts).toMatchObject({ submitted: 6, valid: 6, acknowledged: 3, rejected: 3 })
    expect(harness.poolStatus(pool).rejectReasons).toEqual({ 'too late, sorry': 2, 'account closed': 1 })
    harness.expectPoolsAgree()
  })

  it('are refused here when they are repeated, below the difficulty or of a block that is past', async () => {
    const pool = await start()
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    const job = rig.lastJob
    const share = rig.solve()
    expect((await rig.submit(share)).error).toBeNull()
    expect((await rig.submit(share)).error).toEqual([22, 'Duplicate share', null])
    expect((await rig.submit(rig.solve(job, { below: job.difficulty }))).error).toEqual([
      23,
      'Low difficulty share',
      null,
    ])
    pool.newTip()
    await until('the new tip', () => rig.lastJob !== job)
    expect(rig.lastJob.clean).toBe(true)
    expect((await rig.mine(1, job))[0]?.error).toEqual([
      21,
      'Stale share: the job is no longer current',
      null,
    ])
    await harness.untilSettled()
    const { counts, downstreams } = harness.expectBalanced()
    expect(counts).toMatchObject({ submitted: 4, valid: 1, duplicate: 1, invalid: 1, stale: 1 })
    expect(downstreams.upserts[0]?.invalidReasons).toEqual({
      'duplicate-share': 1,
      'difficulty-too-low': 1,
      'new-block': 1,
    })
    expect(pool.shares).toHaveLength(1)
    harness.expectPoolsAgree()
  })

  it('of an older job are good as long as the block is the same', async () => {
    const pool = await start()
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    const first = rig.lastJob
    pool.sendJob()
    await until('the second job', () => rig.lastJob !== first)
    expect(rig.lastJob.clean).toBe(false)
    expect(errorsOf(await rig.mine(2, first))).toEqual([null, null])
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    expect(harness.expectBalanced().counts.acknowledged).toBe(4)
    harness.expectPoolsAgree()
  })

  it("that meet the rig's difficulty but not the pool's measure the rig and stay here", async () => {
    const pool = await start()
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rig({ suggestDifficulty: EASY / 8 })
    await harness.pass(1100)
    const easy = await rig.job(({ difficulty }) => difficulty < EASY / 4, 'an easier job')
    const weak = await rig.mine(5, easy, { difficulty: easy.difficulty * 1.01, below: EASY })
    expect(errorsOf(weak)).toEqual([null, null, null, null, null])
    const strong = rig.mine(1, easy, { difficulty: EASY * 1.01 })
    expect(errorsOf(await strong)).toEqual([null])
    await harness.untilSettled()
    const { counts, deltas, hashrateHs } = harness.expectBalanced()
    expect(counts).toMatchObject({ submitted: 1, acknowledged: 1, weak: 5, invalid: 0 })
    expect(deltas).toEqual([])
    expect(hashrateHs).toBeGreaterThan(0)
    expect(pool.shares).toHaveLength(1)
    const work = harness.reports
      .flatMap((report) => report.deltas)
      .reduce((sum, { workDifficulty }) => sum + workDifficulty, 0)
    expect(work).toBeCloseTo(6 * easy.difficulty, 20)
  })

  it('without an answer are lost when the pool breaks off, and rigs hash on when it is back', async () => {
    const pool = await start()
    harness = await ProxyHarness.start([pool], { backoff: AT_ONCE })
    const rig = await harness.rigAtWork()
    await rig.mine(2)
    await harness.untilSettled()
    pool.answering = 'never'
    await rig.mine(3)
    await until('the shares to arrive', () => pool.shares.length === 5)
    expect(harness.expectBalanced().counts).toMatchObject({ pending: 3, acknowledged: 2 })
    pool.drop()
    await harness.untilPhase(pool, 'waiting')
    // A V1 pool may restore the session; until that is known, nothing is lost.
    const given = kind === 'V1' ? { pending: 3, lost: 0 } : { pending: 0, lost: 3 }
    expect(harness.expectBalanced().counts).toMatchObject({ ...given, acknowledged: 2 })
    // The rig knows nothing of it and hashes on: what it finds is kept too, or counted as what it is.
    expect(errorsOf(await rig.mine(1))).toEqual([null])
    expect(harness.expectBalanced().counts).toMatchObject({
      ...(kind === 'V1' ? { pending: 4, lost: 0 } : { pending: 0, lost: 4 }),
      submitted: 6,
    })
    pool.answering = 'at-once'
    const stale = rig.lastJob
    await harness.pass(1)
    await until('the next job', () => rig.lastJob !== stale)
    expect(rig.lastJob.clean).toBe(true)
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    expect((await rig.mine(1, stale))[0]?.error?.[0]).toBe(21)
    await harness.untilSettled()
    expect(rig.closed).toBe(false)
    const { counts, poolEvents } = harness.expectBalanced()
    expect(counts).toMatchObject({ acknowledged: 4, lost: 4, stale: 1, rejected: 0 })
    expect(poolEvents).toEqual([])
    expect(harness.reports.flatMap((report) => report.poolEvents).map(({ kind: event }) => event)).toEqual([
      'connected',
      'lost',
      'connected',
    ])
    harness.expectPoolsAgree()
  })

  it('are made for the prefix that is in force: of a new connection, or changed in the middle', async () => {
    const pool = await start()
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    const [extranonce1] = [rig.extranonce1]
    const first = rig.lastJob
    await rig.mine(1)
    const prefix = new Uint8Array([9, 9, 9, 9])
    if (pool instanceof FakeSv1Pool) pool.setExtranonce(prefix, 8)
    else pool.setExtranoncePrefix(prefix)
    pool.sendJob()
    await until('a job with the new prefix', () => rig.lastJob !== first)
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    expect(errorsOf(await rig.mine(2, first))).toEqual([null, null])
    await harness.untilSettled()
    expect(pool.acknowledged).toBe(5)
    expect(rig.extranonce1).toBe(extranonce1)
    harness.expectBalanced()
    harness.expectPoolsAgree()
  })

  it('are held to the difficulty of their own job when the pool changes it', async () => {
    const pool = await start()
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    const first = rig.lastJob
    pool.setDifficulty(EASY * 4)
    expect(errorsOf(await rig.mine(2, first))).toEqual([null, null])
    pool.sendJob()
    await until('the job of the new difficulty', () => rig.lastJob !== first)
    expect(rig.lastJob.difficulty).toBeLessThanOrEqual(EASY * 4)
    expect(errorsOf(await rig.mine(2, undefined, { difficulty: EASY * 4.1 }))).toEqual([null, null])
    pool.setDifficulty(EASY / 4)
    pool.sendJob()
    const easier = await rig.job(({ difficulty }) => difficulty < EASY / 3, 'the easier job')
    expect(easier.difficulty).toBeLessThanOrEqual(EASY / 4)
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    expect(pool.shares.map(({ refusal }) => refusal)).toEqual([null, null, null, null, null, null])
    expect(pool.acknowledged).toBe(6)
    harness.expectBalanced()
    harness.expectPoolsAgree()
  })

  it('that are still without an answer when Headframe stops are lost, and the last report says so', async () => {
    const pool = await start()
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    await rig.mine(1)
    await harness.untilSettled()
    pool.answering = 'never'
    await rig.mine(2)
    await until('the shares to arrive', () => pool.shares.length === 3)
    await harness.stop()
    expect(harness.expectBalanced().counts).toMatchObject({
      submitted: 3,
      acknowledged: 1,
      lost: 2,
      pending: 0,
    })
  })

  it('that solve a block are announced as such', async () => {
    const pool = await start({ nBits: 0x207fffff, difficulty: 1e-9 })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork({ user: 'lucky' })
    await rig.mine(1)
    await harness.untilSettled()
    harness.expectBalanced()
    const [block] = harness.reports.flatMap(({ blocks }) => blocks)
    expect(block).toMatchObject({ poolId: 'a', rigName: 'lucky', height: 65536 + 1 })
    expect(block?.hash).toMatch(/^[0-7][0-9a-f]{63}$/)
  })
})

describe('a V2 pool that acknowledges in batches', () => {
  it('leaves shares pending, not lost, until the batch is full', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.batchSize = 10
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    await rig.mine(9)
    await until('the shares to arrive', () => pool.shares.length === 9)
    expect(harness.expectBalanced().counts).toMatchObject({ valid: 9, pending: 9, acknowledged: 0 })
    await rig.mine(1)
    await harness.untilSettled()
    expect(harness.expectBalanced().counts).toMatchObject({ valid: 10, pending: 0, acknowledged: 10 })
    harness.expectPoolsAgree()
  })
})

describe('several rigs', () => {
  it('are credited for what each of them did', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv2Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b])
    const one = await harness.rigAtWork({ user: 'one' })
    const two = await harness.rigAtWork({ user: 'two' })
    await Promise.all([one.mine(2), two.mine(3)])
    await harness.engine.activate('b')
    await until('the job of b', () => one.jobs.length === 2 && two.jobs.length === 2)
    await Promise.all([one.mine(1), two.mine(4)])
    await harness.untilSettled()
    one.close()
    await until('one to be gone', () => harness.report().onlineCount === 1)
    const back = await harness.rigAtWork({ user: 'one' })
    await back.mine(2)
    await harness.untilSettled()
    harness.expectBalanced()
    harness.expectPoolsAgree()
    expect(harness.rigDeltas('one@127.0.0.1')?.acknowledged).toBe(5)
    expect(harness.rigDeltas('two@127.0.0.1')?.acknowledged).toBe(7)
    expect(harness.reports.flatMap(({ downstreams }) => downstreams.removedIds)).toEqual(['r1'])
  })
})
