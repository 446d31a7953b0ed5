/** No share is lost or counted twice, in any order of switches, reconnections, shares and answers. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyCounts, identityHolds, type ShareCounts } from '../../../src-main/proxy/shares/accounting.ts'
import { microtasks, pretendConfig, ProxyMiddle, type ShareWorth } from '../../support/proxy/pretend-pools.ts'

const POOLS = ['a', 'b', 'c'] as const
const SIZES = [8, 4, 2] as const

type Step =
  | { readonly do: 'rig-comes'; readonly canSetExtranonce: boolean }
  | { readonly do: 'rig-goes'; readonly rig: number }
  | {
      readonly do: 'share'
      readonly rig: number
      readonly age: number
      readonly worth: ShareWorth
      readonly serial: number
    }
  | { readonly do: 'flush' | 'report' }
  | { readonly do: 'activate'; readonly pool: number }
  | { readonly do: 'job'; readonly pool: number; readonly clean: boolean; readonly size: number }
  | { readonly do: 'bad-job'; readonly pool: number }
  | { readonly do: 'tip-without-job'; readonly pool: number }
  | { readonly do: 'answer'; readonly pool: number; readonly count: number; readonly reason: string | null }
  | { readonly do: 'break'; readonly pool: number; readonly how: 'closed' | 'blocked' | 'again' | 'move' }
  | { readonly do: 'unreachable' | 'cannot-write'; readonly pool: number; readonly yes: boolean }
  | { readonly do: 'pools'; readonly changes: readonly ('same' | 'gone' | 'disabled' | 'edited')[] }
  | { readonly do: 'time'; readonly ms: number }

const pool = fc.nat(2)
const rig = fc.nat(5)
const worth = fc.constantFrom<ShareWorth[]>('low', 'weak', 'valid', 'valid', 'valid', 'block')
const share = fc.record({ do: fc.constant('share' as const), rig, age: fc.nat(3), worth, serial: fc.nat(6) })
const job = fc.record({ do: fc.constant('job' as const), pool, clean: fc.boolean(), size: fc.nat(2) })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('rig-comes' as const), canSetExtranonce: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rig-goes' as const), rig }) },
  { weight: 12, arbitrary: share },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'report' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('activate' as const), pool }) },
  { weight: 6, arbitrary: job },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('bad-job' as const, 'tip-without-job' as const), pool }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      pool,
      count: fc.nat(4),
      reason: fc.constantFrom(null, null, 'stale', '__proto__'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('break' as const),
      pool,
      how: fc.constantFrom(
        'closed' as const,
        'closed' as const,
        'blocked' as const,
        'again' as const,
        'move' as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('unreachable' as const, 'cannot-write' as const),
      pool,
      yes: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('pools' as const),
      changes: fc.array(
        fc.constantFrom(
          'same' as const,
          'same' as const,
          'gone' as const,
          'disabled' as const,
          'edited' as const,
        ),
        {
          minLength: 3,
          maxLength: 3,
        },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(10, 1000, 31_000, 70_000) }),
  },
)

const COLUMNS = [
  'submitted',
  'valid',
  'stale',
  'duplicate',
  'invalid',
  'acknowledged',
  'rejected',
  'lost',
  'weak',
] as const

class Scenario {
  readonly middle = new ProxyMiddle()
  readonly #sums = emptyCounts()
  readonly #switches: Promise<unknown>[] = []
  #edits = 0

  constructor() {
    this.middle.switchboard.start(
      POOLS.map((id) => pretendConfig(id)),
      'a',
    )
  }

  async run(next: Step): Promise<void> {
    this.#apply(next)
    await microtasks()
    this.#expectBalanced()
  }

  /** Ends as the engine does, and looks at the books for the last time. */
  async end(): Promise<void> {
    this.middle.desk.checker.flush()
    this.middle.switchboard.stop()
    await microtasks()
    this.#drain()
    this.#expectBalanced()
    const { counts } = this.middle.accounting.total
    expect(counts.pending).toBe(0)
    for (const column of COLUMNS) expect(this.#sums[column], column).toBe(counts[column])
    // Whoever asked for a switch got an answer.
    await Promise.all(this.#switches)
  }

  #apply(next: Step): void {
    const { middle } = this
    switch (next.do) {
      case 'rig-comes':
        middle.addRig(next.canSetExtranonce)
        return
      case 'rig-goes':
        if (middle.rigs[next.rig]) middle.removeRig(middle.rigs[next.rig]!)
        return
      case 'share':
        middle.rigs[next.rig]?.offer(next.age, next.worth, next.serial)
        return
      case 'flush':
        middle.desk.checker.flush()
        return
      case 'report':
        this.#drain()
        return
      case 'activate':
        this.#switches.push(middle.switchboard.activate(POOLS[next.pool]!).catch(() => {}))
        return
      case 'job':
        middle.session(POOLS[next.pool]!)?.job(next.clean, SIZES[next.size]!)
        return
      case 'bad-job':
        middle.checker.refuseNext = true
        middle.session(POOLS[next.pool]!)?.job(false, 8)
        middle.checker.refuseNext = false
        return
      case 'tip-without-job':
        middle.session(POOLS[next.pool]!)?.drop()
        return
      case 'answer':
        middle.session(POOLS[next.pool]!)?.answer(next.count, next.reason)
        return
      case 'break':
        this.#break(POOLS[next.pool]!, next.how)
        return
      case 'unreachable':
        if (next.yes) middle.dead.add(POOLS[next.pool]!)
        else middle.dead.delete(POOLS[next.pool]!)
        return
      case 'cannot-write': {
        const session = middle.session(POOLS[next.pool]!)
        if (session) session.failsToWrite = next.yes
        return
      }
      case 'pools':
        this.#setPools(next.changes)
        return
      case 'time':
        middle.clock.advance(next.ms)
    }
  }

  #break(poolId: string, how: 'closed' | 'blocked' | 'again' | 'move'): void {
    const end = { code: 'pool/test', message: how } as const
    this.middle.session(poolId)?.parts.events.onEnd({
      ...end,
      ...(how === 'blocked' ? { blocked: true } : {}),
      ...(how === 'again' ? { again: true } : {}),
      ...(how === 'move' ? { moveTo: { host: 'other.example', port: 1 } } : {}),
    })
  }

  #setPools(changes: readonly ('same' | 'gone' | 'disabled' | 'edited')[]): void {
    const configs = POOLS.flatMap((id, n) => {
      const change = changes[n]
      if (change === 'gone') return []
      if (change === 'disabled') return [pretendConfig(id, { enabled: false })]
      return [pretendConfig(id, change === 'edited' ? { userIdentity: `someone${++this.#edits}` } : {})]
    })
    this.middle.switchboard.setPools(configs, configs[0]?.id ?? null)
  }

  #drain(): void {
    for (const delta of this.middle.accounting.drain()) {
      for (const column of COLUMNS) this.#sums[column] += delta[column]
    }
  }

  /** Says what is wrong; called so often that matchers would take most of the time. */
  #expectBalanced(): void {
    const { accounting, books, everyRig, sessions } = this.middle
    const total = accounting.total.counts
    requireSound('the total', total)
    requireSum(
      'pools',
      [...books.values()].map(({ counts }) => counts),
      total,
    )
    requireSum(
      'rigs',
      everyRig.map(({ rig: { book } }) => book.counts),
      total,
    )
    let waiting = 0
    for (const ofPool of sessions.values()) {
      for (const { pending } of ofPool) waiting += pending.length
      // One connection to a pool at a time.
      if (ofPool.filter(({ open }) => open).length > 1) throw new Error('two connections to one pool')
    }
    if (total.pending !== waiting) throw new Error(`${total.pending} shares pending, pools have ${waiting}`)
  }
}

