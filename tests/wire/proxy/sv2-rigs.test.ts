/** Stratum V2 rigs at work: channels of every kind, at pools of both protocols, beside V1 rigs. Real Noise, real hashes. */
import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes, toHex } from '../../../src-main/base/index.ts'
import { difficultyOfTarget, expectedHashes, targetOfDifficulty } from '../../../src-main/mining/index.ts'
import { EASY, type FakePool, type FakePoolOptions } from '../../support/proxy/fake-pool.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { type ActiveSv2Job, type FakeSv2Channel } from '../../support/proxy/fake-sv2-rig.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

const STANDARD_JOBS = { flags: 1, vendor: 'bitaxe' }
const KINDS = ['V1', 'V2'] as const

function startPool(kind: 'V1' | 'V2', options: FakePoolOptions = {}): Promise<FakeSv1Pool | FakeSv2Pool> {
  return (kind === 'V1' ? FakeSv1Pool : FakeSv2Pool).start({ name: 'a', ...options })
}

async function atPool(kind: 'V1' | 'V2', options: FakePoolOptions = {}): Promise<FakeSv1Pool | FakeSv2Pool> {
  const pool = await startPool(kind, options)
  harness = await ProxyHarness.start([pool])
  await harness.untilReady(pool)
  return pool
}

const poolNameOf = ({ coinbasePrefix }: ActiveSv2Job): string =>
  /\/\w+ \d+\//.exec(Buffer.from(coinbasePrefix).toString('latin1'))?.[0] ?? ''

/** All shares were good, for the rigs and for the pool. */
async function expectAllGood(channels: readonly FakeSv2Channel[], pools: readonly FakePool[]): Promise<void> {
  await harness.untilSettled()
  for (const channel of channels) expect(channel.codes).toEqual([])
  for (const pool of pools) expect(pool.shares.map(({ refusal }) => refusal).filter(Boolean)).toEqual([])
  harness.expectBalanced()
  harness.expectPoolsAgree()
}

/** Lets a rig of so many hashes a second work for a while. */
async function hashFor(channel: FakeSv2Channel, seconds: number, hashrateHs: number): Promise<void> {
  let hashes = 0
  for (let second = 0; second < seconds; second++) {
    hashes += hashrateHs
    for (;;) {
      const perShare = expectedHashes(difficultyOfTarget(channel.target))
      if (hashes < perShare) break
      hashes -= perShare
      channel.submit(channel.solve())
      await new Promise((done) => setImmediate(done))
    }
    await harness.pass(1000)
  }
}

