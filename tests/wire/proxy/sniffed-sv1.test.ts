/** What is said in V1 on both sides of the proxy, line for line, and what becomes of it when lines are lost or twisted. */
import { afterEach, describe, expect, it } from 'vitest'
import { FakeRig, type RigJob } from '../../support/proxy/fake-rig.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { sniffedSv1Pool, type SniffedPool, sniffProxySv1 } from '../../support/proxy/sniffed-chain.ts'
import { type Sv1Sniffer } from '../../support/proxy/sniffer-sv1.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(async () => harness.stop())

/** What the pools want, whatever a rig is asked for. */
const STRONG = { difficulty: 1.02e-7 }

interface Row {
  readonly pool: SniffedPool<Sv1Sniffer>
  /** Between the rig and the proxy. */
  readonly door: Sv1Sniffer
  readonly rig: FakeRig
}

/** Rig, sniffer, proxy, sniffer, pool; the start of both conversations is behind us. */
async function atWork(): Promise<Row> {
  harness = await ProxyHarness.start([], { active: null })
  const pool = await sniffedSv1Pool(harness, 'a')
  harness.engine.setPools([pool.config], 'a')
  await until('the pool to be ready', () => harness.report().pools[0]?.state.phase === 'ready')
  const door = await sniffProxySv1(harness)
  const rig = await FakeRig.start({
    port: door.wire.port,
    versionMask: 0x1fffe000,
    extranonceSubscribe: true,
  })
  harness.rigs.push(rig)
  await rig.firstJob()
  await expectPoolStart(pool.sniffer)
  await expectRigStart(door)
  return { pool, door, rig }
}

async function expectPoolStart(sniffer: Sv1Sniffer): Promise<void> {
  await sniffer.expectEach(
    'downstream',
    'mining.configure',
    'mining.subscribe',
    'mining.extranonce.subscribe',
    'mining.authorize',
  )
  await sniffer.expectEach(
    'upstream',
    'mining.configure.result',
    'mining.subscribe.result',
    'mining.extranonce.subscribe.result',
    'mining.authorize.result',
    'mining.set_difficulty',
    'mining.notify',
  )
}

async function expectRigStart(sniffer: Sv1Sniffer): Promise<void> {
  for (const name of ['configure', 'subscribe', 'extranonce.subscribe', 'authorize']) {
    await sniffer.expect(`mining.${name}`, { from: 'downstream' })
    const answer = await sniffer.expect(`mining.${name}.result`, { from: 'upstream' })
    expect(answer.body.error ?? null).toBeNull()
  }
  // A rig that has a job before its difficulty works for nothing, or for too much.
  await sniffer.expectEach('upstream', 'mining.set_difficulty', 'mining.notify')
}

/** Without a wait for the replies: some never come. */
const mine = (rig: FakeRig, count: number, job?: RigJob): void => void rig.mine(count, job, STRONG)
const counts = (): ReturnType<typeof harness.report>['counts'] => harness.report().counts

async function expectShare({ pool, door }: Pick<Row, 'pool' | 'door'>): Promise<void> {
  await door.expect('mining.submit', { from: 'downstream' })
  expect((await door.expect('mining.submit.result', { from: 'upstream' })).body.result).toBe(true)
  await pool.sniffer.expect('mining.submit', { from: 'downstream' })
  expect((await pool.sniffer.expect('mining.submit.result', { from: 'upstream' })).body.result).toBe(true)
}

describe('a V1 rig, the proxy and a V1 pool', () => {
  it('say nothing but what a start, a share, a new block and a switch need', async () => {
    const { pool, door, rig } = await atWork()
    mine(rig, 1)
    await expectShare({ pool, door })

    pool.chain.foreignBlock()
    const block = await pool.sniffer.expect('mining.notify', { from: 'upstream' })
    const told = await door.expect('mining.notify', { from: 'upstream' })
    const paramsOf = ({ body }: typeof block): unknown[] => body.params as unknown[]
    // The same block, to be worked on at once.
    expect(paramsOf(told)[1]).toBe(paramsOf(block)[1])
    expect(paramsOf(told)[8]).toBe(true)
    await until('the job', () => rig.jobs.length === 2)
    mine(rig, 1)
    await expectShare({ pool, door })

    const b = await sniffedSv1Pool(harness, 'b')
    harness.engine.setPools([pool.config, b.config], null)
    await harness.engine.activate('b')
    await expectPoolStart(b.sniffer)
    expect(paramsOf(await door.expect('mining.notify', { from: 'upstream' }))[8]).toBe(true)
    await until('the job', () => rig.jobs.length === 3)
    mine(rig, 1)
    await expectShare({ pool: b, door })

    for (const sniffer of [pool.sniffer, b.sniffer, door]) sniffer.end()
    await harness.untilSettled()
    expect(harness.expectBalanced().counts).toMatchObject({ acknowledged: 3, rejected: 0, lost: 0 })
    expect([pool.core.totals.accepted, b.core.totals.accepted]).toEqual([2, 1])
  })
})

