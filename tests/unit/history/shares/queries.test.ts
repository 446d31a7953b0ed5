import { expect, it } from 'vitest'
import { type History, type SeriesQuery } from '../../../../src-main/history/index.ts'
import { historyBatch, shareDelta } from '../../../support/history-batches.ts'
import {
  changeBeside,
  type DatabaseUnderTest,
  describeOnBoth,
  openForTest,
} from '../../../support/both-databases.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
/** A full day, so that every bucket width begins here. */
const DAY = Date.UTC(2026, 10, 22)

async function begun({ fresh }: DatabaseUnderTest): Promise<History> {
  const history = await openForTest(await fresh(), DAY)
  await history.shares.beginSession(DAY)
  return history
}

/** The series' values alone. */
async function values({ shares }: History, query: Partial<SeriesQuery>): Promise<(number | null)[]> {
  const range = { fromMs: DAY, toMs: DAY + 5 * MINUTE, points: 5 }
  const { points } = await shares.series({ metric: 'valid', ...range, ...query })
  return points.map((point) => point.value)
}

describeOnBoth('series', (database) => {
  it('shows minutes without a batch as gaps, and minutes without a share as zeros', async () => {
    const history = await begun(database)
    const share = shareDelta({ submitted: 1, valid: 1 })
    await history.shares.recordBatch(historyBatch({ sequence: 1, atMs: DAY + 10, shares: [share, share] }))
    await history.shares.recordBatch(historyBatch({ sequence: 2, atMs: DAY + MINUTE, shares: [] }))
    await history.shares.recordBatch(historyBatch({ sequence: 3, atMs: DAY + 4 * MINUTE, shares: [share] }))
    expect(await values(history, {})).toEqual([2, 0, null, null, 1])
    // Of one rig, a minute without a word of it is a gap.
    expect(await values(history, { rigKey: 'garage' })).toEqual([2, null, null, null, 1])
    expect(await values(history, { rigKey: 'nobody' })).toEqual([null, null, null, null, null])
  })

  it('shows a connected rig without shares as zero', async () => {
    const history = await begun(database)
    await history.shares.recordBatch(historyBatch({ atMs: DAY, shares: [shareDelta()] }))
    expect(await values(history, { rigKey: 'garage', metric: 'hashrate' })).toEqual([
      0,
      null,
      null,
      null,
      null,
    ])
  })

  it('gives the hashrate that the work of the covered time stands for', async () => {
    const history = await begun(database)
    // 4096 difficulty-1 shares in 20 s: 4096 * 2^32 / 20 s.
    const shares = [shareDelta({ submitted: 4, valid: 4, workDifficulty: 4096 })]
    await history.shares.recordBatch(historyBatch({ atMs: DAY + 30_000, coveredMs: 20_000, shares }))
    expect((await values(history, { metric: 'hashrate' }))[0]).toBe((4096 * 2 ** 32) / 20)
    expect((await values(history, { metric: 'workDifficulty' }))[0]).toBe(4096)
  })

  it('gives rigs whose hashrates add up to that of the farm, also from hours', async () => {
    const history = await begun(database)
    for (let sequence = 1; sequence <= 48; sequence++) {
      await history.shares.recordBatch(
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
    const farm = await history.shares.series(query)
    expect(farm.bucketMs).toBe(2 * HOUR)
    expect(farm.points).toHaveLength(12)
    const rigs = []
    for (const rigKey of ['a', 'b', 'c'])
      rigs.push((await history.shares.series({ ...query, rigKey })).points)
    for (const [i, point] of farm.points.entries()) {
      const sum = rigs.reduce((total, points) => total + points[i]!.value!, 0)
      expect(point.value! / sum).toBeCloseTo(1, 9)
    }
  })

  it('never gives more points than asked for, and every moment asked for lies in a bucket', async () => {
    const history = await begun(database)
    for (const points of [1, 2, 7, 120, 2000]) {
      for (const spanMs of [1, MINUTE, 61 * MINUTE, 25 * HOUR, 400 * 24 * HOUR]) {
        const fromMs = DAY - 12_345_678
        const { points: buckets, bucketMs } = await history.shares.series({
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
    expect(await values(history, { toMs: DAY })).toEqual([])
    await expect(
      history.shares.series({ metric: 'valid', fromMs: 0, toMs: 1e300, points: 1 }),
    ).rejects.toThrow(RangeError)
    await expect(history.shares.series({ metric: 'valid', fromMs: 0, toMs: 10, points: 0 })).rejects.toThrow(
      RangeError,
    )
  })

  it('tells pools apart', async () => {
    const history = await begun(database)
    const shares = ['pool-a', 'pool-b', 'pool-b'].map((poolId) =>
      shareDelta({ poolId, submitted: 1, valid: 1, bestDifficulty: poolId === 'pool-a' ? 5 : 7 }),
    )
    await history.shares.recordBatch(historyBatch({ atMs: DAY, shares }))
    expect((await values(history, { poolId: 'pool-b' }))[0]).toBe(2)
    expect((await values(history, { poolId: 'pool-a', rigKey: 'garage' }))[0]).toBe(1)
    expect((await values(history, { poolId: 'pool-a', metric: 'bestDifficulty' }))[0]).toBe(5)
    expect((await values(history, { metric: 'bestDifficulty' }))[0]).toBe(7)
  })
})

describeOnBoth('packed minutes', (database) => {
  const MONTH = 30 * 24 * HOUR

  /** Six hours of minutes, the n-th with n work of each of two rigs, and a gap of an hour. */
  async function recorded(): Promise<History> {
    const history = await begun(database)
    for (let minute = 0; minute < 360; minute++) {
      if (minute >= 120 && minute < 180) continue
      await history.shares.recordBatch(
        historyBatch({
          sequence: minute + 1,
          atMs: DAY + minute * MINUTE,
          coveredMs: MINUTE,
          shares: ['a', 'b'].map((rigKey) =>
            shareDelta({
              rigKey,
              submitted: 1,
              valid: 1,
              workDifficulty: minute + 0.5,
              bestDifficulty: minute,
            }),
          ),
        }),
      )
    }
    return history
  }

  it('show the same in five minutes and above as before, gaps included', async () => {
    const history = await recorded()
    const queries = [300_000, 600_000, 1_800_000, HOUR].flatMap((widthMs) =>
      (['hashrate', 'valid', 'bestDifficulty'] as const).flatMap((metric) =>
        [{}, { rigKey: 'a' }, { rigKey: 'a', poolId: 'pool-a' }].map((filter) => ({
          ...{ metric, fromMs: DAY, toMs: DAY + 6 * HOUR, points: (6 * HOUR) / widthMs },
          ...filter,
        })),
      ),
    )
    const before = []
    for (const query of queries) before.push(await history.shares.series(query))
    expect(before[0]!.points.filter(({ value }) => value === null)).toHaveLength(12)
    const cellsBefore = await history.shares.workCells({ fromMs: DAY, toMs: DAY + 1, stepMs: 300_000 })

    expect(await history.shares.pack(DAY + MONTH)).toMatchObject({ days: 3, minutes: 900 })
    for (const [i, query] of queries.entries()) {
      expect(await history.shares.series(query)).toEqual(before[i])
    }
    expect(await history.shares.workCells({ fromMs: DAY, toMs: DAY + 1, stepMs: 300_000 })).toEqual(
      cellsBefore,
    )
    expect(cellsBefore).toHaveLength(2)
    expect(cellsBefore[0]).toMatchObject({ atMs: DAY, workDifficulty: 12.5, valid: 5 })
    expect((await history.shares.checkIdentity()).problems).toEqual([])
  })

  it('are shown in buckets of five minutes where finer ones are asked for', async () => {
    const history = await recorded()
    const query = { metric: 'valid', fromMs: DAY, toMs: DAY + HOUR, points: 60 } as const
    expect((await history.shares.series(query)).bucketMs).toBe(MINUTE)
    await history.shares.pack(DAY + MONTH)
    const { bucketMs, points } = await history.shares.series(query)
    expect(bucketMs).toBe(5 * MINUTE)
    expect(points.map(({ value }) => value)).toEqual(Array.from({ length: 12 }, () => 10))
  })

  it('leave the days alone that are not old enough', async () => {
    const history = await recorded()
    expect(await history.shares.pack(DAY + 15 * 24 * HOUR - 1)).toMatchObject({ days: 0, minutes: 0 })
    expect(await history.shares.pack(DAY + 15 * 24 * HOUR)).toMatchObject({ days: 3, minutes: 900 })
    expect(await history.shares.pack(DAY + MONTH)).toMatchObject({ days: 0, minutes: 0 })
  })

  it('leave a day alone whose block is damaged, and pack the others', async () => {
    const location = await database.fresh()
    const history = await openForTest(location, DAY)
    await history.shares.beginSession(DAY)
    const record = (sequence: number, atMs: number): Promise<boolean> =>
      history.shares.recordBatch(
        historyBatch({ sequence, atMs, shares: [shareDelta({ submitted: 1, valid: 1 })] }),
      )
    await record(1, DAY)
    await history.shares.pack(DAY + MONTH)
    const noise = database.kind === 'sqlite' ? "X'0102030405'" : "'\\x0102030405'"
    expect(await changeBeside(location, `UPDATE share_blocks SET bytes = ${noise} WHERE rig = 1`)).toBe(1)
    await record(2, DAY + MINUTE)
    await record(3, DAY + 24 * HOUR)
    const packed = await history.shares.pack(DAY + MONTH)
    expect(packed).toEqual({ days: 3, minutes: 3, damagedDays: 1 })
    expect((await history.shares.totals()).valid).toBe(3)
  })

  it('take up what comes later for their time', async () => {
    const history = await recorded()
    await history.shares.pack(DAY + MONTH)
    const late = shareDelta({ rigKey: 'a', submitted: 1, valid: 1, workDifficulty: 7 })
    await history.shares.recordBatch(historyBatch({ sequence: 1000, atMs: DAY + 2 * MINUTE, shares: [late] }))
    const query = { metric: 'valid', fromMs: DAY, toMs: DAY + 10 * MINUTE, points: 2 } as const
    const both = (await history.shares.series(query)).points.map(({ value }) => value)
    expect(both).toEqual([11, 10])
    expect(await history.shares.pack(DAY + MONTH)).toMatchObject({ days: 2, minutes: 2 })
    expect((await history.shares.series(query)).points.map(({ value }) => value)).toEqual(both)
    expect((await history.shares.checkIdentity()).problems).toEqual([])
  })
})

describeOnBoth('records', (database) => {
  it('keeps the name of a pool that was removed, and the latest one of a pool that was renamed', async () => {
    const history = await begun(database)
    const pool = { poolId: 'pool-a', name: 'Old', url: 'stratum+tcp://old.example:3333' }
    await history.shares.recordBatch(historyBatch({ sequence: 1, pools: [pool], shares: [shareDelta()] }))
    const renamed = { ...pool, name: 'New', url: 'stratum+tcp://new.example:3333' }
    await history.shares.recordBatch(historyBatch({ sequence: 2, pools: [renamed] }))
    expect(await history.shares.pools()).toEqual([renamed])
  })

  it('remembers where a rig was first and last seen', async () => {
    const history = await begun(database)
    const rig = {
      rigKey: 'garage',
      name: 'Garage',
      address: '192.168.1.7',
      userAgent: 'bitaxe/2.4',
      seenAtMs: DAY,
    }
    await history.shares.recordBatch(historyBatch({ sequence: 1, rigs: [rig] }))
    await history.shares.recordBatch(
      historyBatch({ sequence: 2, rigs: [{ ...rig, address: '192.168.1.8', seenAtMs: DAY + HOUR }] }),
    )
    expect(await history.shares.rigs()).toEqual([
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

  it('finds the best share ever, with its rig, pool and moment', async () => {
    const history = await begun(database)
    expect(await history.shares.bestDifficulty()).toBeUndefined()
    const best = (sequence: number, rigKey: string, bestDifficulty: number): Promise<boolean> =>
      history.shares.recordBatch(
        historyBatch({ sequence, atMs: DAY + sequence, shares: [shareDelta({ rigKey, bestDifficulty })] }),
      )
    await best(1, 'a', 1e6)
    await best(2, 'b', 5e9)
    await best(3, 'b', 4e9)
    await best(4, 'a', 2e6)
    const expected = { difficulty: 5e9, rigKey: 'b', poolId: 'pool-a', atMs: DAY + 2 }
    expect(await history.shares.bestDifficulty()).toEqual(expected)
    expect(await history.shares.bestDifficulty({ rigKey: 'a' })).toMatchObject({
      difficulty: 2e6,
      atMs: DAY + 4,
    })
    expect(await history.shares.bestDifficulty({ rigKey: 'nobody' })).toBeUndefined()
    expect(await history.shares.bestByPool()).toEqual([expected])
  })

  it('updates a block when the pool has answered', async () => {
    const history = await begun(database)
    const found = {
      hash: 'ab'.repeat(32),
      height: null,
      foundAtMs: DAY,
      poolId: 'pool-a',
      rigKey: 'garage',
      difficulty: 1e14,
      status: 'found',
    } as const
    await history.shares.recordBatch(historyBatch({ sequence: 1, blocks: [found] }))
    await history.shares.recordBatch(
      historyBatch({ sequence: 2, blocks: [{ ...found, height: 900_000, status: 'acknowledged' }] }),
    )
    expect(await history.shares.blockCount()).toBe(1)
    expect(await history.shares.blocks(10)).toEqual([
      { ...found, height: 900_000, status: 'acknowledged', rigName: 'garage', poolName: 'pool-a' },
    ])
  })

  it('keeps the last ten thousand pool events', async () => {
    const history = await begun(database)
    for (let sequence = 1; sequence <= 3; sequence++) {
      const poolEvents = Array.from({ length: 4000 }, (_, n) => ({
        poolId: 'pool-a',
        atMs: DAY + sequence * 10_000 + n,
        kind: 'failed' as const,
        detail: 'connection refused',
      }))
      await history.shares.recordBatch(historyBatch({ sequence, poolEvents }))
    }
    const kept = await history.shares.poolEvents(20_000)
    expect(kept).toHaveLength(10_000)
    expect(kept[0]!.atMs).toBe(DAY + 33_999)
  })
})
