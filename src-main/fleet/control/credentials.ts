/**
 * Logins of rigs: of one rig, of all in a group, of all of a family; the nearest counts. They live in the secret store,
 * and here in memory. A login is never guessed and never tried twice where it was refused: a stamp says which one a rig
 * refused, until the person enters another. Governing document: rig API digest, section 8, rule 13.
 */
import { type Entropy, HeadframeError, toHex } from '../../base/index.ts'
import { type BookRig } from '../book/rig-book-file.ts'
import { type FleetSecrets } from '../ports.ts'
import { type RigCredentials } from '../transport/rig-link.ts'
import { type LoginTarget } from '../views/view-types.ts'

interface StoredLogin extends RigCredentials {
  /** New with every change. */
  readonly stamp: string
}

export interface LoginOfRig {
  readonly from: LoginTarget['scope']
  readonly username: string
  /** The rig refused it: not used until it changes. */
  readonly refused: boolean
}

type Applies = Pick<BookRig, 'id' | 'groupId' | 'family' | 'refusedLogin'>

export class Credentials {
  readonly #secrets: FleetSecrets
  readonly #entropy: Entropy
  readonly #logins = new Map<string, StoredLogin>()

  constructor(secrets: FleetSecrets, entropy: Entropy) {
    this.#secrets = secrets
    this.#entropy = entropy
  }

  /** Loads the logins of these; others are as if there were none. */
  async load(targets: readonly LoginTarget[]): Promise<void> {
    for (const target of targets) {
      const login = parseLogin(await this.#secrets.get(nameOf(target)))
      if (login) this.#logins.set(nameOf(target), login)
    }
  }

  has(target: LoginTarget): boolean {
    return this.#logins.has(nameOf(target))
  }

  /** @throws HeadframeError of the secret store; nothing has changed then */
  async set(target: LoginTarget, { username, password }: RigCredentials): Promise<void> {
    const login: StoredLogin = { username, password, stamp: toHex(this.#entropy(6)) }
    await this.#secrets.set(nameOf(target), JSON.stringify(login))
    this.#logins.set(nameOf(target), login)
  }

  /** Harmless if there is none. @throws HeadframeError of the secret store */
  async delete(target: LoginTarget): Promise<void> {
    await this.#secrets.delete(nameOf(target))
    this.#logins.delete(nameOf(target))
  }

  /** The login that counts for a rig; null if none was entered. */
  of(rig: Applies): LoginOfRig | null {
    const found = this.#nearest(rig)
    if (!found) return null
    const { from, login } = found
    return { from, username: login.username, refused: login.stamp === rig.refusedLogin }
  }

  /** What may be shown to the rig: null too where it was refused before. */
  usable(rig: Applies): RigCredentials | null {
    const login = this.#nearest(rig)?.login
    if (!login || login.stamp === rig.refusedLogin) return null
    return { username: login.username, password: login.password }
  }

  /** Stamp of the login that counts, to remember that it was refused; null if there is none. */
  stampOf(rig: Applies): string | null {
    return this.#nearest(rig)?.login.stamp ?? null
  }

  /** Passwords that apply to the rig, to mask them. */
  passwordsOf(rig: Applies): string[] {
    return targetsOf(rig).flatMap((target) => this.#logins.get(nameOf(target))?.password ?? [])
  }

  #nearest(rig: Applies): { from: LoginTarget['scope']; login: StoredLogin } | null {
    for (const target of targetsOf(rig)) {
      const login = this.#logins.get(nameOf(target))
      if (login) return { from: target.scope, login }
    }
    return null
  }
}

/** Nearest first. */
function targetsOf({ id, groupId, family }: Applies): LoginTarget[] {
  return [
    { scope: 'rig', id },
    ...(groupId === null ? [] : [{ scope: 'group', id: groupId } as const]),
    { scope: 'family', id: family },
  ]
}

const nameOf = ({ scope, id }: LoginTarget): string => `rig-login/${scope}/${id}`

function parseLogin(text: string | undefined): StoredLogin | null {
  if (text === undefined) return null
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return null
    const { username, password, stamp } = value as Record<string, unknown>
    const isWhole = typeof username === 'string' && typeof password === 'string' && typeof stamp === 'string'
    return isWhole ? { username, password, stamp } : null
  } catch {
    return null
  }
}

/** Why nothing can be written to a rig without a login, or with a refused one; null if it can be tried. */
export function loginObstacle(
  needed: 'never' | 'to-write' | 'to-read',
  login: LoginOfRig | null,
): HeadframeError | null {
  if (needed === 'never') return null
  if (login === null) {
    return new HeadframeError(
      'rig/login-missing',
      'Enter its login first: this firmware takes changes only from who knows its password.',
    )
  }
  if (!login.refused) return null
  return new HeadframeError(
    'rig/wrong-password',
    'The rig refused the login that was entered, and it is not tried again. Enter another one.',
  )
}
