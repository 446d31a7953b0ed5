/**
 * Versions of the database, as `user_version` counts them. Each step runs in one transaction with its
 * version, so a crash leaves the version before or the version after. A database that holds anything is
 * copied before its first step.
 */
import type Database from 'better-sqlite3'
import { errorText, HeadframeError } from '../base/index.ts'
import { APPLICATION_ID, SCHEMA_1, SCHEMA_2, SCHEMA_3 } from './schema.ts'

/** `migrations[n]` leads from version n to version n + 1. */
export const migrations: readonly string[] = [SCHEMA_1, SCHEMA_2, SCHEMA_3]

/** The `user_version` of an open database; 0 for an empty one. */
export function databaseVersion(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }))
}

/**
 * Refuses a database that this program must not touch: one of a newer version, or one that is not ours.
 * Writes nothing.
 * @throws HeadframeError `history/newer-version`, `history/not-ours`
 */
export function requireKnownDatabase(db: Database.Database, path: string, latest = migrations.length): void {
  const version = databaseVersion(db)
  const isOurs = Number(db.pragma('application_id', { simple: true })) === APPLICATION_ID
  const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
  if (!isOurs && !isEmpty) {
    throw new HeadframeError(
      'history/not-ours',
      `${path} is a database of another program. It was left as it is. Move it away, or choose another --data-dir.`,
      { context: { path } },
    )
  }
  if (version > latest) {
    throw new HeadframeError(
      'history/newer-version',
      `${path} was written by a newer Headframe (history version ${version}; this program knows up to ${latest}). It was left as it is. Start the newer program, or choose another --data-dir.`,
      { context: { path, version, latest } },
    )
  }
}

export interface Migrated {
  from: number
  to: number
  /** Where the copy from before is. */
  backupPath: string
}

/**
 * Brings a database that passed `requireKnownDatabase` to the latest version.
 * @param backupPath where the copy goes if one is needed; must not exist
 * @returns undefined if the database was new or up to date
 * @throws HeadframeError `history/migration-failed`; the database is then at the last version that worked
 */
export function migrate(
  db: Database.Database,
  path: string,
  backupPath: string,
  steps: readonly string[] = migrations,
): Migrated | undefined {
  const from = databaseVersion(db)
  if (from === steps.length) return undefined
  if (from > 0) db.prepare('VACUUM INTO ?').run(backupPath)
  for (let version = from; version < steps.length; version++) {
    try {
      db.transaction(() => {
        db.exec(steps[version]!)
        db.pragma(`application_id = ${APPLICATION_ID}`)
        db.pragma(`user_version = ${version + 1}`)
      }).exclusive()
    } catch (error) {
      const copy = from > 0 ? ` A copy from before is at ${backupPath}.` : ''
      throw new HeadframeError(
        'history/migration-failed',
        `The history file ${path} could not be brought from version ${version} to ${version + 1} (${errorText(error)}). Nothing was lost.${copy} Check that the disk has space and start again.`,
        { cause: error, context: { path, version } },
      )
    }
  }
  return from > 0 ? { from, to: steps.length, backupPath } : undefined
}
