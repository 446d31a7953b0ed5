/** What the proxy and a V2 pool say to each other, word for word, and what becomes of it when words are lost or twisted. */
import { afterEach, describe, expect, it } from 'vitest'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { type FakeRig, type RigJob } from '../../support/proxy/fake-rig.ts'
import { sniffedSv2Pool, type SniffedPool } from '../../support/proxy/sniffed-chain.ts'
import { type Sv2Sniffer } from '../../support/proxy/sniffer-sv2.ts'
import { until } from '../../support/proxy/until.ts'

type Pool = SniffedPool<Sv2Sniffer>

/** What the pools want, whatever a rig is asked for. */
const STRONG = { difficulty: 1.02e-7 }
/** The pool acknowledges what has waited for two seconds. */
const ACKNOWLEDGEMENT_MS = 2_500

let harness: ProxyHarness
afterEach(async () => harness.stop())

async function idle(id = 'a'): Promise<Pool> {
  harness = await ProxyHarness.start([], { active: null })
  return sniffedSv2Pool(harness, id)
}

/** A rig at work behind the proxy, and the start of the conversation behind us. */
async function atWork(): Promise<{ a: Pool; rig: FakeRig }> {
  const a = await idle()
  harness.engine.setPools([a.config], 'a')
  const rig = await harness.rigAtWork()
  await expectStart(a.sniffer)
  return { a, rig }
}

async function expectStart(sniffer: Sv2Sniffer, on?: number): Promise<void> {
  const up = { from: 'downstream', on } as const
  const down = { from: 'upstream', on } as const
  await sniffer.expect('SetupConnection', up)
  await sniffer.expect('SetupConnection.Success', down)
  await sniffer.expect('OpenExtendedMiningChannel', up)
  await sniffer.expect('OpenExtendedMiningChannel.Success', down)
  await sniffer.expect('NewExtendedMiningJob', down)
  await sniffer.expect('SetNewPrevHash', down)
}

/** Without a wait for the replies: some need time to pass. */
const mine = (rig: FakeRig, count: number, job?: RigJob): void => void rig.mine(count, job, STRONG)

const counts = (): ReturnType<typeof harness.report>['counts'] => harness.report().counts

async function untilCounts(what: string, holds: (now: ReturnType<typeof counts>) => boolean): Promise<void> {
  await until(what, () => holds(counts()))
}

