/** What SQLite reports, as errors that say what is wrong and what to do. */
import { dirname } from 'node:path'
import { errorText, HeadframeError, systemErrorCode } from '../base/index.ts'

/** Whether SQLite says that the file's content is damaged or is no database. */
export function isCorruption(error: unknown): boolean {
  const code = systemErrorCode(error) ?? ''
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB'
}

/**
 * The failure of an operation on the database at `path`. Anything that is not SQLite's (a bug of ours) is
 * returned as it is.
 */
export function historyFailure(error: unknown, path: string): unknown {
  const code = systemErrorCode(error)
  if (code === undefined || !code.startsWith('SQLITE_')) return error
  const details = { cause: error, context: { path, sqliteCode: code } }
  if (isCorruption(error)) {
    return new HeadframeError(
      'history/corrupted',
      `The history file ${path} is damaged (${errorText(error)}). Restart Headframe: it keeps the damaged file aside and starts a new one.`,
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
  if (code === 'SQLITE_CONSTRAINT_CHECK') {
    return new HeadframeError(
      'history/accounting-mismatch',
      `A batch of share counts does not add up (${errorText(error)}), so none of it was recorded. Please report this.`,
      details,
    )
  }
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
