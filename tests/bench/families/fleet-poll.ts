/**
 * Keeping a farm read: 300 practice rigs of all families in a process of their own, each polled every 10 s by the fleet in
 * another, which measures itself: its processor time as a share of one core, what it keeps of a rig, how late its event loop
 * is. What the rigs take is not in it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { hasProcessFigures, threadsCpuMs } from '../end-to-end/process-figures.ts'
import { type Amounts, type BenchFamily, type PreparedFamily } from '../family.ts'
import { type BenchedRig, type PollFigures } from '../fleet-poll/benched-rig.ts'

const RIGS = 300
const POLL_EVERY_S = 10
const WARM_UP_MS = 20_000
const MEASURED_MS = 60_000
const START_LIMIT_MS = 60_000
/** Of the polls that were due, at least; what jitter and the rounding of the window take. */
const MIN_POLLED_RATIO = 0.9
const CANDIDATE = 'Headframe, 300 rigs'
const folder = join(import.meta.dirname, '..', 'fleet-poll')

interface Farm {
  readonly child: ChildProcess
  readonly rigs: readonly BenchedRig[]
}

function start(script: string, args: readonly string[], flags: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, [...flags, join(folder, script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

/** The first line that a process prints, as JSON. @throws Error if it ends before, or takes longer */
function firstLine<T>(child: ChildProcess, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`nothing came within ${String(limitMs)} ms`)), limitMs)
    createInterface({ input: child.stdout! }).once('line', (line) => {
      clearTimeout(limit)
      resolve(JSON.parse(line) as T)
    })
    child.once('exit', (code, signal) =>
      reject(new Error(`it ended with ${signal ?? `code ${String(code)}`}`)),
    )
  })
}

async function startFarm(): Promise<Farm> {
  const child = start('rigs-process.ts', [String(RIGS)])
  try {
    return { child, rigs: await firstLine<BenchedRig[]>(child, START_LIMIT_MS) }
  } catch (error) {
    child.kill()
    throw error
  }
}

/** @throws Error if rigs were left out, or not read: cheap polls would then be no feat */
async function poll(rigs: readonly BenchedRig[], warmUpMs: number, measuredMs: number): Promise<PollFigures> {
  const child = start('poll-process.ts', [String(warmUpMs), String(measuredMs)], ['--expose-gc'])
  child.stdin!.end(`${JSON.stringify(rigs)}\n`)
  const figures = await firstLine<PollFigures>(child, warmUpMs + measuredMs + START_LIMIT_MS)
  const dueCount = (RIGS * figures.measuredMs) / (1000 * POLL_EVERY_S)
  if (figures.failedPolls > 0 || figures.liveRigs < RIGS || figures.polls < MIN_POLLED_RATIO * dueCount) {
    throw new Error(`not all rigs were read: ${JSON.stringify(figures)}`)
  }
  return figures
}

async function prepare(): Promise<PreparedFamily> {
  const { child, rigs } = await startFarm()
  let pollingCpuMs = 0
  const measure = async (): Promise<Amounts> => {
    const figures = await poll(rigs, WARM_UP_MS, MEASURED_MS)
    pollingCpuMs += figures.totalCpuMs
    return {
      percentOfCore: (100 * figures.cpuMs) / figures.measuredMs,
      cpuMsPerPoll: figures.cpuMs / figures.polls,
      residentKibPerRig: figures.residentKibPerRig,
      heldKibPerRig: figures.heldKibPerRig,
      loopDelayP50Ms: figures.loopDelayP50Ms,
      loopDelayP99Ms: figures.loopDelayP99Ms,
      loopDelayMaxMs: figures.loopDelayMaxMs,
    }
  }
  return {
    candidates: [{ name: CANDIDATE, startsAnew: true, measure }],
    // Each measurement checks itself.
    checkCorrectness: () => undefined,
    helpersCpuMs: () =>
      pollingCpuMs + (hasProcessFigures() && child.pid !== undefined ? threadsCpuMs(child.pid) : 0),
    dispose: () => void child.stdin?.end(),
  }
}

const family: BenchFamily = {
  title: `Polling ${String(RIGS)} rigs every ${String(POLL_EVERY_S)} s`,
  goals: [
    {
      title: 'polling 300 rigs every 10 s, % of one core',
      candidate: CANDIDATE,
      reference: null,
      metric: 'percentOfCore',
      gate: { atMost: 15 },
    },
    {
      title: 'its event loop, p99 delay in ms',
      candidate: CANDIDATE,
      reference: null,
      metric: 'loopDelayP99Ms',
      gate: null,
    },
    {
      title: 'kept of each rig, KiB',
      candidate: CANDIDATE,
      reference: null,
      metric: 'heldKibPerRig',
      gate: null,
    },
  ],
  maxRepetitions: 2,
  prepare,
}

export default family