describe('the proxy and a V2 pool', () => {
  it('say nothing to each other but what a start, a share, a new block and a switch need', async () => {
    const a = await idle()
    const { sniffer } = a
    harness.engine.setPools([a.config], 'a')

    const setup = await sniffer.expect('SetupConnection', { from: 'downstream' })
    expect(setup).toMatchObject({ protocol: 0, minVersion: 2, maxVersion: 2, flags: 4, deviceId: '' })
    expect(await sniffer.expect('SetupConnection.Success', { from: 'upstream' })).toMatchObject({ flags: 0 })
    const request = await sniffer.expect('OpenExtendedMiningChannel', { from: 'downstream' })
    expect(request).toMatchObject({ userIdentity: 'farm.worker', nominalHashRate: 0, minExtranonceSize: 8 })
    const channel = await sniffer.expect('OpenExtendedMiningChannel.Success', { from: 'upstream' })
    const job = await sniffer.expect('NewExtendedMiningJob', { from: 'upstream' })
    expect(job).toMatchObject({ channelId: channel.channelId, minNtime: null })
    const tip = await sniffer.expect('SetNewPrevHash', { from: 'upstream' })
    expect(tip.jobId).toBe(job.jobId)

    const rig = await harness.rigAtWork({ versionMask: 0x1fffe000 })
    mine(rig, 1)
    const share = await sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    expect(share).toMatchObject({ channelId: channel.channelId, sequenceNumber: 0, jobId: job.jobId })
    expect(share.extranonce).toHaveLength(channel.extranonceSize)
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    const acknowledgement = await sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    expect(acknowledgement).toMatchObject({ lastSequenceNumber: 0, newSubmitsAcceptedCount: 1 })

    a.chain.foreignBlock()
    const next = await sniffer.expect('NewExtendedMiningJob', { from: 'upstream' })
    expect(next.minNtime).toBeNull()
    const nextTip = await sniffer.expect('SetNewPrevHash', { from: 'upstream' })
    expect(nextTip.jobId).toBe(next.jobId)
    expect(nextTip.prevHash).not.toEqual(tip.prevHash)
    await until('the rig to be told', () => rig.lastJob.clean && rig.jobs.length > 1)
    mine(rig, 1)
    const later = await sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    expect(later).toMatchObject({ sequenceNumber: 1, jobId: next.jobId })
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    // Two shares say too little of our hashrate: no UpdateChannel tells the pool a guess.

    const b = await sniffedSv2Pool(harness, 'b')
    harness.engine.setPools([a.config, b.config], null)
    const before = rig.jobs.length
    await harness.engine.activate('b')
    await expectStart(b.sniffer)
    await until('a job of the other pool', () => rig.jobs.length > before)
    mine(rig, 1)
    const moved = await b.sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    expect(moved.sequenceNumber).toBe(0)
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await b.sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    for (const { sniffer: one } of [a, b]) {
      one.allow('UpdateChannel', { from: 'downstream' })
      // The practice chain renews its template every half minute.
      one.allow('NewExtendedMiningJob', { from: 'upstream', where: ({ minNtime }) => minNtime !== null })
    }
    // Late shares are awaited for half a minute, then the old pool is told that we leave.
    await harness.pass(35_000, 1_000)
    const goodbye = await sniffer.expect('CloseChannel', { from: 'downstream' })
    expect(goodbye.channelId).toBe(channel.channelId)

    sniffer.end()
    b.sniffer.end()
    expect([a.core.totals, b.core.totals]).toMatchObject([
      { accepted: 2, rejected: 0 },
      { accepted: 1, rejected: 0 },
    ])
    expect(harness.expectBalanced().counts).toMatchObject({ acknowledged: 3, rejected: 0, lost: 0 })
  })
})

describe('a SubmitShares.Success that is', () => {
  it('lost on the way leaves its share pending, and the next one is not taken for it', async () => {
    const { a, rig } = await atWork()
    a.sniffer.allow('UpdateChannel')
    a.sniffer.drop('SubmitShares.Success')
    mine(rig, 1)
    await a.sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await until('the drop', () => a.sniffer.all('SubmitShares.Success').length === 1)
    expect(harness.expectBalanced().counts).toMatchObject({ valid: 1, pending: 1, acknowledged: 0 })

    mine(rig, 1)
    await a.sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    const { newSubmitsAcceptedCount } = await a.sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    expect(newSubmitsAcceptedCount).toBe(1)
    await untilCounts('the acknowledgement', ({ acknowledged }) => acknowledged === 1)
    expect(harness.expectBalanced().counts).toMatchObject({ valid: 2, pending: 1, acknowledged: 1, lost: 0 })

    // Only when the connection is over it is known that the answer will not come.
    a.sniffer.end()
    a.sniffer.wire.cut()
    await untilCounts('the loss', ({ lost }) => lost === 1)
    expect(harness.expectBalanced().counts).toMatchObject({ valid: 2, pending: 0, acknowledged: 1, lost: 1 })
    expect(a.core.totals).toMatchObject({ accepted: 2 })
  })

  it('sent twice counts once', async () => {
    const { a, rig } = await atWork()
    a.sniffer.allow('UpdateChannel')
    a.sniffer.duplicate('SubmitShares.Success')
    mine(rig, 2)
    await a.sniffer.expectEach('downstream', 'SubmitSharesExtended', 'SubmitSharesExtended')
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await until('an acknowledgement', () => a.sniffer.all('SubmitShares.Success').length === 1)
    await untilCounts('the books to take it', ({ acknowledged }) => acknowledged === 2)
    mine(rig, 1)
    await a.sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await a.sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    await untilCounts('the last', ({ acknowledged }) => acknowledged === 3)
    a.sniffer.end()
    expect(harness.expectBalanced().counts).toMatchObject({ valid: 3, pending: 0, acknowledged: 3 })
  })

  it('said to be of more shares than were sent credits no more than there are', async () => {
    const { a, rig } = await atWork()
    a.sniffer.allow('UpdateChannel')
    a.sniffer.replace('SubmitShares.Success', (message) => ({ ...message, newSubmitsAcceptedCount: 1_000 }))
    mine(rig, 2)
    await a.sniffer.expectEach('downstream', 'SubmitSharesExtended', 'SubmitSharesExtended')
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await untilCounts('the books to take it', ({ acknowledged }) => acknowledged > 0)
    a.sniffer.end()
    expect(harness.expectBalanced().counts).toMatchObject({ valid: 2, acknowledged: 2, pending: 0 })
    expect(harness.logs.filter(({ message }) => /were not sent/.test(message))).toHaveLength(1)
  })
})

