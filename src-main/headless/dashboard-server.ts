/** The dashboard over HTTP: API, live calls over WebSocket, and the built renderer. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Duplex } from 'node:stream'
import { OpenAPIHandler } from '@orpc/openapi/node'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocketServer } from 'ws'
import { type ApiRouter, describeApi, toContractError } from '../api/index.ts'
import { errorText, HeadframeError, type Logger, systemErrorCode } from '../base/index.ts'
import { cookieName, Guard, type GuardVerdict } from './guard.ts'
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
}

export interface Dashboard {
  /** `http://host:port` with the real port. */
  readonly url: string
  stop(): Promise<void>
}

const MAX_BODY_BYTES = 64 * 1024
const MAX_SOCKET_MESSAGE_BYTES = 256 * 1024
const HEALTH = '/api/health'

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
  readonly #guard: Guard
  readonly #port: number
  readonly #files: StaticFiles | null
  readonly #api: OpenAPIHandler<Record<never, never>>
  readonly #rpc: RPCHandler<Record<never, never>>
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_SOCKET_MESSAGE_BYTES,
    perMessageDeflate: false,
  })
  #document: Promise<string> | null = null

  constructor(server: Server, options: DashboardOptions, port: number) {
    this.#server = server
    this.#options = options
    this.#port = port
    this.#guard = new Guard(options.token, options.host, port)
    this.#files = options.rendererDir === null ? null : new StaticFiles(options.rendererDir)
    const clientInterceptors = [
      async ({ next }: { next: () => Promise<unknown> }): Promise<unknown> => {
        try {
          return await next()
        } catch (error) {
          throw toContractError(error, options.log)
        }
      },
    ]
    this.#api = new OpenAPIHandler(options.router, { clientInterceptors })
    this.#rpc = new RPCHandler(options.router, { clientInterceptors })
    server.on('request', (request, response) => {
      this.#onRequest(request, response).catch((error: unknown) => {
        options.log.error('a request failed', { error: errorText(error) })
        if (!response.headersSent)
          sendProblem(response, 500, 'internal/failure', 'Something went wrong; see the log.')
        else response.destroy()
      })
    })
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#onUpgrade(request, socket, head),
    )
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.close(1001, 'Headframe is stopping')
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    setTimeout(() => {
      for (const socket of this.#sockets.clients) socket.terminate()
      this.#server.closeAllConnections()
    }, 500).unref()
    await closed
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://dashboard')
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('referrer-policy', 'no-referrer')
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    const place = this.#guard.checkPlace(placeOf(request))
    if (place?.kind === 'refused') return sendRefusal(response, place)
    const verdict = this.#verdict(request, url)
    if (verdict.kind === 'allowed' && url.searchParams.has('token') && request.method === 'GET') {
      return this.#welcome(url, response)
    }
    if (!url.pathname.startsWith('/api/')) return this.#serveFile(request, url, response)
    if (verdict.kind === 'refused' && url.pathname !== HEALTH) return sendRefusal(response, verdict)
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
      return sendProblem(response, 413, 'request/too-large', `A request has at most ${MAX_BODY_BYTES} bytes.`)
    }
    if (url.pathname === '/api/openapi.json') return this.#sendDocument(response)
    const { matched } = await this.#api.handle(request, response, { prefix: '/api', context: {} })
    if (!matched) {
      sendProblem(
        response,
        404,
        'request/unknown-path',
        `There is no ${url.pathname}: see /api/openapi.json.`,
      )
    }
  }

  #verdict(request: IncomingMessage, url: URL): GuardVerdict {
    return this.#guard.check({
      ...placeOf(request),
      authorization: request.headers.authorization,
      cookie: request.headers.cookie,
      token: url.searchParams.get('token'),
    })
  }

  /** A link with the token: the browser keeps it as a cookie, and the address bar forgets it. */
  #welcome(url: URL, response: ServerResponse): void {
    const cookie = `${cookieName(this.#port)}=${this.#options.token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000`
    url.searchParams.delete('token')
    response.writeHead(303, {
      location: `${url.pathname}${url.search}`,
      'set-cookie': cookie,
      'cache-control': 'no-store',
    })
    response.end()
  }

  /** The page itself holds no data and is served to anyone who reached us; what it shows needs the token. */
  #serveFile(request: IncomingMessage, url: URL, response: ServerResponse): void {
    const acceptsGzip = String(request.headers['accept-encoding'] ?? '').includes('gzip')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (isRead && this.#files?.serve(url.pathname, acceptsGzip, response)) return
    sendProblem(response, 404, 'request/unknown-path', `There is no ${url.pathname} here.`)
  }

  async #sendDocument(response: ServerResponse): Promise<void> {
    this.#document ??= describeApi(this.#options.version).then((document) => JSON.stringify(document))
    const text = await this.#document
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(text)
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://dashboard')
    const verdict = this.#verdict(request, url)
    const status = verdict.kind === 'refused' ? verdict.status : url.pathname === '/rpc' ? 101 : 404
    if (status !== 101) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', (error) => this.#options.log.debug('socket failed', { error: errorText(error) }))
      void this.#rpc.upgrade(client, { context: {} })
    })
  }
}

const placeOf = ({ headers }: IncomingMessage): { host: string | undefined; origin: string | undefined } => ({
  host: headers.host,
  origin: headers.origin,
})

function sendRefusal(
  response: ServerResponse,
  { status, message }: GuardVerdict & { kind: 'refused' },
): void {
  sendProblem(response, status, status === 401 ? 'request/unauthorised' : 'request/refused', message)
}

/** Same shape as the contract's errors over HTTP. */
function sendProblem(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ defined: false, code, status, message, data: { code, context: {} } }))
}

function formatUrl(host: string, port: number): string {
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`
}

function listenOn(server: Server, { host, port }: DashboardOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, host, port)))
    server.listen({ host, port }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function explain(error: Error, host: string, port: number): HeadframeError {
  const remedy = 'start with --dashboard HOST:PORT (port 0 picks a free one)'
  const context = { context: { host, port }, cause: error }
  switch (systemErrorCode(error)) {
    case 'EADDRINUSE':
      return new HeadframeError(
        'listen/port-taken',
        `Port ${port} on ${host} is taken by another program; stop it or ${remedy}.`,
        context,
      )
    case 'EACCES':
      return new HeadframeError(
        'listen/not-permitted',
        `This account may not open port ${port}: choose one above 1023, ${remedy}.`,
        context,
      )
    default:
      return new HeadframeError(
        'listen/failed',
        `The dashboard cannot listen on ${host}:${port} (${errorText(error)}): ${remedy}.`,
        context,
      )
  }
}
