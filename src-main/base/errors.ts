/**
 * The one error class for failures a person can do something about. Expected outcomes are values, bugs
 * are plain errors that nobody catches locally (style guide, "Errors").
 */

/** `subject/what-happened`, for instance `pool/key-mismatch`. */
export type ErrorCode = `${string}/${string}`

export interface ErrorDetails {
  /** Values that belong to the message; never secrets. JSON-safe. */
  context?: Record<string, string | number | boolean | null>
  cause?: unknown
}

/** A failure with a stable code and a message that names what is wrong and what to do. */
export class HeadframeError extends Error {
  readonly code: ErrorCode
  readonly context: Record<string, string | number | boolean | null>

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'HeadframeError'
    this.code = code
    this.context = details.context ?? {}
  }
}

/** The text of anything thrown, without a stack. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The `code` of a Node system error (`ECONNREFUSED`, `EADDRINUSE`, …), if it has one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
