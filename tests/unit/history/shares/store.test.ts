import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../../../src-main/history/database/open.ts'
import {
  type History,
  openHistory,
  type ShareDelta,
  ShareStore,
  type ShareTotals,
} from '../../../../src-main/history/index.ts'
import { historyBatch, shareDelta } from '../../../support/history-batches.ts'
import {
  afterKill,
  changeBeside,
  type DatabaseUnderTest,
  describeOnBoth,
  openForTest,
} from '../../../support/both-databases.ts'

const NOW = 1_790_000_000_000
const MINUTE = 60_000
const DAY = 86_400_000

async function begun({ fresh }: DatabaseUnderTest): Promise<History> {
  const history = await openForTest(await fresh(), NOW)
  await history.shares.beginSession(NOW)
  return history
}

const COUNTS = [
  'submitted',
  'valid',
  'stale',
  'duplicate',
  'invalid',
  'weak',
  'acknowledged',
  'rejected',
  'lost',
] as const

async function problems({ shares }: History): Promise<string[]> {
  return (await shares.checkIdentity()).problems
}

describeOnBoth('recording batches', (database) => {
  it('adds up what each batch brings, by rig and by pool', async () => {
    const { shares, ...history } = await begun(database)
    await shares.recordBatch(
      historyBatch({
        sequence: 1,
        shares: [
          shareDelta({ submitted: 5, valid: 3, stale: 1, invalid: 1, weak: 2, workDifficulty: 640 }),
          shareDelta({ rigKey: 'attic', submitted: 1, valid: 1, workDifficulty: 256, bestDifficulty: 300 }),
        ],
      }),
    )
    await shares.recordBatch(
      historyBatch({
        sequence: 2,
        shares: [shareDelta({ acknowledged: 1, rejected: 1, rejectReasons: { 'stale-share': 1 } })],
      }),
    )
    const farm: ShareTotals = {
      submitted: 6,
      valid: 4,
      stale: 1,
      duplicate: 0,
      invalid: 1,
      weak: 2,
      acknowledged: 1,
      rejected: 1,
      lost: 0,
      pending: 2,
      workDifficulty: 896,
      bestDifficulty: 300,
    }
    expect(await shares.totals()).toEqual(farm)
    expect(await shares.totals({ rigKey: 'attic' })).toMatchObject({ submitted: 1, valid: 1, pending: 1 })
    expect(await shares.totals({ rigKey: 'garage', poolId: 'pool-a' })).toMatchObject({
      valid: 3,
      pending: 1,
    })
    expect(await shares.totals({ poolId: 'never-used' })).toMatchObject({ submitted: 0, workDifficulty: 0 })
    expect(await shares.rejectReasons()).toEqual([{ reason: 'stale-share', count: 1 }])
    expect(await shares.poolTotals()).toEqual([{ poolId: 'pool-a', name: 'pool-a', ...farm }])
    expect(await problems({ shares, ...history })).toEqual([])
  })

  it('adds up a batch that names a rig twice', async () => {
    const history = await begun(database)
    const share = shareDelta({ submitted: 1, valid: 1, rejected: 1, rejectReasons: { late: 1 } })
    await history.shares.recordBatch(historyBatch({ shares: [share, share, share] }))
    expect(await history.shares.totals()).toMatchObject({ submitted: 3, rejected: 3 })
    expect(await history.shares.rejectReasons()).toEqual([{ reason: 'late', count: 3 }])
    expect(await problems(history)).toEqual([])
  })

  it('ignores a batch that is sent again', async () => {
    const { shares } = await begun(database)
    const batch = historyBatch({ shares: [shareDelta({ submitted: 1, valid: 1 })] })
    expect(await shares.recordBatch(batch)).toBe(true)
    expect(await shares.recordBatch(batch)).toBe(false)
    expect((await shares.totals()).submitted).toBe(1)
  })

  it.each<[string, Partial<ShareDelta>]>([
    ['submitted without a verdict', { submitted: 1 }],
    ['a verdict that nobody submitted', { stale: 1 }],
    ['an answer to a share that was never valid', { acknowledged: 1 }],
    ['a count below zero', { submitted: -1, valid: -1 }],
    ['half a share', { submitted: 0.5, valid: 0.5 }],
    [
      'more reasons than rejections',
      { submitted: 1, valid: 1, rejected: 1, rejectReasons: { 'bad-nonce': 2 } },
    ],
    ['work that is no number', { workDifficulty: Number.NaN }],
  ])('refuses %s, and records nothing of its batch', async (_, fields) => {
    const history = await begun(database)
    const { shares } = history
    const sound = shareDelta({ rigKey: 'attic', submitted: 1, valid: 1 })
    const refused = shares.recordBatch(historyBatch({ shares: [sound, shareDelta(fields)] }))
    await expect(refused).rejects.toMatchObject({ code: 'history/accounting-mismatch' })
    expect((await shares.totals()).submitted).toBe(0)
    expect(await shares.rigs()).toEqual([])
    // The number of the refused batch is still free.
    expect(await shares.recordBatch(historyBatch({ shares: [sound] }))).toBe(true)
    expect(await problems(history)).toEqual([])
    expect((await shares.totals()).submitted).toBe(1)
  })

  it('does not take the ids of a refused batch for those of rigs that exist', async () => {
    const history = await begun(database)
    const { shares } = history
    // Sent at once: the second begins while the first is being undone.
    const bad = historyBatch({ shares: [shareDelta({ rigKey: 'new', acknowledged: 1 })] })
    const good = historyBatch({ shares: [shareDelta({ rigKey: 'new', submitted: 1, valid: 1 })] })
    const outcomes = await Promise.allSettled([shares.recordBatch(bad), shares.recordBatch(good)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(await shares.totals({ rigKey: 'new' })).toMatchObject({ valid: 1 })
    expect(await problems(history)).toEqual([])
  })

  it('keeps going when the clock is set back', async () => {
    const history = await begun(database)
    const { shares } = history
    const one = [shareDelta({ submitted: 1, valid: 1, acknowledged: 1 })]
    await shares.recordBatch(historyBatch({ sequence: 1, atMs: NOW, shares: one }))
    await shares.recordBatch(historyBatch({ sequence: 2, atMs: NOW - 90 * MINUTE, shares: one }))
    await shares.recordBatch(historyBatch({ sequence: 3, atMs: NOW, shares: one }))
    expect((await shares.totals()).acknowledged).toBe(3)
    expect(await problems(history)).toEqual([])
  })

  it('counts the rigs beyond its limit together, so that changing names cannot fill the disk', async () => {
    const { db } = await openDatabase({ database: await database.fresh(), nowMs: NOW })
    onTestFinished(() => db.close())
    const shares = new ShareStore(db, { rigs: 3 })
    await shares.beginSession(NOW)
    for (let sequence = 1; sequence <= 10; sequence++) {
      const rigKey = `rig-${sequence}`
      await shares.recordBatch(
        historyBatch({
          sequence,
          rigs: [{ rigKey, name: 'Some name', address: null, userAgent: null, seenAtMs: NOW }],
          shares: [shareDelta({ rigKey, submitted: 1, valid: 1 })],
        }),
      )
    }
    const rigs = await shares.rigs()
    expect(rigs.map((rig) => rig.rigKey).sort()).toEqual(['other rigs', 'rig-1', 'rig-2', 'rig-3'])
    expect((await shares.totals({ rigKey: 'other rigs' })).valid).toBe(7)
    expect(rigs.find((rig) => rig.rigKey === 'other rigs')?.name).toBe('other rigs')
    expect((await shares.checkIdentity()).problems).toEqual([])
  })

  it('puts the 257th reason of a talkative pool under "other"', async () => {
    const { shares } = await begun(database)
    const rejectReasons = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`reason ${n}`, 1]))
    await shares.recordBatch(
      historyBatch({ shares: [shareDelta({ submitted: 300, valid: 300, rejected: 300, rejectReasons })] }),
    )
    const reasons = await shares.rejectReasons()
    expect(reasons).toHaveLength(257)
    expect(reasons[0]).toEqual({ reason: 'other', count: 44 })
  })

  it('takes whatever a rig calls itself', async () => {
    const history = await begun(database)
    const { shares } = history
    const names = ['', '\0', 'a\0b', '\u{1F52B}'.slice(0, 1), "'; DROP TABLE rigs --", 'ü'.repeat(3000)]
    await shares.recordBatch(
      historyBatch({
        sequence: 1,
        shares: names.map((rigKey) => shareDelta({ rigKey, submitted: 1, valid: 1 })),
        rigs: names.map((rigKey) => ({
          rigKey,
          name: rigKey,
          address: null,
          userAgent: rigKey,
          seenAtMs: NOW,
        })),
      }),
    )
    expect((await shares.totals()).valid).toBe(names.length)
    expect(await shares.totals({ rigKey: "'; DROP TABLE rigs --" })).toMatchObject({ valid: 1 })
    expect(await problems(history)).toEqual([])
  })

  it('records a batch of many more rigs than one statement holds', async () => {
    const history = await begun(database)
    const many = Array.from({ length: 1234 }, (_, n) =>
      shareDelta({ rigKey: `rig-${n}`, submitted: 1, valid: 1, workDifficulty: n }),
    )
    await history.shares.recordBatch(historyBatch({ shares: many }))
    expect(await history.shares.totals()).toMatchObject({ valid: 1234, workDifficulty: (1233 * 1234) / 2 })
    expect(await problems(history)).toEqual([])
  })
})

