/**
 * A key and its message counter, for one direction (Noise, "The CipherState object"). There is no rekey.
 *
 *   nonce = 4 zero bytes | counter U64 LE
 *
 * `encryptWithAd` and `decryptWithAd` serve the handshake; frames are sealed whole (aead.ts), with nonces
 * taken here. Pure but for the counter.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { HeadframeError } from '../../base/index.ts'

/** Bytes. */
export const KEY_LENGTH = 32
/** Bytes an AEAD block is longer than its plaintext. */
export const TAG_LENGTH = 16

/**
 * The counter is kept below 2^53, where a number is exact, and thus far below the reserved 2^64-1: a
 * million frames a second reach it in a century.
 */
const MAX_COUNTER = Number.MAX_SAFE_INTEGER

export class CipherState {
  /** 32 bytes; never changed after construction. */
  readonly key: Uint8Array
  #counter: number

  /** @param counter of the next message */
  constructor(key: Uint8Array, counter = 0) {
    if (key.length !== KEY_LENGTH) throw new RangeError(`a key has ${KEY_LENGTH} bytes, not ${key.length}`)
    this.key = key.slice()
    this.#counter = counter
  }

  /** Counter of the next message. */
  get counter(): number {
    return this.#counter
  }

  /**
   * Takes the counters of the next `count` messages and returns the first.
   * @throws HeadframeError `noise/nonces-exhausted`; only a new connection helps
   */
  take(count: number): number {
    const first = this.#counter
    if (first + count > MAX_COUNTER) {
      throw new HeadframeError(
        'noise/nonces-exhausted',
        'This encrypted connection has carried all the messages its key allows. Connect again.',
      )
    }
    this.#counter = first + count
    return first
  }

  /** Seals one message: `plain.length + 16` bytes. */
  encryptWithAd(ad: Uint8Array, plain: Uint8Array): Uint8Array {
    return chacha20poly1305(this.key, nonceOf(this.take(1)), ad).encrypt(plain)
  }

  /**
   * Opens one message, or answers undefined if it is not authentic. A failure does not advance the
   * counter; whoever sees it ends the session.
   */
  decryptWithAd(ad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const plain = openAead(this.key, this.#counter, ad, sealed)
    if (plain !== undefined) this.take(1)
    return plain
  }
}

/** 12 bytes. */
export function nonceOf(counter: number): Uint8Array {
  const nonce = new Uint8Array(12)
  const view = new DataView(nonce.buffer)
  view.setUint32(4, counter >>> 0, true)
  view.setUint32(8, Math.floor(counter / 2 ** 32), true)
  return nonce
}

/** Plain bytes of one AEAD block, or undefined if it is too short or not authentic. */
export function openAead(
  key: Uint8Array,
  counter: number,
  ad: Uint8Array | undefined,
  sealed: Uint8Array,
): Uint8Array | undefined {
  try {
    return chacha20poly1305(key, nonceOf(counter), ad).decrypt(sealed)
  } catch {
    return undefined
  }
}
