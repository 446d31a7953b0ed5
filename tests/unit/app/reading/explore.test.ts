import { expect, it } from 'vitest'
import { explore } from '../../../../src-main/app/reading/explore.ts'
import { type History, type Sample } from '../../../../src-main/history/index.ts'
import {
  type ExploreQuery,
  type ExploreSeries,
  exploreQuery,
} from '../../../../src-preload/contract/index.ts'
import { describeOnBoth, openForTest } from '../../../support/both-databases.ts'
import { historyBatch, shareDelta } from '../../../support/history-batches.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MIDNIGHT = Date.UTC(2026, 10, 10)

const sample = (key: string, atMs: number, values: Sample['values']): Sample => ({
  source: { kind: 'rig', key },
  atMs,
  values,
})

async function explored(history: History, query: ExploreQuery) {
  const answer = await explore(history, exploreQuery.parse(query), (id) => `the ${id}`)
  for (const { mean, min, max, rigCount } of answer.series) {
    for (const column of [mean, min, max, rigCount]) if (column) expect(column.length).toBe(answer.at.length)
  }
  return answer
}

/** Values by the start of their bucket, gaps left out. */
const values = ({ at }: { at: number[] }, { mean }: ExploreSeries): [number, number][] =>
  at.flatMap((start, i) => (mean[i] === null ? [] : [[start, mean[i]!] as [number, number]]))

