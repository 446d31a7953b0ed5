/** A line for each rig: the pool shows every rig, and what befalls one does not befall the others. */
import { afterEach, describe, expect, it } from 'vitest'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool, GROUP_ID } from '../../support/proxy/fake-sv2-pool.ts'
import { LineHarness, ownerOf } from '../../support/proxy/line-harness.ts'
import { configOf } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: LineHarness | undefined
afterEach(async () => {
  await harness?.stop()
  harness = undefined
})

const NAMES = ['x.rig1', 'x.rig2', 'x.rig3']

describe('a line for each rig at a V2 pool', () => {
  it('is a channel on one connection, under the rig name and with an extranonce of its own', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const lines = await harness.openRigs(configOf(pool, { lines: 'per-rig' }), NAMES)
    expect(pool.connectionCount).toBe(1)
    expect(pool.openUsers).toEqual(['farm.rig1', 'farm.rig2', 'farm.rig3'])
    expect(new Set(lines.map(({ job }) => job.extranonce.prefix.join())).size).toBe(3)
    expect(lines.map(({ upstream }) => upstream.lineId)).toEqual(['a/x.rig1', 'a/x.rig2', 'a/x.rig3'])
    for (const line of lines) line.mine(3)
    for (const line of lines) await line.untilSettled()
    expect(pool.shares.map(({ user, refusal }) => `${user} ${refusal}`).sort()).toEqual(
      ['rig1', 'rig2', 'rig3'].flatMap((name) => Array<string>(3).fill(`farm.${name} null`)),
    )
  })
})
