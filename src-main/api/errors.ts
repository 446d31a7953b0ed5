/**
 * From our failures to the contract's errors. Only code, message and context cross; a bug becomes `internal`
 * with an id that the log knows.
 */
import { ORPCError, ValidationError } from '@orpc/server'
import { type ErrorData } from '../../src-preload/contract/index.ts'
import { HeadframeError, type Logger } from '../base/index.ts'

type Kind = 'BAD_REQUEST' | 'NOT_FOUND' | 'CONFLICT' | 'BAD_GATEWAY' | 'SERVICE_UNAVAILABLE'

const STATUS: Record<Kind, number> = {
  BAD_REQUEST: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  BAD_GATEWAY: 502,
  SERVICE_UNAVAILABLE: 503,
}

/** By code first, then by subject. What is not listed is `SERVICE_UNAVAILABLE`. */
const KINDS: Readonly<Record<string, Kind>> = {
  'pool/unknown': 'NOT_FOUND',
  'notice/unknown': 'NOT_FOUND',
  'practice/off': 'NOT_FOUND',
  'pool/invalid-url': 'BAD_REQUEST',
  'settings/invalid': 'BAD_REQUEST',
  'history/empty-range': 'BAD_REQUEST',
  'pool/active': 'CONFLICT',
  'pool/disabled': 'CONFLICT',
  'pool/switch-superseded': 'CONFLICT',
  pool: 'BAD_GATEWAY',
  noise: 'BAD_GATEWAY',
  connect: 'BAD_GATEWAY',
  tls: 'BAD_GATEWAY',
}

/** The error to send for anything that a procedure threw. */
export function toContractError(error: unknown, log: Logger): Error {
  if (error instanceof HeadframeError) {
    const kind = KINDS[error.code] ?? KINDS[error.code.split('/')[0] ?? ''] ?? 'SERVICE_UNAVAILABLE'
    return contractError(kind, error.message, { code: error.code, context: error.context }, error)
  }
  if (error instanceof ORPCError) {
    return error.code === 'BAD_REQUEST' && error.cause instanceof ValidationError
      ? invalidInput(error.cause)
      : error
  }
  const id = crypto.randomUUID().slice(0, 8)
  log.error('a procedure failed', { id, error: error instanceof Error ? error.stack : String(error) })
  return new ORPCError('INTERNAL_SERVER_ERROR', {
    message: `Something went wrong inside Headframe. The log names it as ${id}.`,
    data: { code: 'internal/failure', context: { id } },
    cause: error,
  })
}

function invalidInput(cause: ValidationError): Error {
  const [issue] = cause.issues
  const field = (issue?.path ?? [])
    .map((part) => (typeof part === 'object' ? String(part.key) : String(part)))
    .join('.')
  const message = issue?.message ?? 'The request is not what this call expects.'
  const sentence = field === '' || /^[A-Z].* /.test(message) ? message : `${field}: ${message}`
  return contractError('BAD_REQUEST', sentence, { code: 'request/invalid', context: { field } }, cause)
}

function contractError(kind: Kind, message: string, data: ErrorData, cause: unknown): Error {
  return new ORPCError(kind, { status: STATUS[kind], message, data, cause })
}
