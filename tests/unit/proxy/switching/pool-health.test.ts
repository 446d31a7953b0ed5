import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PoolHealth } from '../../../../src-main/proxy/engine-views.ts'
import { joinVitals, PoolHealthWatch } from '../../../../src-main/proxy/switching/pool-health.ts'
import { type UpstreamState, type UpstreamVitals } from '../../../../src-main/proxy/upstream/upstream.ts'

const MINUTE_MS = 60_000
const READY: UpstreamState = { phase: 'ready', connectedAtMs: 0 }
const problem = { code: 'pool/connection-closed', message: 'The a: closed.', atMs: 0 } as const
const NOTHING: UpstreamVitals = {
  lastJobMs: null,
  usualJobGapMs: null,
  oldestUnansweredMs: null,
  unansweredCount: 0,
  acknowledgedCount: 0,
  rejectedCount: 0,
  lastAcknowledgedMs: null,
}

/** A pool that does as it is told, looked at each second. */
class Pool {
  readonly watch = new PoolHealthWatch()
  nowMs = 0
  vitals = { ...NOTHING, lastJobMs: 0, usualJobGapMs: 30_000 as number | null }
  health: PoolHealth = { verdict: 'unknown', because: '' }
  readonly waiting: number[] = []

  get verdict(): string {
    return this.health.verdict
  }

  share(): void {
    this.waiting.push(this.nowMs)
  }

  answer(count: number, rejects = false): void {
    const answered = this.waiting.splice(0, count).length
    if (rejects) this.vitals = { ...this.vitals, rejectedCount: this.vitals.rejectedCount + answered }
    else this.vitals = { ...this.vitals, acknowledgedCount: this.vitals.acknowledgedCount + answered }
  }

  /** Seconds pass; a job comes every 30 s unless told otherwise. */
  pass(seconds: number, each: (second: number) => void = () => {}, jobs = true): this {
    for (let second = 0; second < seconds; second++) {
      this.nowMs += 1000
      if (jobs && second % 30 === 0) this.vitals = { ...this.vitals, lastJobMs: this.nowMs }
      each(second)
      const vitals = {
        ...this.vitals,
        unansweredCount: this.waiting.length,
        oldestUnansweredMs: this.waiting[0] ?? null,
      }
      this.health = this.watch.look(READY, vitals, this.nowMs, 'Pool')
    }
    return this
  }
}