describe.each(KINDS)('at a %s pool', (kind) => {
  it.each([4, 8, 16])(
    'a rig on an extended channel mines where %d bytes are granted',
    async (rollableSize) => {
      const pool = await atPool(kind, { rollableSize })
      const channel = await harness.sv2RigAtWork({ user: 'axe' })
      expect(channel.extranoncePrefix.length + channel.extranonceSize).toBe(rollableSize === 4 ? 4 : 8)
      await channel.mine(6)
      await expectAllGood([channel], [pool])
      expect(channel.acknowledged).toBe(6)
      expect(pool.acknowledged).toBe(6)
      const [status] = harness.report().downstreams.upserts
      expect(status).toMatchObject({
        name: 'axe',
        protocol: 'stratum-v2',
        transport: 'tcp',
        channelKind: 'extended',
        userAgent: 'fake 1',
        extranoncePrefixHex: toHex(channel.extranoncePrefix),
        rollableBytes: channel.extranonceSize,
        versionRolling: true,
      })
    },
  )

  it('small firmware on a standard channel mines on roots that are computed here', async () => {
    const pool = await atPool(kind)
    const channel = await harness.sv2RigAtWork({ kind: 'standard', connection: STANDARD_JOBS })
    await channel.mine(3)
    pool.sendJob()
    await channel.jobAfter(1)
    await channel.mine(3)
    await expectAllGood([channel], [pool])
    expect(channel.rig.all('NewExtendedMiningJob')).toEqual([])
    expect(harness.report().downstreams.upserts[0]).toMatchObject({
      channelKind: 'standard',
      rollableBytes: 0,
    })
  })

  it('V1 and V2 rigs of every kind work side by side, and no two do the same work', async () => {
    const pool = await atPool(kind)
    const sv1 = await harness.rigAtWork({ user: 'old' })
    const translator = await harness.sv2Rig()
    const channels = [
      await harness.sv2RigAtWork({ kind: 'standard', connection: STANDARD_JOBS }),
      await harness.sv2RigAtWork({ minExtranonceSize: 6 }),
      await translator.channel({ user: 'one' }),
      await translator.channel({ user: 'two', kind: 'standard' }),
    ]
    expect(channels[1]!.extranonceSize).toBe(6)
    await Promise.all([sv1.mine(4), ...channels.map((channel) => channel.mine(4))])
    await until('the shares', () => pool.shares.length === 20)
    pool.newTip()
    await Promise.all([...channels.map((channel) => channel.jobAfter(1)), sv1.job(({ clean }) => clean)])
    await until('the new tip at the V1 rig', () => sv1.jobs.length === 2)
    await Promise.all([sv1.mine(4), ...channels.map((channel) => channel.mine(4))])
    await expectAllGood(channels, [pool])
    expect(pool.acknowledged).toBe(2 * 4 * 5)
    expect(harness.report().onlineCount).toBe(5)
  })

  it('a new job on the same block comes without a new previous hash, and older ones stay good', async () => {
    const pool = await atPool(kind)
    const channel = await harness.sv2RigAtWork()
    const first = channel.lastJob
    pool.sendJob()
    await channel.jobAfter(1)
    expect(channel.rig.all('SetNewPrevHash')).toHaveLength(1)
    await channel.mine(2, first)
    await channel.mine(2)
    await expectAllGood([channel], [pool])
  })

  it('a new block comes as a future job and a new previous hash, and shares of older jobs are stale', async () => {
    const pool = await atPool(kind)
    const channel = await harness.sv2RigAtWork()
    const first = channel.lastJob
    pool.newTip()
    await channel.jobAfter(1)
    expect(channel.rig.all('SetNewPrevHash')).toHaveLength(2)
    expect([...channel.valid.keys()]).toEqual([channel.lastJob.id])
    await channel.mine(1, first)
    await channel.mine(2)
    await harness.untilSettled()
    expect(channel.codes).toEqual(['stale-share'])
    expect(harness.expectBalanced().counts).toMatchObject({ submitted: 3, stale: 1, acknowledged: 2 })
    harness.expectPoolsAgree()
  })

  it('another prefix or difficulty of the pool reaches rigs with the next job, and none before', async () => {
    const pool = await atPool(kind)
    const channel = await harness.sv2RigAtWork()
    const first = channel.lastJob
    const prefix = new Uint8Array([9, 9, 9, 9])
    if (pool instanceof FakeSv1Pool) pool.setExtranonce(prefix, 8)
    else pool.setExtranoncePrefix(prefix)
    pool.setDifficulty(4 * EASY)
    await channel.mine(2, first)
    pool.sendJob()
    await channel.jobAfter(1)
    await channel.mine(2, undefined, { difficulty: 4.1 * EASY })
    await channel.mine(1, first)
    await expectAllGood([channel], [pool])
    expect(channel.rig.all('SetExtranoncePrefix')).toEqual([])
  })

  it('what pools say is booked, and refused shares are named to the rig with the codes of the protocol', async () => {
    const pool = await atPool(kind)
    const channel = await harness.sv2RigAtWork()
    const good = channel.solve()
    channel.submit(good)
    channel.submit(good)
    channel.submit(channel.solve(undefined, { below: EASY }))
    channel.submit({ ...channel.solve(), extranonce: new Uint8Array(3) })
    channel.submit({ ...channel.solve(), ntime: good.ntime - 60 })
    channel.submit({ ...channel.solve(), ntime: good.ntime + 10_000 })
    channel.submit({ ...channel.solve(), version: good.job.version ^ 1 })
    channel.submit({ ...channel.solve(), job: { ...good.job, id: 77 } })
    await harness.untilSettled()
    expect(channel.rejections).toEqual(
      expect.arrayContaining([
        { sequenceNumber: 1, code: 'duplicate-share' },
        { sequenceNumber: 2, code: 'difficulty-too-low' },
        { sequenceNumber: 3, code: 'bad-extranonce-size' },
        { sequenceNumber: 4, code: 'invalid-share' },
        { sequenceNumber: 5, code: 'invalid-share' },
        { sequenceNumber: 6, code: 'invalid-non-rollable-version-bit' },
        { sequenceNumber: 7, code: 'invalid-job-id' },
      ]),
    )
    expect(channel.acknowledged).toBe(1)
    expect(harness.expectBalanced().counts).toMatchObject({
      submitted: 8,
      valid: 1,
      duplicate: 1,
      invalid: 6,
    })
    expect(pool.shares).toHaveLength(1)
    harness.expectPoolsAgree()
  })

  it('a rig whose pool is gone keeps its channel, and goes on when the pool is back', async () => {
    const pool = await atPool(kind)
    const channel = await harness.sv2RigAtWork()
    await channel.mine(2)
    await harness.untilSettled()
    pool.drop()
    await harness.untilPhase(pool, 'waiting')
    const known = channel.jobs.length
    await harness.untilReady(pool)
    await channel.jobAfter(known)
    await channel.mine(2)
    await expectAllGood([channel], [pool])
    expect([channel.rig.closed, channel.closedBecause]).toEqual([false, null])
  })
})

