/** The real link to a rig: joins HTTP, cgminer's exchange and frames to one address, one set of credentials, one limit. */
import { type Clock, type Entropy } from '../../base/index.ts'
import { frameExchange } from './frames.ts'
import { DigestMemory, httpLabel, httpRequest } from './http-session.ts'
import { type RigAddress, type RigCredentials, type RigLink, type RpcOptions } from './rig-link.ts'
import { rpcExchange, rpcLabel } from './rpc.ts'

export interface LinkLimits {
  /** Of one reply, before and after it is unpacked. */
  readonly replyBytes: number
}

/** The longest known are a tenth of it; what is longer would keep everybody waiting while it is read. */
export const DEFAULT_LINK_LIMITS: LinkLimits = { replyBytes: 1024 * 1024 }

export interface OpenLinkOptions {
  readonly address: RigAddress
  readonly credentials: RigCredentials | null
  readonly clock: Clock
  readonly entropy: Entropy
  /** Ends what is under way with `rig/given-up`. */
  readonly signal?: AbortSignal | undefined
  readonly limits?: LinkLimits | undefined
  /**
   * Told of every reply: what was asked (`GET /api/system/info`, `rpc summary`, `frame get.device.info`; no secrets), its
   * bytes as they came, and when.
   */
  readonly onReply?: ((asked: string, bytes: Uint8Array, atMs: number) => void) | undefined
}

const RPC_PORT = 4028
const FRAME_PORT = 4433
const TIMEOUT_MS = 5_000

/** Nothing is connected by this: every request has a connection of its own. */
export function openLink(options: OpenLinkOptions): RigLink {
  const { address, credentials, clock, entropy, signal, limits = DEFAULT_LINK_LIMITS, onReply } = options
  const limitBytes = limits.replyBytes
  const digest = new DigestMemory()
  const exchangeOf = (asked: string, port: number, timeoutMs: number) => ({
    host: address.host,
    port: address.port ?? port,
    asked,
    clock,
    signal,
    timeoutMs,
    limitBytes,
  })
  return {
    address,
    credentials,
    async http(request) {
      const context = { address, credentials, clock, entropy, signal, limitBytes, digest }
      const reply = await httpRequest(context, request)
      onReply?.(httpLabel(request), reply.body, clock.nowMs())
      return reply
    },
    async rpc(request, { port = RPC_PORT, timeoutMs = TIMEOUT_MS }: RpcOptions = {}) {
      const asked = `rpc ${rpcLabel(request)}`
      const bytes = await rpcExchange(exchangeOf(asked, port, timeoutMs), request)
      onReply?.(asked, bytes, clock.nowMs())
      return bytes
    },
    async frame(request, { port = FRAME_PORT, timeoutMs = TIMEOUT_MS }: RpcOptions = {}) {
      const asked = `frame ${rpcLabel(request)}`
      const bytes = await frameExchange(exchangeOf(asked, port, timeoutMs), request)
      onReply?.(asked, bytes, clock.nowMs())
      return bytes
    },
  }
}
