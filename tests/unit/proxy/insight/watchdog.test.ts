import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import {
  assembleCoinbase,
  asBlockHash,
  describeJob,
  encodeHeightPush,
  type Job,
  type JobId,
  sha256d,
  targetOfDifficulty,
} from '../../../../src-main/mining/index.ts'
import { type PoolTip } from '../../../../src-main/proxy/insight/job-timeline.ts'
import { type WarningCode } from '../../../../src-main/proxy/insight/insight-views.ts'
import { ANSWERS_WINDOW_MS, AnswerHistory, Watchdog } from '../../../../src-main/proxy/insight/watchdog.ts'
import {
  EMPTY_AFTER_MS,
  type FarmObservation,
  type PoolObservation,
  type Rule,
  STALE_AFTER_MS,
  UNANSWERED_MS,
  UNANSWERED_SHARES,
} from '../../../../src-main/proxy/insight/watchdog-rules.ts'

const NOW_MS = 1_750_000_000_000
const MAINNET_NBITS = 0x17034219
const REGTEST_NBITS = 0x207fffff
const payoutHex = '0014' + '07'.repeat(20)
const otherHex = '0014' + '08'.repeat(20)

interface TipPlan {
  /** A coinbase that is none. */
  garbage?: boolean
  readonly block?: string
  readonly previous?: string | null
  readonly height?: number
  readonly nBits?: number
  readonly sinceMs?: number
  readonly jobMs?: number
  readonly empty?: boolean
  readonly emptySinceMs?: number | null
  /** Header time against our clock, seconds. */
  readonly skewS?: number
  readonly outputs?: readonly (readonly [string, number])[]
}

const keyOf = (block: string): string => toHex(sha256d(new TextEncoder().encode(block)))

function tip(plan: TipPlan = {}): PoolTip {
  const { block = 'a', previous = 'z', height = 900_000, nBits = MAINNET_NBITS, sinceMs = 0 } = plan
  const { outputs = [[payoutHex, 312_500_000]], empty = false } = plan
  const { prefix, suffix } = assembleCoinbase({
    scriptStart: encodeHeightPush(height),
    tag: '/a pool/',
    extranonceSize: 12,
    outputs: outputs.map(([hex, valueSats]) => ({ script: fromHex(hex), valueSats })),
  })
  const job: Job = {
    id: 1 as JobId,
    upstreamJobId: '1',
    tip: { prevHash: asBlockHash(fromHex(keyOf(block))), nBits, minNtime: 0 },
    version: 0x20000000,
    versionRollingMask: 0,
    ntime: NOW_MS / 1000 + (plan.skewS ?? 0),
    coinbasePrefix: plan.garbage ? new Uint8Array(60).fill(0xab) : prefix,
    coinbaseSuffix: suffix,
    merklePath: empty ? [] : [new Uint8Array(32)],
    extranonce: { prefix: new Uint8Array(4), rollableSize: 8 },
    target: targetOfDifficulty(1000),
    cleanJobs: true,
    receivedAtMs: NOW_MS,
  }
  return {
    key: keyOf(block),
    previousKey: previous === null ? null : keyOf(previous),
    description: describeJob(job),
    sinceMs,
    emptySinceMs: plan.emptySinceMs ?? (empty ? sinceMs : null),
    job,
    jobMs: plan.jobMs ?? sinceMs,
  }
}

function pool(poolId: string, changes: Partial<PoolObservation> = {}): PoolObservation {
  return {
    poolId,
    name: `The ${poolId} pool`,
    protocol: 'stratum-v1',
    phase: 'ready',
    tip: tip(),
    payout: null,
    rigCount: 0,
    hashrateHs: 0,
    poolDifficulty: null,
    answers: { acknowledged: 0, rejected: 0, unanswered: 0, waitingSinceMs: null },
    ...changes,
  }
}

const at = (monotonicMs: number, ...pools: PoolObservation[]): FarmObservation => ({ monotonicMs, pools })

