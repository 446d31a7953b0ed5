import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HISTORY_FILE, type History, openHistory, type ShareDelta } from '../../../src-main/history/index.ts'
import { historyBatch, shareDelta } from '../../support/history-batches.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const NOW = 1_790_000_000_000
const MINUTE = 60_000

function open(dataDir: string): History {
  const { history, notices } = openHistory({ dataDir, nowMs: NOW })
  expect(notices).toEqual([])
  onTestFinished(() => history.close())
  return history
}

function begun(): History {
  const history = open(temporaryDir())
  history.beginSession(NOW)
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

describe('recording batches', () => {
  it('adds up what each batch brings, by rig and by pool', () => {
    const history = begun()
    history.recordBatch(
      historyBatch({
        sequence: 1,
        shares: [
          shareDelta({ submitted: 5, valid: 3, stale: 1, invalid: 1, weak: 2, workDifficulty: 640 }),
          shareDelta({ rigKey: 'attic', submitted: 1, valid: 1, workDifficulty: 256, bestDifficulty: 300 }),
        ],
      }),
    )
    history.recordBatch(
      historyBatch({
        sequence: 2,
        shares: [shareDelta({ acknowledged: 1, rejected: 1, rejectReasons: { 'stale-share': 1 } })],
      }),
    )
    expect(history.totals()).toEqual({
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
    })
    expect(history.totals({ rigKey: 'attic' })).toMatchObject({ submitted: 1, valid: 1, pending: 1 })
    expect(history.totals({ rigKey: 'garage', poolId: 'pool-a' })).toMatchObject({ valid: 3, pending: 1 })
    expect(history.totals({ poolId: 'never-used' })).toMatchObject({ submitted: 0, workDifficulty: 0 })
    expect(history.rejectReasons()).toEqual([{ reason: 'stale-share', count: 1 }])
    expect(history.checkIdentity()).toMatchObject({ holds: true, problems: [] })
  })

  it('ignores a batch that is sent again', () => {
    const history = begun()
    const batch = historyBatch({ shares: [shareDelta({ submitted: 1, valid: 1 })] })
    expect(history.recordBatch(batch)).toBe(true)
    expect(history.recordBatch(batch)).toBe(false)
    expect(history.totals().submitted).toBe(1)
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
  ])('refuses %s, and records nothing of its batch', (_, fields) => {
    const history = begun()
    const sound = shareDelta({ rigKey: 'attic', submitted: 1, valid: 1 })
    const record = (): unknown => history.recordBatch(historyBatch({ shares: [sound, shareDelta(fields)] }))
    expect(record).toThrowError(expect.objectContaining({ code: 'history/accounting-mismatch' }))
    expect(history.totals().submitted).toBe(0)
    expect(history.rigs()).toEqual([])
    // The number of the refused batch is still free.
    expect(history.recordBatch(historyBatch({ shares: [sound] }))).toBe(true)
    expect(history.checkIdentity().problems).toEqual([])
    expect(history.totals().submitted).toBe(1)
  })

  it('keeps going when the clock is set back', () => {
    const history = begun()
    const shares = [shareDelta({ submitted: 1, valid: 1, acknowledged: 1 })]
    history.recordBatch(historyBatch({ sequence: 1, atMs: NOW, shares }))
    history.recordBatch(historyBatch({ sequence: 2, atMs: NOW - 90 * MINUTE, shares }))
    history.recordBatch(historyBatch({ sequence: 3, atMs: NOW, shares }))
    expect(history.totals().acknowledged).toBe(3)
    expect(history.checkIdentity().problems).toEqual([])
  })

  it('counts the rigs beyond its limit together, so that changing names cannot fill the disk', async () => {
    const { default: Database } = await import('better-sqlite3')
    const { HistoryStore } = await import('../../../src-main/history/store.ts')
    const { migrate } = await import('../../../src-main/history/migrations.ts')
    const path = join(temporaryDir(), HISTORY_FILE)
    const db = new Database(path)
    migrate(db, path, `${path}.copy`)
    const history = new HistoryStore(db, path, { rigs: 3 })
    history.beginSession(NOW)
    for (let sequence = 1; sequence <= 10; sequence++) {
      const rigKey = `rig-${sequence}`
      history.recordBatch(
        historyBatch({
          sequence,
          rigs: [{ rigKey, name: 'Some name', address: null, userAgent: null, seenAtMs: NOW }],
          shares: [shareDelta({ rigKey, submitted: 1, valid: 1 })],
        }),
      )
    }
    expect(
      history
        .rigs()
        .map((rig) => rig.rigKey)
        .sort(),
    ).toEqual(['other rigs', 'rig-1', 'rig-2', 'rig-3'])
    expect(history.totals({ rigKey: 'other rigs' }).valid).toBe(7)
    expect(history.rigs().find((rig) => rig.rigKey === 'other rigs')?.name).toBe('other rigs')
    expect(history.checkIdentity().problems).toEqual([])
    history.close()
  })

  it('puts the 257th reason of a talkative pool under "other"', () => {
    const history = begun()
    const rejectReasons = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`reason ${n}`, 1]))
    history.recordBatch(
      historyBatch({ shares: [shareDelta({ submitted: 300, valid: 300, rejected: 300, rejectReasons })] }),
    )
    const reasons = history.rejectReasons()
    expect(reasons).toHaveLength(257)
    expect(reasons[0]).toEqual({ reason: 'other', count: 44 })
  })
})

