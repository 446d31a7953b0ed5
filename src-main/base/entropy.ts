/** Randomness as an argument, so that handshakes and backoff can be replayed in tests. */

/** Returns `length` unpredictable bytes. */
export type Entropy = (length: number) => Uint8Array

export const systemEntropy: Entropy = (length) => globalThis.crypto.getRandomValues(new Uint8Array(length))

/** A number in [0, 1) from four bytes of `entropy`. */
export function randomRatio(entropy: Entropy): number {
  const bytes = entropy(4)
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32
}
