/**
 * The telemetry engine's writing half: samples come in as rows, are folded into packed series once an hour, and the raw
 * part of those goes when it is old enough. One writer at a time; reading is `queries.ts`. Governing: the tables of
 * version 4 (`database/schema-4.ts`) and the layouts in `columns.ts`, `blocks.ts`, `slots.ts` and `raw-hours.ts`.
 */
import { setImmediate } from 'node:timers/promises'
import { CompiledQuery, sql } from 'kysely'
import { type HistoryDb, type HistoryQueryable } from '../database/history-db.ts'
import { type BlockDamage, dayOf, foldSource } from './fold.ts'
import { METRICS } from './metrics.ts'
import { TelemetryQueries } from './queries.ts'
import { TIMES, unpackTimes } from './raw-hours.ts'
import { judgeSample, METRIC_COLUMNS, NO_REFUSALS, type Refusals, type Sample } from './samples.ts'
import { DAY_MS, HOUR_MS, RAW_SPAN } from './slots.ts'
import { nameOf, slices, SourceNumbers, sourcesOf } from './sources.ts'

export interface RecordOutcome {
  readonly recorded: number
  /** Samples whose source already has one at that moment. */
  readonly duplicates: number
  readonly refused: Refusals
}

export interface FoldOutcome {
  /** That had something to fold. */
  readonly sources: number
  readonly folded: number
  readonly duplicates: number
  readonly refused: Refusals
  /** Blocks that could not be read and are now replaced by what was folded into them. */
  readonly damaged: readonly BlockDamage[]
}

export interface TelemetryStoreOptions {
  /** Called between transactions of a long work, so that whatever waits can run. */
  breathe?(): Promise<void>
}

/** Rows of one statement: with 28 columns far below what either database takes. */
const ROWS_LIMIT = 500
/** Samples folded in one transaction: about six hours of one every 5 s, a few hundredths of a second. */
const FOLD_LIMIT = 4096

const SAMPLE_COLUMNS = ['source', 'at_ms', ...METRIC_COLUMNS]

interface SampleRow {
  readonly source: number
  readonly atMs: number
  readonly figures: readonly (number | null)[]
}

export class TelemetryStore extends TelemetryQueries {
  readonly #db: HistoryDb
  readonly #numbers: SourceNumbers
  readonly #breathe: () => Promise<void>
  /** End of the latest hour folded, by source: what is older may be there already. */
  readonly #foldedUpTo = new Map<number, number>()

  constructor(db: HistoryDb, { breathe = () => setImmediate() }: TelemetryStoreOptions = {}) {
    super(db)
    this.#db = db
    this.#numbers = new SourceNumbers(db)
    this.#breathe = breathe
  }

  /**
   * Records samples, all or none of those that can be recorded. Sending them again is harmless.
   * @throws HeadframeError `history/disk-full`, `history/write-failed`, `history/corrupted`, `history/server-unreachable`
   */
  async record(samples: readonly Sample[]): Promise<RecordOutcome> {
    const refused = { ...NO_REFUSALS }
    const ids = await this.#numbers.require(samples.map(({ source }) => source))
    const rows: SampleRow[] = []
    for (const sample of samples) {
      const judged = judgeSample(sample)
      refused['bad-value'] += judged.badValues
      const source = ids.get(nameOf(sample.source))
      if ('refused' in judged) refused[judged.refused]++
      else if (source === undefined) refused['too-many-sources']++
      else rows.push({ source, atMs: sample.atMs, figures: judged.figures })
    }
    const fresh = await this.#notFolded(rows)
    const recorded = fresh.length === 0 ? 0 : await this.#insert(fresh)
    return { recorded, duplicates: rows.length - recorded, refused }
  }

