/** Outgoing connections over TCP and TLS. Not reconnection: see `backoff.ts`; not WebSockets: see `websocket-connect.ts`. */
import { type Connection } from './connection-types.ts'
import { openSocket, type OpenSocketOptions } from './open-socket.ts'
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from './queued-connection.ts'
import { SocketConnection } from './socket-connection.ts'

export interface ConnectOptions extends OpenSocketOptions {
  readonly limits?: ConnectionLimits
}

/**
 * Opens a connection. It is ready to write; reading begins with `onData`.
 * @throws HeadframeError `connect/…` or `tls/…`, with a sentence that says what to do
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { loop, tls, limits = DEFAULT_CONNECTION_LIMITS } = options
  const socket = await openSocket(options)
  return new SocketConnection(socket, tls === null ? 'tcp' : 'tls', loop, limits)
}
