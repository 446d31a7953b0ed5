/**
 * Keeps a pool connected: dials, runs a session, and dials again with growing pauses when it ends. The
 * session speaks the protocol; this knows none.
 */
import {
  type Clock,
  type Entropy,
  errorText,
  HeadframeError,
  type Logger,
  type Timer,
} from '../../base/index.ts'
import { type ExtranonceSpace, type Job, type JobId, type Share } from '../../mining/index.ts'
import {
  afterConnectionEnded,
  type BackoffPolicy,
  type BackoffState,
  type Connection,
  DEFAULT_BACKOFF,
  NO_BACKOFF,
} from '../../net/index.ts'
import {
  type CreatePoolSession,
  type PoolMemory,
  type PoolSession,
  type PoolStep,
  type SessionEnd,
} from './pool-session.ts'
import {
  type LineId,
  type PoolConfig,
  type PoolEndpoint,
  type ShareOutcome,
  type Upstream,
  type UpstreamEvents,
  type UpstreamProblem,
  type UpstreamState,
  type UpstreamTraffic,
  type UpstreamVitals,
} from './upstream.ts'

/** @throws HeadframeError with what is wrong and what to do */
export type Dial = (endpoint: PoolEndpoint, signal: AbortSignal) => Promise<Connection>

export interface RunnerParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly userAgent: string
  readonly dial: Dial
  readonly createSession: CreatePoolSession
  readonly backoff?: BackoffPolicy
  /** H/s that we deliver when a connection opens. */
  nominalHashrateHs(): number
  nextJobId(): JobId
  /** For the connection test. */
  onStep?(step: PoolStep, detail: string): void
}

/** Nothing from a pool for so long is a fault: they send a job every minute or so. */
const SILENT_AFTER_MS = 4 * 60_000
const GIVE_UP_AFTER_MS = 8 * 60_000
const SILENCE_CHECK_MS = 15_000
/** Hosts a pool may send us on to before we return to the one the person entered. */
const MAX_MOVES = 4

