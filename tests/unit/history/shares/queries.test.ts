import { describe, expect, it, onTestFinished } from 'vitest'
import { type History, openHistory, type SeriesQuery } from '../../../src-main/history/index.ts'
import { historyBatch, shareDelta } from '../../support/history-batches.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
/** A full day, so that every bucket width begins here. */
const DAY = Date.UTC(2026, 10, 22)

function begun(): History {
  const { history } = openHistory({ dataDir: temporaryDir(), nowMs: DAY })
  onTestFinished(() => history.close())
  history.beginSession(DAY)
  return history
}

/** The series' values alone. */
function values(history: History, query: Partial<SeriesQuery>): (number | null)[] {
  return history
    .series({ metric: 'valid', fromMs: DAY, toMs: DAY + 5 * MINUTE, points: 5, ...query })
    .points.map((point) => point.value)
}

describe('series', () => {
  it('shows minutes without a batch as gaps, and minutes without a share as zeros', () => {
    const history = begun()
    const share = shareDelta({ submitted: 1, valid: 1 })
    history.recordBatch(historyBatch({ sequence: 1, atMs: DAY + 10, shares: [share, share] }))
    history.recordBatch(historyBatch({ sequence: 2, atMs: DAY + MINUTE, shares: [] }))
    history.recordBatch(historyBatch({ sequence: 3, atMs: DAY + 4 * MINUTE, shares: [share] }))
    expect(values(history, {})).toEqual([2, 0, null, null, 1])
    // Of one rig, a minute without a word of it is a gap.
    expect(values(history, { rigKey: 'garage' })).toEqual([2, null, null, null, 1])
    expect(values(history, { rigKey: 'nobody' })).toEqual([null, null, null, null, null])
  })

  it('shows a connected rig without shares as zero', () => {
    const history = begun()
    history.recordBatch(historyBatch({ atMs: DAY, shares: [shareDelta()] }))
    expect(values(history, { rigKey: 'garage', metric: 'hashrate' })).toEqual([0, null, null, null, null])
  })

  it('gives the hashrate that the work of the covered time stands for', () => {
    const history = begun()
    // 4096 difficulty-1 shares in 20 s: 4096 * 2^32 / 20 s.
    const shares = [shareDelta({ submitted: 4, valid: 4, workDifficulty: 4096 })]
    history.recordBatch(historyBatch({ atMs: DAY + 30_000, coveredMs: 20_000, shares }))
    expect(values(history, { metric: 'hashrate' })[0]).toBe((4096 * 2 ** 32) / 20)
    expect(values(history, { metric: 'workDifficulty' })[0]).toBe(4096)
  })

  it('gives rigs whose hashrates add up to that of the farm, also from hours', () => {
    const history = begun()
    for (let sequence = 1; sequence <= 48; sequence++) {
      history.recordBatch(
        historyBatch({
          sequence,
          atMs: DAY + sequence * 30 * MINUTE,
          coveredMs: 30 * MINUTE,
          shares: ['a', 'b', 'c'].map((rigKey, i) =>
            shareDelta({ rigKey, workDifficulty: sequence * (i + 1) }),
          ),
        }),
      )
    }
    const query = { metric: 'hashrate', fromMs: DAY, toMs: DAY + 24 * HOUR, points: 12 } as const
    const farm = history.series(query)
    expect(farm.bucketMs).toBe(2 * HOUR)
    expect(farm.points).toHaveLength(12)
    const rigs = ['a', 'b', 'c'].map((rigKey) => history.series({ ...query, rigKey }).points)
    for (const [i, point] of farm.points.entries()) {
      const sum = rigs.reduce((total, points) => total + points[i]!.value!, 0)
      expect(point.value! / sum).toBeCloseTo(1, 9)
    }
  })

  it('never gives more points than asked for, and every moment asked for lies in a bucket', () => {
    const history = begun()
    for (const points of [1, 2, 7, 120, 2000]) {
      for (const spanMs of [1, MINUTE, 61 * MINUTE, 25 * HOUR, 400 * 24 * HOUR]) {
        const fromMs = DAY - 12_345_678
        const { points: buckets, bucketMs } = history.series({
          metric: 'hashrate',
          fromMs,
          toMs: fromMs + spanMs,
          points,
        })
        expect(buckets.length).toBeGreaterThan(0)
        expect(buckets.length).toBeLessThanOrEqual(points)
        expect(buckets[0]!.at).toBeLessThanOrEqual(fromMs)
        expect(buckets.at(-1)!.at + bucketMs).toBeGreaterThanOrEqual(fromMs + spanMs)
        expect(buckets[0]!.at % bucketMs).toBe(0)
      }
    }
    expect(values(history, { toMs: DAY })).toEqual([])
    expect(() => history.series({ metric: 'valid', fromMs: 0, toMs: 1e300, points: 1 })).toThrow(RangeError)
    expect(() => history.series({ metric: 'valid', fromMs: 0, toMs: 10, points: 0 })).toThrow(RangeError)
  })

  it('tells pools apart', () => {
    const history = begun()
    const shares = ['pool-a', 'pool-b', 'pool-b'].map((poolId) =>
      shareDelta({ poolId, submitted: 1, valid: 1, bestDifficulty: poolId === 'pool-a' ? 5 : 7 }),
    )
    history.recordBatch(historyBatch({ atMs: DAY, shares }))
    expect(values(history, { poolId: 'pool-b' })[0]).toBe(2)
    expect(values(history, { poolId: 'pool-a', rigKey: 'garage' })[0]).toBe(1)
    expect(values(history, { poolId: 'pool-a', metric: 'bestDifficulty' })[0]).toBe(5)
    expect(values(history, { metric: 'bestDifficulty' })[0]).toBe(7)
  })
})