  /**
   * Folds every sample before the hour that `nowMs` lies in, source by source, each in a transaction of its own.
   * @param rawFromMs samples of days (UTC) that end at or before this are not kept raw, only rolled up
   * @throws HeadframeError as `record`; what was folded stays folded, and the next call goes on
   */
  async fold(nowMs: number, rawFromMs = 0): Promise<FoldOutcome> {
    const hourStartMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS
    const due = await this.#db.read((queries) =>
      queries
        .selectFrom('samples')
        .select('source')
        .distinct()
        .where((where) =>
          where.or([where('at_ms', '<', hourStartMs), where('at_ms', '>=', hourStartMs + 2 * HOUR_MS)]),
        )
        .execute(),
    )
    const rawFrom = dayOf(rawFromMs) * DAY_MS
    const total = { folded: 0, duplicates: 0, crowded: 0, oversized: 0 }
    const damaged: BlockDamage[] = []
    for (const { source } of due) {
      for (;;) {
        const part = await this.#db.transaction((trx) =>
          foldSource(trx, this.#db.words, { source, hourStartMs, rawFromMs: rawFrom, limit: FOLD_LIMIT }),
        )
        total.folded += part.folded
        total.duplicates += part.duplicates
        total.crowded += part.crowded
        total.oversized += part.oversized
        damaged.push(...part.damaged)
        const known = this.#foldedUpTo.get(source)
        if (known !== undefined) this.#foldedUpTo.set(source, Math.max(known, part.upToMs))
        await this.#breathe()
        if (part.taken < FOLD_LIMIT) break
      }
    }
    return {
      sources: due.length,
      folded: total.folded,
      duplicates: total.duplicates,
      refused: { ...NO_REFUSALS, crowded: total.crowded, 'bad-value': total.oversized },
      damaged,
    }
  }

  /**
   * Forgets samples of days (UTC) that end at or before `beforeMs`; their roll-ups stay, and so do samples that are not
   * folded yet.
   * @returns how many blocks went
   */
  async forgetRaw(beforeMs: number): Promise<number> {
    const endMs = dayOf(beforeMs) * DAY_MS
    const metrics = [TIMES, ...METRICS.map(({ id }) => id)]
    let forgotten = 0
    for (const { id } of await this.#db.read(sourcesOf)) {
      const result = await this.#db.read((queries) =>
        queries
          .deleteFrom('series_blocks')
          .where('source', '=', id)
          .where('metric', 'in', metrics)
          .where('span', '=', RAW_SPAN)
          .where('start', '<', endMs)
          .executeTakeFirst(),
      )
      forgotten += Number(result.numDeletedRows)
      await this.#breathe()
    }
    return forgotten
  }

  /** Notes that a rig is the machine that the proxy knows by `rigKey`; null if it no longer knows. */
  async linkRig(rigId: string, rigKey: string | null): Promise<void> {
    const source = { kind: 'rig', key: rigId } as const
    const id = (await this.#numbers.require([source])).get(nameOf(source))
    if (id === undefined) return
    await this.#db.read((queries) =>
      queries.updateTable('series_sources').set({ rig_key: rigKey }).where('id', '=', id).execute(),
    )
  }

  async #insert(rows: readonly SampleRow[]): Promise<number> {
    const parts = slices(rows, ROWS_LIMIT)
    if (parts.length === 1) return this.#db.read((queries) => this.#insertPart(queries, parts[0]!))
    return this.#db.transaction(async (trx) => {
      let inserted = 0
      for (const part of parts) inserted += await this.#insertPart(trx, part)
      return inserted
    })
  }

  /** Plain text and not the query builder, which takes longer to word a thousand values than SQLite to store them. */
  async #insertPart(queries: HistoryQueryable, rows: readonly SampleRow[]): Promise<number> {
    const values: (number | null)[] = []
    for (const { source, atMs, figures } of rows) values.push(source, atMs, ...figures)
    const result = await queries.executeQuery(CompiledQuery.raw(this.#insertText(rows.length), values))
    return Number(result.numAffectedRows ?? 0)
  }

  #insertText(rows: number): string {
    const width = SAMPLE_COLUMNS.length
    const marks = (first: number): string =>
      SAMPLE_COLUMNS.map((_, column) => this.#db.words.parameter(first + column + 1)).join(', ')
    const places = Array.from({ length: rows }, (_, row) => `(${marks(row * width)})`)
    return `INSERT INTO samples (${SAMPLE_COLUMNS.join(', ')}) VALUES ${places.join(', ')} ON CONFLICT (source, at_ms) DO NOTHING`
  }

  /** Those that are not in a raw block yet. Almost always all of them, and no block is read. */
  async #notFolded(rows: readonly SampleRow[]): Promise<readonly SampleRow[]> {
    await this.#learnFolded(rows)
    const late = rows.filter(({ source, atMs }) => atMs < this.#foldedUpTo.get(source)!)
    if (late.length === 0) return rows
    const seen = new Set<string>()
    for (const some of slices(late, ROWS_LIMIT)) {
      const hours = new Set(some.map(({ atMs }) => Math.floor(atMs / HOUR_MS) * HOUR_MS))
      const blocks = await this.#db.read((queries) =>
        queries
          .selectFrom('series_blocks')
          .select(['source', 'start', 'bytes'])
          .where('source', 'in', [...new Set(some.map(({ source }) => source))])
          .where('metric', '=', TIMES)
          .where('span', '=', RAW_SPAN)
          .where('start', 'in', [...hours])
          .execute(),
      )
      for (const { source, start, bytes } of blocks) {
        const times = unpackTimes(bytes)
        if (times.ok) for (const time of times.value) seen.add(`${source}:${start + time}`)
      }
    }
    return rows.filter(({ source, atMs }) => !seen.has(`${source}:${atMs}`))
  }

  async #learnFolded(rows: readonly SampleRow[]): Promise<void> {
    const unknown = new Set<number>()
    for (const { source } of rows) if (!this.#foldedUpTo.has(source)) unknown.add(source)
    for (const some of slices([...unknown], ROWS_LIMIT)) {
      const found = await this.#db.read((queries) =>
        queries
          .selectFrom('series_sources')
          .select([
            'id',
            sql<number | null>`(
            SELECT MAX(start) FROM series_blocks
              WHERE series_blocks.source = series_sources.id AND metric = ${sql.lit(TIMES)} AND span = ${sql.lit(RAW_SPAN)}
          )`.as('last'),
          ])
          .where('id', 'in', some)
          .execute(),
      )
      for (const { id, last } of found) this.#foldedUpTo.set(id, last === null ? 0 : last + HOUR_MS)
    }
  }
}
