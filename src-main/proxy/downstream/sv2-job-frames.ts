/**
 * Jobs as SV2 frames (Mining Protocol, 5.3.14 to 5.3.17). What all channels of one layout are sent differs in two
 * numbers only, the channel's id and the job's, so a frame is encoded once for an issue and those are written into it:
 * what is returned holds until the next call, which is long enough to seal it.
 *
 *   0..5 header | 6..9 channel id | 10..13 job id | 14 count of min_ntime | 15..18 min_ntime, or the version
 */
import { coinbaseTxid, foldMerklePath, rollableOf } from '../../mining/index.ts'
import { concatBytes } from '../../base/index.ts'
import { FRAME_HEADER_LENGTH, newExtendedMiningJob, newMiningJob, setNewPrevHash } from '../../sv2/index.ts'
import { type IssuedJob } from '../shares/job-board.ts'
import { type ExtranonceGrant } from './downstream.ts'
import { zeroExtranonce2 } from './extranonce-history.ts'
import { type FirmwareLimits, tooLargeFor } from './sv2-firmware.ts'

const CHANNEL_ID_AT = FRAME_HEADER_LENGTH
const JOB_ID_AT = CHANNEL_ID_AT + 4
const MIN_NTIME_AT = JOB_ID_AT + 5
const PREV_HASH_MIN_NTIME_AT = JOB_ID_AT + 4 + 32

/** Bytes that either part of a coinbase has at most in a message (B0_64K); a pool may fill it without ours. */
const MAX_COINBASE_PART = 0xffff

/** Kept as long as the issue is. */
const framesByIssue = new WeakMap<IssuedJob, Sv2JobFrames>()

export function framesOf(issued: IssuedJob): Sv2JobFrames {
  let frames = framesByIssue.get(issued)
  if (!frames) framesByIssue.set(issued, (frames = new Sv2JobFrames(issued)))
  return frames
}

/** What keeps an extended job from being sent to such firmware, as a sentence; null if nothing does. */
export function jobTooLarge(limits: FirmwareLimits, issued: IssuedJob, rigBytes: number): string | null {
  const prefixLength = foldedPrefixLength(issued, rigBytes)
  if (prefixLength > MAX_COINBASE_PART) {
    return `the coinbase has ${prefixLength} bytes before the extranonce where a message holds ${MAX_COINBASE_PART}`
  }
  return tooLargeFor(limits, {
    payloadLength: framesOf(issued).extendedPayloadLength(rigBytes),
    merkleNodes: issued.job.merklePath.length,
  })
}

export class Sv2JobFrames {
  readonly #issued: IssuedJob
  /** By bytes of extranonce1 and extranonce2 together. */
  readonly #future = new Map<number, Uint8Array>()
  readonly #active = new Map<number, Uint8Array>()
  #prevHash: Uint8Array | null = null

  constructor(issued: IssuedJob) {
    this.#issued = issued
  }

  /**
   * NewExtendedMiningJob: the upstream's extranonce prefix and the padding are folded into coinbase_tx_prefix.
   * @param rigBytes of prefix and rollable extranonce together
   * @param minNtime unix seconds; null makes it a future job
   */
  extended(rigBytes: number, channelId: number, jobId: number, minNtime: number | null): Uint8Array {
    const known = minNtime === null ? this.#future : this.#active
    let frame = known.get(rigBytes)
    if (!frame) known.set(rigBytes, (frame = this.#encodeExtended(rigBytes, minNtime)))
    writeU32(frame, CHANNEL_ID_AT, channelId)
    writeU32(frame, JOB_ID_AT, jobId)
    if (minNtime !== null) writeU32(frame, MIN_NTIME_AT, minNtime)
    return frame
  }

  /** NewMiningJob: the root of the channel's own merkle tree, its extranonce2 being zero. */
  standard(grant: ExtranonceGrant, channelId: number, jobId: number, minNtime: number | null): Uint8Array {
    const { job } = this.#issued
    const rollable = rollableOf(job, grant.extranonce1, zeroExtranonce2(grant))
    const txid = coinbaseTxid(job.coinbasePrefix, job.extranonce.prefix, rollable, job.coinbaseSuffix)
    const merkleRoot = foldMerklePath(txid, job.merklePath)
    return newMiningJob.encode({ channelId, jobId, minNtime, version: job.version, merkleRoot })
  }

  /** SetNewPrevHash, which makes the future job active. */
  prevHash(channelId: number, jobId: number, minNtime: number): Uint8Array {
    const { tip } = this.#issued.job
    this.#prevHash ??= setNewPrevHash.encode({
      channelId,
      jobId,
      prevHash: tip.prevHash,
      minNtime,
      nbits: tip.nBits,
    })
    writeU32(this.#prevHash, CHANNEL_ID_AT, channelId)
    writeU32(this.#prevHash, JOB_ID_AT, jobId)
    writeU32(this.#prevHash, PREV_HASH_MIN_NTIME_AT, minNtime)
    return this.#prevHash
  }

  /** Bytes that `extended` takes as payload at most, before anything is encoded. */
  extendedPayloadLength(rigBytes: number): number {
    const { job } = this.#issued
    const folded = foldedPrefixLength(this.#issued, rigBytes)
    const fixed = 4 + 4 + 5 + 4 + 1 + 1 + 2 + 2
    return fixed + 32 * job.merklePath.length + folded + job.coinbaseSuffix.length
  }

  #encodeExtended(rigBytes: number, minNtime: number | null): Uint8Array {
    const { job } = this.#issued
    const { prefix, rollableSize } = job.extranonce
    return newExtendedMiningJob.encode({
      channelId: 0,
      jobId: 0,
      minNtime,
      version: job.version,
      versionRollingAllowed: job.versionRollingMask !== 0,
      merklePath: job.merklePath,
      coinbaseTxPrefix: concatBytes(job.coinbasePrefix, prefix, new Uint8Array(rollableSize - rigBytes)),
      coinbaseTxSuffix: job.coinbaseSuffix,
    })
  }
}

/** Bytes of the coinbase before a rig's own extranonce. */
function foldedPrefixLength({ job }: IssuedJob, rigBytes: number): number {
  const { prefix, rollableSize } = job.extranonce
  return job.coinbasePrefix.length + prefix.length + rollableSize - rigBytes
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}
