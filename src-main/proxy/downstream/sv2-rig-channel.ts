/**
 * One mining channel of an SV2 connection, which is one rig to the rest of the proxy: its jobs out, its shares in
 * (Mining Protocol, 5.1 and 5.3). Frames, encryption and set-up are its connection's.
 *
 * Its extranonce prefix and size stay what they were when it was opened: what belongs to the pool is folded into the
 * coinbase of each job, so that another pool is a future job and SetNewPrevHash. A target never changes under a job:
 * SetTarget always goes out right before the job it is for.
 */
import { equalBytes, HeadframeError } from '../../base/index.ts'
import {
  asTarget,
  difficultyOfHashrate,
  difficultyOfTarget,
  forbiddenVersionChange,
  isDifficulty,
  MAX_TARGET,
  rollableOf,
  type Target,
  targetOfDifficulty,
} from '../../mining/index.ts'
import {
  AcknowledgementBatch,
  type AgreedSetup,
  ErrorCodes,
  type OpenExtendedMiningChannel,
  type OpenStandardMiningChannel,
  setExtranoncePrefix,
  setTarget,
  submitSharesError,
  type SubmitSharesExtended,
  type SubmitSharesStandard,
  submitSharesSuccess,
  type UpdateChannel,
} from '../../sv2/index.ts'
import { type LinkTap, meteredJob } from '../insight/traffic-tap.ts'
import { type IssuedJob, MAX_REISSUE } from '../shares/job-board.ts'
import { type ShareOfferer, type ShareReference, type ShareRefusal } from '../shares/share-desk.ts'
import {
  type Downstream,
  type DownstreamHost,
  type ExtranonceGrant,
  type RigTransport,
} from './downstream.ts'
import { type Rig } from './rig.ts'
import { checkWork, invalid, type ShareContext } from './share-check.ts'
import { nominalHashrateOf, startDifficultyOf } from './start-difficulty.ts'
import { type FirmwareLimits } from './sv2-firmware.ts'
import { framesOf, jobTooLarge } from './sv2-job-frames.ts'
import { ChannelWorkers } from './sv2-workers.ts'
import { pinDifficulty, wantedDifficulty } from './tell-difficulty.ts'

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
  /** The channel has shares to acknowledge, later. */
  awaitsAcknowledging(channel: Sv2RigChannel): void
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

interface TimedExtranonce extends ExtranonceGrant {
  /** From this issue on. */
  readonly sequence: number
  /** What a standard channel rolls. */
  readonly zeros: Uint8Array
}

/** No channel is held to more, whatever target it says is the easiest it accepts. */
const HARDEST_DIFFICULTY = 2 ** 50
/** Another declared hashrate is news from here on. */
const NOMINAL_NEWS_RATIO = 2
const IDENTITY_LENGTH = 120
/** Extranonces remembered for shares that are on their way. */
const EXTRANONCES_KEPT = 3

export class Sv2RigChannel implements Downstream, ShareOfferer, ShareContext {
  readonly protocol = 'stratum-v2'
  readonly id: number
  readonly channelKind: ChannelKind
  readonly rig: Rig
  /** First issue it was sent. */
  firstSequence = 0
  readonly #host: DownstreamHost
  readonly #link: ChannelLink
  readonly #acknowledgements: AcknowledgementBatch
  #workers: ChannelWorkers | null = null
  #ready = false
  #closed = false
  #extranonces: TimedExtranonce[] = []
  #nominalHs = 0
  /** The easiest target it accepts. */
  #maxTarget: Target = MAX_TARGET
  /** The target it was told last. */
  #told: Target = MAX_TARGET
  #last: IssuedJob | null = null
  #reissue = 0
  #lastNtime = 0
  /** Its prefix changed since its last job. */
  #needsJob = false
  /** Pool whose jobs were found too large for it; said once. */
  #withheldPoolId: string | null = null
  /** Pool whose version mask it does not keep to; said once. */
  #maskPoolId: string | null = null

  constructor({ id, kind, rig, host, link }: ChannelParts) {
    this.id = id
    this.channelKind = kind
    this.rig = rig
    this.#host = host
    this.#link = link
    this.#acknowledgements = new AcknowledgementBatch(id)
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
    const grant = this.#extranonces.at(-1)
    return grant === undefined ? 0 : rigBytesOf(grant)
  }

