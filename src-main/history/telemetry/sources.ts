/**
 * The rigs and meters that samples come from, by number. The proxy's key of the same machine is kept with a rig where it
 * is known, so that its shares and its readings can be shown together.
 */
import { type HistoryDb, type HistoryQueryable } from '../database/history-db.ts'
import { type SourceRef } from './samples.ts'

/** Sources with a history; more are not recorded, since ids are the rigs' own words. */
export const SOURCE_LIMIT = 16_384
/** Longer keys are not recorded. */
const KEY_LIMIT = 300
/** Values in a list of one statement. */
export const LIST_LIMIT = 500

export interface KnownSource extends SourceRef {
  readonly id: number
  /** The proxy's key of the same machine; null while unknown. */
  readonly rigKey: string | null
}

/** Numbers of sources, kept once known. */
export class SourceNumbers {
  readonly #db: HistoryDb
  readonly #ids = new Map<string, number>()

  constructor(db: HistoryDb) {
    this.#db = db
  }

  /** Those of `refs`, added where they are new; a source that the limit refuses has none. */
  async require(refs: readonly SourceRef[]): Promise<ReadonlyMap<string, number>> {
    const missing = new Map<string, SourceRef>()
    for (const ref of refs) {
      const name = nameOf(ref)
      if (!this.#ids.has(name) && ref.key.length <= KEY_LIMIT) missing.set(name, ref)
    }
    if (missing.size > 0) await this.#db.read((queries) => this.#learn(queries, [...missing.values()]))
    return this.#ids
  }

  async #learn(queries: HistoryQueryable, refs: readonly SourceRef[]): Promise<void> {
    const known = await this.#read(queries)
    const fresh = refs
      .filter((ref) => !this.#ids.has(nameOf(ref)))
      .slice(0, Math.max(0, SOURCE_LIMIT - known))
    for (const some of slices(fresh, LIST_LIMIT)) {
      await queries
        .insertInto('series_sources')
        .values(some.map(({ kind, key }) => ({ kind, key })))
        .onConflict((conflict) => conflict.columns(['kind', 'key']).doNothing())
        .execute()
    }
    if (fresh.length > 0) await this.#read(queries)
  }

  async #read(queries: HistoryQueryable): Promise<number> {
    const known = await sourcesOf(queries)
    for (const source of known) this.#ids.set(nameOf(source), source.id)
    return known.length
  }
}

/** How a source is named in maps. */
export function nameOf({ kind, key }: SourceRef): string {
  return `${kind}:${key}`
}

export async function sourcesOf(queries: HistoryQueryable): Promise<KnownSource[]> {
  const rows = await queries
    .selectFrom('series_sources')
    .select(['id', 'kind', 'key', 'rig_key'])
    .orderBy('id')
    .execute()
  return rows.map(({ id, kind, key, rig_key }) => ({ id, kind, key, rigKey: rig_key }))
}

/** `list` in pieces of at most `length`. */
export function slices<T>(list: readonly T[], length: number): T[][] {
  const pieces: T[][] = []
  for (let at = 0; at < list.length; at += length) pieces.push(list.slice(at, at + length))
  return pieces
}
