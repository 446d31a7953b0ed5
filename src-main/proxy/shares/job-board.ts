/**
 * The jobs rigs may be hashing: every job that went out, under the name it went out with, until it can
 * earn nothing more. Rigs see our names, never the pool's.
 *
 * A name is a number: the issue times 256, plus the rig's own re-issue of it (a new difficulty sends the
 * same job again with a later ntime).
 */
import { toHex } from '../../base/index.ts'
import {
  clearRollableBits,
  difficultyOfTarget,
  type Job,
  type JobId,
  networkTarget,
  type ShareChecker,
  type Target,
} from '../../mining/index.ts'
import { formatJobNumber, NotifyTemplate } from '../../sv1/index.ts'
import { type FloodGate } from '../downstream/flood-gate.ts'
import { type LineId } from '../upstream/upstream.ts'
import { type StaleCause } from './stale-cause.ts'

export interface IssuedJob {
  /** Counts issues since the start. Names have room for the last 24 bits of it: see `jobNumberOf`. */
  readonly sequence: number
  readonly poolId: string
  /** Where its shares go. */
  readonly lineId: LineId
  /** Of that line. */
  readonly floodGate: FloodGate
  readonly job: Job
  /** Header time it went out with, unix seconds. */
  readonly ntime: number
  readonly cleanJobs: boolean
  /** On the monotonic clock: what has passed since counts in header times, and the wall clock may jump. */
  readonly issuedMonotonicMs: number
  /** Difficulty of the pool's share target: what each share it acknowledges is worth. */
  readonly poolDifficulty: number
  readonly networkTarget: Target
  /** Rendered once for all SV1 rigs. */
  readonly template: NotifyTemplate
  /** `mining.notify` lines by bytes of rig extranonce and clean flag; rigs of one layout share them. */
  readonly lines: Map<number, Uint8Array>
  /** Why shares of it are refused now; null while it can earn. */
  staleBecause: StaleCause | null
}

/** The line that a job came over. */
export interface JobLine {
  readonly id: LineId
  readonly poolId: string
  readonly floodGate: FloodGate
}

/** Issues remembered of a line: at one a minute four hours, so that a late share gets "stale" and not "unknown". */
const ISSUES_KEPT = 256
/** The same of all lines together, unless there are so many that each keeps its least. */
const ALL_ISSUES_KEPT = 4096
const LEAST_KEPT = 4
const SEQUENCE_SPAN = 0x1000000
export const MAX_REISSUE = 0xff

export interface JobName {
  readonly sequence: number
  readonly reissue: number
}

/**
 * The name as an unsigned 32-bit number. Names come round, after days where thousands of rigs have a line each, but
 * what they named first is forgotten long before; whatever is compared by age is compared by `sequence`.
 */
export function jobNumberOf(sequence: number, reissue: number): number {
  return (sequence % SEQUENCE_SPAN) * 0x100 + reissue
}

/** The name on the wire. */
export function formatJobName({ sequence, reissue }: JobName): string {
  return formatJobNumber(jobNumberOf(sequence, reissue))
}

/** Undoes `formatJobName` for a name already read as a number; undefined if it was none (below 0). */
export function jobNameOf(jobNumber: number): JobName | undefined {
  if (jobNumber < 0) return undefined
  return { sequence: Math.floor(jobNumber / 0x100), reissue: jobNumber % 0x100 }
}

export class JobBoard {
  readonly #checker: ShareChecker
  readonly #issues = new Map<number, IssuedJob>()
  /** Of each job and each line, oldest first. */
  readonly #byJob = new Map<JobId, IssuedJob[]>()
  readonly #byLine = new Map<LineId, IssuedJob[]>()
  #nextSequence: number

  /** @param firstSequence for tests: the count of the first issue */
  constructor(checker: ShareChecker, firstSequence = 1) {
    this.#checker = checker
    this.#nextSequence = firstSequence
  }

