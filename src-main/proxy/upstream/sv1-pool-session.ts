/** A connection to a Stratum V1 pool: its notifies become jobs, our shares become submits. */
import { type ErrorCode, toHex } from '../../base/index.ts'
import { asBlockHash, type Job, type JobId, type Share, targetOfDifficulty } from '../../mining/index.ts'
import {
  applyPoolLine,
  awaited,
  decodeLine,
  LineFramer,
  MAX_LINE_BYTES,
  startSv1Client,
  submitShare,
  type Sv1ClientEvent,
  type Sv1ClientState,
  type Sv1ClientStep,
  type Sv1Job,
} from '../../sv1/index.ts'
import { type PoolSession, type PoolSessionParts, type SessionEnd } from './pool-session.ts'
import { SessionTimeout } from './session-timeout.ts'

const REPLY_TIMEOUT_MS = 15_000
const FIRST_JOB_TIMEOUT_MS = 60_000
const IDENTITY_RETRY_MS = 60_000
/** Shares without an answer that are kept. */
const MAX_PENDING_SHARES = 100_000
/** Jobs kept when a pool never says `clean_jobs`. */
const JOBS_KEPT = 64

interface OpenJob {
  readonly upstreamJobId: string
  readonly versionMask: number
}

interface SentShare<Token> {
  readonly token: Token
  readonly sentMs: number
}

export function createSv1PoolSession<Token>(parts: PoolSessionParts<Token>): PoolSession<Token> {
  return new Sv1PoolSession(parts)
}

class Sv1PoolSession<Token> implements PoolSession<Token> {
  readonly #parts: PoolSessionParts<Token>
  readonly #framer = new LineFramer(MAX_LINE_BYTES)
  readonly #timeout: SessionTimeout
  readonly #jobs = new Map<JobId, OpenJob>()
  readonly #sent = new Map<number, SentShare<Token>>()
  #client: Sv1ClientState
  #hadJob = false
  #ended = false

  constructor(parts: PoolSessionParts<Token>) {
    this.#parts = parts
    const { config, connection, clock, userAgent } = parts
    this.#timeout = new SessionTimeout(clock, (what, ms) => this.#onTimeout(what, ms))
    connection.onData((bytes) => this.#onData(bytes))
    connection.onClose((reason) => this.#end('pool/connection-closed', `${config.name}: ${reason.text}`))
    const start = startSv1Client({
      host: config.endpoint.host,
      userAgent,
      user: config.userIdentity,
      password: config.password === '' ? 'x' : config.password,
      versionRollingMask: config.versionRollingMask,
      minBitCount: 2,
      subscribeExtranonce: true,
      suggestDifficulty: null,
      resumeSession: null,
    })
    this.#client = start.state
    this.#apply(start)
  }

  accepts(jobId: JobId): boolean {
    return !this.#ended && this.#jobs.has(jobId)
  }

  submit(share: Share, token: Token): boolean {
    const job = this.#jobs.get(share.jobId)
    if (this.#ended || !job) return false
    const { state, requestId, line } = submitShare(this.#client, {
      user: this.#parts.config.userIdentity,
      jobId: job.upstreamJobId,
      extranonce2Hex: toHex(share.rollable),
      ntime: share.ntime,
      nonce: share.nonce,
      versionBits: (share.version & job.versionMask) >>> 0,
    })
    this.#client = state
    if (!this.#parts.connection.write(line)) return false
    this.#giveUpOldest()
    this.#sent.set(requestId, { token, sentMs: this.#parts.clock.monotonicMs() })
    return true
  }

  /** A pool that leaves so many unanswered has stopped answering. */
  #giveUpOldest(): void {
    if (this.#sent.size < MAX_PENDING_SHARES) return
    for (const [requestId, { token }] of this.#sent) {
      this.#sent.delete(requestId)
      return this.#parts.events.onOutcome(token, { kind: 'lost' })
    }
  }

  /** SV1 has no word for it. */
  setNominalHashrate(): void {}

  close(reason: string): Token[] {
    this.#ended = true
    this.#timeout.clear()
    this.#framer.close()
    this.#parts.connection.close(reason)
    const unanswered = [...this.#sent.values()].map(({ token }) => token)
    this.#sent.clear()
    return unanswered
  }

  #onData(bytes: Uint8Array): void {
    const fault = this.#framer.push(bytes, (chunk, start, end) => {
      const text = decodeLine(chunk, start, end)
      if (text.ok) this.#apply(applyPoolLine(this.#client, text.value))
      else this.#end('pool/garbage', this.#notStratum(text.error.message))
    })
    if (fault) this.#end('pool/garbage', this.#notStratum(fault.message))
    else this.#parts.events.onHeard()
  }

  #notStratum(detail: string): string {
    const { name, endpoint } = this.#parts.config
    return `${name} does not speak Stratum V1 at port ${endpoint.port} (${detail}): check the URL; a Stratum V2 pool needs stratum2+tcp:// and its authority key.`
  }

