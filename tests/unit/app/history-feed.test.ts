import { describe, expect, it } from 'vitest'
import { HistoryFeed } from '../../../src-main/app/history-feed.ts'
import { HeadframeError, ManualClock, silentLogger } from '../../../src-main/base/index.ts'
import { type HistoryBatch } from '../../../src-main/history/index.ts'
import { emptyCounts, type EngineReport } from '../../../src-main/proxy/index.ts'

function report(atMs: number, changes: Partial<EngineReport> = {}): EngineReport {
  return {
    atMs,
    coveredMs: 1000,
    counts: emptyCounts(),
    bestDifficulty: 0,
    hashrateHs: 0,
    onlineCount: 0,
    hashingCount: 0,
    networkDifficulty: null,
    activePoolId: null,
    preferredPoolId: null,
    standIn: null,
    switchedAtMs: null,
    pools: [],
    downstreams: { upserts: [], removedIds: [] },
    deltas: [],
    blocks: [],
    poolEvents: [],
    ...changes,
  }
}

function feedInto(record: (batch: HistoryBatch) => Promise<boolean>) {
  const clock = new ManualClock()
  const troubles: (string | null)[] = []
  const feed = new HistoryFeed({
    clock,
    log: silentLogger,
    record,
    onTrouble: (problem) => troubles.push(problem),
    poolRecord: (poolId) => ({ poolId, name: `Pool ${poolId}`, url: 'stratum+tcp://pool.example.com:3333' }),
  })
  return { clock, feed, troubles }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

describe('the history feed', () => {
  it('sends batches one at a time, in order, with rising numbers', async () => {
    const recorded: number[] = []
    let inFlight = 0
    const { feed } = feedInto(async ({ sequence }) => {
      expect(++inFlight).toBe(1)
      await Promise.resolve()
      inFlight--
      recorded.push(sequence)
      return true
    })
    for (let i = 0; i < 5; i++) feed.add(report(1000 * i))
    await feed.settled()
    expect(recorded).toEqual([1, 2, 3, 4, 5])
  })

  it('keeps what the disk refuses and sends it again, saying so once each way', async () => {
    const recorded: number[] = []
    let isFull = true
    const { clock, feed, troubles } = feedInto(({ sequence }) => {
      if (isFull) return Promise.reject(new Error('the disk is full'))
      recorded.push(sequence)
      return Promise.resolve(true)
    })
    feed.add(report(1000))
    await settle()
    feed.add(report(2000))
    await settle()
    isFull = false
    clock.advance(10_000)
    await settle()
    expect(recorded).toEqual([1, 2])
    expect(troubles.filter((problem) => problem !== null).length).toBeGreaterThan(0)
    expect(troubles.at(-1)).toBeNull()
  })

  it('loses no count when it must put batches together', async () => {
    let refuse = true
    let shares = 0
    let coveredMs = 0
    const { clock, feed } = feedInto((batch) => {
      if (refuse) return Promise.reject(new Error('the disk is full'))
      shares += batch.shares.reduce((sum, delta) => sum + delta.submitted, 0)
      coveredMs += batch.coveredMs
      return Promise.resolve(true)
    })
    const delta = {
      rigKey: 'r',
      poolId: 'p',
      ...emptyCounts(),
      submitted: 1,
      invalid: 1,
      workDifficulty: 0,
      bestDifficulty: 0,
      rejectReasons: {},
    }
    const count = 4000
    for (let i = 0; i < count; i++) feed.add(report(1000 * i, { deltas: [delta] }))
    await settle()
    refuse = false
    clock.advance(60_000)
    await settle()
    await feed.settled()
    expect(shares).toBe(count)
    expect(coveredMs).toBe(1000 * count)
  })

  it('is not kept back by a batch that does not add up: its answers are left out, or all of it', async () => {
    const recorded: HistoryBatch[] = []
    const { feed, troubles } = feedInto((batch) => {
      const isUnknown = batch.shares.some(({ acknowledged, lost }) => acknowledged > 0 || lost > 0)
      const isNonsense = batch.shares.some(({ workDifficulty }) => workDifficulty < 0)
      if (isUnknown || isNonsense) {
        return Promise.reject(new HeadframeError('history/accounting-mismatch', 'it does not add up'))
      }
      recorded.push(batch)
      return Promise.resolve(true)
    })
    const counts = { rigKey: 'r', poolId: 'p', ...emptyCounts(), workDifficulty: 4, bestDifficulty: 4 }
    const delta = { ...counts, submitted: 1, valid: 1, rejectReasons: {} }
    feed.add(
      report(1000, { deltas: [{ ...delta, acknowledged: 2, rejected: 1, rejectReasons: { stale: 1 } }] }),
    )
    feed.add(report(2000, { deltas: [{ ...delta, workDifficulty: -1 }] }))
    feed.add(report(3000, { deltas: [delta] }))
    await feed.settled()
    expect(recorded.map(({ sequence }) => sequence)).toEqual([1, 3])
    expect(recorded[0]!.shares).toEqual([delta])
    expect(troubles).toEqual([])
  })

  it('leaves no timer behind when it stops, even while the history refuses', async () => {
    let asked = 0
    const { clock, feed } = feedInto(() => {
      asked++
      return Promise.reject(new Error('the thread was ended'))
    })
    feed.add(report(1000))
    await settle()
    expect(clock.pending).toBe(1)
    await feed.stop()
    expect(clock.pending).toBe(0)
    const before = asked
    clock.advance(100_000)
    await settle()
    expect(asked).toBe(before)
  })

  it('tells names again to another history', async () => {
    const pools: string[] = []
    const { feed } = feedInto((batch) => {
      pools.push(...batch.pools.map(({ poolId }) => poolId))
      return Promise.resolve(true)
    })
    const event = { kind: 'connected', poolId: 'p1', atMs: 1, detail: '' } as const
    feed.add(report(1000, { poolEvents: [event] }))
    await feed.settled()
    feed.forgetKnown()
    feed.add(report(2000, { poolEvents: [event] }))
    await feed.settled()
    expect(pools).toEqual(['p1', 'p1'])
  })

  it('names a pool once, and again when it is called otherwise', async () => {
    const pools: string[] = []
    const { feed } = feedInto((batch) => {
      pools.push(...batch.pools.map(({ poolId }) => poolId))
      return Promise.resolve(true)
    })
    const event = { kind: 'connected', poolId: 'p1', atMs: 1, detail: '' } as const
    feed.add(report(1000, { poolEvents: [event] }))
    feed.add(report(2000, { poolEvents: [event] }))
    await feed.settled()
    expect(pools).toEqual(['p1'])
  })
})
