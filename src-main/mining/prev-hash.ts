/** The previous hash in the order of `mining.notify`, and back. Bytes only; its hex belongs to `sv1`. */

/**
 * Reverses the bytes of each 4-byte word: header order to the order of SV1's prevhash and back, the swap
 * being its own inverse (reference 7.3, field 1).
 * @returns a new array
 * @throws RangeError if the length is no multiple of 4; a previous hash has 32 bytes.
 */
export function swapPrevHashWords(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 !== 0) throw new RangeError('words have 4 bytes each')
  const swapped = new Uint8Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) swapped[i] = bytes[i ^ 3]!
  return swapped
}
