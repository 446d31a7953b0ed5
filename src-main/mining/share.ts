/**
 * The judgement of a share: shape first, then, with its hash, one of two verdicts. Pure; who is told and what
 * is counted is the proxy's affair. Reasons are spelled as SubmitShares.Error codes (reference 3, "Error codes").
 */
import { difficultyOfHash, difficultyOfTarget } from './difficulty.ts'
import { networkTarget } from './compact.ts'
import { type BlockHash, type Job, type Target } from './job.ts'
import { meetsTarget } from './target.ts'
import { forbiddenVersionChange } from './version-rolling.ts'

export type RejectionReason =
  | 'stale-share'
  | 'duplicate-share'
  | 'difficulty-too-low'
  | 'bad-extranonce-size'
  | 'version-rolling-not-allowed'
  | 'invalid-non-rollable-version-bit'
  /** Header time out of range, or a field that is no unsigned 32-bit number. */
  | 'invalid-share'

export type Verdict =
  | {
      readonly kind: 'valid'
      /** What the share is worth: the difficulty it was held to. */
      readonly difficulty: number
      /** What its hash would have satisfied, for best-share displays. */
      readonly hashDifficulty: number
      /** Whether it goes on to the pool; without, it only counts here. */
      readonly meetsUpstream: boolean
      /** Whether it meets the network's target. */
      readonly block: boolean
    }
  | { readonly kind: 'rejected'; readonly reason: RejectionReason }

/** What the shares of a job from one rig are held to; fixed when the job is sent, whatever changes later. */
export interface ShareTargets {
  readonly downstream: Target
  readonly downstreamDifficulty: number
  readonly upstream: Target
  readonly upstreamDifficulty: number
  readonly network: Target
}

/**
 * @param downstream what the rig was told with the job
 * @param downstreamDifficulty the number it was told, where it was told a number
 */
export function pinTargets(
  job: Job,
  downstream: Target,
  downstreamDifficulty: number = difficultyOfTarget(downstream),
): ShareTargets {
  return {
    downstream,
    downstreamDifficulty,
    upstream: job.target,
    upstreamDifficulty: difficultyOfTarget(job.target),
    network: networkTarget(job.tip.nBits),
  }
}

const REJECTED = {
  stale: { kind: 'rejected', reason: 'stale-share' },
  duplicate: { kind: 'rejected', reason: 'duplicate-share' },
  tooLow: { kind: 'rejected', reason: 'difficulty-too-low' },
} as const satisfies Record<string, Verdict>

/**
 * Judges a share whose shape was checked. Equal to a target counts as met.
 *
 * A hash that its pool or the network would take is valid even if the rig was asked for more (a share on the
 * old difficulty just after a change): what earns money is never refused. It then counts as much as the
 * target it did meet.
 * @param hash SHA256d of the header, 32 bytes in header order
 * @param duplicate whether the same header was offered before
 * @param stale whether its job became worthless
 */
export function judge(targets: ShareTargets, hash: BlockHash, duplicate: boolean, stale: boolean): Verdict {
  if (stale) return REJECTED.stale
  if (duplicate) return REJECTED.duplicate
  const meetsDownstream = meetsTarget(hash, targets.downstream)
  const meetsUpstream = meetsTarget(hash, targets.upstream)
  const block = meetsTarget(hash, targets.network)
  if (!meetsDownstream && !meetsUpstream && !block) return REJECTED.tooLow
  return {
    kind: 'valid',
    difficulty: meetsDownstream
      ? targets.downstreamDifficulty
      : meetsUpstream
        ? targets.upstreamDifficulty
        : difficultyOfTarget(targets.network),
    hashDifficulty: difficultyOfHash(hash),
    meetsUpstream,
    block,
  }
}

/** Seconds of header time beyond the elapsed that pools and nodes put up with (two hours, as consensus has it). */
export const NTIME_TOLERANCE_S = 7200

/**
 * Whether a header time suits its job: not before the tip's minimum, and not beyond the job's own time plus
 * what has elapsed since it arrived plus the tolerance (SV2 mining protocol 5.3.10, reference 4.6).
 * @param ntime unix seconds
 * @param nowMs epoch milliseconds of the clock that stamped `job.receivedAtMs`
 */
export function checkNtime(job: Job, ntime: number, nowMs: number, toleranceS = NTIME_TOLERANCE_S): boolean {
  if (!isUint32(ntime) || ntime < job.tip.minNtime) return false
  const elapsedS = Math.max(0, nowMs - job.receivedAtMs) / 1000
  return ntime <= job.ntime + elapsedS + toleranceS
}

/**
 * What is wrong with the shape of a share, before any hashing; undefined if nothing.
 * @param share whole version, and the rollable extranonce's length in bytes
 * @param nowMs epoch milliseconds
 */
export function checkShareShape(
  job: Job,
  share: {
    readonly rollableSize: number
    readonly ntime: number
    readonly nonce: number
    readonly version: number
  },
  nowMs: number,
  toleranceS = NTIME_TOLERANCE_S,
): RejectionReason | undefined {
  if (share.rollableSize !== job.extranonce.rollableSize) return 'bad-extranonce-size'
  if (!isUint32(share.nonce) || !isUint32(share.version)) return 'invalid-share'
  if (forbiddenVersionChange(job.version, share.version, job.versionRollingMask) !== 0) {
    return job.versionRollingMask === 0 ? 'version-rolling-not-allowed' : 'invalid-non-rollable-version-bit'
  }
  return checkNtime(job, share.ntime, nowMs, toleranceS) ? undefined : 'invalid-share'
}

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffffffff
}
