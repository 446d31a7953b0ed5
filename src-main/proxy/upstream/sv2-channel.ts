/**
 * One extended channel on a connection to a Stratum V2 pool: a line with its jobs and our shares (Mining
 * Protocol, 5.1 to 5.3). The connection (`sv2-pool-session.ts`) seals and routes; this knows nothing of other
 * channels.
 */
import { type ErrorCode } from '../../base/index.ts'
import { asBlockHash, asTarget, type Job, type JobId, MAX_TARGET, type Share } from '../../mining/index.ts'
import {
  type ActiveJob,
  applyChannelMessage,
  type ChannelJobMessage,
  type ChannelJobs,
  describeErrorCode,
  type MiningConnectionMessage,
  openChannelJobs,
  type OpenExtendedMiningChannelSuccess,
  ShareLedger,
  type SubmitSharesError,
  type SubmitSharesSuccess,
  submitSharesExtended,
} from '../../sv2/index.ts'
import {
  type LineRemains,
  type PoolSessionParts,
  type SessionEnd,
  type SessionLine,
  type SessionLineParts,
} from './pool-session.ts'
import { SessionTimeout } from './session-timeout.ts'

const REPLY_TIMEOUT_MS = 15_000
const FIRST_JOB_TIMEOUT_MS = 60_000
const IDENTITY_RETRY_MS = 60_000
const NO_JOB_AFTER_TIP_MS = 10_000
/** Asked for first; a pool that finds it too much is asked for less. */
const EXTRANONCE_SIZES = [8, 4, 2] as const
/** A pool adjusts its target to what we say; saying it more often than this would be micro-management. */
const NOMINAL_PERIOD_MS = 30_000
const NOMINAL_CHANGE_RATIO = 0.15
/** What was said is far off, as after the first few shares: then it is corrected sooner. */
const NOMINAL_LEAP_RATIO = 0.5
const NOMINAL_LEAP_PERIOD_MS = 5_000

interface SentToken<Token> {
  readonly token: Token
  readonly sentMs: number
}

/** What a channel asks of its connection. */
export interface ChannelHost<Token> {
  readonly parts: PoolSessionParts
  /** Whether the pool accepts no version but the job's. */
  readonly fixedVersion: boolean
  send(message: MiningConnectionMessage): void
  sendFrame(frame: Uint8Array): void
  /** A request id that was not used on this connection. */
  nextRequestId(channel: Sv2Channel<Token>): number
  /** Bytes to append to a share; undefined where no extension was negotiated. */
  shareTrailer(rigName: string): Uint8Array | undefined
  onClosed(channel: Sv2Channel<Token>): void
}

export class Sv2Channel<Token> implements SessionLine<Token> {
  readonly #host: ChannelHost<Token>
  readonly #line: SessionLineParts<Token>
  readonly #timeout: SessionTimeout
  readonly #ledger = new ShareLedger<SentToken<Token>>()
  /** Our ids of the channel's jobs, both ways. */
  readonly #poolIdOf = new Map<JobId, number>()
  readonly #ourIdOf = new Map<number, JobId>()
  #jobs: ChannelJobs | null = null
  /** As the pool granted it, also where the grant is of no use; null before. */
  channelId: number | null = null
  #nominalHs: number
  #nominalAtMs: number
  #hadJob = false
  readonly #faultsSeen = new Set<string>()
  #ended = false
  /** What it asked for last: others may have learned meanwhile that it is too much. */
  #extranonceChoice = 0

  constructor(host: ChannelHost<Token>, line: SessionLineParts<Token>) {
    this.#host = host
    this.#line = line
    const { clock } = host.parts
    this.#nominalHs = line.nominalHashrateHs
    this.#nominalAtMs = clock.monotonicMs()
    this.#timeout = new SessionTimeout(clock, (what, ms) => this.#onTimeout(what, ms))
  }

  /** The channel's jobs; null before it is open. */
  get jobs(): ChannelJobs | null {
    return this.#jobs
  }

  get unansweredCount(): number {
    return this.#ledger.pending
  }

  get oldestUnansweredMs(): number | null {
    return this.#ledger.oldestPending?.sentMs ?? null
  }

  get miscounted(): number {
    return this.#ledger.unmatched
  }

  accepts(jobId: JobId): boolean {
    return !this.#ended && this.#poolIdOf.has(jobId)
  }