describe('a line between the proxy and a V1 pool', () => {
  it('that answers a share and is lost leaves it pending, and lost once the connection ends', async () => {
    const { pool, door, rig } = await atWork()
    pool.sniffer.drop('mining.submit.result')
    mine(rig, 1)
    // The rig hears our own verdict, and does not wait for the pool.
    await door.expectEach('downstream', 'mining.submit')
    await door.expectEach('upstream', 'mining.submit.result')
    await pool.sniffer.expect('mining.submit', { from: 'downstream' })
    await until('the drop', () => pool.sniffer.all('mining.submit.result').length === 1)
    mine(rig, 1)
    await expectShare({ pool, door })
    await until('the other', () => counts().acknowledged === 1)
    expect(harness.expectBalanced().counts).toMatchObject({ valid: 2, pending: 1, lost: 0 })
    pool.sniffer.end()
    door.end()
    await harness.engine.stop()
    expect(harness.expectBalanced().counts).toMatchObject({ pending: 0, acknowledged: 1, lost: 1 })
    expect(pool.core.totals.accepted).toBe(2)
  })

  it('that answers a share and comes twice counts once', async () => {
    const { pool, door, rig } = await atWork()
    pool.sniffer.duplicate('mining.submit.result')
    mine(rig, 1)
    await door.expectEach('downstream', 'mining.submit')
    await door.expectEach('upstream', 'mining.submit.result')
    await pool.sniffer.expect('mining.submit', { from: 'downstream' })
    await until('the answer', () => counts().acknowledged === 1)
    mine(rig, 1)
    await expectShare({ pool, door })
    await until('the other', () => counts().acknowledged === 2)
    pool.sniffer.end()
    door.end()
    expect(harness.expectBalanced().counts).toMatchObject({ valid: 2, acknowledged: 2, pending: 0 })
  })

  it('with a job of garbage is passed over, and the next job is mined', async () => {
    const { pool, door, rig } = await atWork()
    pool.sniffer.replace('mining.notify', ({ name, body }) => {
      const params = [...(body.params as unknown[])]
      params[2] = 'no hex'
      return { name, body: { ...body, params } }
    })
    pool.chain.foreignBlock()
    await until('the garbage', () => pool.sniffer.all('mining.notify').length === 2)
    await harness.pass(5_000, 1_000)
    expect([rig.jobs.length, rig.closed]).toEqual([1, false])
    pool.chain.foreignBlock()
    await pool.sniffer.expect('mining.notify', { from: 'upstream' })
    // While no share came its difficulty fell, which comes with a job of its own.
    door.allow('mining.set_difficulty', { from: 'upstream' })
    door.allow('mining.notify', { from: 'upstream' })
    await until('a job', () => rig.jobs.length > 1)
    mine(rig, 1)
    await expectShare({ pool, door })
    pool.sniffer.end()
    door.end()
    await harness.untilSettled()
    expect(harness.expectBalanced().counts).toMatchObject({ acknowledged: 1, rejected: 0, lost: 0 })
    expect(pool.sniffer.wire.connectionCount).toBe(1)
  })
})

describe('a line between a V1 rig and the proxy', () => {
  it('with a share that comes twice is good once, and the other is refused as what it is', async () => {
    const { pool, door, rig } = await atWork()
    door.duplicate('mining.submit')
    mine(rig, 1)
    const answers = [
      await door.expect('mining.submit.result', { from: 'upstream' }),
      await door.expect('mining.submit.result', { from: 'upstream' }),
    ]
    expect(answers.map(({ body }) => (body.error as unknown[] | null)?.[0] ?? null)).toEqual([null, 22])
    await pool.sniffer.expect('mining.submit', { from: 'downstream' })
    await pool.sniffer.expect('mining.submit.result', { from: 'upstream' })
    door.end()
    pool.sniffer.end()
    await harness.untilSettled()
    expect(harness.expectBalanced().counts).toMatchObject({ submitted: 2, valid: 1, duplicate: 1 })
  })

  it('with an answer that is lost changes no book', async () => {
    const { pool, door, rig } = await atWork()
    door.drop('mining.submit.result')
    mine(rig, 1)
    await door.expect('mining.submit', { from: 'downstream' })
    await pool.sniffer.expectEach('downstream', 'mining.submit')
    await pool.sniffer.expectEach('upstream', 'mining.submit.result')
    await until('the books', () => counts().acknowledged === 1)
    door.end()
    pool.sniffer.end()
    expect(rig.unanswered).toBe(1)
    harness.expectBalanced()
  })
})
