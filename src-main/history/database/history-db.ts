/**
 * An open history database of either kind: what the stores of `shares`, `telemetry`, `ledger` and `keeping` are
 * built on. It keeps transactions apart and turns failures into words; it knows no table.
 *
 * One connection does everything: a query outside of a running transaction waits for its end. Inside
 * `transaction` use its argument only, or the query waits for itself.
 */
import type Database from 'better-sqlite3'
import { CompiledQuery, type Kysely, type Transaction } from 'kysely'
import { errorText } from '../../base/index.ts'
import { noteDamage } from '../keeping/recover.ts'
import { historyFailure, isCorruption, placeTitle } from './failures.ts'
import { type HistoryTables } from './tables.ts'
import { type DatabaseKind, type DialectWords, POSTGRES_WORDS, SQLITE_WORDS } from './words.ts'

/** Where the database is. */
export type HistoryPlace =
  | {
      readonly kind: 'sqlite'
      readonly path: string
      /** The connection under the queries, for what only SQLite has (backup, pragmas). Not inside a transaction. */
      readonly connection: Database.Database
    }
  | {
      readonly kind: 'postgres'
      /** `host:port/database`, without user or password: fit for messages. */
      readonly server: string
      readonly schema: string
    }

/** What a query runs on: the database, or a transaction of it. */
export type HistoryQueryable = Kysely<HistoryTables>

export type HistoryTransaction = Transaction<HistoryTables>

export class HistoryDb {
  readonly queries: HistoryQueryable
  readonly place: HistoryPlace
  readonly #running = new Set<Promise<unknown>>()

  /** @param queries closed by `close` */
  constructor(queries: HistoryQueryable, place: HistoryPlace) {
    this.queries = queries
    this.place = place
  }

  get kind(): DatabaseKind {
    return this.place.kind
  }

  get words(): DialectWords {
    return this.kind === 'sqlite' ? SQLITE_WORDS : POSTGRES_WORDS
  }

  /** For messages: the file, or server, database and schema. */
  get title(): string {
    return placeTitle(this.place)
  }

  /**
   * Everything in `run` happens, or nothing of it. Whoever caches what a transaction wrote (ids) must forget it when
   * this throws.
   * @throws HeadframeError as `historyFailure` words it
   */
  transaction<T>(run: (trx: HistoryTransaction) => Promise<T>): Promise<T> {
    return this.#guard(() => this.queries.transaction().execute(run))
  }

  /** Several reads of one and the same moment, also beside a writer. */
  snapshot<T>(run: (trx: HistoryTransaction) => Promise<T>): Promise<T> {
    return this.#guard(() => {
      const transaction = this.queries.transaction()
      // SQLite's read transactions are snapshots by themselves.
      if (this.kind === 'sqlite') return transaction.execute(run)
      return transaction.setIsolationLevel('repeatable read').setAccessMode('read only').execute(run)
    })
  }

  /** Reads; each query sees the moment it runs. */
  read<T>(run: (queries: HistoryQueryable) => Promise<T>): Promise<T> {
    return this.#guard(() => run(this.queries))
  }

  /** Waits for what runs; nothing may be called after it. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running)
    try {
      if (this.place.kind === 'sqlite' && !this.place.connection.readonly) {
        await this.queries.executeQuery(CompiledQuery.raw('PRAGMA optimize'))
      }
    } finally {
      await this.queries.destroy()
    }
  }

  async #guard<T>(run: () => Promise<T>): Promise<T> {
    const running = run()
    this.#running.add(running)
    try {
      return await running
    } catch (error) {
      if (this.place.kind === 'sqlite' && isCorruption(error)) noteDamage(this.place.path, errorText(error))
      throw historyFailure(error, this.place)
    } finally {
      this.#running.delete(running)
    }
  }
}