describeOnBoth('the explorer', (database) => {
  it('draws lines that are kept to different fineness on the same buckets, with the sums of both', async () => {
    const history = await openForTest(await database.fresh(), MIDNIGHT)
    await history.shares.beginSession(MIDNIGHT)
    for (let n = 0; n < 40; n++) {
      const atMs = MIDNIGHT + n * 30 * SECOND + 1
      const shares = [shareDelta({ rigKey: 'key-a', submitted: 2, valid: 2, workDifficulty: 8 })]
      await history.shares.recordBatch(historyBatch({ sequence: n + 1, atMs, coveredMs: 30_000, shares }))
      await history.telemetry.record([sample('a', atMs, { accepted_count: 3, chip_max_dc: 500 + n })])
    }
    // Twenty minutes at 400 points: samples could be shown by 5 s, shares by the minute.
    const lines = [
      { metric: 'rig-accepted' as const, rigs: ['a'] },
      { metric: 'valid' as const },
      { metric: 'rig-chip-temperature' as const, rigs: ['a'] },
    ]
    const answer = await explored(history, { from: MIDNIGHT, to: MIDNIGHT + 20 * MINUTE, points: 400, lines })
    expect(answer.bucketMs).toBe(MINUTE)
    expect(answer.at).toEqual(Array.from({ length: 20 }, (_, i) => MIDNIGHT + i * MINUTE))
    expect(answer.series[0]!.mean).toEqual(Array(20).fill(6))
    expect(answer.series[1]!.mean).toEqual(Array(20).fill(4))
    expect(answer.series[2]!.mean[3]).toBeCloseTo((50.6 + 50.7) / 2, 9)
    expect(answer.series[2]!.min![3]).toBeCloseTo(50.6, 9)
    const alone = await explored(history, {
      from: MIDNIGHT,
      to: MIDNIGHT + 20 * MINUTE,
      points: 400,
      lines: lines.slice(0, 1),
    })
    expect(alone.bucketMs).toBe(5 * SECOND)
  })

  it('draws an earlier time at the time asked for, moved by whole buckets', async () => {
    const history = await openForTest(await database.fresh(), MIDNIGHT)
    const hours = (fromMs: number, power: (n: number) => number): Sample[] =>
      Array.from({ length: 24 }, (_, n) => sample('a', fromMs + n * HOUR + 1, { power_dw: power(n) }))
    await history.telemetry.record([
      ...hours(MIDNIGHT - DAY, (n) => 1000 + n),
      ...hours(MIDNIGHT, (n) => 2000 + n),
      ...hours(MIDNIGHT + DAY, (n) => 3000 + n),
    ])
    const metric = 'rig-power' as const
    const answer = await explored(history, {
      from: MIDNIGHT,
      to: MIDNIGHT + DAY,
      points: 25,
      lines: [{ metric }, { metric, offsetMs: DAY }, { metric, offsetMs: DAY + 20 * MINUTE }],
    })
    expect(answer.bucketMs).toBe(HOUR)
    expect(answer.series[0]!.mean).toEqual(Array.from({ length: 24 }, (_, n) => 200 + n / 10))
    expect(answer.series[1]!.mean).toEqual(Array.from({ length: 24 }, (_, n) => 100 + n / 10))
    expect(answer.series[2]!.mean).toEqual(answer.series[1]!.mean)
  })

  it('shows a gap where a comparison reaches before the epoch', async () => {
    const history = await openForTest(await database.fresh(), MIDNIGHT)
    await history.telemetry.record([sample('a', MIDNIGHT + 1, { power_dw: 10 })])
    for (const offsetMs of [MIDNIGHT + 12 * HOUR, MIDNIGHT + 400 * DAY]) {
      const lines = [{ metric: 'rig-power' as const }, { metric: 'valid' as const, offsetMs }]
      const answer = await explored(history, { from: MIDNIGHT, to: MIDNIGHT + DAY, points: 30, lines })
      expect(values(answer, answer.series[0]!)).toEqual([[MIDNIGHT, 1]])
      expect(values(answer, answer.series[1]!)).toEqual([])
    }
  })

  it('divides sums, and of several rigs only those that say both', async () => {
    const history = await openForTest(await database.fresh(), MIDNIGHT)
    await history.telemetry.record([
      // 20 W for 1 TH/s, 60 W for 2 TH/s, and one that does not say its power.
      sample('a', MIDNIGHT + 1, { power_dw: 200, hashrate_10khs: 1e8, covered_ms: 1000, hashing_ms: 1000 }),
      sample('b', MIDNIGHT + 2, { power_dw: 600, hashrate_10khs: 2e8, covered_ms: 3000, hashing_ms: 0 }),
      sample('c', MIDNIGHT + 3, { hashrate_10khs: 7e8 }),
    ])
    const query = { from: MIDNIGHT, to: MIDNIGHT + HOUR, points: 2 }
    const { series } = await explored(history, {
      ...query,
      lines: [
        { metric: 'rig-efficiency' },
        { metric: 'rig-hashing' },
        { metric: 'rig-efficiency', rigs: ['b', 'a', 'c', 'nobody'], together: false },
        { metric: 'rig-hashrate', together: false },
        { metric: 'rig-hashrate', rigs: ['a', 'c'] },
      ],
    })
    expect(
      series.map(({ line, rig, name, mean, rigCount }) => [line, rig, name, mean[0], rigCount?.[0]]),
    ).toEqual([
      [0, null, 'All rigs', expect.closeTo(80 / 3, 9), 2],
      [1, null, 'All rigs', 0.25, 2],
      [2, 'b', 'the b', 30, undefined],
      [2, 'a', 'the a', 20, undefined],
      [2, 'c', 'the c', null, undefined],
      [2, 'nobody', 'the nobody', null, undefined],
      [3, 'a', 'the a', 1e12, undefined],
      [3, 'b', 'the b', 2e12, undefined],
      [3, 'c', 'the c', 7e12, undefined],
      [4, null, '2 rigs', 8e12, 2],
    ])
  })

  it('refuses an empty stretch', async () => {
    const history = await openForTest(await database.fresh(), MIDNIGHT)
    const query = { from: MIDNIGHT, to: MIDNIGHT, lines: [{ metric: 'valid' as const }] }
    await expect(explored(history, query)).rejects.toMatchObject({ code: 'history/empty-range' })
  })
})
