/** Servers on 127.0.0.1 that stand in for whoever is asked outside. They answer what a test says and keep what was asked. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net'

export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Respond = (asked: Asked, response: ServerResponse) => void

/** Answers with JSON; text is sent as it is. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Respond {
  return (_asked, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof value === 'string' ? value : JSON.stringify(value))
  }
}

export class StandIn {
  readonly port: number
  readonly asked: Asked[] = []
  /** TCP connections that were ever made. */
  connections = 0
  /** What answers a path; the longest prefix wins. Everything else is 404. */
  readonly routes = new Map<string, Respond>()
  readonly #server: Server

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
    server.on('connection', () => this.connections++)
    server.on('request', (request, response) => void this.#serve(request, response))
  }

  static async start(): Promise<StandIn> {
    const server = createServer()
    return new StandIn(server, await listening(server))
  }

  get host(): string {
    return `127.0.0.1:${String(this.port)}`
  }

  get origin(): string {
    return `http://${this.host}`
  }

  /** Sets what answers a path. */
  on(prefix: string, respond: Respond): this {
    this.routes.set(prefix, respond)
    return this
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
    this.asked.push(asked)
    const [, respond] =
      [...this.routes]
        .filter(([prefix]) => asked.url.startsWith(prefix))
        .sort(([a], [b]) => b.length - a.length)[0] ?? []
    if (respond === undefined) response.writeHead(404).end('nothing here')
    else respond(asked, response)
  }
}

export async function listening(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

/** A server of bare sockets. */
export class TcpStandIn {
  readonly port: number
  readonly sockets = new Set<Socket>()
  readonly #server: TcpServer

  private constructor(server: TcpServer, port: number) {
    this.#server = server
    this.port = port
  }

  static async start(onSocket: (socket: Socket) => void): Promise<TcpStandIn> {
    const server = createTcpServer()
    const standIn = new TcpStandIn(server, await listening(server))
    server.on('connection', (socket) => {
      standIn.sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => standIn.sockets.delete(socket))
      onSocket(socket)
    })
    return standIn
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

/** A port of 127.0.0.1 where nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer()
  const port = await listening(server)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}