/** Warnings after these observations, one after the other, as `code pool`. */
function after(...observations: FarmObservation[]): string[] {
  const watchdog = new Watchdog()
  for (const observation of observations) watchdog.observe(observation, NOW_MS + observation.monotonicMs)
  return watchdog.warnings.map(({ code, poolId }) => (poolId === null ? code : `${code} ${poolId}`))
}

/** The same observation at the start and some time later. */
function lasting(forMs: number, ...pools: PoolObservation[]): string[] {
  return after(at(0, ...pools), at(forMs, ...pools))
}

describe('a warning', () => {
  const rule = (raiseAfterMs: number, withdrawAfterMs: number, isOdd: () => boolean): Rule => ({
    code: 'watchdog/pool-silent',
    raiseAfterMs,
    withdrawAfterMs,
    find: () => (isOdd() ? [{ poolId: 'a', severity: 'warning', message: 'Odd.' }] : []),
  })

  it('is raised only when its reason lasts, and tells since when it did', () => {
    let odd = true
    const watchdog = new Watchdog([rule(5000, 0, () => odd)])
    watchdog.observe(at(0), NOW_MS)
    watchdog.observe(at(4999), NOW_MS + 4999)
    expect(watchdog.warnings).toEqual([])
    odd = false
    watchdog.observe(at(5000), NOW_MS + 5000)
    odd = true
    watchdog.observe(at(6000), NOW_MS + 6000)
    expect(watchdog.warnings).toEqual([])
    watchdog.observe(at(11_000), NOW_MS + 11_000)
    expect(watchdog.warnings).toEqual([
      {
        id: 'watchdog/pool-silent a',
        code: 'watchdog/pool-silent',
        severity: 'warning',
        poolId: 'a',
        message: 'Odd.',
        sinceMs: NOW_MS + 6000,
      },
    ])
  })

  it('is withdrawn only when its reason is gone for good', () => {
    let odd = true
    const watchdog = new Watchdog([rule(0, 10_000, () => odd)])
    watchdog.observe(at(0), NOW_MS)
    odd = false
    watchdog.observe(at(1000), NOW_MS)
    watchdog.observe(at(10_999), NOW_MS)
    expect(watchdog.warnings).toHaveLength(1)
    odd = true
    watchdog.observe(at(11_000), NOW_MS)
    odd = false
    watchdog.observe(at(12_000), NOW_MS)
    watchdog.observe(at(21_999), NOW_MS)
    expect(watchdog.warnings).toHaveLength(1)
    watchdog.observe(at(22_000), NOW_MS)
    expect(watchdog.warnings).toEqual([])
  })

  it('comes before lesser ones, and says plainly what to do', () => {
    const watchdog = new Watchdog()
    const farm = at(
      STALE_AFTER_MS,
      pool('idle', { tip: tip({ block: 'old', height: 899_999 }) }),
      pool('used', { tip: tip({ block: 'old', height: 899_999 }), rigCount: 3 }),
      pool('good', { tip: tip({ block: 'new', height: 900_000 }) }),
    )
    watchdog.observe(farm, NOW_MS)
    expect(watchdog.warnings.map(({ severity, poolId }) => [severity, poolId])).toEqual([
      ['error', 'used'],
      ['warning', 'idle'],
    ])
    expect(watchdog.warnings[0]?.message).toBe(
      "The used pool still builds on an old block, while The good pool moved on to height 900000. Its shares may earn nothing: look at the pool's status page, or switch to The good pool.",
    )
    expect(JSON.parse(JSON.stringify(watchdog.warnings))).toEqual(watchdog.warnings)
  })
})

