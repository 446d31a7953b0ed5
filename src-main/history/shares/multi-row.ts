/**
 * One statement for many rows: a round trip to a server costs more than a row, and so does building a query. The text is
 * made once for each number of rows.
 */
import { CompiledQuery } from 'kysely'
import { type HistoryTransaction } from '../database/history-db.ts'
import { type DialectWords } from '../database/words.ts'

export interface RowColumn {
  readonly name: string
  readonly type: 'integer' | 'real' | 'text'
}

export type RowValue = number | string | null

/** Rows of one statement: 100 rows of 14 columns are far below the values that either database takes (32,766). */
const ROWS_AT_ONCE = 100

export class MultiRow {
  readonly #columns: readonly RowColumn[]
  readonly #words: DialectWords
  readonly #compose: (rows: string) => string
  readonly #texts = new Map<number, string>()

  /**
   * @param compose makes the statement around `VALUES (…), (…)`
   */
  constructor(words: DialectWords, columns: readonly RowColumn[], compose: (values: string) => string) {
    this.#words = words
    this.#columns = columns
    this.#compose = compose
  }

  /** Runs the statement over rows whose values stand in the order of the columns. */
  async run(trx: HistoryTransaction, rows: readonly (readonly RowValue[])[]): Promise<void> {
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      const some = rows.slice(at, at + ROWS_AT_ONCE)
      await trx.executeQuery(CompiledQuery.raw(this.#text(some.length), some.flat()))
    }
  }

  #text(count: number): string {
    let text = this.#texts.get(count)
    if (text === undefined) {
      const rows: string[] = []
      for (let row = 0; row < count; row++) {
        const values = this.#columns.map((column, i) => {
          const value = this.#words.parameter(row * this.#columns.length + i + 1)
          // The first row says what the others are: on its own a parameter in VALUES is a text to PostgreSQL.
          return row === 0 ? `CAST(${value} AS ${this.#typeOf(column)})` : value
        })
        rows.push(`(${values.join(', ')})`)
      }
      text = this.#compose(`VALUES ${rows.join(', ')}`)
      this.#texts.set(count, text)
    }
    return text
  }

  #typeOf({ type }: RowColumn): string {
    return type === 'text' ? 'TEXT' : this.#words[type]
  }
}
