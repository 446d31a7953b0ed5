/** What the proxy and V2 rigs say to each other, word for word: a scripted rig, and a practice rig as firmware is. */
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { createNetLoop } from '../../../src-main/net/index.ts'
import { hashingInProcess, PRACTICE_RIGS, RigShed } from '../../../src-main/practice/index.ts'
import { targetOfDifficulty } from '../../../src-main/mining/index.ts'
import { EASY } from '../../support/proxy/fake-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { type FakeSv2Channel, type FakeSv2Rig } from '../../support/proxy/fake-sv2-rig.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { sniffProxySv2 } from '../../support/proxy/sniffed-chain.ts'
import { type Sv2Sniffer } from '../../support/proxy/sniffer-sv2.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(async () => harness.stop())

const STRONG = { difficulty: 1.02e-7 }

async function atPools(...names: string[]): Promise<{ sniffer: Sv2Sniffer; pools: FakeSv2Pool[] }> {
  const pools: FakeSv2Pool[] = []
  for (const name of names) pools.push(await FakeSv2Pool.start({ name }))
  harness = await ProxyHarness.start(pools)
  await harness.untilReady(pools[0]!)
  return { sniffer: await sniffProxySv2(harness), pools }
}

function rigBehind(sniffer: Sv2Sniffer): Promise<FakeSv2Rig> {
  return harness.sv2Rig({ port: sniffer.wire.port, authorityKey: sniffer.authority.publicKey })
}

/** The easiest target it accepts is the pool's: its target stays what it is, and so does the conversation. */
const STEADY = { maxTarget: targetOfDifficulty(EASY) }

/** An extended channel at work, and the start of the conversation behind us. */
async function atWork(): Promise<{ sniffer: Sv2Sniffer; pool: FakeSv2Pool; channel: FakeSv2Channel }> {
  const { sniffer, pools } = await atPools('a')
  const channel = await (await rigBehind(sniffer)).channel(STEADY)
  await channel.firstJob()
  await sniffer.expectEach('downstream', 'SetupConnection', 'OpenExtendedMiningChannel')
  await sniffer.expectEach(
    'upstream',
    'SetupConnection.Success',
    'OpenExtendedMiningChannel.Success',
    'NewExtendedMiningJob',
    'SetNewPrevHash',
  )
  return { sniffer, pool: pools[0]!, channel }
}

const submitOne = (channel: FakeSv2Channel): void => void channel.submit(channel.solve(undefined, STRONG))
const counts = (): ReturnType<typeof harness.report>['counts'] => harness.report().counts

