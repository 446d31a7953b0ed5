/**
 * Gives a practice firmware its sockets: HTTP with WebSockets, TLS, cgminer's RPC and length-prefixed frames, each at its
 * usual port or all behind one, where what a client says first tells which it means. What is answered is the firmware's
 * affair. Framing as in the rig API digest, sections 2.1 and 5.7.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { errorText, HeadframeError, systemClock, systemErrorCode } from '../../base/index.ts'
import { createSelfSignedCertificate } from '../../net/index.ts'
import { type Firmware, HANG_UP, SAY_NOTHING } from './firmware.ts'
import { type RigBody } from './rig-body.ts'

/** Everything at one port (0 picks a free one), or every service at its usual one. */
export type FirmwarePlace =
  { readonly host: string; readonly port: number } | { readonly host: string; readonly usualPorts: true }

export interface FirmwareOptions {
  readonly firmware: Firmware
  readonly body: RigBody
  readonly at: FirmwarePlace
}

export interface RunningFirmware {
  /** `port` is null when every service is at its usual one. */
  readonly address: { readonly host: string; readonly port: number | null }
  /** Ends all connections and frees the ports. Harmless when repeated. */
  stop(): Promise<void>
}

type Service = 'http' | 'https' | 'rpc' | 'frames'

/** What is served at one port. */
interface Services {
  readonly served: ReadonlySet<Service>
  /** What the firmware is told of the port that was asked over HTTP. */
  readonly httpPort: number
  /** A port of the rig itself, not the one that stands for all of its ports. */
  readonly usual: boolean
}

const SERVICES: readonly Service[] = ['http', 'https', 'rpc', 'frames']
/** Pool lists of a farm manager are the longest thing a rig is told; certificates of pools are 3000 characters each. */
const MAX_HTTP_BODY_BYTES = 256 * 1024
/** A little more than the 4 kB of cgminer's own buffer. */
const MAX_RPC_BYTES = 8 * 1024
const MAX_FRAME_BYTES = 64 * 1024
const FRAME_LENGTH_BYTES = 4
/** A client that says nothing, or waits for an answer that does not come. */
const IDLE_TIMEOUT_MS = 60_000
/** A command as text without an end ends when nothing follows for so long: cgminer itself takes what one read gives it. */
const QUIET_MS = 100
const MAX_CONNECTIONS = 200
const USUAL_HTTP_PORT = 80
const USUAL_HTTPS_PORT = 443
const TLS_HANDSHAKE = 0x16
const OPENING_BRACE = 0x7b

/**
 * Starts listening for the firmware of one machine. While the machine reboots nobody is answered.
 * @throws HeadframeError `listen/port-taken`, `listen/failed`
 */
export async function startFirmware(options: FirmwareOptions): Promise<RunningFirmware> {
  const host = new FirmwareHost(options)
  try {
    await host.start()
  } catch (error) {
    await host.stop()
    throw error
  }
  return host
}

class FirmwareHost implements RunningFirmware {
  readonly #firmware: Firmware
  readonly #body: RigBody
  readonly #at: FirmwarePlace
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()
  readonly #unsubscribe: () => void
  /** The usual port of the service, by the connection. */
  readonly #askedPorts = new WeakMap<Duplex, number>()
  readonly #webSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_RPC_BYTES })
  readonly #http: HttpServer
  #https: HttpsServer | null = null
  #port: number | null = null

  constructor({ firmware, body, at }: FirmwareOptions) {
    this.#firmware = firmware
    this.#body = body
    this.#at = at
    this.#http = createHttpServer()
    this.#speakHttp(this.#http, false)
    // What was answered goes out first: rigs say yes and then go.
    this.#unsubscribe = body.reboots.on(() => setImmediate(() => this.#hangUp()))
  }

