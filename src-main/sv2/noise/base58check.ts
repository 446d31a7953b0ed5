/**
 * Base58check: a payload and the first four bytes of its double SHA256, in Bitcoin's base58 alphabet.
 * Only for short keys: the conversion is quadratic in the length, so longer texts are refused. Pure.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes, err, ok, type Result } from '../../base/index.ts'

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const CHECKSUM_LENGTH = 4
/** Characters; room for 90 bytes, more than any key. */
const MAX_TEXT_LENGTH = 128

export type Base58CheckFault =
  /** A character outside the alphabet, at `index`. */
  | { readonly kind: 'character'; readonly character: string; readonly index: number }
  /** Too short to hold a checksum, or longer than any key. */
  | { readonly kind: 'length' }
  | { readonly kind: 'checksum' }

/** Text of `payload` followed by its checksum. */
export function encodeBase58Check(payload: Uint8Array): string {
  const bytes = concatBytes(payload, checksum(payload))
  let value = 0n
  for (const byte of bytes) value = value * 256n + BigInt(byte)
  let text = ''
  for (; value > 0n; value /= 58n) text = ALPHABET.charAt(Number(value % 58n)) + text
  for (let i = 0; i < bytes.length && bytes[i] === 0; i++) text = `1${text}`
  return text
}

/** Payload of `text` without its checksum, or what is wrong with it. */
export function decodeBase58Check(text: string): Result<Uint8Array, Base58CheckFault> {
  if (text.length > MAX_TEXT_LENGTH) return err({ kind: 'length' })
  let value = 0n
  let leadingZeros = 0
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    const digit = ALPHABET.indexOf(character)
    if (digit < 0) return err({ kind: 'character', character, index })
    if (digit === 0 && leadingZeros === index) leadingZeros++
    value = value * 58n + BigInt(digit)
  }
  const reversed: number[] = []
  for (; value > 0n; value /= 256n) reversed.push(Number(value % 256n))
  const bytes = new Uint8Array(leadingZeros + reversed.length)
  bytes.set(reversed.reverse(), leadingZeros)
  if (bytes.length < CHECKSUM_LENGTH) return err({ kind: 'length' })
  const payload = bytes.slice(0, -CHECKSUM_LENGTH)
  if (!equalBytes(checksum(payload), bytes.subarray(-CHECKSUM_LENGTH))) return err({ kind: 'checksum' })
  return ok(payload)
}

function checksum(payload: Uint8Array): Uint8Array {
  return sha256(sha256(payload)).subarray(0, CHECKSUM_LENGTH)
}
