/** Accepting TCP connections, and TLS on the same port. Knows nothing of what is spoken. */
import { AcceptServer, type Listener, type ListenOptions } from './accept-server.ts'
import { type Connection } from './connection-types.ts'
import { DEFAULT_CONNECTION_LIMITS } from './queued-connection.ts'
import { SocketConnection } from './socket-connection.ts'

/**
 * Starts listening. A connection is handed over when its first byte is there, and after its TLS handshake if it begins
 * with one; a peer that says nothing is never seen and ends by `halfOpen`.
 * @throws HeadframeError `listen/…` naming the port and the option that changes it
 */
export async function listen(
  options: ListenOptions,
  onConnection: (connection: Connection) => void,
): Promise<Listener> {
  const { loop, limits = DEFAULT_CONNECTION_LIMITS } = options
  const server = new AcceptServer(options, (stream, secure, arrival) => {
    const connection = new SocketConnection(stream, secure ? 'tls' : 'tcp', loop, limits)
    arrival.admit(connection)
    onConnection(connection)
  })
  await server.start()
  return server
}
