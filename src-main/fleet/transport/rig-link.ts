/**
 * What a family talks to its rig through: bytes out, bytes back, one request at a time. Knows addresses, timeouts and
 * limits, and nothing of what is said. Families are written against this; `open-link.ts` has the real one.
 *
 * Every call may throw `HeadframeError`:
 *   `rig/unreachable`     nobody answers there (refused, no route, name unknown)
 *   `rig/timeout`         no answer, or half of one, in time; a write may have happened
 *   `rig/cut-off`         the connection ended before the answer did; a write may have happened
 *   `rig/too-large`       the reply has more than the limit
 *   `rig/bad-reply`       not what this protocol says at all (no HTTP, no JSON where there must be some)
 *   `rig/wrong-password`  the rig refused the credentials
 *   `rig/given-up`        whoever opened the link ended it
 */

/**
 * Where a rig is. Without a port its services are at their usual ports (80, 443, 4028, 4433, 6060, 8080). With one, all of
 * them are behind that port: rigs behind a forwarder, and practice rigs, which tell protocols apart by what is said first.
 */
export interface RigAddress {
  /** Address or name, without brackets. */
  readonly host: string
  readonly port: number | null
}

export interface RigCredentials {
  readonly username: string
  readonly password: string
}

/** How a family shows who it is over HTTP. */
export type HttpAuth = 'none' | 'basic' | 'digest'

export interface HttpRequest {
  /** GET if absent. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With query, begins with a slash. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is; `json` is sent as JSON with its content type. At most one of the two. */
  readonly body?: string
  readonly json?: unknown
  /** Credentials of the link are used with `basic` and `digest`. `none` if absent. */
  readonly auth?: HttpAuth
  /** The usual port of this service: 80 if absent. */
  readonly port?: number
  /** 5000 if absent. */
  readonly timeoutMs?: number
  /** Gives a redirect as the reply that it is, to https too. */
  readonly showRedirect?: boolean
}

export interface HttpReply {
  readonly status: number
  /** Names in lower case; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface RpcOptions {
  /** 4028 if absent. */
  readonly port?: number
  /** 5000 if absent. */
  readonly timeoutMs?: number
}

export interface RigLink {
  readonly address: RigAddress
  /** Those that apply to this rig; null if none were entered. */
  readonly credentials: RigCredentials | null
  /**
   * One HTTP request on a connection of its own. Redirects are not followed but to https of the same host, whatever its
   * certificate (rigs sign their own). Any status is a reply, but 401 with credentials is `rig/wrong-password`.
   */
  http(request: HttpRequest): Promise<HttpReply>
  /**
   * One request of the cgminer kind on a connection of its own: the text is sent as it is, with a newline after it.
   * The reply ends at the first NUL, at the end of the connection, or where its JSON is complete.
   */
  rpc(request: string, options?: RpcOptions): Promise<Uint8Array>
  /**
   * One Whatsminer v3 exchange: 4 bytes of little-endian length, then JSON, both ways.
   * @returns the JSON's bytes
   */
  frame(request: string, options?: RpcOptions): Promise<Uint8Array>
}
