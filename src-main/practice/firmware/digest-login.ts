/**
 * The login of web pages that ask by Digest, server side: MD5, qop `auth` (RFC 7616), as Bitmain's firmware and those built
 * on it have it. Governing document: rig API digest, sections 1.2 (rows 16 to 18) and 5.1.
 */
import { createHash } from 'node:crypto'
import { toHex } from '../../base/index.ts'
import { type FirmwareReply, type FirmwareRequest } from './firmware.ts'
import { type RigBody } from './rig-body.ts'

export interface DigestLoginParts {
  readonly body: RigBody
  /** `antMiner Configuration` on everything of Bitmain's. */
  readonly realm: string
  /** Whether the challenge names its algorithm; Marathon's does, Bitmain's does not. */
  readonly namesAlgorithm?: boolean
}

/** Challenges that were given out and are still good; the oldest go first. */
const MAX_NONCES = 64

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

/** @returns what turns a stranger away: the 401, or null for somebody with the machine's user name and password */
export function digestLogin({
  body,
  realm,
  namesAlgorithm = false,
}: DigestLoginParts): (request: FirmwareRequest) => FirmwareReply | null {
  const nonces: string[] = []
  const challenge = (): FirmwareReply => {
    const nonce = toHex(body.entropy(16))
    nonces.push(nonce)
    if (nonces.length > MAX_NONCES) nonces.shift()
    const algorithm = namesAlgorithm ? ', algorithm=MD5' : ''
    return {
      status: 401,
      headers: {
        'www-authenticate': `Digest realm="${realm}", nonce="${nonce}", qop="auth"${algorithm}`,
        'content-type': 'text/html',
      },
      body: '<html><head><title>401 - Unauthorized</title></head><body><h1>401 - Unauthorized</h1></body></html>',
    }
  }
  return (request) => {
    const given = answersOf(request.headers.authorization)
    if (given === null) return challenge()
    const { username = '', uri = '', nonce = '', nc = '', cnonce = '', qop = '', response = '' } = given
    const expected = md5(
      [
        md5(`${username}:${realm}:${body.password ?? ''}`),
        nonce,
        nc,
        cnonce,
        qop,
        md5(`${request.method}:${uri}`),
      ].join(':'),
    )
    const isWelcome =
      given.realm === realm &&
      username === body.blueprint.username &&
      qop === 'auth' &&
      nonces.includes(nonce) &&
      uri.split('?', 1)[0] === request.path &&
      response === expected
    return isWelcome ? null : challenge()
  }
}

function answersOf(header: string | undefined): Record<string, string> | null {
  const [, list] = /^\s*digest\s+(.*)$/is.exec(header ?? '') ?? []
  if (list === undefined) return null
  return Object.fromEntries(
    [...list.matchAll(/([a-z]+)\s*=\s*(?:"([^"]*)"|([^\s,]*))/gi)].map(([, name = '', quoted, plain]) => [
      name.toLowerCase(),
      quoted ?? plain ?? '',
    ]),
  )
}
