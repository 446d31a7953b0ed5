/** A device on our own ports as one more rig: real engine, real pools of both protocols, hashes that are computed. */
import { afterEach, describe, expect, it } from 'vitest'
import {
  type DeviceIntroduction,
  type DeviceShare,
  difficultyOfHashrate,
  difficultyOfTarget,
} from '../../../src-main/mining/index.ts'
import { type DownstreamStatus } from '../../../src-main/proxy/index.ts'
import { type FakePool } from '../../support/proxy/fake-pool.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { PretendDevice } from '../../support/proxy/pretend-device.ts'
import { configOf, type HarnessOptions, ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness | undefined
afterEach(async () => {
  await harness?.stop()
  harness = undefined
})

type Kind = 'V1' | 'V2'
const KINDS: readonly Kind[] = ['V1', 'V2']
const GAMMA: DeviceIntroduction = {
  key: 'c0de:cafe:1A2B3C4D',
  name: 'Bitaxe Gamma 1A2B3C4D',
  model: 'Bitaxe Gamma (USB)',
  nominalHashrateHs: 1.07e12,
}
const RIG_KEY = 'Bitaxe Gamma 1A2B3C4D@usb:c0de:cafe:1A2B3C4D'

function startPool(kind: Kind, name: string, rollableSize = 8): Promise<FakeSv1Pool | FakeSv2Pool> {
  return kind === 'V1' ? FakeSv1Pool.start({ name, rollableSize }) : FakeSv2Pool.start({ name, rollableSize })
}

async function start(pools: readonly FakePool[], options: HarnessOptions = {}): Promise<ProxyHarness> {
  return (harness = await ProxyHarness.start(pools, options))
}

function connect(changes: Partial<DeviceIntroduction> = {}): PretendDevice {
  return new PretendDevice(harness!.engine.connectDevice({ ...GAMMA, ...changes }))
}

async function deviceAtWork(changes: Partial<DeviceIntroduction> = {}): Promise<PretendDevice> {
  const device = connect(changes)
  await until('the first job', () => device.work.job !== null)
  return device
}

/** Waits until so many of its shares were judged here, and every one that left was answered by its pool. */
async function judged({ work }: PretendDevice, count: number): Promise<void> {
  await until(`${count} verdicts`, () => work.counts.accepted + work.counts.refused >= count)
  await harness!.untilSettled()
}

function statusOf(): DownstreamStatus | undefined {
  return harness!.report().downstreams.upserts.find(({ rigKey }) => rigKey === RIG_KEY)
}

describe('the shares of a device', () => {
  it.each(KINDS.flatMap((kind) => [2, 3, 4, 6, 8, 16].map((size) => ({ kind, size }))))(
    'are acknowledged by a $kind pool that grants $size bytes',
    async ({ kind, size }) => {
      const pool = await startPool(kind, 'a', size)
      await start([pool])
      const device = await deviceAtWork()
      device.mine(5)
      await judged(device, 5)
      expect(pool.acknowledged).toBe(5)
      expect(device.work.counts).toEqual({ accepted: 5, refused: 0, reasons: {} })
      harness!.expectBalanced()
      harness!.expectPoolsAgree()
    },
  )

  it('are its own in every book, and it is shown as what it is', async () => {
    const pool = await startPool('V2', 'a')
    await start([pool])
    const device = await deviceAtWork()
    expect(device.work.rigKey).toBe(RIG_KEY)
    device.mine(3)
    await judged(device, 3)
    expect(statusOf()).toMatchObject({
      name: GAMMA.name,
      userAgent: GAMMA.model,
      address: 'usb:c0de:cafe:1A2B3C4D',
      protocol: 'device',
      transport: 'usb',
      channelKind: null,
      poolId: 'a',
      state: 'hashing',
      versionRolling: true,
      rollableBytes: 4,
      counts: { submitted: 3, valid: 3, acknowledged: 3 },
    })
    expect(harness!.rigDeltas(RIG_KEY)).toMatchObject({ valid: 3, acknowledged: 3 })
    const sides = harness!.engine.insight.links().map(({ side }) => side)
    expect(sides, 'it has no connection').toEqual(['upstream'])
  })

  it('go under its name to a pool that is told the names of rigs', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    await start([pool], { configOf: () => ({ namesRigs: true }) })
    const device = await deviceAtWork()
    device.mine(1)
    await judged(device, 1)
    await until('the name to be accepted', () => {
      device.mine(1)
      return pool.shares.some(({ user }) => user === 'farm.Bitaxe-Gamma-1A2B3C4D')
    })
    await harness!.untilSettled()
  })

  it('are refused with a reason when they are worth nothing, and leave the pool alone', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    await start([pool])
    const device = await deviceAtWork()
    const job = device.lastJob
    const good = device.find()
    const { work } = device
    work.submit(good)
    work.submit(good)
    work.submit(device.findWorse(job.target))
    work.submit({ ...good, extranonce2: good.extranonce2.subarray(1) })
    work.submit({ ...good, jobNumber: job.number + 1_000_000 })
    work.submit({ ...good, ntime: job.ntime + 3 * 3600 })
    work.submit({ ...good, version: (good.version ^ 1) >>> 0 })
    work.submit({ ...good, nonce: -1 })
    await judged(device, 8)
    const lateShares = [device.find(job), device.find(job)]
    pool.newTip()
    await until('the new job', () => device.lastJob !== job)
    expect(device.lastJob.cleanJobs).toBe(true)
    for (const share of lateShares) work.submit(share)
    await judged(device, 10)
    expect(work.counts).toEqual({
      accepted: 1,
      refused: 9,
      reasons: {
        'duplicate-share': 1,
        'difficulty-too-low': 1,
        'bad-extranonce-size': 1,
        'invalid-job-id': 1,
        'invalid-ntime': 1,
        'invalid-non-rollable-version-bit': 1,
        'malformed-share': 1,
        'stale-share': 2,
      },
    })
    expect(statusOf()).toMatchObject({
      counts: { submitted: 10, valid: 1, duplicate: 1, stale: 2, invalid: 6 },
      invalidReasons: { 'new-block': 2 },
    })
    expect(pool.shares).toHaveLength(1)
    harness!.expectBalanced()
  })

  it('roll no version bits where the pool allows none', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a', versionMask: 0 })
    await start([pool], { configOf: () => ({ versionRollingMask: 0 }) })
    const device = await deviceAtWork()
    expect(device.lastJob.versionRollingMask).toBe(0)
    device.mine(2)
    const good = device.find()
    device.work.submit({ ...good, version: (good.version ^ 0x2000) >>> 0 })
    await judged(device, 3)
    expect(device.work.counts.reasons).toEqual({ 'version-rolling-not-allowed': 1 })
    expect(pool.acknowledged).toBe(2)
  })

  it('that a pool never answered are lost, and balanced', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    pool.answering = 'never'
    await start([pool])
    const device = await deviceAtWork()
    device.mine(3)
    await until('verdicts', () => device.work.counts.accepted === 3)
    await until('the shares to arrive', () => pool.shares.length === 3)
    pool.drop()
    await until('the loss to be noticed', () => {
      harness!.clock.advance(1000)
      return harness!.report().counts.lost === 3
    })
    expect(statusOf()).toMatchObject({ counts: { valid: 3, lost: 3, pending: 0 } })
    harness!.expectBalanced()
  })
})

