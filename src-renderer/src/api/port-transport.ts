/**
 * Reaches the core over a message port that the desktop window's preload hands over. The preload exposes
 * `window.headframe.connect()`; each call makes it post the message `headframe:port` with one port to the
 * page. Who may talk over that port is decided on the other side.
 */
import { RPCLink } from '@orpc/client/message-port'
import type { OpenOutcome, Transport } from './transport.ts'

/** What the preload puts on `window`. */
export interface HeadframeBridge {
  /** Asks for a fresh port. */
  connect(): void
}

/** The message that carries the port. */
export const PORT_MESSAGE = 'headframe:port'

const PORT_TIMEOUT_MS = 8000

export function findBridge(page: object): HeadframeBridge | null {
  const bridge: unknown = 'headframe' in page ? page.headframe : undefined
  if (typeof bridge !== 'object' || bridge === null || !('connect' in bridge)) return null
  return typeof bridge.connect === 'function' ? (bridge as HeadframeBridge) : null
}

export function bridgeTransport(page: Window, bridge: HeadframeBridge): Transport {
  return {
    async open(signal) {
      const port = await nextPort(page, bridge, signal)
      return port === null ? { kind: 'unreachable' } : openPort(port)
    },
  }
}

/** Makes a link of a port. The port's `close` event is how the far end's death is noticed. */
export function openPort(port: MessagePort): OpenOutcome {
  const closed = new Promise<void>((resolve) => {
    port.addEventListener('close', () => resolve(), { once: true })
  })
  const link = new RPCLink({ port })
  port.start()
  return { kind: 'open', link, closed, close: () => port.close() }
}

function nextPort(page: Window, bridge: HeadframeBridge, signal: AbortSignal): Promise<MessagePort | null> {
  return new Promise((resolve) => {
    const finish = (port: MessagePort | null): void => {
      clearTimeout(timer)
      page.removeEventListener('message', onMessage)
      resolve(port)
    }
    const onMessage = (event: MessageEvent<unknown>): void => {
      const port = event.ports[0]
      if (event.source === page && event.data === PORT_MESSAGE && port !== undefined) finish(port)
    }
    const timer = setTimeout(() => finish(null), PORT_TIMEOUT_MS)
    signal.addEventListener('abort', () => finish(null), { once: true })
    page.addEventListener('message', onMessage)
    bridge.connect()
  })
}
