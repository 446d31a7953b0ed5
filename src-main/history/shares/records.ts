/**
 * What of shares goes into the history and what comes out: plain values that survive a structured clone, so that
 * they cross between threads as they are. Moments are epoch milliseconds on the wall clock.
 *
 * Two identities hold for every counter here, in a batch and in the database (design, "Promises"):
 * `submitted = valid + stale + duplicate + invalid` and `valid = acknowledged + rejected + pending + lost`,
 * where `pending` is never stored.
 */

/** Counts of shares; whole numbers, never negative. */
export interface ShareCounts {
  /** Offered by rigs and judged by us, weak ones excepted. */
  submitted: number
  /** Our verdict: rebuilt, hashed and good. */
  valid: number
  stale: number
  duplicate: number
  /** Below the difficulty the rig was given, or malformed. */
  invalid: number
  /** Good for the rig's difficulty, below the pool's target, never sent: outside both identities. */
  weak: number
  /** The pool said yes. */
  acknowledged: number
  /** The pool said no. */
  rejected: number
  /** Sent, and the connection or the program ended before an answer. */
  lost: number
}

/**
 * What happened to the shares of one rig at one pool since the batch before. A delta of zeros is worth
 * sending: it says that the rig was connected and offered nothing, which is a zero and not a gap.
 */
export interface ShareDelta extends ShareCounts {
  rigKey: string
  poolId: string
  /** Sum of the difficulty that each valid or weak share was asked for (not what its hash reached). */
  workDifficulty: number
  /** Highest difficulty that a hash reached; 0 if there was none. */
  bestDifficulty: number
  /**
   * Why the pool said no, as it spelled it, with counts. May explain fewer shares than `rejected`, never
   * more. Reasons are clipped to 80 characters, and past 256 different ones they share the name `other`.
   */
  rejectReasons: Readonly<Record<string, number>>
}

/** A pool as it is called now; kept when the pool is removed, so that its history keeps a name. */
export interface PoolRecord {
  poolId: string
  name: string
  /** Without user info or password. */
  url: string
}

export interface RigRecord {
  /** Stays the same when the rig reconnects. */
  rigKey: string
  /** What a person knows it by. */
  name: string
  address: string | null
  userAgent: string | null
  seenAtMs: number
}

/** found: on its way. acknowledged / rejected: the pool answered. */
export type BlockStatus = 'found' | 'acknowledged' | 'rejected'

export interface BlockRecord {
  /** Display order, 64 hex digits. A second record of the same hash updates `status` and fills `height`. */
  hash: string
  /** null when the coinbase did not tell. */
  height: number | null
  foundAtMs: number
  poolId: string
  rigKey: string
  /** What the hash reached. */
  difficulty: number
  status: BlockStatus
}

/** failed-over: it stands in for the preferred one. returned: it is the preferred one, and serves again. */
export type PoolEventKind = 'activated' | 'connected' | 'lost' | 'failed' | 'failed-over' | 'returned'

export interface PoolEvent {
  poolId: string
  atMs: number
  kind: PoolEventKind
  /** For a person: how long a switch took, why a connection ended. */
  detail: string | null
}

/** Everything that happened since the batch before; recorded whole or not at all. */
export interface HistoryBatch {
  /**
   * 1, 2, 3, … within a session. A batch whose number is not above the last recorded one is ignored, so a
   * batch may be sent again whenever it is not known whether it arrived.
   */
  sequence: number
  /** Wall clock at the end of the batch; decides its minute. May go back. */
  atMs: number
  /** Monotonic time since the batch before (or since the session began): what "per second" divides by. */
  coveredMs: number
  shares: readonly ShareDelta[]
  /** Pools and rigs whose record is new or changed; a delta may also name ones recorded earlier. */
  pools: readonly PoolRecord[]
  rigs: readonly RigRecord[]
  blocks: readonly BlockRecord[]
  poolEvents: readonly PoolEvent[]
}

