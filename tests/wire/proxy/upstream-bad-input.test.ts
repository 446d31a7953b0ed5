/** What pools may say that no pool should: it is passed over or ends one line, and the books stay true. */
import { afterEach, describe, expect, it } from 'vitest'
import { targetOfDifficulty } from '../../../src-main/mining/index.ts'
import { type MiningConnectionMessage } from '../../../src-main/sv2/index.ts'
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

async function started(): Promise<{ pool: FakeSv2Pool; line: TestLine; channelId: number }> {
  const pool = await FakeSv2Pool.start({ name: 'a' })
  harness = new LineHarness([pool])
  const line = harness.open(configOf(pool))
  await line.untilJob()
  return { pool, line, channelId: 11 }
}

/** A job that came after what was sent: all of it has been read. */
async function readAll(pool: FakeSv2Pool, line: TestLine): Promise<void> {
  const known = line.jobs.length
  pool.sendJob()
  await line.untilJob(known)
}

async function expectGood(pool: FakeSv2Pool | FakeSv1Pool, line: TestLine): Promise<void> {
  const before = pool.acknowledged
  line.mine(2)
  await line.untilSettled()
  expect([pool.acknowledged - before, line.phase]).toEqual([2, 'ready'])
}

describe('a pool that lies about counts', () => {
  const success = (channelId: number, last: number, count: number): MiningConnectionMessage => ({
    name: 'SubmitShares.Success',
    channelId,
    lastSequenceNumber: last,
    newSubmitsAcceptedCount: count,
    newSharesSum: 0n,
  })

  it.each([
    ['acknowledges more than was sent', 2, 4_000_000_000, 3],
    ['acknowledges what was never sent', 1_000_000, 1, 1],
    ['acknowledges only what came before anything was sent', 0xffffffff, 5, 0],
    ['acknowledges nothing', 2, 0, 0],
    ['acknowledges fewer than were sent', 1, 2, 2],
  ])(
    '%s: at most what was sent is booked, and the odd answers are counted',
    async (_, last, count, booked) => {
      const { pool, line, channelId } = await started()
      pool.answering = 'never'
      line.mine(3)
      await until('the shares', () => pool.shares.length === 3)
      pool.send(success(channelId, last, count))
      await readAll(pool, line)
      expect([line.count('acknowledged'), line.count('pending')]).toEqual([booked, 3 - booked])
      expect(line.upstream.vitals).toMatchObject({
        acknowledgedCount: booked,
        unansweredCount: 3 - booked,
        miscountedCount: count - booked,
      })
      expect(harness!.logged('pool acknowledges shares that were not sent')).toHaveLength(
        count > booked ? 1 : 0,
      )
    },
  )

  it('answers one share twice: the first answer counts', async () => {
    const { pool, line, channelId } = await started()
    pool.answering = 'never'
    line.mine(2)
    await until('the shares', () => pool.shares.length === 2)
    const rejection = {
      name: 'SubmitShares.Error',
      channelId,
      sequenceNumber: 0,
      errorCode: 'stale-share',
    } as const
    pool.send(rejection)
    pool.send(rejection)
    pool.send(success(channelId, 0, 1))
    pool.send(success(channelId, 1, 1))
    pool.send({ ...rejection, sequenceNumber: 1 })
    await readAll(pool, line)
    expect(line.outcomes).toEqual(['rejected', 'acknowledged'])
    expect(line.upstream.vitals.miscountedCount).toBe(3)
  })

  it('in V1 answers requests that were never made: they are counted, and nothing else', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool))
    await line.untilJob()
    await expectGood(pool, line)
    for (const id of [6, 6, 77_777, -1, '"x"', 1.5]) pool.raw(`{"id":${id},"result":true,"error":null}\n`)
    await expectGood(pool, line)
    expect([line.upstream.vitals.acknowledgedCount, pool.connectionCount]).toEqual([4, 1])
  })
})

