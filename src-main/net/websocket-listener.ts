/**
 * Accepting WebSockets, plain and under TLS on one port, within the limits of `accept-server.ts`. Which requests are let
 * in is for `websocket-admission.ts`.
 */
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import { type Socket } from 'node:net'
import { type Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { AcceptServer, type Arrival, type Listener, type ListenOptions } from './accept-server.ts'
import { type Connection } from './connection-types.ts'
import { DEFAULT_CONNECTION_LIMITS } from './queued-connection.ts'
import { type AdmissionRules, chooseSubprotocol, judgeUpgrade } from './websocket-admission.ts'
import { WebSocketConnection } from './websocket-connection.ts'
import { DEFAULT_PING_PERIOD_MS, Heartbeat } from './websocket-heartbeat.ts'
import { MAX_MESSAGE_BYTES, type Subprotocol } from './websocket-messages.ts'

export interface ListenWebSocketOptions extends ListenOptions {
  /** Origins of web pages that may connect, for instance `https://farm.example`. None unless given. */
  readonly allowedOrigins?: readonly string[]
  /** Names by which rigs reach us, beside numeric addresses, `localhost` and `host`. */
  readonly allowedHosts?: readonly string[]
  /** Secret that the path must be, after its slash. Any path will do unless given. */
  readonly pathToken?: string | null
  /** 30 s unless given; a peer is dropped at the third ping after two without a pong. */
  readonly pingPeriodMs?: number
}

type OnWebSocket = (connection: Connection, subprotocol: Subprotocol) => void

/** Ample for what rigs send; a page's cookies alone may be longer. */
const MAX_HEADER_BYTES = 8 * 1024
/** A message in pieces of a few bytes costs more than it carries. */
const MAX_FRAGMENTS = 1_024
const ONLY_WEBSOCKETS =
  'This port is for mining over WebSocket (sv2-noise.v1 or stratum1-json.v1). The dashboard is on another port.'

/**
 * Starts listening. A connection is handed over when its WebSocket is open.
 * @throws HeadframeError `listen/…` naming the port and the option that changes it
 */
export async function listenWebSocket(
  options: ListenWebSocketOptions,
  onConnection: OnWebSocket,
): Promise<Listener> {
  const upgrader = new Upgrader(options, onConnection)
  const server = new AcceptServer(options, (stream, secure, arrival) =>
    upgrader.take(stream, secure, arrival),
  )
  await server.start()
  return server
}

interface Guest {
  readonly secure: boolean
  readonly arrival: Arrival
}

/** Speaks HTTP with accepted streams until they are WebSockets. */
class Upgrader {
  readonly #options: ListenWebSocketOptions
  readonly #onConnection: OnWebSocket
  readonly #rules: AdmissionRules
  readonly #http: Server
  readonly #webSockets: WebSocketServer
  readonly #heartbeat: Heartbeat
  readonly #guests = new WeakMap<Duplex, Guest>()

  constructor(options: ListenWebSocketOptions, onConnection: OnWebSocket) {
    this.#options = options
    this.#onConnection = onConnection
    this.#rules = {
      allowedOrigins: (options.allowedOrigins ?? []).map((each) => each.toLowerCase()),
      allowedHosts: [...(options.allowedHosts ?? []), options.host].map((each) => each.toLowerCase()),
      pathToken: options.pathToken ?? null,
    }
    this.#heartbeat = new Heartbeat(options.loop.clock, options.pingPeriodMs ?? DEFAULT_PING_PERIOD_MS)
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      maxFragments: MAX_FRAGMENTS,
      handleProtocols: (offered) => chooseSubprotocol(offered) ?? false,
    })
    // Only parses: streams come from the accept server, and with them the limit of time.
    this.#http = createServer({ maxHeaderSize: MAX_HEADER_BYTES })
    this.#http.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head))
    this.#http.on('request', (request) => this.#refuse(request.socket, 426, ONLY_WEBSOCKETS))
    this.#http.on('clientError', (_error, stream) => this.#refuse(stream, 400, ONLY_WEBSOCKETS))
  }

  take(stream: Socket, secure: boolean, arrival: Arrival): void {
    this.#guests.set(stream, { secure, arrival })
    this.#http.emit('connection', stream)
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const guest = this.#guests.get(stream)
    if (guest === undefined) {
      stream.destroy()
      return
    }
    const { host, origin, 'sec-websocket-protocol': subprotocols } = request.headers
    const admission = judgeUpgrade(this.#rules, { path: request.url ?? '/', host, origin, subprotocols })
    if (admission.kind === 'refused') {
      this.#refuse(stream, admission.status, admission.message)
      return
    }
    const { loop, limits = DEFAULT_CONNECTION_LIMITS } = this.#options
    this.#webSockets.handleUpgrade(request, stream, head, (webSocket) => {
      this.#guests.delete(stream)
      const { subprotocol } = admission
      const connection = new WebSocketConnection({
        webSocket,
        stream,
        secure: guest.secure,
        subprotocol,
        loop,
        limits,
        heartbeat: this.#heartbeat,
      })
      guest.arrival.admit(connection)
      this.#onConnection(connection, subprotocol)
    })
  }

  /** Answers with a sentence and ends; a peer that does not read it ends with its time. */
  #refuse(stream: Duplex, status: number, message: string): void {
    const guest = this.#guests.get(stream)
    if (guest === undefined) {
      stream.destroy()
      return
    }
    this.#guests.delete(stream)
    guest.arrival.refuse('upgrade-refused')
    stream.on('error', ignore)
    if (!stream.writable) {
      stream.destroy()
      return
    }
    const body = `${message}\n`
    const head = [
      `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${String(Buffer.byteLength(body))}`,
      ...(status === 426 ? ['Upgrade: websocket'] : []),
    ]
    stream.once('finish', () => stream.destroy())
    stream.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  }
}

function ignore(): void {}
