/** What rigs are told and held to: never more than the pool wants, pinned job by job, no work done twice. */
import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes } from '../../../src-main/base/index.ts'
import { EASY } from '../../support/proxy/fake-pool.ts'
import { FakeRig } from '../../support/proxy/fake-rig.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

const errorsOf = (replies: readonly { error: unknown }[]): unknown[] => replies.map(({ error }) => error)

describe('the difficulty a rig is told', () => {
  it.each(['V1', 'V2'])(
    'is never above that of the job at a %s pool, up, down and after switches',
    async (kind) => {
      const pool = await (kind === 'V1' ? FakeSv1Pool : FakeSv2Pool).start({ name: 'a' })
      const other = await FakeSv1Pool.start({ name: 'b', difficulty: EASY / 3 })
      harness = await ProxyHarness.start([pool, other])
      const rig = await harness.rigAtWork({ user: 'plain' })
      const eager = await harness.rigAtWork({
        user: 'eager',
        suggestDifficulty: 1000,
        minimumDifficulty: 500,
      })
      const rigs = [rig, eager]
      for (const difficulty of [1e-7, 4e-7, 1.5, 2e-8, 3e-10, 12_345.678, 3e-7]) {
        const known = rigs.map(({ jobs }) => jobs.length)
        pool.setDifficulty(difficulty)
        pool.newTip()
        await until('the job', () => rigs.every(({ jobs }, n) => jobs.length > known[n]!))
        await harness.pass(3000, 1000)
      }
      await harness.engine.activate('b')
      await until('the job of b', () =>
        rigs.every(({ lastJob }) => FakeRig.poolNameOf(lastJob).startsWith('/b ')),
      )
      for (const job of rigs.flatMap(({ jobs }) => jobs)) {
        const name = FakeRig.poolNameOf(job)
        const difficulty = (name.startsWith('/a ') ? pool : other).difficultyOf.get(name)!
        expect(job.difficulty, name).toBeLessThanOrEqual(difficulty * (1 + 1e-12))
      }
    },
  )

  it('reaches it with the job at once when the pool asks for less, and after a while when it asks for more', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a', difficulty: 3e-8 })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    const first = rig.lastJob
    pool.setDifficulty(6e-7)
    pool.sendJob()
    await until('the job', () => rig.lastJob !== first)
    expect(rig.lastJob.difficulty).toBe(first.difficulty)
    // Shares come far too fast for a rig of this difficulty: vardiff raises it as far as the pool allows.
    for (let second = 0; second < 90 && rig.lastJob.difficulty < 5.9e-7; second++) {
      await rig.mine(30)
      await harness.pass(1000)
      await new Promise((done) => setTimeout(done, 3))
    }
    expect(rig.lastJob.difficulty).toBeGreaterThan(5.9e-7)
    expect(rig.lastJob.difficulty).toBeLessThanOrEqual(6e-7)
  })

  it('is what its shares are held to, job by job, when it rises', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a', difficulty: 4e-7 })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rig({ suggestDifficulty: EASY })
    await harness.pass(1100)
    const easy = await rig.job(({ difficulty }) => difficulty <= EASY, 'the job it suggested')
    await rig.call('mining.suggest_difficulty', [4e-7])
    await harness.pass(1950)
    const hard = await rig.job(({ difficulty }) => difficulty > 3.9e-7, 'the harder job')
    expect(errorsOf(await rig.mine(1, easy, { difficulty: 1.1 * EASY, below: 3e-7 }))).toEqual([null])
    const [low] = await rig.mine(1, hard, { difficulty: 1.1 * EASY, below: 3e-7 })
    expect(low?.error).toEqual([23, 'Low difficulty share', null])
    expect(errorsOf(await rig.mine(1, hard))).toEqual([null])
    await harness.untilSettled()
    expect(harness.expectBalanced().counts).toMatchObject({ weak: 1, invalid: 1, acknowledged: 1 })
  })

  it('counts at once for jobs already out when it falls', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a', difficulty: 4e-7 })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    const hard = rig.lastJob
    const options = { difficulty: 1.1 * EASY, below: 3e-7 }
    expect((await rig.mine(1, hard, options))[0]?.error?.[0]).toBe(23)
    await rig.call('mining.suggest_difficulty', [EASY])
    await harness.pass(1100)
    await rig.job(({ difficulty }) => difficulty <= EASY, 'the easier job')
    // Firmware that applies a new difficulty at once does so to the job it has.
    expect(errorsOf(await rig.mine(1, hard, options))).toEqual([null])
    expect(harness.expectBalanced().counts).toMatchObject({ weak: 1, invalid: 1 })
  })
})

describe('the same job sent again', () => {
  it('for a new difficulty has a later time, so that a rig that counts anew does other work', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a', difficulty: 4e-7 })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork({ restartsCounter: 'with-every-job' })
    await rig.mine(2)
    for (const difficulty of [2e-7, 1e-7, 5e-8]) {
      const before = rig.lastJob
      await rig.call('mining.suggest_difficulty', [difficulty])
      await harness.pass(1100)
      await until('the job again', () => rig.lastJob !== before)
      expect(rig.lastJob.ntime).toBeGreaterThan(before.ntime)
      expect(rig.lastJob.clean).toBe(false)
      expect(equalBytes(rig.lastJob.coinb1, before.coinb1)).toBe(true)
      expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    }
    await harness.untilSettled()
    expect(harness.expectBalanced().counts.duplicate).toBe(0)
  })

  it('keeps a rig supplied every minute, with a later time, as long as the pool says nothing new', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork({ restartsCounter: 'with-every-job', suggestDifficulty: EASY })
    for (let minute = 1; minute <= 3; minute++) {
      const before = rig.lastJob
      await rig.mine(6, undefined, { difficulty: EASY })
      await harness.pass(55_000, 5000)
      await rig.mine(1, undefined, { difficulty: EASY })
      await harness.pass(10_000, 5000)
      await until('the keepalive', () => rig.lastJob !== before)
      expect(rig.lastJob.ntime).toBeGreaterThanOrEqual(before.ntime + 55)
      expect(rig.lastJob.ntime).toBeLessThanOrEqual(pool.jobTime + 65 * minute + 2)
      expect(rig.lastJob.clean).toBe(false)
    }
    expect(errorsOf(await rig.mine(1, undefined, { difficulty: EASY }))).toEqual([null])
    await harness.untilSettled()
    const { counts } = harness.expectBalanced()
    expect(counts).toMatchObject({ duplicate: 0, rejected: 0, acknowledged: 22 })
    harness.expectPoolsAgree()
  })

  it('is not sent when nothing can be earned with it: a rig that comes then waits for the next one', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    await harness.rigAtWork()
    pool.newTipWithoutJob()
    await until('the fault to be noticed', () =>
      harness.logs.some(({ message }) => message === 'pool broke a rule'),
    )
    const late = await harness.rig({ user: 'late' })
    await late.call('mining.ping', [])
    expect(late.jobs).toEqual([])
    pool.sendJob()
    await late.firstJob()
    expect(errorsOf(await late.mine(1))).toEqual([null])
  })
})
