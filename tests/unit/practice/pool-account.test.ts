import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src-main/base/index.ts'
import { createNonceScanner } from '../../../src-main/checker/index.ts'
import {
  BIP320_MASK,
  difficultyOfTarget,
  MAX_TARGET,
  type Target,
  targetOfDifficulty,
} from '../../../src-main/mining/index.ts'
import { PracticeChain } from '../../../src-main/practice/chain.ts'
import {
  type DifficultyPolicy,
  PoolAccount,
  type PoolJob,
  PRACTICE_DIFFICULTY,
  type ShareRejection,
} from '../../../src-main/practice/pool-account.ts'
import {
  countingEntropy,
  findShare,
  findWeakShare,
  type FoundShare,
  headerFor,
} from '../../support/practice-mining.ts'

/** A share in some 4300 hashes. */
const EASY: DifficultyPolicy = { ...PRACTICE_DIFFICULTY, startDifficulty: 1e-6, minDifficulty: 1e-6 }

interface Bench {
  clock: ManualClock
  chain: PracticeChain
  account: PoolAccount
  issue(cleanJobs?: boolean): PoolJob
  offer(issued: PoolJob, share: FoundShare): ShareRejection | 'accepted' | 'block'
}

function makeBench(
  options: {
    policy?: DifficultyPolicy
    mask?: number
    maxTarget?: Target
    nominalHashrateHs?: number
    rollableSize?: number
  } = {},
): Bench {
  const clock = new ManualClock(1_750_000_000_000)
  const chain = new PracticeChain({ clock, entropy: countingEntropy(), nextTurn: (run) => run() })
  const account = new PoolAccount({
    userIdentity: 'practice',
    extranonce: { prefix: Uint8Array.of(0, 0, 0, 1), rollableSize: options.rollableSize ?? 8 },
    policy: options.policy ?? EASY,
    versionRollingMask: options.mask ?? BIP320_MASK,
    maxTarget: options.maxTarget ?? MAX_TARGET,
    nominalHashrateHs: options.nominalHashrateHs ?? 0,
    nowMs: clock.monotonicMs(),
  })
  let number = 0
  return {
    clock,
    chain,
    account,
    issue: (cleanJobs = false) => account.issue({ ...chain.template, cleanJobs }, ++number, clock.nowMs()),
    offer(issued, share) {
      const verdict = account.judge(
        { ...share, jobNumber: issued.number },
        clock.nowMs(),
        clock.monotonicMs(),
      )
      if (verdict.kind === 'rejected') return verdict.reason
      return verdict.solution === null ? 'accepted' : 'block'
    },
  }
}

describe('a share', () => {
  it('that meets the target of its job is accepted and credited with its difficulty', () => {
    const { account, issue, offer } = makeBench()
    const issued = issue()
    expect(offer(issued, findShare(issued.job))).toBe('accepted')
    expect(account.counts).toEqual({
      submitted: 1,
      accepted: 1,
      rejected: 0,
      rejectReasons: {},
      work: 1e-6,
      blocks: 0,
    })
  })

  it('with rolled version bits, extranonce and time is accepted too', () => {
    const { issue, offer } = makeBench()
    const issued = issue()
    const { version, ntime } = issued.job
    const rolled = {
      version: version | 0x00a4_2000,
      ntime: ntime + 30,
      rollable: Uint8Array.from([8, 7, 6, 5, 4, 3, 2, 1]),
    }
    expect(offer(issued, findShare(issued.job, rolled))).toBe('accepted')
  })

  it('that meets the network target comes with what a block needs', () => {
    const { account, chain, issue, clock } = makeBench()
    chain.easeUntilBlock(1e-6)
    const issued = issue(true)
    const share = findShare(issued.job)
    const verdict = account.judge({ ...share, jobNumber: issued.number }, clock.nowMs(), 0)
    expect(verdict).toMatchObject({
      kind: 'accepted',
      solution: { header: headerFor(issued.job, share), rollable: share.rollable },
    })
    expect(account.counts.submitted).toBe(0)
    account.settleBlock(1e-6, true)
    expect(account.counts).toMatchObject({ submitted: 1, accepted: 1, blocks: 1 })
  })

  const refusals: [string, (share: FoundShare, issued: PoolJob) => FoundShare, ShareRejection][] = [
    ['below the difficulty', (_, { job }) => findWeakShare(job), 'difficulty-too-low'],
    ['with too short an extranonce', (s) => ({ ...s, rollable: new Uint8Array(7) }), 'bad-extranonce-size'],
    ['with too long an extranonce', (s) => ({ ...s, rollable: new Uint8Array(9) }), 'bad-extranonce-size'],
    [
      'with version bits outside the mask',
      (s) => ({ ...s, version: s.version | 1 }),
      'invalid-non-rollable-version-bit',
    ],
    ['from before its job', (s) => ({ ...s, ntime: s.ntime - 1 }), 'invalid-share'],
    ['from the far future', (s) => ({ ...s, ntime: s.ntime + 7_201 }), 'invalid-share'],
  ]
  it.each(refusals)('%s is refused and counted under its reason', (_what, spoil, reason) => {
    const { account, issue, offer } = makeBench()
    const issued = issue()
    expect(offer(issued, spoil(findShare(issued.job), issued))).toBe(reason)
    expect(account.counts).toMatchObject({ submitted: 1, accepted: 0, rejectReasons: { [reason]: 1 } })
  })

  it('with any rolled bit is refused where the pool allows no rolling', () => {
    const { issue, offer } = makeBench({ mask: 0 })
    const issued = issue()
    const share = findShare(issued.job, { version: issued.job.version | 0x2000 })
    expect(offer(issued, share)).toBe('version-rolling-not-allowed')
  })

  it('that was accepted before is a duplicate; one that was too weak stays too weak', () => {
    const { issue, offer } = makeBench()
    const issued = issue()
    const share = findShare(issued.job)
    const weak = findWeakShare(issued.job)
    expect([share, share, weak, weak].map((each) => offer(issued, each))).toEqual([
      'accepted',
      'duplicate-share',
      'difficulty-too-low',
      'difficulty-too-low',
    ])
  })

  it('for a job nobody was given is refused', () => {
    const { issue, offer } = makeBench()
    const issued = issue()
    expect(offer({ ...issued, number: 99 }, findShare(issued.job))).toBe('invalid-job-id')
  })

  it('for an older job of the same tip counts, and is stale after the tip changed', () => {
    const { chain, issue, offer } = makeBench()
    const first = issue()
    const second = issue()
    expect(offer(first, findShare(first.job))).toBe('accepted')
    chain.foreignBlock()
    const third = issue(true)
    expect(offer(second, findShare(second.job))).toBe('stale-share')
    expect(offer(third, findShare(third.job))).toBe('accepted')
  })

  it('for a job long forgotten is unknown', () => {
    const { issue, offer } = makeBench()
    const first = issue()
    for (let i = 0; i < 128; i++) issue()
    expect(offer(first, findShare(first.job))).toBe('invalid-job-id')
  })

  it('is held to the difficulty its job was given with, whatever changed since', () => {
    const { account, clock, issue, offer } = makeBench()
    const easy = issue()
    const harder = targetOfDifficulty(1e-4)
    expect(account.setMaxTarget(harder, clock.monotonicMs())).toBe(true)
    const hard = issue()
    expect(offer(easy, findShare(easy.job, { aboveTarget: harder }))).toBe('accepted')
    expect(offer(hard, findShare(hard.job, { target: easy.job.target, aboveTarget: harder }))).toBe(
      'difficulty-too-low',
    )
  })
})

