/** Real sockets on the loopback for tests of `net/`: raw peers that do exactly what they are told. */
import { readFileSync } from 'node:fs'
import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net'
import { resolve } from 'node:path'
import { systemClock } from '../../../src-main/base/index.ts'
import {
  type CloseReason,
  type Connection,
  createNetLoop,
  type NetLoop,
} from '../../../src-main/net/index.ts'

/** One per test file; idle peers are looked for every 20 ms. */
export function testLoop(): NetLoop {
  return createNetLoop(systemClock, 20)
}

/** PEM text of `tests/support/tls/<name>`. */
export function pem(name: string): string {
  return readFileSync(resolve(import.meta.dirname, '../../support/tls', name), 'utf8')
}

/** A server on a free port of 127.0.0.1. */
export async function rawServer(
  onSocket: (socket: Socket) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer(onSocket)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { server, port: portOf(server) }
}

export function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen')
  return address.port
}

/** A raw client that is connected. */
export async function rawClient(port: number): Promise<Socket> {
  const socket = connectSocket({ host: '127.0.0.1', port })
  socket.on('error', () => {})
  await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail))
  return socket
}

/** A raw client that is connected and has said hello, without which a listener hands nothing over. */
export async function speakingClient(port: number): Promise<Socket> {
  const socket = await rawClient(port)
  socket.write('hello\n')
  return socket
}

/** Everything a socket receives until it holds `text`. */
export function receive(socket: Socket, text: string): Promise<string> {
  return new Promise((done, fail) => {
    let received = ''
    const onData = (bytes: Buffer): void => {
      received += bytes.toString('latin1')
      if (!received.includes(text)) return
      socket.off('data', onData).off('close', onClose)
      done(received)
    }
    const onClose = (): void => fail(new Error(`closed after ${received}`))
    socket.on('data', onData).once('close', onClose)
  })
}

export function gone(socket: Socket): Promise<void> {
  return new Promise((done) => {
    socket.on('data', () => {})
    socket.once('close', () => done())
  })
}

export function closeOf(connection: Connection): Promise<CloseReason> {
  return new Promise((done) => connection.onClose(done))
}

/** Waits for something that has no event; fails after half a minute. */
export async function until(condition: () => boolean): Promise<void> {
  const startedMs = performance.now()
  while (!condition()) {
    if (performance.now() - startedMs > 30_000) throw new Error(`waited in vain for ${condition.toString()}`)
    await new Promise((done) => setTimeout(done, 2))
  }
}
