/** The shares of a Stratum V1 line that the pool has not answered, by request id, in order of sending. */
import { type Clock, equalBytes } from '../../base/index.ts'
import { type ExtranonceSpace, type Job, type JobId, type Share } from '../../mining/index.ts'
import { KEPT_FOR_MS, type KeptShare, KeptShares, MAX_KEPT_SHARES } from './kept-shares.ts'
import { type LineRemains } from './pool-session.ts'

/** Shares without an answer that are held; a pool that leaves so many has stopped answering. */
const MAX_UNANSWERED = 100_000

export interface SentShare<Token> {
  readonly share: Share
  readonly token: Token
  readonly rigName: string
  /** Monotonic milliseconds. */
  readonly sentMs: number
  /** Whether the pool may have got it on an earlier connection already. */
  readonly again: boolean
}

export class UnansweredShares<Token> {
  readonly #sent = new Map<number, SentShare<Token>>()

  get size(): number {
    return this.#sent.size
  }

  get oldestMs(): number | null {
    for (const { sentMs } of this.#sent.values()) return sentMs
    return null
  }

  /** @returns the oldest, if there was no room for another */
  add(requestId: number, sent: SentShare<Token>): SentShare<Token> | undefined {
    this.#sent.set(requestId, sent)
    if (this.#sent.size <= MAX_UNANSWERED) return undefined
    for (const [oldest, givenUp] of this.#sent) {
      this.#sent.delete(oldest)
      return givenUp
    }
    return undefined
  }

  /** @returns undefined if no share waits under that id */
  answer(requestId: number): SentShare<Token> | undefined {
    const sent = this.#sent.get(requestId)
    if (sent) this.#sent.delete(requestId)
    return sent
  }

  /**
   * What is left when the connection ends. Afterwards none waits here.
   * @param kept of the session before, if this one ended before its first job
   * @param sessionId under which the pool might restore this one; null if it named none
   * @param space of the latest job; null before the first
   * @param jobs that are open, the latest last
   */
  remains(
    kept: KeptShares<Token> | null,
    sessionId: string | null,
    space: ExtranonceSpace | null,
    jobs: ReadonlyMap<JobId, Job>,
    clock: Clock,
  ): LineRemains<Token> {
    const waiting = [...this.#sent.values()]
    this.#sent.clear()
    const tokens = (shares: readonly { readonly token: Token }[]): Token[] => shares.map(({ token }) => token)
    const latest = [...jobs.values()].at(-1)
    if (sessionId === null || space === null || !latest) return { lost: tokens(waiting), kept }
    const worth = new Map([...jobs].filter(([, job]) => isOfSession(job, latest)))
    const worthy: KeptShare<Token>[] = []
    const lost: Token[] = []
    for (const { share, token, rigName } of waiting) {
      if (worth.has(share.jobId) && worthy.length < MAX_KEPT_SHARES) {
        worthy.push({ share, token, rigName, wasSent: true })
      } else lost.push(token)
    }
    const session = { sessionId, extranonce1: space.prefix, extranonce2Size: space.rollableSize }
    return { lost, kept: new KeptShares(session, worth, worthy, clock.monotonicMs() + KEPT_FOR_MS) }
  }
}

/** Whether a job is of the same block and extranonce as the latest one. */
function isOfSession(job: Job, latest: Job): boolean {
  return (
    equalBytes(job.tip.prevHash, latest.tip.prevHash) &&
    equalBytes(job.extranonce.prefix, latest.extranonce.prefix) &&
    job.extranonce.rollableSize === latest.extranonce.rollableSize
  )
}