  #apply(step: Sv1ClientStep): void {
    if (this.#ended) return
    this.#client = step.state
    for (const line of step.send) this.#parts.connection.write(line)
    const what = awaited(step.state)
    if (what !== null && step.send.length > 0) this.#timeout.await(`an answer to ${what}`, REPLY_TIMEOUT_MS)
    for (const event of step.events) this.#onEvent(event)
  }

  #onEvent(event: Sv1ClientEvent): void {
    const { config, events, log } = this.#parts
    switch (event.kind) {
      case 'open':
        events.onStep('open', `extranonce of ${event.session.extranonce2Size} bytes`)
        if (!this.#hadJob) this.#timeout.await('a first job', FIRST_JOB_TIMEOUT_MS)
        return
      case 'job':
        return this.#onJob(event.job)
      case 'share-reply': {
        const sent = this.#sent.get(event.requestId)
        if (!sent) return
        this.#sent.delete(event.requestId)
        events.onLatency(this.#parts.clock.monotonicMs() - sent.sentMs)
        const { verdict } = event
        return events.onOutcome(
          sent.token,
          verdict.yes
            ? { kind: 'acknowledged' }
            : { kind: 'rejected', reason: verdict.error.message || `error ${verdict.error.code}` },
        )
      }
      case 'reconnect':
        return this.#fail({
          code: 'pool/reconnect',
          message: `${config.name} asked us to reconnect.`,
          retryAfterMs: event.waitSeconds * 1000,
          moveTo: { host: config.endpoint.host, port: event.port ?? config.endpoint.port },
        })
      case 'reconnect-refused':
        return log.warn('pool wanted to send us to another host', { poolId: config.id, host: event.host })
      case 'message':
        return log.info('message from pool', { poolId: config.id, text: event.text })
      case 'odd':
        return log.debug('odd message from pool', { poolId: config.id, text: event.text })
      case 'failed':
        return this.#onFailed(event.reason, event.text)
      case 'authorization-refused':
      case 'authorized':
      case 'difficulty':
      case 'extranonce':
      case 'version-mask':
        return
    }
  }

  #onFailed(reason: string, text: string): void {
    const { config } = this.#parts
    if (reason === 'authorize-refused') {
      return this.#fail({
        code: 'pool/identity-refused',
        message: `${config.name} does not accept the name ${config.userIdentity} (${text}): check the account or payout address, and the password if the pool uses one.`,
        retryAfterMs: IDENTITY_RETRY_MS,
      })
    }
    if (reason === 'subscribe-refused') {
      return this.#end(
        'pool/subscribe-refused',
        `${config.name} refused the subscription: ${text}. Check the URL and port.`,
      )
    }
    this.#end('pool/garbage', this.#notStratum(text))
  }

  #onJob({ notify, difficulty, extranonce1, extranonce2Size, versionMask }: Sv1Job): void {
    const { config, clock, events } = this.#parts
    const dropped = notify.cleanJobs ? [...this.#jobs.keys()] : []
    for (const jobId of dropped) this.#jobs.delete(jobId)
    if (this.#jobs.size >= JOBS_KEPT) {
      const [oldest] = this.#jobs.keys()
      if (oldest !== undefined) {
        this.#jobs.delete(oldest)
        dropped.push(oldest)
      }
    }
    const job: Job = {
      id: this.#parts.nextJobId(),
      upstreamJobId: notify.jobId,
      tip: { prevHash: asBlockHash(notify.prevHash), nBits: notify.nBits, minNtime: notify.ntime },
      version: notify.version,
      versionRollingMask: (versionMask & config.versionRollingMask) >>> 0,
      ntime: notify.ntime,
      coinbasePrefix: notify.coinb1,
      coinbaseSuffix: notify.coinb2,
      merklePath: notify.merkleBranches,
      extranonce: { prefix: extranonce1, rollableSize: extranonce2Size },
      target: targetOfDifficulty(difficulty),
      cleanJobs: notify.cleanJobs || !this.#hadJob,
      receivedAtMs: clock.nowMs(),
    }
    this.#jobs.set(job.id, { upstreamJobId: notify.jobId, versionMask: job.versionRollingMask })
    if (!this.#hadJob) {
      this.#hadJob = true
      this.#timeout.clear()
      events.onStep('job', `difficulty ${difficulty}`)
    }
    events.onGrant(job.extranonce)
    events.onJob(job, dropped)
  }

  #onTimeout(what: string, timeoutMs: number): void {
    const { name } = this.#parts.config
    this.#end(
      'pool/no-answer',
      `${name} accepted the connection but sent no ${what.replace(/^an? /, '')} within ${timeoutMs / 1000} s. Check that the URL has the right port and protocol.`,
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