describe('the answer to the opening of a channel that is', () => {
  it('late keeps rigs waiting, and none of them is let go or given a job that is none', async () => {
    const a = await idle()
    const opened = a.sniffer.delay('OpenExtendedMiningChannel.Success')
    harness.engine.setPools([a.config], 'a')
    const rig = await harness.rig()
    await opened.caught
    await harness.pass(14_000, 1_000)
    expect([rig.closed, rig.jobs.length]).toEqual([false, 0])
    opened.release()
    await rig.firstJob()
    await expectStart(a.sniffer)
    mine(rig, 1)
    await a.sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await a.sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    a.sniffer.allow('UpdateChannel')
    a.sniffer.end()
    await untilCounts('the acknowledgement', ({ acknowledged }) => acknowledged === 1)
    expect(harness.expectBalanced().counts).toMatchObject({ valid: 1, pending: 0 })
  })

  it('too late is not waited for, and the next connection serves the same rig', async () => {
    const a = await idle()
    const opened = a.sniffer.delay('OpenExtendedMiningChannel.Success', { on: 1 })
    harness.engine.setPools([a.config], 'a')
    const rig = await harness.rig()
    await opened.caught
    await harness.pass(30_000, 1_000)
    await until('a second connection', () => {
      harness.clock.advance(1_000)
      return a.sniffer.wire.connectionCount > 1
    })
    opened.release()
    await rig.firstJob()
    await expectStart(a.sniffer, 1)
    await expectStart(a.sniffer, 2)
    a.sniffer.allow('NewExtendedMiningJob', { where: ({ minNtime }) => minNtime !== null })
    a.sniffer.allow('UpdateChannel')
    mine(rig, 1)
    await a.sniffer.expect('SubmitSharesExtended', { from: 'downstream', on: 2 })
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await a.sniffer.expect('SubmitShares.Success', { from: 'upstream', on: 2 })
    a.sniffer.end()
    expect(rig.closed).toBe(false)
    await untilCounts('the acknowledgement', ({ acknowledged }) => acknowledged === 1)
    harness.expectBalanced()
  })

  it('sent twice is passed over the second time', async () => {
    const a = await idle()
    a.sniffer.duplicate('OpenExtendedMiningChannel.Success')
    harness.engine.setPools([a.config], 'a')
    const rig = await harness.rigAtWork()
    mine(rig, 1)
    await a.sniffer.expectEach(
      'downstream',
      'SetupConnection',
      'OpenExtendedMiningChannel',
      'SubmitSharesExtended',
    )
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await a.sniffer.expectEach(
      'upstream',
      'SetupConnection.Success',
      'NewExtendedMiningJob',
      'SetNewPrevHash',
      'SubmitShares.Success',
    )
    a.sniffer.allow('UpdateChannel')
    a.sniffer.end()
    expect(a.sniffer.wire.connectionCount).toBe(1)
    await untilCounts('the acknowledgement', ({ acknowledged }) => acknowledged === 1)
    harness.expectBalanced()
  })
})

