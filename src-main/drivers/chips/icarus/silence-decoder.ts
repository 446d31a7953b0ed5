/**
 * Cuts replies that have neither preamble nor check sum: 4, 5 or 8 bytes between two silences. A count that does not fit
 * is all this protocol can tell of a damaged reply; a flipped bit shows only when the header is hashed. (Serial ASIC
 * digest 3.3.)
 *
 * Bytes are taken for replies as soon as what came since the last silence is a whole number of them, so that a host that
 * was busy may read several at once. Whatever does not come out even by the next silence is thrown away, all of it: where
 * the lost or added byte was, nobody knows.
 */
import { type ChipReply, type NonceReply, type ReplyDecoder } from '../../model/chip.ts'

/** More than this without silence is no reply but noise. */
const MOST_PENDING = 1024

/** Lengths of replies: plain Icarus and Block Erupter, AntMiner U1 and U2, Rockminer. */
export type IcarusReplyLength = 4 | 5 | 8

export class SilenceDecoder implements ReplyDecoder {
  #length: number
  readonly #pending = new Uint8Array(MOST_PENDING)
  #count = 0
  /** Too much came: everything until the next silence is lost. */
  #lost = false
  #skippedBytes = 0
  #badFrames = 0

  constructor(length: IcarusReplyLength) {
    this.#length = length
  }

  get skippedBytes(): number {
    return this.#skippedBytes
  }

  /** Bursts whose length was no whole number of replies. */
  get badFrames(): number {
    return this.#badFrames
  }

  push(bytes: Uint8Array): readonly ChipReply[] {
    if (this.#lost || this.#count + bytes.length > MOST_PENDING) {
      this.#skippedBytes += this.#count + bytes.length
      this.#count = 0
      if (!this.#lost) this.#badFrames++
      this.#lost = true
      return []
    }
    this.#pending.set(bytes, this.#count)
    this.#count += bytes.length
    if (this.#count === 0 || this.#count % this.#length !== 0) return []
    const replies: ChipReply[] = []
    for (let at = 0; at < this.#count; at += this.#length) {
      replies.push(readNonce(this.#pending.slice(at, at + this.#length)))
    }
    this.#count = 0
    return replies
  }

  quiet(): void {
    if (this.#count > 0) {
      this.#skippedBytes += this.#count
      this.#badFrames++
    }
    this.#count = 0
    this.#lost = false
  }

  /** These families keep one length for good; `either` means nothing here. */
  setReplyLength(length: number | 'either'): void {
    if (length === 4 || length === 5 || length === 8) this.#length = length
  }
}

function readNonce(raw: Uint8Array): NonceReply {
  const nonce = new DataView(raw.buffer, raw.byteOffset, 4).getUint32(0, true)
  return { kind: 'nonce', nonce, raw, idByte: raw[4] ?? 0, rolledBits: 0 }
}

/** What a Rockminer board says beside the nonce. */
export interface RockminerReply {
  readonly command: number
  readonly status: number
  readonly chip: number
  readonly product: 'r-box' | 't1' | 'unknown'
  /** 0 or 1: which of the two works it belongs to. */
  readonly task: number
  /** As sent; its unit is not documented. */
  readonly temperature: number
}

/** @param raw the 8 bytes of a reply; null if they are not 8 */
export function parseRockminerReply(raw: Uint8Array): RockminerReply | null {
  const [code, chip, task, temperature] = raw.subarray(4)
  if (raw.length !== 8 || code === undefined || chip === undefined) return null
  if (task === undefined || temperature === undefined) return null
  const product = chip >> 6
  return {
    command: code & 0x0f,
    status: code >> 4,
    chip: chip & 0x3f,
    product: product === 0 ? 'r-box' : product === 1 ? 't1' : 'unknown',
    task: task & 1,
    temperature,
  }
}
