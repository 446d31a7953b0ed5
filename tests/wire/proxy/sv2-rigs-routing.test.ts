/** Channels of one connection that do not work for the same pool, or have a line each, and rigs over WebSocket. */
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { DEFAULT_ROUTING } from '../../../src-main/proxy/index.ts'
import { EASY } from '../../support/proxy/fake-pool.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { type ActiveSv2Job, type FakeSv2Channel, FakeSv2Rig } from '../../support/proxy/fake-sv2-rig.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

const STRONG = { difficulty: 1.02 * EASY }

const poolNameOf = ({ coinbasePrefix }: ActiveSv2Job): string =>
  /\/(\w+) \d+\//.exec(Buffer.from(coinbasePrefix).toString('latin1'))?.[1] ?? ''

async function openChannels(users: readonly string[]): Promise<FakeSv2Channel[]> {
  const rig = await harness.sv2Rig()
  const channels: FakeSv2Channel[] = []
  for (const user of users) channels.push(await rig.channel({ user }))
  await Promise.all(channels.map((channel) => channel.firstJob()))
  return channels
}

describe('channels of one connection', () => {
  it('work for different pools by rule: jobs go to each, and to the group again once they are together', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv2Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b])
    await harness.untilReady(a)
    const channels = await openChannels(['one', 'two', 'three'])
    const [one, two, three] = channels as [FakeSv2Channel, FakeSv2Channel, FakeSv2Channel]
    harness.engine.setRouting({
      ...DEFAULT_ROUTING,
      rules: [{ rigKeys: ['two@127.0.0.1'], poolId: 'b' }],
    })
    await until('a job of b', () => poolNameOf(two.lastJob) === 'b')
    const known = channels.map(({ jobs }) => jobs.length)
    a.newTip()
    b.newTip()
    await Promise.all(channels.map((channel, n) => channel.jobAfter(known[n]!)))
    expect(channels.map(({ lastJob }) => [poolNameOf(lastJob), lastJob.isGroupJob])).toEqual([
      ['a', false],
      ['b', false],
      ['a', false],
    ])
    await Promise.all(channels.map((channel) => channel.mine(2, undefined, STRONG)))
    await until('the shares', () => a.shares.length + b.shares.length === 6)
    expect([a.shares.length, b.shares.length]).toEqual([4, 2])

    harness.engine.setRouting(DEFAULT_ROUTING)
    await until('a job of a', () => poolNameOf(two.lastJob) === 'a')
    const before = channels.map(({ jobs }) => jobs.length)
    a.newTip()
    await Promise.all(channels.map((channel, n) => channel.jobAfter(before[n]!)))
    expect(channels.map(({ lastJob }) => lastJob.isGroupJob)).toEqual([true, true, true])
    await Promise.all([one, two, three].map((channel) => channel.mine(1, undefined, STRONG)))
    await harness.untilSettled()
    expect(channels.flatMap(({ codes }) => codes)).toEqual([])
    expect([a.acknowledged, b.acknowledged]).toEqual([7, 2])
    expect(one.rig.closed).toBe(false)
    harness.expectBalanced()
    harness.expectPoolsAgree()
  })

  it('have a line each where the pool is to see every rig', async () => {
    const pool = await FakeSv1Pool.start({ name: 'each' })
    harness = await ProxyHarness.start([pool], { configOf: () => ({ lines: 'per-rig', namesRigs: true }) })
    const channels = await openChannels(['one', 'two'])
    expect(new Set(channels.map(({ lastJob }) => poolNameOf(lastJob)))).toEqual(new Set(['each']))
    await Promise.all(channels.map((channel) => channel.mine(2, undefined, STRONG)))
    pool.newTip()
    await Promise.all(channels.map((channel) => channel.jobAfter(1)))
    await Promise.all(channels.map((channel) => channel.mine(2, undefined, STRONG)))
    await harness.untilSettled()
    expect(channels.flatMap(({ codes }) => codes).filter((code) => code !== 'stale-share')).toEqual([])
    expect(pool.connectionCount).toBeGreaterThanOrEqual(2)
    harness.expectBalanced()
    harness.expectPoolsAgree()
  })
})

describe('a rig over WebSocket', () => {
  it('is served as one over TCP, in the binding of SV2', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool], { stratumWs: { host: '127.0.0.1', port: 0 } })
    await harness.untilReady(pool)
    const { port } = harness.engine.stratumWsAddress!
    // What the rig says over TCP goes on over a WebSocket, in messages that begin and end anywhere.
    const bridge = createServer((tcp) => {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/`, 'sv2-noise.v1')
      tcp.pause()
      ws.on('open', () => tcp.resume())
      tcp.on('data', (bytes) => ws.send(bytes))
      ws.on('message', (data: Buffer) => tcp.write(data))
      ws.on('close', () => tcp.destroy())
      ws.on('error', () => tcp.destroy())
      tcp.on('error', () => {})
      tcp.on('close', () => ws.terminate())
    })
    await new Promise<void>((done) => bridge.listen(0, '127.0.0.1', done))
    try {
      const place = bridge.address() as { port: number }
      const rig = await FakeSv2Rig.start({ ...harness.sv2Place, port: place.port })
      harness.sv2Rigs.push(rig)
      const channel = await rig.channel({ user: 'web' })
      await channel.firstJob()
      await channel.mine(6)
      await until('the shares', () => pool.shares.length === 6)
      pool.newTip()
      await channel.jobAfter(1)
      await harness.untilSettled()
      expect(channel.codes).toEqual([])
      expect(pool.acknowledged).toBe(6)
      expect(harness.report().downstreams.upserts[0]).toMatchObject({
        name: 'web',
        protocol: 'stratum-v2',
        transport: 'ws',
      })
      rig.close()
      await until('the rig to be gone', () => harness.report().onlineCount === 0)
    } finally {
      bridge.close()
    }
  })
})
