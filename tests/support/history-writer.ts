/**
 * A program to be killed: opens the history in the directory given as argument and records batches as fast
 * as it can, printing the number of each once it is recorded. Every batch is the same.
 */
import { writeSync } from 'node:fs'
import { openHistory } from '../../src-main/history/index.ts'
import { historyBatch, shareDelta } from './history-batches.ts'

/** Of each batch: 20 rigs with 3 shares, of which one stays without an answer. */
export const RIGS_PER_BATCH = 20

if (process.argv[1] === import.meta.filename) {
  const nowMs = Date.now()
  const { history } = openHistory({ dataDir: process.argv[2]!, nowMs })
  history.beginSession(nowMs)
  const shares = Array.from({ length: RIGS_PER_BATCH }, (_, n) =>
    shareDelta({
      rigKey: `rig-${n}`,
      submitted: 3,
      valid: 2,
      stale: 1,
      acknowledged: 1,
      workDifficulty: 512,
    }),
  )
  for (let sequence = 1; ; sequence++) {
    history.recordBatch(historyBatch({ sequence, atMs: nowMs + sequence * 1000, shares }))
    // Not through a stream: the line must be out before the next batch begins.
    writeSync(1, `${sequence}\n`)
  }
}
