/**
 * Proxies on 127.0.0.1: HTTP with CONNECT, and SOCKS5 (RFC 1928, 1929). Whatever name is asked for, they lead to one place,
 * so that names nobody resolves can be used, and they keep what was asked of them.
 */
import { connect, type Socket } from 'node:net'
import { TcpStandIn } from './stand-in.ts'

export interface ProxyOptions {
  /** Where every connection leads, a port of 127.0.0.1. */
  readonly toPort: number
  /** Wanted login; none unless given. */
  readonly login?: { readonly user: string; readonly password: string }
  /** In place of leading anywhere: an HTTP status, or a SOCKS5 reply. */
  readonly refuseWith?: number
}

export interface StandInProxy {
  readonly port: number
  /** `host:port` of each destination that was asked for. */
  readonly destinations: string[]
  stop(): Promise<void>
}

export async function startHttpProxy({ toPort, login, refuseWith }: ProxyOptions): Promise<StandInProxy> {
  const destinations: string[] = []
  const server = await TcpStandIn.start((socket) => {
    let head = ''
    const onData = (bytes: Buffer): void => {
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', onData)
      const destination = /^CONNECT (\S+) HTTP\/1\.1/.exec(head)?.[1] ?? '?'
      const wanted = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`
      if (wanted !== undefined && !head.includes(`Proxy-Authorization: ${wanted}`)) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')
        return
      }
      destinations.push(destination)
      if (refuseWith !== undefined) {
        socket.end(`HTTP/1.1 ${String(refuseWith)} No\r\ncontent-length: 0\r\n\r\n`)
        return
      }
      join(socket, toPort, () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'))
    }
    socket.on('data', onData)
  })
  return { port: server.port, destinations, stop: () => server.stop() }
}

export async function startSocksProxy({ toPort, login, refuseWith }: ProxyOptions): Promise<StandInProxy> {
  const destinations: string[] = []
  const server = await TcpStandIn.start((socket) => {
    let state: 'greeting' | 'login' | 'request' = 'greeting'
    const onData = (bytes: Buffer): void => {
      if (state === 'greeting') {
        const methods = bytes.subarray(2, 2 + (bytes[1] ?? 0))
        const method = login === undefined ? 0 : 2
        const agreed = methods.includes(method)
        socket.write(Uint8Array.of(5, agreed ? method : 0xff))
        state = login === undefined ? 'request' : 'login'
        return
      }
      if (state === 'login') {
        const userLength = bytes[1] ?? 0
        const user = bytes.subarray(2, 2 + userLength).toString()
        const password = bytes
          .subarray(3 + userLength, 3 + userLength + (bytes[2 + userLength] ?? 0))
          .toString()
        const right = user === login?.user && password === login.password
        socket.write(Uint8Array.of(1, right ? 0 : 1))
        state = 'request'
        return
      }
      socket.off('data', onData)
      destinations.push(readDestination(bytes))
      const reply = (code: number): void => void socket.write(Uint8Array.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0))
      if (refuseWith !== undefined) {
        reply(refuseWith)
        socket.end()
        return
      }
      join(socket, toPort, () => reply(0))
    }
    socket.on('data', onData)
  })
  return { port: server.port, destinations, stop: () => server.stop() }
}

/** A name is kept as a name: it was not resolved on our side. */
function readDestination(request: Buffer): string {
  const type = request[3]
  if (type === 3) {
    const length = request[4] ?? 0
    return `${request.subarray(5, 5 + length).toString()}:${String(request.readUInt16BE(5 + length))}`
  }
  return type === 1
    ? `${[...request.subarray(4, 8)].join('.')}:${String(request.readUInt16BE(8))}`
    : `[ipv6]:${String(request.readUInt16BE(20))}`
}

function join(socket: Socket, toPort: number, onReady: () => void): void {
  const onward = connect(toPort, '127.0.0.1', () => {
    onReady()
    socket.pipe(onward).pipe(socket)
  })
  onward.on('error', () => socket.destroy())
  socket.on('error', () => onward.destroy())
  socket.on('close', () => onward.destroy())
}
