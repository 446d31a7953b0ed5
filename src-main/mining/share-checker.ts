/**
 * What the proxy needs of a share checker. The implementation lives in `checker/`; the wiring in `app/`.
 * Interface only: it keeps the two folders from knowing each other.
 */
import { type BlockHash, type Job, type JobId } from './job.ts'

/**
 * Verdict of one offered share.
 * @param token the number given to `offer`
 * @param hash SHA256d of the rebuilt header, 32 bytes in header order; valid only during the call
 * @param duplicate whether the same header was offered before for this job
 */
export type OnHash = (token: number, hash: BlockHash, duplicate: boolean) => void

/**
 * Rebuilds and hashes shares in groups of four of one job. Verdicts are delivered by `flush`, or earlier
 * when a group is full; never inside `offer` of the same share's caller frame unless a group filled up.
 */
export interface ShareChecker {
  /** Makes a job known (prepares its coinbase midstate). Repeating it is harmless. */
  addJob(job: Job): void
  /** Forgets a job and the headers seen for it. Shares of it that wait are checked first. */
  removeJob(jobId: JobId): void
  /**
   * Queues a share. `rollable` is copied. The share's shape must have been checked (`rollable` length as the job says).
   * @returns false if the job is not known
   */
  offer(
    jobId: JobId,
    rollable: Uint8Array,
    ntime: number,
    nonce: number,
    version: number,
    token: number,
  ): boolean
  /** Checks whatever waits. The proxy calls it once per turn of the loop. */
  flush(): void
}

export type CreateShareChecker = (onHash: OnHash) => ShareChecker
