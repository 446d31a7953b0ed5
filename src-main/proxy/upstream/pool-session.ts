/**
 * One connection to a pool, from the open socket to its end: what the two protocols share. The runner
 * (`upstream-runner.ts`) dials, starts a session, and dials again when it ends.
 */
import { type Clock, type Entropy, type ErrorCode, type Logger } from '../../base/index.ts'
import { type Connection } from '../../net/index.ts'
import { type ExtranonceSpace, type Job, type JobId, type Share } from '../../mining/index.ts'
import { type PoolConfig, type ShareOutcome } from './upstream.ts'

/** How far a new connection has come; the connection test shows each. */
export type PoolStep = 'connect' | 'handshake' | 'open' | 'job'

/** Why a session is over. */
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

export interface PoolSessionEvents<Token> {
  onStep(step: PoolStep, detail: string): void
  onGrant(space: ExtranonceSpace): void
  onJob(job: Job, dropped: readonly JobId[]): void
  /** Jobs became worthless, and there is none in their place yet. */
  onDropped(dropped: readonly JobId[]): void
  onOutcome(token: Token, outcome: ShareOutcome): void
  onLatency(latencyMs: number): void
  /** Anything came from the pool. */
  onHeard(): void
  /** Called once, also when the socket simply closed; the runner closes what is open. */
  onEnd(end: SessionEnd): void
}

export interface PoolSession<Token> {
  accepts(jobId: JobId): boolean
  /** @param rigName whose share it is */
  submit(share: Share, token: Token, rigName: string): boolean
  setNominalHashrate(hashrateHs: number): void
  /** Ends the session. @returns the shares that never got an answer */
  close(reason: string): Token[]
}

/** What a session learns for the ones after it; kept as long as the upstream. */
export interface PoolMemory {
  /** The pool serves no client that insists on version rolling. */
  versionRollingRefused: boolean
}

export interface PoolSessionParts<Token> {
  readonly config: PoolConfig
  readonly memory: PoolMemory
  readonly connection: Connection
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly userAgent: string
  /** What we deliver at the moment, H/s. */
  readonly nominalHashrateHs: number
  nextJobId(): JobId
  readonly events: PoolSessionEvents<Token>
}

export type CreatePoolSession = <Token>(parts: PoolSessionParts<Token>) => PoolSession<Token>
