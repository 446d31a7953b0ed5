/**
 * md5crypt, the `$1$` password hash of Unix systems, which some rigs use to sign commands. Node's crypto does not have it.
 * For talking to such rigs only; it protects nothing by today's measure.
 */
import { createHash } from 'node:crypto'

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Which bytes of the digest make up each group of four characters, most significant first. */
const GROUPS = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const
const ROUNDS = 1000

/**
 * The hash part alone, 22 characters: what follows the last `$` of `$1$salt$hash`.
 * @param password any text, hashed as UTF-8
 * @param salt at most its first 8 characters count
 */
export function md5crypt(password: string, salt: string): string {
  const key = Buffer.from(password, 'utf8')
  const grain = Buffer.from(salt.slice(0, 8), 'utf8')
  const inner = md5(key, grain, key)
  const outer: Uint8Array[] = [key, Buffer.from('$1$'), grain]
  for (let left = key.length; left > 0; left -= 16) outer.push(inner.subarray(0, Math.min(16, left)))
  for (let bits = key.length; bits > 0; bits >>= 1)
    outer.push((bits & 1) === 1 ? Uint8Array.of(0) : key.subarray(0, 1))
  let digest = md5(...outer)
  for (let round = 0; round < ROUNDS; round++) {
    const odd = (round & 1) === 1
    const parts: Uint8Array[] = [odd ? key : digest]
    if (round % 3 !== 0) parts.push(grain)
    if (round % 7 !== 0) parts.push(key)
    parts.push(odd ? digest : key)
    digest = md5(...parts)
  }
  let text = ''
  for (const [high, middle, low] of GROUPS) {
    text += characters(((digest[high] ?? 0) << 16) | ((digest[middle] ?? 0) << 8) | (digest[low] ?? 0), 4)
  }
  return text + characters(digest[11] ?? 0, 2)
}

/** Six bits each, least significant first. */
function characters(bits: number, count: number): string {
  let text = ''
  for (let i = 0; i < count; i++) text += ALPHABET.charAt((bits >> (6 * i)) & 63)
  return text
}

function md5(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