describe('a stale tip', () => {
  const behind = pool('behind', { tip: tip({ block: 'old', height: 899_999, sinceMs: 0 }), rigCount: 1 })
  const ahead = pool('ahead', { tip: tip({ block: 'new', previous: 'old', height: 900_000, sinceMs: 1000 }) })

  it('is noticed when another pool moved on some time ago', () => {
    expect(after(at(1000 + STALE_AFTER_MS - 1, behind, ahead))).toEqual([])
    expect(after(at(1000 + STALE_AFTER_MS, behind, ahead))).toEqual(['watchdog/stale-tip behind'])
  })

  it('is over as soon as the pool moves on', () => {
    const caughtUp = pool('behind', { tip: ahead.tip, rigCount: 1 })
    expect(after(at(60_000, behind, ahead), at(61_000, caughtUp, ahead))).toEqual([])
  })

  it('is noticed without heights when the other pool came from the same block', () => {
    const blind = (observation: PoolObservation): PoolObservation => ({
      ...observation,
      tip: {
        ...observation.tip!,
        description: { ...observation.tip!.description, height: null },
      },
    })
    expect(after(at(60_000, blind(behind), blind(ahead)))).toEqual(['watchdog/stale-tip behind'])
    const stranger = pool('ahead', { tip: tip({ block: 'new', previous: null, sinceMs: 1000 }) })
    expect(after(at(60_000, blind(behind), blind(stranger)))).toEqual([])
  })

  it('needs the other pool to be connected', () => {
    expect(after(at(60_000, behind, { ...ahead, phase: 'waiting' }))).toEqual([])
    expect(after(at(60_000, behind, { ...ahead, tip: undefined }))).toEqual([])
  })
})

describe('a solo pool', () => {
  const solo = (outputs: readonly (readonly [string, number])[], scriptHex: string | null = payoutHex) =>
    pool('solo', { tip: tip({ outputs }), payout: { address: 'an address', scriptHex } })

  it('that does not pay the expected address is an error', () => {
    expect(after(at(0, solo([[otherHex, 312_500_000]])))).toEqual(['watchdog/payout-missing solo'])
  })

  it('may keep a fee, but not the block', () => {
    const split = (mine: number): string[] =>
      after(
        at(
          0,
          solo([
            [payoutHex, mine],
            [otherHex, 1000 - mine],
          ]),
        ),
      )
    expect(split(980)).toEqual([])
    expect(split(900)).toEqual([])
    expect(split(899)).toEqual(['watchdog/payout-missing solo'])
  })

  it('is not judged without an expectation', () => {
    expect(after(at(0, pool('a', { tip: tip({ outputs: [[otherHex, 1]] }) })))).toEqual([])
  })

  it('with an address that is none is told to the person', () => {
    expect(after(at(0, solo([[otherHex, 1]], null)))).toEqual(['watchdog/payout-missing solo'])
  })
})

describe('a coinbase of garbage', () => {
  it('is told at once, also where no rig hashes it', () => {
    const garbage = (rigCount: number): PoolObservation =>
      pool('odd', { tip: tip({ garbage: true }), rigCount })
    expect(after(at(0, garbage(1)))).toEqual(['watchdog/unreadable-coinbase odd'])
    expect(after(at(0, garbage(0)))).toEqual(['watchdog/unreadable-coinbase odd'])
    expect(after(at(0, pool('good', { tip: tip(), rigCount: 1 })))).toEqual([])
  })
})

describe('empty templates', () => {
  const empty = (nBits: number): PoolObservation =>
    pool('empty', { tip: tip({ empty: true, nBits, jobMs: EMPTY_AFTER_MS }) })

  it('are noticed beyond the first moments after a block', () => {
    expect(after(at(EMPTY_AFTER_MS - 1, empty(MAINNET_NBITS)))).toEqual([])
    expect(after(at(EMPTY_AFTER_MS, empty(MAINNET_NBITS)))).toEqual(['watchdog/empty-template empty'])
  })

  it('are usual where there are no transactions', () => {
    expect(after(at(EMPTY_AFTER_MS, empty(REGTEST_NBITS)))).toEqual([])
  })
})