describe('the health of a pool', () => {
  it('is unknown before it was ready, bad without a connection, doubtful when nothing is heard', () => {
    const look = (state: UpstreamState): PoolHealth => new PoolHealthWatch().look(state, NOTHING, 0, 'Pool')
    expect(look({ phase: 'idle' }).verdict).toBe('unknown')
    expect(look({ phase: 'connecting', attempt: 1 }).verdict).toBe('unknown')
    expect(look({ phase: 'waiting', attempt: 1, retryAtMs: 1, problem })).toEqual({
      verdict: 'bad',
      because: 'The a: closed.',
    })
    expect(look({ phase: 'blocked', problem }).verdict).toBe('bad')
    expect(look({ phase: 'silent', connectedAtMs: 0, problem }).verdict).toBe('doubtful')
    expect(look(READY)).toEqual({ verdict: 'good', because: '' })
  })

  it('stays bad, with its reason, while the next attempt to connect is under way', () => {
    const watch = new PoolHealthWatch()
    watch.look({ phase: 'waiting', attempt: 1, retryAtMs: 1, problem }, NOTHING, 0, 'Pool')
    expect(watch.look({ phase: 'connecting', attempt: 2 }, NOTHING, 1, 'Pool')).toEqual({
      verdict: 'bad',
      because: 'The a: closed.',
    })
    expect(watch.look(READY, NOTHING, 2, 'Pool').verdict).toBe('good')
  })

  it('suffers when jobs stay away far beyond their usual rhythm', () => {
    const pool = new Pool().pass(600)
    expect(pool.verdict).toBe('good')
    pool.pass(4 * 60, undefined, false)
    expect(pool.verdict).toBe('good')
    pool.pass(2 * 60, undefined, false)
    expect(pool.health.verdict).toBe('doubtful')
    expect(pool.health.because).toMatch(/^Pool has given no job for \d+ min; usually one comes every 30 s\./)
    pool.pass(16 * 60, undefined, false)
    expect(pool.verdict).toBe('bad')
    pool.pass(1)
    expect(pool.verdict).toBe('good')
  })

  it('allows for a pool that gives one job a block', () => {
    const pool = new Pool()
    pool.vitals = { ...pool.vitals, usualJobGapMs: 12 * MINUTE_MS }
    pool.pass(1).pass(45 * 60, undefined, false)
    expect(pool.verdict).toBe('good')
    pool.pass(15 * 60, undefined, false)
    expect(pool.verdict).toBe('doubtful')
    pool.pass(70 * 60, undefined, false)
    expect(pool.verdict).toBe('bad')
  })

  it('does not suffer from batches, whether they fill fast or slowly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        (batch, secondsAShare) => {
          const pool = new Pool()
          const seen = new Set<string>()
          pool.pass(Math.min(40_000, 6 * batch * secondsAShare), (second) => {
            if (second % secondsAShare === 0) pool.share()
            if (pool.waiting.length >= batch) pool.answer(batch)
            seen.add(pool.verdict)
          })
          expect(seen.has('bad')).toBe(false)
          // The first batch of a slow one may look odd; what is usual is known afterwards.
          if (batch * secondsAShare < 3600 && batch < 20) expect(seen.has('doubtful')).toBe(false)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('suffers when shares are left without an answer far beyond what is usual', () => {
    const pool = new Pool()
    pool.pass(300, (second) => {
      if (second % 2 === 0) pool.share()
      pool.answer(5)
    })
    expect(pool.verdict).toBe('good')
    pool.pass(45, (second) => second % 2 === 0 && pool.share())
    expect(pool.verdict).toBe('good')
    pool.pass(30, (second) => second % 2 === 0 && pool.share())
    expect(pool.health).toMatchObject({ verdict: 'doubtful' })
    expect(pool.health.because).toMatch(/Pool has left \d+ shares without an answer, the oldest for 7\d s/)
    pool.pass(120, (second) => second % 2 === 0 && pool.share())
    expect(pool.verdict).toBe('bad')
    pool.answer(1000)
    pool.pass(1)
    expect(pool.verdict).toBe('good')
  })

  it('suffers, for a small farm too, when a few shares wait twenty times as long as ever', () => {
    const pool = new Pool()
    pool.pass(1200, (second) => {
      if (second % 60 === 0) pool.share()
      if (second % 60 === 1) pool.answer(1)
    })
    pool.share()
    pool.pass(9 * 60)
    expect(pool.verdict).toBe('good')
    pool.pass(2 * 60)
    expect(pool.verdict).toBe('doubtful')
    pool.pass(20 * 60)
    expect(pool.verdict).toBe('bad')
  })

  it('suffers when refusals are many all of a sudden, and forgets them in time', () => {
    const pool = new Pool()
    pool.pass(600, () => {
      pool.share()
      pool.answer(1)
    })
    pool.pass(30, (second) => {
      pool.share()
      pool.answer(1, second % 2 === 0)
    })
    expect(pool.verdict).toBe('good')
    pool.pass(60, () => {
      pool.share()
      pool.answer(1, true)
    })
    expect(pool.verdict).toBe('doubtful')
    pool.pass(180, () => {
      pool.share()
      pool.answer(1, true)
    })
    expect(pool.verdict).toBe('bad')
    expect(pool.health.because).toMatch(/^Pool refused \d+ of the last \d+ shares/)
    pool.pass(400)
    expect(pool.verdict).toBe('good')
  })

  it('does not suffer from a few stale shares, nor from the first bad ones after a restart', () => {
    const pool = new Pool()
    pool.pass(600, (second) => {
      pool.share()
      pool.answer(1, second % 40 === 0)
      expect(pool.verdict).not.toBe('bad')
    })
    expect(pool.verdict).toBe('good')
    pool.vitals = { ...pool.vitals, acknowledgedCount: 0, rejectedCount: 0 }
    pool.pass(10, () => {
      pool.share()
      pool.answer(1, true)
    })
    expect(pool.verdict).toBe('good')
  })
})

describe('several lines to a pool', () => {
  it('count as one: the newest job, the oldest share, the sums', () => {
    const one = { ...NOTHING, lastJobMs: 5, usualJobGapMs: 10, unansweredCount: 2, oldestUnansweredMs: 9 }
    const two = { ...NOTHING, lastJobMs: 7, unansweredCount: 1, oldestUnansweredMs: 4, acknowledgedCount: 3 }
    expect(joinVitals([one, two, NOTHING])).toEqual({
      ...NOTHING,
      lastJobMs: 7,
      usualJobGapMs: 10,
      unansweredCount: 3,
      oldestUnansweredMs: 4,
      acknowledgedCount: 3,
    })
    expect(joinVitals([])).toBeNull()
  })
})
