/**
 * Adding shares to totals, minutes, hours and days at once, so that no start of the program has to add anything up.
 */
import { type HistoryTransaction } from '../database/history-db.ts'
import { ALL_RIGS, COUNT_COLUMNS, DAY_MS, HOUR_MS, MINUTE_MS } from '../database/schema.ts'
import { type DialectWords } from '../database/words.ts'
import { MultiRow, type RowColumn } from './multi-row.ts'
import { addSums, NO_SHARES, SHARE_COLUMNS, type ShareSums, valuesOf } from './sums.ts'

/** Shares of one rig at one pool, by their ids. */
export interface ShareRow {
  readonly rig: number
  readonly pool: number
  readonly sums: Readonly<ShareSums>
}

const ADDED = [...COUNT_COLUMNS, 'work_difficulty']

const shareColumns: RowColumn[] = SHARE_COLUMNS.map((name) => ({
  name,
  type: name === 'work_difficulty' || name === 'best_difficulty' ? 'real' : 'integer',
}))

const integers = (...names: string[]): RowColumn[] => names.map((name) => ({ name, type: 'integer' }))

const namesOf = (columns: readonly RowColumn[]): string => columns.map(({ name }) => name).join(', ')

export class ShareTables {
  readonly #startTotals: MultiRow
  readonly #addTotals: MultiRow
  readonly #slots: readonly { slotMs: number; add: MultiRow }[]

  constructor(words: DialectWords) {
    const { greatest } = words
    // Two statements and no upsert: its row is checked before the conflict is seen, and a delta of answers
    // alone has more of them than valid shares.
    this.#startTotals = new MultiRow(
      words,
      integers('rig', 'pool'),
      (values) => `WITH d (rig, pool) AS (${values})
        INSERT INTO share_totals (rig, pool, ${SHARE_COLUMNS.join(', ')})
        SELECT rig, pool, ${SHARE_COLUMNS.map(() => '0').join(', ')} FROM d WHERE 1 = 1
        ON CONFLICT (rig, pool) DO NOTHING`,
    )
    const totals = [...integers('rig', 'pool', 'best_at_ms'), ...shareColumns]
    // On the right of SET every column still has its value from before.
    this.#addTotals = new MultiRow(
      words,
      totals,
      (values) => `WITH d (${namesOf(totals)}) AS (${values})
        UPDATE share_totals SET
          ${ADDED.map((name) => `${name} = share_totals.${name} + d.${name}`).join(', ')},
          best_at_ms = CASE WHEN d.best_difficulty > share_totals.best_difficulty
            THEN d.best_at_ms ELSE share_totals.best_at_ms END,
          best_difficulty = ${greatest}(share_totals.best_difficulty, d.best_difficulty)
        FROM d WHERE share_totals.rig = d.rig AND share_totals.pool = d.pool`,
    )
    const slotColumns = [...integers('rig', 'slot', 'pool'), ...shareColumns]
    const addTo = (table: string): MultiRow =>
      new MultiRow(
        words,
        slotColumns,
        (values) => `INSERT INTO ${table} (${namesOf(slotColumns)}) ${values}
          ON CONFLICT (rig, slot, pool) DO UPDATE SET
            ${ADDED.map((name) => `${name} = ${table}.${name} + excluded.${name}`).join(', ')},
            best_difficulty = ${greatest}(${table}.best_difficulty, excluded.best_difficulty)`,
      )
    this.#slots = [
      { slotMs: MINUTE_MS, add: addTo('share_minutes') },
      { slotMs: HOUR_MS, add: addTo('share_hours') },
      { slotMs: DAY_MS, add: addTo('share_days') },
    ]
  }

  /** Adds rows to their rigs and to the whole farm. Each pair of rig and pool at most once. */
  async add(trx: HistoryTransaction, rows: readonly ShareRow[], atMs: number): Promise<void> {
    if (rows.length === 0) return
    await this.#startTotals.run(
      trx,
      rows.map(({ rig, pool }) => [rig, pool]),
    )
    await this.#addTotals.run(
      trx,
      rows.map(({ rig, pool, sums }) => [
        rig,
        pool,
        sums.bestDifficulty > 0 ? atMs : null,
        ...valuesOf(sums),
      ]),
    )
    const withFarm = [...rows, ...farmOf(rows)].map(({ rig, pool, sums }) => ({
      rig,
      pool,
      values: valuesOf(sums),
    }))
    for (const { slotMs, add } of this.#slots) {
      const slot = Math.floor(atMs / slotMs)
      await add.run(
        trx,
        withFarm.map(({ rig, pool, values }) => [rig, slot, pool, ...values]),
      )
    }
  }
}

function farmOf(rows: readonly ShareRow[]): ShareRow[] {
  const farm = new Map<number, ShareSums>()
  for (const { pool, sums } of rows) {
    let sum = farm.get(pool)
    if (sum === undefined) farm.set(pool, (sum = { ...NO_SHARES }))
    addSums(sum, sums)
  }
  return [...farm].map(([pool, sums]) => ({ rig: ALL_RIGS, pool, sums }))
}