export class UpstreamRunner<Token> implements Upstream<Token> {
  readonly poolId: string
  readonly lineId: LineId
  state: UpstreamState = { phase: 'idle' }
  currentJob: Job | null = null
  extranonce: ExtranonceSpace | null = null
  latencyMs: number | null = null
  readonly #config: PoolConfig
  readonly #events: UpstreamEvents<Token>
  readonly #parts: RunnerParts
  #endpoint: PoolEndpoint
  #moves = 0
  #attempt = 0
  #backoff: BackoffState = NO_BACKOFF
  #retry: Timer | null = null
  #silence: Timer | null = null
  #abort: AbortController | null = null
  #connection: Connection | null = null
  #session: PoolSession<Token> | null = null
  #connectedMs = 0
  #heardMs = 0
  /** Jobs of earlier connections: worthless once a new connection gives jobs. */
  #orphans = new Set<JobId>()
  #closedBytes = { bytesIn: 0, bytesOut: 0 }
  #vitals: {
    -readonly [
      K in Exclude<keyof UpstreamVitals, 'oldestUnansweredMs' | 'unansweredCount'>
    ]: UpstreamVitals[K]
  } = {
    lastJobMs: null,
    usualJobGapMs: null,
    acknowledgedCount: 0,
    rejectedCount: 0,
    lastAcknowledgedMs: null,
  }
  readonly #memory: PoolMemory = { versionRollingRefused: false }

  /** @param lineId the pool's id unless the connection is for one rig only */
  constructor(
    config: PoolConfig,
    events: UpstreamEvents<Token>,
    parts: RunnerParts,
    lineId: LineId = config.id,
  ) {
    this.poolId = config.id
    this.lineId = lineId
    this.#config = config
    this.#endpoint = config.endpoint
    this.#events = events
    this.#parts = parts
  }

  get traffic(): UpstreamTraffic {
    return {
      bytesIn: this.#closedBytes.bytesIn + (this.#connection?.bytesIn ?? 0),
      bytesOut: this.#closedBytes.bytesOut + (this.#connection?.bytesOut ?? 0),
    }
  }

  get endpoint(): PoolEndpoint {
    return this.#endpoint
  }

  get vitals(): UpstreamVitals {
    return { ...this.#vitals, oldestUnansweredMs: null, unansweredCount: 0 }
  }

  nudge(): void {
    if (this.state.phase === 'waiting') this.start()
  }

  start(): void {
    const { phase } = this.state
    if (phase !== 'idle' && phase !== 'waiting' && phase !== 'blocked') return
    this.#retry?.cancel()
    void this.#connect()
  }

  stop(): void {
    this.#retry?.cancel()
    this.#abort?.abort()
    this.#closeSession('stopped')
    this.currentJob = null
    this.#setState({ phase: 'idle' })
  }

  accepts(jobId: JobId): boolean {
    return this.#session?.accepts(jobId) ?? false
  }

  submit(share: Share, token: Token, rigName: string): boolean {
    return this.#session?.submit(share, token, rigName) ?? false
  }

  setNominalHashrate(hashrateHs: number): void {
    this.#session?.setNominalHashrate(hashrateHs)
  }

  async #connect(): Promise<void> {
    this.#attempt++
    this.#setState({ phase: 'connecting', attempt: this.#attempt })
    const abort = new AbortController()
    this.#abort = abort
    this.#connectedMs = this.#parts.clock.monotonicMs()
    try {
      const connection = await this.#parts.dial(this.#endpoint, abort.signal)
      if (abort.signal.aborted) return connection.destroy('stopped')
      this.#parts.onStep?.('connect', `${connection.remoteAddress} port ${connection.remotePort}`)
      this.#run(connection)
    } catch (error) {
      if (abort.signal.aborted) return
      const code = error instanceof HeadframeError ? error.code : 'pool/connect-failed'
      this.#onEnd({ code, message: errorText(error) })
    }
  }

  #run(connection: Connection): void {
    const { clock, entropy, log, userAgent } = this.#parts
    this.#connection = connection
    this.#heardMs = clock.monotonicMs()
    let session: PoolSession<Token> | null = null
    let endedEarly: SessionEnd | null = null
    session = this.#parts.createSession<Token>({
      config: { ...this.#config, endpoint: this.#endpoint },
      memory: this.#memory,
      connection,
      clock,
      entropy,
      log,
      userAgent,
      nominalHashrateHs: this.#parts.nominalHashrateHs(),
      nextJobId: () => this.#parts.nextJobId(),
      events: {
        onStep: (step, detail) => this.#parts.onStep?.(step, detail),
        onGrant: (space) => (this.extranonce = space),
        onJob: (job, dropped) => this.#onJob(job, dropped),
        onDropped: (dropped) => this.#onDropped(dropped),
        onOutcome: (token, outcome) => this.#onOutcome(token, outcome),
        onLatency: (latencyMs) => (this.latencyMs = latencyMs),
        onHeard: () => (this.#heardMs = clock.monotonicMs()),
        onEnd: (end) => {
          if (session === null) endedEarly = end
          else if (this.#session === session) this.#onEnd(end)
        },
      },
    })
    this.#session = session
    this.#silence = clock.every(SILENCE_CHECK_MS, () => this.#checkSilence())
    if (endedEarly) this.#onEnd(endedEarly)
  }

  #onOutcome(token: Token, outcome: ShareOutcome): void {
    if (outcome.kind === 'acknowledged') {
      this.#vitals.acknowledgedCount++
      this.#vitals.lastAcknowledgedMs = this.#parts.clock.monotonicMs()
    } else if (outcome.kind === 'rejected') this.#vitals.rejectedCount++
    this.#events.onOutcome(token, outcome)
  }

  #noteJob(): void {
    const nowMs = this.#parts.clock.monotonicMs()
    const { lastJobMs, usualJobGapMs } = this.#vitals
    if (lastJobMs !== null) {
      const gapMs = nowMs - lastJobMs
      this.#vitals.usualJobGapMs =
        usualJobGapMs === null ? gapMs : usualJobGapMs + (gapMs - usualJobGapMs) / 8
    }
    this.#vitals.lastJobMs = nowMs
  }

  #onJob(job: Job, dropped: readonly JobId[]): void {
    this.#noteJob()
    const all = this.#orphans.size > 0 ? [...this.#orphans, ...dropped] : dropped
    this.#orphans = new Set()
    this.currentJob = job
    this.#known.add(job.id)
    for (const jobId of all) this.#known.delete(jobId)
    if (this.state.phase !== 'ready') {
      this.#setState({ phase: 'ready', connectedAtMs: this.#parts.clock.nowMs() })
      this.#attempt = 0
    }
    try {
      this.#events.onJob(job, all)
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      const message = `${this.#config.name} sent a job that cannot be hashed: ${error.message}`
      this.#onEnd({ code: 'pool/bad-job', message })
    }
  }

  #onDropped(dropped: readonly JobId[]): void {
    this.currentJob = null
    for (const jobId of dropped) this.#known.delete(jobId)
    this.#events.onDropped(dropped)
  }

  /** Jobs given out on this connection and not dropped since. */
  #known = new Set<JobId>()

  #checkSilence(): void {
    const silentMs = this.#parts.clock.monotonicMs() - this.#heardMs
    const { name } = this.#config
    const minutes = Math.round(silentMs / 60_000)
    if (silentMs >= GIVE_UP_AFTER_MS) {
      this.#onEnd({
        code: 'pool/silent',
        message: `${name} has said nothing for ${minutes} minutes, so we connect anew.`,
      })
    } else if (this.state.phase === 'ready' && silentMs >= SILENT_AFTER_MS) {
      const message = `${name} has said nothing for ${minutes} minutes; its jobs may be old. We connect anew if it stays silent.`
      const problem = { code: 'pool/silent', message, atMs: this.#parts.clock.nowMs() } as const
      this.#setState({ phase: 'silent', connectedAtMs: this.state.connectedAtMs, problem })
    } else if (this.state.phase === 'silent' && silentMs < SILENT_AFTER_MS) {
      this.#setState({ phase: 'ready', connectedAtMs: this.state.connectedAtMs })
    }
  }

  #onEnd(end: SessionEnd): void {
    this.#closeSession(end.message)
    const { clock, entropy } = this.#parts
    const problem: UpstreamProblem = { code: end.code, message: end.message, atMs: clock.nowMs() }
    this.currentJob = null
    if (end.again) return void this.#connect()
    // Where a pool sent us is its affair; nobody here could mend it.
    const sentThere = this.#endpoint !== this.#config.endpoint
    if (end.blocked && !sentThere) return this.#setState({ phase: 'blocked', problem })
    this.#move(end)
    const nowMs = clock.monotonicMs()
    const policy = this.#parts.backoff ?? DEFAULT_BACKOFF
    this.#backoff = afterConnectionEnded(policy, this.#backoff, nowMs - this.#connectedMs, nowMs, entropy)
    const delayMs = Math.max(this.#backoff.retryAtMs - nowMs, end.retryAfterMs ?? 0)
    const retryAtMs = clock.nowMs() + delayMs
    this.#retry = clock.after(delayMs, () => void this.#connect())
    this.#setState({ phase: 'waiting', attempt: this.#attempt, retryAtMs, problem })
  }

  #move(end: SessionEnd): void {
    const { moveTo } = end
    if (moveTo && this.#moves < MAX_MOVES) {
      this.#moves++
      this.#endpoint = { ...this.#endpoint, host: moveTo.host, port: moveTo.port }
    } else if (this.#attempt > 1 || end.blocked) {
      this.#moves = 0
      this.#endpoint = this.#config.endpoint
    }
  }

  #closeSession(reason: string): void {
    this.#silence?.cancel()
    const session = this.#session
    this.#session = null
    const connection = this.#connection
    this.#connection = null
    if (connection) {
      this.#closedBytes = {
        bytesIn: this.#closedBytes.bytesIn + connection.bytesIn,
        bytesOut: this.#closedBytes.bytesOut + connection.bytesOut,
      }
    }
    for (const jobId of this.#known) this.#orphans.add(jobId)
    this.#known = new Set()
    if (session) for (const token of session.close(reason)) this.#events.onOutcome(token, { kind: 'lost' })
    else connection?.destroy(reason)
  }

  #setState(state: UpstreamState): void {
    this.state = state
    this.#events.onState(state)
  }
}
