/**
 * Rigs that apply a lower difficulty only to work they begin anew. Parasite Pool's own rig is one: it hashes what it
 * has against the target it began with, and keeps what it has when a job comes that does not drop it.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

describe('a lower difficulty', () => {
  it('comes with a job that drops what a rig did, when that was too hard for it to find anything', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a', difficulty: 1e6 })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    const [first] = rig.jobs
    expect(first!.difficulty).toBeGreaterThan(1)
    await harness.pass(20_000, 1000)
    await until('an easier job', () => rig.lastJob.difficulty < first!.difficulty / 100)
    const eased = rig.jobs.filter(({ difficulty }, n) => n > 0 && difficulty < rig.jobs[n - 1]!.difficulty)
    expect(eased.length).toBeGreaterThan(1)
    expect(eased.every(({ clean }) => clean)).toBe(true)
  })

  it('leaves a rig what it does, when it found something at the one before', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a', difficulty: 6e-7 })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    const before = rig.lastJob
    await rig.mine(3)
    pool.setDifficulty(before.difficulty / 4)
    pool.sendJob()
    await until('an easier job', () => rig.lastJob.difficulty < before.difficulty)
    expect(rig.jobs.slice(1).map(({ clean }) => clean)).not.toContain(true)
    await harness.untilSettled()
    expect(harness.expectBalanced().counts).toMatchObject({ stale: 0, rejected: 0 })
  })
})
