/** What is shown of traffic is what went over the wire: on real sockets, in both protocols, toward pools and rigs. */
import { afterEach, describe, expect, it } from 'vitest'
import {
  type AuditOptions,
  type AuditRecord,
  type LinkStatus,
  type TrafficFrame,
} from '../../../src-main/proxy/index.ts'
import { expectPlain } from '../../support/expect-plain.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

const everything: AuditOptions = {
  kinds: ['share', 'job', 'session', 'other'],
  links: null,
  maskIdentities: false,
}
const PASSWORD = 'correct horse battery'

const insight = () => harness.engine.insight
const linkOf = (id: string): LinkStatus => {
  const link = insight()
    .links()
    .find((one) => one.id === id)
  if (!link)
    throw new Error(
      `no link ${id} among ${insight()
        .links()
        .map((one) => one.id)
        .join(', ')}`,
    )
  return link
}

const wireBytes = (frames: readonly TrafficFrame[], direction: 'in' | 'out'): number =>
  frames.filter((frame) => frame.direction === direction).reduce((sum, frame) => sum + frame.wireBytes, 0)

function auditRecords(): AuditRecord[] {
  const records: AuditRecord[] = []
  for (;;) {
    const { lines, more } = insight().takeAudit()
    for (const { json } of lines) records.push(JSON.parse(json) as AuditRecord)
    if (!more) return records
  }
}

/** A harness that works for no pool yet, so that nothing is missed of the pool's connection. */
async function before(pool: FakeSv1Pool | FakeSv2Pool): Promise<void> {
  harness = await ProxyHarness.start([pool], { active: null, configOf: () => ({ password: PASSWORD }) })
}

describe('the messages of a connection', () => {
  it.each(['V1', 'V2'] as const)('to a %s pool are all shown, byte for byte', async (kind) => {
    const pool = await (kind === 'V1' ? FakeSv1Pool : FakeSv2Pool).start({ name: 'a' })
    await before(pool)
    insight().watch(['pool:a'])
    await harness.engine.activate('a')
    const rig = await harness.rigAtWork()
    await rig.mine(7)
    pool.newTip()
    await until('the new block', () => rig.jobs.length > 1)
    await rig.mine(3)
    await harness.untilSettled()
    const [watched] = insight().takeFrames()
    expectPlain(watched)
    const { link, frames } = watched!
    const handshake = kind === 'V2' ? { out: 64, in: 234 } : { out: 0, in: 0 }
    await until(
      'the bytes to be counted',
      () => linkOf('pool:a').bytesOut === wireBytes(frames, 'out') + handshake.out,
    )
    expect(linkOf('pool:a').bytesIn).toBe(wireBytes(frames, 'in') + handshake.in)
    expect(link).toMatchObject({
      side: 'upstream',
      poolId: 'a',
      rigKey: null,
      name: 'The a',
      transport: 'tcp',
    })
    const names = new Set(frames.map(({ name }) => name))
    const expected =
      kind === 'V1'
        ? [
            'mining.subscribe',
            'answer to mining.subscribe',
            'mining.notify',
            'mining.submit',
            'answer to mining.submit',
          ]
        : [
            'SetupConnection',
            'OpenExtendedMiningChannel.Success',
            'SetNewPrevHash',
            'SubmitSharesExtended',
            'SubmitShares.Success',
          ]
    for (const name of expected) expect(names).toContain(name)
    expect(frames.map(({ sequence }) => sequence)).toEqual(frames.map((_, n) => n + 1))
    expect(JSON.stringify(frames)).not.toContain(PASSWORD)
  })

  it.each(['V1', 'V2 extended', 'V2 standard'] as const)('from a %s rig are all shown', async (kind) => {
    harness = await ProxyHarness.start([await FakeSv2Pool.start({ name: 'a' })])
    await harness.untilReady(harness.pools[0]!)
    insight().watch(['rig:1'])
    if (kind === 'V1') await (await harness.rigAtWork({ user: 'farm.one' })).mine(4)
    else {
      const channel = await harness.sv2RigAtWork(
        kind === 'V2 standard'
          ? { kind: 'standard', user: 'farm.one', connection: { flags: 1 } }
          : { kind: 'extended', user: 'farm.one' },
      )
      await channel.mine(4)
    }
    await harness.untilSettled()
    const { frames, link } = insight().takeFrames()[0]!
    const handshake = kind === 'V1' ? { out: 0, in: 0 } : { out: 234, in: 64 }
    expect(link).toMatchObject({ side: 'downstream', poolId: null, name: 'farm.one' })
    expect(link?.rigKey).toMatch(/^farm\.one@/)
    expect(linkOf('rig:1').bytesIn).toBe(wireBytes(frames, 'in') + handshake.in)
    expect(linkOf('rig:1').bytesOut).toBe(wireBytes(frames, 'out') + handshake.out)
    expect(
      frames.filter(({ name }) => /^(mining\.submit|SubmitShares(Extended|Standard))$/.test(name)),
    ).toHaveLength(4)
  })

  it('are followed over a reconnection, and nobody pays for them when nobody looks', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    await harness.untilReady(pool)
    expect(insight().takeFrames()).toEqual([])
    insight().watch(['pool:a'])
    pool.drop()
    await harness.untilPhase(pool, 'waiting')
    expect(insight().takeFrames()).toMatchObject([{ linkId: 'pool:a', link: null, frames: [] }])
    await harness.untilReady(pool)
    const [again] = insight().takeFrames()
    expect(again).toMatchObject({ link: { id: 'pool:a' } })
    expect(again!.frames.some(({ name }) => name === 'mining.subscribe')).toBe(true)
    expect(insight().backlog('pool:a').length).toBeGreaterThanOrEqual(again!.frames.length)
    insight().watch([])
    pool.sendJob()
    await harness.pass(1)
    expect(insight().takeFrames()).toEqual([])
  })
})

