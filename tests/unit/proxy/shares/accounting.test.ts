import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  Accounting,
  emptyCounts,
  identityHolds,
  ShareAccount,
  ShareBook,
  type ShareCounts,
  type ShareDelta,
} from '../../../../src-main/proxy/shares/accounting.ts'

const account = (
  rigKey: string,
  poolId: string,
  rig = new ShareBook(),
  pool = new ShareBook(),
): ShareAccount => new ShareAccount(rigKey, poolId, rig, pool)

describe('the identity', () => {
  it('holds for nothing, and not when a share is missing on either side', () => {
    expect(identityHolds(emptyCounts())).toBe(true)
    const sound = {
      ...emptyCounts(),
      submitted: 6,
      valid: 3,
      stale: 1,
      duplicate: 1,
      invalid: 1,
      acknowledged: 1,
      rejected: 1,
      lost: 1,
    }
    expect(identityHolds(sound)).toBe(true)
    for (const column of Object.keys(sound) as (keyof ShareCounts)[]) {
      if (column === 'weak') continue
      expect(identityHolds({ ...sound, [column]: sound[column] + 1 }), column).toBe(false)
    }
    expect(identityHolds({ ...sound, weak: 99 })).toBe(true)
  })
})

describe('a share', () => {
  it('is booked at its rig, its pool and in the total, and followed to its end', () => {
    const accounting = new Accounting()
    const of = account('garage', 'a')
    accounting.valid(of, 16, 40)
    for (const book of [accounting.total, of.rig, of.pool]) {
      expect(book.counts).toEqual({ ...emptyCounts(), submitted: 1, valid: 1, pending: 1 })
      expect(book.bestDifficulty).toBe(40)
    }
    accounting.settle(of, { kind: 'rejected', reason: 'too old' })
    for (const book of [accounting.total, of.rig, of.pool]) {
      expect(book.counts).toEqual({ ...emptyCounts(), submitted: 1, valid: 1, rejected: 1 })
      expect({ ...book.rejectReasons }).toEqual({ 'too old': 1 })
    }
  })

  it('that is weak is work, but not submitted', () => {
    const accounting = new Accounting()
    const of = account('garage', 'a')
    accounting.weak(of, 4, 9)
    expect(accounting.total.counts).toEqual({ ...emptyCounts(), weak: 1 })
    expect(accounting.drain()).toMatchObject([
      { submitted: 0, weak: 1, workDifficulty: 4, bestDifficulty: 9 },
    ])
  })

  it('that we refuse is booked with our reason', () => {
    const accounting = new Accounting()
    const of = account('garage', 'a')
    accounting.refuse(of, 'stale', 'stale-share')
    accounting.refuse(of, 'duplicate', 'duplicate-share')
    accounting.refuse(of, 'invalid', 'difficulty-too-low')
    accounting.refuse(of, 'invalid', 'difficulty-too-low')
    expect(of.rig.counts).toEqual({ ...emptyCounts(), submitted: 4, stale: 1, duplicate: 1, invalid: 2 })
    expect({ ...of.rig.invalidReasons }).toEqual({
      'stale-share': 1,
      'duplicate-share': 1,
      'difficulty-too-low': 2,
    })
  })
})

describe('reasons in the words of a pool', () => {
  it('are kept apart up to a number, cut to a length, and never reach a prototype', () => {
    const accounting = new Accounting()
    const of = account('garage', 'a')
    const reject = (reason: string): void => {
      accounting.valid(of, 1, 1)
      accounting.settle(of, { kind: 'rejected', reason })
    }
    for (const name of ['__proto__', 'constructor', 'toString', '']) reject(name)
    for (let n = 0; n < 100; n++) reject(`reason ${n}`)
    reject('reason 0')
    reject('x'.repeat(5000))
    const reasons = of.pool.rejectReasons
    expect(Object.keys(reasons).length).toBeLessThanOrEqual(33)
    expect(Object.getOwnPropertyDescriptor(reasons, '__proto__')?.value).toBe(1)
    expect(reasons.constructor as unknown).toBe(1)
    expect(reasons['reason 0']).toBe(2)
    expect(Object.keys(reasons).every((name) => name.length <= 80)).toBe(true)
    expect(Object.values(reasons).reduce((sum, count) => sum + count, 0)).toBe(106)
    expect({}).not.toHaveProperty('reason 0')
  })
})

describe('deltas', () => {
  it('are per rig and pool, hold what happened since the last time, and are empty when nothing did', () => {
    const accounting = new Accounting()
    const one = account('one', 'a')
    const two = account('two', 'a', new ShareBook(), one.pool)
    accounting.valid(one, 8, 8)
    accounting.valid(two, 16, 99)
    accounting.valid(two, 16, 20)
    const first = accounting.drain()
    expect(
      first.map(({ rigKey, poolId, valid, workDifficulty, bestDifficulty }) => [
        rigKey,
        poolId,
        valid,
        workDifficulty,
        bestDifficulty,
      ]),
    ).toEqual([
      ['one', 'a', 1, 8, 8],
      ['two', 'a', 2, 32, 99],
    ])
    expect(accounting.drain()).toEqual([])
    accounting.settle(one, { kind: 'acknowledged' })
    accounting.settle(two, { kind: 'rejected', reason: 'no' })
    expect(accounting.drain()).toMatchObject([
      { rigKey: 'one', valid: 0, acknowledged: 1, workDifficulty: 0 },
      { rigKey: 'two', valid: 0, rejected: 1, rejectReasons: { no: 1 } },
    ])
    expect(first[0]).toMatchObject({ valid: 1, acknowledged: 0 })
  })

  it('may say that a rig was there and did nothing', () => {
    const accounting = new Accounting()
    accounting.note(account('idle', 'a'))
    expect(accounting.drain()).toMatchObject([
      { rigKey: 'idle', poolId: 'a', submitted: 0, workDifficulty: 0 },
    ])
  })

  it('sum up to the whole, however often they are taken and however few at a time', () => {
    const event = fc.oneof(
      fc.record({ do: fc.constantFrom('valid', 'weak', 'refuse', 'settle'), who: fc.nat(3) }),
      fc.record({ do: fc.constant('drain'), who: fc.nat(3) }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        const accounting = new Accounting()
        const pools = [new ShareBook(), new ShareBook()]
        const accounts = [0, 1, 2, 3].map((n) =>
          account(`rig${n}`, `pool${n % 2}`, new ShareBook(), pools[n % 2]),
        )
        const deltas: ShareDelta[] = []
        for (const { do: what, who } of events) {
          const of = accounts[who]!
          if (what === 'valid') accounting.valid(of, 2, 3)
          else if (what === 'weak') accounting.weak(of, 1, 1)
          else if (what === 'refuse') accounting.refuse(of, 'invalid', 'x')
          else if (what === 'drain') deltas.push(...accounting.drain(who + 1))
          else if (of.rig.counts.pending > 0) accounting.settle(of, { kind: 'lost' })
        }
        deltas.push(...accounting.drain())
        const { counts } = accounting.total
        expect(identityHolds(counts)).toBe(true)
        for (const column of ['submitted', 'valid', 'invalid', 'lost', 'weak'] as const) {
          expect(deltas.reduce((sum, delta) => sum + delta[column], 0)).toBe(counts[column])
          expect(pools.reduce((sum, pool) => sum + pool.counts[column], 0)).toBe(counts[column])
        }
        expect(deltas.reduce((sum, { workDifficulty }) => sum + workDifficulty, 0)).toBe(
          2 * counts.valid + counts.weak,
        )
      }),
    )
  })
})
