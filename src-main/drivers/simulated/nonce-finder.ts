/**
 * Who hashes for virtual chips. Injected, because the fast way belongs to the checker, which drivers do not import;
 * without one, `plainFinder` does it slowly.
 */
import { hashTail, leadingZeroBits } from './sha256.ts'

/** A header without its nonce, as chips see it. */
export interface HashableHeader {
  /** SHA-256 state after the first 64 bytes, 8 words. */
  readonly midstate: Uint32Array
  /** Bytes 64 to 75. */
  readonly tail: Uint8Array
}

export interface NonceFinder {
  /**
   * Really hashes, without a pause: callers ask for some thousands at a time.
   * @param firstNonce as the header's number (little endian in its bytes), 0 to 2^32 - 1
   * @param zeroBits 0 to 255
   * @returns ascending: all nonces of the range whose hash has at least so many leading zero bits
   */
  find(header: HashableHeader, firstNonce: number, count: number, zeroBits: number): readonly number[]
}

/** About 300,000 hashes a second: for tests, and where WebAssembly is not to be had. */
export const plainFinder: NonceFinder = {
  find({ midstate, tail }, firstNonce, count, zeroBits) {
    const found: number[] = []
    for (let nonce = firstNonce; nonce < firstNonce + count; nonce++) {
      if (leadingZeroBits(hashTail(midstate, tail, nonce)) >= zeroBits) found.push(nonce)
    }
    return found
  },
}
