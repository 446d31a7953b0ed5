/**
 * What the switchboard asks of a pool connection, whatever protocol it speaks. An upstream turns its
 * protocol into `Job`s and takes `Share`s back; it knows nothing of rigs. It reconnects by itself until
 * it is stopped or blocked.
 */
import { type ErrorCode } from '../../base/index.ts'
import { type ExtranonceSpace, type Job, type JobId, type Share } from '../../mining/index.ts'

export interface UpstreamProblem {
  readonly code: ErrorCode
  /** Names what is wrong and what to do. */
  readonly message: string
  /** Epoch milliseconds. */
  readonly atMs: number
}

/**
 * The life of an upstream. `ready` means it has given a job; `silent` that it once did and has said
 * nothing for longer than its rhythm allows; `blocked` that only a person can help (wrong key).
 */
export type UpstreamState =
  | { readonly phase: 'idle' }
  | { readonly phase: 'connecting'; readonly attempt: number }
  | { readonly phase: 'ready'; readonly connectedAtMs: number }
  | { readonly phase: 'silent'; readonly connectedAtMs: number; readonly problem: UpstreamProblem }
  | {
      readonly phase: 'waiting'
      readonly attempt: number
      readonly retryAtMs: number
      readonly problem: UpstreamProblem
    }
  | { readonly phase: 'blocked'; readonly problem: UpstreamProblem }

/** Whether a connection that someone waits for failed. A pool that sends us on did not fail. */
export function isHopeless(
  state: UpstreamState,
): state is UpstreamState & { readonly problem: UpstreamProblem } {
  if (state.phase === 'waiting') return state.problem.code !== 'pool/reconnect'
  return state.phase === 'blocked'
}

/** How a share that `submit` took ended. Exactly one of these is reported for each token. */
export type ShareOutcome =
  | { readonly kind: 'acknowledged' }
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'lost' }

export interface UpstreamEvents<Token> {
  onState(state: UpstreamState): void
  /** A job became active. Jobs in `dropped` can no longer earn anything. */
  onJob(job: Job, dropped: readonly JobId[]): void
  /** These jobs can no longer earn anything, and there is none in their place yet. */
  onDropped(dropped: readonly JobId[]): void
  onOutcome(token: Token, outcome: ShareOutcome): void
}

export interface UpstreamTraffic {
  readonly bytesIn: number
  readonly bytesOut: number
}

export interface Upstream<Token> {
  readonly poolId: string
  readonly state: UpstreamState
  /** The job to hash now; null before the first and after the connection ended. */
  readonly currentJob: Job | null
  /** What the pool granted on the last connection; null if it never did. */
  readonly extranonce: ExtranonceSpace | null
  /** Milliseconds the pool took to answer our last question; null before. */
  readonly latencyMs: number | null
  readonly traffic: UpstreamTraffic
  /** Connects; if it waits for its next attempt or is blocked, at once. */
  start(): void
  /** Ends the connection; unanswered shares are reported lost. What is on its way still leaves. */
  stop(): void
  /** Whether a share of this job could be sent now. */
  accepts(jobId: JobId): boolean
  /**
   * Sends a share of one of our jobs.
   * @returns false if there is no connection for it: nothing was sent and no outcome follows
   */
  submit(share: Share, token: Token): boolean
  /** Tells the pool what we expect to deliver, H/s; rate-limited inside. */
  setNominalHashrate(hashrateHs: number): void
}

/** Where a pool is and how to speak to it. */
export type PoolEndpoint =
  | {
      readonly protocol: 'stratum-v2'
      readonly host: string
      readonly port: number
      /** x-only authority key, 32 bytes; null only when the person chose not to verify. */
      readonly authorityKey: Uint8Array | null
    }
  | { readonly protocol: 'stratum-v1'; readonly host: string; readonly port: number; readonly tls: boolean }

export interface PoolConfig {
  readonly id: string
  readonly name: string
  readonly endpoint: PoolEndpoint
  readonly userIdentity: string
  /** SV1 only; empty means none. */
  readonly password: string
  readonly enabled: boolean
  /** Header version bits the pool lets us roll, when it allows rolling at all. */
  readonly versionRollingMask: number
  /** Bytes the pool granted last time; null if never connected. */
  readonly knownRollableSize: number | null
}

/** Whether both lead to the same account on the same server. */
export function sameConnection(a: PoolConfig, b: PoolConfig): boolean {
  return (
    JSON.stringify(connectionKey(a)) === JSON.stringify(connectionKey(b)) &&
    a.versionRollingMask === b.versionRollingMask
  )
}

function connectionKey({ endpoint, userIdentity, password }: PoolConfig): unknown[] {
  const key = endpoint.protocol === 'stratum-v2' ? [...(endpoint.authorityKey ?? [])] : [endpoint.tls]
  return [endpoint.protocol, endpoint.host, endpoint.port, key, userIdentity, password]
}
