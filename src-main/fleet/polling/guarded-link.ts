/**
 * A link that shows a login once: after the rig refused it nothing more goes out with it, because refused logins count
 * against a lockout. Otherwise it does as the given one does.
 */
import { HeadframeError } from '../../base/index.ts'
import {
  type HttpReply,
  type HttpRequest,
  type RigCredentials,
  type RigLink,
  type RpcOptions,
} from '../transport/rig-link.ts'

export class GuardedLink implements RigLink {
  readonly #link: RigLink
  readonly #onRefused: () => void
  #refusal: HeadframeError | null = null

  /** @param onRefused the rig refused the login, whatever becomes of that further up */
  constructor(link: RigLink, onRefused: () => void) {
    this.#link = link
    this.#onRefused = onRefused
  }

  get address(): RigLink['address'] {
    return this.#link.address
  }

  get credentials(): RigCredentials | null {
    return this.#link.credentials
  }

  http(request: HttpRequest): Promise<HttpReply> {
    if (this.#refusal !== null && request.auth !== undefined && request.auth !== 'none') {
      return Promise.reject(this.#refusal)
    }
    return this.#watch(this.#link.http(request))
  }

  rpc(request: string, options?: RpcOptions): Promise<Uint8Array> {
    return this.#watch(this.#link.rpc(request, options))
  }

  frame(request: string, options?: RpcOptions): Promise<Uint8Array> {
    return this.#watch(this.#link.frame(request, options))
  }

  async #watch<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      if (error instanceof HeadframeError && error.code === 'rig/wrong-password' && this.#refusal === null) {
        this.#refusal = error
        this.#onRefused()
      }
      throw error
    }
  }
}
