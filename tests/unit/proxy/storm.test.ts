/**
 * A hundred thousand shares in a storm: switches, routes, losses, late answers, kills, rigs that come and go. The books
 * balance at every step, and every share came to exactly one end.
 */
import { describe, expect, it } from 'vitest'
import { type RoutingConfig } from '../../../src-main/proxy/index.ts'
import { emptyCounts, identityHolds, type ShareCounts } from '../../../src-main/proxy/shares/accounting.ts'
import { type PoolConfig } from '../../../src-main/proxy/upstream/upstream.ts'
import {
  microtasks,
  pretendConfig,
  type PretendSession,
  ProxyMiddle,
  type ShareWorth,
} from '../../support/proxy/pretend-pools.ts'

const SHARES = 100_000
const POOLS = ['a', 'b', 'c', 'd'] as const
const WORTHS: readonly ShareWorth[] = ['low', 'weak', 'weak', 'valid', 'valid', 'valid', 'valid', 'block']
const COLUMNS = Object.keys(emptyCounts()) as (keyof ShareCounts)[]
const DELTA_COLUMNS = COLUMNS.filter((column) => column !== 'pending') as Exclude<
  keyof ShareCounts,
  'pending'
>[]

/** Chance that is the same each time. */
function chance(seed: number): { below(limit: number): number; happens(probability: number): boolean } {
  let state = seed >>> 0
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return { below: (limit) => Math.floor(next() * limit), happens: (probability) => next() < probability }
}

class Storm {
  readonly middle = new ProxyMiddle()
  readonly #chance: ReturnType<typeof chance>
  readonly #changes = new Map<string, Partial<PoolConfig>>()
  readonly #switches: Promise<unknown>[] = []
  readonly #sums = emptyCounts()
  /** What the rigs counted that are long gone. */
  readonly #gone = emptyCounts()
  /** What pools were given, by header: none twice. */
  readonly #given = new Set<string>()
  readonly #watched = new Set<PretendSession>()
  #acknowledged = 0
  #rejected = 0
  #serial = 0
  offered = 0
  steps = 0

