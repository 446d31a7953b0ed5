/** A small farm's history for tests of what is done with a whole one: shares, samples, folded hours, money, events. */
import { openHistory, type History, type HistoryLocation } from '../../src-main/history/index.ts'
import { historyBatch, shareDelta } from './history-batches.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
/** Midnight of a day in UTC. */
export const FARM_START = Date.UTC(2026, 10, 1)
export const FARM_DAY = FARM_START / DAY_MS

const RIGS = ['rig-a', 'rig-b'] as const

/** Opens the history and begins a session. */
export async function openedHistory(database: HistoryLocation, nowMs = FARM_START): Promise<History> {
  const { history } = await openHistory({ database, nowMs })
  await history.shares.beginSession(nowMs)
  return history
}

/** A batch with one share of each rig. @param n counts the batches of a session from 1 */
export async function recordBatch(history: History, n: number, atMs: number): Promise<void> {
  const shares = RIGS.map((rigKey) =>
    shareDelta({
      rigKey,
      submitted: 3,
      valid: 2,
      stale: 1,
      acknowledged: 2,
      workDifficulty: 1024,
      bestDifficulty: n,
    }),
  )
  await history.shares.recordBatch(historyBatch({ sequence: n, atMs, shares }))
}

/**
 * Records `days` whole days from `FARM_START`: a batch and a sample of each rig every `everyMs`, and what the ledger
 * keeps, and folds it.
 */
export async function recordDays(history: History, days: number, everyMs = 600_000): Promise<void> {
  const end = FARM_START + days * DAY_MS
  for (let atMs = FARM_START, n = 1; atMs < end; atMs += everyMs, n++) {
    await recordBatch(history, n, atMs)
    await history.telemetry.record(
      RIGS.map((key, rig) => ({
        source: { kind: 'rig' as const, key },
        atMs,
        values: {
          covered_ms: everyMs,
          energy_j: 1000 + (n % 7) + rig,
          hashrate_10khs: 120_000_000 + n,
          chip_max_dc: 600 + (n % 50),
          accepted_count: n % 3,
        },
      })),
    )
  }
  for (let day = 0; day < days; day++) {
    const atMs = FARM_START + day * DAY_MS
    await history.ledger.recordPrice('EUR', FARM_DAY + day, 8_000_000 + day, 'test', atMs)
    await history.ledger.recordFact({
      atMs,
      source: 'node',
      height: 900_000 + day,
      difficulty: 1e14,
      subsidySats: 312_500_000,
      feesSats: 1_000_000,
    })
    await history.ledger.recordPayout({
      kind: 'chain',
      reference: `${day}:0`,
      accountId: null,
      address: 'bcrt1qexample',
      sats: 1000 + day,
      atMs,
      height: 900_000 + day,
      note: null,
    })
    await history.ledger.recordEvents([
      { atMs, kind: 'rig-restarted', subjectKind: 'rig', subject: 'rig-a', text: '=1+1, a "rig" restarted' },
    ])
  }
  await history.telemetry.fold(end + 2 * HOUR_MS, 0)
}
