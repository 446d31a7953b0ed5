/**
 * What rigs said of themselves, by the minute for two weeks and by the hour for good. A mean is over what was said: a rig
 * that is silent for half an hour leaves a gap, not a slope.
 */
import type Database from 'better-sqlite3'
import {
  type ReadingMetric,
  type ReadingQuery,
  type ReadingSeries,
  type RigReadingRecord,
} from './records.ts'
import { HOUR_MS, MINUTE_MS, READING_COLUMNS } from './schema.ts'
import { planBuckets } from './series.ts'

/** How long minutes are kept. */
const MINUTES_KEPT = (14 * 24 * HOUR_MS) / MINUTE_MS
/** Rigs with a history; more are not recorded, since ids are the rigs' own words. */
const RIG_LIMIT = 16_384

/** How several rigs make one figure. */
const TOGETHER: Record<ReadingMetric, 'SUM' | 'MAX' | 'AVG'> = {
  hashrate: 'SUM',
  power: 'SUM',
  chip_temperature: 'MAX',
  fan: 'MAX',
  hash_errors: 'AVG',
}

/** Reads and writes over a connection whose owner keeps transactions and turns failures into words. */
export class ReadingTables {
  readonly #db: Database.Database
  readonly #ids = new Map<string, number>()
  #forgottenUpTo = 0

  constructor(db: Database.Database) {
    this.#db = db
  }

  /** To be called in a transaction. */
  record(readings: readonly RigReadingRecord[]): void {
    const minutes = this.#adder('reading_minutes')
    const hours = this.#adder('reading_hours')
    let newest = 0
    for (const reading of readings) {
      const rig = this.#id(reading.rigId)
      if (rig === undefined) continue
      const values = columnsOf(reading)
      const minute = Math.floor(reading.atMs / MINUTE_MS)
      minutes.run({ ...values, rig, slot: minute })
      hours.run({ ...values, rig, slot: Math.floor(reading.atMs / HOUR_MS) })
      newest = Math.max(newest, minute)
    }
    this.#forget(newest - MINUTES_KEPT)
  }

  /** To be called when a transaction failed: ids may have gone with it. */
  forgetIds(): void {
    this.#ids.clear()
  }

  series({ metric, rigId, fromMs, toMs, points }: ReadingQuery): ReadingSeries {
    const { bucketMs, startMs, count } = planBuckets(fromMs, toMs, points)
    const slotMs = bucketMs >= HOUR_MS ? HOUR_MS : MINUTE_MS
    const table = slotMs === HOUR_MS ? 'reading_hours' : 'reading_minutes'
    const rows = this.#db
      .prepare(
        `SELECT bucket, ${TOGETHER[metric]}(mean) AS value FROM (
          SELECT slot / CAST(:width AS INTEGER) AS bucket, SUM(${metric}_sum) / SUM(${metric}_count) AS mean
            FROM ${table} JOIN fleet_rigs ON fleet_rigs.id = rig
            WHERE slot >= :first AND slot < :end AND (:rigId IS NULL OR rig_id = :rigId) AND ${metric}_count > 0
            GROUP BY rig, bucket)
          GROUP BY bucket`,
      )
      .all({
        width: bucketMs / slotMs,
        first: startMs / slotMs,
        end: (startMs + count * bucketMs) / slotMs,
        rigId: rigId ?? null,
      }) as { bucket: number; value: number }[]
    const values = new Map(rows.map(({ bucket, value }) => [bucket, value]))
    return {
      metric,
      bucketMs,
      points: Array.from({ length: count }, (_, index) => {
        const at = startMs + index * bucketMs
        return { at, value: values.get(at / bucketMs) ?? null }
      }),
    }
  }

  #id(rigId: string): number | undefined {
    const cached = this.#ids.get(rigId)
    if (cached !== undefined) return cached
    const known = this.#db
      .prepare<[string], number>('SELECT id FROM fleet_rigs WHERE rig_id = ?')
      .pluck()
      .get(rigId) as number | undefined
    const id = known ?? this.#add(rigId)
    if (id !== undefined) this.#ids.set(rigId, id)
    return id
  }

  #add(rigId: string): number | undefined {
    const count = this.#db.prepare<[], number>('SELECT COUNT(*) FROM fleet_rigs').pluck().get() as number
    if (count >= RIG_LIMIT) return undefined
    return Number(this.#db.prepare('INSERT INTO fleet_rigs (rig_id) VALUES (?)').run(rigId).lastInsertRowid)
  }

  #adder(table: 'reading_minutes' | 'reading_hours'): Database.Statement {
    const columns = READING_COLUMNS.flatMap((name) => [`${name}_sum`, `${name}_count`])
    return this.#db.prepare(
      `INSERT INTO ${table} (rig, slot, ${columns.join(', ')})
        VALUES (:rig, :slot, ${columns.map((name) => `:${name}`).join(', ')})
        ON CONFLICT DO UPDATE SET ${columns.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`,
    )
  }

  /** Once an hour is enough. */
  #forget(upTo: number): void {
    if (upTo < this.#forgottenUpTo + HOUR_MS / MINUTE_MS) return
    this.#db.prepare('DELETE FROM reading_minutes WHERE slot < ?').run(upTo)
    this.#forgottenUpTo = upTo
  }
}

function columnsOf(reading: RigReadingRecord): Record<string, number> {
  const said: Record<ReadingMetric, number | null> = {
    hashrate: reading.hashrateHs,
    chip_temperature: reading.chipC,
    power: reading.powerW,
    fan: reading.fanRpm,
    hash_errors: reading.hashErrorPercent,
  }
  const columns: Record<string, number> = {}
  for (const name of READING_COLUMNS) {
    const value = said[name]
    const isSaid = value !== null && Number.isFinite(value)
    columns[`${name}_sum`] = isSaid ? value : 0
    columns[`${name}_count`] = isSaid ? 1 : 0
  }
  return columns
}
