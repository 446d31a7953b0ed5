/** What SQLite and PostgreSQL report, as errors that say what is wrong and what to do. */
import { dirname } from 'node:path'
import { errorText, HeadframeError, systemErrorCode } from '../../base/index.ts'

/** A database by what a person can know it by. */
export type PlaceName =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly server: string; readonly schema: string }

export function placeTitle(place: PlaceName): string {
  return place.kind === 'sqlite' ? place.path : `${place.server} (schema ${place.schema})`
}

/** Whether SQLite says that the file's content is damaged or is no database. */
export function isCorruption(error: unknown): boolean {
  const code = systemErrorCode(error) ?? ''
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB'
}

/**
 * The failure of an operation on a database. Anything that is not the database's (a bug of ours, a failure that
 * already has its words) is returned as it is.
 */
export function historyFailure(error: unknown, place: PlaceName): unknown {
  if (error instanceof HeadframeError) return error
  return place.kind === 'sqlite' ? fileFailure(error, place.path) : serverFailure(error, place)
}

function fileFailure(error: unknown, path: string): unknown {
  const code = systemErrorCode(error)
  if (code === undefined || !code.startsWith('SQLITE_')) return error
  const details = { cause: error, context: { path, sqliteCode: code } }
  if (isCorruption(error)) {
    return new HeadframeError(
      'history/corrupted',
      `The history file ${path} is damaged (${errorText(error)}). Restart Headframe: it keeps the damaged file aside and puts the newest sound backup in its place.`,
      details,
    )
  }
  if (code === 'SQLITE_FULL') {
    return new HeadframeError(
      'history/disk-full',
      `There is no space left to record history in ${dirname(path)}. Free some space; recording goes on by itself.`,
      details,
    )
  }
  if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY') || code === 'SQLITE_PERM') {
    return notWritable(path, error)
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new HeadframeError(
      'history/busy',
      `Another program keeps the history file ${path} locked. Close it (a database browser, a backup tool, a second Headframe) and try again.`,
      details,
    )
  }
  if (code === 'SQLITE_CONSTRAINT_CHECK') return accountingMismatch(error, details)
  return new HeadframeError(
    'history/write-failed',
    `The history file ${path} could not be read or written (${errorText(error)}). Check the disk that holds ${dirname(path)}.`,
    details,
  )
}

/** The data directory cannot hold a database. */
export function notWritable(path: string, cause: unknown): HeadframeError {
  const directory = dirname(path)
  return new HeadframeError(
    'history/not-writable',
    `Headframe cannot write its history in ${directory} (${errorText(cause)}). Make that directory exist and writable for this user, or choose another with --data-dir.`,
    { cause, context: { path, directory } },
  )
}

/** How a connection that cannot be made, or is gone, shows itself: Node's codes, and pg's words without a code. */
const UNREACHABLE_CODES = new Set([
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ETIMEDOUT',
    'EPIPE',
  ],
  // Shut down by its administrator, crashed, starting up, too many connections (PostgreSQL, appendix A).
  ...['57P01', '57P02', '57P03', '53300'],
])
const UNREACHABLE_WORDS =
  /^Connection terminated|timeout (expired|exceeded)|not queryable|already been destroyed/

function serverFailure(error: unknown, place: PlaceName & { kind: 'postgres' }): unknown {
  const code = systemErrorCode(error)
  const { server, schema } = place
  const title = placeTitle(place)
  const text = errorText(error)
  const details = { cause: error, context: { server, schema, databaseCode: code ?? null } }
  const failure = (name: `history/${string}`, message: string): HeadframeError =>
    new HeadframeError(name, message, details)

  if (
    code === undefined ? UNREACHABLE_WORDS.test(text) : UNREACHABLE_CODES.has(code) || code.startsWith('08')
  ) {
    return failure(
      'history/server-unreachable',
      `The database server of the history, ${server}, does not answer (${code ?? text}). Check that it runs and that this machine reaches it; recording goes on by itself once it does.`,
    )
  }
  if (code === undefined) return error
  switch (code) {
    case '28P01':
    case '28000':
      return failure(
        'history/wrong-password',
        `The database server ${server} refuses the user name or password (${text}). Check them in Settings, and that the server's pg_hba.conf lets this machine in.`,
      )
    case '3D000':
      return failure(
        'history/missing-database',
        `There is no database ${server} (${text}). Create it with "createdb", or correct its name in Settings.`,
      )
    case '42501':
      return failure(
        'history/no-rights',
        `The database user may not do this in ${title} (${text}). As the database's owner, run: GRANT CREATE, CONNECT ON DATABASE … TO … ;`,
      )
    case '25006':
      return failure(
        'history/not-writable',
        `The database ${server} takes no changes (${text}): it is a standby, or was set read-only. Choose the primary server in Settings.`,
      )
    case '53100':
      return failure(
        'history/disk-full',
        `There is no space left on the database server ${server}. Free some space there; recording goes on by itself.`,
      )
    case '23514':
      return accountingMismatch(error, details)
    case 'XX001':
    case 'XX002':
      return failure(
        'history/corrupted',
        `The database ${title} reports damaged data (${text}). Ask its administrator to check the server's disk and to restore a backup.`,
      )
    default:
      return failure(
        'history/write-failed',
        `The database ${title} could not be read or written (${text}). See the log of the database server.`,
      )
  }
}

function accountingMismatch(
  error: unknown,
  details: { cause: unknown; context: Record<string, string | null> },
): HeadframeError {
  return new HeadframeError(
    'history/accounting-mismatch',
    `A batch of share counts does not add up (${errorText(error)}), so none of it was recorded. Please report this.`,
    details,
  )
}
