/**
 * A device on this machine's own ports while it has a place in the proxy: one more rig, without a connection. Its jobs
 * are handed over in the turn in which they arrive, and its shares are checked, counted and forwarded as any other's.
 *
 * Nothing is fixed for it at its start as for a rig on a socket: another extranonce of another size comes with its next
 * job, so that a switch of pools is always that, one job.
 */
import {
  type DeviceJob,
  type DeviceShare,
  difficultyOfHashrate,
  forbiddenVersionChange,
  isDifficulty,
  merkleRootsOf,
  rollableOf,
} from '../../mining/index.ts'
import { type IssuedJob, jobNumberOf, MAX_REISSUE } from '../shares/job-board.ts'
import { type ShareOfferer, type ShareReference, type ShareRefusal } from '../shares/share-desk.ts'
import { type Downstream, type DownstreamHost, type ExtranonceGrant } from './downstream.ts'
import { ExtranonceHistory } from './extranonce-history.ts'
import { type Rig } from './rig.ts'
import { checkWork, invalid, type RefusedShare, type ShareContext } from './share-check.ts'
import { pinDifficulty } from './tell-difficulty.ts'

export interface DeviceSessionParts {
  /** With its identity. */
  readonly rig: Rig
  readonly host: DownstreamHost
  /** H/s at its present settings; 0 if that is not known. */
  readonly nominalHashrateHs: number
  onJob(job: DeviceJob): void
  /** Our verdict on a share. @param refusal null for a good one */
  onAnswer(refusal: ShareRefusal | null): void
  /** The proxy can give it nothing any more as it is; it may come back with a new session. */
  onDisconnected(reason: string): void
}

/** Another nominal hashrate is news from here on. */
const NOMINAL_NEWS_RATIO = 2
/** A job that earns nothing is mostly followed by one that does, and switching a board off and on takes time. */
const IDLE_PATIENCE_MS = 30_000
/** A device rolls what it is given, so any layout will do for it. */
const ANY_LAYOUT = { rollsVersions: true, minimumRollableSize: 0 }

export class DeviceSession implements Downstream, ShareOfferer, ShareContext {
  readonly protocol = 'device'
  readonly transport = 'usb'
  readonly channelKind = null
  readonly canSetExtranonce = true
  readonly rig: Rig
  /** First issue it was given. */
  firstSequence = 0
  readonly #parts: DeviceSessionParts
  readonly #host: DownstreamHost
  readonly #extranonces: ExtranonceHistory
  #nominalHs = 0
  #ready = false
  #closed = false
  #job: DeviceJob | null = null
  #last: IssuedJob | null = null
  #reissue = 0
  #lastNtime = 0
  #nextReference = 1
  /** Since when its job earns nothing; null while it does. */
  #idleSinceMs: number | null = null

  constructor(parts: DeviceSessionParts) {
    this.#parts = parts
    this.rig = parts.rig
    this.#host = parts.host
    this.#extranonces = new ExtranonceHistory(this.rig, this.#host)
  }

  get ready(): boolean {
    return this.#ready
  }

  /** What it was given last; null before the first job, after the end, and when that has earned nothing for a while. */
  get job(): DeviceJob | null {
    return this.#job
  }

