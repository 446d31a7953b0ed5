/**
 * The cgminer kind of exchange: one request, one answer, and the rig closes. The answer ends at the first NUL, at the end
 * of the connection, or where its JSON is complete, for some firmware neither sends the one nor does the other.
 * Governing document: rig API digest, section 2.1.
 */
import { joinBytes } from '../../base/index.ts'
import { type Collector, exchange, type ExchangeOptions, type Progress } from './exchange.ts'

const NUL = 0x00
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING = new Set([0x7b, 0x5b])
const CLOSING = new Set([0x7d, 0x5d])
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d])
const NEWLINE = 0x0a

/** Collects an answer and sees where its brackets balance. */
export class RpcCollector implements Collector {
  readonly #pieces: Uint8Array[] = []
  #depth = 0
  #opened = false
  #inString = false
  #escaped = false
  #last = 0

  take(piece: Uint8Array): Progress {
    const nul = piece.indexOf(NUL)
    if (nul >= 0) {
      this.#pieces.push(piece.subarray(0, nul))
      return 'done'
    }
    this.#pieces.push(piece)
    let balanced = false
    for (const byte of piece) {
      this.#see(byte)
      if (!BLANK.has(byte)) balanced = this.#opened && this.#depth <= 0 && !this.#inString
    }
    this.#last = piece.at(-1) ?? this.#last
    if (!balanced) return 'more'
    return this.#last === NEWLINE ? 'done' : 'enough'
  }

  result(): Uint8Array | null {
    const bytes = joinBytes(this.#pieces)
    // Nothing at all is no answer; half of one is for the reader to judge, firmware cuts long ones itself.
    return bytes.length === 0 ? null : bytes
  }

  #see(byte: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false
      else if (byte === BACKSLASH) this.#escaped = true
      else if (byte === QUOTE) this.#inString = false
    } else if (byte === QUOTE) this.#inString = this.#opened
    else if (OPENING.has(byte)) {
      this.#opened = true
      this.#depth++
    } else if (CLOSING.has(byte)) this.#depth--
  }
}

/**
 * @param request sent as it is, with a newline after it
 * @returns the answer without its NUL
 * @throws HeadframeError `rig/…`
 */
export function rpcExchange(
  options: Omit<ExchangeOptions, 'payload' | 'collector'>,
  request: string,
): Promise<Uint8Array> {
  return exchange({
    ...options,
    payload: new TextEncoder().encode(request.endsWith('\n') ? request : `${request}\n`),
    collector: new RpcCollector(),
  })
}

/** What a request asks for, without its arguments, which may be passwords: `summary` of `{"command":"summary"}`. */
export function rpcLabel(request: string): string {
  const json = /"(?:command|cmd)"\s*:\s*"([^"]*)"/.exec(request)?.[1]
  if (json !== undefined) return json
  const text = request.trimStart()
  return text.startsWith('{') ? 'encrypted' : (/^[^|,\s]*/.exec(text)?.[0] ?? '')
}