describe('a target', () => {
  const TH = 1e12
  const asking = (poolDifficulty: number, hashrateHs: number, rigCount = 1): PoolObservation =>
    pool('a', { poolDifficulty, hashrateHs, rigCount, tip: tip({ jobMs: 120_000 }) })
  /** Difficulty of one share an hour for 1 TH/s. */
  const hourly = (TH * 3600) / 2 ** 32

  it('that the rigs meet less than once an hour, or a day, is noticed after a while', () => {
    expect(after(at(0, asking(2 * hourly, TH)))).toEqual([])
    expect(lasting(120_000, asking(0.99 * hourly, TH))).toEqual([])
    expect(lasting(120_000, asking(1.01 * hourly, TH))).toEqual(['watchdog/target-too-hard a'])
    const severity = (difficulty: number): string | undefined => {
      const watchdog = new Watchdog()
      for (const ms of [0, 120_000]) watchdog.observe(at(ms, asking(difficulty, TH)), NOW_MS)
      return watchdog.warnings[0]?.severity
    }
    expect(severity(2 * hourly)).toBe('info')
    expect(severity(25 * hourly)).toBe('warning')
  })

  it('stays noticed while it is near the limit, so that nothing flickers', () => {
    const near = asking(0.8 * hourly, TH)
    expect(lasting(120_000, near)).toEqual([])
    const first = asking(1.2 * hourly, TH)
    expect(after(at(0, first), at(120_000, first), at(130_000, near), at(300_000, near))).toEqual([
      'watchdog/target-too-hard a',
    ])
    const far = asking(0.5 * hourly, TH)
    expect(after(at(0, first), at(120_000, first), at(130_000, far), at(190_000, far))).toEqual([])
  })

  it('that makes rigs flood the pool is noticed', () => {
    // 1 TH/s at difficulty 4 finds 58 shares a second.
    expect(lasting(120_000, asking(4, TH))).toEqual(['watchdog/target-too-easy a'])
    expect(lasting(120_000, asking(8, TH))).toEqual([])
  })

  it('of a pool without rigs, or of rigs without a measurement, makes sense as it is', () => {
    expect(lasting(120_000, asking(1e12, TH, 0))).toEqual([])
    expect(lasting(120_000, asking(1e12, 0))).toEqual([])
  })
})

describe('a clock', () => {
  const skewed = (poolId: string, skewS: number, changes: Partial<PoolObservation> = {}): PoolObservation =>
    pool(poolId, { tip: tip({ skewS, jobMs: 10_000 }), ...changes })

  it('is ours if every pool differs by the same', () => {
    expect(lasting(10_000, skewed('a', 3600), skewed('b', 3700))).toEqual(['watchdog/our-clock'])
    expect(lasting(10_000, skewed('a', -3600), skewed('b', -3700))).toEqual(['watchdog/our-clock'])
  })

  it('is the pool’s if others agree with us', () => {
    expect(lasting(10_000, skewed('a', 3600), skewed('b', 5))).toEqual(['watchdog/pool-clock a'])
    expect(lasting(10_000, skewed('a', 3600), skewed('b', -3600))).toHaveLength(2)
  })

  it('may be either with one pool alone, and the sentence says so', () => {
    const watchdog = new Watchdog()
    for (const ms of [0, 10_000]) watchdog.observe(at(ms, skewed('a', 3600)), NOW_MS)
    expect(watchdog.warnings).toMatchObject([
      {
        code: 'watchdog/pool-clock',
        message: expect.stringContaining('60 minutes ahead of the clock of this machine') as string,
      },
    ])
  })

  it('may run a little off, and the earliest time of Stratum V2 lies back an hour', () => {
    expect(lasting(10_000, skewed('a', 500), skewed('b', -800))).toEqual([])
    expect(lasting(10_000, skewed('a', -5000, { protocol: 'stratum-v2' }))).toEqual([])
    expect(lasting(10_000, skewed('a', -5000))).toEqual(['watchdog/pool-clock a'])
  })

  it('of a chain of one’s own is its own affair', () => {
    expect(
      lasting(10_000, pool('a', { tip: tip({ nBits: REGTEST_NBITS, skewS: 9999, jobMs: 10_000 }) })),
    ).toEqual([])
  })
})