  /**
   * Takes a place in the extranonce and a first difficulty.
   * @throws HeadframeError `extranonce/…` when the pool leaves no room for it; nothing is taken then
   */
  open(): void {
    const { rig } = this
    this.#extranonces.use(this.#host.grantExtranonce(this, ANY_LAYOUT), 0)
    rig.rollsVersions = this.#host.offeredVersionMask(this) !== 0
    this.setNominalHashrate(this.#parts.nominalHashrateHs)
    const remembered = this.#host.rememberedDifficulty(rig.rigKey)
    if (remembered !== undefined) rig.startVardiff(remembered, this.#host.clock.monotonicMs(), true)
  }

  /** Takes jobs from now on. */
  start(): void {
    this.#ready = true
    this.#host.onReady(this)
  }

  sendJob(issued: IssuedJob): void {
    if (this.#closed) return
    const last = this.#last
    if (last === null) this.firstSequence = issued.sequence
    this.#reissue = issued === last ? Math.min(this.#reissue + 1, MAX_REISSUE) : 0
    this.#last = issued
    this.rig.rollsVersions = issued.job.versionRollingMask !== 0
    // A job of another pool is not clean: until its line is closed, the pool that was left takes late shares.
    this.#give(issued, issued.ntime, last === null || last.staleBecause !== null)
  }

  reissue(issued: IssuedJob): boolean {
    if (this.#closed || issued !== this.#last || this.#reissue >= MAX_REISSUE) return false
    const elapsedS = Math.floor((this.#host.clock.monotonicMs() - issued.issuedMonotonicMs) / 1000)
    const ntime = issued.ntime + elapsedS
    // The same job with the same time would send the device over the same ground again.
    if (ntime <= this.#lastNtime) return false
    this.#reissue++
    this.#give(issued, ntime, false)
    return true
  }

  setExtranonce(grant: ExtranonceGrant, from: IssuedJob): boolean {
    this.#extranonces.use(grant, from.sequence)
    return true
  }

  disconnect(reason: string): void {
    if (this.#closed) return
    this.end(reason)
    this.#parts.onDisconnected(reason)
  }

  /** Gives everything back. Harmless when repeated. */
  end(reason: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#ready = false
    this.#job = null
    this.#extranonces.release()
    this.#host.onClosed(this, reason)
  }

  submit({ jobNumber, extranonce2, ntime, nonce, version }: DeviceShare): void {
    if (this.#closed) return
    const work = checkWork(jobNumber, extranonce2.length, ntime, this.#host.clock.nowMs(), this)
    if (!work.ok) return this.#refuse(work)
    const { issued, pinned, grant } = work
    const { job } = issued
    if (nonce !== nonce >>> 0 || version !== version >>> 0) {
      return this.#refuse(invalid('malformed-share', issued))
    }
    if (forbiddenVersionChange(job.version, version, job.versionRollingMask) !== 0) {
      const isNone = job.versionRollingMask === 0
      const reason = isNone ? 'version-rolling-not-allowed' : 'invalid-non-rollable-version-bit'
      return this.#refuse(invalid(reason, issued))
    }
    this.#host.offerShare({
      offerer: this,
      reference: this.#nextReference++,
      issued,
      pinned,
      rollable: rollableOf(job, grant.extranonce1, extranonce2),
      ntime,
      nonce,
      version,
    })
  }

  answerShare(_reference: ShareReference, refusal: ShareRefusal | null): void {
    this.#parts.onAnswer(refusal)
  }

  /** It delivers another rate from now on; one that says nothing is ignored. */
  setNominalHashrate(nominalHashrateHs: number): void {
    const { clock, sharesPerMinute } = this.#host
    const difficulty = difficultyOfHashrate(nominalHashrateHs, sharesPerMinute)
    if (!isDifficulty(difficulty)) return
    const ratio = nominalHashrateHs / this.#nominalHs
    this.rig.nominalHashrateHs = nominalHashrateHs
    if (ratio < NOMINAL_NEWS_RATIO && ratio > 1 / NOMINAL_NEWS_RATIO) return
    this.#nominalHs = nominalHashrateHs
    this.rig.startVardiff(difficulty, clock.monotonicMs(), false)
  }

  /** Its chips report nothing easier as they are set. Where the pool credits less, that counts: chips can be told. */
  setLeastDifficulty(difficulty: number): void {
    this.rig.setMinimumDifficulty(difficulty, this.#host.clock.monotonicMs())
  }

  onIdle(): void {
    const nowMs = this.#host.clock.monotonicMs()
    this.#idleSinceMs ??= nowMs
    // Of a board that hashes for nothing only the heat is left, and unlike a rig it can be told.
    if (nowMs - this.#idleSinceMs >= IDLE_PATIENCE_MS) this.#job = null
  }

  /** For `checkWork`. */
  findIssue(sequence: number): IssuedJob | undefined {
    return this.#host.findIssue(sequence)
  }

  /** For `checkWork`. */
  extranonceAt(sequence: number): ExtranonceGrant | undefined {
    return this.#extranonces.at(sequence)
  }

  #give(issued: IssuedJob, ntime: number, cleanJobs: boolean): void {
    const grant = this.#extranonces.latest
    if (grant === undefined) return
    const { rig } = this
    const { job, sequence } = issued
    pinDifficulty(
      rig,
      issued,
      this.#reissue,
      this.#host.difficultyCap(issued),
      this.#host.clock.monotonicMs(),
    )
    const { target, difficulty } = rig.steps.at(sequence, this.#reissue)!
    this.#lastNtime = ntime
    this.#idleSinceMs = null
    const { extranonce2Size } = grant.layout
    this.#job = {
      number: jobNumberOf(sequence, this.#reissue),
      version: job.version,
      versionRollingMask: job.versionRollingMask,
      prevHash: job.tip.prevHash,
      nBits: job.tip.nBits,
      ntime,
      extranonce2Size,
      target,
      difficulty,
      cleanJobs,
      merkleRoot: merkleRootsOf(job, grant.extranonce1, extranonce2Size),
    }
    this.#parts.onJob(this.#job)
  }

  #refuse({ refusal, issued }: RefusedShare): void {
    const poolId = issued?.poolId ?? this.#host.poolIdForRefusals(this)
    this.#host.refuseShare(this, this.#nextReference++, poolId, refusal)
  }
}
