/**
 * What a Stratum V1 line keeps when its connection ends, in case the pool restores the session: the jobs that
 * rigs hash on, the shares without an answer, and those that rigs find meanwhile. Bounded in number and time.
 *
 * A session counts as restored when the pool gives the same extranonce1 and size, its first job builds on the
 * same block, and the names of our jobs still mean what they meant. Then every share is sent again, in order,
 * once, under its own job's name: first the unanswered ones, then the new ones.
 *
 * To a share that is sent again the pool may say "duplicate". It then has the first copy, and has judged it, but
 * we never heard how. That is no yes (an acknowledgement that nobody gave), and it is no refusal of the share
 * either (the no is to the second copy, and pools are judged by their refusals). What is true is that the answer
 * was lost, so the share is booked as lost, with that as the reason.
 */
import { equalBytes } from '../../base/index.ts'
import { type Job, type JobId, type Share } from '../../mining/index.ts'

/** How long a session may be away before nothing of it is kept. */
export const KEPT_FOR_MS = 2 * 60_000
/** Shares kept at most: several minutes of a large farm. Later ones are not taken. */
export const MAX_KEPT_SHARES = 10_000

/** What a session must give again to be the same. */
export interface SessionName {
  readonly sessionId: string
  readonly extranonce1: Uint8Array
  /** Bytes. */
  readonly extranonce2Size: number
}

export interface KeptShare<Token> {
  readonly share: Share
  readonly token: Token
  readonly rigName: string
  /** Whether the pool may have it already. */
  readonly wasSent: boolean
}

export class KeptShares<Token> {
  readonly session: SessionName
  /** Jobs whose shares are worth keeping. */
  readonly jobs: ReadonlyMap<JobId, Job>
  /** Monotonic milliseconds. */
  readonly untilMs: number
  readonly #shares: KeptShare<Token>[]

  /** @param unanswered in order of sending; what is above `MAX_KEPT_SHARES` stays with the caller */
  constructor(
    session: SessionName,
    jobs: ReadonlyMap<JobId, Job>,
    unanswered: readonly KeptShare<Token>[],
    untilMs: number,
  ) {
    this.session = session
    this.jobs = jobs
    this.untilMs = untilMs
    this.#shares = unanswered.slice(0, MAX_KEPT_SHARES)
  }

  get size(): number {
    return this.#shares.length
  }

  accepts(jobId: JobId): boolean {
    return this.#shares.length < MAX_KEPT_SHARES && this.jobs.has(jobId)
  }

  /** Takes a share that a rig found while there is no session. @returns false if it cannot be kept */
  submit(share: Share, token: Token, rigName: string): boolean {
    if (!this.accepts(share.jobId)) return false
    this.#shares.push({ share, token, rigName, wasSent: false })
    return true
  }

  /** In the order in which they are to be sent; afterwards none is left. */
  take(): KeptShare<Token>[] {
    return this.#shares.splice(0)
  }
}

/** What the first job of a new session says about the one before. */
export interface NewSession {
  readonly extranonce1: Uint8Array
  readonly extranonce2Size: number
  /** Version bits that shares may change now. */
  readonly versionMask: number
  readonly firstJob: Job
}

/** Why nothing of `kept` can be sent to a new session; null if it can. */
export function whyNotRestored<Token>(kept: KeptShares<Token>, now: NewSession): string | null {
  const { session, jobs } = kept
  if (now.extranonce2Size !== session.extranonce2Size || !equalBytes(now.extranonce1, session.extranonce1)) {
    return 'the pool gave another extranonce'
  }
  for (const job of jobs.values()) {
    if (!equalBytes(job.tip.prevHash, now.firstJob.tip.prevHash)) return 'there is a new block'
    if ((job.versionRollingMask & ~now.versionMask) !== 0) return 'the pool allows fewer version bits'
    if (job.upstreamJobId === now.firstJob.upstreamJobId && !isSameWork(job, now.firstJob)) {
      return 'the pool gives its jobs their names anew'
    }
  }
  return null
}

/** Whether one name stands for one job: what may change under it is the time only. */
function isSameWork(a: Job, b: Job): boolean {
  return (
    equalBytes(a.coinbasePrefix, b.coinbasePrefix) &&
    equalBytes(a.coinbaseSuffix, b.coinbaseSuffix) &&
    a.merklePath.length === b.merklePath.length &&
    a.merklePath.every((node, n) => equalBytes(node, b.merklePath[n]!))
  )
}