describe('jobs of a connection with many channels', () => {
  const groupJobs = (channel: FakeSv2Channel): number =>
    channel.jobs.filter(({ isGroupJob }) => isGroupJob).length

  it('are sent once for all of them', async () => {
    const pool = await atPool('V2')
    const rig = await harness.sv2Rig()
    const channels: FakeSv2Channel[] = []
    for (let n = 0; n < 150; n++) {
      channels.push(await rig.channel({ user: `miner${n}`, kind: n % 3 === 0 ? 'standard' : 'extended' }))
    }
    expect(new Set(channels.map(({ groupId }) => groupId)).size).toBe(1)
    const before = rig.messages.length
    pool.newTip()
    await Promise.all(channels.map((channel) => channel.jobAfter(1)))
    const sent = rig.messages.slice(before).map(({ name }) => name)
    expect(sent.filter((name) => name !== 'SetTarget')).toEqual(['NewExtendedMiningJob', 'SetNewPrevHash'])
    expect(channels.map(groupJobs)).toEqual(channels.map(() => 1))
    await Promise.all(channels.slice(0, 6).map((channel) => channel.mine(2)))
    pool.sendJob()
    await Promise.all(channels.map((channel) => channel.jobAfter(2)))
    expect(rig.all('NewExtendedMiningJob').filter(({ minNtime }) => minNtime !== null)).toHaveLength(1)
    await Promise.all(channels.slice(0, 6).map((channel) => channel.mine(2)))
    await expectAllGood(channels, [pool])
  })

  it('are sent to each where their extranonces differ in length', async () => {
    const pool = await atPool('V2', { rollableSize: 16 })
    const rig = await harness.sv2Rig()
    const small = await rig.channel()
    const large = await rig.channel({ minExtranonceSize: 10 })
    expect([small.extranonceSize, large.extranonceSize]).toEqual([4, 10])
    expect(small.groupId).not.toBe(large.groupId)
    pool.newTip()
    await Promise.all([small.jobAfter(1), large.jobAfter(1)])
    expect(groupJobs(small) + groupJobs(large)).toBe(0)
    await Promise.all([small.mine(2), large.mine(2)])
    await expectAllGood([small, large], [pool])
  })

  it('are sent to the channel alone when it has just been opened, and once it is the only one left', async () => {
    const pool = await atPool('V1')
    const rig = await harness.sv2Rig()
    const [one, two] = [await rig.channel(), await rig.channel()]
    await two.firstJob()
    expect([one.jobs.length, groupJobs(two)]).toEqual([1, 0])
    two.close('gone')
    await until('one rig', () => harness.report().onlineCount === 1)
    pool.newTip()
    await one.jobAfter(1)
    expect(groupJobs(one)).toBe(0)
    await one.mine(2)
    await expectAllGood([one], [pool])
  })

  it('never come as group jobs to clients that take standard jobs only', async () => {
    const pool = await atPool('V2')
    const rig = await harness.sv2Rig({ flags: 1 })
    const channels = [await rig.channel({ kind: 'standard' }), await rig.channel({ kind: 'standard' })]
    pool.newTip()
    await Promise.all(channels.map((channel) => channel.jobAfter(1)))
    expect(rig.all('NewMiningJob')).toHaveLength(4)
    expect(equalBytes(channels[0]!.extranoncePrefix, channels[1]!.extranoncePrefix)).toBe(false)
    await Promise.all(channels.map((channel) => channel.mine(2)))
    await expectAllGood(channels, [pool])
  })
})