  /** Rollable bytes that its shares carry. */
  get extranonceSize(): number {
    return this.channelKind === 'standard' ? 0 : (this.#extranonces.at(-1)?.layout.extranonce2Size ?? 0)
  }

  /** As told in the success of its opening: all that is fixed for it behind the pool's own prefix. */
  get extranoncePrefix(): Uint8Array {
    const grant = this.#extranonces.at(-1)
    if (grant === undefined) return new Uint8Array(0)
    const { extranonce1, layout } = grant
    if (this.channelKind === 'extended') return extranonce1
    const prefix = new Uint8Array(layout.extranonce1Size + layout.extranonce2Size)
    prefix.set(extranonce1)
    return prefix
  }

  /** The target of its opening, later the one it was told last. */
  get target(): Target {
    return this.#told
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
      this.#useExtranonce(this.#host.grantExtranonce(this, { rollsVersions, minimumRollableSize }), 0)
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      this.#host.log.warn('no extranonce for a rig', { rig: this.rig.id, problem: error.message })
      return minimumRollableSize > 0 ? codes.minExtranonceSizeTooLarge : 'no-extranonce-left'
    }
    this.rig.rollsVersions = mask !== 0
    this.rig.minimumRollableSize = this.extranonceSize
    this.#identify(request.userIdentity)
    this.#maxTarget = asTarget(maxTarget)
    this.#startDifficulty(nominalHashRate)
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
    const elapsedS = Math.floor((this.#host.clock.nowMs() - issued.issuedAtMs) / 1000)
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
    if (last === null) this.firstSequence = issued.sequence
    this.#reissue = issued === last ? Math.min(this.#reissue + 1, MAX_REISSUE) : 0
    this.#last = issued
    this.#lastNtime = issued.ntime
    this.#needsJob = false
    this.rig.rollsVersions = issued.job.versionRollingMask !== 0
    this.#pushTarget(issued, frames)
    return clean
  }

  setExtranonce(grant: ExtranonceGrant, from: IssuedJob): void {
    const before = this.rigBytes
    if (this.channelKind === 'extended' && grant.layout.extranonce2Size !== this.extranonceSize) {
      // The protocol has no message for another size.
      this.#host.releaseExtranonce(grant)
      this.disconnect('the pool grants too few bytes of extranonce for this channel; please open it again')
      return
    }
    this.#useExtranonce(grant, from.sequence)
    this.#needsJob = true
    if (this.#takesStandardJobs) return
    this.#link.send([
      setExtranoncePrefix.encode({ channelId: this.id, extranoncePrefix: this.extranoncePrefix }),
    ])
    if (this.rigBytes !== before) this.#link.regroup(this)
  }

  disconnect(reason: string): void {
    if (!this.#closed) this.#link.disconnect(this, reason)
  }

  /** Gives everything back. What is acknowledged so far is said first, if `say`. */
  end(reason: string, say: boolean): void {
    if (this.#closed) return
    if (say) this.#acknowledge()
    this.#closed = true
    this.#ready = false
    for (const grant of this.#extranonces) this.#host.releaseExtranonce(grant)
    this.#extranonces = []
    this.#host.onClosed(this, reason)
  }

  /** @returns the code to refuse the change with, or null */
  update({ nominalHashRate, maximumTarget }: UpdateChannel): string | null {
    if (!isHashrate(nominalHashRate)) return ErrorCodes.updateChannel.invalidNominalHashrate
    if (!isServable(maximumTarget)) return ErrorCodes.openMiningChannel.maxTargetOutOfRange
    const { clock, sharesPerMinute } = this.#host
    const nowMs = clock.monotonicMs()
    this.#maxTarget = asTarget(maximumTarget)
    this.rig.setLeastDifficulty(difficultyOfTarget(this.#maxTarget), nowMs)
    const ratio = nominalHashRate / this.#nominalHs
    if (nominalHashRate > 0 && !(ratio < NOMINAL_NEWS_RATIO && ratio > 1 / NOMINAL_NEWS_RATIO)) {
      this.#nominalHs = nominalHashRate
      this.#startVardiff(difficultyOfHashrate(nominalHashRate, sharesPerMinute), false)
    }
    // What cannot be told now is told in a second, with every other new difficulty.
    if (this.#last !== null && this.#wantsOtherDifficulty(this.#last, nowMs)) this.reissue(this.#last)
    return null
  }

  /** @param trailing what came behind the last field; empty unless workers are named */
  submitExtended(share: SubmitSharesExtended, trailing: Uint8Array): void {
    const offerer = trailing.length === 0 ? this : this.#offererOf(trailing)
    this.#submit(share, share.extranonce, offerer)
  }

  submitStandard(share: SubmitSharesStandard): void {
    this.#submit(share, null, this)
  }

  /** A share of the other kind of channel. */
  refuseKind({ sequenceNumber }: { readonly sequenceNumber: number }): void {
    this.#refuse(this, sequenceNumber, invalid(ErrorCodes.submitShares.invalidChannelId))
  }

  answerShare(reference: ShareReference, refusal: ShareRefusal | null, difficulty: number): void {
    if (this.#closed) return
    const sequenceNumber = Number(reference)
    if (refusal !== null) {
      const errorCode = WIRE_CODES[refusal.reason] ?? refusal.reason
      this.#link.send([submitSharesError.encode({ channelId: this.id, sequenceNumber, errorCode })])
      return
    }
    const nowMs = this.#host.clock.monotonicMs()
    this.#acknowledgements.add(sequenceNumber, difficulty, nowMs)
    if (this.#acknowledgements.isDue(nowMs)) this.#acknowledge()
    else this.#link.awaitsAcknowledging(this)
  }

  /** Acknowledges what has waited long enough. @returns whether nothing waits any more */
  acknowledgeIfDue(nowMs: number): boolean {
    if (this.#closed) return true
    if (!this.#acknowledgements.isDue(nowMs)) return this.#acknowledgements.isEmpty
    this.#acknowledge()
    return true
  }

  /** For `checkWork`. */
  findIssue(sequence: number): IssuedJob | undefined {
    return this.#host.findIssue(sequence)
  }

  /** For `checkWork`. */
  extranonceAt(sequence: number): TimedExtranonce | undefined {
    for (let n = this.#extranonces.length - 1; n >= 0; n--) {
      const extranonce = this.#extranonces[n]!
      if (extranonce.sequence <= sequence) return extranonce
    }
    return undefined
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
    this.#workers = new ChannelWorkers(this)
  }

  #startDifficulty(nominalHashRate: number): void {
    const { rig } = this
    const { agent } = this.#link
    const { clock, sharesPerMinute } = this.#host
    const nowMs = clock.monotonicMs()
    this.#nominalHs = nominalHashRate
    rig.setLeastDifficulty(difficultyOfTarget(this.#maxTarget), nowMs)
    const remembered = this.#host.rememberedDifficulty(rig.rigKey)
    if (remembered !== undefined) this.#startVardiff(remembered, true)
    else if (nominalHashRate > 0) {
      this.#startVardiff(difficultyOfHashrate(nominalHashRate, sharesPerMinute), false)
    } else {
      rig.nominalHashrateHs = nominalHashrateOf(agent)
      this.#startVardiff(startDifficultyOf(agent, sharesPerMinute), false)
    }
    const issued = this.#host.currentIssue(this)
    const cap = issued === null ? Infinity : this.#host.difficultyCap(issued)
    this.#told = this.#targetOf(wantedDifficulty(rig, cap, nowMs))
  }

  #startVardiff(difficulty: number, known: boolean): void {
    if (isDifficulty(difficulty)) {
      this.rig.startVardiff(difficulty, this.#host.clock.monotonicMs(), known)
    }
  }

  #wantsOtherDifficulty(issued: IssuedJob, nowMs: number): boolean {
    const wanted = wantedDifficulty(this.rig, this.#host.difficultyCap(issued), nowMs)
    return wanted !== this.rig.steps.latest?.difficulty
  }

  /** Never easier than the rig accepts, not even by a rounding. */
  #targetOf(difficulty: number): Target {
    return harderTarget(targetOfDifficulty(difficulty), this.#maxTarget)
  }

  #pushTarget(issued: IssuedJob, frames: Uint8Array[]): void {
    const cap = this.#host.difficultyCap(issued)
    const nowMs = this.#host.clock.monotonicMs()
    const difficulty = pinDifficulty(this.rig, issued, this.#reissue, cap, nowMs)
    if (difficulty === undefined) return
    const target = this.#targetOf(difficulty)
    if (equalBytes(target, this.#told)) return
    this.#told = target
    frames.push(setTarget.encode({ channelId: this.id, maximumTarget: target }))
  }

  /** @param clean as a future job that SetNewPrevHash makes active; otherwise it is active at once */
  #pushJob(issued: IssuedJob, ntime: number, clean: boolean, frames: Uint8Array[]): void {
    const jobId = issued.sequence * 0x100 + this.#reissue
    const minNtime = clean ? null : ntime
    const jobFrames = framesOf(issued)
    const grant = this.#extranonces.at(-1)
    if (grant === undefined) return
    if (this.channelKind === 'standard') {
      this.#link.tap.basis(meteredJob(issued.job, rigBytesOf(grant), clean))
    }
    frames.push(
      this.channelKind === 'standard'
        ? jobFrames.standard(grant, this.id, jobId, minNtime)
        : jobFrames.extended(rigBytesOf(grant), this.id, jobId, minNtime),
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

  #offererOf(trailing: Uint8Array): ShareOfferer {
    return this.#workers?.offererOf(trailing) ?? this
  }

  /** @param extranonce the rollable one; null on a standard channel, which has none */
  #submit(
    share: SubmitSharesStandard | SubmitSharesExtended,
    extranonce: Uint8Array | null,
    offerer: ShareOfferer,
  ): void {
    const { sequenceNumber, jobId, ntime, nonce, version } = share
    const nowMs = this.#host.clock.nowMs()
    const work = checkWork(jobId, extranonce === null ? null : extranonce.length, ntime, nowMs, this)
    if (!work.ok) return this.#refuse(offerer, sequenceNumber, work)
    const { issued, pinned } = work
    const { job } = issued
    if (forbiddenVersionChange(job.version, version, job.versionRollingMask) !== 0) {
      return this.#refuseVersion(offerer, sequenceNumber, issued)
    }
    const grant = work.grant as TimedExtranonce
    this.#host.offerShare({
      offerer,
      reference: sequenceNumber,
      issued,
      pinned,
      rollable: rollableOf(job, grant.extranonce1, extranonce ?? grant.zeros),
      ntime,
      nonce,
      version,
    })
  }

  /** SV2 has no message for the mask: firmware rolls the bits it was built for. */
  #refuseVersion(offerer: ShareOfferer, sequenceNumber: number, issued: IssuedJob): void {
    const { job, poolId } = issued
    if (this.#maskPoolId !== poolId) {
      this.#maskPoolId = poolId
      this.#host.log.warn('a rig rolls version bits that the pool does not allow; such shares are dropped', {
        rig: this.rig.id,
        name: this.rig.name,
        poolId,
        allowedMask: job.versionRollingMask.toString(16).padStart(8, '0'),
      })
    }
    const { versionRollingNotAllowed, invalidNonRollableVersionBit } = ErrorCodes.submitShares
    const code = job.versionRollingMask === 0 ? versionRollingNotAllowed : invalidNonRollableVersionBit
    this.#refuse(offerer, sequenceNumber, invalid(code, issued))
  }

  #refuse(
    offerer: ShareOfferer,
    sequenceNumber: number,
    { refusal, issued }: { readonly refusal: ShareRefusal; readonly issued: IssuedJob | undefined },
  ): void {
    const poolId = issued?.poolId ?? this.#host.poolIdForRefusals(this)
    this.#host.refuseShare(offerer, sequenceNumber, poolId, refusal)
  }

  #acknowledge(): void {
    const message = this.#acknowledgements.take()
    if (message !== null) this.#link.send([submitSharesSuccess.encode(message)])
  }

  #useExtranonce(grant: ExtranonceGrant, sequence: number): void {
    const zeros = new Uint8Array(grant.layout.extranonce2Size)
    this.#extranonces.push({ ...grant, sequence, zeros })
    if (this.#extranonces.length > EXTRANONCES_KEPT) {
      const [oldest] = this.#extranonces.splice(0, 1)
      if (oldest) this.#host.releaseExtranonce(oldest)
    }
    this.rig.extranonce1 = grant.extranonce1
    this.rig.layout = grant.layout
    this.rig.changed = true
  }
}

/** Where the specification's word is not ours. */
const WIRE_CODES: Readonly<Record<string, string>> = {
  'invalid-ntime': ErrorCodes.submitShares.invalidShare,
}

const rigBytesOf = ({ layout }: ExtranonceGrant): number => layout.extranonce1Size + layout.extranonce2Size

function isHashrate(value: number): boolean {
  return Number.isFinite(value) && value >= 0
}

function isServable(maxTarget: Uint8Array): boolean {
  return difficultyOfTarget(asTarget(maxTarget)) <= HARDEST_DIFFICULTY
}

function harderTarget(a: Target, b: Target): Target {
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return a[i]! < b[i]! ? a : b
  return a
}
