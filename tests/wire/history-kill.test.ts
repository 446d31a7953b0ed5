import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { HISTORY_FILE, type HistoryLocation, openHistory } from '../../src-main/history/index.ts'
import { describeOnBoth } from '../support/both-databases.ts'
import { ACCEPTED_PER_SAMPLE, FIRST_MS, RIGS_PER_ROUND, roundAtMs } from '../support/history-writer.ts'

const writer = resolve(import.meta.dirname, '../support/history-writer.ts')
/** A server's own crash safety is not ours to prove; that ours is held beside it is, with fewer. */
const KILLS = { sqlite: 50, postgres: 20 } as const

/**
 * Runs the writer until it has reported `rounds` rounds, then kills it; returns the number behind the last one reported.
 * The delay makes the kill fall into the middle of something and not always right after a report.
 */
async function writeUntilKilled(
  database: HistoryLocation,
  firstRound: number,
  rounds: number,
  delayMs: number,
): Promise<number> {
  const child = spawn(process.execPath, [writer, JSON.stringify(database), String(firstRound)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let reported = firstRound
  for await (const line of createInterface({ input: child.stdout })) {
    reported = Number(line) + 1
    if (reported === firstRound + rounds) setTimeout(() => child.kill('SIGKILL'), delayMs)
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
  return reported
}

describeOnBoth('the history of a program killed with SIGKILL in the middle of writing', ({ kind, fresh }) => {
  const kills = KILLS[kind]
  it(`has, ${kills} times, every round that was reported, none in part, and its open shares become lost once`, async () => {
    const database = await fresh()
    let rounds = 0
    let lostBefore = 0
    for (let kill = 0; kill < kills; kill++) {
      const reported = await writeUntilKilled(database, rounds, 1 + ((kill * 7) % 23), (kill * 5) % 17)
      if (database.kind === 'sqlite') {
        const file = new Database(join(database.dataDir, HISTORY_FILE), { readonly: true })
        expect(file.pragma('quick_check', { simple: true })).toBe('ok')
        file.close()
      }
      const { history, notices } = await openHistory({ database, nowMs: roundAtMs(reported) })
      const { shares, telemetry } = history
      expect(notices).toEqual([])
      expect((await shares.checkIdentity()).problems).toEqual([])

      const before = await shares.totals()
      const recorded = before.submitted / (3 * RIGS_PER_ROUND)
      // The round that was being written may be there without having been reported; whole, or not at all.
      expect([reported, reported + 1]).toContain(recorded)
      expect(before.stale).toBe(recorded * RIGS_PER_ROUND)
      expect(before.acknowledged).toBe(recorded * RIGS_PER_ROUND)
      expect((await shares.totals({ rigKey: 'rig-7' })).submitted).toBe(recorded * 3)

      const { sources } = await telemetry.sums({
        metrics: ['accepted_count'],
        steps: { edges: [FIRST_MS, roundAtMs(reported + 2)] },
      })
      expect(sources).toHaveLength(RIGS_PER_ROUND)
      const counts = new Set(sources.map(({ sums }) => sums.accepted_count![0]!.count))
      const sampled = [...counts][0]!
      // The samples of a round are written together, behind its batch.
      expect(counts.size).toBe(1)
      expect(sampled === reported || (sampled === reported + 1 && recorded === sampled)).toBe(true)
      for (const { sums } of sources) {
        expect(sums.accepted_count![0]!.sum).toBe(sampled * ACCEPTED_PER_SAMPLE)
      }

      expect(await shares.beginSession(roundAtMs(recorded))).toMatchObject({
        previousWasKilled: true,
        sharesLost: (recorded - rounds) * RIGS_PER_ROUND,
      })
      const after = await shares.totals()
      expect(after).toMatchObject({ pending: 0, lost: lostBefore + (recorded - rounds) * RIGS_PER_ROUND })
      await shares.endSession(roundAtMs(recorded), 'stopped')
      await history.close()
      lostBefore = after.lost
      // Go on behind what is there: a sample at a moment that has one would be a duplicate.
      rounds = recorded
      if (sampled < recorded) await catchUp(database, sampled)
    }
    expect(rounds).toBeGreaterThanOrEqual(kills)
  }, 900_000)
})

/** Records the samples of a round whose batch was written and whose samples were not. */
async function catchUp(database: HistoryLocation, round: number): Promise<void> {
  const { history } = await openHistory({ database, nowMs: roundAtMs(round) })
  const samples = Array.from({ length: RIGS_PER_ROUND }, (_, n) => ({
    source: { kind: 'rig', key: `rig-${n}` } as const,
    atMs: roundAtMs(round),
    values: { accepted_count: ACCEPTED_PER_SAMPLE },
  }))
  expect((await history.telemetry.record(samples)).recorded).toBe(RIGS_PER_ROUND)
  await history.close()
}
