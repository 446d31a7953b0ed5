/**
 * A connection to a Stratum V2 pool: Noise, set-up, one extended channel for all rigs, its jobs and our
 * shares (Mining Protocol, 5.1 to 5.3). The order of steps is fixed; a message out of turn is logged.
 */
import { type ErrorCode, type HeadframeError } from '../../base/index.ts'
import { asBlockHash, asTarget, type Job, type JobId, MAX_TARGET, type Share } from '../../mining/index.ts'
import {
  type ActiveJob,
  applyChannelMessage,
  type ChannelJobMessage,
  type ChannelJobs,
  createInitiator,
  decodeMessage,
  describeErrorCode,
  encodeMessage,
  type Frame,
  type MiningConnectionMessage,
  type NoiseStream,
  openChannelJobs,
  type OpenExtendedMiningChannelSuccess,
  Protocol,
  MiningSetupFlags,
  MiningSetupSuccessFlags,
  ShareLedger,
  type SubmitSharesSuccess,
  submitSharesExtended,
} from '../../sv2/index.ts'
import { type PoolSession, type PoolSessionParts, type SessionEnd } from './pool-session.ts'
import { SessionTimeout } from './session-timeout.ts'

const HANDSHAKE_TIMEOUT_MS = 10_000
const REPLY_TIMEOUT_MS = 15_000
const FIRST_JOB_TIMEOUT_MS = 60_000
const IDENTITY_RETRY_MS = 60_000
const NO_JOB_AFTER_TIP_MS = 10_000
/** Asked for first; a pool that finds it too much is asked for less. */
const EXTRANONCE_SIZES = [8, 4, 2] as const
const OPEN_REQUEST_ID = 1
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

export function createSv2PoolSession<Token>(parts: PoolSessionParts<Token>): PoolSession<Token> {
  return new Sv2PoolSession(parts)
}

class Sv2PoolSession<Token> implements PoolSession<Token> {
  readonly #parts: PoolSessionParts<Token>
  readonly #noise: NoiseStream
  readonly #timeout: SessionTimeout
  readonly #ledger = new ShareLedger<SentToken<Token>>()
  /** Our ids of the channel's jobs, both ways. */
  readonly #channelIdOf = new Map<JobId, number>()
  readonly #ourIdOf = new Map<number, JobId>()
  #channel: ChannelJobs | null = null
  #fixedVersion = false
  #extranonceChoice = 0
  #nominalHs: number
  #nominalAtMs: number
  #hadJob = false
  #ended = false
  /** Frames of one turn are sealed and written together. */
  #outbox: Uint8Array[] = []

