/**
 * The Noise NX handshake of Stratum V2 as values and transitions (Protocol Security, "Authenticated Key
 * Exchange"). Pure: key pairs, the responder's certificate and the time are arguments, so that a
 * transcript can be replayed byte for byte. noise-stream.ts feeds it from a socket.
 *
 *   act 1  initiator -> responder   64   e
 *   act 2  responder -> initiator  234   e 64 | sealed s 64+16 | sealed certificate 74+16
 *
 * The specification's text says 170 for act 2; every implementation sends 234. There is no act 3.
 */
import { concatBytes, err, HeadframeError, ok, type Result } from '../../base/index.ts'
import { type Certificate, CERTIFICATE_LENGTH, decodeCertificate, verifyCertificate } from './certificate.ts'
import { TAG_LENGTH } from './cipher-state.ts'
import { agreeOnSecret, decodeEllswift, ELLSWIFT_LENGTH, type EllswiftKeyPair } from './ellswift.ts'
import {
  decryptAndHash,
  encryptAndHash,
  initialSymmetricState,
  mixHash,
  mixKey,
  split,
  type SymmetricState,
} from './symmetric-state.ts'

/** Bytes. */
export const ACT_1_LENGTH = ELLSWIFT_LENGTH
const SEALED_KEY_LENGTH = ELLSWIFT_LENGTH + TAG_LENGTH
/** Bytes. */
export const ACT_2_LENGTH = ELLSWIFT_LENGTH + SEALED_KEY_LENGTH + CERTIFICATE_LENGTH + TAG_LENGTH

const EMPTY = new Uint8Array(0)

/** What both sides know when the handshake is done. */
export interface HandshakeOutcome {
  /** 32 bytes; seals initiator -> responder. */
  readonly initiatorKey: Uint8Array
  /** 32 bytes; seals responder -> initiator. */
  readonly responderKey: Uint8Array
  /** h, 32 bytes: the same on both sides, different for every session. */
  readonly hash: Uint8Array
  /** The responder's x-only static key, 32 bytes. */
  readonly responderStaticKey: Uint8Array
  readonly certificate: Certificate
}

/** An initiator that has sent act 1. */
export interface AwaitingAct2 {
  readonly symmetric: SymmetricState
  readonly ephemeral: EllswiftKeyPair
}

/** First step of the initiator: act 1, and the state that waits for act 2. */
export function initiate(ephemeral: EllswiftKeyPair): { act1: Uint8Array; state: AwaitingAct2 } {
  return { act1: ephemeral.encoded, state: { symmetric: afterAct1(ephemeral.encoded), ephemeral } }
}

/** What the responder shows: its static key pair and the certificate for it (74 bytes). */
export interface ResponderCredentials {
  readonly staticKeyPair: EllswiftKeyPair
  readonly certificate: Uint8Array
}

/**
 * The responder's only step. Any 64 bytes are a key, so this cannot fail; a peer that sent garbage is
 * found out by its first frame.
 * @param act1 64 bytes
 */
export function respond(
  act1: Uint8Array,
  ephemeral: EllswiftKeyPair,
  { staticKeyPair, certificate }: ResponderCredentials,
): { act2: Uint8Array; outcome: HandshakeOutcome } {
  const agree = (ours: EllswiftKeyPair): Uint8Array =>
    agreeOnSecret({ secretKey: ours.secretKey, ours: ours.encoded, theirs: act1, initiating: false })

  const withEphemeral = mixHash(afterAct1(act1), ephemeral.encoded)
  const key = encryptAndHash(mixKey(withEphemeral, agree(ephemeral)), staticKeyPair.encoded)
  const proof = encryptAndHash(mixKey(key.state, agree(staticKeyPair)), certificate)
  return {
    act2: concatBytes(ephemeral.encoded, key.sealed, proof.sealed),
    outcome: {
      ...split(proof.state),
      hash: proof.state.hash,
      responderStaticKey: decodeEllswift(staticKeyPair.encoded),
      certificate: decodeCertificate(certificate),
    },
  }
}

export interface Verification {
  /** 32 bytes, x-only; null skips the certificate: encrypted, but with whom is unknown. */
  readonly authorityKey: Uint8Array | null
  /** Epoch milliseconds. */
  readonly nowMs: number
}

/**
 * Last step of the initiator. Nothing may be sent before it succeeded.
 * @param act2 234 bytes
 */
export function conclude(
  { symmetric, ephemeral }: AwaitingAct2,
  act2: Uint8Array,
  { authorityKey, nowMs }: Verification,
): Result<HandshakeOutcome, HeadframeError> {
  const agree = (theirs: Uint8Array): Uint8Array =>
    agreeOnSecret({ secretKey: ephemeral.secretKey, ours: ephemeral.encoded, theirs, initiating: true })
  const keyEnd = ELLSWIFT_LENGTH + SEALED_KEY_LENGTH

  const theirEphemeral = act2.subarray(0, ELLSWIFT_LENGTH)
  const withEphemeral = mixHash(symmetric, theirEphemeral)
  const key = decryptAndHash(
    mixKey(withEphemeral, agree(theirEphemeral)),
    act2.subarray(ELLSWIFT_LENGTH, keyEnd),
  )
  if (key === undefined) return notNoise()
  const proof = decryptAndHash(mixKey(key.state, agree(key.plain)), act2.subarray(keyEnd))
  if (proof === undefined) return notNoise()

  const staticKey = decodeEllswift(key.plain)
  const certificate =
    authorityKey === null
      ? ok(decodeCertificate(proof.plain))
      : verifyCertificate({ certificate: proof.plain, staticKey, authorityKey, nowMs })
  if (!certificate.ok) return certificate
  return ok({
    ...split(proof.state),
    hash: proof.state.hash,
    responderStaticKey: staticKey,
    certificate: certificate.value,
  })
}

/** Act 1 carries no payload: after the key an empty one is mixed. */
function afterAct1(encoded: Uint8Array): SymmetricState {
  return mixHash(mixHash(initialSymmetricState(), encoded), EMPTY)
}

function notNoise(): Result<never, HeadframeError> {
  return err(
    new HeadframeError(
      'noise/handshake-failed',
      "The other side's handshake cannot be decrypted. Check that host and port are those of its Stratum V2 service; if they are, its software speaks another version of the protocol.",
    ),
  )
}
