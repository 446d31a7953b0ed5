/** Opening either database. */
import { type HistoryDb } from './history-db.ts'
import { openServer, openServerToRead, type ServerOptions } from './open-postgres.ts'
import { type OpenedDatabase, openFile, openFileToRead } from './open-sqlite.ts'
import { type SchemaStep } from './schema.ts'

/** Which database keeps the history. */
export type HistoryLocation =
  | {
      readonly kind: 'sqlite'
      /** Must exist. */
      readonly dataDir: string
    }
  | ({ readonly kind: 'postgres' } & ServerOptions)

export interface OpenDatabaseOptions {
  readonly database: HistoryLocation
  /** Dates the name of a file kept aside or copied. */
  readonly nowMs: number
  /** For tests: the steps to migrate by. */
  readonly steps?: readonly SchemaStep[]
}

/**
 * Opens the database to write it, creating and migrating it as needed. There is one writer at a time.
 * @throws HeadframeError as `openFile` and `openServer` do
 */
export async function openDatabase({ database, nowMs, steps }: OpenDatabaseOptions): Promise<OpenedDatabase> {
  const bySteps = steps === undefined ? {} : { steps }
  return database.kind === 'sqlite'
    ? openFile({ dataDir: database.dataDir, nowMs, ...bySteps })
    : await openServer(database, steps)
}

/**
 * A connection that can only read, beside the writer.
 * @throws HeadframeError as `openFileToRead` and `openServerToRead` do
 */
export function openDatabaseToRead(database: HistoryLocation): HistoryDb {
  return database.kind === 'sqlite' ? openFileToRead(database.dataDir) : openServerToRead(database)
}
