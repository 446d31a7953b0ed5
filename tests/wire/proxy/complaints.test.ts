/** What users of other proxies complain of, where no other test shows that it does not happen here. */
import { afterEach, describe, expect, it } from 'vitest'
import { toHex } from '../../../src-main/base/index.ts'
import { MAX_TARGET } from '../../../src-main/mining/index.ts'
import { FakeRig, type RigMethod } from '../../support/proxy/fake-rig.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

/** What the pools want, whatever a rig is asked for. */
const STRONG = { difficulty: 1.02e-7 }
const MINUTE_MS = 60_000
const errorsOf = (replies: readonly { error: unknown }[]): unknown[] => replies.map(({ error }) => error)

describe('a Bitaxe', () => {
  const orders: RigMethod[][] = [
    ['configure', 'subscribe', 'authorize', 'suggest'],
    ['subscribe', 'configure', 'authorize', 'suggest'],
    ['subscribe', 'authorize', 'configure', 'suggest'],
    ['suggest', 'configure', 'subscribe', 'extranonce', 'authorize'],
  ]
  it.each(orders.map((order) => [order.join(', '), order] as const))(
    'that says %s before the pool opened a channel is answered at once and never asked to start over (sv2-apps 382)',
    async (_, order) => {
      const pool = await FakeSv2Pool.start({ name: 'a' })
      pool.holdOpens = true
      harness = await ProxyHarness.start([pool])
      await until('the request for a channel', () =>
        pool.messages.some(({ name }) => name === 'OpenExtendedMiningChannel'),
      )
      const rig = await FakeRig.open({
        port: harness.port,
        agent: 'bitaxe/BM1370/v2.9.0',
        versionMask: 0x1fffe000,
        extranonceSubscribe: true,
        suggestDifficulty: 1e-7,
      })
      harness.rigs.push(rig)
      // As the firmware does, without a wait for answers.
      const replies = await Promise.all(order.map((method) => rig.say(method)))
      for (const reply of replies) expect(reply?.error).toBeNull()
      expect([rig.closed, rig.jobs.length]).toEqual([false, 0])
      pool.answerOpens()
      await rig.firstJob()
      expect(errorsOf(await rig.mine(2, undefined, STRONG))).toEqual([null, null])
      await harness.untilSettled()
      expect([pool.acknowledged, harness.report().onlineCount]).toEqual([2, 1])
      harness.expectBalanced()
    },
  )
})

describe('a clock that is wrong', () => {
  it.each([
    { minutes: -60, text: 'an hour slow' },
    { minutes: 24 * 60, text: 'a day fast' },
  ])('by $text keeps no V2 rig away (InvalidCertificate: sv2-apps 110)', async ({ minutes }) => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    await harness.untilReady(pool)
    const nowMs = (): number => harness.clock.nowMs() + minutes * MINUTE_MS
    const channel = await harness.sv2RigAtWork({ connection: { nowMs } })
    await channel.mine(1, undefined, STRONG)
    await harness.untilSettled()
    expect([pool.acknowledged, channel.rig.faults]).toEqual([1, []])
    harness.expectBalanced()
  })

  it('of our own by half an hour keeps us from no pool that backdates, and by a week is named as the reason (sv2-apps 110)', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a', nowMs: () => Date.now() + 30 * MINUTE_MS })
    const future = await FakeSv2Pool.start({
      name: 'b',
      nowMs: () => Date.now() + 7 * 24 * 60 * MINUTE_MS,
    })
    harness = await ProxyHarness.start([pool, future], { configOf: () => ({ listens: true }) })
    await harness.untilReady(pool)
    const { state } = await harness.untilPhase(future, 'waiting')
    expect(state).toMatchObject({ problem: { message: expect.stringMatching(/clock/) as string } })
  })
})

describe('a pool', () => {
  it('is not micro-managed: it hears of our hashrate seldom, of what is new alone, and of no target of ours (stratum 1647)', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    const heard: { readonly atS: number; readonly hashrateHs: number }[] = []
    for (let atS = 0; atS < 600; atS += 5) {
      // Luck changes from minute to minute, hashrate does not.
      const shares = 1 + (Math.floor(atS / 60) % 3)
      const known = pool.shares.length
      await rig.mine(shares, undefined, STRONG)
      // What was said before these shares is there when they are.
      await until('the shares', () => pool.shares.length === known + shares)
      const all = pool.messages.filter((message) => message.name === 'UpdateChannel')
      for (const { nominalHashRate, maximumTarget } of all.slice(heard.length)) {
        heard.push({ atS, hashrateHs: nominalHashRate })
        expect(toHex(maximumTarget)).toBe(toHex(MAX_TARGET))
      }
      await harness.pass(5_000)
    }
    expect(heard.length).toBeGreaterThan(0)
    expect(heard.length).toBeLessThanOrEqual(20)
    for (const [n, { atS, hashrateHs }] of heard.entries()) {
      const before = heard[n - 1]
      if (!before) continue
      const change = Math.abs(hashrateHs - before.hashrateHs) / before.hashrateHs
      expect(change).toBeGreaterThanOrEqual(0.15)
      // What was said is far off only while we are getting to know the rig.
      expect(atS - before.atS).toBeGreaterThanOrEqual(change < 0.5 ? 30 : 5)
    }
    harness.expectBalanced()
  })
})

describe('the extranonce of a V1 rig', () => {
  it.each([4, 6, 8, 12, 16, 20, 28])(
    'is small and even whatever the pool grants, also with %d bytes behind a prefix of 4 (Apollo, stratum 1861)',
    async (rollableSize) => {
      const pool = await FakeSv2Pool.start({ name: 'a', prefixSize: 4, rollableSize })
      harness = await ProxyHarness.start([pool])
      await harness.untilReady(pool)
      const rigs = [
        await harness.rigAtWork({ user: 'plain' }),
        await harness.rigAtWork({ user: 'rolls', versionMask: 0x1fffe000 }),
      ]
      for (const { extranonce1, extranonce2Size } of rigs) {
        // More than 16 and 8 bytes real hardware cannot take, and some fails on odd sizes.
        expect(extranonce1.length).toBeLessThanOrEqual(16)
        expect(extranonce2Size).toBeLessThanOrEqual(8)
        expect([extranonce1.length % 2, extranonce2Size % 2]).toEqual([0, 0])
      }
      for (const rig of rigs) expect(errorsOf(await rig.mine(2, undefined, STRONG))).toEqual([null, null])
      await harness.untilSettled()
      expect(pool.acknowledged).toBe(4)
      harness.expectBalanced()
    },
  )
})