  get address(): RunningFirmware['address'] {
    return { host: this.#at.host, port: this.#port }
  }

  async start(): Promise<void> {
    const { ports } = this.#firmware
    const all = SERVICES.filter((service) => (ports[service] ?? []).length > 0)
    if (all.includes('https')) await this.#prepareTls()
    if ('port' in this.#at) {
      const services = { served: new Set(all), httpPort: USUAL_HTTP_PORT, usual: false }
      this.#port = await this.#listen(this.#at.port, services)
      return
    }
    for (const port of new Set(all.flatMap((service) => ports[service] ?? []))) {
      const served = new Set(all.filter((service) => ports[service]?.includes(port)))
      await this.#listen(port, { served, httpPort: port, usual: true })
    }
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(
      this.#servers.splice(0).map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    )
    this.#http.closeAllConnections()
    this.#https?.closeAllConnections()
    this.#webSockets.close()
  }

  async #prepareTls(): Promise<void> {
    const { certificatePem, privateKeyPem } = await createSelfSignedCertificate({
      hosts: [this.#at.host],
      nowMs: this.#body.clock.nowMs(),
    })
    this.#https = createHttpsServer({ cert: certificatePem, key: privateKeyPem })
    this.#https.on('tlsClientError', (_error, socket) => socket.destroy())
    this.#speakHttp(this.#https, true)
  }

  #listen(port: number, services: Services): Promise<number> {
    const { host } = this.#at
    const server = createServer((socket) => this.#welcome(socket, services))
    server.maxConnections = MAX_CONNECTIONS
    this.#servers.push(server)
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(explainListening(host, port, error)))
      server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port))
    })
  }

  #welcome(socket: Socket, services: Services): void {
    socket.on('error', () => socket.destroy())
    if (this.#body.power === 'rebooting') {
      socket.resetAndDestroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.setTimeout(IDLE_TIMEOUT_MS, () => socket.destroy())
    let said = Buffer.alloc(0)
    const listenOn = (chunk: Buffer): void => {
      said = Buffer.concat([said, chunk])
      const protocol = tellProtocol(said, services)
      if (protocol === null) return
      socket.off('data', listenOn)
      socket.pause()
      socket.unshift(said)
      this.#hand(socket, protocol, services)
    }
    socket.on('data', listenOn)
  }

  #hand(socket: Socket, protocol: Service | 'unknown', { httpPort }: Services): void {
    switch (protocol) {
      case 'http':
        this.#askedPorts.set(socket, httpPort)
        this.#http.emit('connection', socket)
        process.nextTick(() => socket.resume())
        break
      case 'https':
        this.#https?.emit('connection', socket)
        break
      case 'rpc':
        this.#takeRpc(socket)
        process.nextTick(() => socket.resume())
        break
      case 'frames':
        this.#takeFrames(socket)
        process.nextTick(() => socket.resume())
        break
      case 'unknown':
        socket.resetAndDestroy()
    }
  }

  #hangUp(): void {
    for (const socket of this.#sockets) socket.destroySoon()
  }

  /* ---- HTTP ---- */

  #speakHttp(server: HttpServer | HttpsServer, tls: boolean): void {
    server.requestTimeout = IDLE_TIMEOUT_MS
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#collect(request, response, tls)
    })
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      this.#upgrade(request, stream, head)
    })
    server.on('clientError', (_error: Error, stream: Duplex) => stream.destroy())
  }

  #collect(request: IncomingMessage, response: ServerResponse, tls: boolean): void {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MAX_HTTP_BODY_BYTES) chunks.push(chunk)
      else if (!response.headersSent) response.writeHead(413, { connection: 'close' }).end()
    })
    request.on('end', () => {
      if (!response.headersSent) this.#answer(request, response, Buffer.concat(chunks).toString(), tls)
    })
    request.on('error', () => response.destroy())
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: string, tls: boolean): void {
    const url = requestUrl(request)
    if (this.#body.power === 'rebooting' || url === null || !this.#firmware.http) {
      request.socket.destroy()
      return
    }
    const reply = this.#firmware.http({
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: plainHeaders(request),
      body,
      tls,
      port: this.#askedPort(request.socket, tls),
    })
    if (reply === SAY_NOTHING) return
    if (reply === HANG_UP) {
      request.socket.destroy()
      return
    }
    const { status = 200, headers = {}, json } = reply
    const bytes = json === undefined ? Buffer.from(reply.body ?? '') : Buffer.from(JSON.stringify(json))
    const type = json === undefined ? {} : { 'content-type': 'application/json' }
    response.writeHead(status, { ...type, 'content-length': bytes.length, ...headers }).end(bytes)
  }

  #askedPort(socket: Duplex, tls: boolean): number {
    return this.#askedPorts.get(socket) ?? (tls ? USUAL_HTTPS_PORT : USUAL_HTTP_PORT)
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy())
    const url = requestUrl(request)
    let client: WebSocket | null = null
    const early: string[] = []
    const send = (text: string): void => {
      if (client === null) early.push(text)
      else if (client.readyState === client.OPEN) client.send(text)
    }
    const leave =
      this.#body.power === 'rebooting' || url === null
        ? null
        : (this.#firmware.socket?.(url.pathname, send) ?? null)
    if (leave === null) {
      stream.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
      return
    }
    // Until the handshake succeeded it is the bare connection that may end.
    stream.once('close', leave)
    this.#webSockets.handleUpgrade(request, stream, head, (opened) => {
      client = opened
      const { socket } = request
      socket.setTimeout(0)
      opened.on('error', () => opened.terminate())
      for (const text of early.splice(0)) opened.send(text)
    })
  }

  /* ---- RPC and frames ---- */

  #takeRpc(socket: Socket): void {
    let text = ''
    const quiet = { timer: null as { cancel(): void } | null }
    const answer = (request: string): void => {
      socket.off('data', onData)
      quiet.timer?.cancel()
      this.#answerRpc(socket, request)
    }
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('utf8')
      quiet.timer?.cancel()
      const request = completeRequest(text)
      if (request !== null) answer(request)
      else if (text.length > MAX_RPC_BYTES) socket.destroy()
      else if (!text.startsWith('{')) quiet.timer = systemClock.after(QUIET_MS, () => answer(text.trim()))
    }
    socket.on('data', onData)
    socket.once('close', () => quiet.timer?.cancel())
  }

  #answerRpc(socket: Socket, request: string): void {
    if (this.#body.power === 'rebooting' || !this.#firmware.rpc) {
      socket.resetAndDestroy()
      return
    }
    const reply = this.#firmware.rpc(request)
    // Whatever a client still says would else turn the end into a reset.
    socket.resume()
    if (reply === HANG_UP) socket.destroy()
    else if (reply !== SAY_NOTHING) socket.end(reply)
  }

  /** The connection stays open for the next frame. */
  #takeFrames(socket: Socket): void {
    let waiting = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk])
      while (waiting.length >= FRAME_LENGTH_BYTES && !socket.destroyed) {
        const length = waiting.readUInt32LE(0)
        if (length > MAX_FRAME_BYTES) {
          socket.destroy()
          return
        }
        const end = FRAME_LENGTH_BYTES + length
        if (waiting.length < end) return
        const request = waiting.toString('utf8', FRAME_LENGTH_BYTES, end)
        waiting = waiting.subarray(end)
        this.#answerFrame(socket, request)
      }
    })
  }

  #answerFrame(socket: Socket, request: string): void {
    if (this.#body.power === 'rebooting' || !this.#firmware.frame) {
      socket.resetAndDestroy()
      return
    }
    const reply = this.#firmware.frame(request)
    if (reply === HANG_UP) socket.destroy()
    if (typeof reply !== 'string') return
    const json = Buffer.from(reply)
    const head = Buffer.alloc(FRAME_LENGTH_BYTES)
    head.writeUInt32LE(json.length)
    socket.write(Buffer.concat([head, json]))
  }
}

