/**
 * Logins that give a token or a cookie, kept between polls so that a rig is not logged in to every few seconds. Which
 * request logs in is each family's own. A login that expired is renewed once; a refused one is not tried again here.
 */
import { createHash } from 'node:crypto'
import { HeadframeError } from '../../base/index.ts'
import { type RigCredentials, type RigLink } from '../transport/rig-link.ts'

/** Thrown by work that finds its token no longer taken. */
export class LoginExpired extends Error {}

/** Beyond that the oldest is forgotten, which costs its rig one more login. */
const MAX_SESSIONS = 1_000

export class WebSessions {
  /** By rig, user and password: a changed password never meets an old token. */
  readonly #tokens = new Map<string, string>()

  /**
   * Runs `work` with the token of this rig, logging in if there is none or if it expired meanwhile.
   * @param login gives a token. @throws HeadframeError `rig/wrong-password` if the rig refuses
   * @throws HeadframeError `rig/login-missing` without credentials, and whatever `login` and `work` throw
   */
  async use<T>(
    link: RigLink,
    login: (credentials: RigCredentials) => Promise<string>,
    work: (token: string) => Promise<T>,
  ): Promise<T> {
    const credentials = requireCredentials(link)
    const key = keyOf(link, credentials)
    const kept = this.#tokens.get(key)
    if (kept !== undefined) {
      try {
        return await work(kept)
      } catch (error) {
        if (!(error instanceof LoginExpired)) throw error
        this.#tokens.delete(key)
      }
    }
    const token = await login(credentials)
    this.#keep(key, token)
    try {
      return await work(token)
    } catch (error) {
      if (!(error instanceof LoginExpired)) throw error
      this.#tokens.delete(key)
      throw new HeadframeError(
        'rig/wrong-password',
        'The rig took the login and then refused what came with it. Check what this user may do in its web page.',
        { cause: error },
      )
    }
  }

  #keep(key: string, token: string): void {
    const [oldest] = this.#tokens.keys()
    if (this.#tokens.size >= MAX_SESSIONS && oldest !== undefined) this.#tokens.delete(oldest)
    this.#tokens.set(key, token)
  }
}

/** @throws HeadframeError `rig/login-missing` */
export function requireCredentials(link: RigLink): RigCredentials {
  if (link.credentials !== null) return link.credentials
  throw new HeadframeError(
    'rig/login-missing',
    "The rig wants a login for this. Enter the user name and password of the rig's own web page.",
  )
}

/** @param said the rig's own words; null if it gave none */
export function wrongLogin(said: string | null): HeadframeError {
  return new HeadframeError(
    'rig/wrong-password',
    `The rig refused the user name or password${said === null ? '' : ` (it says: ${said})`}. Enter those of its own web page; it is not tried again by itself, for some firmware locks out after a few.`,
    { context: { answer: said } },
  )
}

function keyOf({ address }: RigLink, { username, password }: RigCredentials): string {
  const secret = createHash('sha256').update(`${username}\0${password}`).digest('hex')
  return `${address.host}:${String(address.port)} ${secret}`
}
