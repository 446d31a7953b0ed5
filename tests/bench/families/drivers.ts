/**
 * Twenty USB boards at 20 nonces a second each, in one thread: its processor time as a share of one core, and how late
 * chips get their next job. The chips are virtual, hash for real, and have a thread of their own, which is not counted.
 */
import { DriverBench, type DriverFigures } from '../drivers/driver-bench.ts'
import { type Amounts, type BenchFamily, type PreparedFamily } from '../family.ts'

const MEASURED_MS = 20_000
const QUICK_MS = 8_000
const LEAST_NONCES_PER_SECOND = 20 * 18
/** If even a thread that does nothing was so late, the machine was taken from all of us: measure again. */
const MAX_IDLE_THREAD_LATE_MS = 20
const ATTEMPTS = 3
const CANDIDATE = 'Headframe, 20 boards'

/** @throws Error if boards found less than they should: little work would then be no feat */
function requireWork(figures: DriverFigures): Amounts {
  if (figures.noncesPerSecond < LEAST_NONCES_PER_SECOND || figures.badNonces > 0) {
    throw new Error(`the boards did not do their work: ${JSON.stringify(figures)}`)
  }
  return { ...figures }
}

async function measure(bench: DriverBench, forMs: number): Promise<Amounts> {
  for (let attempt = 1; ; attempt++) {
    const figures = await bench.measure(forMs)
    if (figures.idleThreadLatestMs <= MAX_IDLE_THREAD_LATE_MS || attempt === ATTEMPTS)
      return requireWork(figures)
  }
}

async function prepare({ isQuick }: { readonly isQuick: boolean }): Promise<PreparedFamily> {
  const bench = await DriverBench.start()
  return {
    candidates: [{ name: CANDIDATE, measure: () => measure(bench, isQuick ? QUICK_MS : MEASURED_MS) }],
    // Each measurement checks itself.
    checkCorrectness: () => undefined,
    dispose: () => bench.stop(),
  }
}

const family: BenchFamily = {
  title: 'Driving 20 USB boards at 20 nonces a second each',
  goals: [
    {
      title: '20 boards, % of one core',
      candidate: CANDIDATE,
      reference: null,
      metric: 'percentOfCore',
      gate: { atMost: 10 },
    },
    {
      title: 'jobs more than 50 ms late, %',
      candidate: CANDIDATE,
      reference: null,
      metric: 'laterThan50Ms',
      gate: { atMost: 0 },
    },
    {
      title: 'jobs more than 5 ms late, %',
      candidate: CANDIDATE,
      reference: null,
      metric: 'laterThan5Ms',
      gate: null,
    },
  ],
  maxRepetitions: 3,
  prepare,
}

export default family
