/**
 * Double SHA-256, the plain one: for templates, tests and whatever is hashed a few times a second.
 * Not for the share path; that is the checker's kernel.
 */
import { sha256 } from '@noble/hashes/sha2.js'

/** SHA256(SHA256(bytes)): 32 bytes in the order of the header and the wire. */
export function sha256d(bytes: Uint8Array): Uint8Array {
  return sha256(sha256(bytes))
}
