/**
 * The logger every part is given. Messages are constant, data are fields, the scope is named like the
 * folder. Secrets and full payout addresses never appear. The host decides where lines go.
 */

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Record<string, unknown>

export interface Logger {
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger whose lines carry `scope`. */
  child(scope: string): Logger
}

/** A logger that hands each line to `write`; used across threads and in tests. */
export function createLogger(
  write: (level: LogLevel, scope: string, message: string, fields: LogFields) => void,
  scope = '',
): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      write(level, scope, message, fields)
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (name) => createLogger(write, scope === '' ? name : `${scope}.${name}`),
  }
}

/** Says nothing. */
export const silentLogger: Logger = createLogger(() => {})
