/** Rigs told apart on a shared line: many authorised names at V1 pools, worker names behind shares at V2 pools. */
import { afterEach, describe, expect, it } from 'vitest'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { LineHarness, type TestLine } from '../../support/proxy/line-harness.ts'
import { configOf } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: LineHarness | undefined
afterEach(async () => {
  await harness?.stop()
  harness = undefined
})

describe('many names on one V1 connection', () => {
  async function started(
    change: (pool: FakeSv1Pool) => void = () => {},
  ): Promise<{ pool: FakeSv1Pool; line: TestLine }> {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    change(pool)
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool, { namesRigs: true }))
    await line.untilJob()
    return { pool, line }
  }
  const usersOf = (pool: FakeSv1Pool): string[] => pool.shares.map(({ user }) => user)
  const namesAsked = (pool: FakeSv1Pool): unknown[] =>
    pool.requests.filter(({ method }) => method === 'mining.authorize').map(({ params }) => params[0])

  it('are asked for with the first share of a rig, and used from when the pool said yes', async () => {
    const { pool, line } = await started()
    for (const rigName of ['x.rig1', 'x.rig2']) {
      line.mine(1, { rigName })
      await line.untilSettled()
      line.mine(2, { rigName })
      await line.untilSettled()
    }
    expect(usersOf(pool)).toEqual([
      'farm.worker',
      'farm.rig1',
      'farm.rig1',
      'farm.worker',
      'farm.rig2',
      'farm.rig2',
    ])
    expect(namesAsked(pool)).toEqual(['farm.worker', 'farm.rig1', 'farm.rig2'])
    expect([pool.acknowledged, pool.rejected, pool.connectionCount]).toEqual([6, 0, 1])
  })

  it('are not used while the pool does not answer', async () => {
    const { pool, line } = await started((pool) => (pool.muteNames = true))
    line.mine(1)
    await line.untilSettled()
    line.mine(1)
    await line.untilSettled()
    expect(usersOf(pool)).toEqual(['farm.worker', 'farm.worker'])
    expect(namesAsked(pool)).toEqual(['farm.worker', 'farm.rig1'])
  })

  it('are given up at a pool that refuses them, also on later connections', async () => {
    const { pool, line } = await started((pool) => (pool.refuseNames = 'one worker only'))
    for (const rigName of ['rig1', 'rig2', 'rig3', 'rig4', 'rig5']) {
      line.mine(1, { rigName })
      await line.untilSettled()
    }
    pool.drop()
    await harness!.passUntil('the pool to be back', () => line.jobs.length === 2)
    line.mine(1, { rigName: 'rig9' })
    await line.untilSettled()
    expect(namesAsked(pool)).toEqual(['farm.worker', 'farm.rig1', 'farm.rig2', 'farm.rig3', 'farm.worker'])
    expect(new Set(usersOf(pool))).toEqual(new Set(['farm.worker']))
    expect([pool.acknowledged, pool.rejected]).toEqual([6, 0])
  })

  it('are given up at a pool that hangs up on them', async () => {
    const { pool, line } = await started((pool) => (pool.refuseNames = 'hang-up'))
    line.mine(1)
    await harness!.passUntil('the pool to be back', () => line.jobs.length === 2)
    line.mine(3)
    await line.untilSettled()
    expect([line.count('acknowledged'), pool.connectionCount]).toEqual([3, 2])
  })

  it('are a thousand at most; further rigs are counted with us', async () => {
    const { pool, line } = await started()
    const [job] = line.jobs
    pool.answering = 'never'
    const share = {
      jobId: job!.id,
      rollable: new Uint8Array(8),
      ntime: job!.ntime,
      nonce: 1,
      version: job!.version,
    }
    for (let n = 0; n < 1_200; n++) {
      line.upstream.submit(share, { share, outcome: null }, `rig${n}`)
    }
    await until('all shares', () => pool.shares.length === 1_200)
    expect(namesAsked(pool)).toHaveLength(1_001)
  })

  it('are no matter at a pool for which the person did not ask for them', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool))
    await line.untilJob()
    line.mine(2, { rigName: 'rig7' })
    await line.untilSettled()
    expect(namesAsked(pool)).toEqual(['farm.worker'])
  })
})

describe('worker names behind shares at a V2 pool', () => {
  async function opened(pool: FakeSv2Pool): Promise<TestLine> {
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool, { namesRigs: true }))
    await harness.passUntil('a job', () => line.jobs.length === 1, 100)
    return line
  }

  it('are sent once the pool agreed, in letters it can read', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.extensions = [2]
    const line = await opened(pool)
    line.mine(1, { rigName: 'x.bitaxe1' })
    line.mine(1, { rigName: 'Küche' })
    line.mine(1, { rigName: '' })
    line.mine(1, { rigName: 'y'.repeat(60) })
    await line.untilSettled()
    expect(pool.workers).toEqual(['bitaxe1', 'Kuche', 'rig', 'y'.repeat(32)])
    expect([pool.acknowledged, pool.rejected]).toEqual([4, 0])
    expect(pool.messages.map(({ name }) => name).slice(0, 3)).toEqual([
      'SetupConnection',
      'RequestExtensions',
      'OpenExtendedMiningChannel',
    ])
  })

  it('are left out where the pool refuses them', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.extensions = [3]
    const line = await opened(pool)
    line.mine(1, { rigName: 'x.bitaxe1' })
    await line.untilSettled()
    expect(pool.workers).toEqual([null])
  })

  it('are done without where the pool does not answer, and it is not asked again', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool, { namesRigs: true }))
    await until('the question', () => pool.messages.at(-1)?.name === 'RequestExtensions')
    await harness.pass(4_900)
    expect(line.jobs).toEqual([])
    await harness.pass(200)
    await line.untilJob()
    line.mine(1)
    await line.untilSettled()
    pool.drop()
    await harness.passUntil('the pool to be back', () => line.jobs.length === 2)
    expect(pool.messages.filter(({ name }) => name === 'RequestExtensions')).toHaveLength(1)
    expect(pool.workers).toEqual([null])
  })
})
