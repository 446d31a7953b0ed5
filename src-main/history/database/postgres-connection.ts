/**
 * One connection to a PostgreSQL server, made when it is first needed and again after it was lost, as the pool that
 * Kysely's dialect asks for. One and not several: the lock of the site belongs to a connection, so whatever
 * writes has to come through the one that holds it. Who comes while it is busy waits, without a limit of time.
 */
import pg from 'pg'
import { type PostgresPool, type PostgresPoolClient } from 'kysely'

/** How long a server may take to answer before it counts as unreachable. */
const CONNECT_TIMEOUT_MS = 10_000

export class PostgresConnection implements PostgresPool {
  readonly options: object
  readonly #url: string
  readonly #prepare: (client: pg.Client) => Promise<void>
  #client: pg.Client | null = null
  #turn: Promise<void> = Promise.resolve()
  #isClosed = false

  /**
   * @param prepare run on every new connection before anything else; when it fails, the connection is closed and the
   *   query that wanted it fails with the same error
   */
  constructor(url: string, prepare: (client: pg.Client) => Promise<void>) {
    this.#url = url
    this.#prepare = prepare
    this.options = {}
  }

  async connect(): Promise<PostgresPoolClient> {
    const before = this.#turn
    let endTurn!: () => void
    this.#turn = new Promise((resolve) => (endTurn = resolve))
    await before
    try {
      if (this.#isClosed) throw new Error('The connection has already been destroyed')
      const client = (this.#client ??= await this.#open())
      return {
        query: queryOn(client),
        release: (isBroken) => {
          if (isBroken) this.#drop(client)
          endTurn()
        },
      }
    } catch (error) {
      endTurn()
      throw error
    }
  }

  async end(): Promise<void> {
    this.#isClosed = true
    await this.#turn
    await this.#client?.end()
    this.#client = null
  }

  async #open(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'headframe',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      types: { getTypeParser },
    })
    // Without a listener the loss of a connection between two queries would end the program.
    client.on('error', () => this.#drop(client))
    client.on('end', () => this.#drop(client))
    try {
      await client.connect()
      await this.#prepare(client)
      return client
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
  }

  #drop(client: pg.Client): void {
    if (this.#client !== client) return
    this.#client = null
    void client.end().catch(() => {})
  }
}

/** What the dialect runs its statements with; it never asks for a cursor. */
function queryOn(client: pg.Client): PostgresPoolClient['query'] {
  const query = (text: string, values: readonly unknown[]): unknown =>
    client.query(text, values.map(withoutNul))
  return query as PostgresPoolClient['query']
}

/** One NUL in a text, and the server refuses the whole statement. */
function withoutNul(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
}

/** Types by their numbers in `pg_type`. */
const INT8 = 20
const NUMERIC = 1700

/** Whole numbers as numbers: pg gives 64-bit ones and their sums as text. */
function getTypeParser(type: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (type === INT8) return parseInt8
  if (type === NUMERIC) return Number
  return pg.types.getTypeParser(type, format as 'text') as (text: string) => unknown
}

function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond the whole numbers that are exact`)
  return value
}
