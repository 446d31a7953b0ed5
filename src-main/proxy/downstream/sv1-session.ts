/**
 * One Stratum V1 rig on its socket: configure, subscribe, authorise, then jobs and shares. Tolerant of the
 * order firmware says things in; a wrong message is answered and counted, and only bytes that are no
 * Stratum at all end the connection.
 */
import { type Connection } from '../../net/index.ts'
import { BIP323_MASK, difficultyOfTarget, negotiateMask, targetFromHex } from '../../mining/index.ts'
import {
  type ConfigureRequest,
  decodeLine,
  formatConfigureResult,
  formatError,
  formatPong,
  formatResult,
  formatSetDifficulty,
  formatSetExtranonce,
  formatSetVersionMask,
  formatSubscribeResult,
  formatTrue,
  type LineFault,
  LineFramer,
  MAX_LINE_BYTES,
  parseRigLine,
  type RequestId,
  type RigMessage,
  type SubmitRequest,
  SubmitScan,
  parseJobNumber,
  type SubscribeRequest,
  SV1_ERROR,
} from '../../sv1/index.ts'
import { HeadframeError } from '../../base/index.ts'
import {
  type Downstream,
  type DownstreamHost,
  type ExtranonceGrant,
  type RigTransport,
} from './downstream.ts'
import { type LinkTap, meteredJob, NO_TAP } from '../insight/traffic-tap.ts'
import { type IssuedJob, MAX_REISSUE, notifyLine, reissueLine } from '../shares/job-board.ts'
import { ExtranonceHistory } from './extranonce-history.ts'
import { type Rig } from './rig.ts'
import { type ShareOfferer, type ShareRefusal } from '../shares/share-desk.ts'
import { nominalHashrateOf, startDifficultyOf } from './start-difficulty.ts'
import { pinDifficulty } from './tell-difficulty.ts'
import { checkSubmit, type Submit, type SubmitContext, sv1ErrorOf } from './sv1-submit.ts'

/**
 * Silence that ends a connection: until authorised, and afterwards. A rig at work sends several shares a minute, but
 * during an outage of all pools it may have nothing to send for hours, and must not be sent away for that; one that
 * is really gone is noticed by the job it does not acknowledge each minute.
 */
const IDLE_BEFORE_AUTHORISED_MS = 60_000
const IDLE_AUTHORISED_MS = 12 * 60 * 60_000
/** Faulty messages in a row after which the connection ends: the peer speaks something else. */
const FAULTS_IN_A_ROW = 20
/** Shared by all sessions: its values are used up within the line. */
const scan = new SubmitScan()

export class Sv1Session implements Downstream, ShareOfferer, SubmitContext {
  readonly protocol = 'stratum-v1'
  readonly channelKind = null
  readonly rig: Rig
  canSetExtranonce = false
  readonly #host: DownstreamHost
  readonly #connection: Connection
  readonly #tap: LinkTap
  readonly #framer = new LineFramer()
  #subscribed = false
  #authorised = false
  #ready = false
  /** Whether the rig said what difficulty it would like. */
  #suggested = false
  #closed = false
  #faults = 0
  /** Bits the rig asked to roll; 0 if it never did. */
  #requestedMask = 0
  #toldMask = 0
  readonly #extranonces: ExtranonceHistory
  #lastIssued: IssuedJob | null = null
  #firstSequence = 0
  #reissue = 0
  #lastNtime = 0
  /** When the rig was told its difficulty, on the monotonic clock. */
  #toldMonotonicMs = 0

