/**
 * JSON-RPC to the person's own Bitcoin node (bitcoind's `httprpc.cpp`: Basic login by user and password or by its cookie
 * file; errors come as JSON with status 500 or 404, several calls in one list). Knows no call.
 */
import { HeadframeError } from '../../../base/index.ts'
import { type Answer } from '../answer.ts'
import { type AskedOutside, cookieUnreadable, refused, reported } from '../failures.ts'
import { hostOfUrl, type OutsideClient } from '../http.ts'

export interface NodeConfig {
  /** `http://host:port`, https behind a proxy of one's own. */
  readonly url: string
  readonly user: string
  /** A secret. Empty for none. */
  readonly password: string
  /** Path of the node's `.cookie`; read anew for every call, for it changes with each start. Used without a user. */
  readonly cookieFile: string
  /** Further certificates to trust, PEM. */
  readonly trustedCertificates?: readonly string[]
}

export interface NodeRpcOptions {
  readonly client: OutsideClient
  /** Id of the entry in the register. */
  readonly entry: string
  readonly node: NodeConfig
  /** Reads a text file; rejects like `fs.readFile`. */
  readonly readText: (path: string) => Promise<string>
}

export interface RpcCall {
  readonly method: string
  readonly params?: readonly unknown[]
}

/** What one call of several gave. */
export type RpcOutcome =
  | { readonly ok: true; readonly result: Answer }
  | { readonly ok: false; readonly code: number; readonly message: string }

export interface RpcLimits {
  readonly timeoutMs?: number
  readonly limitBytes?: number
  readonly signal?: AbortSignal
}

/** Bitcoin Core's `protocol.h`: what cannot be done here, as an index that is not kept or data that was pruned. */
export const RPC_MISC_ERROR = -1
export const RPC_INVALID_PARAMETER = -8
export const RPC_METHOD_NOT_FOUND = -32601
/** Still loading its own data. */
export const RPC_IN_WARMUP = -28

const DEFAULT_TIMEOUT_MS = 30_000

export class NodeRpc {
  readonly #options: NodeRpcOptions

  constructor(options: NodeRpcOptions) {
    this.#options = options
  }

  /**
   * One call.
   * @throws HeadframeError `outside/…`; the node's own errors are `outside/failed` with `rpcCode` in the context
   */
  async call<T>(
    method: string,
    params: readonly unknown[],
    parse: (result: Answer) => T,
    limits: RpcLimits = {},
  ): Promise<T> {
    const body = JSON.stringify({ jsonrpc: '1.0', id: 0, method, params })
    return this.#ask(body, limits, (answer, of) => {
      const outcome = outcomeOf(answer)
      if (!outcome.ok) throw reported(of, outcome.message, outcome.code)
      return parse(outcome.result)
    })
  }

  /** Several calls at once; outcomes in the order of the calls. @throws HeadframeError `outside/…` if nothing was answered */
  async batch(calls: readonly RpcCall[], limits: RpcLimits = {}): Promise<RpcOutcome[]> {
    const body = JSON.stringify(
      calls.map(({ method, params = [] }, id) => ({ jsonrpc: '1.0', id, method, params })),
    )
    return this.#ask(body, limits, (answer, of) => {
      if (!answer.isList) {
        const outcome = outcomeOf(answer)
        if (!outcome.ok) throw reported(of, outcome.message, outcome.code)
        throw answer.wrong('is no list')
      }
      const byId = new Map(answer.items().map((item) => [item.get('id').count(), outcomeOf(item)]))
      return calls.map((_, id) => {
        const outcome = byId.get(id)
        if (outcome === undefined) throw answer.wrong(`lacks the answer to call ${String(id)}`)
        return outcome
      })
    })
  }

  async #ask<T>(body: string, limits: RpcLimits, parse: (answer: Answer, of: AskedOutside) => T): Promise<T> {
    const { client, entry, node } = this.#options
    return client.jsonOfAnyStatus(
      {
        entry,
        url: node.url,
        body,
        headers: { 'content-type': 'application/json', authorization: await this.#login() },
        timeoutMs: limits.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        ...(limits.limitBytes === undefined ? {} : { limitBytes: limits.limitBytes }),
        ...(limits.signal === undefined ? {} : { signal: limits.signal }),
        ...(node.trustedCertificates === undefined ? {} : { trustedCertificates: node.trustedCertificates }),
      },
      (answer, of, status) => {
        if (status === 401 || status === 403) throw refused(of, status)
        return parse(answer, of)
      },
    )
  }

  async #login(): Promise<string> {
    const { node, entry, readText } = this.#options
    let login = `${node.user}:${node.password}`
    if (node.user === '' && node.cookieFile !== '') {
      try {
        login = (await readText(node.cookieFile)).trim()
      } catch (cause) {
        throw cookieUnreadable({ entry, host: hostOfUrl(node.url) ?? node.url }, node.cookieFile, cause)
      }
    }
    return `Basic ${Buffer.from(login).toString('base64')}`
  }
}

function outcomeOf(answer: Answer): RpcOutcome {
  const error = answer.find('error')
  if (error === undefined) return { ok: true, result: answer.get('result') }
  return { ok: false, code: error.get('code').integer(), message: error.get('message').text() }
}

/** The node's own code of an error that `NodeRpc.call` threw; null if it is none of the node's. */
export function rpcCodeOf(error: unknown): number | null {
  if (!(error instanceof HeadframeError)) return null
  const { rpcCode } = error.context
  return typeof rpcCode === 'number' ? rpcCode : null
}
