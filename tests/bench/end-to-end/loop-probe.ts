/**
 * How long one turn of this thread's loop takes at most. Turns are told apart by a chain of immediates: each
 * turn runs every immediate that was asked for in the turn before, and one of them is ours.
 */
export interface LongestTurn {
  /** Processor time: what the turn itself took, without what others took from it. */
  readonly cpuMs: number
  readonly wallMs: number
  readonly turns: number
}

export interface ProbeProcedures extends Record<string, (argument: never) => unknown> {
  /** Begins to watch. Keeps the loop turning, so do not measure anything else meanwhile. */
  watch(argument: null): void
  /** Ends it. */
  longestTurn(argument: null): LongestTurn
  /** Collects this thread's garbage, if the process was started with `--expose-gc`. */
  collectGarbage(argument: null): void
}

let watching = false
let longest = { cpuMs: 0, wallMs: 0, turns: 0 }

const nobody = new Int32Array(new SharedArrayBuffer(4))
/** Long enough for the system to put the thread to sleep, and to book its time when it does. */
const NAP_MS = 0.05

/** Exact to a microsecond; of a thread that never sleeps, Linux books the time every 4 ms only. */
const cpuMs = (): number => {
  Atomics.wait(nobody, 0, 0, NAP_MS)
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function watch(): void {
  watching = true
  longest = { cpuMs: 0, wallMs: 0, turns: 0 }
  let lastCpuMs = cpuMs()
  let lastWallMs = performance.now()
  const turn = (): void => {
    const nowCpuMs = cpuMs()
    const nowWallMs = performance.now()
    longest.cpuMs = Math.max(longest.cpuMs, nowCpuMs - lastCpuMs)
    longest.wallMs = Math.max(longest.wallMs, nowWallMs - lastWallMs)
    longest.turns++
    lastCpuMs = nowCpuMs
    lastWallMs = nowWallMs
    if (watching) setImmediate(turn)
  }
  setImmediate(turn)
}

export const probeProcedures: ProbeProcedures = {
  watch,
  longestTurn() {
    watching = false
    return longest
  },
  collectGarbage() {
    globalThis.gc?.()
  },
}
