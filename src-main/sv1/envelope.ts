/**
 * The JSON object around every Stratum V1 message: id, method and params, or id, result and error. Both
 * directions. Not the meaning of methods: see `requests.ts` and `notifications.ts`.
 */
import { err, ok, type Result } from '../base/index.ts'
import { fromText, readError, type Sv1Error } from './error-codes.ts'
import { fatalFault, type LineFault, messageFault } from './fault.ts'
import { canonicalMethod, paramsList } from './quirks.ts'
import { type RequestId } from './rig-message.ts'

export interface RequestEnvelope {
  readonly kind: 'request'
  /** JSON text, as the peer wrote it; `null` if it wrote none. */
  readonly id: RequestId
  /** Usual name, misspellings mended; at most 64 characters. */
  readonly method: string
  readonly params: readonly unknown[]
}

export interface ResponseEnvelope {
  readonly kind: 'response'
  readonly id: RequestId
  readonly result: unknown
  readonly error: Sv1Error | null
}

const MAX_ID_CHARS = 128
const MAX_METHOD_CHARS = 64

/** Reads one line of text. Never throws. */
export function parseEnvelope(text: string): Result<RequestEnvelope | ResponseEnvelope, LineFault> {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return err(fatalFault('not-json', 'a line is not JSON'))
  }
  if (Array.isArray(message)) {
    return err(fatalFault('batch', 'a line is a list of messages; send one message a line'))
  }
  if (typeof message !== 'object' || message === null) {
    return err(fatalFault('not-a-message', 'a line is JSON, but not an object'))
  }
  const fields = message as Readonly<Record<string, unknown>>
  const id = idText(fields.id, text)
  if (id === undefined) {
    return err(messageFault('bad-id', 'an id must be a number, a short text or null', 'null', null))
  }
  const method = fields.method
  if (typeof method === 'string') {
    const name = canonicalMethod(method.slice(0, MAX_METHOD_CHARS))
    return ok({ kind: 'request', id, method: name, params: paramsList(name, fields.params) })
  }
  if (method !== undefined && method !== null) {
    return err(messageFault('not-a-message', 'a method must be a text', id, null))
  }
  if (!Object.hasOwn(fields, 'result') && !Object.hasOwn(fields, 'error')) {
    return err(messageFault('not-a-message', 'a message has neither a method nor a result', id, null))
  }
  return ok({ kind: 'response', id, result: fields.result, error: responseError(fields) })
}

/** ckpool gives the reason of a rejected share in a member of its own, beside `result: false, error: null`. */
function responseError(fields: Readonly<Record<string, unknown>>): Sv1Error | null {
  const error = readError(fields.error)
  if (error !== null) return error
  const reason = fields['reject-reason']
  return typeof reason === 'string' && fields.result !== true ? fromText(reason) : null
}

/** JSON text of an id so that the reply can carry it back to the letter; undefined if it may not be one. */
function idText(id: unknown, line: string): RequestId | undefined {
  if (id === undefined || id === null) return 'null'
  if (typeof id === 'string') return id.length <= MAX_ID_CHARS ? asciiJson(id) : undefined
  if (typeof id !== 'number') return undefined
  const plain = String(id)
  const written = /"id"\s*:\s*(-?\d+)\s*[,}]/.exec(line)?.[1]
  if (written === plain) return plain
  const source = numberAsWritten(line)
  return source !== undefined && source.length <= MAX_ID_CHARS ? source : plain
}

/**
 * The id's own digits where `String(id)` would change them: above 2^53, `1.0`, `1e3`. Source text of
 * primitives is the third argument of a JSON reviver (ECMAScript 2026; in V8 since 11.4).
 */
function numberAsWritten(line: string): string | undefined {
  const candidates: { holder: unknown; source: string | undefined }[] = []
  const root: unknown = JSON.parse(
    line,
    function (this: unknown, key: string, value: unknown, ...rest: unknown[]) {
      if (key === 'id' && typeof value === 'number') {
        const context = rest[0] as { readonly source?: string } | undefined
        candidates.push({ holder: this, source: context?.source })
      }
      return value
    },
  )
  return candidates.find((candidate) => candidate.holder === root)?.source
}

/** JSON of pure ASCII: lines we send must survive firmware that knows no UTF-8. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A request or notification line with its line end. `id` is JSON text. */
export function formatRequest(id: RequestId | number, method: string, params: readonly unknown[]): string {
  return `{"id":${String(id)},"method":"${method}","params":${asciiJson(params)}}\n`
}
