/** The sockets of a sniffer: for each connection of the side that dials, one of its own to the other side. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Both ends of a sniffed connection. */
export interface SniffedSockets {
  /** Number of the connection, from 1. */
  readonly on: number
  /** To whoever dialled us. */
  readonly downstream: Socket
  /** To whom we dialled. */
  readonly upstream: Socket
}

export interface SnifferWire {
  readonly port: number
  /** Connections so far. */
  readonly connectionCount: number
  /** Cuts every connection on both sides; new ones are taken. */
  cut(): void
}

/** Listens on 127.0.0.1 until the test is over. */
export async function openSnifferWire(
  upstreamPort: number,
  onConnection: (sockets: SniffedSockets) => void,
): Promise<SnifferWire> {
  const open = new Set<Socket>()
  let count = 0
  const server: Server = createServer({ noDelay: true }, (downstream) => {
    const upstream = connect({ host: '127.0.0.1', port: upstreamPort, noDelay: true })
    for (const [socket, other] of [
      [downstream, upstream],
      [upstream, downstream],
    ] as const) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        other.end()
      })
    }
    onConnection({ on: ++count, downstream, upstream })
  })
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(0, '127.0.0.1', done)
  })
  const cut = (): void => {
    for (const socket of open) socket.destroy()
  }
  onTestFinished(async () => {
    cut()
    await new Promise<void>((done) => server.close(() => done()))
  })
  const { port } = server.address() as { port: number }
  return {
    port,
    get connectionCount() {
      return count
    },
    cut,
  }
}
