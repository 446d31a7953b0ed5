/**
 * One connection to a pool, from the open socket to its end, and the lines on it: what the two protocols
 * share. A Stratum V2 connection carries many lines (a channel each), a Stratum V1 connection one. The link
 * (`pool-link.ts`) dials, starts a session, and dials again when it ends; an attachment (`line-attachment.ts`)
 * opens its line on every session of its link.
 */
import { type Clock, type Entropy, type ErrorCode, type Logger } from '../../base/index.ts'
import { type Connection } from '../../net/index.ts'
import { type ExtranonceSpace, type Job, type JobId, type Share } from '../../mining/index.ts'
import { type LinkTap } from '../insight/traffic-tap.ts'
import { type KeptShares } from './kept-shares.ts'
import { type PoolConfig, type ShareOutcome } from './upstream.ts'

/**
 * How far a new connection has come; the connection test shows each. `setup` is SetupConnection or
 * `mining.subscribe`, `channel` an opened channel or `mining.authorize`.
 */
export type PoolStep = 'dns' | 'tcp' | 'tls' | 'upgrade' | 'noise' | 'setup' | 'channel' | 'job'

/** Why a session, or one line on it, is over. */
export interface SessionEnd {
  readonly code: ErrorCode
  /** Names what is wrong and what to do. */
  readonly message: string
  /** Trying again is pointless until a person acts. */
  readonly blocked?: boolean
  /** Do not come back sooner. */
  readonly retryAfterMs?: number
  /** Come back at once, in another way: this was no failure. A session may say so once (see `PoolMemory`). */
  readonly again?: boolean
  /** Where the pool wants us to come back; its identity must stay the same. */
  readonly moveTo?: { readonly host: string; readonly port: number }
}

export interface PoolSessionEvents {
  onStep(step: PoolStep, detail: string): void
  onLatency(latencyMs: number): void
  /** Anything came from the pool. */
  onHeard(): void
  /** The pool wanted us elsewhere, and the person does not allow it. */
  onMoveRefused(host: string): void
  /** The connection is of no more use. Called once, also when the socket simply closed; the link closes it. */
  onEnd(end: SessionEnd): void
}

export interface PoolSession<Token> {
  /** Opens a line, at once or as soon as the connection is set up. */
  openLine(parts: SessionLineParts<Token>): SessionLine<Token>
  /** Asks the pool for something it answers, if the protocol has that: `onHeard` follows if it lives. */
  askForLife(): void
  /** What was sent leaves now, and not with others at the end of the turn. */
  flush?(): void
  /** Ends the connection. The lines on it are to be closed first: what they hold unanswered is theirs. */
  close(reason: string): void
}

export interface SessionLineEvents<Token> {
  onGrant(space: ExtranonceSpace): void
  onJob(job: Job, dropped: readonly JobId[]): void
  /** Jobs became worthless, and there is none in their place yet. */
  onDropped(dropped: readonly JobId[]): void
  onOutcome(token: Token, outcome: ShareOutcome): void
  /** The line is over; the connection may live on. Called once; the attachment closes the line. */
  onEnd(end: SessionEnd): void
}

export interface SessionLineParts<Token> {
  /** Ours at the pool, for this line. */
  readonly userIdentity: string
  /** What the line delivers at the moment, H/s. */
  readonly nominalHashrateHs: number
  /** Shares of the session before, to be sent again if the pool restores it; null if there are none. */
  readonly kept: KeptShares<Token> | null
  readonly events: SessionLineEvents<Token>
}

/** What is left of a line that was closed. */
export interface LineRemains<Token> {
  /** Shares that never got an answer and never will. */
  readonly lost: Token[]
  /** What a later session can take up; its shares are not in `lost`. */
  readonly kept: KeptShares<Token> | null
}

export interface SessionLine<Token> {
  readonly unansweredCount: number
  /** When the share that waits longest for an answer was sent, monotonic milliseconds; null if none waits. */
  readonly oldestUnansweredMs: number | null
  /** Answers that fit no share of ours: the pool counts wrongly. */
  readonly miscounted: number
  accepts(jobId: JobId): boolean
  /** @param rigName whose share it is */
  submit(share: Share, token: Token, rigName: string): boolean
  setNominalHashrate(hashrateHs: number): void
  /** Ends this line and no other. The pool is told where the protocol has a word for it. */
  close(reason: string): LineRemains<Token>
}

/** What sessions learn for the ones after them; kept as long as the pool's configuration. */
export interface PoolMemory {
  /** The pool serves no client that insists on version rolling. */
  versionRollingRefused: boolean
  /** Index of the first extranonce size worth asking for: larger ones were refused. */
  extranonceChoice: number
  /** The pool does not answer when asked for extensions. */
  extensionsIgnored: boolean
  /** The pool accepts no name but ours. */
  namesRefused: boolean
  /** The pool refuses subscriptions that name an earlier session. */
  resumptionRefused: boolean
}

export function newPoolMemory(): PoolMemory {
  return {
    versionRollingRefused: false,
    extranonceChoice: 0,
    extensionsIgnored: false,
    namesRefused: false,
    resumptionRefused: false,
  }
}

export interface PoolSessionParts {
  /** With the endpoint that is connected to. */
  readonly config: PoolConfig
  readonly memory: PoolMemory
  readonly connection: Connection
  /** What goes over the connection is shown to it. */
  readonly tap: LinkTap
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly userAgent: string
  nextJobId(): JobId
  readonly events: PoolSessionEvents
}

export type CreatePoolSession = <Token>(parts: PoolSessionParts) => PoolSession<Token>
