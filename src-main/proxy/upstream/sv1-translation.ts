/** From Stratum V1 to the domain: a pool's notify as a job, its answer as an outcome. Pure. */
import { asBlockHash, type Job, type JobId, targetOfDifficulty } from '../../mining/index.ts'
import { SV1_ERROR, type Sv1Job, type Verdict } from '../../sv1/index.ts'
import { type ShareOutcome } from './upstream.ts'

export interface JobContext {
  readonly id: JobId
  /** Whether it is the first of its connection: rigs are to drop what they have. */
  readonly isFirst: boolean
  /** Version bits that this pool's configuration allows. */
  readonly versionRollingMask: number
  /** Epoch milliseconds. */
  readonly receivedAtMs: number
}

export function jobOf(received: Sv1Job, context: JobContext): Job {
  const { notify, difficulty, extranonce1, extranonce2Size, versionMask } = received
  return {
    id: context.id,
    upstreamJobId: notify.jobId,
    tip: { prevHash: asBlockHash(notify.prevHash), nBits: notify.nBits, minNtime: notify.ntime },
    version: notify.version,
    versionRollingMask: (versionMask & context.versionRollingMask) >>> 0,
    ntime: notify.ntime,
    coinbasePrefix: notify.coinb1,
    coinbaseSuffix: notify.coinb2,
    merklePath: notify.merkleBranches,
    extranonce: { prefix: extranonce1, rollableSize: extranonce2Size },
    target: targetOfDifficulty(difficulty),
    cleanJobs: notify.cleanJobs || context.isFirst,
    receivedAtMs: context.receivedAtMs,
  }
}

/** @param again whether the share was sent on an earlier connection already; see `kept-shares.ts` */
export function outcomeOf(verdict: Verdict, again: boolean): ShareOutcome {
  if (verdict.yes) return { kind: 'acknowledged' }
  const { code, message } = verdict.error
  if (again && (code === SV1_ERROR.duplicateShare || /duplicate/i.test(message))) {
    return { kind: 'lost', because: 'the pool had it, and its answer was lost' }
  }
  return { kind: 'rejected', reason: message || `error ${code}` }
}