/**
 * @param said what came first, in one or more pieces
 * @returns null while it may yet be one thing or the other
 */
function tellProtocol(said: Uint8Array, { served, usual }: Services): Service | 'unknown' | null {
  const [only] = served
  if (usual && served.size === 1 && only !== undefined) return only
  const [first = 0] = said
  if (served.has('frames')) {
    // A length below 64 KiB ends in two zero bytes, which no text and no ClientHello has in these places.
    if (said.length < FRAME_LENGTH_BYTES && !endsLine(said)) return null
    if (said.length >= FRAME_LENGTH_BYTES && said[2] === 0 && said[3] === 0) return 'frames'
  }
  const meant = spokenProtocol(first)
  return meant !== null && served.has(meant) ? meant : 'unknown'
}

function spokenProtocol(first: number): Service | null {
  if (first === TLS_HANDSHAKE) return 'https'
  if (first >= 0x41 && first <= 0x5a) return 'http'
  return first === OPENING_BRACE || (first >= 0x61 && first <= 0x7a) ? 'rpc' : null
}

function endsLine(bytes: Uint8Array): boolean {
  return bytes.at(-1) === 0x0a
}

/** The request without its end, as soon as that was seen: the last brace of its JSON, a NUL, or a newline. */
function completeRequest(text: string): string | null {
  const request = text.replace(/\0.*$/s, '').trim()
  if (request.startsWith('{') && request.endsWith('}')) {
    try {
      JSON.parse(request)
      return request
    } catch {
      // Not all of it, or none at all: its end decides.
    }
  }
  return /[\n\0]$/.test(text) ? request : null
}

function requestUrl({ url = '/' }: IncomingMessage): URL | null {
  try {
    return new URL(url, 'http://rig')
  } catch {
    return null
  }
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )
}

function explainListening(host: string, port: number, error: Error): HeadframeError {
  const details = { context: { host, port }, cause: error }
  if (systemErrorCode(error) === 'EADDRINUSE') {
    return new HeadframeError(
      'listen/port-taken',
      `The practice rig cannot listen on port ${port} of ${host}: another program does. Stop it or choose another port.`,
      details,
    )
  }
  return new HeadframeError(
    'listen/failed',
    `The practice rig cannot listen on port ${port} of ${host}: ${errorText(error)}.`,
    details,
  )
}
