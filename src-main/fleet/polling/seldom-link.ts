/**
 * A link for polls that answers some requests itself, as the rig answered them a while ago: rigs are asked less, and polls
 * take less. Which requests is the families' to say (`families/seldom.ts`). Never used by actions and what verifies them.
 */
import { httpLabel } from '../transport/http-session.ts'
import { rpcLabel } from '../transport/rpc.ts'
import {
  type HttpReply,
  type HttpRequest,
  type RigCredentials,
  type RigLink,
  type RpcOptions,
} from '../transport/rig-link.ts'

/** How long an answer is good for. */
export const SELDOM_EVERY_MS = 5 * 60_000
const OK = 200

/** Answers of one rig, by what was asked. */
export class SeldomReplies {
  readonly #answers = new Map<string, { readonly answer: HttpReply | Uint8Array; readonly atMs: number }>()

  /** The rig may have changed: all of it is asked anew. */
  clear(): void {
    this.#answers.clear()
  }

  /** @param isGood whether the answer is worth keeping */
  async ask<T extends HttpReply | Uint8Array>(
    key: string,
    nowMs: number,
    ask: () => Promise<T>,
    isGood: (answer: T) => boolean,
  ): Promise<T> {
    const known = this.#answers.get(key)
    // What was kept under a key is what that key is asked with.
    if (known && nowMs - known.atMs < SELDOM_EVERY_MS) return known.answer as T
    const answer = await ask()
    if (isGood(answer)) this.#answers.set(key, { answer, atMs: nowMs })
    else this.#answers.delete(key)
    return answer
  }
}

export interface SeldomLinkParts {
  readonly link: RigLink
  readonly replies: SeldomReplies
  /** What is asked seldom, as `SELDOM_ASKED` spells it. */
  readonly seldom: readonly string[]
  readonly monotonicMs: () => number
}

export class SeldomLink implements RigLink {
  readonly #parts: SeldomLinkParts

  constructor(parts: SeldomLinkParts) {
    this.#parts = parts
  }

  get address(): RigLink['address'] {
    return this.#parts.link.address
  }

  get credentials(): RigCredentials | null {
    return this.#parts.link.credentials
  }

  http(request: HttpRequest): Promise<HttpReply> {
    const { link, replies, seldom, monotonicMs } = this.#parts
    if (!seldom.includes(httpLabel(request))) return link.http(request)
    const key = `${String(request.port ?? 0)} ${httpLabel(request)} ${request.path}`
    return replies.ask(
      key,
      monotonicMs(),
      () => link.http(request),
      ({ status }) => status === OK,
    )
  }

  rpc(request: string, options?: RpcOptions): Promise<Uint8Array> {
    const { link, replies, seldom, monotonicMs } = this.#parts
    if (!seldom.includes(askedOf(request))) return link.rpc(request, options)
    const key = `${String(options?.port ?? 0)} ${request}`
    return replies.ask(
      key,
      monotonicMs(),
      () => link.rpc(request, options),
      () => true,
    )
  }

  frame(request: string, options?: RpcOptions): Promise<Uint8Array> {
    return this.#parts.link.frame(request, options)
  }
}

/** `rpc version`, `rpc ascset 0,help`: command and parameter, in JSON or as text. */
function askedOf(request: string): string {
  const [, json, text] = /"parameter"\s*:\s*"([^"]*)"|^\w+\|(.*)$/.exec(request) ?? []
  const parameter = json ?? text
  return `rpc ${rpcLabel(request)}${parameter === undefined ? '' : ` ${parameter}`}`
}
