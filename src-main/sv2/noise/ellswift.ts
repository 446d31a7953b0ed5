/**
 * ElligatorSwift for secp256k1: public keys as 64 bytes that look random, and the x-only key agreement on
 * them (BIP 324, "ElligatorSwift encoding of curve X coordinates" and "ECDH"). Pure; entropy is passed in.
 *
 * Decoding and the agreement are @scure/btc-signer's. Encoding is written here, on @noble/curves' field,
 * because the library's draws its own randomness, and a handshake must be repeatable in tests. BigInt
 * arithmetic is not constant time: fit for ephemeral keys, not for a signing service.
 */
import { FpIsSquare } from '@noble/curves/abstract/modular.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { elligatorSwift } from '@scure/btc-signer/p2p.js'
import { concatBytes, type Entropy } from '../../base/index.ts'

/** Bytes of an encoded public key: u and t, 32 bytes big endian each. */
export const ELLSWIFT_LENGTH = 64
/** Bytes of a secret scalar and of an x coordinate. */
const FIELD_LENGTH = 32

export interface EllswiftKeyPair {
  /** 32 bytes, a scalar in 1..n-1. */
  readonly secretKey: Uint8Array
  /** 64 bytes: one of the many encodings of the public key's x coordinate. */
  readonly encoded: Uint8Array
}

const { Fp, Fn, BASE } = secp256k1.Point
const HALF = Fp.inv(2n)
/** The root of -3 that is itself a square: c of the specification. */
const SQRT_MINUS_3 = (() => {
  const root = Fp.sqrt(Fp.neg(3n))
  return FpIsSquare(Fp, root) ? root : Fp.neg(root)
})()
/** Far more tries than a working source ever needs: each succeeds with a chance of about 1 in 4. */
const MAX_TRIES = 1000

/** A scalar in 1..n-1 as 32 bytes. */
export function randomSecretKey(entropy: Entropy): Uint8Array {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const candidate = entropy(FIELD_LENGTH)
    if (secp256k1.utils.isValidSecretKey(candidate)) return candidate
  }
  throw new Error('the entropy source never gave a valid secret key')
}

/** A new key pair from `entropy`. */
export function generateEllswiftKeyPair(entropy: Entropy): EllswiftKeyPair {
  const secretKey = randomSecretKey(entropy)
  const { x } = BASE.multiply(Fn.fromBytes(secretKey))
  return { secretKey, encoded: encodeX(x, entropy) }
}

/**
 * One of the encodings of an x coordinate, chosen by `entropy`.
 * @param xOnly 32 bytes big endian, the x of a curve point
 * @throws Error if no point has this x
 */
export function encodeEllswift(xOnly: Uint8Array, entropy: Entropy): Uint8Array {
  const x = Fp.fromBytes(xOnly)
  if (!isCurveX(x)) throw new Error('not the x coordinate of a curve point')
  return encodeX(x, entropy)
}

/** The x coordinate, 32 bytes big endian, that 64 encoded bytes stand for. Any 64 bytes stand for one. */
export function decodeEllswift(encoded: Uint8Array): Uint8Array {
  return elligatorSwift.decode(encoded)
}

/**
 * XSwiftECInv: the t for which (u, t) encodes `x`, in one of eight branches; undefined where the branch
 * has no solution. All are field elements.
 * @param branch 0..7, `case` in the specification
 */
export function invertXSwiftEc(x: bigint, u: bigint, branch: number): bigint | undefined {
  const g = Fp.add(Fp.mul(Fp.sqr(u), u), 7n)
  let v: bigint
  let s: bigint
  if ((branch & 2) === 0) {
    if (isCurveX(Fp.neg(Fp.add(x, u)))) return undefined
    v = x
    s = Fp.neg(Fp.div(g, Fp.add(Fp.sqr(u), Fp.mul(v, Fp.add(u, v)))))
  } else {
    s = Fp.sub(x, u)
    if (Fp.is0(s)) return undefined
    const square = Fp.neg(Fp.mul(s, Fp.add(Fp.mul(4n, g), Fp.mul(3n, Fp.mul(s, Fp.sqr(u))))))
    const r = squareRoot(square)
    if (r === undefined || ((branch & 1) === 1 && Fp.is0(r))) return undefined
    v = Fp.mul(HALF, Fp.sub(Fp.div(r, s), u))
  }
  const root = squareRoot(s)
  if (root === undefined) return undefined
  const signed = (branch & 5) === 0 || (branch & 5) === 5 ? Fp.neg(root) : root
  const c = (branch & 1) === 0 ? Fp.sub(1n, SQRT_MINUS_3) : Fp.add(1n, SQRT_MINUS_3)
  return Fp.mul(signed, Fp.add(Fp.mul(HALF, Fp.mul(u, c)), v))
}

/** x coordinate, 32 bytes, of our scalar times their point. */
export function ecdhX(secretKey: Uint8Array, theirs: Uint8Array): Uint8Array {
  return elligatorSwift.getSharedSecret(secretKey, theirs)
}

export interface KeyAgreement {
  /** Ours, 32 bytes. */
  readonly secretKey: Uint8Array
  /** 64 bytes as they went over the wire. */
  readonly ours: Uint8Array
  /** 64 bytes as they came over the wire. */
  readonly theirs: Uint8Array
  /** Whether we are the initiator: its encoding is hashed first. */
  readonly initiating: boolean
}

/** BIP 324's `v2_ecdh`: 32 bytes bound to both encodings. */
export function agreeOnSecret({ secretKey, ours, theirs, initiating }: KeyAgreement): Uint8Array {
  return elligatorSwift.getSharedSecretBip324(secretKey, theirs, ours, initiating)
}

function encodeX(x: bigint, entropy: Entropy): Uint8Array {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    // The extra byte chooses the branch. u is uniform but for a bias of 2^-224.
    const random = entropy(FIELD_LENGTH + 1)
    const u = Fp.create(Fp.fromBytes(random.subarray(0, FIELD_LENGTH), true))
    if (Fp.is0(u)) continue
    const t = invertXSwiftEc(x, u, random[FIELD_LENGTH]! & 7)
    if (t !== undefined && !Fp.is0(t)) return concatBytes(Fp.toBytes(u), Fp.toBytes(t))
  }
  throw new Error('the entropy source never gave a key encoding')
}

function isCurveX(x: bigint): boolean {
  return FpIsSquare(Fp, Fp.add(Fp.mul(Fp.sqr(x), x), 7n))
}

function squareRoot(value: bigint): bigint | undefined {
  try {
    return Fp.sqrt(value)
  } catch {
    return undefined
  }
}
