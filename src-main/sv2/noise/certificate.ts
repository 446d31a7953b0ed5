/**
 * The certificate by which an authority key vouches for a responder's static key for a while
 * (Protocol Security, "SIGNATURE_NOISE_MESSAGE"). Pure; time and randomness are arguments.
 *
 *   0..1    version          U16 LE, 0
 *   2..5    valid_from       U32 LE, unix seconds
 *   6..9    not_valid_after  U32 LE, unix seconds
 *   10..73  signature        BIP 340, by the authority key, of SHA256( bytes 0..9 | x-only static key )
 *
 * What is signed is the 32-byte static key, not its 64-byte encoding, and the hash has no tag: that is
 * what every implementation does, while the text describes it otherwise.
 */
import { schnorr } from '@noble/curves/secp256k1.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, err, HeadframeError, ok, type Result } from '../../base/index.ts'

/** Bytes. */
export const CERTIFICATE_LENGTH = 74
/** Bytes before the signature. */
const SIGNED_FIELDS_LENGTH = 10

/**
 * How far clocks may disagree at both ends of the validity. Drifting clocks are the second most reported
 * cause of failed handshakes, after wrong keys; the reference implementation came to 10 s.
 */
export const CERTIFICATE_SLACK_MS = 5 * 60_000

export interface Certificate {
  /** 0. As received: nobody checks it, and the signature covers it. */
  readonly version: number
  /** Epoch milliseconds, whole seconds. */
  readonly validFromMs: number
  /** Epoch milliseconds, whole seconds. */
  readonly notValidAfterMs: number
}

export type CertificateErrorCode =
  'noise/authority-key-mismatch' | 'noise/certificate-expired' | 'noise/certificate-not-yet-valid'

export interface CertificateRequest {
  /** 32 bytes, scalar of the authority key. */
  readonly authoritySecretKey: Uint8Array
  /** 32 bytes, x-only. */
  readonly staticKey: Uint8Array
  readonly validFromMs: number
  readonly notValidAfterMs: number
  /** 32 bytes of BIP 340's auxiliary randomness. */
  readonly randomness: Uint8Array
}

/** A signed certificate, 74 bytes. */
export function signCertificate(request: CertificateRequest): Uint8Array {
  const fields = new Uint8Array(SIGNED_FIELDS_LENGTH)
  const view = new DataView(fields.buffer)
  view.setUint32(2, toUnixSeconds(request.validFromMs), true)
  view.setUint32(6, toUnixSeconds(request.notValidAfterMs), true)
  const digest = certificateDigest(fields, request.staticKey)
  return concatBytes(fields, schnorr.sign(digest, request.authoritySecretKey, request.randomness))
}

/** The 32 bytes that are signed, of a certificate (or its first 10 bytes) and a 32-byte x-only static key. */
export function certificateDigest(certificate: Uint8Array, staticKey: Uint8Array): Uint8Array {
  return sha256(concatBytes(certificate.subarray(0, SIGNED_FIELDS_LENGTH), staticKey))
}

/** The fields of 74 bytes, verified or not. */
export function decodeCertificate(bytes: Uint8Array): Certificate {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    version: view.getUint16(0, true),
    validFromMs: view.getUint32(2, true) * 1000,
    notValidAfterMs: view.getUint32(6, true) * 1000,
  }
}

export interface CertificateCheck {
  /** 74 bytes as received. */
  readonly certificate: Uint8Array
  /** 32 bytes, x-only, of the static key that the handshake proved. */
  readonly staticKey: Uint8Array
  /** 32 bytes, x-only: the key that must have signed. */
  readonly authorityKey: Uint8Array
  readonly nowMs: number
  readonly slackMs?: number
}

/**
 * The certificate if the authority key signed it and it is valid now. The signature is judged first: the
 * dates of a forged certificate mean nothing.
 */
export function verifyCertificate(check: CertificateCheck): Result<Certificate, HeadframeError> {
  const { certificate, staticKey, authorityKey, nowMs, slackMs = CERTIFICATE_SLACK_MS } = check
  const signature = certificate.subarray(SIGNED_FIELDS_LENGTH)
  if (!schnorr.verify(signature, certificateDigest(certificate, staticKey), authorityKey)) {
    return fail(
      'noise/authority-key-mismatch',
      'Its certificate is not signed by the authority key in its address. Compare the key with the one it publishes: if they differ, correct the address; if they agree, do not use this connection, someone may be in between.',
    )
  }
  const fields = decodeCertificate(certificate)
  const context = { ...fields, nowMs }
  if (nowMs < fields.validFromMs - slackMs) {
    return fail(
      'noise/certificate-not-yet-valid',
      `Its certificate is valid from ${formatMoment(fields.validFromMs)}, but this machine's clock says ${formatMoment(nowMs)}. Check this machine's clock.`,
      context,
    )
  }
  if (nowMs > fields.notValidAfterMs + slackMs) {
    return fail(
      'noise/certificate-expired',
      `Its certificate expired on ${formatMoment(fields.notValidAfterMs)}, and this machine's clock says ${formatMoment(nowMs)}. If that is wrong, set this machine's clock; if it is right, only the other side can renew its certificate.`,
      context,
    )
  }
  return ok(fields)
}

function fail(
  code: CertificateErrorCode,
  message: string,
  context: Record<string, number> = {},
): Result<never, HeadframeError> {
  return err(new HeadframeError(code, message, { context }))
}

function toUnixSeconds(moment: number): number {
  return Math.min(0xffffffff, Math.max(0, Math.floor(moment / 1000)))
}

function formatMoment(moment: number): string {
  return `${new Date(moment).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
