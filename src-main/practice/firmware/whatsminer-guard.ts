/**
 * Who may change a practice Whatsminer: tokens and encryption of the second API, signatures of the third. The rig's side of
 * it. Written from the rig API digest, section 5.7.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { md5crypt, toHex } from '../../base/index.ts'
import { type RigBody } from './rig-body.ts'

const TOKEN_LIFE_MS = 30 * 60_000
/** So many may be outstanding at a time. */
const MAX_TOKENS = 3
const FACTORY_PASSWORD = 'admin'

interface Outstanding {
  readonly sign: string
  readonly untilMs: number
}

export class WhatsminerGuard {
  readonly #body: RigBody
  /** Of the stored password; stays for the life of the machine. */
  readonly salt: string
  #outstanding: Outstanding[] = []

  constructor(body: RigBody) {
    this.#body = body
    this.salt = toHex(body.entropy(4))
    // Tokens are in memory only.
    body.reboots.on(() => (this.#outstanding = []))
  }

  get #password(): string {
    return this.#body.password ?? FACTORY_PASSWORD
  }

  /** @returns null when too many are outstanding */
  giveToken(): { time: string; salt: string; newsalt: string } | null {
    const nowMs = this.#body.clock.monotonicMs()
    this.#outstanding = this.#outstanding.filter(({ untilMs }) => untilMs > nowMs)
    if (this.#outstanding.length >= MAX_TOKENS) return null
    const time = String(Math.floor(this.#body.clock.nowMs() / 1000)).slice(-4)
    const newsalt = toHex(this.#body.entropy(4))
    const key = md5crypt(this.#password, this.salt)
    this.#outstanding.push({ sign: md5crypt(key + time, newsalt), untilMs: nowMs + TOKEN_LIFE_MS })
    return { time, salt: this.salt, newsalt }
  }

  isOutstanding(sign: unknown): boolean {
    const nowMs = this.#body.clock.monotonicMs()
    return this.#outstanding.some((token) => token.sign === sign && token.untilMs > nowMs)
  }

  /** The plain text of a request; null when the key does not fit it. */
  open(data: string): string | null {
    const text = decrypt(data, this.#key)
    return text?.startsWith('{') === true ? text : null
  }

  seal(text: string): string {
    const plain = Buffer.from(text)
    const padded = Buffer.concat([plain, Buffer.alloc((16 - (plain.length % 16)) % 16)])
    const cipher = createCipheriv('aes-256-ecb', this.#key, null)
    cipher.setAutoPadding(false)
    return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64')
  }

  get #key(): Buffer {
    return createHash('sha256').update(md5crypt(this.#password, this.salt)).digest()
  }

  /** Whether a change of the third API is signed with the password; and what its pools are encrypted with. */
  checkSignature(cmd: string, ts: unknown, token: unknown): Buffer | null {
    const digest = createHash('sha256')
      .update(`${cmd}${this.#password}${this.salt}${String(ts)}`)
      .digest()
    return digest.toString('base64').slice(0, 8) === token ? digest : null
  }

  /** @returns null when it is no whole number of blocks */
  static open(data: string, key: Buffer): string | null {
    return decrypt(data, key)
  }
}

function decrypt(data: string, key: Buffer): string | null {
  const bytes = Buffer.from(data, 'base64')
  if (bytes.length === 0 || bytes.length % 16 !== 0) return null
  const decipher = createDecipheriv('aes-256-ecb', key, null)
  decipher.setAutoPadding(false)
  const text = Buffer.concat([decipher.update(bytes), decipher.final()]).toString('utf8')
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}
