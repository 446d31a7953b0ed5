/**
 * The fast path of `mining.submit`: reads a share straight from the bytes of a line, without garbage
 * (reference/performance.md section 4: it saves 1.4 to 2.5 us a share). It recognises the plain form that
 * firmware sends, with keys in any order and blanks anywhere. Everything else (escapes, other ids, params of
 * other types, quirks) it leaves to `parseRigLine`: where it answers true, both give the same share, which a
 * property test holds it to.
 */

const MAX_TEXT_CHARS = 256
const MAX_EXTRANONCE2_BYTES = 32

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c

/** Value of a hex digit by its byte; -1 for other bytes. */
const HEX_VALUE = new Int8Array(256).fill(-1)
for (let digit = 0; digit < 16; digit++) {
  HEX_VALUE[digit.toString(16).charCodeAt(0)] = digit
  HEX_VALUE[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
const KEY_ID = ascii('id')
const KEY_METHOD = ascii('method')
const KEY_PARAMS = ascii('params')
const KEY_JSONRPC = ascii('jsonrpc')
const SUBMIT = ascii('mining.submit')

/** One share as scanned. Reuse one object; its values belong to the line until the next scan. */
export class SubmitScan {
  #bytes: Uint8Array = new Uint8Array(0)
  #idStart = 0
  #idEnd = 0
  #userStart = 0
  #userEnd = 0
  #jobIdStart = 0
  #jobIdEnd = 0

  /** The job id as our own job number, or -1 if we would not have written it so (see `formatJobNumber`). */
  jobNumber = -1
  /** The first `extranonce2Length` bytes are the share's extranonce2. */
  readonly extranonce2 = new Uint8Array(MAX_EXTRANONCE2_BYTES)
  /** By length: a view made for each share would cost more than reading it. */
  readonly #extranonce2Views = Array.from({ length: MAX_EXTRANONCE2_BYTES + 1 }, (_, length) =>
    this.extranonce2.subarray(0, length),
  )
  extranonce2Length = 0
  /** Unix seconds. */
  ntime = 0
  nonce = 0
  /** Rolled bits, or -1 when the rig sent none. */
  versionBits = -1

  /** JSON text of the id, to be echoed. */
  get id(): string {
    return asciiText(this.#bytes, this.#idStart, this.#idEnd)
  }

  /** The share's extranonce2 alone; the same array is filled again by the next scan. */
  get extranonce2Bytes(): Uint8Array {
    return this.#extranonce2Views[this.extranonce2Length]!
  }

  get user(): string {
    return asciiText(this.#bytes, this.#userStart, this.#userEnd)
  }

  get jobId(): string {
    return asciiText(this.#bytes, this.#jobIdStart, this.#jobIdEnd)
  }

  /** Whether the user name consists of exactly these ASCII bytes; makes no text. */
  userIs(expected: Uint8Array): boolean {
    return equalsAt(this.#bytes, this.#userStart, this.#userEnd, expected)
  }

  /**
   * Reads the line in `bytes` from `start` to `end` (no line end, no padding).
   * @returns false if the line is not a plain `mining.submit`: parse it the long way; the values are then void
   */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes
    let seenId = false
    let seenMethod = false
    let seenParams = false
    let seenJsonrpc = false
    let at = start
    if (bytes[at] !== 0x7b) return false
    at = skipBlanks(bytes, at + 1, end)
    for (;;) {
      const key = at + 1
      const keyEnd = stringEnd(bytes, at, end)
      if (keyEnd < 0) return false
      at = skipBlanks(bytes, keyEnd + 1, end)
      if (at >= end || bytes[at] !== COLON) return false
      at = skipBlanks(bytes, at + 1, end)
      if (!seenId && equalsAt(bytes, key, keyEnd, KEY_ID)) {
        seenId = true
        this.#idStart = at
        at = this.#idEnd = idEnd(bytes, at, end)
      } else if (!seenMethod && equalsAt(bytes, key, keyEnd, KEY_METHOD)) {
        seenMethod = true
        const valueEnd = stringEnd(bytes, at, end)
        if (valueEnd < 0 || !equalsAt(bytes, at + 1, valueEnd, SUBMIT)) return false
        at = valueEnd + 1
      } else if (!seenParams && equalsAt(bytes, key, keyEnd, KEY_PARAMS)) {
        seenParams = true
        at = this.#scanParams(bytes, at, end)
      } else if (!seenJsonrpc && equalsAt(bytes, key, keyEnd, KEY_JSONRPC)) {
        seenJsonrpc = true
        at = stringEnd(bytes, at, end) + 1
      } else return false
      if (at <= 0) return false
      at = skipBlanks(bytes, at, end)
      if (at >= end) return false
      if (bytes[at] === 0x7d) return seenId && seenMethod && seenParams && at + 1 === end
      if (bytes[at] !== COMMA) return false
      at = skipBlanks(bytes, at + 1, end)
    }
  }

  /** @returns the index after the closing bracket, or -1 */
  #scanParams(bytes: Uint8Array, start: number, end: number): number {
    if (start >= end || bytes[start] !== 0x5b) return -1
    let at = start + 1
    this.versionBits = -1
    for (let index = 0; index < 6; index++) {
      at = skipBlanks(bytes, at, end)
      const from = at + 1
      const to = stringEnd(bytes, at, end)
      if (to < 0 || !this.#take(index, bytes, from, to)) return -1
      at = skipBlanks(bytes, to + 1, end)
      if (at >= end) return -1
      if (bytes[at] === 0x5d) return index >= 4 ? at + 1 : -1
      if (bytes[at] !== COMMA) return -1
      at++
    }
    return -1
  }

  /** Takes param number `index` from its text. */
  #take(index: number, bytes: Uint8Array, from: number, to: number): boolean {
    switch (index) {
      case 0:
        this.#userStart = from
        this.#userEnd = to
        return to - from <= MAX_TEXT_CHARS
      case 1:
        this.#jobIdStart = from
        this.#jobIdEnd = to
        this.jobNumber = jobNumberAt(bytes, from, to)
        return to - from <= MAX_TEXT_CHARS
      case 2:
        return this.#takeExtranonce2(bytes, from, to)
      case 3:
        this.ntime = hexAt(bytes, from, to)
        return this.ntime >= 0
      case 4:
        this.nonce = hexAt(bytes, from, to)
        return this.nonce >= 0
      default:
        this.versionBits = hexAt(bytes, from, to)
        return this.versionBits >= 0
    }
  }

  #takeExtranonce2(bytes: Uint8Array, from: number, to: number): boolean {
    const length = (to - from) / 2
    if (length > MAX_EXTRANONCE2_BYTES || !Number.isInteger(length)) return false
    for (let i = 0; i < length; i++) {
      const high = HEX_VALUE[bytes[from + 2 * i]!]!
      const low = HEX_VALUE[bytes[from + 2 * i + 1]!]!
      if (high < 0 || low < 0) return false
      this.extranonce2[i] = high * 16 + low
    }
    this.extranonce2Length = length
    return true
  }
}

function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x09)) at++
  return at
}

