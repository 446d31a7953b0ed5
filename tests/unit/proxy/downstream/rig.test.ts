import { describe, expect, it } from 'vitest'
import { expectedHashes } from '../../../../src-main/mining/index.ts'
import { Rig, SPARKLINE_MINUTES } from '../../../../src-main/proxy/downstream/rig.ts'
import { ShareBook } from '../../../../src-main/proxy/shares/accounting.ts'

const MINUTE_MS = 60_000

function rig(monotonicMs = 0): Rig {
  const books = new Map<string, ShareBook>()
  return new Rig({
    id: 'r1',
    address: '192.168.1.2',
    connectedAtMs: 1_700_000_000_000,
    monotonicMs,
    sharesPerMinute: 6,
    startDifficulty: 512,
    poolBook(poolId) {
      const book = books.get(poolId) ?? new ShareBook()
      books.set(poolId, book)
      return book
    },
  })
}

describe('a rig', () => {
  it('is known by its address until it gives its name', () => {
    const one = rig()
    expect([one.name, one.rigKey]).toEqual(['192.168.1.2', '192.168.1.2'])
    const early = one.accountAt('a')
    one.identify('garage')
    expect([one.name, one.rigKey]).toEqual(['garage', 'garage@192.168.1.2'])
    expect(early.rigKey).toBe('192.168.1.2')
    expect(one.accountAt('a').rigKey).toBe('garage@192.168.1.2')
  })

  it('has one account at each pool, all with its own book', () => {
    const one = rig()
    const [a, b] = [one.accountAt('a'), one.accountAt('b')]
    expect(one.accountAt('a')).toBe(a)
    expect(a).not.toBe(b)
    expect([a.rig, b.rig]).toEqual([one.book, one.book])
    expect(a.pool).not.toBe(b.pool)
  })

  it('never is asked for less than the minimum it named, but for nonsense', () => {
    const one = rig()
    one.setMinimumDifficulty(2000, 0)
    expect(one.vardiff.difficulty).toBeGreaterThanOrEqual(2000)
    one.setMinimumDifficulty(Number.NaN, 0)
    one.setMinimumDifficulty(0, 0)
    one.startVardiff(5, 0, false)
    expect(one.vardiff.difficulty).toBe(2000)
  })
})

describe('the work of the last minutes', () => {
  it('has a value for each whole minute of the connection, oldest first', () => {
    const one = rig(10 * MINUTE_MS + 5000)
    expect(one.minuteWork(10 * MINUTE_MS + 6000)).toEqual([])
    one.onShare(16, 20, 10 * MINUTE_MS + 10_000)
    one.onShare(16, 20, 10 * MINUTE_MS + 50_000)
    one.onShare(8, 20, 12 * MINUTE_MS + 1000)
    expect(one.minuteWork(12 * MINUTE_MS + 2000)).toEqual([32, 0])
    expect(one.minuteWork(13 * MINUTE_MS)).toEqual([32, 0, 8])
  })

  it('forgets what is older than half an hour, also over a long silence', () => {
    const one = rig()
    for (let minute = 0; minute < 100; minute++) one.onShare(minute + 1, 1, minute * MINUTE_MS)
    const work = one.minuteWork(100 * MINUTE_MS)
    expect(work).toHaveLength(SPARKLINE_MINUTES - 1)
    expect(work).toEqual(Array.from({ length: SPARKLINE_MINUTES - 1 }, (_, n) => n + 72))
    expect(one.minuteWork(500 * MINUTE_MS).every((value) => value === 0)).toBe(true)
  })
})

describe('what a rig is taken to deliver', () => {
  it('is what vardiff tries, until its kind is known or it was measured', () => {
    const one = rig()
    const tried = one.presumedHashrateHs(0)
    expect(tried).toBeCloseTo((expectedHashes(512) * 6) / 60, -3)
    one.nominalHashrateHs = 1e12
    expect(one.presumedHashrateHs(0)).toBe(1e12)
    for (let n = 1; n <= 60; n++) one.onShare(100, 100, n * 1000)
    const measured = one.presumedHashrateHs(60_000)
    expect(measured).not.toBe(1e12)
    expect(measured / expectedHashes(100)).toBeGreaterThan(0.5)
    expect(measured / expectedHashes(100)).toBeLessThan(1.5)
  })
})