  constructor(seed: number) {
    this.#chance = chance(seed)
    this.#changes.set('d', { lines: 'per-rig' })
    this.middle.switchboard.start(this.#configs(), 'a')
  }

  async run(): Promise<void> {
    await microtasks()
    for (let n = 0; n < 8; n++) this.middle.addRig(n % 2 === 0)
    while (this.offered < SHARES) {
      this.steps++
      this.#step()
      if (this.steps % 4 === 0) await microtasks()
      this.#watchSessions()
      this.#expectIdentity()
      if (this.steps % 40 === 0) this.#expectBalanced()
    }
  }

  async end(): Promise<ShareCounts> {
    this.middle.desk.checker.flush()
    this.middle.switchboard.stop()
    await microtasks()
    this.#drain(Infinity)
    this.#expectBalanced()
    await Promise.all(this.#switches)
    const { counts } = this.middle.accounting.total
    for (const column of DELTA_COLUMNS)
      expect(this.#sums[column], `${column} of the deltas`).toBe(counts[column])
    expect([counts.pending, counts.acknowledged, counts.rejected]).toEqual([
      0,
      this.#acknowledged,
      this.#rejected,
    ])
    // Whatever no pool took is lost, and so is what pools took and never answered.
    const unanswered = this.#given.size - this.#acknowledged - this.#rejected
    const untaken = counts.valid - this.#given.size
    expect(counts.lost).toBe(unanswered + untaken)
    return { ...counts }
  }

  #step(): void {
    const { middle } = this
    const { below, happens } = this.#chance
    const pool = POOLS[below(POOLS.length)]!
    for (const session of middle.sessions.get(pool) ?? []) {
      if (session.open && happens(0.3)) session.job(happens(0.4), [8, 8, 4, 2][below(4)]!)
    }
    for (let n = below(40); n > 0; n--) this.#share()
    if (happens(0.7)) middle.desk.checker.flush()
    if (happens(0.5)) this.#answer(pool)
    if (happens(0.03)) this.#switches.push(middle.switchboard.activate(pool).catch(() => {}))
    if (happens(0.03)) middle.switchboard.setRouting(this.#routing())
    if (happens(0.02)) this.#break(pool)
    if (happens(0.02)) {
      if (middle.dead.has(pool)) middle.dead.delete(pool)
      else middle.dead.add(pool)
    }
    if (happens(0.02)) {
      const session = middle.session(pool)
      if (session) session.failsToWrite = !session.failsToWrite
    }
    if (happens(0.01)) middle.session(pool)?.drop()
    if (happens(0.005)) this.#edit(pool)
    if (happens(0.06) && middle.rigs.length < 24) middle.addRig(happens(0.5))
    if (happens(0.05) && middle.rigs.length > 4) middle.removeRig(middle.rigs[below(middle.rigs.length)]!)
    if (happens(0.2)) middle.clock.advance([10, 1000, 5000, 31_000, 70_000][below(5)]!)
    if (happens(0.02)) middle.switchboard.nudge()
    if (happens(0.1)) this.#drain()
  }

  #share(): void {
    const { middle } = this
    const { below, happens } = this.#chance
    const rig = middle.rigs[below(middle.rigs.length)]
    if (!rig) return
    this.offered++
    const age = happens(0.8) ? 0 : below(4)
    const worth = WORTHS[below(WORTHS.length)]!
    rig.offer(age, worth, ++this.#serial)
    if (!happens(0.02)) return
    this.offered++
    rig.offer(age, worth, this.#serial)
  }

  #answer(poolId: string): void {
    const { below, happens } = this.#chance
    for (const session of this.middle.sessions.get(poolId) ?? []) {
      if (!session.open) continue
      const count = Math.min(below(60), session.pending.length)
      const refuses = happens(0.2)
      session.answer(count, refuses ? 'no' : null)
      if (refuses) this.#rejected += count
      else this.#acknowledged += count
    }
  }

  #break(poolId: string): void {
    const how = this.#chance.below(4)
    const end = { code: 'pool/test', message: 'broken' } as const
    this.middle.session(poolId)?.parts.events.onEnd({
      ...end,
      ...(how === 1 ? { blocked: true } : {}),
      ...(how === 2 ? { again: true } : {}),
      ...(how === 3 ? { moveTo: { host: 'other.example', port: 1 } } : {}),
    })
  }

  #edit(poolId: string): void {
    const { below, happens } = this.#chance
    const lines = happens(0.5) ? ('per-rig' as const) : ('shared' as const)
    this.#changes.set(poolId, {
      enabled: happens(0.8),
      listens: happens(0.2),
      lines,
      userIdentity: `u${below(9)}`,
    })
    const configs = this.#configs().filter(({ id }) => id !== poolId || happens(0.8))
    this.middle.switchboard.setPools(configs, configs[0]?.id ?? null)
  }

  #routing(): RoutingConfig {
    const { below, happens } = this.#chance
    const keys = this.middle.rigs.map(({ rig }) => rig.rigKey)
    const ruled = keys.filter(() => happens(0.2))
    const [one, other] = [POOLS[below(4)]!, POOLS[below(4)]!]
    return {
      rules: happens(0.7) ? [{ poolId: POOLS[below(4)]!, rigKeys: ruled }] : [],
      split:
        happens(0.5) || one === other
          ? []
          : [
              { poolId: one, ratio: 0.7 },
              { poolId: other, ratio: 0.3 },
            ],
      failover: { enabled: happens(0.8), returnAfterMs: 60_000 },
    }
  }

  #configs(): PoolConfig[] {
    return POOLS.map((id) => pretendConfig(id, this.#changes.get(id) ?? {}))
  }

  /** Notes whatever a pool is given. */
  #watchSessions(): void {
    for (const sessions of this.middle.sessions.values()) {
      for (const session of sessions) {
        if (this.#watched.has(session)) continue
        this.#watched.add(session)
        const submit = session.submit.bind(session)
        session.submit = (share, token) => {
          if (!submit(share, token)) return false
          const { jobId, ntime, nonce, version, rollable } = share
          const header = `${jobId} ${ntime} ${nonce} ${version} ${rollable.join()}`
          if (this.#given.has(header)) throw new Error(`a pool was given ${header} twice`)
          this.#given.add(header)
          return true
        }
      }
    }
  }

  #drain(limit = this.#chance.below(40)): void {
    for (const delta of this.middle.accounting.drain(limit)) {
      for (const column of DELTA_COLUMNS) this.#sums[column] += delta[column]
    }
  }

  #expectIdentity(): void {
    const { counts } = this.middle.accounting.total
    if (!identityHolds(counts)) throw new Error(`step ${this.steps}: ${JSON.stringify(counts)}`)
  }

  #expectBalanced(): void {
    const { accounting, books, sessions, switchboard } = this.middle
    const total = accounting.total.counts
    this.#forgetTheGone()
    expectSum(
      'pools',
      [...books.values()].map(({ counts }) => counts),
      total,
    )
    expectSum('rigs', [this.#gone, ...this.middle.everyRig.map(({ rig }) => rig.book.counts)], total)
    let waiting = 0
    for (const ofPool of sessions.values()) for (const { pending } of ofPool) waiting += pending.length
    if (total.pending !== waiting) throw new Error(`${total.pending} shares pending, pools have ${waiting}`)
    const seated = [...switchboard.seats.values()]
    for (const line of switchboard.lines.all) {
      const rigCount = seated.filter((seat) => seat.line === line).length
      if (line.rigCount !== rigCount)
        throw new Error(`line ${line.id} counts ${line.rigCount} of ${rigCount} rigs`)
    }
  }

  /** Rigs without shares on their way leave their sums behind. */
  #forgetTheGone(): void {
    const { everyRig, rigs } = this.middle
    for (let n = everyRig.length - 1; n >= 0; n--) {
      const rig = everyRig[n]!
      if (rigs.includes(rig) || rig.rig.book.counts.pending > 0 || everyRig.length - n < 60) continue
      for (const column of COLUMNS) this.#gone[column] += rig.rig.book.counts[column]
      everyRig.splice(n, 1)
    }
  }
}

function expectSum(what: string, parts: readonly ShareCounts[], total: ShareCounts): void {
  for (const counts of parts) {
    if (!identityHolds(counts) || COLUMNS.some((column) => counts[column] < 0)) {
      throw new Error(`one of the ${what}: ${JSON.stringify(counts)}`)
    }
  }
  for (const column of COLUMNS) {
    const sum = parts.reduce((all, counts) => all + counts[column], 0)
    if (sum !== total[column]) throw new Error(`${what}: ${column} ${sum}, not ${total[column]}`)
  }
}

describe('a storm of 100,000 shares', () => {
  it('leaves every book balanced at every step, and no share counted twice', async () => {
    const storm = new Storm(1)
    await storm.run()
    const counts = await storm.end()
    // It was a storm: every kind of ending came about, often.
    for (const column of COLUMNS) {
      if (column !== 'pending') expect(counts[column], column).toBeGreaterThan(500)
    }
    expect(storm.middle.blocks).toBeGreaterThan(500)
  })
})
