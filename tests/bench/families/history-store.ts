/**
 * Storing a farm: 60 rigs, a sample each 5 s with 20 figures, written once a second as the app does it and folded once an
 * hour. The hours are simulated as fast as they go; their processor time is set against the time that they stand for. In
 * it: copying samples from thread to thread as messages are, all writing, all folding and forgetting. Not in it: polling.
 */
import { mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../../../src-main/history/database/open.ts'
import { HISTORY_FILE } from '../../../src-main/history/database/open-sqlite.ts'
import { type Sample } from '../../../src-main/history/telemetry/samples.ts'
import { DAY_MS, HOUR_MS } from '../../../src-main/history/telemetry/slots.ts'
import { TelemetryStore } from '../../../src-main/history/telemetry/store.ts'
import { type Amounts, type BenchFamily } from '../family.ts'
import { FIGURES, POLL_EVERY_MS, SampledRig } from '../history/farm-samples.ts'

const RIGS = 60
const SECONDS_OF_POLL = POLL_EVERY_MS / 1000
const START = Date.UTC(2026, 10, 22)
const CANDIDATE = `history, ${RIGS} rigs`

/** The samples of some hours by the second, made beforehand: making them is not measured. */
function seconds(hours: number): Sample[][] {
  const rigs = Array.from({ length: RIGS }, (_, i) => new SampledRig(i + 1))
  return Array.from({ length: (hours * HOUR_MS) / 1000 }, (_, second) =>
    rigs.flatMap((rig, i) => {
      if (i % SECONDS_OF_POLL !== second % SECONDS_OF_POLL) return []
      return [{ source: { kind: 'rig' as const, key: `rig-${i}` }, ...rig.sample(START + second * 1000) }]
    }),
  )
}

async function measure(batches: readonly (readonly Sample[])[]): Promise<Amounts> {
  const dataDir = mkdtempSync(join(realpathSync(tmpdir()), 'headframe-bench-'))
  const { db } = await openDatabase({ database: { kind: 'sqlite', dataDir }, nowMs: START })
  let longestStepMs = 0
  let stepAt = performance.now()
  const breathe = (): Promise<void> => {
    longestStepMs = Math.max(longestStepMs, performance.now() - stepAt)
    stepAt = performance.now()
    return Promise.resolve()
  }
  try {
    const store = new TelemetryStore(db, { breathe })
    const before = process.cpuUsage()
    let folding = 0
    let samples = 0
    for (const [second, batch] of batches.entries()) {
      const { recorded } = await store.record(structuredClone(batch))
      samples += recorded
      if ((second + 1) % 3600 !== 0) continue
      const foldBefore = process.cpuUsage()
      stepAt = performance.now()
      const nowMs = START + (second + 1) * 1000
      await store.fold(nowMs)
      await store.forgetRaw(nowMs - 14 * DAY_MS)
      folding += cpuMsSince(foldBefore)
    }
    const cpuMs = cpuMsSince(before)
    const simulatedMs = batches.length * 1000
    if (samples !== (RIGS * batches.length) / SECONDS_OF_POLL)
      throw new Error(`${samples} samples were recorded`)
    return {
      percentOfCore: (100 * cpuMs) / simulatedMs,
      foldCpuMsPerHour: (folding * HOUR_MS) / simulatedMs,
      longestFoldStepMs: longestStepMs,
      fileMb: statSync(join(dataDir, HISTORY_FILE)).size / 1e6,
    }
  } finally {
    await db.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const family: BenchFamily = {
  title: `Storing ${RIGS} rigs, a sample each 5 s of ${FIGURES} figures`,
  goals: [
    {
      title: 'storing and folding 60 rigs, % of one core',
      candidate: CANDIDATE,
      reference: null,
      metric: 'percentOfCore',
      gate: { atMost: 2 },
      stretch: 1,
    },
    {
      title: 'one step of folding, ms that the history thread is busy',
      candidate: CANDIDATE,
      reference: null,
      metric: 'longestFoldStepMs',
      gate: null,
    },
  ],
  maxRepetitions: 5,
  prepare: ({ isQuick }) => {
    const batches = seconds(isQuick ? 1 : 3)
    return {
      candidates: [{ name: CANDIDATE, startsAnew: true, measure: () => measure(batches) }],
      // Each measurement counts what it recorded.
      checkCorrectness: () => undefined,
    }
  },
}

export default family
