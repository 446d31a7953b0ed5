/**
 * Servers of a few lines for searches to find: what they say is the test's, and what they were asked is kept. They are no
 * rigs: practice firmware is (`practice-firmware.ts`).
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface TinyRig {
  readonly host: string
  readonly port: number
  readonly address: { readonly host: string; readonly port: number }
  /** What came on each connection, as text. */
  readonly asked: string[]
  close(): Promise<void>
}

/** Told the socket and what a client said first, as latin-1. */
export type Behaviour = (socket: Socket, said: string) => void

/** Listens on loopback; closed when the test ends. */
export async function tinyRig(behave: Behaviour, host = '127.0.0.1', port = 0): Promise<TinyRig> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.once('data', (piece) => {
      const said = piece.toString('latin1')
      asked.push(said)
      behave(socket, said)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  let closed: Promise<void> | null = null
  const close = (): Promise<void> =>
    (closed ??= new Promise((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    }))
  onTestFinished(close)
  const taken = (server.address() as AddressInfo).port
  return { host, port: taken, address: { host, port: taken }, asked, close }
}

export const isHttp = (said: string): boolean => /^(?:GET|POST|PUT|PATCH|DELETE) /.test(said)
export const pathOf = (said: string): string => said.split(' ', 2)[1] ?? ''

export function answerHttp(
  socket: Socket,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const lines = Object.entries({ 'content-length': String(Buffer.byteLength(body)), ...headers })
  socket.end(
    `HTTP/1.1 ${String(status)} X\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  )
}

/** RPC `version` of a cgminer of that kind; other commands are refused. */
export const cgminer =
  (version: Readonly<Record<string, string>>): Behaviour =>
  (socket, said) => {
    if (isHttp(said)) socket.destroy()
    else if (/"command":"version"/.test(said)) {
      socket.end(
        `${JSON.stringify({ STATUS: [{ STATUS: 'S', Code: 22, Msg: 'versions', Description: 'cgminer 4.11.1' }], VERSION: [version], id: 1 })}\0`,
      )
    } else socket.end('{"STATUS":[{"STATUS":"E","Code":14,"Msg":"Invalid command"}],"id":1}\0')
  }

/** An HTTP server that knows some paths and 404; every other protocol is hung up on. */
export const webServer =
  (
    pages: Readonly<
      Record<
        string,
        { readonly status?: number; readonly body?: string; readonly headers?: Record<string, string> }
      >
    >,
  ): Behaviour =>
  (socket, said) => {
    const page = isHttp(said) ? pages[pathOf(said)] : undefined
    if (!isHttp(said)) socket.destroy()
    else if (page === undefined) answerHttp(socket, 404, 'not found')
    else answerHttp(socket, page.status ?? 200, page.body ?? '', page.headers)
  }