describe('a switch of pools', () => {
  const directions = KINDS.flatMap((from) =>
    KINDS.flatMap((to) =>
      [4, 8, 16].flatMap((fromSize) => [4, 16].map((toSize) => ({ from, fromSize, to, toSize }))),
    ),
  )
  it.each(directions)(
    'from $from with $fromSize bytes to $to with $toSize is one job to a device',
    async ({ from, fromSize, to, toSize }) => {
      const a = await startPool(from, 'a', fromSize)
      const b = await startPool(to, 'b', toSize)
      await start([a, b])
      const device = await deviceAtWork()
      device.mine(2)
      await judged(device, 2)
      const old = device.lastJob
      const before = device.jobs.length
      const { downstreams } = await harness!.engine.activate('b')
      expect(downstreams).toEqual({ total: 1, seamless: 1, setExtranonce: 0, reconnected: 0 })
      expect(device.jobs).toHaveLength(before + 1)
      expect(device.work.job).toBe(device.lastJob)
      expect(device.lastJob.cleanJobs, 'the pool that was left still takes late shares').toBe(false)
      device.mine(3)
      device.mine(1, old)
      await judged(device, 6)
      expect([a.acknowledged, b.acknowledged]).toEqual([3, 3])
      expect(device.work.counts.refused).toBe(0)
      harness!.expectBalanced()
      harness!.expectPoolsAgree()
    },
  )

  it('to a pool that grants less than was known of it gives the device another extranonce with that job', async () => {
    const a = await startPool('V2', 'a', 8)
    const b = await startPool('V1', 'b', 3)
    await start([a, b], { configOf: () => ({ knownRollableSize: 8 }) })
    const device = await deviceAtWork()
    const old = device.lastJob
    expect(old.extranonce2Size).toBe(4)
    const { downstreams } = await harness!.engine.activate('b')
    expect(downstreams).toEqual({ total: 1, seamless: 0, setExtranonce: 1, reconnected: 0 })
    expect(device.lastJob.extranonce2Size).toBe(2)
    device.mine(2)
    device.mine(1, old)
    await judged(device, 3)
    expect([a.acknowledged, b.acknowledged]).toEqual([1, 2])
    harness!.expectBalanced()
  })

  it('reaches a device that has a line of its own', async () => {
    const a = await startPool('V1', 'a')
    const b = await startPool('V2', 'b')
    await start([a, b], { configOf: () => ({ lines: 'per-rig' }) })
    const device = connect()
    await until('a line of its own', () => {
      harness!.clock.advance(1000)
      return device.work.job !== null
    })
    device.mine(1)
    await judged(device, 1)
    const before = device.lastJob
    await harness!.engine.activate('b')
    await until('the job of the other pool', () => {
      harness!.clock.advance(1000)
      return device.lastJob !== before && statusOf()?.poolId === 'b'
    })
    device.mine(2)
    await judged(device, 3)
    expect([a.acknowledged, b.acknowledged]).toEqual([1, 2])
  })
})