describe('pools that contradict each other', () => {
  const used = { rigCount: 2 }

  it('on the difficulty or height of one tip are noticed', () => {
    const good = pool('a', used)
    const wrongBits = pool('b', { tip: tip({ nBits: MAINNET_NBITS + 1 }) })
    const wrongHeight = pool('b', { tip: tip({ height: 900_001 }) })
    expect(lasting(5000, good, wrongBits)).toEqual(['watchdog/chain-mismatch b'])
    expect(lasting(5000, good, wrongHeight)).toEqual(['watchdog/chain-mismatch b'])
    expect(lasting(5000, good, pool('b'))).toEqual([])
  })

  it('on the network are noticed, the odd one by name', () => {
    const regtest = pool('c', { tip: tip({ block: 'r', height: 5, nBits: REGTEST_NBITS }), ...used })
    expect(lasting(5000, pool('a'), pool('b'), regtest)).toEqual(['watchdog/chain-mismatch c'])
    expect(lasting(5000, regtest, pool('a'), pool('b'))).toEqual(['watchdog/chain-mismatch c'])
  })

  it('by many blocks are on different chains, not one behind the other', () => {
    const far = pool('b', { tip: tip({ block: 'far', height: 800_000 }) })
    expect(lasting(60_000, pool('a', used), far)).toEqual(['watchdog/chain-mismatch b'])
  })

  it('on the block of one height for long are on a split chain', () => {
    const other = pool('b', { tip: tip({ block: 'b', jobMs: 119_999 }) })
    expect(after(at(0, pool('a', used), other), at(119_999, pool('a', used), other))).toEqual([])
    expect(after(at(120_000, pool('a', used), other), at(125_000, pool('a', used), other))).toEqual([
      'watchdog/chain-mismatch b',
    ])
  })
})

describe('a silent pool', () => {
  it('is noticed when its connection says nothing', () => {
    expect(after(at(0, pool('a', { phase: 'silent' })))).toEqual(['watchdog/pool-silent a'])
  })

  it('is noticed when it answers but gives no new job, where there must be some', () => {
    expect(after(at(15 * 60_000 - 1, pool('a')))).toEqual([])
    expect(after(at(15 * 60_000, pool('a')))).toEqual(['watchdog/pool-silent a'])
    expect(after(at(15 * 60_000, pool('a', { tip: tip({ nBits: REGTEST_NBITS }) })))).toEqual([])
  })
})

describe('refusals', () => {
  const answering = (acknowledged: number, rejected: number): PoolObservation =>
    pool('a', { answers: { acknowledged, rejected, unanswered: 0, waitingSinceMs: null } })

  it('are noticed when they are many, and several', () => {
    expect(after(at(0, answering(94, 6)))).toEqual(['watchdog/many-rejected a'])
    expect(after(at(0, answering(95, 5)))).toEqual([])
    expect(after(at(0, answering(0, 4)))).toEqual([])
  })

  it('stay noticed until they are few', () => {
    const soon = (rejected: number): string[] =>
      after(
        at(0, answering(90, 10)),
        at(1000, answering(1000 - rejected, rejected)),
        at(40_000, answering(1000 - rejected, rejected)),
      )
    expect(soon(30)).toEqual(['watchdog/many-rejected a'])
    expect(soon(20)).toEqual([])
  })
})

describe('acknowledgements', () => {
  const waiting = (unanswered: number, waitingSinceMs: number | null): PoolObservation =>
    pool('a', { answers: { acknowledged: 10, rejected: 0, unanswered, waitingSinceMs } })

  it('that never come are noticed, but not while a batch may be filling', () => {
    expect(after(at(UNANSWERED_MS, waiting(UNANSWERED_SHARES, 0)))).toEqual([
      'watchdog/no-acknowledgements a',
    ])
    expect(after(at(UNANSWERED_MS - 1, waiting(UNANSWERED_SHARES, 0)))).toEqual([])
    expect(after(at(UNANSWERED_MS, waiting(UNANSWERED_SHARES - 1, 0)))).toEqual([])
  })
})

