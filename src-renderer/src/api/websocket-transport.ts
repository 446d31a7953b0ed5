/**
 * Reaches the core over a WebSocket at `/rpc` of the page's own origin. The session cookie that the server
 * set at the first load authenticates it. Browsers do not tell why a WebSocket was refused, so a failed
 * attempt is followed by one plain request that does.
 */
import { RPCLink } from '@orpc/client/websocket'
import type { OpenOutcome, Transport } from './transport.ts'

const OPEN_TIMEOUT_MS = 8000

export interface WebSocketTransportOptions {
  /** Where the page came from, for instance `http://127.0.0.1:4950`. */
  origin: string
  createWebSocket?: (url: string) => WebSocket
  fetch?: typeof globalThis.fetch
}

export function webSocketTransport(options: WebSocketTransportOptions): Transport {
  const createWebSocket = options.createWebSocket ?? ((url) => new WebSocket(url))
  const request = options.fetch ?? globalThis.fetch.bind(globalThis)
  const url = new URL('/rpc', options.origin)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'

  async function explainRefusal(signal: AbortSignal): Promise<OpenOutcome> {
    try {
      const answer = await request(new URL('/api/app', options.origin), { signal, cache: 'no-store' })
      return { kind: answer.status === 401 || answer.status === 403 ? 'unauthorised' : 'unreachable' }
    } catch {
      return { kind: 'unreachable' }
    }
  }

  return {
    async open(signal) {
      const socket = createWebSocket(url.href)
      const closed = new Promise<void>((resolve) => {
        socket.addEventListener('close', () => resolve(), { once: true })
      })
      const link = new RPCLink({ websocket: socket })
      const opened = await settled(socket, signal)
      if (opened) return { kind: 'open', link, closed, close: () => socket.close() }
      socket.close()
      return signal.aborted ? { kind: 'unreachable' } : explainRefusal(signal)
    },
  }
}

/** True once open; false when refused, aborted or still undecided after the time limit. */
function settled(socket: WebSocket, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (opened: boolean): void => {
      clearTimeout(timer)
      resolve(opened)
    }
    const timer = setTimeout(() => finish(false), OPEN_TIMEOUT_MS)
    socket.addEventListener('open', () => finish(true), { once: true })
    socket.addEventListener('close', () => finish(false), { once: true })
    signal.addEventListener('abort', () => finish(false), { once: true })
  })
}
