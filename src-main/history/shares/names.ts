/**
 * The ids of rigs, pools and reasons. They are known for as long as the store is open, and what a transaction added is
 * known only once it is committed: a row that was rolled back has no id.
 */
import { sql } from 'kysely'
import { type HistoryTransaction } from '../database/history-db.ts'
import { plainText } from '../database/plain-text.ts'

/** Names in one statement; a row of a rig has four values. */
const NAMES_AT_ONCE = 500

/** Characters of a key that tell it from others. */
export const NAME_LENGTH = 1000

export interface NameKind {
  readonly table: 'rigs' | 'pools' | 'reject_reasons'
  /** The column of the name. */
  readonly column: string
  /** Past this many, new names share `other`; Infinity for names that are ours and few. */
  readonly limit: number
  readonly other: string
  /** Columns and values of a new row. */
  row(name: string, nowMs: number): Record<string, string | number>
}

/** The id of each name; `nowMs` dates rows that are new. */
export type IdsOf = (names: Iterable<string>, nowMs: number) => Promise<ReadonlyMap<string, number>>

export class Names {
  readonly #kind: NameKind
  readonly #known = new Map<string, number>()

  constructor(kind: NameKind) {
    this.#kind = kind
  }

  /** For one transaction; `keep` is to be called once it is committed. */
  within(trx: HistoryTransaction): { idsOf: IdsOf; keep(): void } {
    const found = new Map<string, number>()
    const idOf = (name: string): number | undefined => this.#known.get(name) ?? found.get(name)
    const unknown = (names: readonly string[]): string[] => names.filter((name) => idOf(name) === undefined)
    const { limit, other } = this.#kind

    const find = async (names: readonly string[], nowMs: number): Promise<void> => {
      await this.#look(trx, unknown(names), found)
      const fresh = unknown(names)
      if (fresh.length === 0) return
      const room = limit === Infinity ? fresh.length : Math.max(0, limit - (await this.#count(trx)))
      await this.#add(trx, fresh.slice(0, room), nowMs, found)
      const rest = fresh.slice(room)
      if (rest.length === 0) return
      await this.#look(trx, unknown([other]), found)
      await this.#add(trx, unknown([other]), nowMs, found)
      for (const name of rest) found.set(name, idOf(other)!)
    }

    return {
      idsOf: async (names, nowMs) => {
        const asked = new Map([...names].map((name) => [name, plainText(name, NAME_LENGTH)]))
        await find([...new Set(asked.values())], nowMs)
        return new Map([...asked].map(([name, stored]) => [name, idOf(stored)!]))
      },
      keep: () => {
        for (const [name, id] of found) {
          // A name over the limit must not fill this either: it costs a look-up each time instead.
          if (this.#known.size <= limit) this.#known.set(name, id)
        }
      },
    }
  }

  async #look(trx: HistoryTransaction, names: readonly string[], found: Map<string, number>): Promise<void> {
    const { table, column } = this.#kind
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
      const some = names.slice(at, at + NAMES_AT_ONCE)
      const { rows } = await sql<{ id: number; name: string }>`
        SELECT id, ${sql.ref(column)} AS name FROM ${sql.table(table)}
        WHERE ${sql.ref(column)} IN (${sql.join(some)})`.execute(trx)
      for (const { id, name } of rows) found.set(name, id)
    }
  }

  async #count(trx: HistoryTransaction): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      SELECT COUNT(*) AS count FROM ${sql.table(this.#kind.table)}`.execute(trx)
    return rows[0]!.count
  }

  async #add(
    trx: HistoryTransaction,
    names: readonly string[],
    nowMs: number,
    found: Map<string, number>,
  ): Promise<void> {
    const { table, column, row } = this.#kind
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
      const added = names.slice(at, at + NAMES_AT_ONCE).map((name) => row(name, nowMs))
      const columns = Object.keys(added[0]!).map((name) => sql.ref(name))
      const values = added.map((values) => sql`(${sql.join(Object.values(values))})`)
      const { rows } = await sql<{ id: number; name: string }>`
        INSERT INTO ${sql.table(table)} (${sql.join(columns)}) VALUES ${sql.join(values)}
        RETURNING id, ${sql.ref(column)} AS name`.execute(trx)
      for (const { id, name } of rows) found.set(name, id)
    }
  }
}
