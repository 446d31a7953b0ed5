/**
 * A connection to a Stratum V1 pool: its notifies become jobs, our shares become submits. One line on it. What is
 * kept for a restored session, and how a share that is sent again is booked: see `kept-shares.ts`.
 */
import { type ErrorCode, toHex } from '../../base/index.ts'
import { type ExtranonceSpace, type Job, type JobId, type Share } from '../../mining/index.ts'
import {
  applyPoolLine,
  askForAnswer,
  authorizeUser,
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
  type Verdict,
} from '../../sv1/index.ts'
import { meteredJob, sv2CodeOf } from '../insight/traffic-tap.ts'
import { type KeptShares, whyNotRestored } from './kept-shares.ts'
import {
  type LineRemains,
  type PoolSession,
  type PoolSessionParts,
  type SessionEnd,
  type SessionLine,
  type SessionLineParts,
} from './pool-session.ts'
import { RigNames } from './rig-names.ts'
import { SessionTimeout } from './session-timeout.ts'
import { jobOf, outcomeOf } from './sv1-translation.ts'
import { UnansweredShares } from './unanswered-shares.ts'

const REPLY_TIMEOUT_MS = 15_000
const FIRST_JOB_TIMEOUT_MS = 60_000
const IDENTITY_RETRY_MS = 60_000
/** Jobs kept when a pool never says `clean_jobs`. */
const JOBS_KEPT = 64

export function createSv1PoolSession<Token>(parts: PoolSessionParts): PoolSession<Token> {
  return new Sv1PoolSession(parts)
}

class Sv1PoolSession<Token> implements PoolSession<Token>, SessionLine<Token> {
  readonly #parts: PoolSessionParts
  readonly #framer = new LineFramer(MAX_LINE_BYTES)
  readonly #timeout: SessionTimeout
  readonly #jobs = new Map<JobId, Job>()
  readonly #unanswered = new UnansweredShares<Token>()
  /** Null until the line is opened: the protocol has no step before it. */
  #client: Sv1ClientState | null = null
  #line: SessionLineParts<Token> | null = null
  #names: RigNames | null = null
  /** Of the session before, until the first job says whether it was restored. */
  #kept: KeptShares<Token> | null = null
  #sessionId: string | null = null
  #space: ExtranonceSpace | null = null
  #hadJob = false
  #ended = false
  miscounted = 0

