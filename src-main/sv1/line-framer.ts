/**
 * Cuts a stream of bytes into lines: LF ends a line, CR, NULs and blanks around it are dropped, empty lines
 * are skipped. Whole lines inside a chunk are handed out in place, without copying; only the unfinished rest
 * is kept. Not a JSON parser, and it does not decode text: see `decodeLine`.
 */
import { err, ok, type Result } from '../base/index.ts'
import { fatalFault, type LineFault } from './fault.ts'
import { isPadding } from './quirks.ts'

/** Line limit before a rig has authorised, bytes. */
export const MAX_LINE_BYTES_UNAUTHORIZED = 16 * 1024
/** Line limit of a session, bytes (SRI's, reference/stratum-v2.md 7.1). A job with 32 branches takes 5 KiB. */
export const MAX_LINE_BYTES = 64 * 1024

const LF = 10
const EMPTY = new Uint8Array(0)
/** First size of the buffer for an unfinished line. */
const FIRST_BUFFER_BYTES = 512

/** Receives one line: `bytes` from `start` to `end`, valid during the call only. Never empty. */
export type OnLine = (bytes: Uint8Array, start: number, end: number) => void

export class LineFramer {
  #maxLineBytes: number
  /** Unfinished line; its first `#length` bytes count. Empty while nothing waits, to cost no memory. */
  #rest: Uint8Array = EMPTY
  #length = 0
  #closed = false
  #fault: LineFault | null = null

  constructor(maxLineBytes: number = MAX_LINE_BYTES_UNAUTHORIZED) {
    this.#maxLineBytes = maxLineBytes
  }

  /** Longest line accepted from now on, bytes without the line end. */
  setMaxLineBytes(maxLineBytes: number): void {
    this.#maxLineBytes = maxLineBytes
  }

  /** Bytes of the unfinished line. */
  get pendingBytes(): number {
    return this.#length
  }

  /** Hands out no further line, not even from the chunk in progress. Call it when the owner ends the connection. */
  close(): void {
    this.#closed = true
    this.#rest = EMPTY
    this.#length = 0
  }

  /**
   * Takes the next chunk and calls `onLine` for each line that is complete.
   * @returns the fault if a line is longer than the limit; the framer is then closed and keeps answering it
   */
  push(chunk: Uint8Array, onLine: OnLine): LineFault | null {
    let start = 0
    while (!this.#closed) {
      const end = chunk.indexOf(LF, start)
      if (end < 0) break
      if (this.#length + end - start > this.#maxLineBytes) return this.#fail()
      if (this.#length === 0) emit(chunk, start, end, onLine)
      else {
        this.#keep(chunk, start, end)
        const line = this.#rest
        const length = this.#length
        this.#rest = EMPTY
        this.#length = 0
        emit(line, 0, length, onLine)
      }
      start = end + 1
    }
    if (this.#closed) return this.#fault
    if (this.#length + chunk.length - start > this.#maxLineBytes) return this.#fail()
    if (start < chunk.length) this.#keep(chunk, start, chunk.length)
    return null
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const needed = this.#length + end - start
    if (needed > this.#rest.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#rest.length, FIRST_BUFFER_BYTES))
      grown.set(this.#rest.subarray(0, this.#length))
      this.#rest = grown
    }
    this.#rest.set(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end), this.#length)
    this.#length = needed
  }

  #fail(): LineFault {
    this.#fault = fatalFault('line-too-long', `a line is longer than ${String(this.#maxLineBytes)} bytes`)
    this.close()
    return this.#fault
  }
}

function emit(bytes: Uint8Array, start: number, end: number, onLine: OnLine): void {
  let first = start
  let last = end
  while (first < last && isPadding(bytes[first] ?? 0)) first++
  while (last > first && isPadding(bytes[last - 1] ?? 0)) last--
  if (first < last) onLine(bytes, first, last)
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** Text of a line. UTF-8 (a byte order mark is dropped); anything else, Latin-1 included, is a fault. */
export function decodeLine(bytes: Uint8Array, start = 0, end = bytes.length): Result<string, LineFault> {
  try {
    return ok(strictUtf8.decode(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)))
  } catch {
    return err(fatalFault('not-utf8', 'a line is not valid UTF-8'))
  }
}
