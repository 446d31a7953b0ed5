/** Log lines as JSON into a file of the data directory, rotated at start and by size; warnings also to stderr. */
import { renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { createLogger, type Logger } from '../base/index.ts'

const LOG_FILE = 'headframe.log'
const MAX_BYTES = 5 * 2 ** 20
const KEPT = 3
/** Fields that must never be written, wherever they appear. */
const SECRET_FIELDS = ['password', 'token', 'secret', 'authorization', '*.password', '*.token', '*.secret']

export interface FileLog {
  readonly logger: Logger
  close(): void
}

export function createFileLogger(dataDir: string, { toStderr }: { toStderr: boolean }): FileLog {
  const path = join(dataDir, LOG_FILE)
  rotate(path)
  const destination = pino.destination({ dest: path, sync: false, mkdir: true, mode: 0o600 })
  const lines = pino(
    { base: null, level: 'debug', redact: { paths: SECRET_FIELDS, censor: '***' } },
    destination,
  )
  // A log that cannot be written must not stop mining.
  destination.on('error', () => {})
  const logger = createLogger((level, scope, message, fields) => {
    lines[level]({ scope, ...fields }, message)
    if (toStderr && (level === 'warn' || level === 'error')) {
      process.stderr.write(`${level}: ${scope} ${message} ${JSON.stringify(fields)}\n`)
    }
  })
  return {
    logger,
    close() {
      try {
        destination.flushSync()
      } catch {
        // Not open yet: nothing was written.
      }
      destination.end()
    },
  }
}

function rotate(path: string): void {
  try {
    if (statSync(path).size < MAX_BYTES) return
    for (let age = KEPT - 1; age > 0; age--) {
      try {
        renameSync(age === 1 ? path : `${path}.${age - 1}`, `${path}.${age}`)
      } catch {
        // There was none of that age.
      }
    }
  } catch {
    // There is no log yet.
  }
}
