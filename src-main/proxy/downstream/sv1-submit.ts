/** What is checked of a `mining.submit` before it costs a hash. Pure. */
import {
  combineVersion,
  bitsOutsideMask,
  clearRollableBits,
  negotiateMask,
  rollableOf,
} from '../../mining/index.ts'
import { SV1_ERROR } from '../../sv1/index.ts'
import { checkWork, invalid, type RefusedShare, type ShareContext } from './share-check.ts'
import { type OfferedShare } from '../shares/share-desk.ts'

/** The fields of a submit, however it was parsed. */
export interface Submit {
  /** JSON text of the request id. */
  readonly id: string
  /** Our job number; below 0 if it is none of ours. */
  readonly jobNumber: number
  readonly extranonce2: Uint8Array
  readonly ntime: number
  readonly nonce: number
  readonly versionBits: number | null
}

export interface SubmitContext extends ShareContext {
  readonly subscribed: boolean
  readonly authorised: boolean
  /** Bits the rig asked to roll, whatever the pool of the moment allows; 0 if it never asked. */
  readonly requestedMask: number
  readonly nowMs: number
}

export type CheckedSubmit =
  { readonly ok: true; readonly share: Omit<OfferedShare, 'offerer' | 'reference'> } | RefusedShare

/** Checks session, job, extranonce, time and version bits, in that order. */
export function checkSubmit(submit: Submit, context: SubmitContext): CheckedSubmit {
  if (!context.subscribed) return invalid('not-subscribed')
  if (!context.authorised) return invalid('unauthorized')
  const { jobNumber, extranonce2, ntime, nonce } = submit
  const work = checkWork(jobNumber, extranonce2.length, ntime, context.nowMs, context)
  if (!work.ok) return work
  const { issued, pinned, grant } = work
  const { job } = issued
  const base = clearRollableBits(job.version, job.versionRollingMask)
  const mask = negotiateMask(context.requestedMask, job.versionRollingMask)
  const bits = submit.versionBits ?? 0
  const outside = bitsOutsideMask(bits, mask)
  // Some firmware sends the whole version it hashed, also if it never asked to roll.
  if (outside !== 0 && outside !== bitsOutsideMask(base, mask)) {
    return invalid(mask === 0 ? 'version-rolling-not-allowed' : 'invalid-non-rollable-version-bit', issued)
  }
  return {
    ok: true,
    share: {
      issued,
      pinned,
      rollable: rollableOf(job, grant.extranonce1, extranonce2),
      ntime,
      nonce,
      version: combineVersion(base, mask, bits),
    },
  }
}

const ERRORS: Readonly<Record<string, { code: number; message: string }>> = {
  'not-subscribed': { code: SV1_ERROR.notSubscribed, message: 'Not subscribed: send mining.subscribe first' },
  unauthorized: { code: SV1_ERROR.unauthorized, message: 'Unauthorized: send mining.authorize first' },
  'invalid-job-id': { code: SV1_ERROR.jobNotFound, message: 'Job not found' },
  'stale-share': { code: SV1_ERROR.jobNotFound, message: 'Stale share: the job is no longer current' },
  'duplicate-share': { code: SV1_ERROR.duplicateShare, message: 'Duplicate share' },
  'difficulty-too-low': { code: SV1_ERROR.lowDifficulty, message: 'Low difficulty share' },
  'bad-extranonce-size': {
    code: SV1_ERROR.other,
    message: 'Wrong extranonce2 length: use the size given at subscribe',
  },
  'invalid-ntime': { code: SV1_ERROR.other, message: 'ntime out of range: check the clock of the rig' },
  'malformed-share': { code: SV1_ERROR.other, message: 'Malformed share' },
  'version-rolling-not-allowed': { code: SV1_ERROR.other, message: 'Version rolling is not allowed now' },
  'invalid-non-rollable-version-bit': {
    code: SV1_ERROR.other,
    message: 'Version bits outside the negotiated mask',
  },
}

/** The conventional error for a refusal. */
export function sv1ErrorOf(reason: string): { code: number; message: string } {
  return ERRORS[reason] ?? { code: SV1_ERROR.jobNotFound, message: `Stale share: ${reason}` }
}
