/**
 * Secrets by name: pool passwords, node credentials, key pairs. Settings hold the names only. This
 * file-based store is for hosts without a keychain; the desktop host has one of its own behind the same
 * interface. It keeps secrets out of backups, exports and screenshots of settings.json; somebody who can
 * read both of its files has the secrets.
 *
 * `secrets.json` is one AES-256-GCM message (node:crypto; present in OpenSSL and BoringSSL alike) whose key
 * is in `secrets.key`. A fresh nonce of 12 bytes is drawn for every write, and the version and the key's id
 * are authenticated with it.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { type Entropy, HeadframeError, toHex, tryFromHex } from '../base/index.ts'
import { fileFailure } from './failures.ts'
import { createFile, keepPrivate, readText, replaceFile } from './private-file.ts'

export interface SecretStore {
  /** The secret, or undefined if there is none of that name. */
  get(name: string): Promise<string | undefined>
  set(name: string, secret: string): Promise<void>
  /** Harmless if there is none of that name. */
  delete(name: string): Promise<void>
}

export const SECRETS_FILE = 'secrets.json'
export const SECRETS_KEY_FILE = 'secrets.key'

const VERSION = 1
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

const sealedFile = z.strictObject({
  version: z.literal(VERSION),
  keyId: z.string(),
  nonce: z.base64(),
  /** Ciphertext, then the tag of 16 bytes. */
  sealed: z.base64(),
})
const content = z.record(z.string(), z.string())

export class FileSecretStore implements SecretStore {
  readonly #path: string
  readonly #keyPath: string
  readonly #entropy: Entropy
  readonly #key: Uint8Array
  #secrets: ReadonlyMap<string, string>
  #queue: Promise<unknown> = Promise.resolve()

  /** Use `openFileSecrets`. */
  constructor(dataDir: string, entropy: Entropy, key: Uint8Array, secrets: ReadonlyMap<string, string>) {
    this.#path = join(dataDir, SECRETS_FILE)
    this.#keyPath = join(dataDir, SECRETS_KEY_FILE)
    this.#entropy = entropy
    this.#key = key
    this.#secrets = secrets
  }

  /** Where the key is: it belongs in a backup, kept apart from the data directory's. */
  get keyPath(): string {
    return this.#keyPath
  }

  get(name: string): Promise<string | undefined> {
    return Promise.resolve(this.#secrets.get(name))
  }

  /** @throws HeadframeError `secrets/not-writable`; nothing has changed then */
  set(name: string, secret: string): Promise<void> {
    return this.#change((secrets) => void secrets.set(name, secret))
  }

  /** @throws HeadframeError `secrets/not-writable`; nothing has changed then */
  delete(name: string): Promise<void> {
    return this.#change((secrets) => void secrets.delete(name))
  }

  #change(edit: (secrets: Map<string, string>) => void): Promise<void> {
    const changed = this.#queue.then(async () => {
      const secrets = new Map(this.#secrets)
      edit(secrets)
      try {
        await replaceFile(this.#path, seal(secrets, this.#key, this.#entropy))
      } catch (error) {
        throw fileFailure('secrets/not-writable', 'The secrets could not be saved', this.#path, error)
      }
      this.#secrets = secrets
    })
    this.#queue = changed.catch(() => undefined)
    return changed
  }
}

/**
 * Opens the secrets of a data directory, making a key at the first start. When anything is wrong, both
 * files are left as they are.
 * @throws HeadframeError `secrets/key-missing`, `secrets/key-broken`, `secrets/key-wrong`,
 *   `secrets/file-broken`, `secrets/not-readable`, `secrets/not-writable`
 */
export async function openFileSecrets(dataDir: string, entropy: Entropy): Promise<FileSecretStore> {
  const path = join(dataDir, SECRETS_FILE)
  const keyPath = join(dataDir, SECRETS_KEY_FILE)
  const text = await readOrFail(path)
  const keyText = await readOrFail(keyPath)
  const startOver = `or move ${path} away to start without secrets and enter the passwords again`

  if (keyText === undefined) {
    if (text !== undefined) {
      throw new HeadframeError(
        'secrets/key-missing',
        `The key to the stored passwords, ${keyPath}, is missing. Put it back from a backup, ${startOver}.`,
        { context: { path, keyPath } },
      )
    }
    const key = entropy(KEY_BYTES)
    try {
      await createFile(keyPath, `${toHex(key)}\n`)
    } catch (error) {
      throw fileFailure('secrets/not-writable', 'The key for secrets could not be created', keyPath, error)
    }
    return new FileSecretStore(dataDir, entropy, key, new Map())
  }

  await keepPrivate(keyPath)
  const key = tryFromHex(keyText.trim())
  if (key?.length !== KEY_BYTES) {
    const remedy = text === undefined ? 'delete it to get a new one' : startOver.replace(/^or /, '')
    throw new HeadframeError(
      'secrets/key-broken',
      `The key file ${keyPath} does not hold a key of ${2 * KEY_BYTES} hex digits. Put it back from a backup, or ${remedy}.`,
      { context: { path, keyPath } },
    )
  }
  if (text === undefined) return new FileSecretStore(dataDir, entropy, key, new Map())
  await keepPrivate(path)
  const opened = unseal(text, key)
  if (opened === 'wrong-key') {
    throw new HeadframeError(
      'secrets/key-wrong',
      `The key in ${keyPath} is not the one that ${path} was locked with. Put the right key back from a backup, ${startOver}.`,
      { context: { path, keyPath } },
    )
  }
  if (opened === 'broken') {
    throw new HeadframeError(
      'secrets/file-broken',
      `The file of stored passwords, ${path}, is damaged. Put it back from a backup, ${startOver}.`,
      { context: { path } },
    )
  }
  return new FileSecretStore(dataDir, entropy, key, opened)
}

async function readOrFail(path: string): Promise<string | undefined> {
  try {
    return await readText(path)
  } catch (error) {
    throw fileFailure('secrets/not-readable', 'The secrets could not be read', path, error)
  }
}

/** Tells a wrong key from a damaged file without revealing the key. */
function idOfKey(key: Uint8Array): string {
  return createHash('sha256').update('headframe secrets key id').update(key).digest('hex').slice(0, 16)
}

function seal(secrets: ReadonlyMap<string, string>, key: Uint8Array, entropy: Entropy): string {
  const nonce = entropy(NONCE_BYTES)
  const keyId = idOfKey(key)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(`${VERSION} ${keyId}`))
  const text = JSON.stringify(Object.fromEntries(secrets))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  const file: z.infer<typeof sealedFile> = {
    version: VERSION,
    keyId,
    nonce: Buffer.from(nonce).toString('base64'),
    sealed: sealed.toString('base64'),
  }
  return `${JSON.stringify(file)}\n`
}

function unseal(text: string, key: Uint8Array): Map<string, string> | 'wrong-key' | 'broken' {
  const file = sealedFile.safeParse(parseJson(text))
  if (!file.success) return 'broken'
  const { version, keyId } = file.data
  if (keyId !== idOfKey(key)) return 'wrong-key'
  const nonce = Buffer.from(file.data.nonce, 'base64')
  const sealed = Buffer.from(file.data.sealed, 'base64')
  if (nonce.length !== NONCE_BYTES || sealed.length < TAG_BYTES) return 'broken'
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(`${version} ${keyId}`))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  let opened: string
  try {
    opened = decipher.update(sealed.subarray(0, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return 'broken'
  }
  const secrets = content.safeParse(parseJson(opened))
  return secrets.success ? new Map(Object.entries(secrets.data)) : 'broken'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
