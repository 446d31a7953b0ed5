/**
 * A line on a link: opens itself on every session of the link, keeps what a session leaves behind, and opens itself
 * again when the pool refused or closed it while others go on. A line (`pool-line.ts`) has one attachment that
 * counts, and for a while others: one that is tried beside it, or old ones whose answers are awaited.
 */
import { type Clock, type Entropy, HeadframeError, type Timer } from '../../base/index.ts'
import { type ExtranonceSpace, type Job, type JobId, type Share } from '../../mining/index.ts'
import { afterFailure, type BackoffPolicy, type BackoffState, NO_BACKOFF } from '../../net/index.ts'
import { whyUseless } from './job-check.ts'
import { type KeptShares } from './kept-shares.ts'
import { LineVitals } from './line-vitals.ts'
import { type LinkMember, type LinkState, type PoolLink } from './pool-link.ts'
import { type PoolSession, type SessionEnd, type SessionLine } from './pool-session.ts'
import {
  type ShareOutcome,
  type UpstreamProblem,
  type UpstreamState,
  type UpstreamTraffic,
  type UpstreamVitals,
} from './upstream.ts'

/** What an attachment asks of its line, and tells it. */
export interface AttachmentHost<Token> {
  readonly poolName: string
  readonly userIdentity: string
  readonly clock: Clock
  readonly entropy: Entropy
  readonly backoff: BackoffPolicy
  nominalHashrateHs(): number
  onState(from: LineAttachment<Token>, state: UpstreamState): void
  /** @throws HeadframeError if the job cannot be hashed */
  onJob(from: LineAttachment<Token>, job: Job, dropped: readonly JobId[]): void
  onDropped(from: LineAttachment<Token>, dropped: readonly JobId[]): void
  /** Jobs whose session is over: worthless as soon as there are others. */
  onOrphans(jobIds: Iterable<JobId>): void
  onOutcome(token: Token, outcome: ShareOutcome): void
}

export class LineAttachment<Token> implements LinkMember<Token> {
  readonly link: PoolLink<Token>
  readonly #host: AttachmentHost<Token>
  state: UpstreamState = { phase: 'idle' }
  currentJob: Job | null = null
  extranonce: ExtranonceSpace | null = null
  readonly #vitals = new LineVitals()
  #session: PoolSession<Token> | null = null
  #line: SessionLine<Token> | null = null
  #kept: KeptShares<Token> | null = null
  #keptTimer: Timer | null = null
  /** Jobs given on this session and not dropped since. */
  #known = new Set<JobId>()
  #retry: Timer | null = null
  #backoff: BackoffState = NO_BACKOFF
  #connectedAtMs = 0
  #lostAtEnd = 0
  #left = false
  #bytes = { bytesIn: 0, bytesOut: 0 }

  constructor(link: PoolLink<Token>, host: AttachmentHost<Token>) {
    this.link = link
    this.#host = host
  }

  get traffic(): UpstreamTraffic {
    this.link.countTraffic()
    return this.#bytes
  }