describe('the audit log', () => {
  it('records every kind of connection, both ways, and no password', async () => {
    const [v1, v2] = [await FakeSv1Pool.start({ name: 'a' }), await FakeSv2Pool.start({ name: 'b' })]
    harness = await ProxyHarness.start([v1, v2], { active: null, configOf: () => ({ password: PASSWORD }) })
    insight().setAudit(everything)
    await harness.engine.activate('a')
    const rig = await harness.rigAtWork({ user: 'farm.one' })
    await rig.mine(2)
    await harness.engine.activate('b')
    const extended = await harness.sv2RigAtWork({ user: 'farm.two' })
    const standard = await harness.sv2RigAtWork({
      user: 'farm.three',
      kind: 'standard',
      connection: { flags: 1 },
    })
    await extended.mine(2)
    await standard.mine(2)
    await harness.untilSettled()
    rig.close()
    await until(
      'the rig to be gone',
      () =>
        !insight()
          .links()
          .some(({ id }) => id === 'rig:1'),
    )
    const records = auditRecords()
    expectPlain(records)
    for (const linkId of ['pool:a', 'pool:b', 'rig:1', 'rig:2', 'rig:3']) {
      for (const direction of ['in', 'out']) {
        for (const kind of ['share', 'job', 'session'] as const) {
          const found = records.some(
            (record) => record.linkId === linkId && record.direction === direction && record.kind === kind,
          )
          const jobsGoDown = direction === (linkId.startsWith('pool') ? 'in' : 'out')
          expect(found, `${kind} ${direction} of ${linkId}`).toBe(kind === 'job' ? jobsGoDown : true)
        }
      }
    }
    expect(records.filter(({ name }) => name === 'connection closed').map(({ linkId }) => linkId)).toContain(
      'rig:1',
    )
    expect(JSON.stringify(records)).not.toContain(PASSWORD)
    expect(JSON.stringify(records)).toContain('farm.two')
    // Every share is there: as many as the pools saw, and as many as the rigs sent.
    const submits = records.filter(({ name }) =>
      /^(mining\.submit|SubmitShares(Extended|Standard))$/.test(name),
    )
    expect(submits.filter(({ side }) => side === 'downstream')).toHaveLength(6)
    expect(submits.filter(({ side }) => side === 'upstream')).toHaveLength(
      v1.shares.length + v2.shares.length,
    )
  })

  it('hides names when asked, and keeps to the connections it was asked for', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    await harness.untilReady(pool)
    const [one, two] = [
      await harness.rigAtWork({ user: 'farm.one' }),
      await harness.rigAtWork({ user: 'farm.two' }),
    ]
    insight().setAudit({ kinds: ['share'], links: ['rig:1'], maskIdentities: true })
    await one.mine(2)
    await two.mine(2)
    await harness.untilSettled()
    const records = auditRecords()
    expect(new Set(records.map(({ linkId }) => linkId))).toEqual(new Set(['rig:1']))
    expect(records.map(({ kind }) => kind)).toEqual(Array.from({ length: 4 }, () => 'share'))
    expect(JSON.stringify(records)).not.toContain('farm.')
    insight().setAudit(null)
    await one.mine(1)
    expect(auditRecords()).toEqual([])
  })
})

