/** What insight tells the host: plain values that survive a structured clone and JSON. */

export type LinkSide = 'upstream' | 'downstream'
/** Seen from here. */
export type Direction = 'in' | 'out'
export type LinkProtocol = 'stratum-v1' | 'stratum-v2'
export type LinkTransport = 'tcp' | 'tls' | 'ws' | 'wss'

/** What the same jobs, shares and answers would have cost in the other protocol. See `BANDWIDTH_METHOD`. */
export interface CounterpartBytes {
  readonly protocol: LinkProtocol
  /** Stratum V1 in the clear, or Stratum V2 encrypted with an extended channel. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** The same, with TLS where the counterpart is Stratum V1. */
  readonly tlsBytesIn: number
  readonly tlsBytesOut: number
  /** With a standard channel; null where the counterpart is Stratum V1. */
  readonly standardBytesIn: number | null
  readonly standardBytesOut: number | null
}

/** A connection that is open now. */
export interface LinkStatus {
  readonly id: string
  readonly side: LinkSide
  /** Of the pool or the rig. */
  readonly name: string
  /** Null for rigs. */
  readonly poolId: string | null
  /** Null for pools. */
  readonly rigKey: string | null
  readonly protocol: LinkProtocol
  readonly transport: LinkTransport
  /** `host:port` of the other side. */
  readonly address: string
  readonly sinceMs: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly counterpart: CounterpartBytes
  /** Jobs and shares that went over it. */
  readonly jobs: number
  readonly shares: number
}

/** Bytes really moved beside what the other protocol would have cost, for links of one kind. */
export interface BandwidthRow {
  readonly protocol: LinkProtocol
  readonly transport: LinkTransport
  /** Links so far, closed ones included. */
  readonly links: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly counterpart: CounterpartBytes
  readonly jobs: number
  readonly shares: number
}

export interface BandwidthRate {
  /** How much of an hour the figures cover; they are sums, not extrapolated. */
  readonly coveredMs: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly counterpartIn: number
  readonly counterpartOut: number
}

export interface BandwidthView {
  readonly sinceMs: number
  readonly upstream: readonly (BandwidthRow & { readonly poolId: string })[]
  readonly downstream: readonly BandwidthRow[]
  readonly lastHour: { readonly upstream: BandwidthRate; readonly downstream: BandwidthRate }
  /** How it is computed, a sentence each. */
  readonly method: readonly string[]
}

export interface TimelineJob {
  readonly receivedAtMs: number
  readonly upstreamJobId: string
  /** Began a new block; else a fresh template for the same one. */
  readonly newTip: boolean
  readonly height: number | null
  /** Display order. */
  readonly prevHash: string
  readonly emptyBlock: boolean
  readonly merkleDepth: number
  readonly rewardSats: number | null
  /** Null where it cannot be known. */
  readonly feesSats: number | null
  readonly poolDifficulty: number | null
  /** Of the messages that carried it, as sent: lines of Stratum V1, or sealed frames of Stratum V2. */
  readonly sizeBytes: number
}

export interface TimelineTip {
  /** Display order. */
  readonly prevHash: string
  /** Of the block being mined on it. */
  readonly height: number | null
  readonly firstAtMs: number
  /** Pools that were connected and on another tip when it came, in order of arrival. */
  readonly pools: readonly { readonly poolId: string; readonly atMs: number; readonly lagMs: number }[]
}

export interface PoolTimeline {
  readonly poolId: string
  /** No rig works for it. */
  readonly listening: boolean
  /** Newest first. */
  readonly jobs: readonly TimelineJob[]
  /** Behind the first pool, over the kept tips that at least two pools announced; null without one. */
  readonly medianLagMs: number | null
  /** Of the kept tips that at least two pools announced. */
  readonly comparedCount: number
  readonly firstCount: number
}

export interface TimelineView {
  readonly pools: readonly PoolTimeline[]
  /** Newest first. */
  readonly tips: readonly TimelineTip[]
}

export type WarningSeverity = 'info' | 'warning' | 'error'

export type WarningCode =
  | 'watchdog/stale-tip'
  | 'watchdog/payout-missing'
  | 'watchdog/unreadable-coinbase'
  | 'watchdog/empty-template'
  | 'watchdog/target-too-hard'
  | 'watchdog/target-too-easy'
  | 'watchdog/our-clock'
  | 'watchdog/pool-clock'
  | 'watchdog/chain-mismatch'
  | 'watchdog/pool-silent'
  | 'watchdog/many-rejected'
  | 'watchdog/no-acknowledgements'

export interface WatchdogWarning {
  /** Code and pool: the same as long as the warning stands. */
  readonly id: string
  readonly code: WarningCode
  readonly severity: WarningSeverity
  /** Null for what concerns no single pool. */
  readonly poolId: string | null
  /** What is wrong and what to do. */
  readonly message: string
  readonly sinceMs: number
}

export interface FrameField {
  readonly name: string
  /** For reading; long bytes are shortened. */
  readonly value: string
  /** All bytes of a byte field; null for others. */
  readonly hex: string | null
}

/** A message on one connection, decoded. Secrets are masked. */
export interface TrafficFrame {
  /** Counts the frames of the link while it is watched; a gap means that some were left out. */
  readonly sequence: number
  readonly atMs: number
  readonly direction: Direction
  /** `SubmitSharesExtended`, `mining.notify`, `answer to mining.submit`. */
  readonly name: string
  readonly summary: string
  readonly fields: readonly FrameField[]
  /** The plain message, cut after some kilobytes. */
  readonly hex: string
  /** Plain. */
  readonly bytes: number
  /** As sent: sealed where the protocol encrypts; without TLS, WebSocket and TCP/IP. */
  readonly wireBytes: number
}

/** Frames of one watched link. */
export interface WatchedFrames {
  readonly linkId: string
  /** Null while no connection of this id is open. */
  readonly link: LinkStatus | null
  readonly frames: readonly TrafficFrame[]
}

/** share: shares and their answers. job: jobs, targets, tips. session: set-up and its end. */
export type MessageKind = 'share' | 'job' | 'session' | 'other'

export interface AuditOptions {
  readonly kinds: readonly MessageKind[]
  /** Link ids, pool ids and rig keys; null for all. */
  readonly links: readonly string[] | null
  /** Also hide account and rig names. */
  readonly maskIdentities: boolean
}

/** One record of the audit log, ready to be written as a line. */
export interface AuditLine {
  readonly atMs: number
  /** JSON without line end: an `AuditRecord` or an `AuditGap`. */
  readonly json: string
}

/** What `AuditLine.json` holds for a message. */
export interface AuditRecord {
  /** Epoch milliseconds. */
  readonly at: number
  readonly linkId: string
  readonly side: LinkSide
  readonly linkName: string
  readonly protocol: LinkProtocol
  readonly direction: Direction
  readonly kind: MessageKind
  readonly name: string
  /** Plain bytes. */
  readonly bytes: number
  /** The line of Stratum V1 or the fields of Stratum V2, all bytes as hex, secrets masked. */
  readonly message: unknown
}

/** Stands where records are missing: they came faster than they were taken. */
export interface AuditGap {
  readonly at: number
  readonly kind: 'gap'
  readonly name: 'gap'
  readonly count: number
  readonly from: number
  readonly to: number
  readonly message: string
}

export interface AuditBatch {
  readonly lines: readonly AuditLine[]
  /** Whether more wait. */
  readonly more: boolean
  /** Records that were left out since the audit was switched on. */
  readonly droppedCount: number
}
