/** A whole farm at once: every rig has an extranonce of its own and gets every job. */
import { afterEach, describe, expect, it } from 'vitest'
import { toHex } from '../../../src-main/base/index.ts'
import { type FakeRig } from '../../support/proxy/fake-rig.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

const RIGS = 300

async function farm(): Promise<FakeRig[]> {
  const rigs = await Promise.all(Array.from({ length: RIGS }, (_, n) => harness.rig({ user: `rig${n}` })))
  await until('the first job of every rig', () => rigs.every(({ jobs }) => jobs.length > 0))
  return rigs
}

describe('300 rigs', () => {
  it('connect at once, differ in their extranonce, follow a switch, and have every share acknowledged', async () => {
    const a = await FakeSv2Pool.start({ name: 'a', rollableSize: 16 })
    const b = await FakeSv1Pool.start({ name: 'b', rollableSize: 8 })
    harness = await ProxyHarness.start([a, b])
    const rigs = await farm()
    expect(new Set(rigs.map(({ extranonce1 }) => toHex(extranonce1))).size).toBe(RIGS)
    expect(
      (await Promise.all(rigs.map((rig) => rig.mine(1)))).flat().every(({ error }) => error === null),
    ).toBe(true)
    const { downstreams } = await harness.engine.activate('b')
    expect(downstreams).toEqual({ total: RIGS, seamless: RIGS, setExtranonce: 0, reconnected: 0 })
    await until('the job of b at every rig', () => rigs.every(({ jobs }) => jobs.length === 2))
    expect(
      (await Promise.all(rigs.map((rig) => rig.mine(1)))).flat().every(({ error }) => error === null),
    ).toBe(true)
    await harness.untilSettled()
    expect([a.acknowledged, b.acknowledged]).toEqual([RIGS, RIGS])
    expect(rigs.some(({ closed }) => closed)).toBe(false)
    expect(harness.expectBalanced().onlineCount).toBe(RIGS)
    harness.expectPoolsAgree()
  })

  it('all learn that older work is worthless, also when the job that said so was overtaken', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const rigs = await farm()
    for (let round = 0; round < 3; round++) {
      const known = rigs.map(({ jobs }) => jobs.length)
      const tip = rigs.map(({ lastJob }) => toHex(lastJob.prevHash))
      // Together in one packet: the first is being handed out when the others come.
      pool.newTip()
      pool.sendJob()
      pool.sendJob()
      await until('the last job at every rig', () =>
        rigs.every(
          ({ jobs }, n) =>
            jobs.length > known[n]! &&
            jobs.at(-1)!.coinb1.length > 0 &&
            toHex(jobs.at(-1)!.coinb1) === toHex(rigs[0]!.lastJob.coinb1),
        ),
      )
      for (const [n, { jobs }] of rigs.entries()) {
        const firstOfTip = jobs.slice(known[n]).find(({ prevHash }) => toHex(prevHash) !== tip[n])
        expect(firstOfTip?.clean, `rig ${n} in round ${round}`).toBe(true)
      }
    }
    const overtaken = rigs.filter(({ jobs }) => jobs.length < rigs[0]!.jobs.length)
    expect(overtaken.length).toBeGreaterThan(0)
    expect(
      (await Promise.all(rigs.map((rig) => rig.mine(1)))).flat().every(({ error }) => error === null),
    ).toBe(true)
  })
})
