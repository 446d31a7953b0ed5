import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock, silentLogger } from '../../../src-main/base/index.ts'
import { MAX_TARGET } from '../../../src-main/mining/index.ts'
import { PracticeChain } from '../../../src-main/practice/chain.ts'
import {
  type DifficultyPolicy,
  type PoolAccount,
  type PoolJob,
  PRACTICE_DIFFICULTY,
} from '../../../src-main/practice/pool-account.ts'
import { type AccountRequest, PoolCore } from '../../../src-main/practice/pool-core.ts'
import { countingEntropy, findShare, findWeakShare, type FoundShare } from '../../support/practice-mining.ts'

/** A share in some forty hashes, a block in some four hundred. */
const TRIVIAL: DifficultyPolicy = {
  ...PRACTICE_DIFFICULTY,
  startDifficulty: 1e-8,
  minDifficulty: 1e-8,
  maxStartDifficulty: 1e-8,
}

function makePool(networkDifficulty = 1e-7): { pool: PoolCore; chain: PracticeChain; clock: ManualClock } {
  const clock = new ManualClock(1_750_000_000_000)
  const chain = new PracticeChain({
    clock,
    entropy: countingEntropy(),
    difficulty: networkDifficulty,
    nextTurn: (run) => run(),
  })
  return { pool: new PoolCore({ chain, clock, log: silentLogger, difficulty: TRIVIAL }), chain, clock }
}

const request = (prefix: number, userIdentity = 'practice'): AccountRequest => ({
  userIdentity,
  extranonce: { prefix: Uint8Array.of(0, 0, 0, prefix), rollableSize: 2 },
  maxTarget: MAX_TARGET,
  nominalHashrateHs: 0,
})

describe('the pool', () => {
  it('knows anybody with a name, unless it is told whom', () => {
    const { pool, chain, clock } = makePool()
    expect([pool.knowsUser('practice'), pool.knowsUser(''), pool.knowsUser('  ')]).toEqual([
      true,
      false,
      false,
    ])
    const strict = new PoolCore({ chain, clock, log: silentLogger, knowsUser: (name) => name === 'me' })
    expect([strict.knowsUser('me'), strict.knowsUser('you')]).toEqual([true, false])
  })

  it('shows blocks to the chain, with who found them', () => {
    const { pool, chain } = makePool(1e-8)
    const found: unknown[] = []
    chain.blocks.on(({ foundBy, height }) => found.push([foundBy, height]))
    const account = pool.openAccount(request(1, 'practice.gamma'))
    const issued = pool.issue(account)
    pool.submit(account, { ...findShare(issued.job), jobNumber: issued.number })
    expect(found).toEqual([['practice.gamma', 1_001]])
    expect(pool.totals).toMatchObject({ accepted: 1, blocks: 1 })
  })

  it('counts a block that came too late as a share', () => {
    const { pool, chain } = makePool(1e-8)
    const account = pool.openAccount(request(1))
    const issued = pool.issue(account)
    chain.foreignBlock()
    const verdict = pool.submit(account, { ...findShare(issued.job), jobNumber: issued.number })
    expect(verdict.kind).toBe('accepted')
    expect(pool.totals).toMatchObject({ accepted: 1, blocks: 0 })
  })

  it('gives different accounts different work of one template', () => {
    const { pool } = makePool()
    const [a, b] = [pool.openAccount(request(1)), pool.openAccount(request(2))]
    const [first, second] = [pool.issue(a), pool.issue(b)]
    expect(first.number).not.toBe(second.number)
    const share = { ...findShare(first.job), jobNumber: first.number }
    expect(pool.submit(b, share)).toEqual({ kind: 'rejected', reason: 'invalid-job-id' })
  })
})

type Step =
  | { kind: 'open' }
  | { kind: 'close' | 'issue' | 'good' | 'repeat' | 'weak' | 'unknown-job' | 'short'; who: number }
  | { kind: 'foreign-block' | 'stray' }
  | { kind: 'wait'; ms: number }

const who = fc.nat(3)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ kind: 'open' } as const),
  fc.record({
    kind: fc.constantFrom('issue', 'good', 'good', 'good', 'repeat', 'weak', 'unknown-job', 'short', 'close'),
    who,
  }),
  fc.record({ kind: fc.constantFrom('foreign-block', 'stray') }),
  fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 1, max: 5_000 }) }),
)

interface Miner {
  account: PoolAccount
  issued: PoolJob
  last: (FoundShare & { jobNumber: number }) | null
  nextNonce: number
}

describe('the counters of the pool', () => {
  it('add up whatever happens: accounts to totals, verdicts to submissions, blocks to the chain', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { pool, chain, clock } = makePool()
        const miners: Miner[] = []
        let opened = 0
        let offered = 0
        let accepted = 0
        let ours = 0
        chain.blocks.on(({ foundBy }) => (ours += foundBy === null ? 0 : 1))
        chain.templates.on((template) => {
          for (const miner of miners) miner.issued = pool.issue(miner.account, template)
        })
        const offer = (miner: Miner, share: FoundShare & { jobNumber: number }): void => {
          miner.last = share
          offered++
          if (pool.submit(miner.account, share).kind === 'accepted') accepted++
        }
        for (const each of steps) {
          const miner = 'who' in each ? miners[each.who % Math.max(1, miners.length)] : undefined
          if (each.kind === 'open') {
            const account = pool.openAccount(request(++opened))
            miners.push({ account, issued: pool.issue(account), last: null, nextNonce: 0 })
          } else if (each.kind === 'foreign-block') chain.foreignBlock()
          else if (each.kind === 'stray') {
            offered++
            pool.rejectStray('invalid-channel-id')
          } else if (each.kind === 'wait') {
            clock.advance(each.ms)
            for (const { account } of miners) account.retarget(clock.monotonicMs())
          } else if (miner !== undefined) {
            const { job, number: jobNumber } = miner.issued
            switch (each.kind) {
              case 'issue':
                miner.issued = pool.issue(miner.account)
                break
              case 'good': {
                const share = findShare(job, { fromNonce: miner.nextNonce })
                miner.nextNonce = share.nonce + 1
                offer(miner, { ...share, jobNumber })
                break
              }
              case 'repeat':
                if (miner.last !== null) offer(miner, miner.last)
                break
              case 'weak':
                offer(miner, { ...findWeakShare(job), jobNumber })
                break
              case 'unknown-job':
                offer(miner, { ...findWeakShare(job), jobNumber: 0 })
                break
              case 'short':
                offer(miner, { ...findWeakShare(job), rollable: new Uint8Array(1), jobNumber })
                break
              case 'close':
                pool.closeAccount(miner.account)
                pool.closeAccount(miner.account)
                miners.splice(miners.indexOf(miner), 1)
            }
          }
          const { totals } = pool
          expect(totals.submitted).toBe(offered)
          expect(totals.accepted).toBe(accepted)
          expect(totals.submitted).toBe(totals.accepted + totals.rejected)
          expect(totals.rejected).toBe(Object.values(totals.rejectReasons).reduce((sum, n) => sum + n, 0))
          expect(totals.blocks).toBe(ours)
          expect(totals.work > 0).toBe(accepted > 0)
          expect(pool.accountCount).toBe(miners.length)
        }
      }),
      { numRuns: 60 },
    )
  })
})
