/** Which header bits rigs may roll: what the pool of the moment allows, told again after a switch. */
import { afterEach, describe, expect, it } from 'vitest'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

const BIP320 = 0x1fffe000
const BIP323 = 0x1fffffe0
const errorsOf = (replies: readonly { error: unknown }[]): unknown[] => replies.map(({ error }) => error)

type Pools = [string, () => Promise<FakeSv1Pool | FakeSv2Pool>][]
const forbidding: Pools = [
  ['a V1 pool that refuses it', () => FakeSv1Pool.start({ name: 'strict', versionMask: 0 })],
  ['a V2 pool whose jobs forbid it', () => FakeSv2Pool.start({ name: 'strict', versionMask: 0 })],
  [
    'a V2 pool with fixed versions',
    async () => {
      const pool = await FakeSv2Pool.start({ name: 'strict' })
      pool.fixedVersion = true
      return pool
    },
  ],
]

describe.each(forbidding)('%s', (_, start) => {
  it('has it not offered to rigs, and told off after a switch to it: no share is dropped (sv2-apps 650)', async () => {
    const strict = await start()
    const open = await FakeSv1Pool.start({ name: 'open' })
    harness = await ProxyHarness.start([strict, open])
    await harness.untilPhase(strict, 'ready')
    const rig = await harness.rigAtWork({ versionMask: 0xffffffff })
    expect(rig.messages[0]).toMatchObject({ result: { 'version-rolling': false } })
    expect(rig.versionMask).toBe(0)
    expect(errorsOf(await rig.mine(3))).toEqual([null, null, null])

    await harness.engine.activate('open')
    await until('the job of the open pool', () => rig.jobs.length === 2)
    expect(rig.lastJob.versionMask).toBe(BIP320)
    expect(errorsOf(await rig.mine(3))).toEqual([null, null, null])

    await harness.engine.activate('strict')
    await until('the job of the strict pool', () => rig.jobs.length === 3)
    expect(rig.lastJob.versionMask).toBe(0)
    expect(errorsOf(await rig.mine(3))).toEqual([null, null, null])
    const share = rig.solve()
    const rolled = await rig.call('mining.submit', [
      'rig',
      share.job.id,
      share.extranonce2Hex,
      share.ntime.toString(16),
      share.nonce.toString(16),
      '00002000',
    ])
    expect(rolled.error).toEqual([20, 'Version rolling is not allowed now', null])
    // A rig that sends its bits all the same, and they are zero, does nothing wrong.
    expect((await rig.submit(share)).error).toBeNull()

    await harness.untilSettled()
    expect(strict.shares.every(({ refusal }) => refusal === null)).toBe(true)
    expect([strict.acknowledged, open.acknowledged]).toEqual([7, 3])
    const masks = rig.messages.filter(({ method }) => method === 'mining.set_version_mask')
    expect(masks.map(({ params }) => params)).toEqual([['1fffe000'], ['00000000']])
    harness.expectBalanced()
    harness.expectPoolsAgree()
  })
})

describe('the mask', () => {
  it('is what rig, pool and settings have in common', async () => {
    const narrow = await FakeSv1Pool.start({ name: 'narrow', versionMask: 0x00ffe000 })
    harness = await ProxyHarness.start([narrow])
    await harness.untilPhase(narrow, 'ready')
    const rig = await harness.rigAtWork({ versionMask: 0x1ff00000 })
    expect(rig.versionMask).toBe(0x00f00000)
    expect(errorsOf(await rig.mine(3))).toEqual([null, null, null])
    await harness.untilSettled()
    expect(narrow.acknowledged).toBe(3)
  })

  it('has 16 bits unless the pool is set to 24', async () => {
    const usual = await FakeSv2Pool.start({ name: 'usual', versionMask: BIP323 })
    const wide = await FakeSv2Pool.start({ name: 'wide', versionMask: BIP323 })
    harness = await ProxyHarness.start([usual, wide], {
      configOf: (pool) => (pool === wide ? { versionRollingMask: BIP323 } : {}),
    })
    await harness.untilPhase(usual, 'ready')
    const rig = await harness.rigAtWork({ versionMask: 0xffffffff })
    expect(rig.versionMask).toBe(BIP320)
    await harness.engine.activate('wide')
    await until('the job of the wide pool', () => rig.jobs.length === 2)
    expect(rig.versionMask).toBe(BIP323)
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    expect(wide.acknowledged).toBe(2)
  })

  it('is told off with the first job when it was offered before the pool was known', async () => {
    const strict = await FakeSv2Pool.start({ name: 'strict' })
    strict.fixedVersion = true
    strict.muteFrom = 'job'
    harness = await ProxyHarness.start([strict])
    const rig = await harness.rig({ versionMask: 0xffffffff })
    expect(rig.versionMask).toBe(BIP320)
    await until('the channel', () => harness.poolStatus(strict).extranonce !== null)
    strict.muteFrom = null
    strict.newTip()
    await rig.firstJob()
    expect(rig.lastJob.versionMask).toBe(0)
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    expect(strict.acknowledged).toBe(2)
  })

  it('follows a pool that narrows it in the middle of mining, from its next job', async () => {
    const pool = await FakeSv1Pool.start({ name: 'pool' })
    harness = await ProxyHarness.start([pool])
    await harness.untilPhase(pool, 'ready')
    const rig = await harness.rigAtWork({ versionMask: 0xffffffff })
    pool.setVersionMask(0x1f000000)
    pool.sendJob()
    await until('the job', () => rig.jobs.length === 2)
    expect(rig.lastJob.versionMask).toBe(0x1f000000)
    expect(errorsOf(await rig.mine(3))).toEqual([null, null, null])
    await harness.untilSettled()
    expect(pool.acknowledged).toBe(3)
  })

  it('is not spoken of to a rig that never asked', async () => {
    const strict = await FakeSv1Pool.start({ name: 'strict', versionMask: 0 })
    const open = await FakeSv1Pool.start({ name: 'open' })
    harness = await ProxyHarness.start([strict, open])
    const rig = await harness.rigAtWork()
    await harness.engine.activate('open')
    await until('the job', () => rig.jobs.length === 2)
    expect(rig.messages.some(({ method }) => method === 'mining.set_version_mask')).toBe(false)
    expect(errorsOf(await rig.mine(1))).toEqual([null])
  })
})
