/**
 * Keeps one connection to an endpoint of a pool: dials, runs a session, and dials again with growing pauses when it
 * ends. The session speaks the protocol; this knows none. Lines join and leave while it lives; what they do on the
 * session is theirs (`line-attachment.ts`).
 */
import {
  type Clock,
  type Entropy,
  errorText,
  HeadframeError,
  type Logger,
  type Timer,
} from '../../base/index.ts'
import { type JobId } from '../../mining/index.ts'
import {
  afterConnectionEnded,
  type BackoffPolicy,
  type BackoffState,
  type Connection,
  NO_BACKOFF,
} from '../../net/index.ts'
import { type UpstreamLink } from '../insight/insight.ts'
import { type LinkTap, NO_TAP } from '../insight/traffic-tap.ts'
import { type DialGate } from './dial-gate.ts'
import { type Dial } from './dial.ts'
import { type EndpointRole } from './endpoint-choice.ts'
import {
  type CreatePoolSession,
  type PoolMemory,
  type PoolSession,
  type PoolStep,
  type SessionEnd,
} from './pool-session.ts'
import { type PoolConfig, type PoolEndpoint, type UpstreamProblem } from './upstream.ts'

export interface LinkParts {
  readonly config: PoolConfig
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly userAgent: string
  readonly dial: Dial
  readonly gate: DialGate
  readonly memory: PoolMemory
  readonly backoff: BackoffPolicy
  readonly createSession: CreatePoolSession
  nextJobId(): JobId
  onStep?(step: PoolStep, detail: string): void
  /** Not for the connection test. */
  openTap?(link: UpstreamLink): LinkTap
}

/** What becomes of a link, for whoever holds several. */
export interface LinkHooks<Token> {
  /** The attempt or the connection failed. @returns true if the lines were moved elsewhere */
  onFailed(link: PoolLink<Token>, end: SessionEnd): boolean
  /** An open connection gave no sign of life when asked for one. @returns whether a second one is tried beside it */
  onMute(link: PoolLink<Token>): boolean
  /** The last member left: the link has stopped. */
  onEmpty(link: PoolLink<Token>): void
}

export type LinkState =
  | { readonly phase: 'idle' }
  | { readonly phase: 'connecting' }
  | { readonly phase: 'open' }
  | { readonly phase: 'silent'; readonly problem: UpstreamProblem }
  | { readonly phase: 'waiting'; readonly retryAtMs: number; readonly problem: UpstreamProblem }
  | { readonly phase: 'blocked'; readonly problem: UpstreamProblem }

/** A line that is on a link. */
export interface LinkMember<Token> {
  /** Bytes of the connection are counted with one of its members, so that sums over lines are right. */
  addTraffic(bytesIn: number, bytesOut: number): void
  onLinkState(state: LinkState): void
  /** A connection stands. */
  onSession(session: PoolSession<Token>): void
  /** It is over: what is on it ends now. */
  onSessionOver(end: SessionEnd): void
}

/** How attempts of an earlier link count for the one after it. */
export interface LinkPast {
  readonly attempt: number
  readonly backoff: BackoffState
}

/** Nothing from a pool for so long is a fault: they send a job every minute or so. */
const SILENT_AFTER_MS = 4 * 60_000
const GIVE_UP_AFTER_MS = 8 * 60_000
const SILENCE_CHECK_MS = 15_000
/** Hosts a pool may send us on to before we return to the one the person entered. */
const MAX_MOVES = 4
/** A pool that lives says something this soon after it was asked. */
const SIGN_OF_LIFE_MS = 5_000
/** A connection that ends this soon after a move was refused ended because of that. */
const REFUSED_MOVE_MS = 60_000

export class PoolLink<Token> {
  readonly role: EndpointRole
  readonly members = new Set<LinkMember<Token>>()
  state: LinkState = { phase: 'idle' }
  latencyMs: number | null = null
  readonly #parts: LinkParts
  readonly #hooks: LinkHooks<Token>
  /** The endpoint the person entered for this role. */
  readonly #home: PoolEndpoint
  #endpoint: PoolEndpoint
  #moves = 0
  #attempt: number
  #backoff: BackoffState
  #retry: Timer | null = null
  #silence: Timer | null = null
  #proof: Timer | null = null
  #abort: AbortController | null = null
  #connection: Connection | null = null
  #counted = { bytesIn: 0, bytesOut: 0 }
  #session: PoolSession<Token> | null = null
  #tap: LinkTap = NO_TAP
  #connectedMs = 0
  #heardMs = 0
  #heardSinceAsked = false
  #refusedMove: { readonly host: string; readonly atMs: number } | null = null