describe('the first job that', () => {
  it('never came is not mined: its SetNewPrevHash names nothing, and after ten seconds we connect anew', async () => {
    const a = await idle()
    a.sniffer.drop('NewExtendedMiningJob')
    harness.engine.setPools([a.config], 'a')
    const rig = await harness.rig()
    await until('the tip of no job', () => a.sniffer.all('SetNewPrevHash').length === 1)
    await harness.pass(9_000, 1_000)
    expect([rig.jobs.length, a.sniffer.wire.connectionCount]).toEqual([0, 1])
    await until('a second connection', () => {
      harness.clock.advance(1_000)
      return a.sniffer.wire.connectionCount === 2
    })
    await rig.firstJob()
    a.sniffer.allow('UpdateChannel')
    a.sniffer.allow('NewExtendedMiningJob', { where: ({ minNtime }) => minNtime !== null })
    await a.sniffer.expectEach('downstream', 'SetupConnection', 'OpenExtendedMiningChannel')
    await a.sniffer.expectEach(
      'upstream',
      'SetupConnection.Success',
      'OpenExtendedMiningChannel.Success',
      'SetNewPrevHash',
    )
    a.sniffer.allow('CloseChannel', { from: 'downstream', on: 1 })
    await expectStart(a.sniffer, 2)
    a.sniffer.end()
    expect(rig.closed).toBe(false)
    harness.expectBalanced()
  })

  it('came twice is one job', async () => {
    const a = await idle()
    a.sniffer.duplicate('NewExtendedMiningJob')
    harness.engine.setPools([a.config], 'a')
    const rig = await harness.rigAtWork()
    mine(rig, 1)
    await a.sniffer.expectEach(
      'downstream',
      'SetupConnection',
      'OpenExtendedMiningChannel',
      'SubmitSharesExtended',
    )
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await a.sniffer.expectEach(
      'upstream',
      'SetupConnection.Success',
      'OpenExtendedMiningChannel.Success',
      'SetNewPrevHash',
      'SubmitShares.Success',
    )
    a.sniffer.allow('UpdateChannel')
    a.sniffer.end()
    await untilCounts('the acknowledgement', ({ acknowledged }) => acknowledged === 1)
    harness.expectBalanced()
  })
})

