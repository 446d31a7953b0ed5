/** What the engine tells its host: plain values that survive a structured clone. */
import { type JobDescription } from '../mining/index.ts'
import { type RigProtocol, type RigTransport } from './downstream/downstream.ts'
import { type ShareCounts, type ShareDelta } from './shares/accounting.ts'
import { type PoolEvent } from './switching/switchboard.ts'
import { type UpstreamState } from './upstream/upstream.ts'

/** How well a pool serves us. doubtful: worth a look. bad: rigs go elsewhere if they can. */
export interface PoolHealth {
  readonly verdict: 'unknown' | 'good' | 'doubtful' | 'bad'
  /** A sentence; empty when good. */
  readonly because: string
}

/** Where a pool was reached. */
export interface EndpointStatus {
  readonly protocol: 'stratum-v2' | 'stratum-v1'
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss'
  readonly host: string
  readonly port: number
  /** Whether it is the pool's second endpoint. */
  readonly fallback: boolean
}

export interface PoolStatus {
  readonly poolId: string
  readonly state: UpstreamState
  readonly health: PoolHealth
  /** null while nothing was tried. */
  readonly endpoint: EndpointStatus | null
  /** Rigs that work for it now. */
  readonly rigCount: number
  /** Lines to it that are open: 1 when shared, one for each rig when not. */
  readonly lineCount: number
  /** Measured hashrate of its rigs, H/s. */
  readonly hashrateHs: number
  /** Work delivered since the engine started: sum of the difficulties of valid and weak shares. */
  readonly workDifficulty: number
  readonly latencyMs: number | null
  /** Bytes granted on the last connection. */
  readonly extranonce: { readonly prefix: number; readonly rollable: number } | null
  readonly poolDifficulty: number | null
  /** Since the engine started. */
  readonly counts: ShareCounts
  readonly rejectReasons: Record<string, number>
  /** Our own refusals of its rigs' shares; stale ones by `StaleCause`. */
  readonly invalidReasons: Record<string, number>
  /** Why shares were lost. */
  readonly lostReasons: Record<string, number>
  readonly bytesIn: number
  readonly bytesOut: number
}

/** subscribing: no job yet, or the first share is not due yet. quiet: shares are overdue. */
export type RigState = 'subscribing' | 'hashing' | 'quiet'

export interface DownstreamStatus {
  readonly id: string
  readonly rigKey: string
  readonly name: string
  /** Of its connection; of a device `usb:` and its key. */
  readonly address: string
  readonly protocol: RigProtocol
  readonly transport: RigTransport
  readonly channelKind: 'standard' | 'extended' | null
  /** The pool it works for now; null while it has no job. */
  readonly poolId: string | null
  readonly userAgent: string | null
  readonly state: RigState
  readonly connectedAtMs: number
  readonly lastShareAtMs: number | null
  readonly hashrateHs: number
  /** One sigma of the estimate; null before the first share. */
  readonly hashrateRatioError: number | null
  readonly difficulty: number
  readonly bestDifficulty: number
  /** Since it connected. */
  readonly counts: ShareCounts
  /** Our refusals; stale ones by `StaleCause`. */
  readonly invalidReasons: Record<string, number>
  /** Its pools' refusals, in their words. */
  readonly rejectReasons: Record<string, number>
  /** Why shares were lost. */
  readonly lostReasons: Record<string, number>
  readonly versionRolling: boolean
  readonly extranoncePrefixHex: string
  readonly rollableBytes: number
  /** H/s of the last whole minutes, oldest first. */
  readonly sparklineHs: number[]
}

export interface BlockStatus {
  /** Display order. */
  readonly hash: string
  readonly height: number | null
  readonly foundAtMs: number
  readonly poolId: string
  readonly rigKey: string
  readonly rigName: string
  readonly difficulty: number
}

/** Everything that happened since the report before, and how things are. */
export interface EngineReport {
  readonly atMs: number
  /** Monotonic time that `deltas` cover. */
  readonly coveredMs: number
  readonly counts: ShareCounts
  readonly bestDifficulty: number
  readonly hashrateHs: number
  readonly onlineCount: number
  readonly hashingCount: number
  readonly networkDifficulty: number | null
  /** The pool in use for rigs without a rule: the preferred one, or what stands in for it. */
  readonly activePoolId: string | null
  /** The pool the person chose. */
  readonly preferredPoolId: string | null
  /** Why another pool stands in for the preferred one, and since when; null while none does. */
  readonly standIn: { readonly sinceMs: number; readonly because: string } | null
  readonly switchedAtMs: number | null
  readonly pools: readonly PoolStatus[]
  readonly downstreams: { readonly upserts: DownstreamStatus[]; readonly removedIds: string[] }
  readonly deltas: readonly ShareDelta[]
  readonly blocks: readonly BlockStatus[]
  readonly poolEvents: readonly PoolEvent[]
}

export interface CurrentJobStatus {
  readonly poolId: string
  readonly upstreamJobId: string
  readonly receivedAtMs: number
  readonly description: JobDescription
}
