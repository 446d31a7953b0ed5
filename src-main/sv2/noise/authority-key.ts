/**
 * Authority keys: who a pool is. Their text form, as pools publish it and people paste it, and new pairs
 * for our own SV2 side. Pure (Protocol Security, "URL Scheme and Pool Authority Key").
 *
 *   public  base58check( 01 00 | x-only key 32 )   51 characters, begins with 9
 *   secret  base58check( scalar 32 )               as the reference implementation writes it, no version
 */
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js'
import { concatBytes, type Entropy, err, HeadframeError, ok, type Result } from '../../base/index.ts'
import { type Base58CheckFault, decodeBase58Check, encodeBase58Check } from './base58check.ts'
import { randomSecretKey } from './ellswift.ts'

export type AuthorityKeyErrorCode =
  | 'authority-key/missing'
  | 'authority-key/bad-character'
  | 'authority-key/bad-checksum'
  | 'authority-key/bad-version'
  | 'authority-key/bad-length'
  /** The 32 bytes are not the x coordinate of a curve point, or not a scalar of the group. */
  | 'authority-key/not-a-key'

export interface AuthorityKeyPair {
  /** 32 bytes, a scalar. */
  readonly secretKey: Uint8Array
  /** 32 bytes, x-only. */
  readonly publicKey: Uint8Array
}

/** Bytes of a public or a secret key. */
const KEY_LENGTH = 32
/** U16 LE 1: the only version there is. */
const VERSION = Uint8Array.of(1, 0)
/** What people paste around a key: blanks, and straight or typographic quotes. */
const WRAPPING = /^[\s"'`´\u2018-\u201f\u00ab\u00bb]+|[\s"'`´\u2018-\u201f\u00ab\u00bb]+$/g

const PUBLIC_REMEDY = 'Copy the key again from the pool\'s page: it has 51 characters and begins with "9".'
const SECRET_REMEDY = 'Copy the secret key again from where it was made, or make a new pair.'

/**
 * The 32-byte x-only key of a pasted text. Blanks and quotes around it are ignored.
 * The error's code says what is wrong, its message also what to do.
 */
export function parseAuthorityKey(text: string): Result<Uint8Array, HeadframeError> {
  const payload = unwrap(text, 'authority key', PUBLIC_REMEDY)
  if (!payload.ok) return payload
  const { value } = payload
  if (value.length !== VERSION.length + KEY_LENGTH) {
    const problem = `The authority key holds ${value.length} bytes instead of ${VERSION.length + KEY_LENGTH}`
    return fail('authority-key/bad-length', problem, PUBLIC_REMEDY, { length: value.length })
  }
  const version = value[0]! | (value[1]! << 8)
  if (version !== 1) {
    const problem = `The authority key has version ${version}; Headframe knows version 1`
    return fail('authority-key/bad-version', problem, PUBLIC_REMEDY, { version })
  }
  const key = value.slice(VERSION.length)
  if (!isCurveX(key)) {
    return fail('authority-key/not-a-key', 'The authority key is not a point of the curve', PUBLIC_REMEDY)
  }
  return ok(key)
}

/** Text of a 32-byte x-only key: 51 characters. */
export function formatAuthorityKey(publicKey: Uint8Array): string {
  return encodeBase58Check(concatBytes(VERSION, requireKeyLength(publicKey)))
}

/** The 32-byte scalar of a secret key's text. Messages and contexts never carry any of it. */
export function parseAuthoritySecretKey(text: string): Result<Uint8Array, HeadframeError> {
  const payload = unwrap(text, 'secret authority key', SECRET_REMEDY)
  if (!payload.ok) return payload
  const { value } = payload
  if (value.length !== KEY_LENGTH) {
    const problem = `The secret authority key holds ${value.length} bytes instead of ${KEY_LENGTH}`
    return fail('authority-key/bad-length', problem, SECRET_REMEDY, { length: value.length })
  }
  if (!secp256k1.utils.isValidSecretKey(value)) {
    return fail('authority-key/not-a-key', 'The secret authority key is out of range', SECRET_REMEDY)
  }
  return ok(value)
}

/** Text of a 32-byte secret scalar. */
export function formatAuthoritySecretKey(secretKey: Uint8Array): string {
  return encodeBase58Check(requireKeyLength(secretKey))
}

/** The x-only public key, 32 bytes, of a valid secret scalar. */
export function authorityPublicKey(secretKey: Uint8Array): Uint8Array {
  return schnorr.getPublicKey(secretKey)
}

/** A new pair from `entropy`. */
export function generateAuthorityKeyPair(entropy: Entropy): AuthorityKeyPair {
  const secretKey = randomSecretKey(entropy)
  return { secretKey, publicKey: authorityPublicKey(secretKey) }
}

function unwrap(text: string, what: string, remedy: string): Result<Uint8Array, HeadframeError> {
  const key = text.replace(WRAPPING, '')
  if (key === '') return fail('authority-key/missing', `The ${what} is empty`, remedy)
  const payload = decodeBase58Check(key)
  return payload.ok ? payload : failBase58(payload.error, what, remedy)
}

function failBase58(fault: Base58CheckFault, what: string, remedy: string): Result<never, HeadframeError> {
  switch (fault.kind) {
    case 'character': {
      const problem = `The ${what} has a character that such keys never have, at place ${fault.index + 1}`
      return fail('authority-key/bad-character', problem, remedy, { place: fault.index + 1 })
    }
    case 'length':
      return fail('authority-key/bad-length', `The ${what} is far too short or too long`, remedy)
    case 'checksum':
      return fail(
        'authority-key/bad-checksum',
        `The ${what} has a typing error (its checksum is wrong)`,
        remedy,
      )
  }
}

function fail(
  code: AuthorityKeyErrorCode,
  problem: string,
  remedy: string,
  context: Record<string, number> = {},
): Result<never, HeadframeError> {
  return err(new HeadframeError(code, `${problem}. ${remedy}`, { context }))
}

function isCurveX(key: Uint8Array): boolean {
  try {
    schnorr.utils.lift_x(secp256k1.Point.Fp.fromBytes(key))
    return true
  } catch {
    return false
  }
}

function requireKeyLength(key: Uint8Array): Uint8Array {
  if (key.length !== KEY_LENGTH) throw new RangeError(`a key has ${KEY_LENGTH} bytes, not ${key.length}`)
  return key
}
