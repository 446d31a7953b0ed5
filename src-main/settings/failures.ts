/** Failures of files in the data directory, as errors that name the place and the remedy. */
import { dirname } from 'node:path'
import { errorText, type ErrorCode, HeadframeError, systemErrorCode } from '../base/index.ts'

/** What a person can do about a system error with a file, as a sentence. */
function remedyFor(error: unknown, directory: string): string {
  switch (systemErrorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'The disk is full: free some space and try again.'
    case 'EROFS':
      return 'The file system is read-only: choose another place with --data-dir.'
    default:
      return `Make ${directory} a directory that this user may write to, or choose another with --data-dir.`
  }
}

/**
 * @param what the object of the sentence, for instance `The settings`
 * @param path the file that could not be read or written
 */
export function fileFailure(code: ErrorCode, what: string, path: string, error: unknown): HeadframeError {
  const directory = dirname(path)
  return new HeadframeError(code, `${what} (${path}): ${errorText(error)}. ${remedyFor(error, directory)}`, {
    cause: error,
    context: { path, directory, systemCode: systemErrorCode(error) ?? null },
  })
}
