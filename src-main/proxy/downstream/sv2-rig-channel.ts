/**
 * One mining channel of an SV2 connection, which is one rig to the rest of the proxy: its jobs out, its shares in
 * (Mining Protocol, 5.1 and 5.3). Frames, encryption and set-up are its connection's.
 *
 * Its extranonce prefix and size stay what they were when it was opened: what belongs to the pool is folded into the
 * coinbase of each job, so that another pool is a future job and SetNewPrevHash. A target never changes under a job:
 * SetTarget always goes out right before the job it is for.
 */
import { concatBytes, equalBytes, HeadframeError } from '../../base/index.ts'
import { type Target } from '../../mining/index.ts'
import {
  type AgreedSetup,
  ErrorCodes,
  type OpenExtendedMiningChannel,
  type OpenStandardMiningChannel,
  setExtranoncePrefix,
  setTarget,
  type UpdateChannel,
} from '../../sv2/index.ts'
import { type LinkTap, meteredJob } from '../insight/traffic-tap.ts'
import { type IssuedJob, jobNumberOf, MAX_REISSUE } from '../shares/job-board.ts'
import {
  type Downstream,
  type DownstreamHost,
  type ExtranonceGrant,
  type RigTransport,
} from './downstream.ts'
import { ExtranonceHistory, zeroExtranonce2 } from './extranonce-history.ts'
import { type Rig } from './rig.ts'
import { Sv2ChannelShares } from './sv2-channel-shares.ts'
import { isHashrate, isServable, Sv2ChannelTarget } from './sv2-channel-target.ts'
import { type FirmwareLimits } from './sv2-firmware.ts'
import { framesOf, jobTooLarge } from './sv2-job-frames.ts'

export type ChannelKind = 'standard' | 'extended'
export type OpenRequest = OpenStandardMiningChannel | OpenExtendedMiningChannel

/** What a channel asks of its connection. */
export interface ChannelLink {
  readonly tap: LinkTap
  readonly transport: RigTransport
  readonly agreed: AgreedSetup
  readonly limits: FirmwareLimits
  /** What the peer calls itself. */
  readonly agent: string | null
  /** Seals frames together, in order, and writes them. The frames may be changed afterwards. */
  send(frames: readonly Uint8Array[]): void
  /** Sends a job to the whole group of a channel. @returns false if it has to be sent to each channel */
  sendToGroup(channel: Sv2RigChannel, issued: IssuedJob): boolean
  /** The channel's prefix has another length now. */
  regroup(channel: Sv2RigChannel): void
  /** A channel has shares to acknowledge, later. */
  awaitAcknowledging(shares: Sv2ChannelShares): void
  /** Closes a channel, and the connection with it if the channel was its only one. */
  disconnect(channel: Sv2RigChannel, reason: string): void
}

export interface ChannelParts {
  readonly id: number
  readonly kind: ChannelKind
  readonly rig: Rig
  readonly host: DownstreamHost
  readonly link: ChannelLink
}

const IDENTITY_LENGTH = 120

export class Sv2RigChannel implements Downstream {
  readonly protocol = 'stratum-v2'
  readonly id: number
  readonly channelKind: ChannelKind
  readonly rig: Rig
  readonly shares: Sv2ChannelShares
  readonly #host: DownstreamHost
  readonly #link: ChannelLink
  #ready = false
  #closed = false
  readonly #extranonces: ExtranonceHistory
  readonly #target: Sv2ChannelTarget
  #last: IssuedJob | null = null
  #reissue = 0
  #lastNtime = 0
  /** Its prefix changed since its last job. */
  #needsJob = false
  /** Pool whose jobs were found too large for it; said once. */
  #withheldPoolId: string | null = null

  constructor({ id, kind, rig, host, link }: ChannelParts) {
    this.id = id
    this.channelKind = kind
    this.rig = rig
    this.#host = host
    this.#link = link
    this.#extranonces = new ExtranonceHistory(rig, host)
    this.#target = new Sv2ChannelTarget(rig, host)
    this.shares = new Sv2ChannelShares({
      channelId: id,
      downstream: this,
      host,
      extranonces: this.#extranonces,
      send: (frames) => link.send(frames),
      awaitAcknowledging: () => link.awaitAcknowledging(this.shares),
    })
  }

  get transport(): RigTransport {
    return this.#link.transport
  }

  get ready(): boolean {
    return this.#ready
  }

  /** The root of standard jobs is computed here, so that such a channel need not know its extranonce. */
  get canSetExtranonce(): boolean {
    return this.#takesStandardJobs || this.#link.limits.takesNewPrefix
  }

