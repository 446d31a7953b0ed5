/**
 * A program to be killed: opens the history and records rounds as fast as it can, printing the number of each once it is
 * recorded. A round is a batch of shares and a sample of every rig, five minutes after the round before; now and then
 * samples are folded and minutes packed. Every round brings the same.
 *
 * Arguments: the location as JSON, the number of the first round.
 */
import { writeSync } from 'node:fs'
import { type HistoryLocation, openHistory } from '../../src-main/history/index.ts'
import { historyBatch, shareDelta } from './history-batches.ts'

/** Of each batch: 20 rigs with 3 shares, of which one stays without an answer. */
export const RIGS_PER_ROUND = 20
export const FIRST_MS = Date.UTC(2026, 10, 22)
export const ROUND_MS = 300_000
/** Of round n: as many shares as the rig says that were accepted since its sample before. */
export const ACCEPTED_PER_SAMPLE = 7
const DAY_MS = 86_400_000

export function roundAtMs(round: number): number {
  return FIRST_MS + round * ROUND_MS
}

async function write(database: HistoryLocation, firstRound: number): Promise<never> {
  const { history } = await openHistory({ database, nowMs: roundAtMs(firstRound) })
  await history.shares.beginSession(roundAtMs(firstRound))
  const rigs = Array.from({ length: RIGS_PER_ROUND }, (_, n) => `rig-${n}`)
  const shares = rigs.map((rigKey) =>
    shareDelta({ rigKey, submitted: 3, valid: 2, stale: 1, acknowledged: 1, workDifficulty: 512 }),
  )
  for (let round = firstRound; ; round++) {
    const atMs = roundAtMs(round)
    await history.shares.recordBatch(historyBatch({ sequence: round - firstRound + 1, atMs, shares }))
    await history.telemetry.record(
      rigs.map((key) => ({
        source: { kind: 'rig', key },
        atMs,
        values: { accepted_count: ACCEPTED_PER_SAMPLE, power_dw: 1000 + (round % 50) },
      })),
    )
    // Not through a stream: the line must be out before the next round begins.
    writeSync(1, `${round}\n`)
    if (round % 4 === 3) await history.telemetry.fold(atMs)
    if (round % 7 === 6) await history.shares.pack(atMs, DAY_MS / 2)
  }
}

if (process.argv[1] === import.meta.filename) {
  await write(JSON.parse(process.argv[2]!) as HistoryLocation, Number(process.argv[3]))
}
