/**
 * Versions of the database: `user_version` in SQLite's header, one row of `headframe_version` in PostgreSQL. Each
 * step runs in one transaction with its version, so a crash leaves the version before or the version after. An
 * SQLite file that holds anything is copied before its first step; PostgreSQL's own dumps are its administrator's.
 */
import type Database from 'better-sqlite3'
import { errorText, HeadframeError } from '../../base/index.ts'
import { SCHEMA_1, SCHEMA_2, SCHEMA_3, type SchemaStep } from './schema.ts'
import { SCHEMA_4 } from './schema-4.ts'
import { POSTGRES_WORDS, SQLITE_WORDS } from './words.ts'

/** Marks a file as ours ("HFhs", in the header's application id), and our locks on a PostgreSQL server. */
export const APPLICATION_ID = 0x48466873

/** `migrations[n]` leads from version n to version n + 1. */
export const migrations: readonly SchemaStep[] = [SCHEMA_1, SCHEMA_2, SCHEMA_3, SCHEMA_4]

/** The `user_version` of an open file; 0 for an empty one. */
export function databaseVersion(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }))
}

/**
 * Refuses a file that this program must not touch: one of a newer version, or one that is not ours.
 * Writes nothing.
 * @throws HeadframeError `history/newer-version`, `history/not-ours`
 */
export function requireKnownFile(db: Database.Database, path: string, latest = migrations.length): void {
  const isOurs = Number(db.pragma('application_id', { simple: true })) === APPLICATION_ID
  const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
  if (!isOurs && !isEmpty) {
    throw new HeadframeError(
      'history/not-ours',
      `${path} is a database of another program. It was left as it is. Move it away, or choose another --data-dir.`,
      { context: { path } },
    )
  }
  requireKnownVersion(databaseVersion(db), latest, path, 'choose another --data-dir')
}

export interface Migrated {
  from: number
  to: number
  /** Where the copy from before is; null for PostgreSQL. */
  backupPath: string | null
}

/**
 * Brings a file that passed `requireKnownFile` to the latest version.
 * @param backupPath where the copy goes if one is needed; must not exist
 * @returns undefined if the file was new or up to date
 * @throws HeadframeError `history/migration-failed`; the file is then at the last version that worked
 */
export function migrateFile(
  db: Database.Database,
  path: string,
  backupPath: string,
  steps: readonly SchemaStep[] = migrations,
): Migrated | undefined {
  const from = databaseVersion(db)
  if (from === steps.length) return undefined
  if (from > 0) db.prepare('VACUUM INTO ?').run(backupPath)
  for (let version = from; version < steps.length; version++) {
    try {
      db.transaction(() => {
        db.exec(steps[version]!(SQLITE_WORDS))
        db.pragma(`application_id = ${APPLICATION_ID}`)
        db.pragma(`user_version = ${version + 1}`)
      }).exclusive()
    } catch (error) {
      const copy = from > 0 ? ` A copy from before is at ${backupPath}.` : ''
      throw migrationFailed(error, path, version, copy)
    }
  }
  return from > 0 ? { from, to: steps.length, backupPath } : undefined
}

/** What migrating needs of a connection to PostgreSQL whose search path is the site's schema. */
export interface PlainClient {
  query(sql: string): Promise<{ rows: unknown[] }>
}

/**
 * The version of the schema in the search path; 0 for an empty one.
 * @throws HeadframeError `history/not-ours` if there are tables of somebody else
 */
export async function schemaVersion(client: PlainClient, place: string): Promise<number> {
  const tables = await client.query(
    `SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()`,
  )
  const names = (tables.rows as { tablename: string }[]).map(({ tablename }) => tablename)
  if (names.includes('headframe_version')) {
    const { rows } = await client.query('SELECT version FROM headframe_version')
    const version = (rows as { version: number }[])[0]?.version
    if (version !== undefined) return Number(version)
  } else if (names.length === 0) return 0
  throw new HeadframeError(
    'history/not-ours',
    `${place} holds tables of another program. It was left as it is. Choose another site name in Settings.`,
    { context: { place } },
  )
}

/**
 * Brings the schema in the search path to the latest version. To be called by one program at a time: the caller
 * holds the site's lock.
 * @returns undefined if the schema was new or up to date
 * @throws HeadframeError `history/newer-version`, `history/not-ours` (nothing was written),
 *   `history/migration-failed` (the schema is at the last version that worked)
 */
export async function migrateSchema(
  client: PlainClient,
  place: string,
  steps: readonly SchemaStep[] = migrations,
): Promise<Migrated | undefined> {
  const from = await schemaVersion(client, place)
  requireKnownVersion(from, steps.length, place, 'choose another site name in Settings')
  for (let version = from; version < steps.length; version++) {
    try {
      // One text is one transaction; the keywords say so also to a reader of the server's log.
      await client.query(`BEGIN;
        ${steps[version]!(POSTGRES_WORDS)};
        CREATE TABLE IF NOT EXISTS headframe_version (version BIGINT NOT NULL);
        DELETE FROM headframe_version;
        INSERT INTO headframe_version VALUES (${version + 1});
        COMMIT;`)
    } catch (error) {
      await client.query('ROLLBACK')
      throw migrationFailed(error, place, version, '')
    }
  }
  return from > 0 && from < steps.length ? { from, to: steps.length, backupPath: null } : undefined
}

/** @throws HeadframeError `history/newer-version` */
export function requireKnownVersion(version: number, latest: number, place: string, otherwise: string): void {
  if (version <= latest) return
  throw new HeadframeError(
    'history/newer-version',
    `${place} was written by a newer Headframe (history version ${version}; this program knows up to ${latest}). It was left as it is. Start the newer program, or ${otherwise}.`,
    { context: { place, version, latest } },
  )
}

function migrationFailed(error: unknown, place: string, version: number, copy: string): HeadframeError {
  return new HeadframeError(
    'history/migration-failed',
    `The history in ${place} could not be brought from version ${version} to ${version + 1} (${errorText(error)}). Nothing was lost.${copy} Check that the disk has space and start again.`,
    { cause: error, context: { place, version } },
  )
}
