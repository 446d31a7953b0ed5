/** Whatever happens to pool and connection, in whatever order: every share that was taken comes to exactly one end. */
import { describe, expect, it } from 'vitest'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { LineHarness, ownerOf, type TestLine } from '../../support/proxy/line-harness.ts'
import { configOf } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

/** Small and repeatable (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 1))

describe('a storm', () => {
  it.each([
    ['V1, sessions restored', 'v1', true, 1],
    ['V1, sessions forgotten', 'v1', false, 2],
    ['V2', 'v2', false, 3],
    ['V2 with a V1 fallback', 'dual', true, 4],
  ] as const)('over %s leaves no share without an end', async (_, kind, restores, seed) => {
    const v2 = await FakeSv2Pool.start({ name: 'v2' })
    const v1 = await FakeSv1Pool.start({ name: 'v1' })
    v1.restoresSessions = restores
    const ports = [v2.port, v1.port]
    const harness = new LineHarness([])
    const base = kind === 'v1' ? configOf(v1, { lines: 'per-rig' }) : configOf(v2, { lines: 'per-rig' })
    const config = kind === 'dual' ? { ...base, fallback: configOf(v1).endpoint } : base
    const next = random(seed)
    const open = (n: number): TestLine => harness.open(config, ownerOf(`x.rig${n}`))
    const lines = [1, 2, 3].map(open)
    let names = 3
    const pools = [v2, v1] as const
    const isUp = [true, true]
    const any = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!
    const actions: (() => unknown)[] = [
      () => any(lines).upstream.nudge(),
      () => any(pools).drop(),
      () => any(pools).newTip(),
      () => any(pools).sendJob(),
      () => (any(pools).answering = any(['held', 'never', 'at-once'] as const)),
      () => pools.forEach((pool) => pool.release()),
      () => v2.closeChannel('storm', any(v2.openUsers.length > 0 ? v2.openUsers : ['nobody'])),
      () => harness.pass(any([10, 1_000, 6_000, 40_000, 130_000])),
      () => {
        const n = Math.floor(next() * lines.length)
        lines[n]!.upstream.stop()
        lines[n] = open(++names)
      },
      async () => {
        const n = Math.floor(next() * 2)
        if (isUp[n]) await pools[n]!.stop()
        else await pools[n]!.listen(ports[n])
        isUp[n] = !isUp[n]
      },
    ]
    for (let step = 0; step < 200; step++) {
      const line = any(lines)
      if (line.jobs.length > 0) line.mine(1, { job: any(line.jobs.slice(-3)) })
      if (next() < 0.35) await any(actions)()
      if (next() < 0.5) await harness.pass(2)
      await turn()
    }
    for (const [n, pool] of pools.entries()) {
      if (!isUp[n]) await pool.listen(ports[n])
      pool.release()
    }
    const taken = harness.opened.flatMap((line) => line.taken)
    // How many depends on how busy the machine is; that the storm did not stop everything is what counts.
    expect(taken.length).toBeGreaterThan(10)
    // After the storm all lines work again.
    await harness.passUntil('all lines to work', () => lines.every(({ phase }) => phase === 'ready'), 20)
    for (const line of lines) {
      const before = line.count('acknowledged')
      line.mine(1)
      await until('an answer', () => line.count('acknowledged') > before)
    }
    for (const line of harness.opened) line.upstream.stop()
    const count = (end: string): number =>
      harness.opened.flatMap(({ outcomes }) => outcomes).filter((one) => one === end).length
    expect(count('pending')).toBe(0)
    // Nothing is booked that no pool said.
    expect(count('acknowledged')).toBeLessThanOrEqual(v1.acknowledged + v2.acknowledged)
    expect(count('rejected')).toBeLessThanOrEqual(v1.rejected + v2.rejected)
    await harness.stop()
    for (const pool of pools) await pool.stop()
  })
})
