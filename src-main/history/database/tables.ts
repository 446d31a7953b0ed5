/**
 * The tables of the newest version as TypeScript sees them; `schema.ts` is what makes them. Whole numbers are safe
 * integers on both databases, REAL and DOUBLE PRECISION are numbers, blobs are `Uint8Array` (perhaps a view into a
 * larger buffer).
 */
import { type Generated } from 'kysely'
import { type MetricColumn } from '../telemetry/metrics.ts'

export interface HistoryTables {
  sessions: SessionsTable
  rigs: RigsTable
  pools: PoolsTable
  share_totals: ShareTotalsTable
  share_minutes: ShareSlotsTable
  share_hours: ShareSlotsTable
  share_days: ShareSlotsTable
  share_blocks: ShareBlocksTable
  covered_minutes: CoveredTable
  covered_hours: CoveredTable
  reject_reasons: { id: Generated<number>; reason: string }
  rejections: { rig: number; pool: number; hour: number; reason: number; count: number }
  blocks: BlocksTable
  pool_events: PoolEventsTable
  series_sources: SeriesSourcesTable
  samples: SamplesTable
  series_blocks: SeriesBlocksTable
  series_days: SeriesDaysTable
  network_facts: NetworkFactsTable
  prices: PricesTable
  payouts: PayoutsTable
  account_states: AccountStatesTable
  account_days: { account_id: string; day: number; earned_sats: number }
  farm_events: FarmEventsTable
}

interface SessionsTable {
  id: Generated<number>
  started_at_ms: number
  last_batch_at_ms: number
  last_sequence: number
  ended_at_ms: number | null
  end_reason: string | null
}

interface RigsTable {
  id: Generated<number>
  rig_key: string
  name: string
  last_address: string | null
  user_agent: string | null
  first_seen_at_ms: number
  last_seen_at_ms: number
}

interface PoolsTable {
  id: Generated<number>
  pool_id: string
  name: string
  url: string
}

/** Counts as in `ShareCounts`, work and best difficulty as in `ShareDelta`. */
export interface ShareColumns {
  submitted: number
  valid: number
  stale: number
  duplicate: number
  invalid: number
  weak: number
  acknowledged: number
  rejected: number
  lost: number
  work_difficulty: number
  best_difficulty: number
}

interface ShareTotalsTable extends ShareColumns {
  rig: number
  pool: number
  best_at_ms: number | null
}

/** `slot`: minutes, hours or days since the epoch. Rig 0 is the whole farm. */
interface ShareSlotsTable extends ShareColumns {
  rig: number
  slot: number
  pool: number
}

/** A UTC day of five-minute share counts; see `shares/packing.ts`. */
interface ShareBlocksTable {
  rig: number
  /** Days since the epoch. */
  day: number
  pool: number
  bytes: Uint8Array
}

interface CoveredTable {
  /** Minutes or hours since the epoch. */
  slot: number
  covered_ms: number
}

interface BlocksTable {
  hash: string
  height: number | null
  found_at_ms: number
  pool: number
  rig: number
  difficulty: number
  status: string
}

interface PoolEventsTable {
  id: Generated<number>
  pool: number
  at_ms: number
  kind: string
  detail: string | null
}

export type SourceKind = 'rig' | 'meter'

interface SeriesSourcesTable {
  id: Generated<number>
  kind: SourceKind
  /** The fleet's id of a rig, or a meter's id. */
  key: string
  /** The proxy's key of the same machine, once known. */
  rig_key: string | null
}

/** One row for each sample that is not folded yet; the columns are those of `METRICS`. */
export type SamplesTable = { source: number; at_ms: number } & { [column in MetricColumn]: number | null }

interface SeriesBlocksTable {
  source: number
  /** `Metric.id`; 0 for the times of raw samples. */
  metric: number
  span: number
  /** Epoch milliseconds. */
  start: number
  bytes: Uint8Array
}

interface SeriesDaysTable {
  source: number
  metric: number
  /** Days since the epoch. */
  day: number
  sum: number
  count: number
  min: number
  max: number
}

interface NetworkFactsTable {
  at_ms: number
  source: string
  height: number | null
  difficulty: number | null
  subsidy_sats: number | null
  /** Mean per block. */
  fees_sats: number | null
}

interface PricesTable {
  /** ISO 4217, upper case. */
  currency: string
  /** UTC days since the epoch. */
  day: number
  /** Minor units of the currency for one bitcoin. */
  close_minor: number
  source: string
  at_ms: number
}

export type PayoutKind = 'chain' | 'pool' | 'manual'

interface PayoutsTable {
  id: Generated<number>
  kind: PayoutKind
  reference: string
  account_id: string | null
  address: string | null
  sats: number
  at_ms: number
  height: number | null
  note: string | null
}

interface AccountStatesTable {
  account_id: string
  at_ms: number
  unpaid_sats: number | null
  paid_sats: number | null
  earned_sats: number | null
  hashrate_hs: number | null
}

interface FarmEventsTable {
  id: Generated<number>
  at_ms: number
  kind: string
  subject_kind: string
  subject: string
  text: string
}