describe('sessions', () => {
  it('turns shares without an answer into lost ones after a kill, once', () => {
    const dataDir = temporaryDir()
    const first = open(dataDir)
    expect(first.beginSession(NOW)).toMatchObject({ sharesLost: 0, previousWasKilled: false })
    first.recordBatch(
      historyBatch({
        atMs: NOW + MINUTE,
        shares: [
          shareDelta({ submitted: 4, valid: 4, acknowledged: 1 }),
          shareDelta({ rigKey: 'attic', poolId: 'pool-b', submitted: 2, valid: 2 }),
        ],
      }),
    )

    const second = open(afterKill(dataDir))
    expect(second.beginSession(NOW + 10 * MINUTE)).toMatchObject({ sharesLost: 5, previousWasKilled: true })
    expect(second.totals()).toMatchObject({ valid: 6, acknowledged: 1, lost: 5, pending: 0 })
    expect(second.totals({ rigKey: 'attic', poolId: 'pool-b' })).toMatchObject({ lost: 2 })
    expect(second.sessions(5)).toEqual([
      { id: 2, startedAtMs: NOW + 10 * MINUTE, endedAtMs: null, endReason: null },
      { id: 1, startedAtMs: NOW, endedAtMs: NOW + MINUTE, endReason: 'killed' },
    ])
    expect(second.checkIdentity().problems).toEqual([])
    expect(second.beginSession(NOW + 20 * MINUTE).sharesLost).toBe(0)
  })

  it('starts counting batches anew with every session', () => {
    const history = begun()
    const shares = [shareDelta({ submitted: 1, valid: 1 })]
    history.recordBatch(historyBatch({ sequence: 7, shares }))
    history.endSession(NOW, 'stopped')
    expect(history.beginSession(NOW)).toMatchObject({ previousWasKilled: false, sharesLost: 1 })
    expect(history.recordBatch(historyBatch({ sequence: 1, shares }))).toBe(true)
    expect(history.sessions(2)[1]).toMatchObject({ endReason: 'stopped', endedAtMs: NOW })
  })

  it('does not take a batch outside a session', () => {
    const history = open(temporaryDir())
    expect(() => history.recordBatch(historyBatch())).toThrow('before beginSession')
  })
})

describe('the accounting identity', () => {
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
        afterMs: fc.integer({ min: -7_200_000, max: 7_200_000 }),
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
  )

  it('holds after any sequence of batches, stops and kills, and every sum is what was sent', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        let dataDir = temporaryDir()
        let { history } = openHistory({ dataDir, nowMs: NOW })
        let nowMs = NOW
        let sequence = 0
        let work = 0
        const accounts = new Map<string, Account>()
        history.beginSession(nowMs)

        for (const now of steps) {
          if (now.kind === 'batch') {
            nowMs += now.afterMs
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
            expect(history.recordBatch(batch)).toBe(true)
            if (now.isSentTwice) expect(history.recordBatch(batch)).toBe(false)
          } else if (now.kind === 'refused') {
            const shares = [shareDelta({ submitted: 1, valid: 1, acknowledged: 2 })]
            expect(() => history.recordBatch(historyBatch({ sequence: sequence + 1, shares }))).toThrow()
          } else {
            if (now.kind === 'stop') history.endSession(nowMs, 'stopped')
            else dataDir = afterKill(dataDir)
            history.close()
            history = openHistory({ dataDir, nowMs }).history
            let lost = 0
            for (const { counts } of accounts.values()) {
              const rest = counts.valid - counts.acknowledged - counts.rejected - counts.lost
              counts.lost += rest
              lost += rest
            }
            expect(history.beginSession(nowMs).sharesLost).toBe(lost)
            sequence = 0
          }
          expect(history.checkIdentity().problems).toEqual([])
        }

        for (const { rigKey, poolId, counts } of accounts.values()) {
          const totals = history.totals({ rigKey, poolId })
          for (const name of COUNTS) expect(totals[name]).toBe(counts[name])
        }
        const { workDifficulty } = history.totals()
        expect(Math.abs(workDifficulty - work)).toBeLessThanOrEqual(work * 1e-9)
        history.close()
      }),
      { numRuns: 40 },
    )
  })

  it.each([
    'UPDATE share_minutes SET acknowledged = 2 WHERE rig = 0',
    'UPDATE share_minutes SET valid = 2, stale = 1 WHERE rig > 0',
    'UPDATE share_totals SET acknowledged = 0',
    'DELETE FROM share_hours WHERE rig > 0',
    'UPDATE share_totals SET work_difficulty = 1',
    'UPDATE covered_minutes SET covered_ms = 1',
    'UPDATE rejections SET count = 2',
  ])('is seen to be broken after %s', async (change) => {
    const { default: Database } = await import('better-sqlite3')
    const dataDir = temporaryDir()
    const history = open(dataDir)
    history.beginSession(NOW)
    const counts = { submitted: 3, valid: 3, acknowledged: 1, rejected: 1, rejectReasons: { late: 1 } }
    history.recordBatch(historyBatch({ shares: [shareDelta(counts)] }))
    expect(history.checkIdentity().holds).toBe(true)
    const db = new Database(join(dataDir, HISTORY_FILE))
    expect(db.prepare(change).run().changes).toBe(1)
    expect(history.checkIdentity().holds).toBe(false)
    expect(() => db.exec('UPDATE share_totals SET acknowledged = 4')).toThrow('CHECK constraint failed')
    db.close()
  })
})

/** What a kill leaves behind: the file and its journal as they are now, seen from a new process. */
function afterKill(dataDir: string): string {
  const next = temporaryDir()
  for (const suffix of ['', '-wal']) {
    const from = join(dataDir, HISTORY_FILE + suffix)
    if (existsSync(from)) cpSync(from, join(next, HISTORY_FILE + suffix))
  }
  return next
}
