/**
 * What messages of a WebSocket mean to the sessions above, which see a stream of bytes. Two private bindings, no
 * standard (the Stratum V2 specification knows no WebSocket): `sv2-noise.v1` carries the bytes of Noise and SV2 in
 * binary messages whose borders mean nothing; `stratum1-json.v1` carries one JSON object per text message, which above
 * is a line that ends in `\n`. Pure.
 */
import { err, ok, type Result } from '../base/index.ts'

export type Subprotocol = 'sv2-noise.v1' | 'stratum1-json.v1'

export const SUBPROTOCOLS: readonly Subprotocol[] = ['sv2-noise.v1', 'stratum1-json.v1']

/** The longest Noise message is 65,535 bytes; with its frame header of 22 encrypted bytes it fits into one of ours. */
export const MAX_MESSAGE_BYTES = 64 * 1024 + 22

/** What a peer did wrong with a message, and how the connection is closed for it. */
export interface MessageFault {
  readonly cause: 'data-type' | 'protocol'
  /** For the peer and the log. */
  readonly text: string
}

export interface MessageCodec {
  /** Whether messages are binary; the others are text. */
  readonly binary: boolean
  /** What the session is to receive for one message of the peer. */
  decode(message: Buffer, isBinary: boolean): Result<Uint8Array, MessageFault>
  /** The messages for what a session wrote: `parts`, then `text` (Latin-1). */
  encode(text: string, parts: readonly (string | Uint8Array)[] | null): readonly Uint8Array[]
}

export function isSubprotocol(text: string): text is Subprotocol {
  return (SUBPROTOCOLS as readonly string[]).includes(text)
}

/** A codec for one connection: it may hold a part of a line. */
export function createMessageCodec(subprotocol: Subprotocol): MessageCodec {
  return subprotocol === 'sv2-noise.v1' ? new NoiseCodec() : new JsonCodec()
}

class NoiseCodec implements MessageCodec {
  readonly binary = true

  decode(message: Buffer, isBinary: boolean): Result<Uint8Array, MessageFault> {
    if (isBinary) return ok(message)
    return err({ cause: 'data-type', text: 'sv2-noise.v1 takes binary messages only' })
  }

  encode(text: string, parts: readonly (string | Uint8Array)[] | null): readonly Uint8Array[] {
    const bytes = joined(text, parts)
    if (bytes.length <= MAX_MESSAGE_BYTES) return [bytes]
    const messages: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += MAX_MESSAGE_BYTES) {
      messages.push(bytes.subarray(at, at + MAX_MESSAGE_BYTES))
    }
    return messages
  }
}

const [TAB, LF, CR, SPACE, OPEN_BRACKET, OPEN_BRACE] = [0x09, 0x0a, 0x0d, 0x20, 0x5b, 0x7b]

class JsonCodec implements MessageCodec {
  readonly binary = false
  /** What was written of a line that has no end yet. */
  #begun: Buffer | null = null

  decode(message: Buffer, isBinary: boolean): Result<Uint8Array, MessageFault> {
    if (isBinary) return err({ cause: 'data-type', text: 'stratum1-json.v1 takes text messages only' })
    let first = 0
    while (isSpace(message[first])) first++
    if (message[first] === OPEN_BRACKET) {
      return err({ cause: 'protocol', text: 'batches are not taken: send one JSON object per message' })
    }
    if (message[first] !== OPEN_BRACE) {
      return err({ cause: 'protocol', text: 'a message is one JSON object' })
    }
    let end = message.length
    while (isSpace(message[end - 1])) end--
    const line = Buffer.allocUnsafe(end - first + 1)
    message.copy(line, 0, first, end)
    line[end - first] = LF
    // JSON has line breaks only between its parts, where a space does as well; a line has none.
    for (let at = line.indexOf(LF); at < line.length - 1; at = line.indexOf(LF, at + 1)) line[at] = SPACE
    return ok(line)
  }

  encode(text: string, parts: readonly (string | Uint8Array)[] | null): readonly Uint8Array[] {
    const written = joined(text, parts)
    const bytes = this.#begun === null ? written : Buffer.concat([this.#begun, written])
    const messages: Buffer[] = []
    let start = 0
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      const last = end > start && bytes[end - 1] === CR ? end - 1 : end
      if (last > start) messages.push(bytes.subarray(start, last))
      start = end + 1
    }
    this.#begun = start < bytes.length ? bytes.subarray(start) : null
    return messages
  }
}

function joined(text: string, parts: readonly (string | Uint8Array)[] | null): Buffer {
  if (parts === null) return Buffer.from(text, 'latin1')
  const buffers = parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))
  if (text !== '') buffers.push(Buffer.from(text, 'latin1'))
  return Buffer.concat(buffers)
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB
}