describe('the bandwidth meter', () => {
  it('counts what really passed beside what the other protocol would have cost', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a', merkleDepth: 12 })
    await before(pool)
    await harness.engine.activate('a')
    const rig = await harness.rigAtWork({ user: 'farm.one' })
    await rig.mine(10)
    for (let n = 0; n < 5; n++) pool.sendJob()
    await until('the jobs', () => linkOf('pool:a').jobs === 6)
    await harness.untilSettled()
    await until('the jobs to arrive', () => linkOf('rig:1').jobs === rig.jobs.length)
    const [toPool, toRig] = [linkOf('pool:a'), linkOf('rig:1')]
    expect(toPool).toMatchObject({ protocol: 'stratum-v2', shares: pool.shares.length })
    expect(toRig).toMatchObject({ protocol: 'stratum-v1', shares: 10 })
    // What Stratum V1 writes as hex, Stratum V2 sends as bytes.
    expect(toPool.counterpart).toMatchObject({ protocol: 'stratum-v1', standardBytesIn: null })
    expect(toPool.counterpart.bytesIn).toBeGreaterThan(1.3 * toPool.bytesIn)
    expect(toPool.counterpart.tlsBytesIn).toBeGreaterThan(toPool.counterpart.bytesIn)
    expect(toRig.counterpart).toMatchObject({ protocol: 'stratum-v2' })
    expect(toRig.counterpart.bytesOut).toBeLessThan(toRig.bytesOut)
    expect(toRig.counterpart.standardBytesOut).toBeLessThan(toRig.counterpart.bytesOut)
  })

  it('keeps the sums of connections that are over, by pool and kind', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    await harness.untilReady(pool)
    const [one] = [await harness.rigAtWork(), await harness.sv2RigAtWork()]
    await one!.mine(3)
    await harness.untilSettled()
    const before = insight().bandwidth()
    expectPlain(before)
    expect(before.downstream.map(({ protocol, links, shares }) => [protocol, links, shares])).toEqual([
      ['stratum-v1', 1, 3],
      ['stratum-v2', 1, 0],
    ])
    const links = insight().links()
    for (const side of ['upstream', 'downstream'] as const) {
      const sum = (rows: readonly { bytesIn: number; bytesOut: number }[]): number[] => [
        rows.reduce((total, { bytesIn }) => total + bytesIn, 0),
        rows.reduce((total, { bytesOut }) => total + bytesOut, 0),
      ]
      expect(sum(before[side])).toEqual(sum(links.filter((link) => link.side === side)))
    }
    one!.close()
    pool.drop()
    await harness.untilPhase(pool, 'waiting')
    await until('the rig to be gone', () =>
      insight()
        .links()
        .every(({ protocol }) => protocol === 'stratum-v2'),
    )
    const after = insight().bandwidth()
    const [v1] = after.downstream
    expect(v1).toEqual(before.downstream[0])
    expect(after.upstream[0]).toMatchObject({ poolId: 'a', links: 1, bytesIn: before.upstream[0]!.bytesIn })
    await harness.untilReady(pool)
    expect(insight().bandwidth().upstream).toMatchObject([{ poolId: 'a', links: 2 }])
    expect(insight().bandwidth().lastHour.upstream.bytesIn).toBeGreaterThan(0)
    expect(after.method.every((sentence) => sentence.endsWith('.'))).toBe(true)
  })
})