  constructor(connection: Connection, rig: Rig, host: DownstreamHost) {
    this.rig = rig
    this.#host = host
    this.#extranonces = new ExtranonceHistory(rig, host)
    this.#connection = connection
    this.#tap = host.openTap?.({ protocol: this.protocol, connection, owner: () => rig }) ?? NO_TAP
    connection.idleTimeoutMs = IDLE_BEFORE_AUTHORISED_MS
    connection.onData(this.#onData)
    connection.onClose((reason) => this.#onClose(reason.text))
  }

  get transport(): RigTransport {
    return this.#connection.transport
  }

  get ready(): boolean {
    return this.#ready
  }

  sendJob(issued: IssuedJob): void {
    if (this.#closed) return
    const grant = this.#extranonces.latest
    if (!grant) return
    const last = this.#lastIssued
    if (!last) this.#firstSequence = issued.sequence
    this.#lastIssued = issued
    this.#reissue = 0
    this.#lastNtime = issued.ntime
    this.#tellMask(issued)
    const anew = this.#tellDifficulty(issued)
    // Also when the job that said so did not reach this rig before it was overtaken.
    const cleanJobs =
      issued.cleanJobs || !last || last.staleBecause !== null || last.lineId !== issued.lineId || anew
    this.#tap.meter.job(meteredJob(issued.job, this.#extranonces.rigBytes, cleanJobs))
    this.#write(notifyLine(issued, this.#extranonces.rigBytes, cleanJobs))
  }

  reissue(issued: IssuedJob): boolean {
    const grant = this.#extranonces.latest
    if (this.#closed || !grant || issued !== this.#lastIssued) return false
    if (this.#reissue >= MAX_REISSUE) return false
    const elapsedS = Math.floor((this.#host.clock.monotonicMs() - issued.issuedMonotonicMs) / 1000)
    const ntime = issued.ntime + elapsedS
    // The same job with the same time would send the rig over the same ground again.
    if (ntime <= this.#lastNtime) return false
    this.#lastNtime = ntime
    this.#reissue++
    const anew = this.#tellDifficulty(issued)
    this.#tap.meter.job(meteredJob(issued.job, this.#extranonces.rigBytes, anew))
    this.#write(reissueLine(issued, this.#reissue, ntime, this.#extranonces.rigBytes, anew))
    return true
  }

  setExtranonce(grant: ExtranonceGrant, from: IssuedJob): boolean {
    this.#extranonces.use(grant, from.sequence)
    this.#tap.meter.extranonce(grant.extranonce1.length)
    this.#write(formatSetExtranonce(grant.extranonce1, grant.layout.extranonce2Size))
    return true
  }

  disconnect(reason: string): void {
    this.#connection.close(reason)
  }

  answerShare(reference: string, refusal: ShareRefusal | null): void {
    this.#tap.meter.answer(refusal?.reason ?? null)
    if (refusal === null) this.#write(formatTrue(reference))
    else {
      const { code, message } = sv1ErrorOf(refusal.reason)
      this.#write(formatError(reference, code, refusal.detail ?? message))
    }
  }

  /** For `checkSubmit`, as the next six: an object made for each share would cost more than the check. */
  get subscribed(): boolean {
    return this.#subscribed
  }

  get authorised(): boolean {
    return this.#authorised
  }

  get requestedMask(): number {
    return this.#requestedMask
  }

  get firstSequence(): number {
    return this.#firstSequence
  }

  get nowMs(): number {
    return this.#host.clock.nowMs()
  }

  findIssue(sequence: number): IssuedJob | undefined {
    return this.#host.findIssue(sequence)
  }

  extranonceAt(sequence: number): ExtranonceGrant | undefined {
    return this.#extranonces.at(sequence)
  }

  readonly #onData = (bytes: Uint8Array): void => {
    const fault = this.#framer.push(bytes, this.#onLine)
    if (fault) this.#onFault(fault)
  }

  #write(line: string | Uint8Array): void {
    if (this.#tap.active) this.#tap.record('out', line)
    this.#connection.write(line)
  }

  readonly #onLine = (bytes: Uint8Array, start: number, end: number): void => {
    if (this.#tap.active) this.#tap.record('in', bytes.subarray(start, end))
    if (this.#ready && scan.scan(bytes, start, end)) {
      this.#faults = 0
      return this.#onSubmit(scannedSubmit())
    }
    const text = decodeLine(bytes, start, end)
    if (!text.ok) return this.#onFault(text.error)
    const message = parseRigLine(text.value)
    if (!message.ok) return this.#onFault(message.error)
    this.#faults = 0
    this.#onMessage(message.value)
  }

  #onMessage(message: RigMessage): void {
    switch (message.kind) {
      case 'submit':
        return this.#onSubmit(parsedSubmit(message))
      case 'configure':
        return this.#onConfigure(message)
      case 'subscribe':
        return this.#onSubscribe(message)
      case 'authorize':
        return this.#onAuthorise(message.id, message.user)
      case 'suggest-difficulty':
        return this.#onSuggestion(message.id, message.difficulty)
      case 'suggest-target': {
        const target = targetFromHex(message.targetHex)
        return this.#onSuggestion(message.id, target ? difficultyOfTarget(target) : 0)
      }
      case 'extranonce-subscribe':
        this.canSetExtranonce = true
        return this.#reply(formatTrue(message.id))
      case 'ping':
        return this.#reply(formatPong(message.id))
      case 'multi-version':
        return this.#reply(formatTrue(message.id))
      case 'get-transactions':
        return this.#reply(formatResult(message.id, []))
      case 'pong':
      case 'response':
        return
      case 'unknown-method':
        return this.#reply(
          formatError(message.id, SV1_ERROR.other, `Method ${message.method.slice(0, 60)} is not known here`),
        )
    }
  }

  #onConfigure(request: ConfigureRequest): void {
    let mask = 0
    if (request.versionRolling) {
      this.#requestedMask = negotiateMask(request.versionRolling.mask, BIP323_MASK)
      mask = negotiateMask(request.versionRolling.mask, this.#host.offeredVersionMask(this))
      this.#toldMask = mask
      this.rig.rollsVersions = mask !== 0
    }
    if (request.subscribeExtranonce) this.canSetExtranonce = true
    if (request.minimumDifficulty !== null) {
      this.rig.setMinimumDifficulty(request.minimumDifficulty, this.#host.clock.monotonicMs())
    }
    this.#reply(
      formatConfigureResult(request, {
        versionRollingMask: mask,
        minimumDifficulty: request.minimumDifficulty !== null,
        subscribeExtranonce: true,
      }),
    )
  }

  #onSubscribe(request: SubscribeRequest): void {
    if (!this.#subscribed) {
      this.rig.userAgent = request.userAgent === '' ? null : request.userAgent.slice(0, 120)
      try {
        const grant = this.#host.grantExtranonce(this, {
          rollsVersions: this.rig.rollsVersions,
          minimumRollableSize: 0,
        })
        this.#extranonces.use(grant, 0)
      } catch (error) {
        if (!(error instanceof HeadframeError)) throw error
        return this.#reply(formatError(request.id, SV1_ERROR.other, error.message))
      }
      if (!this.#suggested) {
        const start = startDifficultyOf(this.rig.userAgent, this.#host.sharesPerMinute)
        this.rig.nominalHashrateHs = nominalHashrateOf(this.rig.userAgent)
        this.rig.startVardiff(start, this.#host.clock.monotonicMs(), false)
      }
      this.#subscribed = true
    }
    const grant = this.#extranonces.latest!
    this.#reply(
      formatSubscribeResult(request.id, {
        sessionId: this.rig.id,
        extranonce1: grant.extranonce1,
        extranonce2Size: grant.layout.extranonce2Size,
      }),
    )
    this.#becomeReady()
  }

  #onAuthorise(id: RequestId, user: string): void {
    if (!this.#authorised) {
      this.#authorised = true
      this.#framer.setMaxLineBytes(MAX_LINE_BYTES)
      this.#connection.idleTimeoutMs = IDLE_AUTHORISED_MS
      this.rig.identify(user.slice(0, 120) || this.rig.address)
      const remembered = this.#host.rememberedDifficulty(this.rig.rigKey)
      if (remembered !== undefined) {
        this.rig.startVardiff(remembered, this.#host.clock.monotonicMs(), true)
      }
    }
    this.#reply(formatTrue(id))
    this.#becomeReady()
  }

  #onSuggestion(id: RequestId, difficulty: number): void {
    if (difficulty > 0 && Number.isFinite(difficulty)) {
      this.#suggested = true
      // A rig knows itself better than we know its kind.
      this.rig.nominalHashrateHs = null
      this.rig.startVardiff(difficulty, this.#host.clock.monotonicMs(), false)
      const issued = this.#ready ? this.#host.currentIssue(this) : null
      if (issued) this.reissue(issued)
    }
    this.#reply(formatTrue(id))
  }

  #onSubmit(submit: Submit): void {
    this.#tap.meter.share()
    const checked = checkSubmit(submit, {
      subscribed: this.#subscribed,
      authorised: this.#authorised,
      requestedMask: this.#requestedMask,
      firstSequence: this.#firstSequence,
      nowMs: this.#host.clock.nowMs(),
      rig: this.rig,
      findIssue: (sequence) => this.#host.findIssue(sequence),
      extranonceAt: (sequence) => this.#extranonces.at(sequence),
    })
    if (checked.ok) {
      const { issued, pinned, rollable, ntime, nonce, version } = checked.share
      const reference = submit.id
      this.#host.offerShare({ offerer: this, reference, issued, pinned, rollable, ntime, nonce, version })
    } else {
      const poolId = checked.issued?.poolId ?? this.#host.poolIdForRefusals(this)
      this.#host.refuseShare(this, submit.id, poolId, checked.refusal)
    }
  }

  #becomeReady(): void {
    if (this.#ready || !this.#subscribed || !this.#authorised) return
    this.#ready = true
    this.#meterSession()
    this.#host.onReady(this)
  }

  #meterSession(): void {
    const { name, userAgent, address } = this.rig
    const { layout } = this.#extranonces.latest!
    // What it dialled is not known; an address of the same network is as long.
    this.#tap.meter.session({ userAgent: userAgent ?? '', user: name, host: address, ...layout })
  }

  /**
   * Tells the difficulty of the job to come, if it is another.
   * @returns whether the rig is to drop what it does: its difficulty falls, and it found nothing at the one before.
   *   Some rigs apply a new one only to work they begin anew, and hardly ever come to the end of what is too hard
   *   for them; what earned nothing can be dropped.
   */
  #tellDifficulty(issued: IssuedJob): boolean {
    const { steps, lastShareMonotonicMs } = this.rig
    const before = steps.latest?.difficulty ?? 0
    const nowMs = this.#host.clock.monotonicMs()
    const told = pinDifficulty(this.rig, issued, this.#reissue, this.#host.difficultyCap(issued), nowMs)
    if (told === undefined) return false
    const foundNothing = lastShareMonotonicMs === null || lastShareMonotonicMs < this.#toldMonotonicMs
    this.#toldMonotonicMs = nowMs
    this.#tap.meter.difficulty()
    this.#write(formatSetDifficulty(told))
    return told < before && foundNothing
  }

  #tellMask(issued: IssuedJob): void {
    if (this.#requestedMask === 0) return
    const mask = negotiateMask(this.#requestedMask, issued.job.versionRollingMask)
    if (mask === this.#toldMask) return
    this.#toldMask = mask
    this.rig.rollsVersions = mask !== 0
    this.#write(formatSetVersionMask(mask))
  }

  #onFault(fault: LineFault): void {
    this.#host.log.debug('rig sent a faulty line', { rig: this.rig.id, code: fault.code })
    this.#faults++
    if (fault.method === 'mining.submit') {
      this.#tap.meter.share()
      const refusal = { kind: 'invalid', reason: 'malformed-share', detail: fault.message } as const
      this.#host.refuseShare(this, fault.id, this.#host.poolIdForRefusals(this), refusal)
    } else this.#reply(formatError(fault.id, SV1_ERROR.other, fault.message))
    if (fault.fatal || this.#faults >= FAULTS_IN_A_ROW) {
      this.#framer.close()
      this.#connection.close(fault.message)
    }
  }

  #reply(line: string): void {
    this.#write(line)
  }

  #onClose(reason: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#ready = false
    this.#tap.close()
    this.#framer.close()
    this.#extranonces.release()
    this.#host.onClosed(this, reason)
  }
}

function scannedSubmit(): Submit {
  return {
    id: scan.id,
    jobNumber: scan.jobNumber >= 0 ? scan.jobNumber : parseJobNumber(scan.jobId.toLowerCase()),
    extranonce2: scan.extranonce2Bytes,
    ntime: scan.ntime,
    nonce: scan.nonce,
    versionBits: scan.versionBits < 0 ? null : scan.versionBits,
  }
}

function parsedSubmit({ id, jobId, extranonce2, ntime, nonce, versionBits }: SubmitRequest): Submit {
  return { id, jobNumber: parseJobNumber(jobId.toLowerCase()), extranonce2, ntime, nonce, versionBits }
}
