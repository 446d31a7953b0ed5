import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { openHistory } from '../../src-main/history/index.ts'
import { RIGS_PER_BATCH } from '../support/history-writer.ts'
import { temporaryDir } from '../support/temporary-dir.ts'

const writer = resolve(import.meta.dirname, '../support/history-writer.ts')

/**
 * Runs the writer until it has reported `batches` batches, then kills it; returns the last one reported.
 * The delay makes the kill fall into the middle of a batch and not always right after a report.
 */
async function writeUntilKilled(dataDir: string, batches: number, delayMs: number): Promise<number> {
  const child = spawn(process.execPath, [writer, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let reported = 0
  for await (const line of createInterface({ input: child.stdout })) {
    reported = Number(line)
    if (reported === batches) setTimeout(() => child.kill('SIGKILL'), delayMs)
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
  return reported
}

describe('the history of a program killed with SIGKILL', () => {
  it('has every batch that was reported, none in part, and its open shares become lost once', async () => {
    const dataDir = temporaryDir()
    let recordedBefore = 0
    let lostBefore = 0
    for (const [delayMs, batches] of [1, 7, 30, 3, 5, 2, 11, 111].entries()) {
      const reported = await writeUntilKilled(dataDir, batches, delayMs)
      const { history, notices } = openHistory({ dataDir, nowMs: Date.now() })
      expect(notices).toEqual([])
      expect(history.checkIdentity().problems).toEqual([])

      const before = history.totals()
      const recorded = before.submitted / (3 * RIGS_PER_BATCH) - recordedBefore
      // The last batch may have been committed without having been reported.
      expect(Number.isInteger(recorded)).toBe(true)
      expect(recorded).toBeGreaterThanOrEqual(reported)
      expect(before.stale).toBe((recordedBefore + recorded) * RIGS_PER_BATCH)
      expect(before.acknowledged).toBe((recordedBefore + recorded) * RIGS_PER_BATCH)
      for (let rig = 0; rig < RIGS_PER_BATCH; rig++) {
        expect(history.totals({ rigKey: `rig-${rig}` }).submitted).toBe((recordedBefore + recorded) * 3)
      }

      expect(history.beginSession(Date.now())).toMatchObject({
        previousWasKilled: true,
        sharesLost: recorded * RIGS_PER_BATCH,
      })
      const after = history.totals()
      expect(after).toMatchObject({ pending: 0, lost: lostBefore + recorded * RIGS_PER_BATCH })
      expect(history.checkIdentity().problems).toEqual([])
      history.endSession(Date.now(), 'stopped')
      history.close()
      recordedBefore += recorded
      lostBefore = after.lost
    }
    expect(recordedBefore).toBeGreaterThanOrEqual(170)
  })
})