describeOnBoth('sessions', (database) => {
  it('turns shares without an answer into lost ones after a kill, once', async () => {
    const location = await database.fresh()
    const first = await openForTest(location, NOW)
    expect(await first.shares.beginSession(NOW)).toMatchObject({ sharesLost: 0, previousWasKilled: false })
    await first.shares.recordBatch(
      historyBatch({
        atMs: NOW + MINUTE,
        shares: [
          shareDelta({ submitted: 4, valid: 4, acknowledged: 1 }),
          shareDelta({ rigKey: 'attic', poolId: 'pool-b', submitted: 2, valid: 2 }),
        ],
      }),
    )

    const second = await openForTest(await afterKill(location, first), NOW)
    const { shares } = second
    expect(await shares.beginSession(NOW + 10 * MINUTE)).toMatchObject({
      sharesLost: 5,
      previousWasKilled: true,
    })
    expect(await shares.totals()).toMatchObject({ valid: 6, acknowledged: 1, lost: 5, pending: 0 })
    expect(await shares.totals({ rigKey: 'attic', poolId: 'pool-b' })).toMatchObject({ lost: 2 })
    expect(await shares.sessions(5)).toEqual([
      { id: 2, startedAtMs: NOW + 10 * MINUTE, endedAtMs: null, endReason: null },
      { id: 1, startedAtMs: NOW, endedAtMs: NOW + MINUTE, endReason: 'killed' },
    ])
    expect(await problems(second)).toEqual([])
    expect((await shares.beginSession(NOW + 20 * MINUTE)).sharesLost).toBe(0)
  })

  it('starts counting batches anew with every session', async () => {
    const { shares } = await begun(database)
    const one = [shareDelta({ submitted: 1, valid: 1 })]
    await shares.recordBatch(historyBatch({ sequence: 7, shares: one }))
    await shares.endSession(NOW, 'stopped')
    expect(await shares.beginSession(NOW)).toMatchObject({ previousWasKilled: false, sharesLost: 1 })
    expect(await shares.recordBatch(historyBatch({ sequence: 1, shares: one }))).toBe(true)
    expect((await shares.sessions(2))[1]).toMatchObject({ endReason: 'stopped', endedAtMs: NOW })
  })

  it('does not take a batch outside a session', async () => {
    const { shares } = await openForTest(await database.fresh(), NOW)
    await expect(shares.recordBatch(historyBatch())).rejects.toThrow('before beginSession')
  })
})

