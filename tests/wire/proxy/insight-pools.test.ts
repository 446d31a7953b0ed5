/** What is seen of pools that really talk: their jobs, who is first with a block, and what is odd about them. */
import { afterEach, describe, expect, it } from 'vitest'
import { addressOfScript } from '../../../src-main/mining/index.ts'
import { type PoolConfig, type WarningCode } from '../../../src-main/proxy/index.ts'
import { expectPlain } from '../../support/expect-plain.ts'
import { type FakePool, type FakePoolOptions } from '../../support/proxy/fake-pool.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

const insight = () => harness.engine.insight
/** What the coinbase of these pools pays. */
const PAID = addressOfScript(Uint8Array.from([0, 20, ...new Uint8Array(20).fill(7)]), 'testnet')!
const NOT_PAID = addressOfScript(Uint8Array.from([0, 20, ...new Uint8Array(20).fill(8)]), 'testnet')!

function warnings(): string[] {
  harness.report()
  expectPlain(insight().warnings())
  return insight()
    .warnings()
    .map(({ code, poolId }) => `${code} ${poolId}`)
}

const isOn = (code: WarningCode, poolId: string): boolean => warnings().includes(`${code} ${poolId}`)

/** Lets time pass as a host sees it: with a report a second. */
async function pass(seconds: number): Promise<void> {
  for (let n = 0; n < seconds; n++) {
    await harness.pass(1000)
    harness.report()
  }
}

async function atWork<P extends FakePool>(
  pools: readonly P[],
  configOf: (pool: FakePool) => Partial<PoolConfig> = () => ({}),
): Promise<void> {
  harness = await ProxyHarness.start(pools, { configOf })
  await harness.untilReady(pools[0]!)
}

describe('a pool that is only listened to', () => {
  it.each([FakeSv1Pool, FakeSv2Pool])(
    'has its jobs in the timeline, and they can be looked at',
    async (Pool) => {
      const [a, b] = [await FakeSv1Pool.start({ name: 'a' }), await Pool.start({ name: 'b', merkleDepth: 3 })]
      await atWork([a, b], (pool) => ({ listens: pool === b }))
      const rig = await harness.rigAtWork()
      await harness.untilReady(b as FakePool)
      b.newTip()
      b.sendJob()
      await until('the jobs', () => (insight().timeline().pools[1]?.jobs.length ?? 0) >= 3)
      harness.report()
      const [ofA, ofB] = insight().timeline().pools
      expect(ofA).toMatchObject({ poolId: 'a', listening: false })
      expect(ofB).toMatchObject({ poolId: 'b', listening: true })
      expect(ofB!.jobs.map(({ newTip, merkleDepth }) => [newTip, merkleDepth])).toEqual([
        [false, 3],
        [true, 3],
        [true, 3],
      ])
      expect(insight().jobOf('b')).toMatchObject({
        poolId: 'b',
        upstreamJobId: ofB!.jobs[0]!.upstreamJobId,
        description: {
          network: 'testnet',
          tag: expect.stringContaining('/b ') as string,
          coinbaseFault: null,
        },
      })
      expect(insight().jobOf('x')).toBeNull()
      expectPlain(insight().timeline())
      expectPlain(insight().jobOf('b'))
      expect(rig.jobs).toHaveLength(1)
    },
  )
})

describe('the watchdog', () => {
  it('notices a pool that stays on an old block, and withdraws when it has moved on', async () => {
    const [a, b] = [await FakeSv1Pool.start({ name: 'a' }), await FakeSv2Pool.start({ name: 'b' })]
    await atWork([a, b], () => ({ listens: true }))
    await harness.rigAtWork()
    await harness.untilReady(b)
    // The heights of these pools count their jobs.
    for (let n = 0; n < 3; n++) b.newTip()
    await until('the tips', () => (insight().timeline().pools[1]?.jobs.length ?? 0) >= 4)
    await pass(19)
    expect(isOn('watchdog/stale-tip', 'a')).toBe(false)
    await pass(3)
    expect(isOn('watchdog/stale-tip', 'a')).toBe(true)
    expect(isOn('watchdog/stale-tip', 'b')).toBe(false)
    for (let n = 0; n < 3; n++) a.newTip()
    await until('the tips', () => (insight().timeline().pools[0]?.jobs.length ?? 0) >= 4)
    expect(isOn('watchdog/stale-tip', 'a')).toBe(false)
  })

  it('notices a solo pool that pays somebody else', async () => {
    const a = await FakeSv2Pool.start({ name: 'a' })
    await atWork([a], () => ({ payoutAddress: NOT_PAID }))
    expect(isOn('watchdog/payout-missing', 'a')).toBe(true)
    await harness.stop()
    const again = await FakeSv2Pool.start({ name: 'a' })
    await atWork([again], () => ({ payoutAddress: PAID }))
    expect(warnings()).toEqual([])
  })

  it('notices a pool that refuses shares', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    await atWork([a])
    const rig = await harness.rigAtWork()
    await pass(1)
    await rig.mine(6)
    await harness.untilSettled()
    expect(warnings()).toEqual([])
    a.refuseWith = 'stale-share'
    await rig.mine(6)
    await harness.untilSettled()
    expect(isOn('watchdog/many-rejected', 'a')).toBe(true)
  })

  it('notices a pool that takes shares and never answers', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    await atWork([a])
    const rig = await harness.rigAtWork()
    a.answering = 'held'
    await pass(1)
    for (let n = 0; n < 20; n++) await rig.mine(1)
    await until('the shares', () => a.shares.length >= 15)
    await pass(1)
    expect(isOn('watchdog/no-acknowledgements', 'a')).toBe(false)
    for (let n = 0; n < 7; n++) {
      a.sendJob()
      await pass(30)
    }
    expect(isOn('watchdog/no-acknowledgements', 'a')).toBe(true)
    a.release()
    await harness.untilSettled()
    expect(isOn('watchdog/no-acknowledgements', 'a')).toBe(false)
  })

  it('notices that our clock is wrong when every pool says so', async () => {
    const options: FakePoolOptions = {}
    const [a, b] = [
      await FakeSv1Pool.start({ name: 'a', ...options }),
      await FakeSv2Pool.start({ name: 'b', ...options }),
    ]
    harness = await ProxyHarness.start([a, b], { configOf: () => ({ listens: true }) })
    await harness.untilReady(a)
    await harness.untilReady(b)
    expect(warnings()).toEqual([])
    // Three hours back: these pools' jobs have the real time.
    harness.clock.setWallTime(Date.now() - 3 * 3600_000)
    a.sendJob()
    b.newTip()
    await until('the jobs', () =>
      insight()
        .timeline()
        .pools.every(({ jobs }) => jobs.length > 1),
    )
    await pass(12)
    expect(warnings()).toContain('watchdog/our-clock null')
  })
})
