/**
 * HTTP Digest login with SHA-256 as Shelly's generation 2 asks for it (shelly-api-docs, "Gen2+: Authentication": user
 * `admin`, `qop=auth`, RFC 7616), MD5 for what still asks so. A challenge that was accepted is answered again, counted, which
 * halves the requests.
 */
import { createHash } from 'node:crypto'
import { type Entropy, toHex } from '../../base/index.ts'

interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | null
  readonly hash: 'sha256' | 'md5'
  /** As it was spelled, to be given back so; null if it was not given. */
  readonly algorithm: string | null
}

export interface DigestQuestion {
  readonly user: string
  readonly password: string
  readonly method: string
  /** Path and query as sent. */
  readonly uri: string
}

/** The challenge of a `WWW-Authenticate` header; null if it is none that can be answered. */
export function parseDigestChallenge(header: string): DigestChallenge | null {
  const [, rest] = /(?:^|,)\s*Digest\s+(.*)$/i.exec(header) ?? []
  if (rest === undefined) return null
  const parts = new Map<string, string>()
  for (const [, name = '', quoted, plain = ''] of rest.matchAll(
    /(\w+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]+))/g,
  )) {
    if (!parts.has(name.toLowerCase())) parts.set(name.toLowerCase(), quoted ?? plain)
  }
  const realm = parts.get('realm')
  const nonce = parts.get('nonce')
  const algorithm = parts.get('algorithm') ?? null
  const hash =
    algorithm === null || /^md5$/i.test(algorithm) ? 'md5' : /^sha-256$/i.test(algorithm) ? 'sha256' : null
  const qop = parts
    .get('qop')
    ?.split(',')
    .map((word) => word.trim().toLowerCase())
  if (realm === undefined || nonce === undefined || hash === null || qop?.includes('auth') !== true)
    return null
  return { realm, nonce, opaque: parts.get('opaque') ?? null, hash, algorithm }
}

/** What one plug accepted last. */
export class DigestLogin {
  readonly #entropy: Entropy
  #challenge: DigestChallenge | null = null
  #count = 0

  constructor(entropy: Entropy) {
    this.#entropy = entropy
  }

  /** Takes a new challenge. @returns false if it cannot be answered */
  challenge(header: string): boolean {
    this.#challenge = parseDigestChallenge(header)
    this.#count = 0
    return this.#challenge !== null
  }

  forget(): void {
    this.#challenge = null
  }

  /** The value of `Authorization`; null before the first challenge. */
  answer({ user, password, method, uri }: DigestQuestion): string | null {
    if (this.#challenge === null) return null
    const { realm, nonce, opaque, hash, algorithm } = this.#challenge
    const digest = (text: string): string => createHash(hash).update(text, 'utf8').digest('hex')
    const count = (++this.#count).toString(16).padStart(8, '0')
    const cnonce = toHex(this.#entropy(16))
    const response = digest(
      `${digest(`${user}:${realm}:${password}`)}:${nonce}:${count}:${cnonce}:auth:${digest(`${method}:${uri}`)}`,
    )
    return [
      `Digest username=${quote(user)}`,
      `realm=${quote(realm)}`,
      `nonce=${quote(nonce)}`,
      `uri=${quote(uri)}`,
      ...(algorithm === null ? [] : [`algorithm=${algorithm}`]),
      'qop=auth',
      `nc=${count}`,
      `cnonce="${cnonce}"`,
      `response="${response}"`,
      ...(opaque === null ? [] : [`opaque=${quote(opaque)}`]),
    ].join(', ')
  }
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
