/**
 * How Whatsminers want a change signed: the second generation with a token for half an hour and AES, the third with a token
 * for each command. Pure computing and a small store of tokens; nothing is sent here. The owner's switch for writes is
 * respected: there is no way round it in here. Governing document: rig API digest, section 5.7, with its vectors.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { type Clock, md5crypt } from '../../base/index.ts'
import { type RigAddress } from '../transport/rig-link.ts'

const BLOCK_BYTES = 16

/** What `get_token` of the second generation answers. */
export interface TokenChallenge {
  readonly time: string
  readonly salt: string
  readonly newsalt: string
}

export interface Token {
  /** Stands in every command. */
  readonly sign: string
  /** 32 bytes: what commands are encrypted with, and answers. */
  readonly aesKey: Uint8Array
}

/** @param password of the rig's `admin` */
export function signToken(password: string, { time, salt, newsalt }: TokenChallenge): Token {
  const key = md5crypt(password, salt)
  return { sign: md5crypt(key + time, newsalt), aesKey: sha256(key) }
}

/** AES-256-ECB over text filled with NUL to whole blocks, in base64. @param key 32 bytes */
export function sealText(text: string, key: Uint8Array): string {
  const plain = Buffer.from(text, 'utf8')
  const filled = Buffer.alloc(Math.ceil(plain.length / BLOCK_BYTES) * BLOCK_BYTES)
  plain.copy(filled)
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  return Buffer.concat([cipher.update(filled), cipher.final()]).toString('base64')
}

/** The text again, without its filling; null when it is no whole number of blocks. @param key 32 bytes */
export function openText(sealed: string, key: Uint8Array): string | null {
  const bytes = Buffer.from(sealed, 'base64')
  if (bytes.length === 0 || bytes.length % BLOCK_BYTES !== 0) return null
  const decipher = createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  return Buffer.concat([decipher.update(bytes), decipher.final()])
    .toString('utf8')
    .replace(/\0+$/, '')
}

/** The request of the second generation for one command. @param members beside `cmd` and `token` */
export function sealCommand(token: Token, cmd: string, members: Readonly<Record<string, unknown>>): string {
  const plain = JSON.stringify({ cmd, token: token.sign, ...members })
  return JSON.stringify({ enc: 1, data: sealText(plain, token.aesKey) })
}

export interface CommandV3 {
  readonly cmd: string
  /** JSON-safe; left out if undefined. */
  readonly param?: unknown
  readonly account: string
  readonly password: string
  /** From `get.device.info`. */
  readonly salt: string
  readonly epochSeconds: number
}

/** The request of the third generation for one change; the list of pools is encrypted, with the token's own digest. */
export function signCommandV3({ cmd, param, account, password, salt, epochSeconds: ts }: CommandV3): string {
  const digest = sha256(`${cmd}${password}${salt}${String(ts)}`)
  const token = Buffer.from(digest).toString('base64').slice(0, 8)
  const sent = cmd === 'set.miner.pools' ? sealText(JSON.stringify(param), digest) : param
  return JSON.stringify({ cmd, param: sent, token, account, ts })
}

function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text, 'utf8').digest()
}

/** The rig counts half an hour; ours ends earlier, so that none dies under way. */
const TOKEN_LIFE_MS = 25 * 60_000
/** At more rigs than that the oldest token is forgotten, and asked for anew at its rig's next change. */
const MAX_TOKENS = 256

interface Kept {
  readonly token: Token
  readonly passwordDigest: string
  readonly untilMs: number
}

/** Tokens in use. Rigs give out few at a time and count every one asked for, so they are kept. */
export class TokenStore {
  readonly #kept = new Map<string, Kept>()

  /** The token for this rig and password, if one is alive. */
  find(address: RigAddress, password: string, clock: Clock): Token | null {
    const kept = this.#kept.get(keyOf(address))
    if (kept === undefined || clock.monotonicMs() >= kept.untilMs) return null
    return kept.passwordDigest === digestOf(password) ? kept.token : null
  }

  keep(address: RigAddress, password: string, token: Token, clock: Clock): void {
    const key = keyOf(address)
    this.#kept.delete(key)
    this.#kept.set(key, {
      token,
      passwordDigest: digestOf(password),
      untilMs: clock.monotonicMs() + TOKEN_LIFE_MS,
    })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MAX_TOKENS && oldest !== undefined) this.#kept.delete(oldest)
  }

  forget(address: RigAddress): void {
    this.#kept.delete(keyOf(address))
  }
}

const keyOf = ({ host, port }: RigAddress): string => `${host} ${String(port)}`
const digestOf = (password: string): string => Buffer.from(sha256(password)).toString('hex')
