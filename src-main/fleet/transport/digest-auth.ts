/**
 * HTTP authentication as rigs ask for it: reading `WWW-Authenticate`, answering with Digest or Basic. Pure; the client
 * nonce comes from outside. Governing documents: RFC 7616 (Digest, with RFC 2069's form where a rig offers no `qop`),
 * RFC 7617 (Basic).
 */
import { createHash } from 'node:crypto'
import { type RigCredentials } from './rig-link.ts'

export type DigestAlgorithm = 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess'

export interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | null
  readonly algorithm: DigestAlgorithm
  /** Whether `qop` has `auth`; without, the old form is used. */
  readonly qopAuth: boolean
}

export interface Challenge {
  /** Lower case, for instance `digest`. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>
}

const PARTS = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]*)))?/g

/** All challenges of a `WWW-Authenticate` header, in its order. Unreadable parts are passed over. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  for (const [, name = '', quoted, plain] of header.matchAll(PARTS)) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: {} })
    else {
      const last = challenges.at(-1)
      if (last !== undefined) last.parameters[name.toLowerCase()] = value
    }
  }
  return challenges
}

const ALGORITHMS: readonly DigestAlgorithm[] = ['SHA-256', 'SHA-256-sess', 'MD5', 'MD5-sess']

/** The strongest Digest challenge that can be answered here; null if there is none. */
export function findDigestChallenge(header: string): DigestChallenge | null {
  const found: DigestChallenge[] = []
  for (const { scheme, parameters } of parseChallenges(header)) {
    const { realm, nonce, opaque = null, algorithm: spelled = 'MD5', qop } = parameters
    const algorithm = ALGORITHMS.find((known) => known.toLowerCase() === spelled.toLowerCase())
    if (scheme !== 'digest' || realm === undefined || nonce === undefined || algorithm === undefined) continue
    const offers = qop?.split(',').map((word) => word.trim().toLowerCase())
    if (offers !== undefined && !offers.includes('auth')) continue
    found.push({ realm, nonce, opaque, algorithm, qopAuth: offers !== undefined })
  }
  return found.sort((a, b) => ALGORITHMS.indexOf(a.algorithm) - ALGORITHMS.indexOf(b.algorithm))[0] ?? null
}

export interface DigestRequest {
  readonly challenge: DigestChallenge
  readonly credentials: RigCredentials
  readonly method: string
  /** Path and query as sent. */
  readonly uri: string
  /** Fresh text for each request, from entropy. */
  readonly cnonce: string
  /** How often this nonce is used, from 1. */
  readonly nonceCount: number
}

/** The value of the `Authorization` header that answers a challenge. */
export function digestAuthorization(request: DigestRequest): string {
  const { challenge, credentials, method, uri, cnonce, nonceCount } = request
  const { realm, nonce, opaque, algorithm, qopAuth } = challenge
  const hash = (text: string): string =>
    createHash(algorithm.startsWith('MD5') ? 'md5' : 'sha256')
      .update(text, 'utf8')
      .digest('hex')
  const count = nonceCount.toString(16).padStart(8, '0')
  const secret = hash(`${credentials.username}:${realm}:${credentials.password}`)
  const a1 = algorithm.endsWith('-sess') ? hash(`${secret}:${nonce}:${cnonce}`) : secret
  const a2 = hash(`${method}:${uri}`)
  const response = qopAuth
    ? hash(`${a1}:${nonce}:${count}:${cnonce}:auth:${a2}`)
    : hash(`${a1}:${nonce}:${a2}`)
  const parts = [
    `username=${quote(credentials.username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `algorithm=${algorithm}`,
    ...(qopAuth ? ['qop=auth', `nc=${count}`, `cnonce=${quote(cnonce)}`] : []),
    `response="${response}"`,
    ...(opaque === null ? [] : [`opaque=${quote(opaque)}`]),
  ]
  return `Digest ${parts.join(', ')}`
}

/** The value of the `Authorization` header of RFC 7617. */
export function basicAuthorization({ username, password }: RigCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
