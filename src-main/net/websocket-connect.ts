/** Outgoing WebSockets: a socket as for TCP or TLS, then the upgrade. The protocol inside is for the session. */
import { type ClientRequest, type IncomingMessage } from 'node:http'
import { type Socket } from 'node:net'
import { WebSocket } from 'ws'
import { type HeadframeError } from '../base/index.ts'
import {
  aborted,
  type ConnectPlace,
  explainUpgradeError,
  timedOut,
  upgradeAnswered,
} from './connect-errors.ts'
import { type Connection } from './connection-types.ts'
import { formatHostPort } from './host-port.ts'
import { DEFAULT_CONNECT_TIMEOUT_MS, openSocket, type OpenSocketOptions } from './open-socket.ts'
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from './queued-connection.ts'
import { WebSocketConnection } from './websocket-connection.ts'
import { DEFAULT_PING_PERIOD_MS, Heartbeat } from './websocket-heartbeat.ts'
import { type Subprotocol } from './websocket-messages.ts'

export interface ConnectWebSocketOptions extends OpenSocketOptions {
  /** Path and query, `/` unless given. */
  readonly path?: string
  readonly subprotocol: Subprotocol
  readonly limits?: ConnectionLimits
  /** 30 s unless given. */
  readonly pingPeriodMs?: number
}

/** A pool may put several frames into one message; more than this is no mining. */
const MAX_UPSTREAM_MESSAGE_BYTES = 1024 * 1024
/** Of a refusal's text; enough for a sentence. */
const MAX_ANSWER_BYTES = 300

/**
 * Opens a WebSocket: `ws` if `tls` is null, `wss` otherwise. It is ready to write; reading begins with `onData`.
 * @throws HeadframeError `connect/…`, `tls/…` or `websocket/…`, with a sentence that says what to do
 */
export async function connectWebSocket(options: ConnectWebSocketOptions): Promise<Connection> {
  const { loop, subprotocol, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS, onProgress } = options
  const startedAtMs = loop.clock.monotonicMs()
  const socket = await openSocket(options)
  const leftMs = Math.max(0, timeoutMs - (loop.clock.monotonicMs() - startedAtMs))
  const webSocket = await upgrade(socket, options, leftMs)
  onProgress?.({ step: 'upgrade', detail: `${pathOf(options)}, ${subprotocol}`, subprotocol })
  return new WebSocketConnection({
    webSocket,
    stream: socket,
    secure: options.tls !== null,
    subprotocol,
    loop,
    limits: options.limits ?? DEFAULT_CONNECTION_LIMITS,
    heartbeat: new Heartbeat(loop.clock, options.pingPeriodMs ?? DEFAULT_PING_PERIOD_MS),
  })
}

function pathOf({ path = '/' }: ConnectWebSocketOptions): string {
  return path.startsWith('/') ? path : `/${path}`
}

/** Turns the socket into a WebSocket that is paused; ends it on failure. */
function upgrade(socket: Socket, options: ConnectWebSocketOptions, leftMs: number): Promise<WebSocket> {
  const { loop, signal, subprotocol, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options
  const place: ConnectPlace = { host: options.host, port: options.port }
  return new Promise((resolve, reject) => {
    socket.on('error', ignore)
    let webSocket: WebSocket
    try {
      const scheme = options.tls === null ? 'ws' : 'wss'
      webSocket = new WebSocket(`${scheme}://${formatHostPort(place)}${pathOf(options)}`, [subprotocol], {
        createConnection: () => socket,
        perMessageDeflate: false,
        followRedirects: false,
        maxPayload: MAX_UPSTREAM_MESSAGE_BYTES,
      })
    } catch (error) {
      socket.destroy()
      reject(explainUpgradeError(place, subprotocol, error))
      return
    }
    const settle = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
      webSocket.removeAllListeners()
      webSocket.on('error', ignore)
    }
    const fail = (error: HeadframeError): void => {
      settle()
      webSocket.terminate()
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => fail(aborted(place))
    const timer = loop.clock.after(leftMs, () => fail(timedOut(place, 'the WebSocket handshake', timeoutMs)))
    signal?.addEventListener('abort', onAbort, { once: true })
    webSocket.on('error', (error) => fail(explainUpgradeError(place, subprotocol, error)))
    webSocket.on('unexpected-response', (_request: ClientRequest, response: IncomingMessage) => {
      void beginningOf(response).then((text) => fail(upgradeAnswered(place, response, text)))
    })
    webSocket.on('open', () => {
      settle()
      webSocket.off('error', ignore)
      // Messages that came with the answer wait until somebody listens.
      webSocket.pause()
      resolve(webSocket)
    })
  })
}

/** The first words of an answer, or nothing if it ends or breaks first. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  let text = ''
  try {
    for await (const chunk of response) {
      text += String(chunk)
      if (text.length >= MAX_ANSWER_BYTES) break
    }
  } catch {
    // What came before the break is all there is.
  }
  return text.slice(0, MAX_ANSWER_BYTES)
}

function ignore(): void {}
