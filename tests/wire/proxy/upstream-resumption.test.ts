/** What becomes of shares when the connection to a pool ends: sent again where the pool restores the session, lost otherwise. */
import { afterEach, describe, expect, it } from 'vitest'
import { type FakePoolOptions } from '../../support/proxy/fake-pool.ts'
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

async function started(options: FakePoolOptions = {}): Promise<{ pool: FakeSv1Pool; line: TestLine }> {
  const pool = await FakeSv1Pool.start({ name: 'a', ...options })
  pool.restoresSessions = true
  harness = new LineHarness([pool])
  const line = harness.open(configOf(pool))
  await line.untilJob()
  return { pool, line }
}

/** Sends shares that the pool gets and does not answer, and cuts the connection. */
async function cutWithUnanswered(pool: FakeSv1Pool, line: TestLine, count: number): Promise<void> {
  const before = pool.shares.length
  pool.answering = 'never'
  line.mine(count)
  await until('the shares', () => pool.shares.length === before + count)
  await cut(pool, line)
}

async function cut(pool: FakeSv1Pool, line: TestLine): Promise<void> {
  pool.drop()
  await line.untilPhase('waiting')
  pool.answering = 'at-once'
}

describe('a V1 pool that restores the session', () => {
  it('gets the shares again that it never got, in order, under their own jobs, and each is acknowledged', async () => {
    const { pool, line } = await started()
    const old = line.job
    pool.sendJob()
    await line.untilJob(1)
    await cut(pool, line)
    // Found while there is no connection: for work that is still good.
    expect(line.upstream.accepts(old.id)).toBe(true)
    expect(line.mine(2, { job: old })).toBe(true)
    expect(line.mine(1, { job: line.jobs[1]! })).toBe(true)
    expect(line.upstream.vitals.unansweredCount).toBe(3)
    await harness!.passUntil('the session to be back', () => line.jobs.length === 3)
    await line.untilSettled()
    expect(line.outcomes).toEqual(['acknowledged', 'acknowledged', 'acknowledged'])
    expect(pool.shares.map(({ jobId }) => jobId)).toEqual([1, 1, 2])
    expect(
      pool.requests.filter(({ method }) => method === 'mining.subscribe').map(({ params }) => params[1]),
    ).toEqual([undefined, 's1'])
    // And the older jobs go on to be good.
    expect([...line.dropped]).toEqual([])
    line.mine(1, { job: old })
    await line.untilSettled()
    expect([pool.acknowledged, pool.rejected]).toEqual([4, 0])
  })

  it('says "duplicate" to a share whose answer was lost: it is neither acknowledged nor rejected but lost', async () => {
    const { pool, line } = await started()
    await cutWithUnanswered(pool, line, 3)
    expect(line.outcomes).toEqual(['pending', 'pending', 'pending'])
    line.mine(1, { job: line.jobs[0]! })
    await harness!.passUntil('the session to be back', () => line.jobs.length === 2)
    await line.untilSettled()
    expect(line.outcomes).toEqual(['lost', 'lost', 'lost', 'acknowledged'])
    expect(line.lostBecause).toEqual(['the pool had it, and its answer was lost'])
    expect(pool.shares.map(({ refusal }) => refusal)).toEqual([
      null,
      null,
      null,
      'duplicate-share',
      'duplicate-share',
      'duplicate-share',
      null,
    ])
  })

  it('is not sent a share twice more when it breaks off again', async () => {
    const { pool, line } = await started()
    await cut(pool, line)
    line.mine(2, { job: line.jobs[0]! })
    pool.muteFrom = 'job'
    await harness!.passUntil('the second connection', () => pool.connectionCount === 2)
    await until('the second session', () => pool.requests.at(-1)?.method === 'mining.authorize')
    line.mine(1, { job: line.jobs[0]! })
    await cut(pool, line)
    pool.muteFrom = null
    await harness!.passUntil('the third session', () => line.jobs.length === 2)
    await line.untilSettled()
    expect(line.outcomes).toEqual(['acknowledged', 'acknowledged', 'acknowledged'])
    expect(pool.shares).toHaveLength(3)
  })

  it('but has forgotten its jobs refuses them, and that is what is booked', async () => {
    const { pool, line } = await started()
    pool.forgetsJobs = true
    await cut(pool, line)
    line.mine(2, { job: line.jobs[0]! })
    pool.sendJob()
    await harness!.passUntil('the session to be back', () => line.jobs.length === 2)
    await line.untilSettled()
    expect(line.outcomes).toEqual(['rejected', 'rejected'])
  })

  it.each([
    ['on a new block', (pool: FakeSv1Pool) => pool.newTip(), 'there is a new block'],
    [
      'with another extranonce',
      (pool: FakeSv1Pool) => void (pool.restoresSessions = false),
      'the pool gave another extranonce',
    ],
    [
      'with fewer version bits',
      (pool: FakeSv1Pool) => void (pool.versionMask = 0),
      'the pool allows fewer version bits',
    ],
  ])('%s is not sent old shares: they are lost, and the reason is told', async (_, change, because) => {
    const { pool, line } = await started()
    await cutWithUnanswered(pool, line, 2)
    line.mine(1, { job: line.jobs[0]! })
    change(pool)
    await harness!.passUntil('the pool to be back', () => line.jobs.length === 2)
    expect(line.outcomes).toEqual(['lost', 'lost', 'lost'])
    expect(line.lostBecause).toEqual([because])
    expect([...line.dropped]).toEqual([line.jobs[0]!.id])
    expect(line.upstream.accepts(line.jobs[0]!.id)).toBe(false)
    line.mine(1)
    await line.untilSettled()
    expect([pool.acknowledged, pool.shares.length]).toEqual([1, 3])
  })

  it('too late finds nothing kept: after two minutes the shares are lost and their jobs not accepted', async () => {
    const { pool, line } = await started()
    const { port } = pool
    await cutWithUnanswered(pool, line, 2)
    await pool.stop()
    await harness!.pass(119_000, 7_000)
    expect(line.outcomes).toEqual(['pending', 'pending'])
    await harness!.pass(1_500)
    expect(line.outcomes).toEqual(['lost', 'lost'])
    expect(line.lostBecause).toEqual(['the pool did not come back in time'])
    expect(line.upstream.accepts(line.jobs[0]!.id)).toBe(false)
    await pool.listen(port)
    await harness!.passUntil('the pool to be back', () => line.jobs.length === 2)
    expect([...line.dropped]).toEqual([line.jobs[0]!.id])
  })

  it('is not waited for when we stop: what is kept is lost', async () => {
    const { pool, line } = await started()
    await cutWithUnanswered(pool, line, 2)
    line.upstream.stop()
    expect(line.outcomes).toEqual(['lost', 'lost'])
    expect(line.upstream.accepts(line.jobs[0]!.id)).toBe(false)
  })

  it('is sent ten thousand at most: later ones are not taken', async () => {
    const { pool, line } = await started()
    await cut(pool, line)
    const share = { jobId: line.jobs[0]!.id, rollable: new Uint8Array(8), ntime: 0, nonce: 0, version: 0 }
    let taken = 0
    while (taken < 20_000 && line.upstream.submit(share, { share, outcome: null }, 'rig')) taken++
    expect(taken).toBe(10_000)
    expect(line.upstream.accepts(line.jobs[0]!.id)).toBe(false)
  })
})

describe('a V1 pool that hangs up on a session id', () => {
  it('is asked again without, at once', async () => {
    const { pool, line } = await started()
    pool.refusesSessionIds = true
    await cutWithUnanswered(pool, line, 1)
    await harness!.passUntil('the pool to be back', () => line.jobs.length === 2)
    expect(line.outcomes).toEqual(['lost'])
    expect(pool.connectionCount).toBe(3)
    await cut(pool, line)
    await harness!.passUntil('the pool to be back', () => line.jobs.length === 3)
    expect(pool.connectionCount).toBe(4)
  })
})

describe('a V2 pool', () => {
  it('restores no session: unanswered shares are lost, the reason is shown, and old jobs are not accepted', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool))
    await line.untilJob()
    pool.answering = 'never'
    line.mine(2)
    await until('the shares', () => pool.shares.length === 2)
    pool.drop()
    await line.untilPhase('waiting')
    expect(line.outcomes).toEqual(['lost', 'lost'])
    expect(line.problem?.message).toMatch(/ 2 shares had no answer and are lost\.$/)
    expect(line.upstream.accepts(line.jobs[0]!.id)).toBe(false)
    expect(line.upstream.currentJob).toBeNull()
  })
})
