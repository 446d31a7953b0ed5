/**
 * What can be wrong with bytes a peer sent. These are values: a decoder of this folder never throws for
 * what a peer wrote. `code`, `message` and `context` fit `HeadframeError` for whoever ends the connection.
 */
export type DecodeErrorCode =
  /** A header or payload is shorter or longer than the header announces. */
  | 'sv2/frame-length-mismatch'
  /** The header announces more payload than this role accepts. */
  | 'sv2/frame-too-long'
  /** The payload ends inside a field. */
  | 'sv2/message-truncated'
  /** A field breaks its type's limits: a B0_32 of 33 bytes, an OPTION with two elements. */
  | 'sv2/field-malformed'
  /** Bytes after the last field are not whole TLVs. */
  | 'sv2/tlv-malformed'

export interface DecodeError {
  readonly code: DecodeErrorCode
  /** What is wrong and what to do, for a person. */
  readonly message: string
  readonly context: Record<string, string | number>
}

const REMEDY =
  "The peer's Stratum V2 software is faulty or of another version: update it, or use another pool or rig."

/** A `DecodeError` whose message is `problem` followed by what a person can do. */
export function decodeError(
  code: DecodeErrorCode,
  problem: string,
  context: Record<string, string | number>,
): DecodeError {
  return { code, message: `${problem}. ${REMEDY}`, context }
}
