/**
 * The last replies of a rig as they came, for a support bundle and for the curious: in memory, cut, and masked before
 * anybody sees them. A link that notes what passes through it is here too; it changes nothing of what is said, but lets
 * no request out after a poll took too long or a login was refused.
 */
import { type Clock, HeadframeError } from '../../base/index.ts'
import { type RawRepliesView } from '../views/view-types.ts'
import { type HttpReply, type HttpRequest, type RigCredentials, type RigLink, type RpcOptions } from '../transport/rig-link.ts'
import { maskSecrets } from './mask-secrets.ts'

/** Of one reply, kept. */
export const KEPT_REPLY_BYTES = 64 * 1024
/** Of one rig; the one asked longest ago goes first. Families ask for a dozen things. */
const KEPT_REPLIES = 24

interface RawReply {
  readonly atMs: number
  readonly bytes: number
  /** Not masked: never leaves this module so. */
  readonly kept: Uint8Array
}

/** What a text has to be repaired for to be read; see the transport. */
export type DescribeRepairs = (text: string) => readonly string[]

export class RawReplies {
  readonly #replies = new Map<string, RawReply>()

  note(request: string, reply: Uint8Array, atMs: number): void {
    this.#replies.delete(request)
    // A copy: a view of a part would keep all of a large reply in memory.
    this.#replies.set(request, { atMs, bytes: reply.length, kept: reply.slice(0, KEPT_REPLY_BYTES) })
    for (const oldest of this.#replies.keys()) {
      if (this.#replies.size <= KEPT_REPLIES) break
      this.#replies.delete(oldest)
    }
  }

  /** @param known as for `maskSecrets` */
  view(rigId: string, known: readonly string[], repairs: DescribeRepairs): RawRepliesView {
    const decoder = new TextDecoder()
    return {
      rigId,
      replies: [...this.#replies].map(([request, { atMs, bytes, kept }]) => {
        const text = decoder.decode(kept)
        return {
          request: maskSecrets(request, known),
          at: Math.round(atMs),
          text: maskSecrets(text, known),
          bytes,
          repaired: bytes > KEPT_REPLY_BYTES ? [] : [...repairs(text)],
        }
      }),
    }
  }
}

export interface ObservedLinkOptions {
  readonly clock: Clock
  readonly replies: RawReplies
  /** Later requests are refused; null for no limit. */
  readonly budgetMs: number | null
  /** The rig refused the login, whatever becomes of that further up. */
  onRefusedLogin(): void
}

/** A link that does as the given one does and notes what comes back. */
export class ObservedLink implements RigLink {
  readonly #link: RigLink
  readonly #options: ObservedLinkOptions
  readonly #endsAtMs: number
  #refused: HeadframeError | null = null

  constructor(link: RigLink, options: ObservedLinkOptions) {
    this.#link = link
    this.#options = options
    this.#endsAtMs = options.budgetMs === null ? Infinity : options.clock.monotonicMs() + options.budgetMs
  }

  get address(): RigLink['address'] {
    return this.#link.address
  }

  get credentials(): RigCredentials | null {
    return this.#link.credentials
  }

  async http(request: HttpRequest): Promise<HttpReply> {
    // A refused login counts against a lockout of the rig's: it is shown once.
    if (this.#refused !== null && request.auth !== undefined && request.auth !== 'none') throw this.#refused
    const name = `${request.method ?? 'GET'} ${request.path.split('?')[0] ?? ''}`
    const reply = await this.#ask(name, () => this.#link.http(request))
    this.#note(name, reply.body)
    return reply
  }

  async rpc(request: string, options?: RpcOptions): Promise<Uint8Array> {
    const name = `rpc ${commandOf(request)}`
    const reply = await this.#ask(name, () => this.#link.rpc(request, options))
    this.#note(name, reply)
    return reply
  }

  async frame(request: string, options?: RpcOptions): Promise<Uint8Array> {
    const name = `frame ${commandOf(request)}`
    const reply = await this.#ask(name, () => this.#link.frame(request, options))
    this.#note(name, reply)
    return reply
  }

  async #ask<T>(name: string, ask: () => Promise<T>): Promise<T> {
    if (this.#options.clock.monotonicMs() > this.#endsAtMs) {
      throw new HeadframeError('rig/timeout', `The rig answers so slowly that ${name} was not asked any more.`)
    }
    try {
      return await ask()
    } catch (error) {
      if (error instanceof HeadframeError && error.code === 'rig/wrong-password') {
        this.#refused = error
        this.#options.onRefusedLogin()
      }
      throw error
    }
  }

  #note(name: string, reply: Uint8Array): void {
    this.#options.replies.note(name, reply, this.#options.clock.nowMs())
  }
}

/** What is asked for, without its parameters, which may hold passwords. */
function commandOf(request: string): string {
  const named = /"(?:command|cmd)"\s*:\s*"([\w.+ -]{1,60})"/.exec(request)
  if (named?.[1] !== undefined) return named[1]
  return /^[\w+ -]{1,60}/.exec(request)?.[0] ?? 'request'
}
