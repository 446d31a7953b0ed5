/** The dashboard over HTTP: API, live calls over WebSocket, and the built renderer. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Duplex } from 'node:stream'
import { OpenAPIHandler } from '@orpc/openapi/node'
import { RPCHandler } from '@orpc/server/ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { type ApiContext, type ApiRouter, createInterceptors, describeApi } from '../api/index.ts'
import {
  type Clock,
  errorText,
  HeadframeError,
  type Logger,
  systemClock,
  systemErrorCode,
} from '../base/index.ts'
import { callSocket } from './call-socket.ts'
import { sendTable, wantedTable } from './csv-answers.ts'
import { cookieName, Guard, type GuardVerdict } from './guard.ts'
import { type Problem, sendProblem } from './problem-response.ts'
import { type BodyError, MAX_BODY_BYTES, readJsonBody } from './request-body.ts'
import { StaticFiles } from './static-files.ts'

export interface DashboardOptions {
  readonly host: string
  readonly port: number
  readonly token: string
  readonly version: string
  /** Folder of the built renderer; null serves the API alone. */
  readonly rendererDir: string | null
  readonly router: ApiRouter
  readonly log: Logger
  /** For the heartbeat of sockets. */
  readonly clock?: Clock
}

export interface Dashboard {
  /** `http://host:port` with the real port. */
  readonly url: string
  stop(): Promise<void>
}

const MAX_SOCKET_MESSAGE_BYTES = 256 * 1024
const HEALTH = '/api/health'
/** A socket that answered no ping for this long is gone, whatever TCP believes. */
const HEARTBEAT_MS = 30_000
/** Open streams get this long to end by themselves when the dashboard stops. */
const FAREWELL_MS = 500

/** @throws HeadframeError `listen/…` if the address cannot be had */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 })
  const port = await listenOn(server, options)
  const dashboard = new DashboardServer(server, options, port)
  return { url: formatUrl(options.host, port), stop: () => dashboard.stop() }
}

class DashboardServer {
  readonly #server: Server
  readonly #options: DashboardOptions
  readonly #clock: Clock
  readonly #guard: Guard
  readonly #port: number
  readonly #files: StaticFiles | null
  readonly #api: OpenAPIHandler<ApiContext>
  readonly #rpc: RPCHandler<ApiContext>
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_SOCKET_MESSAGE_BYTES,
    perMessageDeflate: false,
  })
  /** Sockets that answered since the last ping. */
  readonly #alive = new WeakSet<WebSocket>()
  readonly #stopHeartbeat: () => void
  #document: Promise<string> | null = null

  constructor(server: Server, options: DashboardOptions, port: number) {
    this.#server = server
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#port = port
    this.#guard = new Guard(options.token, options.host, port)
    this.#files = options.rendererDir === null ? null : new StaticFiles(options.rendererDir)
    const interceptors = createInterceptors(options.log)
    this.#api = new OpenAPIHandler(options.router, interceptors)
    this.#rpc = new RPCHandler(options.router, interceptors)
    server.on('request', (request, response) => {
      this.#onRequest(request, response).catch((error: unknown) => {
        options.log.error('a request failed', { error: errorText(error) })
        if (response.headersSent) response.destroy()
        else sendProblem(response, 500, 'internal/failure', 'Something went wrong; see the log.')
      })
    })
    server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head))
    // Such as too many open files: one connection is lost, not the program.
    server.on('error', (error) => options.log.warn('the dashboard port failed', { error: errorText(error) }))
    const heartbeat = this.#clock.every(HEARTBEAT_MS, () => this.#beat())
    this.#stopHeartbeat = () => heartbeat.cancel()
  }

  async stop(): Promise<void> {
    this.#stopHeartbeat()
    for (const socket of this.#sockets.clients) socket.close(1001, 'Headframe is stopping')
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    const farewell = this.#clock.after(FAREWELL_MS, () => {
      for (const socket of this.#sockets.clients) socket.terminate()
      this.#server.closeAllConnections()
    })
    await closed
    farewell.cancel()
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('referrer-policy', 'no-referrer')
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    response.setHeader('cross-origin-resource-policy', 'same-origin')
    const url = urlOf(request)
    if (!url) return sendProblem(response, 400, 'request/malformed', 'The address of this request is broken.')
    const place = this.#guard.checkPlace(placeOf(request))
    if (place?.kind === 'refused') return sendRefusal(response, place)
    const verdict = this.#verdict(request, url)
    if (verdict.kind === 'allowed' && url.searchParams.has('token')) this.#giveCookie(response)
    if (url.pathname.startsWith('/api/')) return this.#answerCall(request, url, verdict, response)
    if (verdict.kind === 'allowed' && url.searchParams.has('token')) return forgetToken(url, response)
    this.#serveFile(request, url, response)
  }

  async #answerCall(
    request: IncomingMessage,
    url: URL,
    verdict: GuardVerdict,
    response: ServerResponse,
  ): Promise<void> {
    response.setHeader('cache-control', 'no-store')
    if (verdict.kind === 'refused' && url.pathname !== HEALTH) return sendRefusal(response, verdict)
    if (url.pathname === '/api/openapi.json') return this.#sendDocument(response)
    const table = wantedTable(request.method, url.pathname, request.headers.accept)
    if (table) {
      const { router, log } = this.#options
      return sendTable(table, router, url.searchParams, log, response)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const body = await readJsonBody(request)
      if (!body.ok) return sendBodyProblem(response, body.error)
      // The handler takes a body that is there already.
      Object.assign(request, { body: body.value })
    }
    const { matched } = await this.#api.handle(request, response, { prefix: '/api', context: {} })
    if (matched) return
    const asked = `${request.method ?? 'GET'} ${url.pathname}`
    sendProblem(response, 404, 'request/unknown-path', `There is no ${asked}: see /api/openapi.json.`)
  }

  #verdict(request: IncomingMessage, url: URL): GuardVerdict {
    return this.#guard.check({
      ...placeOf(request),
      authorization: request.headers.authorization,
      cookie: request.headers.cookie,
      token: url.searchParams.get('token'),
    })
  }

  /** A link with the token: the browser keeps it from then on. */
  #giveCookie(response: ServerResponse): void {
    const name = cookieName(this.#port)
    response.setHeader(
      'set-cookie',
      `${name}=${this.#options.token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000`,
    )
  }

  /** The page itself holds no data and is served to anyone who reached us; what it shows needs the token. */
  #serveFile(request: IncomingMessage, url: URL, response: ServerResponse): void {
    const acceptsGzip = String(request.headers['accept-encoding'] ?? '').includes('gzip')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const host = request.headers.host ?? ''
    if (isRead && this.#files?.serve(url.pathname, acceptsGzip, host, response)) return
    sendProblem(response, 404, 'request/unknown-path', `There is no ${url.pathname} here.`)
  }

  async #sendDocument(response: ServerResponse): Promise<void> {
    this.#document ??= describeApi(this.#options.version).then((document) => JSON.stringify(document))
    const text = await this.#document
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(text)
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // From here on the server no longer listens for errors of this socket.
    socket.on('error', () => socket.destroy())
    const url = urlOf(request)
    if (!url) return refuseUpgrade(socket, 400)
    const verdict = this.#verdict(request, url)
    if (verdict.kind === 'refused') return refuseUpgrade(socket, verdict.status)
    if (url.pathname !== '/rpc') return refuseUpgrade(socket, 404)
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', (error) => this.#options.log.debug('socket failed', { error: errorText(error) }))
      client.on('pong', () => this.#alive.add(client))
      this.#alive.add(client)
      void this.#rpc.upgrade(callSocket(client), { context: {} })
    })
  }

  #beat(): void {
    for (const client of this.#sockets.clients) {
      if (!this.#alive.delete(client)) client.terminate()
      else client.ping()
    }
  }
}

