/**
 * A year of a farm in a database, made in minutes: a few rigs are simulated and the packed series of each are copied to
 * others, which costs the same room and the same reading as if every rig had been simulated. The last days are recorded
 * and folded sample by sample; what is older is made as five-minute slots and added as folding adds them. The newest
 * samples are not folded yet, as in a running farm.
 */
import { sql } from 'kysely'
import { type HistoryDb } from '../../../src-main/history/database/history-db.ts'
import { addSlots } from '../../../src-main/history/telemetry/fold.ts'
import { type MetricColumn, METRICS } from '../../../src-main/history/telemetry/metrics.ts'
import { type Sample } from '../../../src-main/history/telemetry/samples.ts'
import {
  DAY_MS,
  FIVE_MINUTES,
  FIVE_MINUTES_MS,
  SlotBlocks,
} from '../../../src-main/history/telemetry/slots.ts'
import { TelemetryStore } from '../../../src-main/history/telemetry/store.ts'
import { POLL_EVERY_MS, SAMPLED_COLUMNS, SampledRig } from './farm-samples.ts'

export interface SimulatedYear {
  readonly rigs: number
  /** That are really simulated; divides `rigs`. */
  readonly simulated: number
  readonly days: number
  /** At the end, sample by sample. */
  readonly rawDays: number
  /** The first moment after it. */
  readonly endMs: number
}

const METRIC_ID = new Map(METRICS.map(({ id, column }) => [column as MetricColumn, id]))
/** Unfolded at the end. */
const UNFOLDED_MS = 45 * 60_000
const BATCH = 500

export const rigKey = (index: number): string => `rig-${index}`

export async function writeYear(db: HistoryDb, year: SimulatedYear): Promise<void> {
  const { rigs, simulated, days, rawDays, endMs } = year
  const store = new TelemetryStore(db, { breathe: () => Promise.resolve() })
  const foldedUpToMs = endMs - UNFOLDED_MS
  const rawFromMs = Math.floor(foldedUpToMs / DAY_MS) * DAY_MS - (rawDays - 1) * DAY_MS
  for (let i = 0; i < rigs; i++) await store.linkRig(rigKey(i), null)
  const ids = new Map((await store.sources()).map(({ key }, index) => [key, index + 1]))
  for (let i = 0; i < simulated; i++) {
    const rig = new SampledRig(i + 1)
    await writeSlots(db, ids.get(rigKey(i))!, rig, rawFromMs - (days - rawDays) * DAY_MS, rawFromMs)
    for (let dayMs = rawFromMs; dayMs < foldedUpToMs; dayMs += DAY_MS) {
      await record(store, rig, rigKey(i), dayMs, Math.min(dayMs + DAY_MS, foldedUpToMs))
      await store.fold(Math.min(dayMs + DAY_MS, foldedUpToMs))
    }
  }
  for (let copy = 1; copy < rigs / simulated; copy++) {
    for (const [table, columns] of [
      ['series_blocks', 'metric, span, start, bytes'],
      ['series_days', 'metric, day, sum, count, min, max'],
    ] as const) {
      await sql`INSERT INTO ${sql.raw(table)} SELECT source + ${sql.lit(copy * simulated)}, ${sql.raw(columns)}
        FROM ${sql.raw(table)} WHERE source <= ${sql.lit(simulated)}`.execute(db.queries)
    }
  }
  for (let i = 0; i < rigs; i++) {
    await record(store, new SampledRig(1000 + i), rigKey(i), foldedUpToMs, endMs)
  }
}

async function writeSlots(
  db: HistoryDb,
  source: number,
  rig: SampledRig,
  fromMs: number,
  toMs: number,
): Promise<void> {
  const stretchMs = 32 * DAY_MS
  for (let startMs = fromMs; startMs < toMs; startMs += stretchMs) {
    const slots = new Map(SAMPLED_COLUMNS.map((column) => [column, new SlotBlocks(FIVE_MINUTES)]))
    const endMs = Math.min(startMs + stretchMs, toMs)
    for (let atMs = startMs; atMs < endMs; atMs += FIVE_MINUTES_MS) rig.addSlot(atMs, slots)
    const byId = new Map([...slots].map(([column, blocks]) => [METRIC_ID.get(column)!, blocks]))
    await db.transaction((trx) => addSlots(trx, db.words, source, byId))
  }
}

async function record(
  store: TelemetryStore,
  rig: SampledRig,
  key: string,
  fromMs: number,
  toMs: number,
): Promise<void> {
  let batch: Sample[] = []
  for (let dueMs = fromMs; dueMs < toMs; dueMs += POLL_EVERY_MS) {
    batch.push({ source: { kind: 'rig', key }, ...rig.sample(dueMs) })
    if (batch.length < BATCH && dueMs + POLL_EVERY_MS < toMs) continue
    await store.record(batch)
    batch = []
  }
}
