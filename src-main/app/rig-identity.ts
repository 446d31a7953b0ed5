/**
 * What rigs know us by: the authority key of our own Stratum V2 side, and the certificate that they see when they
 * use TLS. Both are made once and kept among the secrets, so that a rig that pinned one still trusts it
 * after a restart.
 */
import { z } from 'zod'
import { type Clock, type Entropy, HeadframeError, type Logger } from '../base/index.ts'
import { createSelfSignedCertificate } from '../net/index.ts'
import { type SecretStore } from '../settings/index.ts'
import {
  authorityPublicKey,
  type AuthorityKeyPair,
  formatAuthoritySecretKey,
  generateAuthorityKeyPair,
  parseAuthoritySecretKey,
} from '../sv2/index.ts'

const AUTHORITY_SECRET = 'listener/authority'
const CERTIFICATE_SECRET = 'listener/certificate'
/** Rigs that pin a certificate are not touched for years. */
const CERTIFICATE_YEARS = 10
/** A certificate that would end within this is made anew; rigs that pinned it must be told either way. */
const RENEW_BEFORE_MS = 30 * 24 * 3600_000

const storedCertificate = z.strictObject({
  certificatePem: z.string(),
  privateKeyPem: z.string(),
  fingerprintSha256: z.string(),
  notAfterMs: z.number(),
})
export type RigCertificate = z.infer<typeof storedCertificate>

export interface RigIdentity {
  readonly authority: AuthorityKeyPair
  /** Null if none could be made: rigs then connect without TLS. */
  readonly certificate: RigCertificate | null
}

export interface RigIdentityParts {
  readonly secrets: SecretStore
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

/** Loads what was made before, or makes it. */
export async function rigIdentity(parts: RigIdentityParts): Promise<RigIdentity> {
  return { authority: await authority(parts), certificate: await certificate(parts) }
}

async function authority({ secrets, entropy, log }: RigIdentityParts): Promise<AuthorityKeyPair> {
  const text = await secrets.get(AUTHORITY_SECRET)
  const stored = text === undefined ? undefined : parseAuthoritySecretKey(text)
  if (stored?.ok) return { secretKey: stored.value, publicKey: authorityPublicKey(stored.value) }
  const made = generateAuthorityKeyPair(entropy)
  await secrets.set(AUTHORITY_SECRET, formatAuthoritySecretKey(made.secretKey))
  if (text !== undefined) {
    log.warn('the stored authority key cannot be read; a new one was made, which rigs must be told')
  }
  return made
}

async function certificate({ secrets, clock, log }: RigIdentityParts): Promise<RigCertificate | null> {
  const text = await secrets.get(CERTIFICATE_SECRET)
  const stored = parseStored(text)
  const nowMs = clock.nowMs()
  if (stored && stored.notAfterMs - nowMs > RENEW_BEFORE_MS) return stored
  try {
    const made = await createSelfSignedCertificate({
      hosts: ['localhost', '127.0.0.1'],
      nowMs,
      validYears: CERTIFICATE_YEARS,
    })
    await secrets.set(CERTIFICATE_SECRET, JSON.stringify(made))
    if (text !== undefined && !stored) {
      log.warn('the stored certificate cannot be read; a new one was made, which rigs must be told')
    }
    return made
  } catch (error) {
    if (!(error instanceof HeadframeError)) throw error
    log.warn('no certificate for rigs', { code: error.code, message: error.message })
    return null
  }
}

function parseStored(text: string | undefined): RigCertificate | undefined {
  if (text === undefined) return undefined
  try {
    return storedCertificate.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
