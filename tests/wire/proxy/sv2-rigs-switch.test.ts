/** Switches of pools that SV2 rigs do not notice: no channel closes, no prefix changes, no share is lost. */
import { afterEach, describe, expect, it } from 'vitest'
import { toHex } from '../../../src-main/base/index.ts'
import { difficultyOfTarget } from '../../../src-main/mining/index.ts'
import { EASY, type FakePool, type FakePoolOptions } from '../../support/proxy/fake-pool.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { type FakeSv2Channel } from '../../support/proxy/fake-sv2-rig.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

type Kind = 'V1' | 'V2'
const KINDS: readonly Kind[] = ['V1', 'V2']
const SIZES = [4, 8, 16] as const
const SMALL = { vendor: 'bitaxe', flags: 1 }

function startPool(kind: Kind, options: FakePoolOptions): Promise<FakePool> {
  return kind === 'V1' ? FakeSv1Pool.start(options) : FakeSv2Pool.start(options)
}

/** Rigs of every kind, on one connection and on their own. */
async function farm(): Promise<FakeSv2Channel[]> {
  const translator = await harness.sv2Rig()
  const channels = [
    await harness.sv2RigAtWork({ user: 'axe', connection: { vendor: 'bitaxe' } }),
    await harness.sv2RigAtWork({ user: 'small', kind: 'standard', connection: SMALL }),
    await translator.channel({ user: 'one' }),
    await translator.channel({ user: 'two' }),
    await translator.channel({ user: 'three', kind: 'standard' }),
  ]
  await Promise.all(channels.map((channel) => channel.firstJob()))
  return channels
}

const directions = KINDS.flatMap((from) =>
  KINDS.flatMap((to) => SIZES.flatMap((fromSize) => SIZES.map((toSize) => ({ from, fromSize, to, toSize })))),
).filter(({ fromSize, toSize, from, to }) => fromSize !== toSize || from !== to)

describe('a switch between pools', () => {
  it.each(directions)(
    'from $from with $fromSize bytes to $to with $toSize closes no channel, and every rig hashes on',
    async ({ from, fromSize, to, toSize }) => {
      const a = await startPool(from, { name: 'a', rollableSize: fromSize })
      const b = await startPool(to, { name: 'b', rollableSize: toSize, difficulty: 2 * EASY })
      harness = await ProxyHarness.start([a, b])
      await harness.untilReady(a)
      const sv1 = await harness.rigAtWork({ user: 'old' })
      const channels = await farm()
      const prefixes = channels.map(({ extranoncePrefix }) => toHex(extranoncePrefix))
      await Promise.all([sv1.mine(2), ...channels.map((channel) => channel.mine(2))])
      await until('the shares', () => a.shares.length === 12)
      const known = channels.map(({ jobs }) => jobs.length)
      const result = await harness.engine.activate('b')
      expect(result.downstreams).toEqual({ total: 6, seamless: 6, setExtranonce: 0, reconnected: 0 })
      await Promise.all(channels.map((channel, n) => channel.jobAfter(known[n]!)))
      await until('the job at the V1 rig', () => sv1.jobs.length > 1)
      const enough = { difficulty: 2.1 * EASY }
      await Promise.all([
        sv1.mine(2, undefined, enough),
        ...channels.map((channel) => channel.mine(2, undefined, enough)),
      ])
      await harness.untilSettled()
      expect(channels.flatMap(({ codes }) => codes)).toEqual([])
      expect([a.acknowledged, b.acknowledged]).toEqual([12, 12])
      expect(b.shares.filter(({ refusal }) => refusal !== null)).toEqual([])
      expect(channels.map(({ extranoncePrefix }) => toHex(extranoncePrefix))).toEqual(prefixes)
      for (const { rig, closedBecause } of channels) {
        expect([rig.closed, closedBecause]).toEqual([false, null])
        // Nothing but jobs, and what they are held to.
        const sent = new Set(rig.messages.map(({ name }) => name))
        expect(sent).not.toContain('SetExtranoncePrefix')
        expect(sent).not.toContain('SetGroupChannel')
      }
      harness.expectBalanced()
      harness.expectPoolsAgree()
    },
  )

  it('credits shares of the old pool that are late, to the old pool', async () => {
    const a = await startPool('V1', { name: 'a' })
    const b = await startPool('V2', { name: 'b' })
    harness = await ProxyHarness.start([a, b])
    await harness.untilReady(a)
    const channels = await farm()
    const late = channels.map((channel) => channel.solve())
    await harness.engine.activate('b')
    await Promise.all(channels.map((channel) => channel.jobAfter(1)))
    for (const [n, channel] of channels.entries()) channel.submit(late[n]!)
    await Promise.all(channels.map((channel) => channel.mine(1)))
    await harness.untilSettled()
    expect(channels.flatMap(({ codes }) => codes)).toEqual([])
    expect([a.acknowledged, b.acknowledged]).toEqual([5, 5])
    harness.expectBalanced()
    harness.expectPoolsAgree()
  })

  it('refuses them as stale once the grace is over', async () => {
    const a = await startPool('V2', { name: 'a' })
    const b = await startPool('V2', { name: 'b' })
    harness = await ProxyHarness.start([a, b])
    await harness.untilReady(a)
    const channel = await harness.sv2RigAtWork()
    const late = channel.solve()
    await harness.engine.activate('b')
    await channel.jobAfter(1)
    await harness.pass(40_000, 5000)
    channel.submit(late)
    await harness.untilSettled()
    expect(channel.codes).toEqual(['stale-share'])
    expect(harness.expectBalanced().counts).toMatchObject({ submitted: 1, stale: 1 })
  })
})

