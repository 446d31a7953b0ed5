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

export interface IssuedJob {
  /** Counts issues; wraps at 2^24, long after the old ones are forgotten. */
  readonly sequence: number
  readonly poolId: string
  readonly job: Job
  /** Header time it went out with, unix seconds. */
  readonly ntime: number
  readonly cleanJobs: boolean
  /** Epoch milliseconds. */
  readonly issuedAtMs: number
  /** Difficulty of the pool's share target: what each share it acknowledges is worth. */
  readonly poolDifficulty: number
  readonly networkTarget: Target
  /** Rendered once for all SV1 rigs. */
  readonly template: NotifyTemplate
  /** `mining.notify` lines by bytes of rig extranonce and clean flag; rigs of one layout share them. */
  readonly lines: Map<number, Uint8Array>
  /** Why shares of it are refused now; null while it can earn. */
  staleBecause: string | null
}

/** Issues remembered: at one a minute four hours, so that a late share gets "stale" and not "unknown". */
const ISSUES_KEPT = 256
const SEQUENCE_SPAN = 0x1000000
export const MAX_REISSUE = 0xff

export interface JobName {
  readonly sequence: number
  readonly reissue: number
}

/** The name on the wire. */
export function formatJobName({ sequence, reissue }: JobName): string {
  return formatJobNumber(sequence * 0x100 + reissue)
}

/** Undoes `formatJobName` for a name already read as a number; undefined if it was none (below 0). */
export function jobNameOf(jobNumber: number): JobName | undefined {
  if (jobNumber < 0) return undefined
  return { sequence: Math.floor(jobNumber / 0x100), reissue: jobNumber % 0x100 }
}

export class JobBoard {
  readonly #checker: ShareChecker
  readonly #issues = new Map<number, IssuedJob>()
  #nextSequence = 1

  constructor(checker: ShareChecker) {
    this.#checker = checker
  }

  /**
   * Gives a job a name of ours and makes it known to the checker. A job that was issued before goes out with a
   * later header time than ever, because rigs start their counters anew and would do the same work again.
   * @param nowMs epoch milliseconds
   * @throws HeadframeError `checker/…` if no block could be made of the job
   */
  issue(job: Job, poolId: string, cleanJobs: boolean, nowMs: number): IssuedJob {
    this.#checker.addJob(job)
    const ntime = this.#freshNtime(job, nowMs)
    const issued: IssuedJob = {
      sequence: this.#nextSequence,
      poolId,
      job,
      ntime,
      cleanJobs,
      issuedAtMs: nowMs,
      poolDifficulty: difficultyOfTarget(job.target),
      networkTarget: networkTarget(job.tip.nBits),
      template: renderNotify(job, ntime),
      lines: new Map(),
      staleBecause: null,
    }
    this.#nextSequence = (this.#nextSequence + 1) % SEQUENCE_SPAN
    this.#issues.set(issued.sequence, issued)
    this.#forgetOldest()
    return issued
  }

  find(sequence: number): IssuedJob | undefined {
    return this.#issues.get(sequence)
  }

  /** Shares of these jobs are refused from now on, with this reason. Unknown ids are ignored. */
  retire(jobIds: Iterable<JobId>, because: string): void {
    const retired = new Set(jobIds)
    if (retired.size === 0) return
    for (const issued of this.#issues.values()) {
      if (retired.has(issued.job.id) && issued.staleBecause === null) issued.staleBecause = because
    }
    for (const jobId of retired) this.#checker.removeJob(jobId)
  }

  /** Retires everything that came from a pool. */
  retirePool(poolId: string, because: string): void {
    const ids = new Set<JobId>()
    for (const issued of this.#issues.values()) if (issued.poolId === poolId) ids.add(issued.job.id)
    this.retire(ids, because)
  }

  /**
   * The job's own time at first; then a second more than the time that has passed, since rigs may have been
   * given that by a re-issue.
   */
  #freshNtime(job: Job, nowMs: number): number {
    let latest: IssuedJob | undefined
    for (const issued of this.#issues.values()) if (issued.job.id === job.id) latest = issued
    if (!latest) return job.ntime
    const elapsedS = Math.floor(Math.max(0, nowMs - latest.issuedAtMs) / 1000)
    return latest.ntime + elapsedS + 1
  }

  #forgetOldest(): void {
    if (this.#issues.size <= ISSUES_KEPT) return
    const [oldest] = this.#issues.values()
    if (!oldest) return
    this.#issues.delete(oldest.sequence)
    for (const other of this.#issues.values()) if (other.job.id === oldest.job.id) return
    this.#checker.removeJob(oldest.job.id)
  }
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
export function reissueLine(issued: IssuedJob, reissue: number, ntime: number, rigBytes: number): string {
  const name = formatJobName({ sequence: issued.sequence, reissue })
  return renderNotify(issued.job, ntime).line(name, foldHex(issued.job, rigBytes), false)
}

function foldHex({ extranonce }: Job, rigBytes: number): string {
  return toHex(extranonce.prefix) + '00'.repeat(extranonce.rollableSize - rigBytes)
}
