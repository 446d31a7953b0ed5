/**
 * The jobs of one extended channel as its client sees them (Mining Protocol, 5.1 and 5.3; job life cycle).
 * A pure transition function: a channel and a message give the next channel, the jobs that became active
 * and the ids that became worthless. No I/O, no clock; waiting and reconnecting on a fault are the caller's.
 *
 *            NewExtendedMiningJob            SetNewPrevHash(id)
 *   without min_ntime ──────────▶ future ────────────────────▶ active ──▶ past
 *   with min_ntime ───────────────────────────────────────────▶        (a newer active job)
 *   SetNewPrevHash makes every job but the one it names stale. Repeated while the job it names is valid it changes
 *   nothing: a server may say it to a channel and to its group.
 *
 * Three things are pinned: the extranonce prefix when the job was received, the target and the previous
 * hash when it became active.
 */
import { equalBytes, err, ok, type Result } from '../base/index.ts'
import { assembleCustomCoinbase } from './custom-coinbase.ts'
import {
  type CloseChannel,
  type NewExtendedMiningJob,
  type OpenExtendedMiningChannelSuccess,
  type SetCustomMiningJob,
  type SetExtranoncePrefix,
  type SetGroupChannel,
  type SetNewPrevHash,
  type SetTarget,
} from './messages/mining.ts'

/** An extended job that may be hashed, everything a share of it needs. Byte orders are the wire's. */
export interface ActiveJob {
  readonly jobId: number
  readonly version: number
  readonly versionRollingAllowed: boolean
  readonly merklePath: readonly Uint8Array[]
  readonly coinbaseTxPrefix: Uint8Array
  readonly coinbaseTxSuffix: Uint8Array
  readonly prevHash: Uint8Array
  readonly nbits: number
  /** Unix seconds: the smallest header time allowed. */
  readonly minNtime: number
  /** 32 bytes little endian; stays what it was when the job became active. */
  readonly target: Uint8Array
  /** As it was when the job was received. */
  readonly extranoncePrefix: Uint8Array
  /** Bytes to fill after the prefix. */
  readonly extranonceSize: number
  /** Whether the job hashed before it is worthless now or builds on another block. */
  readonly newTip: boolean
}

export interface FutureJob {
  readonly job: NewExtendedMiningJob
  readonly extranoncePrefix: Uint8Array
}

export interface ChannelJobs {
  readonly channelId: number
  /** Messages addressed to it are for this channel too; null when the server named no group. */
  readonly groupChannelId: number | null
  readonly extranonceSize: number
  /** For jobs received from now on. */
  readonly extranoncePrefix: Uint8Array
  /** For jobs that become active from now on. */
  readonly target: Uint8Array
  /** null before the first SetNewPrevHash. */
  readonly tip: { readonly prevHash: Uint8Array; readonly nbits: number } | null
  readonly future: ReadonlyMap<number, FutureJob>
  /** The job to hash; null before the first and after a fault that leaves none. */
  readonly active: ActiveJob | null
  /** Older jobs of this tip: shares of them still count. */
  readonly past: ReadonlyMap<number, ActiveJob>
  /** reason_code of CloseChannel; null while the channel is open. */
  readonly closedReason: string | null
}

/** The messages that change a channel's jobs. */
export type ChannelJobMessage =
  NewExtendedMiningJob | SetNewPrevHash | SetTarget | SetExtranoncePrefix | SetGroupChannel | CloseChannel

export type ChannelFaultCode =
  /** SetNewPrevHash names no future job: the tip is new and there is nothing to hash on it. */
  | 'sv2/unknown-future-job'
  /** A job without SetNewPrevHash before it; it was ignored. */
  | 'sv2/job-before-chain-tip'
  /** A job took the id of one that was still valid; it replaces that one. */
  | 'sv2/job-id-reused'
  /** Prefix and rollable part together exceed 32 bytes; the prefix was ignored. */
  | 'sv2/extranonce-too-long'

/** The pool broke a rule of the life cycle. */
export interface ChannelFault {
  readonly code: ChannelFaultCode
  /** What is wrong and what to do, for a person. */
  readonly message: string
  readonly context: Record<string, number>
}

export interface ChannelStep {
  readonly channel: ChannelJobs
  /** Ids whose shares no longer count; some may be of future jobs that never became active. Apply first. */
  readonly dropped: readonly number[]
  /** Jobs to hash from now on, the last one best. */
  readonly activated: readonly ActiveJob[]
  readonly fault: ChannelFault | null
}

/** Bytes of prefix and rollable part together. */
export const MAX_EXTRANONCE_LENGTH = 32

/** Above it the oldest future job is dropped: far more than servers prepare, few enough to hold. */
export const MAX_FUTURE_JOBS = 64

/** Above it the oldest past job is dropped: over two hours of a job every 30 s on one tip. */
export const MAX_PAST_JOBS = 256