  /** Bytes of prefix and rollable extranonce together, 0 before it is open: members of a group have as many. */
  get rigBytes(): number {
    return this.#extranonces.rigBytes
  }

  /** Rollable bytes that its shares carry. */
  get extranonceSize(): number {
    return this.channelKind === 'standard' ? 0 : (this.#extranonces.latest?.layout.extranonce2Size ?? 0)
  }

  /** As told in the success of its opening: all that is fixed for it behind the pool's own prefix. */
  get extranoncePrefix(): Uint8Array {
    const grant = this.#extranonces.latest
    if (grant === undefined) return new Uint8Array(0)
    return this.channelKind === 'extended'
      ? grant.extranonce1
      : concatBytes(grant.extranonce1, zeroExtranonce2(grant))
  }

  /** The target of its opening, later the one it was told last. */
  get target(): Target {
    return this.#target.told
  }

  /** Takes a place in the extranonce and a first difficulty. @returns the code to refuse it with, or null */
  open(request: OpenRequest): string | null {
    const codes = ErrorCodes.openMiningChannel
    const { nominalHashRate, maxTarget } = request
    if (!isHashrate(nominalHashRate)) return codes.invalidNominalHashrate
    if (!isServable(maxTarget)) return codes.maxTargetOutOfRange
    const mask = this.#host.offeredVersionMask(this)
    if (mask === 0 && this.#link.agreed.needsVersionRolling) {
      return ErrorCodes.submitShares.versionRollingNotAllowed
    }
    const minimumRollableSize = 'minExtranonceSize' in request ? request.minExtranonceSize : 0
    // A standard channel rolls no extranonce whatever we leave it, so any layout will do.
    const rollsVersions = mask !== 0 || this.channelKind === 'standard'
    try {
      this.#extranonces.use(this.#host.grantExtranonce(this, { rollsVersions, minimumRollableSize }), 0)
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      this.#host.log.warn('no extranonce for a rig', { rig: this.rig.id, problem: error.message })
      return minimumRollableSize > 0 ? codes.minExtranonceSizeTooLarge : 'no-extranonce-left'
    }
    this.rig.rollsVersions = mask !== 0
    this.rig.minimumRollableSize = this.extranonceSize
    this.#identify(request.userIdentity)
    this.#target.start(nominalHashRate, maxTarget, this.#host.currentIssue(this))
    return null
  }

  /** Takes jobs from now on. */
  start(): void {
    this.#ready = true
    this.#host.onReady(this)
  }

  sendJob(issued: IssuedJob): void {
    if (this.#closed || (issued === this.#last && !this.#needsJob) || !this.#canTake(issued)) return
    if (!this.#needsJob && this.#link.sendToGroup(this, issued)) return
    const frames: Uint8Array[] = []
    const clean = this.prepareJob(issued, frames)
    this.#pushJob(issued, issued.ntime, clean, frames)
    this.#link.send(frames)
  }

  reissue(issued: IssuedJob): boolean {
    if (this.#closed || issued !== this.#last || this.#reissue >= MAX_REISSUE) return false
    const elapsedS = Math.floor((this.#host.clock.monotonicMs() - issued.issuedMonotonicMs) / 1000)
    const ntime = issued.ntime + elapsedS
    // The same job with the same time would send the rig over the same ground again.
    if (ntime <= this.#lastNtime) return false
    this.#lastNtime = ntime
    this.#reissue++
    const frames: Uint8Array[] = []
    this.#pushTarget(issued, frames)
    this.#pushJob(issued, ntime, false, frames)
    this.#link.send(frames)
    return true
  }

  /** Whether it would take the job now as one of its group: nothing sets it apart from the others. */
  canJoin(issued: IssuedJob): boolean {
    return this.#ready && !this.#needsJob && issued !== this.#last && this.#host.isMeantFor(this, issued)
  }

  /**
   * Makes a job its own, before the frames of the job are sent to it or to its group.
   * @param frames gets what must go out first
   * @returns whether the job must come with SetNewPrevHash: also when the job that said so did not reach this rig
   *   before it was overtaken
   */
  prepareJob(issued: IssuedJob, frames: Uint8Array[]): boolean {
    const last = this.#last
    const clean =
      issued.cleanJobs ||
      this.#needsJob ||
      last === null ||
      last.staleBecause !== null ||
      last.lineId !== issued.lineId ||
      last.job.tip.nBits !== issued.job.tip.nBits ||
      !equalBytes(last.job.tip.prevHash, issued.job.tip.prevHash)
    if (last === null) this.shares.firstSequence = issued.sequence
    this.#reissue = issued === last ? Math.min(this.#reissue + 1, MAX_REISSUE) : 0
    this.#last = issued
    this.#lastNtime = issued.ntime
    this.#needsJob = false
    this.rig.rollsVersions = issued.job.versionRollingMask !== 0
    this.#pushTarget(issued, frames)
    return clean
  }

  setExtranonce(grant: ExtranonceGrant, from: IssuedJob): boolean {
    const before = this.rigBytes
    if (this.channelKind === 'extended' && grant.layout.extranonce2Size !== this.extranonceSize) {
      // The protocol has no message for another size.
      return false
    }
    this.#extranonces.use(grant, from.sequence)
    this.#needsJob = true
    if (this.#takesStandardJobs) return true
    this.#link.send([
      setExtranoncePrefix.encode({ channelId: this.id, extranoncePrefix: this.extranoncePrefix }),
    ])
    if (this.rigBytes !== before) this.#link.regroup(this)
    return true
  }

  disconnect(reason: string): void {
    if (!this.#closed) this.#link.disconnect(this, reason)
  }

  /** Gives everything back. What is acknowledged so far is said first, if `say`. */
  end(reason: string, say: boolean): void {
    if (this.#closed) return
    if (say) this.shares.acknowledge()
    this.shares.close()
    this.#closed = true
    this.#ready = false
    this.#extranonces.release()
    this.#host.onClosed(this, reason)
  }

  /** @returns the code to refuse the change with, or null */
  update({ nominalHashRate, maximumTarget }: UpdateChannel): string | null {
    if (!isHashrate(nominalHashRate)) return ErrorCodes.updateChannel.invalidNominalHashrate
    if (!isServable(maximumTarget)) return ErrorCodes.openMiningChannel.maxTargetOutOfRange
    this.#target.update(nominalHashRate, maximumTarget)
    // What cannot be told now is told in a second, with every other new difficulty.
    if (this.#last !== null && this.#target.differsFor(this.#last)) this.reissue(this.#last)
    return null
  }

  /** Whether it is sent roots only, also when its group gets jobs. */
  get #takesStandardJobs(): boolean {
    return this.channelKind === 'standard' && this.#link.agreed.standardJobsOnly
  }

  #identify(userIdentity: string): void {
    const { rig } = this
    const { agent } = this.#link
    rig.userAgent = agent
    rig.identify(
      userIdentity
        .replaceAll(/\p{Cc}/gu, '')
        .trim()
        .slice(0, IDENTITY_LENGTH) || rig.address,
    )
  }

  #pushTarget(issued: IssuedJob, frames: Uint8Array[]): void {
    const maximumTarget = this.#target.pin(issued, this.#reissue)
    if (maximumTarget !== undefined) frames.push(setTarget.encode({ channelId: this.id, maximumTarget }))
  }

  /** @param clean as a future job that SetNewPrevHash makes active; otherwise it is active at once */
  #pushJob(issued: IssuedJob, ntime: number, clean: boolean, frames: Uint8Array[]): void {
    const jobId = jobNumberOf(issued.sequence, this.#reissue)
    const minNtime = clean ? null : ntime
    const jobFrames = framesOf(issued)
    const grant = this.#extranonces.latest
    if (grant === undefined) return
    if (this.channelKind === 'standard') {
      this.#link.tap.basis(meteredJob(issued.job, this.rigBytes, clean))
    }
    frames.push(
      this.channelKind === 'standard'
        ? jobFrames.standard(grant, this.id, jobId, minNtime)
        : jobFrames.extended(this.rigBytes, this.id, jobId, minNtime),
    )
    if (clean) frames.push(jobFrames.prevHash(this.id, jobId, ntime))
  }

  /** Whether such a job may be sent at all. What is kept back is said once for each pool. */
  #canTake(issued: IssuedJob): boolean {
    const { log } = this.#host
    const { job, poolId } = issued
    if (this.#link.agreed.needsVersionRolling && job.versionRollingMask === 0) {
      log.warn('a connection that requires version rolling cannot work for this pool', {
        rig: this.rig.id,
        name: this.rig.name,
        poolId,
      })
      this.disconnect('the pool allows no version rolling, which this connection requires')
      return false
    }
    if (this.channelKind === 'standard') return true
    const problem = jobTooLarge(this.#link.limits, issued, this.rigBytes)
    if (problem === null) {
      this.#withheldPoolId = null
      return true
    }
    if (this.#withheldPoolId !== poolId) {
      this.#withheldPoolId = poolId
      const { id, name } = this.rig
      log.warn('a job is too large for a rig, which is sent none: use a standard channel, or another pool', {
        rig: id,
        name,
        poolId,
        problem,
      })
    }
    return false
  }
}