describe('the difficulty of a channel', () => {
  it('starts from the hashrate that was declared, and is told before its first job', async () => {
    const pool = await startPool('V2', { difficulty: 1e6 })
    harness = await ProxyHarness.start([pool])
    await harness.untilReady(pool)
    const channel = await harness.sv2RigAtWork({ nominalHashRate: 1e12 })
    expect(difficultyOfTarget(channel.lastJob.active.target)).toBeCloseTo(2328.3, 0)
    expect(channel.rig.all('SetTarget')).toEqual([])
  })

  it('is never above that of the pool: the rig would work for nothing', async () => {
    await atPool('V2')
    const channel = await harness.sv2RigAtWork({ nominalHashRate: 1e12 })
    const difficulty = difficultyOfTarget(channel.lastJob.active.target)
    expect(difficulty).toBeLessThanOrEqual(EASY)
    expect(difficulty).toBeGreaterThan(0.98 * EASY)
  })

  it('is never easier than the rig accepts, also where the pool would credit less', async () => {
    await atPool('V2', { difficulty: EASY / 8 })
    const maxTarget = targetOfDifficulty(EASY)
    const channel = await harness.sv2RigAtWork({ maxTarget })
    expect(toHex(channel.lastJob.active.target)).toBe(toHex(maxTarget))
    await channel.mine(2)
    await harness.untilSettled()
    expect(channel.codes).toEqual([])
  })

  it('follows UpdateChannel when the rig accepts less easy ones, with a job right behind', async () => {
    const pool = await atPool('V1', { difficulty: EASY / 8 })
    const channel = await harness.sv2RigAtWork()
    const first = channel.lastJob
    const maximumTarget = targetOfDifficulty(EASY)
    channel.rig.send({
      name: 'UpdateChannel',
      channelId: channel.id,
      nominalHashRate: 1e3,
      maximumTarget,
    })
    await until('the update', () => harness.report().downstreams.upserts[0]?.difficulty !== 0)
    await harness.pass(1100)
    const job = await channel.jobAfter(1)
    expect(toHex(job.active.target)).toBe(toHex(maximumTarget))
    const names = channel.rig.messages.map(({ name }) => name)
    expect(names[names.lastIndexOf('SetTarget') + 1]).toBe('NewExtendedMiningJob')
    // Shares of the old job are judged as they always were.
    await channel.mine(1, first)
    await channel.mine(2)
    await harness.untilSettled()
    expect(channel.codes).toEqual([])
    expect(pool.shares.every(({ refusal }) => refusal === null)).toBe(true)
  })

  it('small miner has shares rejected after SetTarget until a new job arrives: impossible here (sv2-apps 20)', async () => {
    const pool = await atPool('V2', { difficulty: 64 * EASY })
    const channel = await harness.sv2RigAtWork({ nominalHashRate: (2 ** 32 * 8 * EASY) / 10 })
    const jobs = channel.jobs.length
    for (let step = 0; step < 12; step++) {
      // Some firmware keeps the target of its job, as the protocol has it; some applies the new one at once.
      channel.submit(channel.solve())
      channel.submit(channel.solve(undefined, { difficulty: 1.02 * difficultyOfTarget(channel.target) }))
      await harness.pass(1000)
      await new Promise((done) => setTimeout(done, 5))
    }
    expect(channel.jobs.length).toBeGreaterThan(jobs)
    expect(channel.rig.all('SetTarget').length).toBeGreaterThan(0)
    const names = channel.rig.messages.map(({ name }) => name)
    for (const [at, name] of names.entries()) {
      if (name === 'SetTarget') expect(names[at + 1]).toBe('NewExtendedMiningJob')
    }
    await harness.untilSettled()
    expect(channel.codes).toEqual([])
    expect(pool.shares.every(({ refusal }) => refusal === null)).toBe(true)
  })

  it('comes back with a rig that comes back', async () => {
    await atPool('V2', { difficulty: 64 * EASY })
    const channel = await harness.sv2RigAtWork({ user: 'back' })
    await hashFor(channel, 90, 860)
    const before = harness.report().downstreams.upserts[0]!.difficulty
    channel.rig.close()
    await until('the rig to be gone', () => harness.report().onlineCount === 0)
    const again = await harness.sv2RigAtWork({ user: 'back', nominalHashRate: 860_000 })
    expect(difficultyOfTarget(again.lastJob.active.target)).toBeCloseTo(before, 12)
  })
})

