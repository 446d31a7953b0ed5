/**
 * What can be wrong with bytes or a line of a Stratum V1 peer. Values, never exceptions: the owner of the
 * connection answers, counts and, if `fatal`, closes.
 */

export type LineFaultCode =
  /** No line end within the limit. */
  | 'line-too-long'
  /** Bytes that are not UTF-8. */
  | 'not-utf8'
  | 'not-json'
  /** A JSON array of requests: Stratum V1 has none. */
  | 'batch'
  /** JSON, but not an object, or neither a request nor a reply. */
  | 'not-a-message'
  /** An id that is an object, an array or a boolean. */
  | 'bad-id'
  /** A known method whose params make no sense. */
  | 'bad-params'

export interface LineFault {
  readonly code: LineFaultCode
  /** A sentence that names what is wrong, fit for the peer's log and ours. Holds no secret. */
  readonly message: string
  /** JSON text of the id to answer with: `null` where none could be read. */
  readonly id: string
  /** The method of a request whose params are wrong; null where none could be read. */
  readonly method: string | null
  /** Whether the stream can no longer be trusted and the connection should end. */
  readonly fatal: boolean
}

/** A fault after which the connection should end. */
export function fatalFault(code: LineFaultCode, message: string): LineFault {
  return { code, message, id: 'null', method: null, fatal: true }
}

/** A fault of one message: answer with an error and go on. */
export function messageFault(
  code: LineFaultCode,
  message: string,
  id: string,
  method: string | null,
): LineFault {
  return { code, message, id, method, fatal: false }
}