describe('the proxy and a V2 rig', () => {
  it.each(['standard', 'extended'] as const)(
    'with a %s channel say nothing but what a start, a share, a new block and a switch need',
    async (kind) => {
      const { sniffer, pools } = await atPools('a', 'b')
      const [a, b] = pools as [FakeSv2Pool, FakeSv2Pool]
      const isStandard = kind === 'standard'
      const opening = isStandard ? 'OpenStandardMiningChannel' : 'OpenExtendedMiningChannel'
      const jobName = isStandard ? 'NewMiningJob' : 'NewExtendedMiningJob'
      const sharing = isStandard ? 'SubmitSharesStandard' : 'SubmitSharesExtended'
      const rig = await rigBehind(sniffer)
      const channel = await rig.channel({ kind, ...STEADY })

      await sniffer.expectEach('downstream', 'SetupConnection', opening)
      await sniffer.expectEach('upstream', 'SetupConnection.Success', `${opening}.Success`)
      const first = await sniffer.expect(jobName, { from: 'upstream' })
      expect(first).toMatchObject({ channelId: channel.id, minNtime: null })
      const tip = await sniffer.expect('SetNewPrevHash', { from: 'upstream' })
      expect(tip).toMatchObject({ channelId: channel.id, jobId: first.jobId })

      await channel.firstJob()
      submitOne(channel)
      expect(await sniffer.expect(sharing, { from: 'downstream' })).toMatchObject({ jobId: first.jobId })
      await until('the share', () => a.acknowledged === 1)
      await harness.pass(3_000, 500)
      const yes = await sniffer.expect('SubmitShares.Success', { from: 'upstream' })
      expect(yes).toMatchObject({ channelId: channel.id, newSubmitsAcceptedCount: 1 })

      a.newTip()
      const next = await sniffer.expect(jobName, { from: 'upstream' })
      const nextTip = await sniffer.expect('SetNewPrevHash', { from: 'upstream' })
      expect([next.minNtime, nextTip.jobId]).toEqual([null, next.jobId])
      expect(nextTip.prevHash).not.toEqual(tip.prevHash)

      await channel.jobAfter(1)
      await harness.engine.activate('b')
      // Another pool is another block, as far as the rig is concerned.
      const moved = await sniffer.expect(jobName, { from: 'upstream' })
      const movedTip = await sniffer.expect('SetNewPrevHash', { from: 'upstream' })
      expect([moved.minNtime, movedTip.jobId]).toEqual([null, moved.jobId])
      await channel.jobAfter(2)
      submitOne(channel)
      await sniffer.expect(sharing, { from: 'downstream' })
      await until('the share', () => b.acknowledged === 1)
      await harness.pass(3_000, 500)
      await sniffer.expect('SubmitShares.Success', { from: 'upstream' })
      sniffer.end()
      await harness.untilSettled()
      expect(harness.expectBalanced().counts).toMatchObject({ acknowledged: 2, rejected: 0 })
      harness.expectPoolsAgree()
    },
  )

  it('of the practice farm, as firmware is, start and share with no message too many', async () => {
    const { sniffer, pools } = await atPools('a')
    const shed = new RigShed({
      clock: systemClock,
      entropy: systemEntropy,
      log: silentLogger,
      loop: createNetLoop(systemClock),
      places: {
        stratum: { host: '127.0.0.1', port: harness.port },
        stratumV2: {
          address: { host: '127.0.0.1', port: sniffer.wire.port },
          authorityKey: sniffer.authority.publicKey,
        },
      },
      openHashing: hashingInProcess(systemClock),
      families: PRACTICE_RIGS.filter(({ speaks }) => speaks === 'stratum-v2').slice(0, 1),
    })
    onTestFinished(() => shed.stop())
    shed.start()
    await sniffer.expectEach('downstream', 'SetupConnection', 'OpenExtendedMiningChannel')
    await sniffer.expectEach(
      'upstream',
      'SetupConnection.Success',
      'OpenExtendedMiningChannel.Success',
      'NewExtendedMiningJob',
      'SetNewPrevHash',
    )
    sniffer.allow('SubmitSharesExtended', { from: 'downstream' })
    sniffer.allow('SubmitShares.Success', { from: 'upstream' })
    await until('a share', () => pools[0]!.acknowledged > 0)
    pools[0]!.newTip()
    await sniffer.expectEach('upstream', 'NewExtendedMiningJob', 'SetNewPrevHash')
    await shed.stop()
    sniffer.end()
    expect(counts().rejected).toBe(0)
    await until('the rest to be answered', () => counts().pending === 0)
    harness.expectBalanced()
  })
})

