/**
 * Cuts what BM13xx chips say into replies: AA 55, payload, one byte with type and CRC5; 9 or 11 bytes, and nothing
 * in the frame tells which (asic-serial 5.2). Five bits of check sum let one damaged frame in 32 pass: the decoder
 * also asks for a known type, and looks at what follows a frame that has a preamble inside it. Who uses nonces
 * hashes them anyway.
 */
import { type ChipReply, type ReplyDecoder } from '../model/chip.ts'
import { crc5 } from './crc.ts'

const PREAMBLE_0 = 0xaa
const PREAMBLE_1 = 0x55
/** Bits 7 to 5 of the last byte. */
const TYPE_REGISTER = 0x00
const TYPE_NONCE = 0x80

type ReplyLength = 9 | 11
/** more: cannot be told before more bytes came. none: no frame begins here. */
type Finding = ReplyLength | 'more' | 'none'

/**
 * A decoder for BM1362, BM1366, BM1368, BM1370 and BM1397.
 *
 * @param replyLength 9 for BM1397 and for chips whose version rolling is not enabled yet, 11 after that, or 'either'.
 *   Where bytes allow two readings it waits for what follows; `quiet` ends that wait, and what it settles comes with
 *   the next `push`, which may be an empty one.
 */
export function createReplyDecoder(replyLength: ReplyLength | 'either'): ReplyDecoder {
  let length: number | 'either' = replyLength
  let buffered = new Uint8Array(0)
  let settled: ChipReply[] = []
  let skippedBytes = 0
  let badFrames = 0

  function take(replies: ChipReply[], lineIsQuiet: boolean): void {
    let at = 0
    for (;;) {
      const start = findPreamble(buffered, at)
      skippedBytes += start - at
      at = start
      const finding =
        length === 'either'
          ? findEither(buffered, at, lineIsQuiet)
          : findFrame(buffered, at, length === 9 ? 9 : 11, lineIsQuiet)
      if (finding === 'more') break
      if (finding === 'none') {
        badFrames++
        skippedBytes++
        at++
        continue
      }
      replies.push(parseReply(buffered.slice(at, at + finding)))
      at += finding
    }
    buffered = buffered.slice(at)
  }

  return {
    push(bytes) {
      const replies = settled
      settled = []
      const joined = new Uint8Array(buffered.length + bytes.length)
      joined.set(buffered)
      joined.set(bytes, buffered.length)
      buffered = joined
      take(replies, false)
      return replies
    },
    quiet() {
      take(settled, true)
    },
    get skippedBytes() {
      return skippedBytes
    },
    get badFrames() {
      return badFrames
    },
    setReplyLength(next) {
      length = next
    },
  }
}

/** Where the next preamble begins; a lone AA at the end may be one, so it is kept. */
function findPreamble(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] !== PREAMBLE_0) continue
    if (at + 1 === bytes.length || bytes[at + 1] === PREAMBLE_1) return at
  }
  return bytes.length
}

function findFrame(bytes: Uint8Array, at: number, length: ReplyLength, lineIsQuiet: boolean): Finding {
  const end = at + length
  if (bytes.length < end) return 'more'
  if (!isIntact(bytes, at, end)) return 'none'
  if (!hasPreambleInside(bytes, at, end)) return length
  // Either a reply that happens to contain AA 55, or the beginning of a lost one and the head of its follower. After
  // a reply there is a preamble or silence.
  const following = bytes.length - end
  if (following === 0) return lineIsQuiet ? length : 'more'
  if (bytes[end] !== PREAMBLE_0) return 'none'
  if (following === 1) return lineIsQuiet ? length : 'more'
  return bytes[end + 1] === PREAMBLE_1 ? length : 'none'
}

function findEither(bytes: Uint8Array, at: number, lineIsQuiet: boolean): Finding {
  if (bytes.length < at + 9) return 'more'
  const short = isIntact(bytes, at, at + 9)
  if (bytes.length < at + 11) return short && lineIsQuiet ? 9 : 'more'
  const long = findFrame(bytes, at, 11, lineIsQuiet)
  if (long !== 'none') return long
  return short ? findFrame(bytes, at, 9, lineIsQuiet) : 'none'
}

function isIntact(bytes: Uint8Array, at: number, end: number): boolean {
  const type = bytes[end - 1]! & 0xe0
  return (type === TYPE_REGISTER || type === TYPE_NONCE) && crc5(bytes, at + 2, end) === 0
}

function hasPreambleInside(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at + 2; i + 1 < end; i++) {
    if (bytes[i] === PREAMBLE_0 && bytes[i + 1] === PREAMBLE_1) return true
  }
  return false
}

/** @param raw an intact frame of 9 or 11 bytes, which the reply keeps */
function parseReply(raw: Uint8Array): ChipReply {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length)
  if ((raw[raw.length - 1]! & 0xe0) === TYPE_REGISTER) {
    return { kind: 'register', address: raw[6]!, register: raw[7]!, value: view.getUint32(2), raw }
  }
  return {
    kind: 'nonce',
    nonce: view.getUint32(2, true),
    raw,
    idByte: raw[7]!,
    rolledBits: raw.length === 11 ? view.getUint16(8) << 13 : 0,
  }
}
