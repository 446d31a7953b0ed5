/**
 * better-sqlite3 as Kysely's dialect wants it, with statements kept: preparing one costs more than running it, and the
 * same few run every second.
 */
import type Database from 'better-sqlite3'
import { type SqliteDatabase, type SqliteStatement } from 'kysely'

/** Texts kept; the one unused for longest goes. Multi-row statements have a text for each number of rows. */
const STATEMENTS_KEPT = 256

export class CachedStatements implements SqliteDatabase {
  readonly #db: Database.Database
  readonly #statements = new Map<string, Database.Statement>()
  readonly #begin: string

  constructor(db: Database.Database) {
    this.#db = db
    // A writer takes the lock at once: one taken in the middle cannot wait for another program's.
    this.#begin = db.readonly ? 'begin' : 'begin immediate'
  }

  prepare(sql: string): SqliteStatement {
    const text = sql === 'begin' ? this.#begin : sql
    let statement = this.#statements.get(text)
    if (statement === undefined) {
      statement = this.#db.prepare(text)
      if (this.#statements.size >= STATEMENTS_KEPT) {
        this.#statements.delete(this.#statements.keys().next().value!)
      }
    } else this.#statements.delete(text)
    this.#statements.set(text, statement)
    return statement as unknown as SqliteStatement
  }

  close(): void {
    this.#statements.clear()
    this.#db.close()
  }
}