describe('the difficulty of a device', () => {
  it('begins at what it delivers by its own account, and follows when that changes', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a', difficulty: 1 })
    await start([pool])
    const device = await deviceAtWork({ nominalHashrateHs: 100 })
    const first = device.lastJob
    expect(first.difficulty).toBeCloseTo(difficultyOfHashrate(100, 6), 8)
    expect(difficultyOfTarget(first.target)).toBeCloseTo(first.difficulty, 12)
    device.mine(2)
    await judged(device, 2)
    expect(statusOf()?.counts).toMatchObject({ weak: 2, submitted: 0 })

    device.work.setNominalHashrate(120)
    await harness!.pass(1000)
    expect(device.lastJob, 'a little more is no news').toBe(first)
    device.work.setNominalHashrate(1000)
    await harness!.pass(1000)
    const second = device.lastJob
    expect(second.number).not.toBe(first.number)
    expect(second.difficulty).toBeCloseTo(10 * first.difficulty, 8)
    expect(second.ntime, 'else it would search what it has searched').toBeGreaterThan(first.ntime)
    expect(second.cleanJobs).toBe(false)
    // Each is held to what its own job said.
    device.mine(1, first)
    device.work.submit(device.findWorse(second.target))
    await judged(device, 4)
    expect(device.work.counts).toEqual({ accepted: 3, refused: 1, reasons: { 'difficulty-too-low': 1 } })
    harness!.expectBalanced()
  })

  it('is what the pool credits, also where its chips report less often: they can be told', async () => {
    const a = await FakeSv1Pool.start({ name: 'a', difficulty: 1 })
    const b = await FakeSv1Pool.start({ name: 'b', difficulty: 2e-7 })
    await start([a, b])
    const device = await deviceAtWork({ nominalHashrateHs: 1e3 })
    device.work.setLeastDifficulty(1e-5)
    await harness!.engine.activate('b')
    expect(device.lastJob.difficulty).toBeCloseTo(2e-7, 8)
    device.mine(2)
    await judged(device, 2)
    expect(b.acknowledged).toBe(2)
  })

  it('is never less than what its chips report', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a', difficulty: 1 })
    await start([pool])
    const device = await deviceAtWork({ nominalHashrateHs: 1e3 })
    device.work.setLeastDifficulty(1e-5)
    await harness!.pass(1000)
    expect(device.lastJob.difficulty).toBe(1e-5)
    await harness!.pass(60_000, 1000)
    expect(device.lastJob.difficulty, 'whatever silence says').toBe(1e-5)
  })

  it('is never more than what the pool credits', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a', difficulty: 2e-7 })
    await start([pool])
    expect((await deviceAtWork()).lastJob.difficulty).toBeCloseTo(2e-7, 8)
  })

  it('is remembered of a device that comes back', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a', difficulty: 1 })
    await start([pool])
    const device = await deviceAtWork({ nominalHashrateHs: 400 })
    for (let second = 0; second < 150; second++) {
      device.hash(400)
      await harness!.pass(1000)
    }
    const { difficulty } = statusOf()!
    expect(difficulty).not.toBe(difficultyOfHashrate(400, 6))
    device.work.leave('unplugged')
    expect((await deviceAtWork({ nominalHashrateHs: 400 })).lastJob.difficulty).toBe(difficulty)
  })
})

