/**
 * Check sums of the chips' serial protocols. CRC5: polynomial 05, starts at 1F, most significant bit first, nothing
 * reflected or inverted. CRC16: CCITT-FALSE, polynomial 1021, starts at FFFF. (asic-serial 2.3 and 2.4.)
 */

const CRC5_INIT = 0x1f
const CRC5_POLYNOMIAL = 0x05

/** Index: register (five bits, left-aligned in eight) exclusive-or the next byte. */
const CRC5_TABLE: Uint8Array = Uint8Array.from({ length: 256 }, (_, first) => {
  let register = first
  for (let bit = 0; bit < 8; bit++) {
    register = (register & 0x80) === 0 ? register << 1 : (register << 1) ^ (CRC5_POLYNOMIAL << 3)
    register &= 0xff
  }
  return register >> 3
})

const CRC16_TABLE: Uint16Array = Uint16Array.from({ length: 256 }, (_, first) => {
  let register = first << 8
  for (let bit = 0; bit < 8; bit++) {
    register = (register & 0x8000) === 0 ? register << 1 : (register << 1) ^ 0x1021
    register &= 0xffff
  }
  return register
})

/** CRC5 of `bytes[start..end)`, 0 to 1F. Over a whole reply without its preamble it is 0 if the reply is intact. */
export function crc5(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let register = CRC5_INIT
  for (let i = start; i < end; i++) register = CRC5_TABLE[(register << 3) ^ bytes[i]!]!
  return register
}

/** CRC5 of the first `bitCount` bits of `bytes`, the most significant bit of each byte first. */
export function crc5OfBits(bytes: Uint8Array, bitCount: number): number {
  let register = CRC5_INIT
  for (let i = 0; i < bitCount; i++) {
    const bit = (bytes[i >> 3]! >> (7 - (i & 7))) & 1
    const carry = (register >> 4) ^ bit
    register = ((register << 1) & 0x1f) ^ (carry === 0 ? 0 : CRC5_POLYNOMIAL)
  }
  return register
}

/**
 * A copy of a four-byte command with the CRC5 of its first 27 bits in the low five bits of its last byte
 * (BM1380, BM1382, BM1384). Whatever these five bits held is replaced.
 */
export function sealShortCommand(command: Uint8Array): Uint8Array {
  const sealed = command.slice(0, 4)
  sealed[3] = (sealed[3]! & 0xe0) | crc5OfBits(sealed, 27)
  return sealed
}

/** CRC16 of `bytes[start..end)`, 0 to FFFF. */
export function crc16(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let register = 0xffff
  for (let i = start; i < end; i++) {
    register = ((register << 8) & 0xffff) ^ CRC16_TABLE[(register >> 8) ^ bytes[i]!]!
  }
  return register
}