  constructor(
    parts: LinkParts,
    hooks: LinkHooks<Token>,
    role: EndpointRole,
    past: LinkPast = { attempt: 0, backoff: NO_BACKOFF },
  ) {
    this.#parts = parts
    this.#hooks = hooks
    this.role = role
    const { endpoint, fallback } = parts.config
    this.#home = role === 'fallback' ? (fallback ?? endpoint) : endpoint
    this.#endpoint = this.#home
    this.#attempt = past.attempt
    this.#backoff = past.backoff
  }

  get endpoint(): PoolEndpoint {
    return this.#endpoint
  }

  get attempt(): number {
    return this.#attempt
  }

  get past(): LinkPast {
    return { attempt: this.#attempt, backoff: this.#backoff }
  }

  join(member: LinkMember<Token>): void {
    this.members.add(member)
    if (this.#session) member.onSession(this.#session)
    else member.onLinkState(this.state)
  }

  /** The line was closed on the session already. */
  leave(member: LinkMember<Token>): void {
    this.countTraffic()
    this.members.delete(member)
    if (this.members.size > 0) return
    this.#stop()
    this.#hooks.onEmpty(this)
  }

  /** Connects; if it waits for its next attempt or is blocked, at once. */
  start(): void {
    const { phase } = this.state
    if (phase !== 'idle' && phase !== 'waiting' && phase !== 'blocked') return
    this.#retry?.cancel()
    void this.#connect()
  }

  /** See `Upstream.nudge`. */
  nudge(): void {
    if (this.state.phase === 'waiting') return this.start()
    if (!this.#session || this.#proof) return
    this.#heardSinceAsked = false
    this.#session.askForLife()
    this.#proof = this.#parts.clock.after(SIGN_OF_LIFE_MS, () => {
      this.#proof = null
      if (this.#heardSinceAsked) return
      if (!this.#hooks.onMute(this)) this.#endMute()
    })
  }

  /** A line has a job: the endpoint serves. */
  served(): void {
    this.#attempt = 0
  }

  /** The only line that was left on the session is over. */
  endSession(end: SessionEnd): void {
    this.#onEnd(end)
  }

  countTraffic(): void {
    const [first] = this.members
    const connection = this.#connection
    if (!connection || !first) return
    const { bytesIn, bytesOut } = connection
    first.addTraffic(bytesIn - this.#counted.bytesIn, bytesOut - this.#counted.bytesOut)
    this.#counted = { bytesIn, bytesOut }
  }

  async #connect(): Promise<void> {
    const { clock, gate, dial, onStep } = this.#parts
    this.#attempt++
    const abort = new AbortController()
    this.#abort = abort
    this.#setState({ phase: 'connecting' })
    try {
      const connection = await gate.through(async () => {
        if (abort.signal.aborted) return null
        this.#connectedMs = clock.monotonicMs()
        return dial(this.#endpoint, abort.signal, ({ step, detail }) => onStep?.(step, detail))
      })
      if (!connection) return
      if (abort.signal.aborted) return connection.destroy('stopped')
      this.#run(connection)
    } catch (error) {
      if (abort.signal.aborted) return
      const code = error instanceof HeadframeError ? error.code : 'pool/connect-failed'
      this.#onEnd({ code, message: errorText(error) })
    }
  }

  #run(connection: Connection): void {
    const { clock, entropy, log, userAgent, config, memory, createSession, onStep } = this.#parts
    this.#connection = connection
    this.#counted = { bytesIn: 0, bytesOut: 0 }
    this.#heardMs = clock.monotonicMs()
    this.#refusedMove = null
    this.#tap = this.#parts.openTap?.({ config, endpoint: this.#endpoint, connection }) ?? NO_TAP
    let session: PoolSession<Token> | null = null
    let endedEarly: SessionEnd | null = null
    session = createSession<Token>({
      config: { ...config, endpoint: this.#endpoint },
      memory,
      connection,
      tap: this.#tap,
      clock,
      entropy,
      log,
      userAgent,
      nextJobId: () => this.#parts.nextJobId(),
      events: {
        onStep: (step, detail) => onStep?.(step, detail),
        onLatency: (latencyMs) => (this.latencyMs = latencyMs),
        onHeard: () => {
          this.#heardMs = clock.monotonicMs()
          this.#heardSinceAsked = true
        },
        onMoveRefused: (host) => (this.#refusedMove = { host, atMs: clock.monotonicMs() }),
        onEnd: (end) => {
          if (session === null) endedEarly = end
          else if (this.#session === session) this.#onEnd(end)
        },
      },
    })
    this.#session = session
    this.#silence = clock.every(SILENCE_CHECK_MS, () => this.#checkSilence())
    this.#setState({ phase: 'open' })
    for (const member of [...this.members]) if (this.#session === session) member.onSession(session)
    if (endedEarly && this.#session === session) this.#onEnd(endedEarly)
  }

  #checkSilence(): void {
    const silentMs = this.#parts.clock.monotonicMs() - this.#heardMs
    const { name } = this.#parts.config
    const minutes = Math.round(silentMs / 60_000)
    if (silentMs >= GIVE_UP_AFTER_MS) {
      this.#onEnd({
        code: 'pool/silent',
        message: `${name} has said nothing for ${minutes} minutes, so we connect anew.`,
      })
    } else if (this.state.phase === 'open' && silentMs >= SILENT_AFTER_MS) {
      const message = `${name} has said nothing for ${minutes} minutes; its jobs may be old. We connect anew if it stays silent.`
      const problem = { code: 'pool/silent', message, atMs: this.#parts.clock.nowMs() } as const
      this.#setState({ phase: 'silent', problem })
    } else if (this.state.phase === 'silent' && silentMs < SILENT_AFTER_MS) {
      this.#setState({ phase: 'open' })
    }
  }

  #endMute(): void {
    const { name } = this.#parts.config
    const message = `${name} gave no sign of life after this machine's sleep or a change of its network, so we connect anew.`
    this.#onEnd({ code: 'pool/mute', message, again: true })
  }

  #onEnd(end: SessionEnd): void {
    this.#closeSession(end)
    if (this.members.size === 0) return
    const { clock, entropy } = this.#parts
    const message = this.#withRefusedMove(end.message)
    const problem: UpstreamProblem = { code: end.code, message, atMs: clock.nowMs() }
    if (end.again) return void this.#connect()
    // Where a pool sent us is its affair; nobody here could mend it.
    const sentThere = this.#endpoint !== this.#home
    if (end.blocked && !sentThere) return this.#setState({ phase: 'blocked', problem })
    this.#move(end)
    const nowMs = clock.monotonicMs()
    const { backoff } = this.#parts
    this.#backoff = afterConnectionEnded(backoff, this.#backoff, nowMs - this.#connectedMs, nowMs, entropy)
    if (this.#hooks.onFailed(this, end)) return
    const delayMs = Math.max(this.#backoff.retryAtMs - nowMs, end.retryAfterMs ?? 0)
    this.#retry = clock.after(delayMs, () => void this.#connect())
    this.#setState({ phase: 'waiting', retryAtMs: clock.nowMs() + delayMs, problem })
  }

  #withRefusedMove(message: string): string {
    const refused = this.#refusedMove
    this.#refusedMove = null
    if (!refused || this.#parts.clock.monotonicMs() - refused.atMs > REFUSED_MOVE_MS) return message
    return `${message} Before that it asked us to move to ${refused.host}; the pool's settings do not allow another host.`
  }

  #move({ moveTo, blocked }: SessionEnd): void {
    if (moveTo && this.#moves < MAX_MOVES) {
      this.#moves++
      this.#endpoint = { ...this.#endpoint, host: moveTo.host, port: moveTo.port }
    } else if (moveTo || this.#attempt > 1 || blocked) {
      this.#moves = 0
      this.#endpoint = this.#home
    }
  }

  #stop(): void {
    this.#retry?.cancel()
    this.#abort?.abort()
    this.#closeSession({ code: 'pool/stopped', message: 'stopped' })
    this.state = { phase: 'idle' }
  }

  #closeSession(end: SessionEnd): void {
    this.#silence?.cancel()
    this.#proof?.cancel()
    this.#proof = null
    const session = this.#session
    this.#session = null
    // Lines first: their last words leave with the connection.
    for (const member of [...this.members]) member.onSessionOver(end)
    session?.close(end.message)
    this.#tap.close()
    this.countTraffic()
    this.#connection = null
  }

  #setState(state: LinkState): void {
    this.state = state
    for (const member of [...this.members]) if (this.state === state) member.onLinkState(state)
  }
}