describe('a pool with another version mask', () => {
  it('has shares with other bits dropped and said so once, and the jobs allow what the pool does', async () => {
    const open = await startPool('V2', { name: 'open' })
    const narrow = await startPool('V1', { name: 'narrow', versionMask: 0x00ffe000 })
    const strict = await startPool('V1', { name: 'strict', versionMask: 0 })
    harness = await ProxyHarness.start([open, narrow, strict])
    await harness.untilReady(open)
    const channel = await harness.sv2RigAtWork()
    channel.submit(channel.solve(undefined, { versionBits: 0x10000000 }))
    await harness.engine.activate('narrow')
    await channel.jobAfter(1)
    expect(channel.lastJob.versionRollingAllowed).toBe(true)
    channel.submit(channel.solve(undefined, { versionBits: 0x00a00000 }))
    channel.submit(channel.solve(undefined, { versionBits: 0x01000000 }))
    channel.submit(channel.solve(undefined, { versionBits: 0x10000000 }))
    await until('the shares', () => channel.rejections.length === 2)
    await harness.engine.activate('strict')
    await channel.jobAfter(2)
    expect(channel.lastJob.versionRollingAllowed).toBe(false)
    await channel.mine(2)
    channel.submit(channel.solve(undefined, { versionBits: 0x00002000 }))
    await harness.untilSettled()
    expect(channel.codes).toEqual([
      'invalid-non-rollable-version-bit',
      'invalid-non-rollable-version-bit',
      'version-rolling-not-allowed',
    ])
    expect([open.acknowledged, narrow.acknowledged, strict.acknowledged]).toEqual([1, 1, 2])
    const warnings = harness.logs.filter(({ message }) => message.includes('rolls version bits'))
    expect(warnings.map(({ fields }) => fields['poolId'])).toEqual(['narrow', 'strict'])
    expect(harness.report().downstreams.upserts[0]?.versionRolling).toBe(false)
    harness.expectBalanced()
    harness.expectPoolsAgree()
  })

  it('pool says version_rolling_allowed = false: a client that requires rolling is told, not left with dropped shares (sv2-apps 650)', async () => {
    const strict = await startPool('V2', { name: 'strict', versionMask: 0 })
    const open = await startPool('V2', { name: 'open' })
    harness = await ProxyHarness.start([open, strict])
    await harness.untilReady(open)
    const rig = await harness.sv2Rig({ flags: 4 })
    const channel = await rig.channel()
    await channel.firstJob()
    await channel.mine(1)
    await until('the share', () => open.shares.length === 1)
    await harness.engine.activate('strict')
    await until('the end of the channel', () => channel.closedBecause !== null)
    expect(channel.closedBecause).toMatch(/no version rolling/)
    await until('the end of the connection', () => rig.closed)
    const again = await harness.sv2Rig({ flags: 4 })
    expect(await again.tryChannel()).toBe('version-rolling-not-allowed')
    const easy = await harness.sv2Rig()
    await (await easy.channel()).firstJob()
  })
})