const REMEDY = 'If it happens again, use another pool.'

/** The channel as OpenExtendedMiningChannel.Success grants it: no job, no tip. */
export function openChannelJobs(
  success: OpenExtendedMiningChannelSuccess,
): Result<ChannelJobs, ChannelFault> {
  const { channelId, groupChannelId, extranonceSize, extranoncePrefix, target } = success
  const fault = judgeExtranonceLength(channelId, extranoncePrefix.length + extranonceSize)
  if (fault !== null) return err(fault)
  return ok({
    channelId,
    groupChannelId,
    extranonceSize,
    extranoncePrefix,
    target,
    tip: null,
    future: new Map(),
    active: null,
    past: new Map(),
    closedReason: null,
  })
}

/**
 * The channel after a message of the server. A message for other channels, or after CloseChannel, changes
 * nothing: the very same `channel` is returned.
 */
export function applyChannelMessage(channel: ChannelJobs, message: ChannelJobMessage): ChannelStep {
  if (channel.closedReason !== null || !isAddressed(channel, message)) return step(channel)
  switch (message.name) {
    case 'NewExtendedMiningJob':
      return message.minNtime === null
        ? addFutureJob(channel, message)
        : addActiveJob(channel, message, message.minNtime)
    case 'SetNewPrevHash':
      return changeTip(channel, message)
    case 'SetTarget':
      return step({ ...channel, target: message.maximumTarget })
    case 'SetExtranoncePrefix': {
      const { extranoncePrefix } = message
      const fault = judgeExtranonceLength(channel.channelId, extranoncePrefix.length + channel.extranonceSize)
      return fault === null ? step({ ...channel, extranoncePrefix }) : { ...step(channel), fault }
    }
    case 'SetGroupChannel':
      return step({ ...channel, groupChannelId: message.groupChannelId })
    case 'CloseChannel':
      return {
        ...step({ ...channel, ...noJobs(), closedReason: message.reasonCode }),
        dropped: jobIds(channel),
      }
  }
}

/**
 * The channel after the server accepted a custom job of ours: the job is active with the previous hash and
 * nBits of the request, and earlier jobs stay good for shares.
 * @param request what SetCustomMiningJob.Success answers
 * @param jobId as SetCustomMiningJob.Success says
 * @param versionRollingAllowed false if the server set requiresFixedVersion
 */
export function applyCustomMiningJob(
  channel: ChannelJobs,
  request: SetCustomMiningJob,
  jobId: number,
  versionRollingAllowed: boolean,
): ChannelStep {
  if (channel.closedReason !== null) return step(channel)
  const { version, merklePath, prevHash, nbits, minNtime } = request
  const { extranoncePrefix, extranonceSize, target } = channel
  const coinbase = assembleCustomCoinbase(request, extranoncePrefix.length + extranonceSize)
  return activate(channel, {
    jobId,
    version,
    versionRollingAllowed,
    merklePath,
    coinbaseTxPrefix: coinbase.prefix,
    coinbaseTxSuffix: coinbase.suffix,
    prevHash,
    nbits,
    minNtime,
    target,
    extranoncePrefix,
    extranonceSize,
    newTip: isNewTip(channel, prevHash),
  })
}

/** The job a share of `jobId` belongs to, if such a share still counts. */
export function findChannelJob(channel: ChannelJobs, jobId: number): ActiveJob | undefined {
  return channel.active?.jobId === jobId ? channel.active : channel.past.get(jobId)
}

function isAddressed(channel: ChannelJobs, message: ChannelJobMessage): boolean {
  switch (message.name) {
    case 'SetGroupChannel':
      return message.channelIds.includes(channel.channelId)
    // Prefixes are of one channel; what is addressed to a group would give two channels the same space.
    case 'SetExtranoncePrefix':
      return message.channelId === channel.channelId
    default:
      return message.channelId === channel.channelId || message.channelId === channel.groupChannelId
  }
}

function addFutureJob(channel: ChannelJobs, job: NewExtendedMiningJob): ChannelStep {
  const future = new Map(channel.future)
  const replaced = future.delete(job.jobId)
  future.set(job.jobId, { job, extranoncePrefix: channel.extranoncePrefix })
  const dropped = dropOldest(future, MAX_FUTURE_JOBS)
  const reused = replaced || findChannelJob(channel, job.jobId) !== undefined
  return { ...step({ ...channel, future }), dropped, fault: reused ? jobIdReused(channel, job.jobId) : null }
}

function addActiveJob(channel: ChannelJobs, job: NewExtendedMiningJob, minNtime: number): ChannelStep {
  if (channel.tip === null) {
    const problem = `The pool sent job ${job.jobId} before it named the block to build on; the job is ignored`
    return {
      ...step(channel),
      fault: channelFault('sv2/job-before-chain-tip', problem, { jobId: job.jobId }),
    }
  }
  const received = { job, extranoncePrefix: channel.extranoncePrefix }
  return activate(channel, activeJob(channel, received, channel.tip, minNtime))
}