  get vitals(): UpstreamVitals {
    return this.#vitals.read({
      count: (this.#line?.unansweredCount ?? 0) + (this.#kept?.size ?? 0),
      oldestMs: this.#line?.oldestUnansweredMs ?? null,
      miscounted: this.#line?.miscounted ?? 0,
    })
  }

  /** Whether it has work for rigs. */
  get serves(): boolean {
    return this.state.phase === 'ready' || this.state.phase === 'silent'
  }

  join(): void {
    this.link.join(this)
  }

  /** Opens itself, or lets the link connect, without waiting for the next attempt. */
  start(): void {
    if (this.#retry) this.#reopen()
    else this.link.start()
  }

  nudge(): void {
    if (this.#retry) this.#reopen()
    this.link.nudge()
  }

  accepts(jobId: JobId): boolean {
    return this.#line?.accepts(jobId) ?? this.#kept?.accepts(jobId) ?? false
  }

  submit(share: Share, token: Token, rigName: string): boolean {
    return this.#line?.submit(share, token, rigName) ?? this.#kept?.submit(share, token, rigName) ?? false
  }

  flush(): void {
    this.#session?.flush?.()
  }

  setNominalHashrate(hashrateHs: number): void {
    this.#line?.setNominalHashrate(hashrateHs)
  }

  /** Ends it for good; shares without an answer are lost. */
  leave(reason: string): void {
    if (this.#left) return
    this.#left = true
    this.#closeLine(reason)
    this.#loseKept(reason)
    this.link.leave(this)
  }

  addTraffic(bytesIn: number, bytesOut: number): void {
    this.#bytes = { bytesIn: this.#bytes.bytesIn + bytesIn, bytesOut: this.#bytes.bytesOut + bytesOut }
  }

  onLinkState(state: LinkState): void {
    const { attempt } = this.link
    switch (state.phase) {
      case 'idle':
        return
      case 'connecting':
        return this.#setState({ phase: 'connecting', attempt })
      case 'open':
        if (this.state.phase === 'silent')
          this.#setState({ phase: 'ready', connectedAtMs: this.#connectedAtMs })
        return
      case 'silent':
        if (this.state.phase !== 'ready') return
        return this.#setState({
          phase: 'silent',
          connectedAtMs: this.#connectedAtMs,
          problem: state.problem,
        })
      case 'waiting':
        return this.#setState({ ...state, attempt, problem: this.#withLoss(state.problem) })
      case 'blocked':
        this.#loseKept('the pool is not to be trusted')
        return this.#setState({ phase: 'blocked', problem: this.#withLoss(state.problem) })
    }
  }

  onSession(session: PoolSession<Token>): void {
    this.#session = session
    this.#open()
  }

  onSessionOver(end: SessionEnd): void {
    this.#session = null
    this.#cancelRetry()
    this.#lostAtEnd = 0
    this.#closeLine(end.message)
  }

  #open(): void {
    const session = this.#session
    if (!session) return
    const kept = this.#kept
    this.#kept = null
    this.#keptTimer?.cancel()
    this.#vitals.restart()
    const { attempt } = this.link
    if (this.state.phase !== 'connecting') this.#setState({ phase: 'connecting', attempt })
    let line: SessionLine<Token> | null = null
    let endedEarly: SessionEnd | null = null
    const isOurs = (): boolean => line === null || this.#line === line
    line = session.openLine({
      userIdentity: this.#host.userIdentity,
      nominalHashrateHs: this.#host.nominalHashrateHs(),
      kept,
      events: {
        onGrant: (space) => (this.extranonce = space),
        onJob: (job, dropped) => isOurs() && this.#onJob(job, dropped),
        onDropped: (dropped) => isOurs() && this.#onDropped(dropped),
        onOutcome: (token, outcome) => this.#onOutcome(token, outcome),
        onEnd: (end) => {
          if (line === null) endedEarly = end
          else if (this.#line === line) this.#onLineEnd(end)
        },
      },
    })
    this.#line = line
    if (endedEarly) this.#onLineEnd(endedEarly)
  }

  #onJob(job: Job, dropped: readonly JobId[]): void {
    const useless = whyUseless(job)
    if (useless !== null) {
      const message = `${this.#host.poolName} ${useless}, so its jobs cannot be mined. Use another pool, or ask it why.`
      return this.#onLineEnd({ code: 'pool/bad-job', message })
    }
    this.#vitals.onJob(this.#host.clock.monotonicMs())
    this.currentJob = job
    this.#known.add(job.id)
    for (const jobId of dropped) this.#known.delete(jobId)
    if (!this.serves) {
      this.#connectedAtMs = this.#host.clock.nowMs()
      this.#backoff = NO_BACKOFF
      this.link.served()
      this.#setState({ phase: 'ready', connectedAtMs: this.#connectedAtMs })
    }
    try {
      this.#host.onJob(this, job, dropped)
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      const message = `${this.#host.poolName} sent a job that cannot be hashed: ${error.message}`
      this.#onLineEnd({ code: 'pool/bad-job', message })
    }
  }

  #onDropped(dropped: readonly JobId[]): void {
    this.currentJob = null
    for (const jobId of dropped) this.#known.delete(jobId)
    this.#host.onDropped(this, dropped)
  }

  #onOutcome(token: Token, outcome: ShareOutcome): void {
    if (outcome.kind === 'acknowledged') this.#vitals.onAcknowledged(this.#host.clock.monotonicMs())
    else if (outcome.kind === 'rejected') this.#vitals.onRejected()
    this.#host.onOutcome(token, outcome)
  }

  /** This line alone is over, unless it was the last one that was left on its session. */
  #onLineEnd(end: SessionEnd): void {
    const others = [...this.link.members].some(
      (member) => member !== this && member instanceof LineAttachment && member.isOpen,
    )
    if (!others) return this.link.endSession(end)
    this.#lostAtEnd = 0
    this.#closeLine(end.message)
    const { clock, entropy, backoff } = this.#host
    const nowMs = clock.monotonicMs()
    this.#backoff = afterFailure(backoff, this.#backoff, nowMs, entropy)
    const delayMs = Math.max(this.#backoff.retryAtMs - nowMs, end.retryAfterMs ?? 0)
    this.#retry = clock.after(delayMs, () => this.#reopen())
    const problem = this.#withLoss({ code: end.code, message: end.message, atMs: clock.nowMs() })
    const { attempt } = this.link
    this.#setState({ phase: 'waiting', attempt, retryAtMs: clock.nowMs() + delayMs, problem })
  }

  /** Whether it has, or is about to have, a line on the session. */
  get isOpen(): boolean {
    return this.#line !== null
  }

  #reopen(): void {
    this.#cancelRetry()
    this.#open()
  }

  #cancelRetry(): void {
    this.#retry?.cancel()
    this.#retry = null
  }

  #closeLine(reason: string): void {
    this.#cancelRetry()
    const line = this.#line
    this.#line = null
    this.currentJob = null
    if (!line) return
    const { lost, kept } = line.close(reason)
    for (const token of lost) this.#lose(token, 'the connection ended')
    if (kept) this.#keep(kept)
    else {
      this.#host.onOrphans(this.#known)
      this.#known = new Set()
    }
  }

  #keep(kept: KeptShares<Token>): void {
    this.#kept = kept
    const delayMs = kept.untilMs - this.#host.clock.monotonicMs()
    this.#keptTimer = this.#host.clock.after(Math.max(0, delayMs), () =>
      this.#loseKept('the pool did not come back in time'),
    )
  }

  #loseKept(because: string): void {
    this.#keptTimer?.cancel()
    const kept = this.#kept
    this.#kept = null
    if (!kept) return
    for (const { token } of kept.take()) this.#lose(token, because)
    this.#host.onOrphans(this.#known)
    this.#known = new Set()
  }

  #lose(token: Token, because: string): void {
    this.#lostAtEnd++
    this.#host.onOutcome(token, { kind: 'lost', because })
  }

  #withLoss(problem: UpstreamProblem): UpstreamProblem {
    const count = this.#lostAtEnd
    if (count === 0) return problem
    const shares =
      count === 1 ? '1 share had no answer and is lost' : `${count} shares had no answer and are lost`
    return { ...problem, message: `${problem.message} ${shares}.` }
  }

  #setState(state: UpstreamState): void {
    this.state = state
    this.#host.onState(this, state)
  }
}
