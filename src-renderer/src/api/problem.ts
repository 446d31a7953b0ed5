/**
 * What went wrong with a call, as a screen shows it: a sentence, and where possible the form field it is
 * about. Reads whatever crossed the contract; never throws.
 */

/** A call was made while there is no link to the core. */
export class DisconnectedError extends Error {
  constructor() {
    super('Headframe is not connected right now. Try again once the connection is back.')
    this.name = 'DisconnectedError'
  }
}

export interface CallProblem {
  /** `subject/what-happened`, or `app/...` for what this page found out itself. */
  code: string
  message: string
  /** Field name to message, for forms. */
  fields: Record<string, string>
  /** Which part of the field is wrong, as the core names it: `port` of a pool URL. */
  part: string | null
  /** What was probably meant, to offer in place of what was entered. */
  suggestion: string | null
}

/** Codes that speak of one field of the pool form without naming it. */
const FIELD_BY_CODE: Record<string, string> = { 'pool/invalid-url': 'url' }

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** Field messages of a failed input check: a list of issues with a path. */
function issueFields(data: Record<string, unknown>): Record<string, string> {
  const fields: Record<string, string> = {}
  if (!Array.isArray(data.issues)) return fields
  for (const issue of data.issues as unknown[]) {
    if (!isObject(issue) || typeof issue.message !== 'string' || !Array.isArray(issue.path)) continue
    const field = String(issue.path[0] ?? '')
    if (field !== '') fields[field] ??= issue.message
  }
  return fields
}

export function describeProblem(error: unknown): CallProblem {
  const message = error instanceof Error && error.message !== '' ? error.message : 'Something went wrong'
  if (error instanceof DisconnectedError)
    return { code: 'app/disconnected', message, fields: {}, part: null, suggestion: null }
  const data = isObject(error) && isObject(error.data) ? error.data : {}
  const code = typeof data.code === 'string' ? data.code : 'app/unexpected'
  const fields = issueFields(data)
  const context = isObject(data.context) ? data.context : {}
  const field = typeof context.field === 'string' ? context.field : FIELD_BY_CODE[code]
  if (field !== undefined && fields[field] === undefined) fields[field] = message
  const first = Object.values(fields)[0]
  return {
    code,
    message: first !== undefined && !('code' in data) ? first : message,
    fields,
    part: typeof context.part === 'string' ? context.part : null,
    suggestion: typeof context.suggestion === 'string' ? context.suggestion : null,
  }
}

/** Whether a call ended because somebody on this side ended it, or the link went away. */
export function isEndOfLink(error: unknown): boolean {
  return error instanceof DisconnectedError || (error instanceof Error && error.name === 'AbortError')
}