/** Index of the quote that closes the string opening at `start`; -1 unless it is plain printable ASCII. */
function stringEnd(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end || bytes[start] !== QUOTE) return -1
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) return at
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return -1
  }
  return -1
}

/** Index after an id: digits without a leading zero (up to 15), a plain string (up to 128), or null. -1 otherwise. */
function idEnd(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return -1
  if (bytes[start] === QUOTE) {
    const close = stringEnd(bytes, start, end)
    return close - start > 129 ? -1 : close + 1
  }
  if (bytes[start] === 0x6e) {
    return end - start >= 4 &&
      bytes[start + 1] === 0x75 &&
      bytes[start + 2] === 0x6c &&
      bytes[start + 3] === 0x6c
      ? start + 4
      : -1
  }
  let at = start
  while (at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++
  const digits = at - start
  return digits === 0 || digits > 15 || (digits > 1 && bytes[start] === 0x30) ? -1 : at
}

function equalsAt(bytes: Uint8Array, from: number, to: number, expected: Uint8Array): boolean {
  if (to - from !== expected.length) return false
  for (let i = 0; i < expected.length; i++) if (bytes[from + i] !== expected[i]) return false
  return true
}

/** Number of 1 to 8 hex digits of any case; -1 otherwise. */
function hexAt(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > 8) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = HEX_VALUE[bytes[at]!]!
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

/** Shortest lower-case hex of at most 8 digits; -1 for anything else. */
function jobNumberAt(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > 1 && bytes[from] === 0x30) return -1
  for (let at = from; at < to; at++) if (bytes[at]! >= 0x41 && bytes[at]! <= 0x5a) return -1
  return hexAt(bytes, from, to)
}

function asciiText(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at]!)
  return text
}