describeOnBoth('the accounting identity', (database) => {
  interface Account {
    rigKey: string
    poolId: string
    counts: Record<(typeof COUNTS)[number], number>
  }
  const few = fc.nat({ max: 4 })
  const step = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('batch' as const),
        afterMs: fc.oneof(
          fc.integer({ min: -7_200_000, max: 7_200_000 }),
          fc.integer({ min: -3 * DAY, max: 5 * DAY }),
        ),
        isSentTwice: fc.boolean(),
        shares: fc.array(
          fc.record({
            rigKey: fc.constantFrom('r1', 'r2', 'r3'),
            poolId: fc.constantFrom('p1', 'p2'),
            fresh: fc.record({ valid: few, stale: few, duplicate: few, invalid: few, weak: few }),
            answers: fc.record({ acknowledged: few, rejected: few, lost: few }),
            workDifficulty: fc.double({ min: 0, max: 1e12, noNaN: true }),
            bestDifficulty: fc.double({ min: 0, max: 1e12, noNaN: true }),
          }),
          { maxLength: 5 },
        ),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'stop' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'kill' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'refused' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('pack' as const), keepMs: fc.nat({ max: 3 * DAY }) }),
    },
  )

  it('holds after any batches, stops, kills and packing at any moment, and every sum is what was sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        let location = await database.fresh()
        let { history } = await openHistory({ database: location, nowMs: NOW })
        let nowMs = NOW
        let firstMs = NOW
        let lastMs = NOW
        let sequence = 0
        let work = 0
        const accounts = new Map<string, Account>()
        await history.shares.beginSession(nowMs)

        for (const now of steps) {
          if (now.kind === 'batch') {
            nowMs += now.afterMs
            firstMs = Math.min(firstMs, nowMs)
            lastMs = Math.max(lastMs, nowMs)
            const shares = now.shares.map(
              ({ rigKey, poolId, fresh, answers, workDifficulty, bestDifficulty }) => {
                const key = `${rigKey} ${poolId}`
                const counts = accounts.get(key)?.counts ?? { ...shareDelta(), submitted: 0 }
                accounts.set(key, { rigKey, poolId, counts })
                let pending = counts.valid + fresh.valid - counts.acknowledged - counts.rejected - counts.lost
                const take = (wanted: number): number => {
                  const taken = Math.min(wanted, pending)
                  pending -= taken
                  return taken
                }
                const delta = shareDelta({
                  rigKey,
                  poolId,
                  ...fresh,
                  submitted: fresh.valid + fresh.stale + fresh.duplicate + fresh.invalid,
                  acknowledged: take(answers.acknowledged),
                  rejected: take(answers.rejected),
                  lost: take(answers.lost),
                  workDifficulty,
                  bestDifficulty,
                })
                for (const name of COUNTS) counts[name] += delta[name]
                work += workDifficulty
                return delta
              },
            )
            const batch = historyBatch({ sequence: ++sequence, atMs: nowMs, shares })
            expect(await history.shares.recordBatch(batch)).toBe(true)
            if (now.isSentTwice) expect(await history.shares.recordBatch(batch)).toBe(false)
          } else if (now.kind === 'refused') {
            const shares = [shareDelta({ submitted: 1, valid: 1, acknowledged: 2 })]
            const batch = historyBatch({ sequence: sequence + 1, shares })
            await expect(history.shares.recordBatch(batch)).rejects.toThrow()
          } else if (now.kind === 'pack') {
            await history.shares.pack(nowMs, now.keepMs)
          } else {
            if (now.kind === 'stop') {
              await history.shares.endSession(nowMs, 'stopped')
              await history.close()
            } else location = await afterKill(location, history)
            history = (await openHistory({ database: location, nowMs })).history
            let lost = 0
            for (const { counts } of accounts.values()) {
              const rest = counts.valid - counts.acknowledged - counts.rejected - counts.lost
              counts.lost += rest
              lost += rest
            }
            expect((await history.shares.beginSession(nowMs)).sharesLost).toBe(lost)
            sequence = 0
          }
          expect(await problems(history)).toEqual([])
        }

        for (const { rigKey, poolId, counts } of accounts.values()) {
          const totals = await history.shares.totals({ rigKey, poolId })
          for (const name of COUNTS) expect(totals[name]).toBe(counts[name])
        }
        const { workDifficulty, lost } = await history.shares.totals()
        expect(Math.abs(workDifficulty - work)).toBeLessThanOrEqual(work * 1e-9)
        for (const stepMs of [300_000, 3_600_000, 86_400_000] as const) {
          const cells = await history.shares.workCells({ fromMs: firstMs, toMs: lastMs + 1, stepMs })
          const sum = cells.reduce((total, cell) => total + cell.workDifficulty, 0)
          expect(Math.abs(sum - work)).toBeLessThanOrEqual(work * 1e-9)
          expect(cells.reduce((total, cell) => total + cell.lost, 0)).toBe(lost)
        }
        await history.close()
      }),
      { numRuns: database.kind === 'sqlite' ? 40 : 8 },
    )
  })

  it.each([
    'UPDATE share_minutes SET acknowledged = 2 WHERE rig = 0',
    'UPDATE share_minutes SET valid = 2, stale = 1 WHERE rig > 0',
    'UPDATE share_totals SET acknowledged = 0',
    'DELETE FROM share_hours WHERE rig > 0',
    'DELETE FROM share_days WHERE rig = 0',
    'UPDATE share_totals SET work_difficulty = 1',
    'UPDATE covered_minutes SET covered_ms = 1',
    'UPDATE rejections SET count = 2',
  ])('is seen to be broken after %s', async (change) => {
    const location = await database.fresh()
    const history = await openForTest(location, NOW)
    await history.shares.beginSession(NOW)
    const counts = { submitted: 3, valid: 3, acknowledged: 1, rejected: 1, rejectReasons: { late: 1 } }
    await history.shares.recordBatch(historyBatch({ shares: [shareDelta(counts)] }))
    expect((await history.shares.checkIdentity()).holds).toBe(true)
    expect(await changeBeside(location, change)).toBe(1)
    expect((await history.shares.checkIdentity()).holds).toBe(false)
    await expect(changeBeside(location, 'UPDATE share_totals SET acknowledged = 4')).rejects.toThrow(
      /check constraint/i,
    )
  })

  it('is seen to be broken when a packed day was changed or is gone', async () => {
    const location = await database.fresh()
    const history = await openForTest(location, NOW)
    await history.shares.beginSession(NOW)
    await history.shares.recordBatch(
      historyBatch({ shares: ['a', 'b'].map((rigKey) => shareDelta({ rigKey, submitted: 1, valid: 1 })) }),
    )
    await history.shares.pack(NOW + 30 * DAY)
    expect((await history.shares.checkIdentity()).holds).toBe(true)
    expect(await changeBeside(location, 'DELETE FROM share_blocks WHERE rig = 1')).toBe(1)
    expect((await history.shares.checkIdentity()).holds).toBe(false)
    const noise = location.kind === 'sqlite' ? "X'0102030405'" : "'\\x0102030405'"
    await changeBeside(location, `UPDATE share_blocks SET bytes = ${noise} WHERE rig = 2`)
    await expect(history.shares.checkIdentity()).rejects.toMatchObject({ code: 'history/corrupted' })
  })
})