  submit(share: Share, token: Token, rigName: string): boolean {
    const jobId = this.#poolIdOf.get(share.jobId)
    if (this.#ended || jobId === undefined || !this.#jobs) return false
    const sentMs = this.#host.parts.clock.monotonicMs()
    const { sequenceNumber, givenUp } = this.#ledger.submit({ token, sentMs })
    if (givenUp) {
      this.#line.events.onOutcome(givenUp.token, { kind: 'lost', because: 'the pool stopped answering' })
    }
    this.#host.sendFrame(
      submitSharesExtended.encode(
        {
          channelId: this.#jobs.channelId,
          sequenceNumber,
          jobId,
          nonce: share.nonce,
          ntime: share.ntime,
          version: share.version,
          extranonce: share.rollable,
        },
        this.#host.shareTrailer(rigName),
      ),
    )
    return true
  }

  setNominalHashrate(hashrateHs: number): void {
    if (this.#ended || !this.#jobs || hashrateHs === 0) return
    const nowMs = this.#host.parts.clock.monotonicMs()
    const change = Math.abs(hashrateHs - this.#nominalHs) / Math.max(this.#nominalHs, 1)
    const periodMs = change < NOMINAL_LEAP_RATIO ? NOMINAL_PERIOD_MS : NOMINAL_LEAP_PERIOD_MS
    const isFirst = this.#nominalHs === 0
    if (change < NOMINAL_CHANGE_RATIO || (!isFirst && nowMs - this.#nominalAtMs < periodMs)) return
    this.#nominalHs = hashrateHs
    this.#nominalAtMs = nowMs
    this.repeatNominal()
  }

  /** Says once more what is known already; many pools answer with SetTarget. */
  repeatNominal(): void {
    if (!this.#jobs || this.#ended) return
    this.#host.send({
      name: 'UpdateChannel',
      channelId: this.#jobs.channelId,
      nominalHashRate: this.#nominalHs,
      maximumTarget: MAX_TARGET,
    })
  }

  /** V2 restores no session: what is unanswered is lost. */
  close(reason: string): LineRemains<Token> {
    this.#ended = true
    const { channelId } = this
    if (channelId !== null && (this.#jobs === null || this.#jobs.closedReason === null)) {
      const reasonCode = reason.slice(0, 100).replace(/[^\x20-\x7e]/g, '?')
      this.#host.send({ name: 'CloseChannel', channelId, reasonCode })
    }
    this.#timeout.clear()
    this.#host.onClosed(this)
    return { lost: this.#ledger.drain().map(({ token }) => token), kept: null }
  }

  /** Asks the pool for the channel; called once the connection is set up. */
  open(): void {
    this.#extranonceChoice = this.#host.parts.memory.extranonceChoice
    this.#host.send({
      name: 'OpenExtendedMiningChannel',
      requestId: this.#host.nextRequestId(this),
      userIdentity: this.#line.userIdentity,
      nominalHashRate: this.#nominalHs,
      maxTarget: MAX_TARGET,
      minExtranonceSize: EXTRANONCE_SIZES[this.#extranonceChoice] ?? 2,
    })
    this.#timeout.await('answer to OpenExtendedMiningChannel', REPLY_TIMEOUT_MS)
  }

  onOpened(message: OpenExtendedMiningChannelSuccess): void {
    this.channelId = message.channelId
    const opened = openChannelJobs(message)
    if (!opened.ok) return this.#end('pool/garbage', opened.error.message)
    this.#jobs = opened.value
    this.#line.events.onGrant({ prefix: message.extranoncePrefix, rollableSize: message.extranonceSize })
    const { events } = this.#host.parts
    events.onStep('channel', `channel ${message.channelId}, extranonce of ${message.extranonceSize} bytes`)
    this.#timeout.await('first job', FIRST_JOB_TIMEOUT_MS)
  }

  onOpenRefused(errorCode: string): void {
    const { config, memory } = this.#host.parts
    const next = this.#extranonceChoice + 1
    if (/extranonce/.test(errorCode) && next < EXTRANONCE_SIZES.length) {
      memory.extranonceChoice = Math.max(memory.extranonceChoice, next)
      return this.open()
    }
    const identity = /user|identity/.test(errorCode)
    this.#fail({
      code: identity ? 'pool/identity-refused' : 'pool/channel-refused',
      message: identity
        ? `${config.name} does not accept the name ${this.#line.userIdentity} (${errorCode}): check the account or payout address.`
        : `${config.name} refused the mining channel (${errorCode || 'no reason given'}). ${describeErrorCode(errorCode)}`,
      retryAfterMs: IDENTITY_RETRY_MS,
    })
  }

  onJobMessage(message: ChannelJobMessage): void {
    if (!this.#jobs || this.#ended) return
    const { parts } = this.#host
    const { channel, dropped, activated, fault } = applyChannelMessage(this.#jobs, message)
    this.#jobs = channel
    if (fault && !this.#faultsSeen.has(fault.code)) {
      // Once for each rule: a pool that breaks it with every message must not fill the log.
      this.#faultsSeen.add(fault.code)
      parts.log.warn('pool broke a rule', { code: fault.code, message: fault.message })
    }
    if (channel.closedReason !== null) {
      return this.#end(
        'pool/channel-closed',
        `${parts.config.name} closed our channel (${channel.closedReason || 'no reason given'}). We connect anew.`,
      )
    }
    const droppedIds: JobId[] = []
    for (const jobId of dropped) {
      const ours = this.#ourIdOf.get(jobId)
      this.#ourIdOf.delete(jobId)
      if (ours === undefined) continue
      this.#poolIdOf.delete(ours)
      droppedIds.push(ours)
    }
    if (fault?.code === 'sv2/unknown-future-job')
      this.#timeout.await('job for the new block', NO_JOB_AFTER_TIP_MS)
    const job = activated.at(-1)
    if (job) this.#onJob(job, droppedIds)
    else if (droppedIds.length > 0) this.#line.events.onDropped(droppedIds)
  }

  onAcknowledged(message: SubmitSharesSuccess): void {
    const { events, clock, log, config } = this.#host.parts
    const before = this.miscounted
    const acknowledged = this.#ledger.acknowledge(message)
    if (this.miscounted > before && before === 0) {
      const { lastSequenceNumber, newSubmitsAcceptedCount } = message
      log.warn('pool acknowledges shares that were not sent', {
        poolId: config.id,
        lastSequenceNumber,
        count: newSubmitsAcceptedCount,
        pending: this.unansweredCount,
      })
    }
    for (const { token } of acknowledged) this.#line.events.onOutcome(token, { kind: 'acknowledged' })
    // The older ones waited for the batch to fill; only the last says how fast the pool answers.
    const last = acknowledged.at(-1)
    if (last) events.onLatency(clock.monotonicMs() - last.sentMs)
  }

  onRejected(message: SubmitSharesError): void {
    const rejected = this.#ledger.reject(message)
    if (!rejected) return
    const { token } = rejected.token
    this.#line.events.onOutcome(token, { kind: 'rejected', reason: rejected.errorCode })
  }

  #onJob(active: ActiveJob, dropped: readonly JobId[]): void {
    const { parts } = this.#host
    const { config, clock, events } = parts
    const rolling = active.versionRollingAllowed && !this.#host.fixedVersion
    const job: Job = {
      id: parts.nextJobId(),
      upstreamJobId: String(active.jobId),
      tip: { prevHash: asBlockHash(active.prevHash), nBits: active.nbits, minNtime: active.minNtime },
      version: active.version,
      versionRollingMask: rolling ? config.versionRollingMask : 0,
      ntime: active.minNtime,
      coinbasePrefix: active.coinbaseTxPrefix,
      coinbaseSuffix: active.coinbaseTxSuffix,
      merklePath: active.merklePath,
      extranonce: { prefix: active.extranoncePrefix, rollableSize: active.extranonceSize },
      target: asTarget(active.target),
      cleanJobs: active.newTip || !this.#hadJob,
      receivedAtMs: clock.nowMs(),
    }
    this.#poolIdOf.set(job.id, active.jobId)
    this.#ourIdOf.set(active.jobId, job.id)
    if (!this.#hadJob) {
      this.#hadJob = true
      events.onStep('job', `job ${job.upstreamJobId}`)
    }
    this.#timeout.clear()
    this.#line.events.onJob(job, dropped)
  }

  #onTimeout(what: string, timeoutMs: number): void {
    const { name } = this.#host.parts.config
    this.#end(
      'pool/no-answer',
      `${name} accepted the connection but sent no ${what} within ${timeoutMs / 1000} s. Check that host and port are those of its Stratum V2 service.`,
    )
  }

  #end(code: ErrorCode, message: string): void {
    this.#fail({ code, message })
  }

  #fail(end: SessionEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#timeout.clear()
    this.#line.events.onEnd(end)
  }
}