describe('a device', () => {
  it('waits for a pool, and is given its first job when there is one', async () => {
    const pool = await startPool('V1', 'a')
    await start([])
    const device = connect()
    expect(device.work.job).toBeNull()
    expect(statusOf()).toMatchObject({ state: 'subscribing', poolId: null })
    harness!.engine.setPools([configOf(pool)], 'a')
    await until('a job', () => device.jobs.length > 0)
    device.mine(1)
    await judged(device, 1)
    expect(pool.acknowledged).toBe(1)
    await pool.stop()
  })

  it('is given a rest when its pool is gone for good, and work when there is another', async () => {
    const a = await startPool('V1', 'a')
    const b = await startPool('V2', 'b')
    await start([a, b])
    const device = await deviceAtWork()
    const before = device.jobs.length
    harness!.engine.setPools([])
    await harness!.pass(20_000, 1000)
    expect(device.work.job, 'another pool may be entered at once').not.toBeNull()
    await harness!.pass(20_000, 1000)
    expect(device.work.job).toBeNull()
    expect(device.jobs).toHaveLength(before)
    harness!.engine.setPools([configOf(b)], 'b')
    await until('a job', () => device.work.job !== null)
    await harness!.pass(2000, 1000)
    expect(device.work.job).toBe(device.lastJob)
    device.mine(1)
    await judged(device, 1)
    expect(b.acknowledged).toBe(1)
  })

  it('whose pool has no room says so, and is taken in when that changes', async () => {
    const a = await startPool('V1', 'a', 1)
    const b = await startPool('V2', 'b', 8)
    await start([a, b])
    await harness!.untilReady(a)
    const device = connect()
    expect(device.work.problem).toContain('grants only 1 byte')
    expect(device.work.job).toBeNull()
    await harness!.engine.activate('b')
    await harness!.pass(2000)
    expect(device.work.problem).toBeNull()
    device.mine(1)
    await judged(device, 1)
    expect(b.acknowledged).toBe(1)
    expect(harness!.logs.filter(({ message }) => message === 'a device is given no jobs')).toHaveLength(1)
  })

  it('that left while it waited is not taken in', async () => {
    const a = await startPool('V1', 'a', 1)
    const b = await startPool('V2', 'b', 8)
    await start([a, b])
    await harness!.untilReady(a)
    const device = connect()
    device.work.leave('unplugged')
    await harness!.engine.activate('b')
    await harness!.pass(4000)
    expect(harness!.report().onlineCount).toBe(0)
    expect(device.work.problem).toBeNull()
  })

  it('is refused in words while another has the same key, and welcome when that has left', async () => {
    const pool = await startPool('V2', 'a')
    await start([pool])
    const device = await deviceAtWork()
    expect(() => connect({ name: 'Another' })).toThrow(
      expect.objectContaining({
        code: 'device/already-connected',
        message: expect.stringContaining('Unplug one of them') as string,
      }),
    )
    device.mine(1)
    await judged(device, 1)
    device.work.leave('unplugged')
    const again = await deviceAtWork()
    expect(again.work.rigKey).toBe(device.work.rigKey)
    again.mine(1)
    await judged(again, 1)
    expect(harness!.rigDeltas(RIG_KEY)).toMatchObject({ valid: 2, acknowledged: 2 })
    expect(again.work.counts.accepted).toBe(1)
  })

  it('that left is given nothing, takes nothing, and its shares on their way still count', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    pool.answering = 'held'
    await start([pool])
    const device = await deviceAtWork()
    const share = device.find()
    device.mine(2)
    device.work.leave('unplugged')
    device.work.leave('twice')
    expect(device.work.job).toBeNull()
    device.work.submit(share)
    device.work.setNominalHashrate(1)
    device.work.setLeastDifficulty(1)
    await until('the shares to arrive', () => pool.shares.length === 2)
    const { length } = device.jobs
    pool.sendJob(true)
    pool.release()
    await until('the answers', () => harness!.report().counts.acknowledged === 2)
    expect(device.jobs).toHaveLength(length)
    expect(harness!.rigDeltas(RIG_KEY)).toMatchObject({ submitted: 2, acknowledged: 2 })
    expect(harness!.report().onlineCount).toBe(0)
  })

  it('has no job when the proxy has stopped, and none comes any more', async () => {
    const pool = await startPool('V1', 'a')
    await start([pool])
    const device = await deviceAtWork()
    device.mine(2)
    await harness!.stop()
    expect(device.work.job).toBeNull()
    expect(() => connect({ key: 'other' })).toThrow(expect.objectContaining({ code: 'device/stopping' }))
  })

  it('mines beside rigs of both protocols, each with a place of its own', async () => {
    const pool = await startPool('V2', 'a')
    await start([pool])
    const sticks = [
      await deviceAtWork(),
      await deviceAtWork({ key: 'b', name: 'Compac F' }),
      await deviceAtWork({ key: 'c', name: 'Compac F' }),
    ]
    const rig = await harness!.rigAtWork()
    const channel = await harness!.sv2RigAtWork({ user: 'channel' })
    for (const stick of sticks) stick.mine(4)
    await Promise.all([rig.mine(4), channel.mine(4)])
    for (const stick of sticks) await judged(stick, 4)
    expect(pool.acknowledged).toBe(20)
    expect(new Set(pool.shares.map(({ headerHex }) => headerHex)).size).toBe(20)
    const keys = harness!.report().downstreams.upserts.map(({ rigKey }) => rigKey)
    expect(new Set(keys).size).toBe(5)
    harness!.expectBalanced()
    harness!.expectPoolsAgree()
  })

  it('gets a job at least once a minute, each with a later time', async () => {
    const pool = await startPool('V1', 'a')
    await start([pool])
    const device = await deviceAtWork()
    const before = device.jobs.length
    await harness!.pass(180_000, 1000)
    const later = device.jobs.slice(before)
    expect(later.length).toBeGreaterThanOrEqual(3)
    const times = device.jobs.map(({ ntime }) => ntime)
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
    expect(new Set(device.jobs.map(({ number }) => number)).size).toBe(device.jobs.length)
    expect(later.some(({ cleanJobs }) => cleanJobs)).toBe(false)
  })
})

