/** Whether a database could keep the history, step by step, for a person who is about to choose it. Changes nothing. */
import { access, constants } from 'node:fs/promises'
import pg from 'pg'
import { errorText } from '../../base/index.ts'
import { historyFailure } from './failures.ts'
import { APPLICATION_ID, migrations } from './migrations.ts'
import { type HistoryLocation } from './open.ts'
import { requirePlace, type ServerOptions } from './open-postgres.ts'

export interface TriedStep {
  readonly step: string
  readonly ok: boolean
  /** A sentence. */
  readonly detail: string
}

export interface TriedDatabase {
  readonly ok: boolean
  readonly steps: readonly TriedStep[]
}

const CONNECT_TIMEOUT_MS = 10_000
/** `SET … lock` waits are not needed here; queries are small. */
const QUERY_TIMEOUT_MS = 10_000
/** Upserts, identity columns and generated keys are used; older servers are out of support. */
const OLDEST_SERVER = 130_000

export interface TryOptions {
  /** This program writes its history there now. */
  readonly isInUseHere?: boolean
}

/** Failures are steps, never thrown. */
export async function tryDatabase(
  location: HistoryLocation,
  options: TryOptions = {},
): Promise<TriedDatabase> {
  const steps =
    location.kind === 'sqlite' ? await tryFolder(location.dataDir) : await tryServer(location, options)
  return { ok: steps.every(({ ok }) => ok), steps }
}

async function tryFolder(dataDir: string): Promise<TriedStep[]> {
  const step = 'Write to the data folder'
  try {
    await access(dataDir, constants.W_OK)
    return [{ step, ok: true, detail: `The history is kept in ${dataDir}.` }]
  } catch (error) {
    return [{ step, ok: false, detail: `${dataDir} cannot be written (${errorText(error)}).` }]
  }
}

async function tryServer(options: ServerOptions, { isInUseHere = false }: TryOptions): Promise<TriedStep[]> {
  const steps: TriedStep[] = []
  let client: pg.Client | undefined
  try {
    const place = requirePlace(options)
    client = new pg.Client({
      connectionString: options.url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
    })
    // A connection that ends is told by the query that waits for it.
    client.on('error', () => {})
    await attempt(steps, 'Connect and log in', place, async () => {
      await client!.connect()
      const number = Number(await one(client!, 'SHOW server_version_num'))
      const version = String(await one(client!, 'SHOW server_version'))
      if (number < OLDEST_SERVER) {
        throw new Error(`PostgreSQL ${version} is too old: use 13 or newer.`)
      }
      return `PostgreSQL ${version} answers at ${place.server}.`
    })
    await attempt(steps, 'Room for this site', place, () => siteState(client!, place.schema))
    await attempt(steps, 'Nobody else writes this site', place, async () => {
      if (isInUseHere) return `This Headframe writes the history of the site "${options.site}" already.`
      const isFree = await one(
        client!,
        'SELECT pg_try_advisory_lock_shared($1, hashtext($2))',
        APPLICATION_ID,
        place.schema,
      )
      if (isFree !== true) {
        throw new Error(
          `Another Headframe writes the history of the site "${options.site}". Choose another name.`,
        )
      }
      return `The site "${options.site}" is free.`
    })
  } catch (error) {
    if (steps.every(({ ok }) => ok)) steps.push({ step: 'Address', ok: false, detail: errorText(error) })
  } finally {
    await client?.end().catch(() => undefined)
  }
  return steps
}

async function siteState(client: pg.Client, schema: string): Promise<string> {
  const known = await one(client, 'SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1', schema)
  if (known === undefined) {
    const mayCreate = await one(client, `SELECT has_database_privilege(current_database(), 'CREATE')`)
    if (mayCreate !== true) {
      throw new Error(
        `This user may not create the schema ${schema}. Let the owner of the database run: GRANT CREATE ON DATABASE … TO ….`,
      )
    }
    return 'A new site: its tables are created at the next start.'
  }
  const mayUse = await one(client, `SELECT has_schema_privilege($1, 'USAGE')`, schema)
  if (mayUse !== true) throw new Error(`This user may not use the schema ${schema}, which is there already.`)
  const table = await one(client, 'SELECT to_regclass($1)', `${schema}.headframe_version`)
  if (table === null || table === undefined) return 'An empty site: its tables are created at the next start.'
  const version = Number(await one(client, `SELECT MAX(version) FROM ${schema}.headframe_version`))
  if (version > migrations.length) {
    throw new Error(
      `That site was written by a newer Headframe (version ${version}; this one knows up to ${migrations.length}). Update this one, or choose another name.`,
    )
  }
  return 'This site is there already: it goes on where it ended.'
}

async function attempt(
  steps: TriedStep[],
  step: string,
  place: Parameters<typeof historyFailure>[1],
  run: () => Promise<string>,
): Promise<void> {
  try {
    steps.push({ step, ok: true, detail: await run() })
  } catch (error) {
    steps.push({ step, ok: false, detail: errorText(historyFailure(error, place)) })
    throw error
  }
}

async function one(client: pg.Client, sql: string, ...values: unknown[]): Promise<unknown> {
  const { rows } = await client.query<Record<string, unknown>>(sql, values)
  const [first] = rows
  return first === undefined ? undefined : Object.values(first)[0]
}
