/**
 * What the rest of the program can ask of the history. Every call is synchronous: the store runs in a
 * thread of its own, and in process for tests.
 */
import {
  type BegunSession,
  type BestShare,
  type FoundBlock,
  type HistoryBatch,
  type HistoryFilter,
  type IdentityReport,
  type KnownRig,
  type PoolEvent,
  type PoolRecord,
  type ReadingQuery,
  type ReadingSeries,
  type RigReadingRecord,
  type Series,
  type SeriesQuery,
  type SessionRecord,
  type ShareTotals,
} from './records.ts'

export interface HistoryQueries {
  /** Sums over all time; does not get slower with age. */
  totals(filter?: HistoryFilter): ShareTotals
  /** One bucket per point, gaps as null. Hourly figures are used when buckets are an hour or longer. */
  series(query: SeriesQuery): Series
  /** What rigs said of themselves. Hourly figures are used when buckets are an hour or longer. */
  readingSeries(query: ReadingQuery): ReadingSeries
  /** The hash with the highest difficulty ever, or undefined before the first valid share. */
  bestDifficulty(filter?: HistoryFilter): BestShare | undefined
  /** Why pools said no, over all time, most frequent first. */
  rejectReasons(filter?: HistoryFilter): { reason: string; count: number }[]
  /** Newest first. */
  blocks(limit: number): FoundBlock[]
  blockCount(): number
  /** Seen last first. */
  rigs(): KnownRig[]
  /** Every pool that was ever used, removed ones included. */
  pools(): PoolRecord[]
  /** Newest first. */
  poolEvents(limit: number): PoolEvent[]
  /** Newest first. */
  sessions(limit: number): SessionRecord[]
  /** Adds everything up in every way it is stored and compares. Reads the whole file. */
  checkIdentity(): IdentityReport
}

export interface History extends HistoryQueries {
  /**
   * Starts a session, once per start of the program and before the first batch. Ends sessions that were
   * killed, and turns shares that still had no answer into lost ones, per rig and pool.
   */
  beginSession(nowMs: number): BegunSession
  /**
   * Records a batch whole or not at all.
   * @returns false if the batch was recorded before in this session (see `HistoryBatch.sequence`)
   * @throws HeadframeError `history/accounting-mismatch` if the batch breaks an identity (nothing of it is
   *   recorded), `history/disk-full`, `history/write-failed`, `history/corrupted`: send the batch again later.
   */
  recordBatch(batch: HistoryBatch): boolean
  /**
   * Records what rigs said of themselves, all or none.
   * @throws HeadframeError `history/disk-full`, `history/write-failed`, `history/corrupted`
   */
  recordReadings(readings: readonly RigReadingRecord[]): void
  /** Ends the session in order. Shares without an answer become lost at the next `beginSession`. */
  endSession(nowMs: number, reason: string): void
  /** Closes the file; nothing else may be called after it. */
  close(): void
}
