/** Errors of Stratum V1: sent as `[code, message, traceback]`, read in every shape that pools use. */

/** Conventional codes (reference/stratum-v2.md 7.5). */
export const SV1_ERROR = {
  other: 20,
  jobNotFound: 21,
  duplicateShare: 22,
  lowDifficulty: 23,
  unauthorized: 24,
  notSubscribed: 25,
} as const

export interface Sv1Error {
  /** One of `SV1_ERROR`, or whatever the peer sent. */
  readonly code: number
  /** The peer's own words; at most 200 characters. */
  readonly message: string
}

const MAX_MESSAGE_CHARS = 200

/** The error member of a reply: a conventional array, an object with code and message, a text, or nothing. */
export function readError(error: unknown): Sv1Error | null {
  if (error === null || error === undefined || error === false) return null
  if (typeof error === 'string') return fromText(error)
  if (Array.isArray(error)) {
    const parts: readonly unknown[] = error
    if (parts.length === 0) return null
    const text = typeof parts[1] === 'string' ? parts[1] : parts[0]
    return fromCodeAndText(parts[0], typeof text === 'string' ? text : '')
  }
  if (typeof error === 'object') {
    const code = 'code' in error ? error.code : undefined
    const message = 'message' in error ? error.message : undefined
    return fromCodeAndText(code, typeof message === 'string' ? message : '')
  }
  return { code: SV1_ERROR.other, message: String(error).slice(0, MAX_MESSAGE_CHARS) }
}

/** An error known only by its words; the code is derived from them where they are unmistakable. */
export function fromText(text: string): Sv1Error {
  return { code: codeOfText(text), message: text.slice(0, MAX_MESSAGE_CHARS) }
}

function fromCodeAndText(code: unknown, text: string): Sv1Error {
  const number = typeof code === 'string' && /^-?\d{1,6}$/.test(code) ? Number(code) : code
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return fromText(text)
  return { code: number, message: text.slice(0, MAX_MESSAGE_CHARS) }
}

function codeOfText(text: string): number {
  if (/duplicate/i.test(text)) return SV1_ERROR.duplicateShare
  if (/stale|job not found|unknown job|invalid job/i.test(text)) return SV1_ERROR.jobNotFound
  if (/low diff|above target|high.hash|low.difficulty/i.test(text)) return SV1_ERROR.lowDifficulty
  if (/unauthori[sz]ed|not authori[sz]ed/i.test(text)) return SV1_ERROR.unauthorized
  if (/not subscribed/i.test(text)) return SV1_ERROR.notSubscribed
  return SV1_ERROR.other
}
