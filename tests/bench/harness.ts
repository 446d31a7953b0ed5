/**
 * Measures one prepared family: correctness first, then each candidate calibrated to slices of about 130 ms,
 * warmed up, and repeated in rotated order with garbage collected before each slice. Throughput is per
 * second of CPU time, which survives a noisy machine; wall time does not.
 */
import { cpus } from 'node:os'
import {
  type Amounts,
  type BenchCandidate,
  type BenchFamily,
  type PreparedFamily,
  type ThroughputCandidate,
} from './family.ts'
import { type CandidateMeasurement, type FamilyMeasurement } from './judgement.ts'

/** Slices of 120 to 150 ms: long against the clock's grain, short against the machine's moods. */
const SLICE_MS = 135
const CALIBRATION_MS = 40

interface Slice {
  readonly name: string
  readonly startsAnew: boolean
  /** One repetition. */
  measure(): Promise<Amounts>
}

export async function measureFamily(
  name: string,
  family: BenchFamily,
  repetitions: number,
  isQuick = false,
): Promise<FamilyMeasurement> {
  const prepared = await family.prepare({ isQuick })
  const count = Math.min(repetitions, family.maxRepetitions ?? repetitions)
  try {
    await prepared.checkCorrectness()
    const slices = prepared.candidates.flatMap((candidate) => sliceOf(candidate))
    const values = new Map<string, Record<string, number[]>>(slices.map((slice) => [slice.name, {}]))
    for (const slice of slices) if (!slice.startsAnew) await slice.measure()

    const before = processorTimes(prepared)
    for (let repetition = 0; repetition < count; repetition++) {
      for (let turn = 0; turn < slices.length; turn++) {
        const slice = slices[(turn + repetition) % slices.length]!
        collectGarbage()
        const metrics = values.get(slice.name)!
        for (const [metric, value] of Object.entries(await slice.measure())) {
          metrics[metric] ??= []
          metrics[metric].push(value)
        }
      }
    }
    return {
      name,
      title: family.title,
      goals: family.goals,
      candidates: prepared.candidates.map((candidate): CandidateMeasurement => ({
        name: candidate.name,
        unavailable: 'unavailable' in candidate ? candidate.unavailable : null,
        values: values.get(candidate.name) ?? {},
      })),
      otherCores: otherCoresSince(before, prepared),
      pictures: prepared.pictures?.() ?? [],
    }
  } finally {
    await prepared.dispose?.()
  }
}

function sliceOf(candidate: BenchCandidate): Slice[] {
  if ('unavailable' in candidate) return []
  if ('measure' in candidate) {
    const { name, startsAnew = false } = candidate
    return [{ name, startsAnew, measure: () => candidate.measure() }]
  }
  const calls = calibrate(candidate)
  const measure = (): Promise<Amounts> => Promise.resolve(measureThroughput(candidate, calls))
  return [{ name: candidate.name, startsAnew: false, measure }]
}

/** How many calls fill a slice. The doubling warms the code up as well. */
function calibrate(candidate: ThroughputCandidate): number {
  for (let calls = 1; ; calls *= 2) {
    const startedAt = performance.now()
    for (let i = 0; i < calls; i++) candidate.run()
    const tookMs = performance.now() - startedAt
    if (tookMs >= CALIBRATION_MS) return Math.max(1, Math.round((calls * SLICE_MS) / tookMs))
  }
}

function measureThroughput(candidate: ThroughputCandidate, calls: number): Amounts {
  const before = process.cpuUsage()
  for (let i = 0; i < calls; i++) candidate.run()
  const used = process.cpuUsage(before)
  const seconds = (used.user + used.system) / 1e6
  return Object.fromEntries(
    Object.entries(candidate.work).map(([unit, amount]) => [unit, (amount * calls) / seconds]),
  )
}

function collectGarbage(): void {
  if (!globalThis.gc) throw new Error('the measuring process needs --expose-gc; start it with run.ts')
  globalThis.gc()
}

interface ProcessorTimes {
  readonly atMs: number
  /** Of all processors, and of this process with its helpers. */
  readonly busyMs: number
  readonly ownMs: number
}

function processorTimes(prepared: PreparedFamily): ProcessorTimes {
  const own = process.cpuUsage()
  const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
  const ownMs = (own.user + own.system) / 1000 + (prepared.helpersCpuMs?.() ?? 0)
  return { atMs: performance.now(), busyMs, ownMs }
}

function otherCoresSince(before: ProcessorTimes, prepared: PreparedFamily): number {
  const now = processorTimes(prepared)
  const otherMs = now.busyMs - before.busyMs - (now.ownMs - before.ownMs)
  return Math.max(0, otherMs / (now.atMs - before.atMs))
}
