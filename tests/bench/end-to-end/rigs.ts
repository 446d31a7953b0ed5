/**
 * Very many rigs in a process of their own. In C where it can be compiled; the same in TypeScript elsewhere,
 * which is slower and shows in the name of what was measured.
 */
import { join } from 'node:path'
import { nativeProgram } from './native.ts'
import { type LineProcess, startLineProcess } from './processes.ts'

export interface ShareTally {
  readonly sent: number
  /** Answered with true. */
  readonly accepted: number
  readonly refused: number
  /** Not answered within ten seconds. */
  readonly unanswered: number
  /** Answers to nothing that was asked. */
  readonly unasked: number
  readonly wallMs: number
  /** Processor time of the rigs' process. */
  readonly cpuMs: number
}

/** From the moment a share was due, whenever it was really sent: stalls are not hidden. */
export interface ShareLatency {
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
  /** The most by which the rigs' process itself was late. */
  readonly sentLateMs: number
  /** When the first share was due, on the clock of `process.hrtime`, nanoseconds. */
  readonly startNs: number
  /** Where in its nonces each rig began; see `dueNs`. */
  readonly firstNonce: number
}

/** Nonces that belong to one rig: no two rigs ever send the same. */
const NONCES_PER_RIG = 2 ** 18

/**
 * When a share of an open loop was due, told by its nonce: rigs take turns.
 * @returns on the clock of `process.hrtime`, nanoseconds; null if it is no share of this loop
 */
export function dueNs(
  loop: ShareTally & ShareLatency,
  nonce: number,
  rigs: number,
  sharesPerSecond: number,
): number | null {
  const turn = (nonce % NONCES_PER_RIG) - loop.firstNonce
  const share = turn * rigs + Math.floor(nonce / NONCES_PER_RIG)
  if (turn < 0 || share >= loop.sent) return null
  return loop.startNs + (share * 1e9) / sharesPerSecond
}

export interface JobArrival {
  /** Rigs that got it. */
  readonly notified: number
  /** On the clock of `process.hrtime`, nanoseconds. */
  readonly firstNs: number
  readonly lastNs: number
}

export class RigFarm {
  /** Whether the rigs are written in C. */
  readonly native: boolean
  readonly #process: LineProcess

  constructor() {
    const program = nativeProgram('rigs')
    this.native = program !== null
    this.#process =
      program === null
        ? startLineProcess(process.execPath, [join(import.meta.dirname, 'rigs-process.ts')], 'other')
        : startLineProcess(program, [], 'other')
  }

  /** Connects, subscribes and authorises; done when each rig has a job. */
  connect(port: number, count: number): Promise<{ readonly tookMs: number }> {
    return this.#process.ask(`connect 127.0.0.1 ${port} ${count}`)
  }

  /** Each rig sends `lines` shares in one write, and again as soon as they are answered. */
  closedLoop(durationMs: number, lines: number): Promise<ShareTally> {
    return this.#process.ask(`closed ${durationMs} ${lines}`)
  }

  /** Each rig sends so many shares, one after the other. */
  each(shares: number): Promise<ShareTally> {
    return this.#process.ask(`each ${shares}`)
  }

  /** Shares leave on schedule, rig after rig, whatever is answered. */
  openLoop(sharesPerSecond: number, durationMs: number): Promise<ShareTally & ShareLatency> {
    return this.#process.ask(`open ${sharesPerSecond} ${durationMs}`)
  }

  /** The last share of the first rig once more. */
  repeatShare(): Promise<ShareTally> {
    return this.#process.ask('repeat')
  }

  /** From now on jobs are counted, for `jobArrival`. */
  async expectJob(): Promise<void> {
    await this.#process.ask('expect-job')
  }

  /** Waits until as many jobs came as there are rigs, at most ten seconds. */
  jobArrival(): Promise<JobArrival> {
    return this.#process.ask('await-job')
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}
