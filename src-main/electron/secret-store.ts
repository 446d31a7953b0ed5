/**
 * Secrets on the desktop: each is encrypted with a key that the system's keychain holds (Electron's
 * safeStorage, its asynchronous calls), and the results are one file in the data directory. Where there is no
 * keychain, the file-based store of `settings` takes over, and the person is told.
 *
 * A data directory that a headless host used before has secrets in that store already: they are still read,
 * and one that is changed moves to the keychain.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type Entropy, errorText, HeadframeError, type Logger } from '../base/index.ts'
import {
  fileFailure,
  openFileSecrets,
  readText,
  replaceFile,
  SECRETS_FILE,
  type SecretStore,
} from '../settings/index.ts'

export const KEYCHAIN_SECRETS_FILE = 'secrets-keychain.json'

/** The part of Electron's `safeStorage` that is used. */
export interface Keychain {
  isAsyncEncryptionAvailable(): Promise<boolean>
  encryptStringAsync(text: string): Promise<Buffer>
  decryptStringAsync(sealed: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }>
  getSelectedStorageBackend(): string
}

export interface DesktopSecretsOptions {
  readonly dataDir: string
  readonly keychain: Keychain
  /** As in `process.platform`. */
  readonly platform: string
  readonly entropy: Entropy
  readonly log: Logger
  /** Tells the person something; called at most once. */
  tell(title: string, detail: string): void
}

/**
 * Opens the secrets of a data directory.
 * @throws HeadframeError `secrets/file-broken`, `secrets/not-readable`, and those of `openFileSecrets`
 */
export async function openDesktopSecrets(options: DesktopSecretsOptions): Promise<SecretStore> {
  const { dataDir, entropy, log } = options
  const path = join(dataDir, KEYCHAIN_SECRETS_FILE)
  if (!(await isUsable(options))) {
    log.warn('no keychain: secrets are kept in a file', { sealedBefore: existsSync(path) })
    options.tell(
      'Passwords are not in a keychain',
      existsSync(path)
        ? 'The keychain that holds the key to your stored passwords is not available. Unlock it and start Headframe again, or enter the passwords anew: they are then kept in an encrypted file.'
        : 'This system offers no keychain, so passwords are kept in an encrypted file. Its key lies beside it, readable by your account only.',
    )
    return openFileSecrets(dataDir, entropy)
  }
  const earlier = existsSync(join(dataDir, SECRETS_FILE)) ? await openFileSecrets(dataDir, entropy) : null
  return new KeychainSecretStore(path, options.keychain, await readSealed(path), earlier, log)
}

/** A keychain that keeps its key in plain text protects nothing. */
async function isUsable({ keychain, platform, log }: DesktopSecretsOptions): Promise<boolean> {
  try {
    if (!(await keychain.isAsyncEncryptionAvailable())) return false
    return platform !== 'linux' || keychain.getSelectedStorageBackend() !== 'basic_text'
  } catch (error) {
    log.warn('the keychain did not answer', { error: errorText(error) })
    return false
  }
}

/** Secrets by name, each sealed by the keychain, in base64. */
const sealedFile = z.strictObject({ version: z.literal(1), sealed: z.record(z.string(), z.base64()) })

async function readSealed(path: string): Promise<Map<string, string>> {
  let text: string | undefined
  try {
    text = await readText(path)
  } catch (error) {
    throw fileFailure('secrets/not-readable', 'The stored passwords could not be read', path, error)
  }
  if (text === undefined) return new Map()
  try {
    return new Map(Object.entries(sealedFile.parse(JSON.parse(text)).sealed))
  } catch (error) {
    throw new HeadframeError(
      'secrets/file-broken',
      `The file of stored passwords, ${path}, is damaged. Put it back from a backup, or move it away and enter the passwords again.`,
      { context: { path }, cause: error },
    )
  }
}

class KeychainSecretStore implements SecretStore {
  readonly #path: string
  readonly #keychain: Keychain
  readonly #earlier: SecretStore | null
  readonly #log: Logger
  #sealed: ReadonlyMap<string, string>
  #queue: Promise<unknown> = Promise.resolve()

  constructor(
    path: string,
    keychain: Keychain,
    sealed: ReadonlyMap<string, string>,
    earlier: SecretStore | null,
    log: Logger,
  ) {
    this.#path = path
    this.#keychain = keychain
    this.#sealed = sealed
    this.#earlier = earlier
    this.#log = log
  }

  /** @throws HeadframeError `secrets/keychain-refused` */
  async get(name: string): Promise<string | undefined> {
    const sealed = this.#sealed.get(name)
    if (sealed === undefined) return this.#earlier?.get(name)
    try {
      const { result, shouldReEncrypt } = await this.#keychain.decryptStringAsync(
        Buffer.from(sealed, 'base64'),
      )
      if (shouldReEncrypt) {
        this.set(name, result).catch((error: unknown) => {
          this.#log.warn('a secret could not be sealed anew', { error: errorText(error) })
        })
      }
      return result
    } catch (error) {
      throw new HeadframeError(
        'secrets/keychain-refused',
        `The keychain does not open a stored password (${errorText(error)}): unlock it and start again, or enter the password anew.`,
        { context: { name }, cause: error },
      )
    }
  }

  /** @throws HeadframeError `secrets/keychain-refused`, `secrets/not-writable`; nothing has changed then */
  async set(name: string, secret: string): Promise<void> {
    let sealed: string
    try {
      sealed = (await this.#keychain.encryptStringAsync(secret)).toString('base64')
    } catch (error) {
      throw new HeadframeError(
        'secrets/keychain-refused',
        `The keychain does not take the password (${errorText(error)}): unlock it and try again.`,
        { context: { name }, cause: error },
      )
    }
    await this.#change((entries) => void entries.set(name, sealed))
    await this.#earlier?.delete(name)
  }

  /** @throws HeadframeError `secrets/not-writable`; nothing has changed then */
  async delete(name: string): Promise<void> {
    if (this.#sealed.has(name)) await this.#change((entries) => void entries.delete(name))
    await this.#earlier?.delete(name)
  }

  #change(edit: (entries: Map<string, string>) => void): Promise<void> {
    const changed = this.#queue.then(async () => {
      const entries = new Map(this.#sealed)
      edit(entries)
      const file: z.infer<typeof sealedFile> = { version: 1, sealed: Object.fromEntries(entries) }
      try {
        await replaceFile(this.#path, `${JSON.stringify(file)}\n`)
      } catch (error) {
        throw fileFailure('secrets/not-writable', 'The passwords could not be saved', this.#path, error)
      }
      this.#sealed = entries
    })
    this.#queue = changed.catch(() => undefined)
    return changed
  }
}