  constructor(parts: PoolSessionParts) {
    this.#parts = parts
    const { config, connection, clock } = parts
    this.#timeout = new SessionTimeout(clock, (what, ms) => this.#onTimeout(what, ms))
    connection.onData((bytes) => this.#onData(bytes))
    connection.onClose((reason) => {
      this.#names?.onHungUp(clock.monotonicMs())
      this.#end('pool/connection-closed', `${config.name}: ${reason.text}`)
    })
  }

  openLine(line: SessionLineParts<Token>): SessionLine<Token> {
    if (this.#line) throw new Error('a Stratum V1 connection carries one line')
    this.#line = line
    this.#kept = line.kept
    const { config, memory, userAgent } = this.#parts
    if (config.namesRigs && config.lines === 'shared') this.#names = new RigNames(line.userIdentity, memory)
    const start = startSv1Client({
      host: config.endpoint.host,
      userAgent,
      user: line.userIdentity,
      password: this.#password,
      versionRollingMask: config.versionRollingMask,
      minBitCount: 2,
      subscribeExtranonce: true,
      suggestDifficulty: null,
      resumeSession: memory.resumptionRefused ? null : (this.#kept?.session.sessionId ?? null),
      mayMoveAway: config.mayMoveTo === 'any-host',
    })
    this.#apply(start)
    return this
  }

  get unansweredCount(): number {
    return this.#unanswered.size + (this.#kept?.size ?? 0)
  }

  get oldestUnansweredMs(): number | null {
    return this.#unanswered.oldestMs
  }

  accepts(jobId: JobId): boolean {
    return !this.#ended && (this.#jobs.has(jobId) || this.#kept?.accepts(jobId) === true)
  }

  submit(share: Share, token: Token, rigName: string): boolean {
    const job = this.#jobs.get(share.jobId)
    if (this.#ended || !this.#client || !this.#line) return false
    if (!job) return this.#kept?.submit(share, token, rigName) ?? false
    return this.#send(share, job, token, rigName, false)
  }

  /** SV1 has no word for it. */
  setNominalHashrate(): void {}

  askForLife(): void {
    if (this.#client && !this.#ended) this.#apply(askForAnswer(this.#client))
  }

  flush(): void {
    this.#parts.connection.flush()
  }

  /** As a session: ends the connection. As its only line: the same, and says what is left of it. */
  close(reason: string): LineRemains<Token> {
    this.#ended = true
    this.#timeout.clear()
    this.#framer.close()
    this.#parts.connection.close(reason)
    return this.#unanswered.remains(this.#kept, this.#sessionId, this.#space, this.#jobs, this.#parts.clock)
  }

  get #password(): string {
    const { password } = this.#parts.config
    return password === '' ? 'x' : password
  }

  #send(share: Share, job: Job, token: Token, rigName: string, again: boolean): boolean {
    const line = this.#line!
    const nowMs = this.#parts.clock.monotonicMs()
    const user = this.#names?.userFor(rigName, nowMs, this.#askForName) ?? line.userIdentity
    const submission = submitShare(this.#client!, {
      user,
      jobId: job.upstreamJobId,
      extranonce2Hex: toHex(share.rollable),
      ntime: share.ntime,
      nonce: share.nonce,
      versionBits: (share.version & job.versionRollingMask) >>> 0,
    })
    this.#client = submission.state
    if (!this.#write(submission.line)) return false
    this.#parts.tap.meter.share()
    const entry = { share, token, rigName, sentMs: nowMs, again }
    const givenUp = this.#unanswered.add(submission.requestId, entry)
    if (givenUp) line.events.onOutcome(givenUp.token, { kind: 'lost', because: 'the pool stopped answering' })
    return true
  }

  readonly #askForName = (user: string): void => {
    if (this.#client) this.#apply(authorizeUser(this.#client, user, this.#password))
  }

  #write(line: string): boolean {
    const { tap, connection } = this.#parts
    if (tap.active) tap.record('out', line)
    return connection.write(line)
  }

  #onData(bytes: Uint8Array): void {
    const { tap } = this.#parts
    const fault = this.#framer.push(bytes, (chunk, start, end) => {
      if (tap.active) tap.record('in', chunk.subarray(start, end))
      const text = decodeLine(chunk, start, end)
      if (!text.ok) this.#end('pool/garbage', this.#notStratum(text.error.message))
      else if (this.#client) this.#apply(applyPoolLine(this.#client, text.value))
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
    const phase = this.#client?.phase
    this.#client = step.state
    for (const line of step.send) this.#write(line)
    if (phase === 'subscribing' && step.state.phase === 'authorizing') {
      this.#parts.events.onStep('setup', 'subscribed')
    }
    const what = awaited(step.state)
    if (what !== null && step.send.length > 0) this.#timeout.await(`an answer to ${what}`, REPLY_TIMEOUT_MS)
    for (const event of step.events) this.#onEvent(event)
  }

  #onEvent(event: Sv1ClientEvent): void {
    const { config, events, log } = this.#parts
    switch (event.kind) {
      case 'open':
        this.#sessionId = event.session.sessionId
        this.#meterSession(event.session)
        events.onStep(
          'channel',
          `${this.#line!.userIdentity} accepted, extranonce of ${event.session.extranonce2Size} bytes`,
        )
        if (!this.#hadJob) this.#timeout.await('a first job', FIRST_JOB_TIMEOUT_MS)
        return
      case 'job':
        return this.#onJob(event.job)
      case 'share-reply':
        return this.#onReply(event.requestId, event.verdict)
      case 'authorized':
        return this.#names?.onReply(event.user, true)
      case 'authorization-refused':
        log.info('pool refuses a rig name', { poolId: config.id, text: event.error.message })
        return this.#names?.onReply(event.user, false)
      case 'reconnect':
        return this.#onReconnect(event.host ?? config.endpoint.host, event.port, event.waitSeconds)
      case 'reconnect-refused':
        log.warn('pool wanted to send us to another host', { poolId: config.id, host: event.host })
        return events.onMoveRefused(event.host)
      case 'message':
        return log.info('message from pool', { poolId: config.id, text: event.text })
      case 'odd':
        return log.debug('odd message from pool', { poolId: config.id, text: event.text })
      case 'failed':
        return this.#onFailed(event.reason, event.text)
      case 'difficulty':
        return this.#parts.tap.meter.difficulty()
      case 'extranonce':
        return this.#parts.tap.meter.extranonce(event.extranonce1.length)
      case 'version-mask':
        return
    }
  }

  #meterSession({
    extranonce1,
    extranonce2Size,
  }: {
    readonly extranonce1: Uint8Array
    readonly extranonce2Size: number
  }): void {
    const { tap, userAgent, config } = this.#parts
    const { host } = config.endpoint
    const user = this.#line!.userIdentity
    tap.meter.session({ userAgent, user, host, extranonce1Size: extranonce1.length, extranonce2Size })
  }