  constructor(parts: PoolSessionParts<Token>) {
    this.#parts = parts
    const { config, connection, clock, entropy } = parts
    this.#nominalHs = parts.nominalHashrateHs
    this.#nominalAtMs = clock.monotonicMs()
    this.#timeout = new SessionTimeout(clock, (what, ms) => this.#onTimeout(what, ms))
    const { endpoint } = config
    this.#noise = createInitiator({
      authorityKey: endpoint.protocol === 'stratum-v2' ? endpoint.authorityKey : null,
      entropy,
      nowMs: () => clock.nowMs(),
    })
    connection.onData((bytes) => this.#onData(bytes))
    connection.onClose((reason) => this.#onClosed(reason.text))
    connection.write(this.#noise.start())
    this.#timeout.await('handshake', HANDSHAKE_TIMEOUT_MS)
  }

  accepts(jobId: JobId): boolean {
    return !this.#ended && this.#channelIdOf.has(jobId)
  }

  submit(share: Share, token: Token): boolean {
    const jobId = this.#channelIdOf.get(share.jobId)
    if (this.#ended || jobId === undefined || !this.#channel) return false
    const sentMs = this.#parts.clock.monotonicMs()
    const { sequenceNumber, givenUp } = this.#ledger.submit({ token, sentMs })
    if (givenUp) this.#parts.events.onOutcome(givenUp.token, { kind: 'lost' })
    this.#sendFrame(
      submitSharesExtended.encode({
        channelId: this.#channel.channelId,
        sequenceNumber,
        jobId,
        nonce: share.nonce,
        ntime: share.ntime,
        version: share.version,
        extranonce: share.rollable,
      }),
    )
    return true
  }

  setNominalHashrate(hashrateHs: number): void {
    if (this.#ended || !this.#channel || hashrateHs === 0) return
    const nowMs = this.#parts.clock.monotonicMs()
    const change = Math.abs(hashrateHs - this.#nominalHs) / Math.max(this.#nominalHs, 1)
    const periodMs = change < NOMINAL_LEAP_RATIO ? NOMINAL_PERIOD_MS : NOMINAL_LEAP_PERIOD_MS
    const isFirst = this.#nominalHs === 0
    if (change < NOMINAL_CHANGE_RATIO || (!isFirst && nowMs - this.#nominalAtMs < periodMs)) return
    this.#nominalHs = hashrateHs
    this.#nominalAtMs = nowMs
    this.#send({
      name: 'UpdateChannel',
      channelId: this.#channel.channelId,
      nominalHashRate: hashrateHs,
      maximumTarget: MAX_TARGET,
    })
  }

  close(reason: string): Token[] {
    // Shares of this very turn still leave; one of them may be a block.
    this.#flush()
    this.#ended = true
    this.#timeout.clear()
    this.#parts.connection.close(reason)
    return this.#ledger.drain().map(({ token }) => token)
  }

  #onData(bytes: Uint8Array): void {
    if (this.#ended) return
    const output = this.#noise.receive(bytes)
    if (output.send.length > 0) this.#parts.connection.write(output.send)
    this.#parts.events.onHeard()
    if (output.established) this.#onEstablished()
    for (const frame of output.frames) {
      if (this.#ended) return
      this.#onFrame(frame)
    }
    if (output.error) this.#onNoiseError(output.error)
  }

  #onNoiseError(error: HeadframeError): void {
    const { name } = this.#parts.config
    this.#fail({
      code: error.code,
      message: `${name}: ${error.message}`,
      blocked: error.code === 'noise/authority-key-mismatch',
    })
  }

  #onClosed(text: string): void {
    const { name } = this.#parts.config
    const error = this.#noise.ended()
    if (error) this.#onNoiseError(error)
    else this.#fail({ code: 'pool/connection-closed', message: `${name}: ${text}` })
  }

  #onEstablished(): void {
    const { events, config, userAgent } = this.#parts
    const { endpoint } = config
    const verified = endpoint.protocol === 'stratum-v2' && endpoint.authorityKey !== null
    events.onStep('handshake', verified ? 'encrypted, pool key verified' : 'encrypted, pool key not verified')
    const [vendor = 'headframe', firmware = ''] = userAgent.split('/')
    this.#send({
      name: 'SetupConnection',
      protocol: Protocol.mining,
      minVersion: 2,
      maxVersion: 2,
      // Jobs without it are understood, but rigs that roll versions do much better with it: ask first.
      flags: this.#parts.memory.versionRollingRefused ? 0 : MiningSetupFlags.requiresVersionRolling,
      endpointHost: endpoint.host,
      endpointPort: endpoint.port,
      vendor,
      hardwareVersion: '',
      firmware,
      deviceId: '',
    })
    this.#timeout.await('answer to SetupConnection', REPLY_TIMEOUT_MS)
  }

  #onFrame(frame: Frame): void {
    const decoded = decodeMessage(frame)
    if (!decoded.ok) {
      return this.#end(
        'pool/garbage',
        `${this.#parts.config.name} sent a message we cannot read (${decoded.error.message}). We connect anew.`,
      )
    }
    const { message } = decoded.value
    switch (message.name) {
      case 'SetupConnection.Success':
        this.#fixedVersion = (message.flags & MiningSetupSuccessFlags.requiresFixedVersion) !== 0
        return this.#openChannel()
      case 'SetupConnection.Error':
        return this.#onSetupRefused(message.flags, message.errorCode)
      case 'OpenExtendedMiningChannel.Success':
        return this.#onOpened(message)
      case 'OpenMiningChannel.Error':
        return this.#onOpenRefused(message.errorCode)
      case 'NewExtendedMiningJob':
      case 'SetNewPrevHash':
      case 'SetTarget':
      case 'SetExtranoncePrefix':
      case 'SetGroupChannel':
      case 'CloseChannel':
        return this.#onChannelMessage(message)
      case 'SubmitShares.Success':
        return this.#onAcknowledged(message)
      case 'SubmitShares.Error': {
        const rejected = this.#ledger.reject(message)
        if (!rejected) return
        return this.#parts.events.onOutcome(rejected.token.token, {
          kind: 'rejected',
          reason: rejected.errorCode,
        })
      }
      case 'Reconnect':
        return this.#onReconnect(message.newHost, message.newPort)
      default:
        this.#parts.log.debug('message from pool passed over', { message: message.name })
    }
  }

  #onAcknowledged(message: SubmitSharesSuccess): void {
    const { events, clock } = this.#parts
    const acknowledged = this.#ledger.acknowledge(message)
    for (const { token } of acknowledged) events.onOutcome(token, { kind: 'acknowledged' })
    // The older ones waited for the batch to fill; only the last says how fast the pool answers.
    const last = acknowledged.at(-1)
    if (last) events.onLatency(clock.monotonicMs() - last.sentMs)
  }

  #onSetupRefused(unsupportedFlags: number, errorCode: string): void {
    const { memory } = this.#parts
    const rolling = (unsupportedFlags & MiningSetupFlags.requiresVersionRolling) !== 0
    const again = rolling && !memory.versionRollingRefused
    if (again) memory.versionRollingRefused = true
    this.#fail({ code: 'pool/setup-refused', message: this.#refused('the connection', errorCode), again })
  }

  #openChannel(): void {
    this.#send({
      name: 'OpenExtendedMiningChannel',
      requestId: OPEN_REQUEST_ID,
      userIdentity: this.#parts.config.userIdentity,
      nominalHashRate: this.#nominalHs,
      maxTarget: MAX_TARGET,
      minExtranonceSize: EXTRANONCE_SIZES[this.#extranonceChoice] ?? 2,
    })
    this.#timeout.await('answer to OpenExtendedMiningChannel', REPLY_TIMEOUT_MS)
  }

  #onOpened(message: OpenExtendedMiningChannelSuccess): void {
    if (this.#channel || message.requestId !== OPEN_REQUEST_ID) return
    const channel = openChannelJobs(message)
    if (!channel.ok) return this.#end('pool/garbage', channel.error.message)
    this.#channel = channel.value
    const { events } = this.#parts
    events.onGrant({ prefix: message.extranoncePrefix, rollableSize: message.extranonceSize })
    events.onStep('open', `channel ${message.channelId}, extranonce of ${message.extranonceSize} bytes`)
    this.#timeout.await('first job', FIRST_JOB_TIMEOUT_MS)
  }

  #onOpenRefused(errorCode: string): void {
    const { config } = this.#parts
    if (/extranonce/.test(errorCode) && this.#extranonceChoice + 1 < EXTRANONCE_SIZES.length) {
      this.#extranonceChoice++
      return this.#openChannel()
    }
    this.#fail({
      code: /user|identity/.test(errorCode) ? 'pool/identity-refused' : 'pool/channel-refused',
      message: /user|identity/.test(errorCode)
        ? `${config.name} does not accept the name ${config.userIdentity} (${errorCode}): check the account or payout address.`
        : this.#refused('the mining channel', errorCode),
      retryAfterMs: IDENTITY_RETRY_MS,
    })
  }

  #onChannelMessage(message: ChannelJobMessage): void {
    if (!this.#channel) return
    const { channel, dropped, activated, fault } = applyChannelMessage(this.#channel, message)
    this.#channel = channel
    if (fault) this.#parts.log.warn('pool broke a rule', { code: fault.code, message: fault.message })
    if (channel.closedReason !== null) {
      return this.#end(
        'pool/channel-closed',
        `${this.#parts.config.name} closed our channel (${channel.closedReason || 'no reason given'}). We connect anew.`,
      )
    }
    const droppedIds: JobId[] = []
    for (const jobId of dropped) {
      const ours = this.#ourIdOf.get(jobId)
      this.#ourIdOf.delete(jobId)
      if (ours === undefined) continue
      this.#channelIdOf.delete(ours)
      droppedIds.push(ours)
    }
    if (fault?.code === 'sv2/unknown-future-job')
      this.#timeout.await('job for the new block', NO_JOB_AFTER_TIP_MS)
    const job = activated.at(-1)
    if (job) this.#onJob(job, droppedIds)
    else if (droppedIds.length > 0) this.#parts.events.onDropped(droppedIds)
  }

  #onJob(active: ActiveJob, dropped: readonly JobId[]): void {
    const { config, clock, events } = this.#parts
    const rolling = active.versionRollingAllowed && !this.#fixedVersion
    const receivedAtMs = clock.nowMs()
    const job: Job = {
      id: this.#parts.nextJobId(),
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
      receivedAtMs,
    }
    this.#channelIdOf.set(job.id, active.jobId)
    this.#ourIdOf.set(active.jobId, job.id)
    if (!this.#hadJob) {
      this.#hadJob = true
      events.onStep('job', `job ${job.upstreamJobId}`)
    }
    this.#timeout.clear()
    events.onJob(job, dropped)
  }

  #onReconnect(newHost: string, newPort: number): void {
    const { endpoint, name } = this.#parts.config
    const moveTo = {
      host: newHost === '' ? endpoint.host : newHost,
      port: newPort === 0 ? endpoint.port : newPort,
    }
    this.#parts.log.info('pool sends us on', { poolId: this.#parts.config.id, ...moveTo })
    this.#fail({
      code: 'pool/reconnect',
      message: `${name} asked us to reconnect to ${moveTo.host}:${moveTo.port}; its key must stay the same.`,
      moveTo,
    })
  }

  #refused(what: string, errorCode: string): string {
    return `${this.#parts.config.name} refused ${what} (${errorCode || 'no reason given'}). ${describeErrorCode(errorCode)}`
  }

  #send(message: MiningConnectionMessage): void {
    this.#sendFrame(encodeMessage(message))
  }

  #sendFrame(frame: Uint8Array): void {
    this.#outbox.push(frame)
    if (this.#outbox.length === 1) setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    const frames = this.#outbox
    this.#outbox = []
    if (this.#ended || frames.length === 0) return
    this.#parts.connection.write(this.#noise.seal(frames))
  }

  #onTimeout(what: string, timeoutMs: number): void {
    const { name } = this.#parts.config
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
    this.#parts.events.onEnd(end)
  }
}
