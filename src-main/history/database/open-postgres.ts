/**
 * Opening a history on a PostgreSQL server, for several sites or a server that is backed up already. Plain SQL, no
 * extension. Every site has a schema of its own, `headframe_<site>`, and one program at a time that writes it.
 */
import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import { HeadframeError, systemErrorCode } from '../../base/index.ts'
import { type PlaceName, placeTitle } from './failures.ts'
import { HistoryDb } from './history-db.ts'
import {
  APPLICATION_ID,
  type Migrated,
  migrateSchema,
  migrations,
  requireKnownVersion,
  schemaVersion,
} from './migrations.ts'
import { type OpenedDatabase } from './open-sqlite.ts'
import { PostgresConnection } from './postgres-connection.ts'
import { type SchemaStep } from './schema.ts'
import { type HistoryTables } from './tables.ts'

/** A site's name becomes part of a schema's name, whose limit is 63 bytes. */
const SITE = /^[a-z][a-z0-9_]{0,39}$/

/** How long a start waits for the program before it to let go, for instance after it was killed. */
const SITE_LOCK_TIMEOUT_MS = 5000

export interface ServerOptions {
  /** `postgres://user:password@host:port/database`; everything of libpq's URLs that pg knows. */
  readonly url: string
  /** Lower-case letters, digits and underscores, a letter first. */
  readonly site: string
}

/**
 * Connects, locks the site and brings its tables to the latest version, creating them if absent.
 * @param steps for tests: the steps to migrate by
 * @throws HeadframeError `history/wrong-address`, `history/wrong-site-name`, `history/server-unreachable`,
 *   `history/wrong-password`, `history/missing-database`, `history/no-rights`, `history/site-in-use`,
 *   `history/newer-version`, `history/not-ours`, `history/migration-failed`, `history/not-writable`
 */
export async function openServer(
  options: ServerOptions,
  steps: readonly SchemaStep[] = migrations,
): Promise<OpenedDatabase> {
  const place = requirePlace(options)
  let isFirst = true
  let migrated: Migrated | undefined
  const db = serverDb(options.url, place, async (client) => {
    await client.query('SET jit = off; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10')
    await lockSite(client, place, options.site)
    if (isFirst) await createSchema(client, place.schema)
    await client.query(`SET search_path TO ${place.schema}`)
    if (isFirst) migrated = await migrateSchema(client, placeTitle(place), steps)
    else await requireSameVersion(client, place, steps.length)
    isFirst = false
  })
  try {
    // The first query connects.
    await db.read((queries) => queries.selectFrom('sessions').select('id').limit(1).execute())
  } catch (error) {
    await db.close().catch(() => {})
    throw error
  }
  const notices: OpenedDatabase['notices'] = []
  if (migrated !== undefined) {
    notices.push({
      kind: 'migrated',
      path: null,
      title: 'The history was brought up to date',
      detail: `The tables in ${placeTitle(place)} went from version ${migrated.from} to ${migrated.to}.`,
    })
  }
  return { db, notices }
}

/**
 * A read-only connection for heavy reads, beside the writer. The site must have been opened by `openServer` before.
 * Connects with its first query.
 * @throws HeadframeError `history/wrong-address`, `history/wrong-site-name`
 */
export function openServerToRead(options: ServerOptions): HistoryDb {
  const place = requirePlace(options)
  return serverDb(options.url, place, async (client) => {
    await client.query(
      `SET jit = off; SET default_transaction_read_only = on; SET search_path TO ${place.schema}`,
    )
  })
}

type ServerPlace = PlaceName & { kind: 'postgres' }

function serverDb(url: string, place: ServerPlace, prepare: (client: pg.Client) => Promise<void>): HistoryDb {
  const dialect = new PostgresDialect({ pool: new PostgresConnection(url, prepare) })
  return new HistoryDb(new Kysely<HistoryTables>({ dialect }), place)
}

/** @throws HeadframeError `history/wrong-site-name`, `history/wrong-address` */
export function requirePlace({ url, site }: ServerOptions): ServerPlace {
  if (!SITE.test(site)) {
    throw new HeadframeError(
      'history/wrong-site-name',
      `"${site}" cannot name a site. Use up to 40 lower-case letters, digits and underscores, a letter first.`,
    )
  }
  const parsed = URL.parse(url)
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol) || parsed.pathname.length < 2) {
    throw new HeadframeError(
      'history/wrong-address',
      'The address of the history database must look like postgres://user:password@host:5432/database.',
    )
  }
  const host = parsed.hostname || parsed.searchParams.get('host') || 'localhost'
  const server = `${host}:${parsed.port || '5432'}${parsed.pathname}`
  return { kind: 'postgres', server, schema: `headframe_${site}` }
}

/** Held until the connection ends, however it ends: two writers would count every share twice. */
async function lockSite(client: pg.Client, place: ServerPlace, site: string): Promise<void> {
  await client.query(`SET lock_timeout = ${SITE_LOCK_TIMEOUT_MS}`)
  try {
    await client.query('SELECT pg_advisory_lock($1, hashtext($2))', [APPLICATION_ID, place.schema])
  } catch (error) {
    if (systemErrorCode(error) !== '55P03') throw error
    throw new HeadframeError(
      'history/site-in-use',
      `Another Headframe writes the history of the site "${site}" in ${place.server}. Stop it, or choose another site name for this one in Settings.`,
      { cause: error, context: { server: place.server, site } },
    )
  }
  await client.query('SET lock_timeout = 0')
}

/** Asks first: whoever may use a schema that is there need not have the right to create one. */
async function createSchema(client: pg.Client, schema: string): Promise<void> {
  const known = await client.query('SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1', [schema])
  if (known.rows.length === 0) await client.query(`CREATE SCHEMA ${schema}`)
}

/** While the connection was lost, another Headframe may have brought the site to its own version. */
async function requireSameVersion(client: pg.Client, place: ServerPlace, latest: number): Promise<void> {
  const title = placeTitle(place)
  requireKnownVersion(
    await schemaVersion(client, title),
    latest,
    title,
    'choose another site name in Settings',
  )
}
