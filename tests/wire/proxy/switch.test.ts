/** The headline: a switch of pools that no rig notices. Real sockets, hashes and pools of both protocols. */
import { afterEach, describe, expect, it } from 'vitest'
import { type FakePool } from '../../support/proxy/fake-pool.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness | undefined
afterEach(async () => {
  await harness?.stop()
  harness = undefined
})

type Kind = 'V1' | 'V2'
const KINDS: readonly Kind[] = ['V1', 'V2']
const SIZES = [4, 8, 16] as const

function startPool(kind: Kind, name: string, rollableSize: number): Promise<FakePool> {
  return kind === 'V1' ? FakeSv1Pool.start({ name, rollableSize }) : FakeSv2Pool.start({ name, rollableSize })
}

const directions = KINDS.flatMap((from) =>
  KINDS.flatMap((to) => SIZES.flatMap((fromSize) => SIZES.map((toSize) => ({ from, fromSize, to, toSize })))),
).filter(({ fromSize, toSize, from, to }) => fromSize !== toSize || from !== to)

describe('a switch between pools', () => {
  it.each(directions)(
    'from $from with $fromSize bytes to $to with $toSize drops no socket, and rigs hash on',
    async ({ from, fromSize, to, toSize }) => {
      const a = await startPool(from, 'a', fromSize)
      const b = await startPool(to, 'b', toSize)
      harness = await ProxyHarness.start([a, b])
      const rigs = [
        await harness.rigAtWork({ user: 'one', versionMask: 0x1fffe000 }),
        await harness.rigAtWork(),
      ]
      await Promise.all(rigs.map((rig) => rig.mine(2)))
      const before = rigs.map((rig) => rig.jobs.length)
      const result = await harness.engine.activate('b')
      expect(result.downstreams).toEqual({ total: 2, seamless: 2, setExtranonce: 0, reconnected: 0 })
      await until('the new job', () => rigs.every((rig, n) => rig.jobs.length > before[n]!))
      for (const rig of rigs) {
        expect(rig.lastJob.clean).toBe(true)
        expect((await rig.mine(3)).map(({ error }) => error)).toEqual([null, null, null])
        expect(rig.closed).toBe(false)
      }
      await harness.untilSettled()
      expect([a.acknowledged, b.acknowledged]).toEqual([4, 6])
      harness.expectBalanced()
      harness.expectPoolsAgree()
    },
  )
})
