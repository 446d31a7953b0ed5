/** One way to reach a pool, whatever carries it. */
import { connect } from './connect.ts'
import { type Connection } from './connection-types.ts'
import { type OpenSocketOptions, type TlsOptions } from './open-socket.ts'
import { type ConnectionLimits } from './queued-connection.ts'
import { connectWebSocket } from './websocket-connect.ts'
import { type Subprotocol } from './websocket-messages.ts'

interface Common extends Omit<OpenSocketOptions, 'tls'> {
  readonly limits?: ConnectionLimits
}

interface WebSocketWay {
  /** Path and query, `/` unless given. */
  readonly path?: string
  readonly subprotocol: Subprotocol
  /** 30 s unless given. */
  readonly pingPeriodMs?: number
}

export type DialOptions =
  | (Common & { readonly transport: 'tcp' })
  | (Common & { readonly transport: 'tls'; readonly tls: TlsOptions })
  | (Common & WebSocketWay & { readonly transport: 'ws' })
  | (Common & WebSocketWay & { readonly transport: 'wss'; readonly tls: TlsOptions })

/**
 * Opens a connection of the kind that `transport` names. It is ready to write; reading begins with `onData`.
 * @throws HeadframeError `connect/…`, `tls/…` or `websocket/…`, with a sentence that says what to do
 */
export function dial(options: DialOptions): Promise<Connection> {
  switch (options.transport) {
    case 'tcp':
      return connect({ ...options, tls: null })
    case 'tls':
      return connect(options)
    case 'ws':
      return connectWebSocket({ ...options, tls: null })
    case 'wss':
      return connectWebSocket(options)
  }
}
