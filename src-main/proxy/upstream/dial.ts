/** How an endpoint is reached: which of the network's ways carries the bytes. */
import {
  type ConnectProgress,
  type Connection,
  type dial as netDial,
  type NetLoop,
  type Subprotocol,
} from '../../net/index.ts'
import { type PoolEndpoint } from './upstream.ts'

/**
 * Opens a connection; the name is looked up anew each time, because pools move.
 * @throws HeadframeError with what is wrong and what to do
 */
export type Dial = (
  endpoint: PoolEndpoint,
  signal: AbortSignal,
  onProgress: OnDialProgress,
) => Promise<Connection>

export type OnDialProgress = (progress: Pick<ConnectProgress, 'step' | 'detail'>) => void

/** The private WebSocket bindings' names for what they carry. */
const SUBPROTOCOL_OF: Readonly<Record<PoolEndpoint['protocol'], Subprotocol>> = {
  'stratum-v1': 'stratum1-json.v1',
  'stratum-v2': 'sv2-noise.v1',
}

export interface DialParts {
  readonly loop: NetLoop
  /** Certificates that pools may use beside those of the public authorities, PEM. */
  readonly trustedCertificates: readonly string[]
  /** The network's own. */
  readonly dial: typeof netDial
}

export function createDial({ loop, trustedCertificates, dial }: DialParts): Dial {
  return (endpoint, signal, onProgress) => {
    const { host, port, path, transport, protocol } = endpoint
    const common = { host, port, loop, signal, onProgress }
    const tls = { trustedCertificates, serverName: null }
    const subprotocol = SUBPROTOCOL_OF[protocol]
    switch (transport) {
      case 'tcp':
        return dial({ ...common, transport })
      case 'tls':
        return dial({ ...common, transport, tls })
      case 'ws':
        return dial({ ...common, transport, path, subprotocol })
      case 'wss':
        return dial({ ...common, transport, tls, path, subprotocol })
    }
  }
}
