export {
  type AddressBytes,
  type AddressRange,
  anyRangeContains,
  parseAddress,
  parseAddressRange,
  parseAddressRanges,
  plainAddress,
  PRIVATE_RANGE_TEXTS,
  rangeContains,
} from './address-ranges.ts'
export {
  afterConnectionEnded,
  afterFailure,
  backoffDelayMs,
  type BackoffPolicy,
  type BackoffState,
  DEFAULT_BACKOFF,
  NO_BACKOFF,
} from './backoff.ts'
export { Broadcast, BROADCAST_SLICE, type BroadcastOptions } from './broadcast.ts'
export { connect, type ConnectOptions } from './connect.ts'
export { type ConnectProgress, type ConnectStep, type OnConnectProgress } from './connect-progress.ts'
export {
  type CloseCause,
  type CloseKind,
  type CloseReason,
  type Connection,
  type Transport,
} from './connection-types.ts'
export { type TlsIdentity } from './first-byte.ts'
export { DEFAULT_HALF_OPEN_LIMITS, type HalfOpenLimits } from './half-open.ts'
export { formatHostPort, type HostPort, parseHostPort } from './host-port.ts'
export { type Listener, type ListenOptions, type RefusalCounts, type RefusalReason } from './accept-server.ts'
export { listen } from './listener.ts'
export { createNetLoop, type NetLoop, type NextTurn, WriteJoiner } from './net-loop.ts'
export {
  createSelfSignedCertificate,
  type SelfSignedCertificate,
  type SelfSignedOptions,
} from './self-signed.ts'
export { type TlsOptions } from './open-socket.ts'
export { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from './queued-connection.ts'
export { connectWebSocket, type ConnectWebSocketOptions } from './websocket-connect.ts'
export { listenWebSocket, type ListenWebSocketOptions } from './websocket-listener.ts'
export { isSubprotocol, type Subprotocol, SUBPROTOCOLS } from './websocket-messages.ts'
export { dial, type DialOptions } from './dial.ts'
export { interfaceAddresses, type NetworkChange, WakeWatch, type WakeWatchOptions } from './wake-watch.ts'