describe('a pool whose extranonce is too small for a channel', () => {
  it('is told another prefix where the size stays, and the group follows', async () => {
    const a = await startPool('V2', { name: 'a', rollableSize: 8 })
    const b = await startPool('V1', { name: 'b', rollableSize: 6 })
    harness = await ProxyHarness.start([a, b], { configOf: () => ({ knownRollableSize: 8 }) })
    await harness.untilReady(a)
    const rig = await harness.sv2Rig()
    const channels = [
      await rig.channel({ user: 'one' }),
      await rig.channel({ user: 'two', kind: 'standard' }),
    ]
    const groups = channels.map(({ groupId }) => groupId)
    await Promise.all(channels.map((channel) => channel.firstJob()))
    const { downstreams } = await harness.engine.activate('b')
    expect(downstreams).toEqual({ total: 2, seamless: 0, setExtranonce: 2, reconnected: 0 })
    await Promise.all(channels.map((channel) => channel.jobAfter(1)))
    expect(channels.map(({ extranoncePrefix }) => extranoncePrefix.length)).toEqual([2, 6])
    expect(channels.map(({ groupId }) => groupId)).not.toEqual(groups)
    await Promise.all(channels.map((channel) => channel.mine(2)))
    await until('the shares', () => b.shares.length === 4)
    ;(b as FakeSv1Pool).newTip()
    await Promise.all(channels.map((channel) => channel.jobAfter(2)))
    expect(channels.map(({ lastJob }) => lastJob.isGroupJob)).toEqual([true, true])
    await Promise.all(channels.map((channel) => channel.mine(2)))
    await harness.untilSettled()
    expect(channels.flatMap(({ codes }) => codes)).toEqual([])
    expect(b.acknowledged).toBe(8)
    harness.expectPoolsAgree()
  })

  it('is hashed by a standard channel that never hears of it', async () => {
    const a = await startPool('V2', { name: 'a', rollableSize: 8 })
    const b = await startPool('V1', { name: 'b', rollableSize: 2 })
    harness = await ProxyHarness.start([a, b], { configOf: () => ({ knownRollableSize: 8 }) })
    await harness.untilReady(a)
    const channel = await harness.sv2RigAtWork({ kind: 'standard', connection: SMALL })
    const { downstreams } = await harness.engine.activate('b')
    expect(downstreams).toMatchObject({ setExtranonce: 1, reconnected: 0 })
    await channel.jobAfter(1)
    await channel.mine(3)
    await harness.untilSettled()
    expect(channel.codes).toEqual([])
    expect(b.acknowledged).toBe(3)
    expect(channel.rig.all('SetExtranoncePrefix')).toEqual([])
  })

  it('closes the channel where neither will do, so that it comes back with one that fits', async () => {
    const a = await startPool('V2', { name: 'a', rollableSize: 8 })
    const b = await startPool('V1', { name: 'b', rollableSize: 4 })
    harness = await ProxyHarness.start([a, b], { configOf: () => ({ knownRollableSize: 8 }) })
    await harness.untilReady(a)
    const small = await harness.sv2RigAtWork({ user: 'axe', connection: { vendor: 'bitaxe' } })
    const translator = await harness.sv2Rig()
    const [large, other] = [
      await translator.channel({ user: 'x' }),
      await translator.channel({ kind: 'standard' }),
    ]
    await large.firstJob()
    const { downstreams } = await harness.engine.activate('b')
    expect(downstreams).toMatchObject({ total: 3, seamless: 0 })
    await until('the end of both', () => small.rig.closed && large.closedBecause !== null)
    expect(large.closedBecause).toMatch(/too few bytes of extranonce/)
    expect(translator.closed).toBe(false)
    await other.jobAfter(1)
    await other.mine(1)
    const again = await translator.channel({ user: 'x' })
    expect(again.extranonceSize).toBe(2)
    await again.firstJob()
    await again.mine(2)
    await harness.untilSettled()
    expect([...again.codes, ...other.codes]).toEqual([])
    expect(b.acknowledged).toBe(3)
  })
})

describe('a change of the difficulty at a switch', () => {
  it('goes out right before the first job of the new pool, and holds for no older one', async () => {
    const a = await startPool('V2', { name: 'a', difficulty: 4 * EASY })
    const b = await startPool('V2', { name: 'b', difficulty: EASY })
    harness = await ProxyHarness.start([a, b])
    await harness.untilReady(a)
    const channel = await harness.sv2RigAtWork({ nominalHashRate: 1e9 })
    const old = channel.lastJob
    await harness.engine.activate('b')
    await channel.jobAfter(1)
    expect(difficultyOfTarget(old.active.target)).toBeGreaterThan(EASY)
    expect(difficultyOfTarget(channel.lastJob.active.target)).toBeLessThanOrEqual(EASY)
    const names = channel.rig.messages.map(({ name }) => name)
    expect(names.slice(names.indexOf('SetTarget'))).toEqual([
      'SetTarget',
      'NewExtendedMiningJob',
      'SetNewPrevHash',
    ])
    await channel.mine(2, old, { difficulty: 4.1 * EASY })
    await channel.mine(2)
    await harness.untilSettled()
    expect(channel.codes).toEqual([])
    expect(a.acknowledged).toBe(2)
    expect(b.shares.every(({ refusal }) => refusal === null)).toBe(true)
  })
})