describe('records', () => {
  it('keeps the name of a pool that was removed, and the latest one of a pool that was renamed', () => {
    const history = begun()
    const pool = { poolId: 'pool-a', name: 'Old', url: 'stratum+tcp://old.example:3333' }
    history.recordBatch(historyBatch({ sequence: 1, pools: [pool], shares: [shareDelta()] }))
    const renamed = { ...pool, name: 'New', url: 'stratum+tcp://new.example:3333' }
    history.recordBatch(historyBatch({ sequence: 2, pools: [renamed] }))
    expect(history.pools()).toEqual([renamed])
  })

  it('remembers where a rig was first and last seen', () => {
    const history = begun()
    const rig = {
      rigKey: 'garage',
      name: 'Garage',
      address: '192.168.1.7',
      userAgent: 'bitaxe/2.4',
      seenAtMs: DAY,
    }
    history.recordBatch(historyBatch({ sequence: 1, rigs: [rig] }))
    history.recordBatch(
      historyBatch({ sequence: 2, rigs: [{ ...rig, address: '192.168.1.8', seenAtMs: DAY + HOUR }] }),
    )
    expect(history.rigs()).toEqual([
      {
        rigKey: 'garage',
        name: 'Garage',
        lastAddress: '192.168.1.8',
        userAgent: 'bitaxe/2.4',
        firstSeenAtMs: DAY,
        lastSeenAtMs: DAY + HOUR,
      },
    ])
  })

  it('finds the best share ever, with its rig, pool and moment', () => {
    const history = begun()
    expect(history.bestDifficulty()).toBeUndefined()
    const best = (sequence: number, rigKey: string, bestDifficulty: number): boolean =>
      history.recordBatch(
        historyBatch({ sequence, atMs: DAY + sequence, shares: [shareDelta({ rigKey, bestDifficulty })] }),
      )
    best(1, 'a', 1e6)
    best(2, 'b', 5e9)
    best(3, 'b', 4e9)
    best(4, 'a', 2e6)
    const expected = { difficulty: 5e9, rigKey: 'b', poolId: 'pool-a', atMs: DAY + 2 }
    expect(history.bestDifficulty()).toEqual(expected)
    expect(history.bestDifficulty({ rigKey: 'a' })).toMatchObject({ difficulty: 2e6, atMs: DAY + 4 })
    expect(history.bestDifficulty({ rigKey: 'nobody' })).toBeUndefined()
  })

  it('updates a block when the pool has answered', () => {
    const history = begun()
    const found = {
      hash: 'ab'.repeat(32),
      height: null,
      foundAtMs: DAY,
      poolId: 'pool-a',
      rigKey: 'garage',
      difficulty: 1e14,
      status: 'found',
    } as const
    history.recordBatch(historyBatch({ sequence: 1, blocks: [found] }))
    history.recordBatch(
      historyBatch({ sequence: 2, blocks: [{ ...found, height: 900_000, status: 'acknowledged' }] }),
    )
    expect(history.blockCount()).toBe(1)
    expect(history.blocks(10)).toEqual([
      { ...found, height: 900_000, status: 'acknowledged', rigName: 'garage', poolName: 'pool-a' },
    ])
  })

  it('keeps the last ten thousand pool events', () => {
    const history = begun()
    for (let sequence = 1; sequence <= 3; sequence++) {
      const poolEvents = Array.from({ length: 4000 }, (_, n) => ({
        poolId: 'pool-a',
        atMs: DAY + sequence * 10_000 + n,
        kind: 'failed' as const,
        detail: 'connection refused',
      }))
      history.recordBatch(historyBatch({ sequence, poolEvents }))
    }
    const kept = history.poolEvents(20_000)
    expect(kept).toHaveLength(10_000)
    expect(kept[0]!.atMs).toBe(DAY + 33_999)
  })
})