describe('the history of answers', () => {
  const counts = (valid: number, acknowledged: number, rejected = 0, lost = 0) => ({
    valid,
    acknowledged,
    rejected,
    lost,
    pending: valid - acknowledged - rejected - lost,
  })

  it('counts the shares since the last answer, and how long they wait', () => {
    const history = new AnswerHistory()
    expect(history.observe(counts(0, 0), 0)).toMatchObject({ unanswered: 0, waitingSinceMs: null })
    expect(history.observe(counts(3, 0), 1000)).toMatchObject({ unanswered: 3, waitingSinceMs: 1000 })
    expect(history.observe(counts(5, 0), 2000)).toMatchObject({ unanswered: 5, waitingSinceMs: 1000 })
    expect(history.observe(counts(5, 1), 3000)).toMatchObject({ unanswered: 0, waitingSinceMs: null })
    expect(history.observe(counts(6, 1), 4000)).toMatchObject({ unanswered: 1, waitingSinceMs: 4000 })
    // What a lost connection took with it waits no more.
    expect(history.observe(counts(6, 1, 0, 5), 5000)).toMatchObject({ unanswered: 0, waitingSinceMs: null })
  })

  it('looks at refusals of the last minutes only', () => {
    const history = new AnswerHistory()
    history.observe(counts(0, 0), 0)
    expect(history.observe(counts(20, 10, 10), 10_000)).toMatchObject({ acknowledged: 10, rejected: 10 })
    let figures = history.observe(counts(20, 10, 10), 20_000)
    for (let ms = 30_000; ms <= ANSWERS_WINDOW_MS + 10_000; ms += 10_000) {
      figures = history.observe(counts(20, 10, 10), ms)
    }
    expect(figures).toMatchObject({ acknowledged: 0, rejected: 0 })
  })
})

describe('every warning', () => {
  it('has a sentence that names the pool and something to do', () => {
    const seen = new Map<WarningCode, string>()
    const watchdog = new Watchdog()
    const note = (...observations: FarmObservation[]): void => {
      for (const observation of observations) watchdog.observe(observation, NOW_MS)
      for (const { code, message } of watchdog.warnings) seen.set(code, message)
    }
    const poor = pool('poor', {
      phase: 'silent',
      tip: tip({ block: 'old', height: 899_990, empty: true, skewS: 5000, outputs: [[otherHex, 5]] }),
      payout: { address: 'x', scriptHex: payoutHex },
      rigCount: 1,
      hashrateHs: 1,
      poolDifficulty: 1e6,
      answers: { acknowledged: 0, rejected: 9, unanswered: 99, waitingSinceMs: 0 },
    })
    note(at(0, poor, pool('b')), at(600_000, poor, pool('b')))
    note(at(700_000, { ...poor, poolDifficulty: 1e-12 }), at(900_000, { ...poor, poolDifficulty: 1e-12 }))
    const [a, b] = ['a', 'b'].map((id) => pool(id, { tip: tip({ skewS: 5000, height: id === 'a' ? 1 : 2 }) }))
    note(at(901_000, a!, b!), at(990_000, a!, b!))
    note(at(0, pool('odd', { tip: tip({ garbage: true }) })))
    expect([...seen.keys()].sort()).toEqual([
      'watchdog/chain-mismatch',
      'watchdog/empty-template',
      'watchdog/many-rejected',
      'watchdog/no-acknowledgements',
      'watchdog/our-clock',
      'watchdog/payout-missing',
      'watchdog/pool-clock',
      'watchdog/pool-silent',
      'watchdog/stale-tip',
      'watchdog/target-too-easy',
      'watchdog/target-too-hard',
      'watchdog/unreadable-coinbase',
    ])
    for (const [code, message] of seen) {
      expect(message.length, code).toBeGreaterThan(80)
      expect(message, code).toMatch(/[:.;,] .*(check|look|switch|set|compare|choose|tell|ask|use)/i)
    }
  })
})
