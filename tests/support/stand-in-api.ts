/** An HTTP server on loopback that answers as a test says: for pools' APIs, smart plugs, and what they do when ill. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'

export interface AskedRequest {
  readonly method: string
  /** Path and query as sent. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface StandInAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown
  /** Cuts the connection instead. */
  readonly cut?: boolean
}

export type Answering = (request: AskedRequest) => StandInAnswer | Promise<StandInAnswer>

export class StandInApi {
  readonly url: string
  readonly port: number
  readonly asked: AskedRequest[] = []
  /** May be changed at any time. */
  answer: Answering
  readonly #close: () => Promise<void>

  private constructor(port: number, answer: Answering, close: () => Promise<void>) {
    this.port = port
    this.url = `http://127.0.0.1:${String(port)}`
    this.answer = answer
    this.#close = close
  }

  /** @param port 0 for a free one */
  static async start(answer: Answering, port = 0): Promise<StandInApi> {
    let api: StandInApi | null = null
    const server = createServer((request, response) => {
      void respond(request, response, api!)
    })
    await new Promise<void>((done, fail) => {
      server.once('error', fail)
      server.listen(port, '127.0.0.1', done)
    })
    api = new StandInApi((server.address() as AddressInfo).port, answer, async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    })
    return api
  }

  async stop(): Promise<void> {
    await this.#close()
  }
}

async function respond(request: IncomingMessage, response: ServerResponse, api: StandInApi): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  const asked: AskedRequest = {
    method: request.method ?? '',
    path: request.url ?? '',
    headers,
    body: Buffer.concat(pieces).toString('utf8'),
  }
  api.asked.push(asked)
  const { status = 200, headers: extra = {}, body = '', cut = false } = await api.answer(asked)
  if (cut) {
    response.destroy()
    return
  }
  response.writeHead(status, { 'content-type': 'application/json', ...extra })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
