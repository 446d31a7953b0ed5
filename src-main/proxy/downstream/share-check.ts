/** What is checked of every share before it costs a hash, whatever protocol brought it. Pure. */
import { checkNtime } from '../../mining/index.ts'
import { type ExtranonceGrant } from './downstream.ts'
import { type IssuedJob, jobNameOf } from '../shares/job-board.ts'
import { type PinnedDifficulty } from './pinned-difficulty.ts'
import { type Rig } from './rig.ts'
import { type ShareRefusal } from '../shares/share-desk.ts'
import { staleRefusal } from '../shares/stale-cause.ts'

/** What is known of the session or channel that a share came over. */
export interface ShareContext<Grant extends ExtranonceGrant = ExtranonceGrant> {
  /** First issue it was sent. */
  readonly firstSequence: number
  readonly rig: Pick<Rig, 'steps'>
  /** @param sequence as a name has it */
  findIssue(sequence: number): IssuedJob | undefined
  extranonceAt(sequence: number): Grant | undefined
}

/** The job of a share, and what it is held to. */
export interface SharedWork<Grant> {
  readonly ok: true
  readonly issued: IssuedJob
  readonly pinned: PinnedDifficulty
  readonly grant: Grant
}

export interface RefusedShare {
  readonly ok: false
  readonly refusal: ShareRefusal
  /** Undefined if no job of ours was named. */
  readonly issued: IssuedJob | undefined
}

/**
 * Checks job, extranonce and time, in that order.
 * @param jobNumber as the rig was given it; below 0 for none of ours
 * @param extranonceSize bytes of the rollable extranonce; null where there is none to send
 * @param ntime unix seconds
 * @param nowMs epoch milliseconds
 */
export function checkWork<Grant extends ExtranonceGrant>(
  jobNumber: number,
  extranonceSize: number | null,
  ntime: number,
  nowMs: number,
  context: ShareContext<Grant>,
): SharedWork<Grant> | RefusedShare {
  const name = jobNameOf(jobNumber)
  const issued = name && context.findIssue(name.sequence)
  if (!name || !issued || issued.sequence < context.firstSequence) return invalid('invalid-job-id')
  if (issued.staleBecause !== null) {
    return { ok: false, refusal: staleRefusal(issued.staleBecause), issued }
  }
  const grant = context.extranonceAt(issued.sequence)
  const pinned = context.rig.steps.at(issued.sequence, name.reissue)
  if (!grant || !pinned) return invalid('invalid-job-id', issued)
  if (extranonceSize !== null && extranonceSize !== grant.layout.extranonce2Size) {
    return invalid('bad-extranonce-size', issued)
  }
  if (!checkNtime(issued.job, ntime, nowMs)) return invalid('invalid-ntime', issued)
  return { ok: true, issued, pinned, grant }
}

/** A share that is refused for this reason. */
export function invalid(reason: string, issued?: IssuedJob): RefusedShare {
  return { ok: false, refusal: { kind: 'invalid', reason }, issued }
}
