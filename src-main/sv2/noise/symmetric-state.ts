/**
 * The running hash and chaining key of a handshake (Noise, "The SymmetricState object"). Pure: every
 * function returns a new state.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes } from '../../base/index.ts'
import { CipherState } from './cipher-state.ts'

/** 45 ASCII bytes. */
export const PROTOCOL_NAME = 'Noise_NX_Secp256k1+EllSwift_ChaChaPoly_SHA256'

const EMPTY = new Uint8Array(0)

export interface SymmetricState {
  /** ck, 32 bytes. */
  readonly chainingKey: Uint8Array
  /** h, 32 bytes. */
  readonly hash: Uint8Array
  /** k, 32 bytes; null before the first key agreement. Each key of this pattern encrypts one message. */
  readonly key: Uint8Array | null
}

/** The state both sides start from: the protocol's name, then an empty prologue. */
export function initialSymmetricState(): SymmetricState {
  const chainingKey = sha256(new TextEncoder().encode(PROTOCOL_NAME))
  return { chainingKey, hash: sha256(chainingKey), key: null }
}

/** MixHash: h = SHA256(h, data). */
export function mixHash(state: SymmetricState, data: Uint8Array): SymmetricState {
  return { ...state, hash: sha256(concatBytes(state.hash, data)) }
}

/** MixKey: a new chaining key and a new key from 32 bytes of shared secret. */
export function mixKey(state: SymmetricState, secret: Uint8Array): SymmetricState {
  const [chainingKey, key] = hkdf(state.chainingKey, secret)
  return { ...state, chainingKey, key }
}

/** Seals `plain` (the plain bytes themselves while there is no key) and mixes what goes on the wire. */
export function encryptAndHash(
  state: SymmetricState,
  plain: Uint8Array,
): { readonly state: SymmetricState; readonly sealed: Uint8Array } {
  const sealed = state.key === null ? plain : new CipherState(state.key).encryptWithAd(state.hash, plain)
  return { state: mixHash(state, sealed), sealed }
}

/** Opens what `encryptAndHash` of the other side made; undefined if it is not authentic. */
export function decryptAndHash(
  state: SymmetricState,
  sealed: Uint8Array,
): { readonly state: SymmetricState; readonly plain: Uint8Array } | undefined {
  const plain = state.key === null ? sealed : new CipherState(state.key).decryptWithAd(state.hash, sealed)
  return plain && { state: mixHash(state, sealed), plain }
}

/** Split: the keys of the two directions, 32 bytes each. */
export function split(state: SymmetricState): { initiatorKey: Uint8Array; responderKey: Uint8Array } {
  const [initiatorKey, responderKey] = hkdf(state.chainingKey, EMPTY)
  return { initiatorKey, responderKey }
}

/** HKDF with two outputs as Noise defines it. */
function hkdf(chainingKey: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] {
  const temporary = hmac(sha256, chainingKey, input)
  const first = hmac(sha256, temporary, Uint8Array.of(1))
  return [first, hmac(sha256, temporary, concatBytes(first, Uint8Array.of(2)))]
}