function requireSound(whose: string, counts: ShareCounts): void {
  const negative = Object.values(counts).some((count) => count < 0)
  if (negative || !identityHolds(counts)) throw new Error(`${whose}: ${JSON.stringify(counts)}`)
}

function requireSum(what: string, parts: readonly ShareCounts[], total: ShareCounts): void {
  const sum = emptyCounts()
  for (const counts of parts) {
    requireSound(`one of the ${what}`, counts)
    for (const column of Object.keys(sum) as (keyof ShareCounts)[]) sum[column] += counts[column]
  }
  for (const column of Object.keys(sum) as (keyof ShareCounts)[]) {
    if (sum[column] !== total[column])
      throw new Error(`${what}: ${column} ${sum[column]}, not ${total[column]}`)
  }
}

describe('the share book', () => {
  it('balances after every step of any story', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
        const scenario = new Scenario()
        await microtasks()
        // A farm at work, so that most stories have something to count.
        await scenario.run({ do: 'job', pool: 0, clean: true, size: 0 })
        await scenario.run({ do: 'rig-comes', canSetExtranonce: true })
        await scenario.run({ do: 'rig-comes', canSetExtranonce: false })
        for (const next of steps) await scenario.run(next)
        await scenario.end()
      }),
      { numRuns: 600 },
    )
  })

  it('sees every kind of ending in such stories', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 120 }), async (steps) => {
        const scenario = new Scenario()
        await microtasks()
        await scenario.run({ do: 'job', pool: 0, clean: true, size: 0 })
        await scenario.run({ do: 'rig-comes', canSetExtranonce: true })
        for (const next of steps) await scenario.run(next)
        const { counts } = scenario.middle.accounting.total
        for (const [column, count] of Object.entries(counts)) if (count > 0) seen.add(column)
        if (scenario.middle.blocks > 0) seen.add('block')
        await scenario.end()
      }),
      { numRuns: 400, seed: 7 },
    )
    expect([...seen].sort()).toEqual(
      [
        'acknowledged',
        'block',
        'duplicate',
        'invalid',
        'lost',
        'pending',
        'rejected',
        'stale',
        'submitted',
        'valid',
        'weak',
      ].sort(),
    )
  })
})