describe('a pool that takes its time', () => {
  it('with a batch is lagging, not losing: shares wait, and the oldest says since when', async () => {
    const { pool, line } = await started()
    pool.batchSize = 10
    line.mine(4)
    await harness!.pass(60_000)
    line.mine(5)
    await until('the shares', () => pool.shares.length === 9)
    await harness!.pass(120_000, 60_000)
    const { oldestUnansweredMs, unansweredCount } = line.upstream.vitals
    expect(unansweredCount).toBe(9)
    expect(harness!.clock.monotonicMs() - oldestUnansweredMs!).toBe(180_000)
    expect(line.count('lost')).toBe(0)
    line.mine(1)
    await line.untilSettled()
    expect(line.upstream.vitals).toMatchObject({
      unansweredCount: 0,
      oldestUnansweredMs: null,
      acknowledgedCount: 10,
      rejectedCount: 0,
    })
  })

  it('has a rhythm, which an outage does not change', async () => {
    const { pool, line } = await started()
    for (let n = 1; n <= 6; n++) {
      await harness!.pass(30_000)
      pool.sendJob()
      await line.untilJob(n)
    }
    expect(line.upstream.vitals.usualJobGapMs).toBe(30_000)
    pool.drop()
    await harness!.passUntil('the pool to be back', () => line.jobs.length === 8)
    expect(line.upstream.vitals).toMatchObject({ usualJobGapMs: 30_000, acknowledgedCount: 0 })
  })
})

describe('a message for a channel that is not ours', () => {
  it('is passed over, said once, and changes nothing', async () => {
    const { pool, line } = await started()
    const [job] = line.jobs
    for (let n = 0; n < 500; n++) {
      const channelId = 500 + n
      pool.send({ name: 'SetTarget', channelId, maximumTarget: new Uint8Array(32) })
      pool.send({ name: 'CloseChannel', channelId, reasonCode: 'x' })
      pool.send({ name: 'SubmitShares.Error', channelId, sequenceNumber: 0, errorCode: 'x' })
      pool.send({
        name: 'SetNewPrevHash',
        channelId,
        jobId: 1,
        prevHash: new Uint8Array(32),
        minNtime: 0,
        nbits: 0,
      })
      pool.send({ name: 'SetExtranoncePrefix', channelId, extranoncePrefix: new Uint8Array(32) })
    }
    pool.send({
      name: 'NewExtendedMiningJob',
      channelId: 500,
      jobId: 77,
      minNtime: 5,
      version: 0,
      versionRollingAllowed: true,
      merklePath: [],
      coinbaseTxPrefix: new Uint8Array(4),
      coinbaseTxSuffix: new Uint8Array(4),
    })
    await readAll(pool, line)
    expect(line.jobs).toHaveLength(2)
    expect(line.dropped.has(job!.id)).toBe(false)
    expect(harness!.logged('message from pool for an unknown channel')).toHaveLength(1)
    await expectGood(pool, line)
  })

  it('or answers to requests that nobody made, are passed over', async () => {
    const { pool, line } = await started()
    pool.send({ name: 'OpenMiningChannel.Error', requestId: 999, errorCode: 'unknown-user' })
    pool.send({
      name: 'OpenExtendedMiningChannel.Success',
      requestId: 1,
      channelId: 4242,
      target: new Uint8Array(32).fill(0xff),
      extranonceSize: 8,
      extranoncePrefix: new Uint8Array(4),
      groupChannelId: 1,
    })
    pool.send({ name: 'RequestExtensions.Success', requestId: 1, supportedExtensions: [2] })
    pool.send({ name: 'SetupConnection.Success', usedVersion: 2, flags: 1 })
    await readAll(pool, line)
    line.mine(1)
    await line.untilSettled()
    expect(pool.workers).toEqual([null])
    await expectGood(pool, line)
  })
})

describe('an id that is given to two channels', () => {
  it('ends the connection, because answers could be for either', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.sameChannelId = 12
    harness = new LineHarness([pool])
    const config = configOf(pool, { lines: 'per-rig' })
    const one = harness.open(config, ownerOf('x.rig1'))
    await one.untilJob()
    const two = harness.open(config, ownerOf('x.rig2'))
    await two.untilPhase('waiting')
    expect(two.problem).toMatchObject({
      code: 'pool/garbage',
      message: expect.stringMatching(/gave one id to two channels\. We connect anew\./) as string,
    })
    pool.sameChannelId = null
    await harness.passUntil('both to be back', () => one.jobs.length === 2 && two.jobs.length === 1)
    await expectGood(pool, one)
    await expectGood(pool, two)
  })
})