describe('acknowledgements', () => {
  it('come for five shares at once, and for fewer after some seconds', async () => {
    await atPool('V2')
    const channel = await harness.sv2RigAtWork()
    await channel.mine(5)
    await until('the acknowledgement', () => channel.acknowledged === 5)
    await channel.mine(2)
    await until('the shares', () => harness.report().counts.submitted + harness.report().counts.weak === 7)
    expect(channel.acknowledged).toBe(5)
    await harness.pass(3000, 1000)
    await until('the rest', () => channel.acknowledged === 7)
    expect(channel.lastAcknowledged).toBe(6)
    expect(channel.rig.all('SubmitShares.Success').map((ack) => ack.newSubmitsAcceptedCount)).toEqual([5, 2])
  })

  it('are complete when a channel is closed', async () => {
    await atPool('V2')
    const rig = await harness.sv2Rig()
    const channel = await rig.channel()
    await rig.channel()
    await channel.firstJob()
    await channel.mine(3)
    await until('the shares', () => harness.report().counts.acknowledged === 3)
    channel.close()
    await until('the acknowledgement', () => channel.acknowledged === 3)
  })
})

describe('workers that name themselves', () => {
  it('each get their credit, and a channel with one of them shows its name', async () => {
    const pool = await atPool('V2')
    const rig = await harness.sv2Rig({ extensions: [2, 77] })
    expect(rig.extensions).toEqual([2])
    const channel = await rig.channel({ user: 'farm' })
    await channel.firstJob()
    const alone = await rig.channel({ user: 'other' })
    await alone.firstJob()
    channel.submit(channel.solve(), 'bitaxe-1')
    channel.submit(channel.solve(), 'bitaxe-2')
    channel.submit(channel.solve(), 'bitaxe-2')
    channel.submit(channel.solve())
    alone.submit(alone.solve(), 'single')
    await expectAllGood([channel, alone], [pool])
    expect(harness.rigDeltas('bitaxe-2@127.0.0.1')?.acknowledged).toBe(2)
    expect(harness.rigDeltas('farm@127.0.0.1')?.acknowledged).toBe(2)
    expect(harness.rigDeltas('other@127.0.0.1')?.acknowledged).toBe(1)
    const names = harness.report().downstreams.upserts.map(({ name }) => name)
    expect(names.sort()).toEqual(['farm', 'single'])
  })

  it('are not looked at unless the extension was agreed on', async () => {
    const pool = await atPool('V2')
    const channel = await harness.sv2RigAtWork({ user: 'farm' })
    channel.submit(channel.solve(), 'ghost')
    await expectAllGood([channel], [pool])
    expect(harness.rigDeltas('ghost@127.0.0.1')).toBeUndefined()
  })

  it('make the asker go on without where nothing of it is spoken', async () => {
    await atPool('V2')
    const rig = await harness.sv2Rig({ extensions: [9] })
    expect(rig.all('RequestExtensions.Error')).toMatchObject([
      { unsupportedExtensions: [9], requiredExtensions: [] },
    ])
    await (await rig.channel()).firstJob()
  })
})

describe('a rig that comes before the pool', () => {
  it('has its channel at once, and the first job when there is one', async () => {
    const pool = await startPool('V2')
    ;(pool as FakeSv2Pool).muteFrom = 'open'
    harness = await ProxyHarness.start([pool])
    const rig = await harness.sv2Rig()
    const channel = await rig.channel()
    expect(channel.jobs).toEqual([])
    ;(pool as FakeSv2Pool).muteFrom = null
    pool.drop()
    await harness.untilReady(pool)
    await channel.firstJob()
    await channel.mine(1)
    await expectAllGood([channel], [pool])
  })
})

describe('the order of frames that firmware expects', () => {
  it('is the success right after the request, then a future job, then the previous hash', async () => {
    await atPool('V2')
    const rig = await harness.sv2Rig({ vendor: 'bitaxe' })
    await (await rig.channel()).firstJob()
    expect(rig.messages.map(({ name }) => name)).toEqual([
      'SetupConnection.Success',
      'OpenExtendedMiningChannel.Success',
      'NewExtendedMiningJob',
      'SetNewPrevHash',
    ])
  })

  it('miners reconnect after 120 s without a job: here one comes at least every minute', async () => {
    await atPool('V1')
    const channel = await harness.sv2RigAtWork()
    const { ntime } = channel.lastJob.active
    await harness.pass(70_000, 5000)
    const again = await channel.jobAfter(1)
    expect(again.active.ntime).toBeGreaterThan(ntime)
    expect(poolNameOf(again)).toBe(poolNameOf(channel.jobs[0]!))
    expect(channel.rig.all('SetNewPrevHash')).toHaveLength(1)
    await channel.mine(2)
    await harness.untilSettled()
    expect(channel.codes).toEqual([])
  })
})
