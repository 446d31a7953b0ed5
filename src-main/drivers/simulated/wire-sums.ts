/**
 * Check sums as virtual chips compute them, bit by bit (asic-serial 2.3 and 2.4). Written apart from the drivers' own,
 * so that a mistake there meets somebody who does not share it.
 */

const CRC5_START = 0x1f

/** Feeds the top `count` bits of a byte. */
function feed(register: number, byte: number, count = 8): number {
  let r = register
  for (let bit = 7; bit > 7 - count; bit--) {
    const flip = ((r >> 4) ^ (byte >> bit)) & 1
    r = ((r << 1) ^ (flip ? 0x05 : 0)) & 0x1f
  }
  return r
}

/** Of whole bytes. */
export function commandSum(bytes: Uint8Array): number {
  return bytes.reduce((register, byte) => feed(register, byte), CRC5_START)
}

/** Of the first 27 bits of a four-byte command. */
export function shortCommandSum(bytes: Uint8Array): number {
  return feed(commandSum(bytes.subarray(0, 3)), bytes[3]!, 3)
}

/**
 * The last byte of a reply: its type in the upper three bits, and below the sum over everything before.
 * @param type 0 register, 4 nonce
 */
export function replyEnd(payload: Uint8Array, type: number): number {
  const top = (type << 5) & 0xe0
  return top | feed(commandSum(payload), top, 3)
}

/** CCITT-FALSE. */
export function jobSum(bytes: Uint8Array): number {
  let register = 0xffff
  for (const byte of bytes) {
    register ^= byte << 8
    for (let bit = 0; bit < 8; bit++) {
      register = (register & 0x8000 ? (register << 1) ^ 0x1021 : register << 1) & 0xffff
    }
  }
  return register
}