describe('a flood of jobs for blocks to come', () => {
  it('is held in bounded memory: the oldest are forgotten, the latest can become active', async () => {
    const { pool, line, channelId } = await started()
    for (let jobId = 10_000; jobId < 12_000; jobId++) {
      pool.send({
        name: 'NewExtendedMiningJob',
        channelId,
        jobId,
        minNtime: null,
        version: 0x20000000,
        versionRollingAllowed: true,
        merklePath: [],
        coinbaseTxPrefix: new Uint8Array(5_000),
        coinbaseTxSuffix: new Uint8Array(4),
      })
    }
    await readAll(pool, line)
    await expectGood(pool, line)
    const tip = {
      name: 'SetNewPrevHash',
      channelId,
      prevHash: new Uint8Array(32),
      minNtime: 5,
      nbits: 0x1d00ffff,
    } as const
    pool.send({ ...tip, jobId: 11_999 })
    await line.untilJob(2)
    expect(line.job.upstreamJobId).toBe('11999')
    pool.send({ ...tip, jobId: 10_000 })
    await until('the fault', () => harness!.logged('pool broke a rule').length > 0)
    expect(line.jobs).toHaveLength(3)
  })
})

describe('an extranonce of no use', () => {
  it.each([
    ['V1', FakeSv1Pool],
    ['V2', FakeSv2Pool],
  ])('from a %s pool ends the line with the reason', async (_, Kind) => {
    const pool = await new Kind({ name: 'a', rollableSize: 0 }).listen()
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool))
    await line.untilPhase('waiting')
    expect(line.problem).toMatchObject({
      code: 'pool/bad-job',
      message:
        'The a leaves us no byte of extranonce, so its jobs cannot be mined. Use another pool, or ask it why.',
    })
    expect(line.jobs).toEqual([])
    pool.rollableSize = 8
    await harness.passUntil('a job', () => line.jobs.length === 1)
  })

  it('longer than 32 bytes is refused', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a', rollableSize: 30, prefixSize: 10 })
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool))
    await line.untilPhase('waiting')
    expect(line.problem).toMatchObject({ message: expect.stringMatching(/extranonce of 40 bytes/) as string })
  })
})

describe('a target that makes no sense', () => {
  it.each([
    ['that nothing meets', new Uint8Array(32), 'infinity'],
    ['harder than any block', targetOfDifficulty(2e19), '2.00e+19'],
  ])('%s ends the line with the reason', async (_, target, text) => {
    const { pool, line, channelId } = await started()
    pool.send({ name: 'SetTarget', channelId, maximumTarget: target })
    pool.sendJob()
    await line.untilPhase('waiting')
    expect(line.problem?.message).toMatch(
      new RegExp(`asks for shares of difficulty ${text.replace('+', '\\+')}, which nobody finds`),
    )
    await harness!.passUntil('the pool to be back', () => line.jobs.length === 2)
    await expectGood(pool, line)
  })

  it('from a V1 pool does the same', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const line = harness.open(configOf(pool))
    await line.untilJob()
    pool.raw('{"id":null,"method":"mining.set_difficulty","params":[1e300]}\n')
    pool.sendJob()
    await line.untilPhase('waiting')
    expect(line.problem?.code).toBe('pool/bad-job')
    await harness.passUntil('the pool to be back', () => line.jobs.length === 2)
  })

  it('that everything meets is the pool to blame for, and is mined at', async () => {
    const { pool, line, channelId } = await started()
    pool.send({ name: 'SetTarget', channelId, maximumTarget: new Uint8Array(32).fill(0xff) })
    pool.sendJob()
    await line.untilJob(1)
    expect([line.phase, line.job.target[31]]).toEqual(['ready', 0xff])
  })
})

describe('a job that cannot be hashed', () => {
  it('for one rig ends its line alone', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const config = configOf(pool, { lines: 'per-rig' })
    const [one, two] = await harness.openRigs(config, ['x.rig1', 'x.rig2'])
    const opened = pool.messages.filter(({ name }) => name === 'OpenExtendedMiningChannel')
    expect(opened).toHaveLength(2)
    pool.send({ name: 'SetTarget', channelId: 11, maximumTarget: new Uint8Array(32) })
    pool.sendJob()
    await one!.untilPhase('waiting')
    await two!.untilJob(1)
    await expectGood(pool, two!)
    await harness.passUntil('the first to be back', () => one!.jobs.length === 2)
    await expectGood(pool, one!)
    expect(pool.connectionCount).toBe(1)
  })
})