describe('between the proxy and a V2 rig', () => {
  it("an acknowledgement that is lost changes no book: the share was the pool's long ago", async () => {
    const { sniffer, pool, channel } = await atWork()
    sniffer.drop('SubmitShares.Success')
    submitOne(channel)
    await sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    await until('the share', () => pool.acknowledged === 1)
    await harness.pass(3_000, 500)
    await until('the drop', () => sniffer.all('SubmitShares.Success').length === 1)
    submitOne(channel)
    await sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    await until('the share', () => pool.acknowledged === 2)
    await harness.pass(3_000, 500)
    const yes = await sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    expect(yes).toMatchObject({ newSubmitsAcceptedCount: 1, lastSequenceNumber: 1 })
    sniffer.end()
    expect([channel.acknowledged, channel.unanswered]).toEqual([1, 1])
    expect(harness.expectBalanced().counts).toMatchObject({ acknowledged: 2, pending: 0 })
    harness.expectPoolsAgree()
  })

  it('a share that is lost is in no book, and one that comes twice is good once', async () => {
    const { sniffer, pool, channel } = await atWork()
    sniffer.drop('SubmitSharesExtended')
    submitOne(channel)
    await until('the drop', () => sniffer.all('SubmitSharesExtended').length === 1)
    sniffer.duplicate('SubmitSharesExtended')
    submitOne(channel)
    const no = await sniffer.expect('SubmitShares.Error', { from: 'upstream' })
    expect(no).toMatchObject({ sequenceNumber: 1, errorCode: 'duplicate-share' })
    await until('the share', () => pool.acknowledged === 1)
    await harness.pass(3_000, 500)
    await sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    sniffer.end()
    expect(harness.expectBalanced().counts).toMatchObject({ submitted: 2, valid: 1, duplicate: 1 })
    harness.expectPoolsAgree()
  })

  it('a share of a job that never was is refused by its name, and the rig is kept', async () => {
    const { sniffer, pool, channel } = await atWork()
    sniffer.replace('SubmitSharesExtended', (share) => ({ ...share, jobId: 0x7fff_ffff }))
    submitOne(channel)
    const no = await sniffer.expect('SubmitShares.Error', { from: 'upstream' })
    expect(no).toMatchObject({ sequenceNumber: 0, errorCode: 'invalid-job-id' })
    submitOne(channel)
    await sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    await until('the share', () => pool.acknowledged === 1)
    await harness.pass(3_000, 500)
    await sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    sniffer.end()
    expect(harness.expectBalanced().counts).toMatchObject({ submitted: 2, valid: 1 })
    expect(channel.rig.closed).toBe(false)
  })

  it('a job whose coinbase was twisted on the way yields shares that never reach the pool', async () => {
    const { sniffer, pool, channel } = await atWork()
    sniffer.replace('NewExtendedMiningJob', (job) => ({ ...job, coinbaseTxPrefix: Uint8Array.of(1, 2, 3) }))
    pool.newTip()
    await sniffer.expect('SetNewPrevHash', { from: 'upstream' })
    await channel.jobAfter(1)
    submitOne(channel)
    await sniffer.expect('SubmitSharesExtended', { from: 'downstream' })
    const no = await sniffer.expect('SubmitShares.Error', { from: 'upstream' })
    expect(no.errorCode).toBe('difficulty-too-low')
    sniffer.end()
    expect(pool.shares).toEqual([])
    expect(harness.expectBalanced().counts).toMatchObject({ submitted: 1, invalid: 1, pending: 0 })
  })

  it('an answer that is slow makes no rig late: what piled up behind it arrives in order', async () => {
    const { sniffer, pools } = await atPools('a')
    const opened = sniffer.delay('OpenExtendedMiningChannel.Success')
    const rig = await rigBehind(sniffer)
    const opening = rig.channel(STEADY)
    await opened.caught
    pools[0]!.newTip()
    pools[0]!.sendJob()
    await harness.pass(1_000)
    await until('all to be held', () => sniffer.all('NewExtendedMiningJob').length === 3)
    opened.release()
    const channel = await opening
    await channel.jobAfter(2)
    submitOne(channel)
    await sniffer.expectEach(
      'downstream',
      'SetupConnection',
      'OpenExtendedMiningChannel',
      'SubmitSharesExtended',
    )
    await sniffer.expectEach(
      'upstream',
      'SetupConnection.Success',
      'OpenExtendedMiningChannel.Success',
      ...(['NewExtendedMiningJob', 'SetNewPrevHash', 'NewExtendedMiningJob', 'SetNewPrevHash'] as const),
      'NewExtendedMiningJob',
    )
    await until('the share', () => pools[0]!.acknowledged === 1)
    await harness.pass(3_000, 500)
    await sniffer.expect('SubmitShares.Success', { from: 'upstream' })
    sniffer.end()
    harness.expectBalanced()
    harness.expectPoolsAgree()
  })
})
