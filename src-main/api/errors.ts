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
  'link/unknown': 'NOT_FOUND',
  'practice/off': 'NOT_FOUND',
  'device/unknown': 'NOT_FOUND',
  device: 'CONFLICT',
  board: 'BAD_REQUEST',
  safety: 'CONFLICT',
  'rig/unknown': 'NOT_FOUND',
  'group/unknown': 'NOT_FOUND',
  'family/unknown': 'NOT_FOUND',
  'run/unknown': 'NOT_FOUND',
  'scan/unknown': 'NOT_FOUND',
  'tuning/none': 'NOT_FOUND',
  'account/unknown': 'NOT_FOUND',
  'address/unknown': 'NOT_FOUND',
  'meter/unknown': 'NOT_FOUND',
  'payout/unknown': 'NOT_FOUND',
  'history/no-such-backup': 'NOT_FOUND',
  'pool/invalid-url': 'BAD_REQUEST',
  'settings/invalid': 'BAD_REQUEST',
  'routing/invalid': 'BAD_REQUEST',
  'audit/bad-cursor': 'BAD_REQUEST',
  'history/empty-range': 'BAD_REQUEST',
  'history/bad-cursor': 'BAD_REQUEST',
  'history/unknown-metric': 'BAD_REQUEST',
  'history/not-whole-money': 'BAD_REQUEST',
  'history/backup-by-server': 'CONFLICT',
  'history/busy-keeping': 'CONFLICT',
  'history/backup-damaged': 'CONFLICT',
  'history/backup-running': 'CONFLICT',
  'history/newer-version': 'CONFLICT',
  'history/bad-retention': 'BAD_REQUEST',
  'history/wrong-site-name': 'BAD_REQUEST',
  'history/wrong-address': 'BAD_REQUEST',
  'history/site-in-use': 'CONFLICT',
  'history/database-unusable': 'BAD_GATEWAY',
  'history/server-unreachable': 'BAD_GATEWAY',
  'history/wrong-password': 'BAD_GATEWAY',
  'history/missing-database': 'BAD_GATEWAY',
  'history/no-rights': 'BAD_GATEWAY',
  'address/known': 'CONFLICT',
  'payout/not-manual': 'CONFLICT',
  account: 'BAD_REQUEST',
  address: 'BAD_REQUEST',
  meter: 'BAD_REQUEST',
  money: 'BAD_REQUEST',
  tariff: 'BAD_REQUEST',
  earnings: 'BAD_REQUEST',
  'practice/year-running': 'CONFLICT',
  'meters/bad-address': 'BAD_REQUEST',
  meters: 'BAD_GATEWAY',
  'outside/bad-address': 'BAD_REQUEST',
  'outside/not-chosen': 'CONFLICT',
  'outside/given-up': 'SERVICE_UNAVAILABLE',
  outside: 'BAD_GATEWAY',
  'action/invalid': 'BAD_REQUEST',
  'rig/bad-template': 'BAD_REQUEST',
  'rig/no-factory-login': 'BAD_REQUEST',
  scan: 'BAD_REQUEST',
  'rig/busy': 'CONFLICT',
  'group/name-taken': 'CONFLICT',
  'run/not-undoable': 'CONFLICT',
  'tuning/running': 'CONFLICT',
  'tuning/not-supported': 'CONFLICT',
  'pool/active': 'CONFLICT',
  'pool/disabled': 'CONFLICT',
  'pool/switch-superseded': 'CONFLICT',
  'pool/stopping': 'SERVICE_UNAVAILABLE',
  rig: 'BAD_GATEWAY',
  pool: 'BAD_GATEWAY',
  noise: 'BAD_GATEWAY',
  connect: 'BAD_GATEWAY',
  connection: 'BAD_GATEWAY',
  tls: 'BAD_GATEWAY',
}

/** The error to send for anything that a procedure threw. */
export function toContractError(error: unknown, log: Logger): ORPCError<string, unknown> {
  if (error instanceof HeadframeError) {
    const kind = KINDS[error.code] ?? KINDS[error.code.split('/')[0] ?? ''] ?? 'SERVICE_UNAVAILABLE'
    return contractError(kind, error.message, { code: error.code, context: error.context }, error)
  }
  if (isInputFailure(error)) return invalidInput(error.cause)
  const id = crypto.randomUUID().slice(0, 8)
  log.error('a procedure failed', { id, error: describeBug(error) })
  return new ORPCError('INTERNAL_SERVER_ERROR', {
    message: `Something went wrong inside Headframe. The log names it as ${id}.`,
    data: { code: 'internal/failure', context: { id } },
    cause: error,
  })
}

/** For a request that could not even be taken apart. */
export function malformedRequest(cause: unknown): ORPCError<string, unknown> {
  return contractError(
    'BAD_REQUEST',
    'The request cannot be read: send what the API description names, as JSON.',
    { code: 'request/malformed', context: {} },
    cause,
  )
}

/** Handlers throw no `ORPCError` of their own: the only ones that arrive here are failed checks. */
function isInputFailure(error: unknown): error is ORPCError<string, unknown> & { cause: ValidationError } {
  return error instanceof ORPCError && error.code === 'BAD_REQUEST' && error.cause instanceof ValidationError
}

/** An answer of ours that does not fit the contract is a bug too: say which part of it. */
function describeBug(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof ValidationError) {
    const issues = error.cause.issues.map((issue) => `${fieldOf(issue)}: ${issue.message}`)
    return `${error.message}: ${issues.join('; ')}`
  }
  return error.stack ?? error.message
}

type Issue = ValidationError['issues'][number]

function fieldOf({ path }: Issue): string {
  return (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
}

function invalidInput(cause: ValidationError): ORPCError<string, unknown> {
  const [issue] = cause.issues
  const field = issue ? fieldOf(issue) : ''
  const message = describeIssue(field, issue?.message ?? 'Invalid input: not what this call expects')
  return contractError('BAD_REQUEST', message, { code: 'request/invalid', context: { field } }, cause)
}

/** The contract's own messages are sentences; those of the schema library do not name the field. */
function describeIssue(field: string, message: string): string {
  const subject = field === '' ? 'The request' : `"${field}"`
  if (message.endsWith('received undefined')) return `${subject} is missing.`
  const reason = /^(?:Invalid \w+|Too small|Too big): (.+)$/.exec(message)?.[1]
  return reason === undefined ? message : `${subject} is not right: ${reason}.`
}

function contractError(
  kind: Kind,
  message: string,
  data: ErrorData,
  cause: unknown,
): ORPCError<string, unknown> {
  return new ORPCError(kind, { status: STATUS[kind], message, data, cause })
}