  /**
   * Gives a job a name of ours and makes it known to the checker. A job that was issued before goes out with a
   * later header time than ever, because rigs start their counters anew and would do the same work again.
   * @param monotonicMs now
   * @throws HeadframeError `checker/…` if no block could be made of the job
   */
  issue(job: Job, line: JobLine, cleanJobs: boolean, monotonicMs: number): IssuedJob {
    this.#checker.addJob(job)
    const ntime = this.#freshNtime(job, monotonicMs)
    const issued: IssuedJob = {
      sequence: this.#nextSequence++,
      poolId: line.poolId,
      lineId: line.id,
      floodGate: line.floodGate,
      job,
      ntime,
      cleanJobs,
      issuedMonotonicMs: monotonicMs,
      poolDifficulty: difficultyOfTarget(job.target),
      networkTarget: networkTarget(job.tip.nBits),
      template: renderNotify(job, ntime),
      lines: new Map(),
      staleBecause: null,
    }
    this.#issues.set(issued.sequence % SEQUENCE_SPAN, issued)
    append(this.#byJob, job.id, issued)
    this.#forgetOldest(append(this.#byLine, line.id, issued))
    return issued
  }

  /** @param sequence as a name has it */
  find(sequence: number): IssuedJob | undefined {
    return this.#issues.get(sequence % SEQUENCE_SPAN)
  }

  /** Shares of these jobs are refused from now on, with this reason. Unknown ids are ignored. */
  retire(jobIds: Iterable<JobId>, because: StaleCause): void {
    const retired = new Set(jobIds)
    // All of them first: the checker may hand back shares of a job when it is told to forget it.
    for (const jobId of retired) {
      for (const issued of this.#byJob.get(jobId) ?? []) issued.staleBecause ??= because
    }
    for (const jobId of retired) this.#checker.removeJob(jobId)
  }

  /** Retires everything that came over a line. */
  retireLine(lineId: LineId, because: StaleCause): void {
    this.retire(
      (this.#byLine.get(lineId) ?? []).map(({ job }) => job.id),
      because,
    )
  }

  /** Retires everything that came from a pool. */
  retirePool(poolId: string, because: StaleCause): void {
    for (const [lineId, [first]] of this.#byLine)
      if (first?.poolId === poolId) this.retireLine(lineId, because)
  }

  /**
   * The job's own time at first; then a second more than the time that has passed, since rigs may have been
   * given that by a re-issue.
   */
  #freshNtime(job: Job, monotonicMs: number): number {
    const latest = this.#byJob.get(job.id)?.at(-1)
    if (!latest) return job.ntime
    const elapsedS = Math.floor((monotonicMs - latest.issuedMonotonicMs) / 1000)
    return latest.ntime + elapsedS + 1
  }

  #forgetOldest(ofLine: IssuedJob[]): void {
    const kept = Math.max(LEAST_KEPT, Math.min(ISSUES_KEPT, Math.floor(ALL_ISSUES_KEPT / this.#byLine.size)))
    while (ofLine.length > kept) {
      const oldest = ofLine.shift()
      if (oldest) this.#forget(oldest)
    }
    if (this.#byLine.size <= ALL_ISSUES_KEPT) return
    // Lines come and go with their rigs, and leave stale jobs behind.
    for (const [lineId, issues] of this.#byLine) {
      if (issues.some(({ staleBecause }) => staleBecause === null)) continue
      for (const issued of issues) this.#forget(issued)
      this.#byLine.delete(lineId)
      if (this.#byLine.size <= ALL_ISSUES_KEPT) return
    }
  }

  #forget(issued: IssuedJob): void {
    const { id } = issued.job
    this.#issues.delete(issued.sequence % SEQUENCE_SPAN)
    const others = (this.#byJob.get(id) ?? []).filter((other) => other !== issued)
    if (others.length > 0) {
      this.#byJob.set(id, others)
      return
    }
    this.#byJob.delete(id)
    this.#checker.removeJob(id)
  }
}

function append<K>(lists: Map<K, IssuedJob[]>, key: K, issued: IssuedJob): IssuedJob[] {
  let list = lists.get(key)
  if (!list) lists.set(key, (list = []))
  list.push(issued)
  return list
}

/** The parts of `mining.notify` that all rigs share. */
export function renderNotify(job: Job, ntime: number): NotifyTemplate {
  return new NotifyTemplate({
    prevHash: job.tip.prevHash,
    coinb1: job.coinbasePrefix,
    coinb2: job.coinbaseSuffix,
    merkleBranches: job.merklePath,
    version: clearRollableBits(job.version, job.versionRollingMask),
    nBits: job.tip.nBits,
    ntime,
  })
}

/**
 * The `mining.notify` line of an issue for rigs whose extranonce1 and extranonce2 have `rigBytes` together:
 * the upstream's extranonce prefix and zero padding are folded into coinb1.
 */
export function notifyLine(issued: IssuedJob, rigBytes: number, cleanJobs: boolean): Uint8Array {
  const key = 2 * rigBytes + (cleanJobs ? 1 : 0)
  let line = issued.lines.get(key)
  if (!line) {
    const name = formatJobName({ sequence: issued.sequence, reissue: 0 })
    // A Buffer, because a socket would make one of any other array, for each rig anew.
    line = Buffer.from(issued.template.line(name, foldHex(issued.job, rigBytes), cleanJobs), 'latin1')
    issued.lines.set(key, line)
  }
  return line
}

/** The same job under another name and a later header time, for one rig. */
export function reissueLine(
  issued: IssuedJob,
  reissue: number,
  ntime: number,
  rigBytes: number,
  cleanJobs = false,
): string {
  const name = formatJobName({ sequence: issued.sequence, reissue })
  return renderNotify(issued.job, ntime).line(name, foldHex(issued.job, rigBytes), cleanJobs)
}

function foldHex({ extranonce }: Job, rigBytes: number): string {
  return toHex(extranonce.prefix) + '00'.repeat(extranonce.rollableSize - rigBytes)
}