describe('the books of devices', () => {
  it.each([1, 2, 3, 4])('balance whatever happens to pools, devices and shares: story %d', async (seed) => {
    const a = await FakeSv1Pool.start({ name: 'a', rollableSize: 4 })
    const b = await FakeSv2Pool.start({ name: 'b', rollableSize: 8 })
    await start([a, b])
    let state = seed * 2654435761
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const devices = [await deviceAtWork(), await deviceAtWork({ key: 'b', name: 'Other' })]
    const offered = new Map<string, number>()
    const offer = (device: PretendDevice, share: DeviceShare): void => {
      if (device.work.job === null) return
      device.work.submit(share)
      offered.set(device.work.rigKey, (offered.get(device.work.rigKey) ?? 0) + 1)
    }
    for (let step = 0; step < 250; step++) {
      const n = random(2)
      const device = devices[n]!
      const jobs = device.jobs.slice(-3)
      const job = jobs[random(jobs.length)]
      switch (random(12)) {
        case 0:
          void harness!.engine.activate(random(2) === 0 ? 'a' : 'b').catch(() => {})
          break
        case 1:
          ;[a, b][random(2)]!.newTip()
          break
        case 2:
          if (random(4) === 0) [a, b][random(2)]!.drop()
          break
        case 3:
          if (random(4) > 0) break
          device.work.leave('unplugged')
          devices[n] = connect(n === 0 ? {} : { key: 'b', name: 'Other' })
          break
        case 4:
          await harness!.pass(1000 * (1 + random(5)), 1000)
          break
        case 5:
          if (job) offer(device, { ...device.find(job), nonce: 1 })
          break
        default: {
          if (!job) break
          const share = device.find(job)
          offer(device, share)
          if (random(8) === 0) offer(device, share)
        }
      }
      await harness!.pass(10)
      harness!.expectBalanced()
    }
    await until('every share to be judged', () => {
      harness!.clock.advance(500)
      harness!.expectBalanced()
      return harness!.report().counts.pending === 0
    })
    const { counts } = harness!.report()
    expect(counts.submitted + counts.weak).toBe([...offered.values()].reduce((sum, each) => sum + each, 0))
    for (const [rigKey, count] of offered) {
      const { submitted, weak } = harness!.rigDeltas(rigKey)!
      expect(submitted + weak, rigKey).toBe(count)
    }
    expect(counts.acknowledged).toBeGreaterThan(0)
  })
})