describe('a standard channel', () => {
  it('is judged without any rollable extranonce', () => {
    const { issue, offer } = makeBench({ rollableSize: 0 })
    const issued = issue()
    expect(offer(issued, findShare(issued.job))).toBe('accepted')
  })
})

describe('the difficulty of an account', () => {
  it('starts where a declared hashrate delivers the rate aimed at, within bounds', () => {
    const at = (nominalHashrateHs: number): number =>
      makeBench({ policy: PRACTICE_DIFFICULTY, nominalHashrateHs }).account.difficulty
    expect(at(0)).toBe(1e-4)
    expect(at(1_000_000)).toBeCloseTo(4_000_000 / 2 ** 32, 8)
    expect(at(10)).toBe(1e-5)
    expect(at(1e15)).toBe(0.01)
  })

  it('is never easier than the user accepts, to the last bit of the target', () => {
    const maxTarget = targetOfDifficulty(1 / 3)
    const { account } = makeBench({ maxTarget, nominalHashrateHs: 1 })
    expect(account.target).toEqual(maxTarget)
    expect(account.difficulty).toBe(difficultyOfTarget(maxTarget))
  })

  it('stays when a user accepts easier work than it gets', () => {
    const { account, clock } = makeBench({ maxTarget: targetOfDifficulty(1e-3) })
    expect(account.difficulty).toBeCloseTo(1e-3)
    expect(account.setMaxTarget(MAX_TARGET, clock.monotonicMs())).toBe(false)
    expect(account.difficulty).toBeCloseTo(1e-3)
  })

  it('follows a suggestion until shares have been measured', () => {
    const { account, clock } = makeBench({ policy: PRACTICE_DIFFICULTY })
    account.suggest(2e-3, clock.monotonicMs())
    expect(account.difficulty).toBe(2e-3)
    account.suggest(1000, clock.monotonicMs())
    expect(account.difficulty).toBe(0.01)
  })

  it('follows a hashrate that appears after silence within ten seconds, then settles at the aim', () => {
    const { account, clock, issue, offer } = makeBench({
      policy: { ...PRACTICE_DIFFICULTY, startDifficulty: 1e-5, minDifficulty: 1e-6 },
    })
    let issued = issue()
    const hashesPerTick = 3_000
    let nonce = 0
    let shares = 0
    const pass = (seconds: number, hashing: boolean): number => {
      shares = 0
      for (let tick = 1; tick <= seconds * 10; tick++) {
        clock.advance(100)
        if (hashing) {
          const rollable = new Uint8Array(8)
          const { version, ntime, target } = issued.job
          const header = headerFor(issued.job, { rollable, version, ntime, nonce: 0 })
          const found = createNonceScanner(header.subarray(0, 76), target).scan(nonce, hashesPerTick)
          nonce += hashesPerTick
          for (const each of found) {
            expect(offer(issued, { rollable, version, ntime, nonce: each })).toMatch(/accepted|block/)
            shares++
          }
        }
        if (tick % 10 === 0 && account.retarget(clock.monotonicMs())) issued = issue()
      }
      return shares
    }
    pass(60, false)
    expect(account.difficulty).toBe(1e-6)
    pass(10, true)
    // At the least difficulty 30 kH/s find seven shares a second.
    expect(account.difficulty).toBeGreaterThan(2e-6)
    pass(60, true)
    const inTwoMinutes = pass(120, true)
    expect(inTwoMinutes).toBeGreaterThan(15)
    expect(inTwoMinutes).toBeLessThan(50)
  })
})