/** The active job becomes past, `job` becomes active. */
function activate(channel: ChannelJobs, job: ActiveJob): ChannelStep {
  const past = new Map(channel.past)
  if (channel.active !== null) past.set(channel.active.jobId, channel.active)
  const replaced = past.delete(job.jobId)
  const dropped = dropOldest(past, MAX_PAST_JOBS)
  if (replaced) dropped.unshift(job.jobId)
  const reused = replaced || channel.future.has(job.jobId)
  return {
    channel: { ...channel, active: job, past },
    dropped,
    activated: [job],
    fault: reused ? jobIdReused(channel, job.jobId) : null,
  }
}

function changeTip(channel: ChannelJobs, message: SetNewPrevHash): ChannelStep {
  const { jobId, prevHash, nbits, minNtime } = message
  const tip = { prevHash, nbits }
  const named = channel.future.get(jobId)
  if (named === undefined && isTipOf(channel, tip) && findChannelJob(channel, jobId)) return step(channel)
  const next: ChannelJobs = { ...channel, ...noJobs(), tip }
  if (named === undefined) {
    const problem = `The pool moved to a new block with job ${jobId}, which it never sent`
    return {
      ...step(next),
      dropped: jobIds(channel),
      fault: channelFault('sv2/unknown-future-job', problem, { jobId, channelId: channel.channelId }),
    }
  }
  const job = { ...activeJob(channel, named, tip, minNtime), newTip: true }
  const others: ChannelJobs = { ...channel, future: without(channel.future, jobId) }
  return { ...step({ ...next, active: job }), dropped: jobIds(others), activated: [job] }
}

function activeJob(
  channel: ChannelJobs,
  { job, extranoncePrefix }: FutureJob,
  tip: { readonly prevHash: Uint8Array; readonly nbits: number },
  minNtime: number,
): ActiveJob {
  return {
    jobId: job.jobId,
    version: job.version,
    versionRollingAllowed: job.versionRollingAllowed,
    merklePath: job.merklePath,
    coinbaseTxPrefix: job.coinbaseTxPrefix,
    coinbaseTxSuffix: job.coinbaseTxSuffix,
    prevHash: tip.prevHash,
    nbits: tip.nbits,
    minNtime,
    target: channel.target,
    extranoncePrefix,
    extranonceSize: channel.extranonceSize,
    newTip: isNewTip(channel, tip.prevHash),
  }
}

const isNewTip = (channel: ChannelJobs, prevHash: Uint8Array): boolean =>
  channel.active === null || !equalBytes(channel.active.prevHash, prevHash)

const isTipOf = (channel: ChannelJobs, { prevHash, nbits }: NonNullable<ChannelJobs['tip']>): boolean =>
  channel.tip !== null && channel.tip.nbits === nbits && equalBytes(channel.tip.prevHash, prevHash)

const step = (channel: ChannelJobs): ChannelStep => ({ channel, dropped: [], activated: [], fault: null })

const noJobs = (): Pick<ChannelJobs, 'future' | 'active' | 'past'> => ({
  future: new Map(),
  active: null,
  past: new Map(),
})

/** Every id the channel knows, oldest kind first. */
function jobIds(channel: ChannelJobs): number[] {
  const ids = new Set(channel.past.keys())
  if (channel.active !== null) ids.add(channel.active.jobId)
  for (const id of channel.future.keys()) ids.add(id)
  return [...ids]
}

function without<T>(jobs: ReadonlyMap<number, T>, jobId: number): Map<number, T> {
  const rest = new Map(jobs)
  rest.delete(jobId)
  return rest
}

/** Removes the oldest entries above `max`; returns their ids. */
function dropOldest(jobs: Map<number, unknown>, max: number): number[] {
  const dropped: number[] = []
  for (const jobId of jobs.keys()) {
    if (jobs.size <= max) break
    jobs.delete(jobId)
    dropped.push(jobId)
  }
  return dropped
}

function channelFault(
  code: ChannelFaultCode,
  problem: string,
  context: Record<string, number>,
): ChannelFault {
  return { code, message: `${problem}. ${REMEDY}`, context }
}

function jobIdReused(channel: ChannelJobs, jobId: number): ChannelFault {
  const problem = `The pool used job id ${jobId} again while it was still valid`
  return channelFault('sv2/job-id-reused', problem, { jobId, channelId: channel.channelId })
}

function judgeExtranonceLength(channelId: number, length: number): ChannelFault | null {
  if (length <= MAX_EXTRANONCE_LENGTH) return null
  const problem = `The pool gave an extranonce of ${length} bytes where ${MAX_EXTRANONCE_LENGTH} are the most`
  return channelFault('sv2/extranonce-too-long', problem, { channelId, length })
}