/** The address asked for, read the way the call handler reads it; undefined if it cannot be one. */
function urlOf({ url = '/' }: IncomingMessage): URL | undefined {
  const text = `http://dashboard${url.startsWith('/') ? '' : '/'}${url}`
  return URL.canParse(text) ? new URL(text) : undefined
}

const placeOf = ({ headers }: IncomingMessage): { host: string | undefined; origin: string | undefined } => ({
  host: headers.host,
  origin: headers.origin,
})

/** Sends a browser to the same page without the token, so that the address bar and the history forget it. */
function forgetToken(url: URL, response: ServerResponse): void {
  url.searchParams.delete('token')
  // One slash: `//name` would be another host's address.
  const location = `/${url.pathname.replace(/^\/+/, '')}${url.search}`
  response.writeHead(303, { location, 'cache-control': 'no-store' })
  response.end()
}

function sendRefusal(
  response: ServerResponse,
  { status, message }: GuardVerdict & { kind: 'refused' },
): void {
  if (status === 401) response.setHeader('www-authenticate', 'Bearer')
  sendProblem(response, status, status === 401 ? 'request/unauthorised' : 'request/refused', message)
}

const BODY_PROBLEMS: Record<BodyError, Problem> = {
  'too-large': [413, 'request/too-large', `The body of a request has at most ${MAX_BODY_BYTES} bytes.`],
  'not-json': [400, 'request/malformed', 'The body of this request is not JSON.'],
  aborted: [400, 'request/malformed', 'The body of this request ended early.'],
}

function sendBodyProblem(response: ServerResponse, error: BodyError): void {
  // What is left of the body must not be taken for the next request.
  response.setHeader('connection', 'close')
  sendProblem(response, ...BODY_PROBLEMS[error])
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

function formatUrl(host: string, port: number): string {
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`
}

function listenOn(server: Server, { host, port }: DashboardOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(explain(error, host, port))
    server.once('error', onError)
    server.listen({ host, port }, () => {
      server.off('error', onError)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function explain(error: Error, host: string, port: number): HeadframeError {
  const remedy = 'start with --dashboard HOST:PORT (port 0 picks a free one)'
  const details = { context: { host, port }, cause: error }
  switch (systemErrorCode(error)) {
    case 'EADDRINUSE':
      return new HeadframeError(
        'listen/port-taken',
        `Port ${port} on ${host} is taken by another program; stop it or ${remedy}.`,
        details,
      )
    case 'EACCES':
      return new HeadframeError(
        'listen/not-permitted',
        `This account may not open port ${port}: choose one above 1023, ${remedy}.`,
        details,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new HeadframeError(
        'listen/not-our-address',
        `${host} is not an address of this machine: ${remedy}.`,
        details,
      )
    default:
      return new HeadframeError(
        'listen/failed',
        `The dashboard cannot listen on ${host}:${port} (${errorText(error)}): ${remedy}.`,
        details,
      )
  }
}