  #onReconnect(host: string, port: number | null, waitSeconds: number): void {
    const { name, endpoint } = this.#parts.config
    const moveTo = { host, port: port ?? endpoint.port }
    this.#fail({
      code: 'pool/reconnect',
      message: `${name} asked us to reconnect to ${moveTo.host}:${moveTo.port}.`,
      retryAfterMs: waitSeconds * 1000,
      moveTo,
    })
  }

  #onReply(requestId: number, verdict: Verdict): void {
    const sent = this.#unanswered.answer(requestId)
    if (!sent) {
      this.miscounted++
      return
    }
    this.#parts.tap.meter.answer(verdict.yes ? null : sv2CodeOf(verdict.error.code))
    this.#parts.events.onLatency(this.#parts.clock.monotonicMs() - sent.sentMs)
    this.#line!.events.onOutcome(sent.token, outcomeOf(verdict, sent.again))
  }

  #onFailed(reason: string, text: string): void {
    const { config, memory } = this.#parts
    if (reason === 'authorize-refused') {
      return this.#fail({
        code: 'pool/identity-refused',
        message: `${config.name} does not accept the name ${this.#line!.userIdentity} (${text}): check the account or payout address, and the password if the pool uses one.`,
        retryAfterMs: IDENTITY_RETRY_MS,
      })
    }
    if (reason === 'subscribe-refused') {
      const again = this.#kept !== null && !memory.resumptionRefused
      if (again) memory.resumptionRefused = true
      const message = `${config.name} refused the subscription: ${text}. Check the URL and port.`
      return this.#fail({ code: 'pool/subscribe-refused', message, again })
    }
    this.#end('pool/garbage', this.#notStratum(text))
  }

  #onJob(received: Sv1Job): void {
    const { notify, difficulty, extranonce1, extranonce2Size } = received
    const { config, clock, events } = this.#parts
    const line = this.#line!
    const dropped = notify.cleanJobs ? [...this.#jobs.keys()] : []
    for (const jobId of dropped) this.#jobs.delete(jobId)
    if (this.#jobs.size >= JOBS_KEPT) {
      const [oldest] = this.#jobs.keys()
      if (oldest !== undefined) {
        this.#jobs.delete(oldest)
        dropped.push(oldest)
      }
    }
    const job = jobOf(received, {
      id: this.#parts.nextJobId(),
      isFirst: !this.#hadJob,
      versionRollingMask: config.versionRollingMask,
      receivedAtMs: clock.nowMs(),
    })
    this.#jobs.set(job.id, job)
    this.#parts.tap.meter.job(meteredJob(job, extranonce1.length + extranonce2Size, notify.cleanJobs))
    this.#space = job.extranonce
    const unwanted = this.#settleKept(job)
    if (!this.#hadJob) {
      this.#hadJob = true
      this.#timeout.clear()
      events.onStep('job', `job ${job.upstreamJobId}, difficulty ${difficulty}`)
    }
    line.events.onGrant(job.extranonce)
    line.events.onJob(job, unwanted.length > 0 ? [...unwanted, ...dropped] : dropped)
  }

  /** With the first job: sends what was kept, or gives it up. @returns jobs that are worthless now */
  #settleKept(firstJob: Job): readonly JobId[] {
    const kept = this.#kept
    if (!kept) return []
    this.#kept = null
    const { prefix, rollableSize } = firstJob.extranonce
    const why = whyNotRestored(kept, {
      extranonce1: prefix,
      extranonce2Size: rollableSize,
      versionMask: firstJob.versionRollingMask,
      firstJob,
    })
    const { config, log } = this.#parts
    const shares = kept.take()
    log.info('session resumption', { poolId: config.id, shares: shares.length, lostBecause: why })
    const lose = (token: Token, because: string): void =>
      this.#line!.events.onOutcome(token, { kind: 'lost', because })
    if (why !== null) {
      for (const { token } of shares) lose(token, why)
      return [...kept.jobs.keys()]
    }
    // Before the first job: the oldest are forgotten first.
    this.#jobs.delete(firstJob.id)
    for (const [jobId, job] of kept.jobs) this.#jobs.set(jobId, job)
    this.#jobs.set(firstJob.id, firstJob)
    for (const { share, token, rigName, wasSent } of shares) {
      const job = kept.jobs.get(share.jobId)!
      if (!this.#send(share, job, token, rigName, wasSent)) lose(token, 'the connection ended')
    }
    return []
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
