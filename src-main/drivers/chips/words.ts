/** The two orders in which chips see 32-bit words, against header order (asic-serial 2.1). Each is its own inverse. */

/** Groups of four bytes in reverse order, bytes inside each group kept. A new array. */
export function reverseWords(bytes: Uint8Array): Uint8Array {
  const reversed = new Uint8Array(bytes.length)
  for (let i = 0; i < bytes.length; i += 4) reversed.set(bytes.subarray(i, i + 4), bytes.length - 4 - i)
  return reversed
}

/** Bytes inside each group of four reversed, order of groups kept. A new array. */
export function swapWords(bytes: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) swapped[i] = bytes[i ^ 3]!
  return swapped
}
