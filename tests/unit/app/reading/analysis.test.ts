import { expect, it } from 'vitest'
import { analyse } from '../../../../src-main/app/reading/analysis.ts'
import { type History, type Sample } from '../../../../src-main/history/index.ts'
import { describeOnBoth, openForTest } from '../../../support/both-databases.ts'
import { historyBatch, shareDelta } from '../../../support/history-batches.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MIDNIGHT = Date.UTC(2026, 10, 10)

/** An hour of a sample a minute, each for its minute, and a batch of shares with each. */
async function hour(
  history: History,
  startMs: number,
  rigs: Record<string, Sample['values']>,
): Promise<void> {
  for (let n = 0; n < 60; n++) {
    const atMs = startMs + n * MINUTE + 1
    await history.telemetry.record(
      Object.entries(rigs).map(([key, values]) => ({ source: { kind: 'rig' as const, key }, atMs, values })),
    )
  }
}

const steady = {
  covered_ms: MINUTE,
  reachable_ms: MINUTE,
  hashing_ms: 45_000,
  energy_j: 1200,
  hashrate_10khs: 1e8,
  expected_10khs: 125_000_000,
  power_dw: 200,
  chip_max_dc: 600,
}

describeOnBoth('how rigs did', (database) => {
  it('is worked out of exact sums', async () => {
    const history = await openForTest(await database.fresh(), MIDNIGHT)
    await history.shares.beginSession(MIDNIGHT)
    await history.telemetry.linkRig('a', 'key-a')
    await hour(history, MIDNIGHT, {
      a: steady,
      // Says no power, and stands still for half of the time it is looked at.
      b: { covered_ms: 30_000, reachable_ms: 15_000, hashing_ms: 0, hashrate_10khs: 3e8, chip_max_dc: 710 },
    })
    const counts = { rigKey: 'key-a', submitted: 10, valid: 8, stale: 2, acknowledged: 5, rejected: 2 }
    const delta = shareDelta({
      ...counts,
      lost: 1,
      workDifficulty: 3600,
      rejectReasons: { 'low-difficulty': 2 },
    })
    const atMs = MIDNIGHT + 10 * MINUTE
    await history.shares.recordBatch(historyBatch({ atMs, coveredMs: HOUR, shares: [delta] }))
    await history.ledger.recordEvents(
      [1, 2].map((n) => ({
        ...{ atMs: MIDNIGHT + n, kind: 'rig-restarted', subjectKind: 'rig', subject: 'a', text: '' },
      })),
    )
    const { rigs, farm } = await analyse(history, { fromMs: MIDNIGHT, toMs: MIDNIGHT + HOUR }, (id) => id)
    expect(rigs.map(({ rigId }) => rigId)).toEqual(['a', 'b'])
    expect(rigs[0]).toMatchObject({
      ...{ coveredMs: HOUR, coveredRatio: 1, reachableRatio: 1, hashingRatio: 0.75, restarts: 2 },
      ...{ hashrateHs: 1e12, expectedHs: 1.25e12, ofExpectedRatio: 0.8, powerW: 20, efficiencyJTh: 20 },
      ...{ energyKwh: 0.02, chipMaxC: 60 },
      shares: { valid: 8, acknowledged: 5, rejected: 2, stale: 2, lost: 1 },
      rejects: [{ reason: 'low-difficulty', count: 2 }],
    })
    expect(rigs[1]).toMatchObject({
      ...{ coveredRatio: 0.5, reachableRatio: 0.5, hashingRatio: 0, energyKwh: null, efficiencyJTh: null },
      ...{ shareHashrateHs: null, restarts: 0 },
    })
    expect(farm).toMatchObject({
      ...{ coveredRatio: 0.75, hashrateHs: 4e12, powerW: 20, efficiencyJTh: 20, ofExpectedRatio: 0.8 },
      ...{ chipMaxC: 71, restarts: 2, energyKwh: 0.02 },
      shares: { valid: 8, acknowledged: 5, rejected: 2, stale: 2, lost: 1 },
    })
    expect(farm.reachableRatio).toBeCloseTo((60 + 15) / 90, 9)
  })

  it('takes the rate of shares from when they were counted, whenever rigs were looked at', async () => {
    const history = await openForTest(await database.fresh(), MIDNIGHT)
    await history.shares.beginSession(MIDNIGHT)
    await history.telemetry.linkRig('a', 'key-a')
    await hour(history, MIDNIGHT + 3 * HOUR, { a: steady })
    for (let n = 0; n < 4; n++) {
      const shares = [shareDelta({ rigKey: 'key-a', submitted: 1, valid: 1, workDifficulty: 900 })]
      const atMs = MIDNIGHT + n * HOUR + 30 * MINUTE
      await history.shares.recordBatch(historyBatch({ sequence: n + 1, atMs, coveredMs: 1000_000, shares }))
    }
    const { rigs } = await analyse(history, { fromMs: MIDNIGHT, toMs: MIDNIGHT + 4 * HOUR }, (id) => id)
    expect(rigs[0]!.coveredMs).toBe(HOUR)
    const counted = await history.shares.presence(MIDNIGHT, MIDNIGHT + 4 * HOUR, 300_000)
    const countedMs = counted.coveredMs.reduce((sum, ms) => sum + ms, 0)
    expect(rigs[0]!.shareHashrateHs).toBeCloseTo((3600 * 2 ** 32 * 1000) / countedMs, 0)
  })

  it('counts shares once for the farm where two rigs share a key', async () => {
    const history = await openForTest(await database.fresh(), MIDNIGHT)
    await history.shares.beginSession(MIDNIGHT)
    for (const rig of ['a', 'b']) await history.telemetry.linkRig(rig, 'shared')
    await hour(history, MIDNIGHT, { a: steady, b: steady })
    const shares = [shareDelta({ rigKey: 'shared', submitted: 6, valid: 6, workDifficulty: 60 })]
    await history.shares.recordBatch(historyBatch({ atMs: MIDNIGHT + MINUTE, coveredMs: MINUTE, shares }))
    const { farm } = await analyse(history, { fromMs: MIDNIGHT, toMs: MIDNIGHT + HOUR }, (id) => id)
    expect(farm.shares.valid).toBe(6)
    expect(farm.hashrateHs).toBe(2e12)
  })

  it('takes a long stretch by the hour, and says the stretch that was asked for', async () => {
    const history = await openForTest(await database.fresh(), MIDNIGHT)
    await hour(history, MIDNIGHT, { a: steady })
    const asked = { fromMs: MIDNIGHT - 10 * DAY + 7, toMs: MIDNIGHT + 59 * MINUTE + 11 }
    const { from, to, rigs } = await analyse(history, asked, (id) => id)
    expect([from, to]).toEqual([asked.fromMs, asked.toMs])
    expect(rigs[0]!.energyKwh).toBe(0.02)
    await expect(analyse(history, { fromMs: 5, toMs: 5 }, (id) => id)).rejects.toMatchObject({
      code: 'history/empty-range',
    })
  })
})