describe('a pool that, in the middle of mining,', () => {
  it('sends a coinbase of garbage is shown to do so, its refusals are booked, and its next block is mined', async () => {
    const { a, rig } = await atWork()
    a.sniffer.allow('UpdateChannel')
    a.sniffer.replace('NewExtendedMiningJob', (job) => ({
      ...job,
      coinbaseTxPrefix: Uint8Array.of(1, 2, 3),
      coinbaseTxSuffix: new Uint8Array(0),
    }))
    a.chain.foreignBlock()
    await a.sniffer.expect('SetNewPrevHash', { from: 'upstream' })
    await until('the job', () => rig.jobs.length === 2)
    expect(harness.engine.currentJob()?.description.coinbaseFault).toMatch(/\w/)
    mine(rig, 1)
    await a.sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    // To the pool the share is for the coinbase that it sent.
    await a.sniffer.expect('SubmitShares.Error', { from: 'upstream' })
    await untilCounts('the refusal', ({ rejected }) => rejected === 1)
    expect(harness.report().pools[0]?.rejectReasons).toEqual({ 'difficulty-too-low': 1 })

    a.chain.foreignBlock()
    await a.sniffer.expectEach('upstream', 'NewExtendedMiningJob', 'SetNewPrevHash')
    await until('the job', () => rig.jobs.length === 3)
    mine(rig, 1)
    await a.sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await a.sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    await untilCounts('the acknowledgement', ({ acknowledged }) => acknowledged === 1)
    a.sniffer.end()
    expect(harness.expectBalanced().counts).toMatchObject({ valid: 2, acknowledged: 1, rejected: 1, lost: 0 })
    expect(rig.closed).toBe(false)
  })

  it('names a job it never sent makes old work stale at once, and is connected anew after ten seconds', async () => {
    const { a, rig } = await atWork()
    const [old] = rig.jobs
    a.sniffer.replace('SetNewPrevHash', (tip) => ({ ...tip, jobId: 0x7fff_ffff }))
    a.chain.foreignBlock()
    await a.sniffer.expect('NewExtendedMiningJob', { from: 'upstream' })
    await until('the tip', () => harness.logs.some(({ message }) => message === 'pool broke a rule'))
    const [reply] = await rig.mine(1, old, STRONG)
    expect(reply?.error?.[0]).toBe(21)
    await until('a second connection', () => {
      harness.clock.advance(1_000)
      return a.sniffer.wire.connectionCount === 2
    })
    await until('a job', () => rig.jobs.length > 1)
    a.sniffer.allow('CloseChannel', { from: 'downstream', on: 1 })
    a.sniffer.allow('NewExtendedMiningJob', { where: ({ minNtime }) => minNtime !== null })
    a.sniffer.allow('UpdateChannel')
    await expectStart(a.sniffer, 2)
    mine(rig, 1)
    await a.sniffer.expect('SubmitSharesExtended', { from: 'downstream', on: 2 })
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await a.sniffer.expect('SubmitShares.Success', { from: 'upstream', on: 2 })
    await untilCounts('the acknowledgement', ({ acknowledged }) => acknowledged === 1)
    a.sniffer.end()
    expect(harness.expectBalanced().counts).toMatchObject({ stale: 1, valid: 1, lost: 0, rejected: 0 })
    expect(rig.closed).toBe(false)
  })

  it('sets a target that nothing meets is left with a reason, and its rigs stay connected', async () => {
    const { a, rig } = await atWork()
    a.sniffer.replace('NewExtendedMiningJob', (job) => [
      { name: 'SetTarget', channelId: job.channelId, maximumTarget: new Uint8Array(32) },
      job,
    ])
    a.chain.foreignBlock()
    await a.sniffer.expect('SetNewPrevHash', { from: 'upstream' })
    // The connection may still take our leave, or may not.
    a.sniffer.allow('CloseChannel', { from: 'downstream' })
    await until('the end', () => harness.logs.some(({ fields }) => fields.code === 'pool/bad-job'))
    a.sniffer.end()
    expect(harness.report().pools[0]?.state).toMatchObject({ problem: { code: 'pool/bad-job' } })
    harness.expectBalanced()
    expect(rig.closed).toBe(false)
  })

  it('sets an easier target has its very next job mined at it, and no share before refused', async () => {
    const { a, rig } = await atWork()
    a.sniffer.allow('UpdateChannel')
    a.sniffer.replace('NewExtendedMiningJob', (job) => [
      { name: 'SetTarget', channelId: job.channelId, maximumTarget: new Uint8Array(32).fill(0xff) },
      job,
    ])
    const [old] = rig.jobs
    const last = rig.solve(old, STRONG)
    a.chain.foreignBlock()
    await a.sniffer.expect('SetNewPrevHash', { from: 'upstream' })
    await until('the job', () => rig.jobs.length === 2)
    expect((await rig.submit(last)).error?.[0]).toBe(21)
    mine(rig, 1)
    await a.sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await a.sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    await untilCounts('the acknowledgement', ({ acknowledged }) => acknowledged === 1)
    a.sniffer.end()
    expect(harness.expectBalanced().counts).toMatchObject({ stale: 1, valid: 1, rejected: 0 })
  })

  it('says its SetNewPrevHash twice, as to a channel and its group, has nothing dropped for it', async () => {
    const { a, rig } = await atWork()
    a.sniffer.duplicate('SetNewPrevHash')
    a.chain.foreignBlock()
    await a.sniffer.expect('NewExtendedMiningJob', { from: 'upstream' })
    await until('the job', () => rig.jobs.length === 2)
    mine(rig, 1)
    await a.sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    await harness.pass(ACKNOWLEDGEMENT_MS, 500)
    await a.sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    await untilCounts('the acknowledgement', ({ acknowledged }) => acknowledged === 1)
    a.sniffer.end()
    expect(a.sniffer.wire.connectionCount).toBe(1)
    expect(harness.logs.filter(({ message }) => message === 'pool broke a rule')).toEqual([])
    harness.expectBalanced()
  })
})
