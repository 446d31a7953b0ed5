/**
 * Who we are to initiators: the authority key pair and, signed by it, a static key with its certificate.
 * Making the latter costs more than a quarter of a responder's handshake, so one is kept for some minutes: when a
 * farm comes back after a power cut, hundreds of rigs connect at once. Entropy and time are arguments.
 */
import { type Entropy } from '../../base/index.ts'
import { type AuthorityKeyPair } from './authority-key.ts'
import { signCertificate } from './certificate.ts'
import { decodeEllswift, generateEllswiftKeyPair } from './ellswift.ts'
import { type ResponderCredentials } from './handshake.ts'

/** How long a static key is shown to new connections. */
const RENEW_AFTER_MS = 10 * 60_000
/** Backdating: small rigs have clocks that drift, and no battery. */
const VALID_BEFORE_MS = 60 * 60_000
/** Initiators look at the certificate when they connect only, so a day is plenty. */
const VALID_AFTER_MS = 24 * 60 * 60_000

export interface ResponderIdentity {
  /** 32 bytes, x-only: what rigs and proxies are given to verify us. */
  readonly authorityKey: Uint8Array
  /** What the next handshake shows; made anew after ten minutes, and when the clock was set back. */
  credentials(): ResponderCredentials
}

/** @param nowMs wall time, epoch milliseconds */
export function createResponderIdentity(options: {
  readonly authority: AuthorityKeyPair
  readonly entropy: Entropy
  readonly nowMs: () => number
}): ResponderIdentity {
  const { authority, entropy, nowMs } = options
  let current: { madeAtMs: number; credentials: ResponderCredentials } | undefined

  return {
    authorityKey: authority.publicKey,
    credentials() {
      const now = nowMs()
      const ageMs = current === undefined ? Infinity : now - current.madeAtMs
      if (current === undefined || ageMs < 0 || ageMs >= RENEW_AFTER_MS) {
        current = { madeAtMs: now, credentials: makeCredentials(authority, entropy, now) }
      }
      return current.credentials
    },
  }
}

function makeCredentials(authority: AuthorityKeyPair, entropy: Entropy, nowMs: number): ResponderCredentials {
  const staticKeyPair = generateEllswiftKeyPair(entropy)
  const certificate = signCertificate({
    authoritySecretKey: authority.secretKey,
    staticKey: decodeEllswift(staticKeyPair.encoded),
    validFromMs: nowMs - VALID_BEFORE_MS,
    notValidAfterMs: nowMs + VALID_AFTER_MS,
    randomness: entropy(32),
  })
  return { staticKeyPair, certificate }
}
