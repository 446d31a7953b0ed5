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
  /** No answer came, and none will. `because` says why in a few words of ours. */
  | { readonly kind: 'lost'; readonly because?: string }

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
  readonly lineId: LineId
  readonly state: UpstreamState
  /** What is in use now: the pool's own endpoint, or its fallback. */
  readonly endpoint: PoolEndpoint
  readonly vitals: UpstreamVitals
  /** The job to hash now; null before the first and after the connection ended. */
  readonly currentJob: Job | null
  /** What the pool granted on the last connection; null if it never did. */
  readonly extranonce: ExtranonceSpace | null
  /** Milliseconds the pool took to answer our last question; null before. */
  readonly latencyMs: number | null
  readonly traffic: UpstreamTraffic
  /** Connects; if it waits for its next attempt or is blocked, at once. */
  start(): void
  /** The machine woke up, or its network changed: whatever waits tries now, whatever is open proves that it lives. */
  nudge(): void
  /** Ends the connection; unanswered shares are reported lost. What is on its way still leaves. */
  stop(): void
  /** Whether a share of this job could be sent now. */
  accepts(jobId: JobId): boolean
  /**
   * Sends a share of one of our jobs.
   * @param rigName whose it is; pools that can tell rigs apart are told
   * @returns false if there is no connection for it: nothing was sent and no outcome follows
   */
  submit(share: Share, token: Token, rigName: string): boolean
  /** Lets what was submitted leave at once instead of with the turn: it may be a block. */
  flush?(): void
  /** Tells the pool what we expect to deliver, H/s; rate-limited inside. */
  setNominalHashrate(hashrateHs: number): void
}

/** Where a pool is, what carries the bytes there, and what is spoken. */
export type PoolEndpoint = {
  readonly host: string
  readonly port: number
  /** Of the WebSocket, with its leading slash; empty over TCP and TLS. */
  readonly path: string
} & (
  | {
      readonly protocol: 'stratum-v2'
      readonly transport: 'tcp' | 'ws' | 'wss'
      /** x-only authority key, 32 bytes; null only when the person chose not to verify. */
      readonly authorityKey: Uint8Array | null
    }
  | { readonly protocol: 'stratum-v1'; readonly transport: 'tcp' | 'tls' | 'ws' | 'wss' }
)

/** One place at a pool where jobs come from and shares go: the pool's id, or that and the rig's. */
export type LineId = string

/** The rig that has a line of its own at a pool. */
export interface LineOwner {
  readonly rigId: string
  /** The identity the rig gave; what the pool shall know it by is derived from it. */
  readonly rigName: string
  /** What the rig delivers as far as we know, H/s; 0 if we do not. */
  nominalHashrateHs(): number
}

/** What a pool does, for judging whether it serves us well. Moments are monotonic milliseconds. */
export interface UpstreamVitals {
  readonly lastJobMs: number | null
  /** Usual pause between its jobs; null before there were some. */
  readonly usualJobGapMs: number | null
  /** Since when the oldest share without an answer waits; null if none does. */
  readonly oldestUnansweredMs: number | null
  readonly unansweredCount: number
  /** Shares answered on this connection. */
  readonly acknowledgedCount: number
  readonly rejectedCount: number
  /** When it last acknowledged one. */
  readonly lastAcknowledgedMs: number | null
  /** Answers on this connection that fit no share of ours: the pool counts wrongly. */
  readonly miscountedCount?: number
}

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
  /** One line for all rigs, or one each so that the pool shows every rig. */
  readonly lines: 'shared' | 'per-rig'
  /** On a shared line, whether rigs are told apart by name where the protocol can (many authorised names, worker TLV). */
  readonly namesRigs: boolean
  /** The same pool's Stratum V1 endpoint, for when the first cannot be reached; null if there is none. */
  readonly fallback: PoolEndpoint | null
  /** Whether a pool may send us on to another host; its authority key must stay the same in any case. */
  readonly mayMoveTo: 'same-host' | 'any-host'
  /** Kept connected to compare its jobs with the others', also while no rig works for it. */
  readonly listens: boolean
  /** Solo pools: the address its coinbase ought to pay; null where that is not expected. */
  readonly payoutAddress: string | null
}

/** Whether both lead to the same account on the same server. */
export function sameConnection(a: PoolConfig, b: PoolConfig): boolean {
  return (
    JSON.stringify(connectionKey(a)) === JSON.stringify(connectionKey(b)) &&
    a.versionRollingMask === b.versionRollingMask
  )
}

function connectionKey(config: PoolConfig): unknown[] {
  const { endpoint, fallback, userIdentity, password, lines, namesRigs, mayMoveTo } = config
  const places = [endpoint, fallback].map((place) => place && endpointKey(place))
  return [places, userIdentity, password, lines, namesRigs, mayMoveTo]
}

function endpointKey(endpoint: PoolEndpoint): unknown[] {
  const key = endpoint.protocol === 'stratum-v2' ? [...(endpoint.authorityKey ?? [])] : []
  return [endpoint.protocol, endpoint.transport, endpoint.host, endpoint.port, endpoint.path, key]
}