/** Sums over all time. */
export interface ShareTotals extends ShareCounts {
  /** valid - acknowledged - rejected - lost: sent in this session and not answered yet. */
  pending: number
  workDifficulty: number
  /** 0 before the first share. */
  bestDifficulty: number
}

/** All rigs and all pools unless one is named. */
export interface HistoryFilter {
  rigKey?: string
  poolId?: string
}

/** Rejections are counted by the hour: an hour that the stretch touches counts whole. */
export interface RejectQuery extends HistoryFilter {
  /** Included; all time without it. */
  fromMs?: number
  /** Not included. */
  toMs?: number
}

/** When Headframe was there to count, by slots of five minutes or an hour, in columns of equal length. */
export interface Presence {
  /** Start of each slot in which it was, rising. */
  atMs: number[]
  coveredMs: number[]
}

export type HistoryMetric =
  | 'hashrate'
  | 'submitted'
  | 'valid'
  | 'stale'
  | 'duplicate'
  | 'invalid'
  | 'weak'
  | 'acknowledged'
  | 'rejected'
  | 'lost'
  | 'workDifficulty'
  | 'bestDifficulty'

export interface SeriesQuery extends HistoryFilter {
  metric: HistoryMetric
  /** Included. */
  fromMs: number
  /** Not included. */
  toMs: number
  /** At most this many points come back; 1 to 5000. */
  points: number
}

export interface SeriesPoint {
  /** Start of the bucket. */
  at: number
  /** Hashrate in H/s, counts in shares. null where nothing was recorded: a gap stays a gap. */
  value: number | null
}

export interface Series {
  metric: HistoryMetric
  bucketMs: number
  /** One per bucket, oldest first, gaps included. */
  points: SeriesPoint[]
}

export interface BestShare {
  difficulty: number
  rigKey: string
  poolId: string
  atMs: number
}

export interface FoundBlock extends BlockRecord {
  rigName: string
  poolName: string
}

export interface KnownRig {
  rigKey: string
  name: string
  lastAddress: string | null
  userAgent: string | null
  firstSeenAtMs: number
  lastSeenAtMs: number
}

export interface SessionRecord {
  id: number
  startedAtMs: number
  /** null while it runs. For a session that was killed: its last recorded batch. */
  endedAtMs: number | null
  /** `stopped` when it ended in order, `killed` when the next start had to end it. */
  endReason: string | null
}

export interface BegunSession {
  sessionId: number
  /** Shares of earlier sessions that never got an answer and are now counted as lost. */
  sharesLost: number
  /** The session before ended without `endSession`: the program was killed or the power failed. */
  previousWasKilled: boolean
}

/** The width of a cell of work: five minutes, an hour or a UTC day. */
export type WorkStepMs = 300_000 | 3_600_000 | 86_400_000

export interface WorkQuery {
  /** Cells that hold any moment from here... */
  fromMs: number
  /** ...up to here, this one not included, come back whole. */
  toMs: number
  stepMs: WorkStepMs
}

/** What one rig did for one pool in one cell of time; what earnings are worked out from. */
export interface WorkCell {
  rigKey: string
  poolId: string
  /** Start of the cell; a multiple of the step. */
  atMs: number
  /** Sum of the difficulty that each valid or weak share was asked for. */
  workDifficulty: number
  valid: number
  stale: number
  acknowledged: number
  rejected: number
  lost: number
  weak: number
}

/** What was done for one pool over all time, removed pools included. */
export interface PoolTotals extends ShareTotals {
  poolId: string
  name: string
}

/** What packing did; see `ShareStore.pack`. */
export interface PackedShares {
  /** Days of a rig that were packed. */
  days: number
  /** Rows of minutes that went into them. */
  minutes: number
  /** Days that have a block already which cannot be read: their minutes stay as they are. */
  damagedDays: number
}

/** Result of `checkIdentity`: empty `problems` means that every sum agrees with every other. */
export interface IdentityReport {
  holds: boolean
  /** One sentence each, at most 20. */
  problems: string[]
  totals: ShareTotals
}
