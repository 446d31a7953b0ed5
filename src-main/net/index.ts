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
export { connect, type ConnectOptions, type TlsOptions } from './connect.ts'
export { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from './connection.ts'
export { type CloseKind, type CloseReason, type Connection } from './connection-types.ts'
export { formatHostPort, type HostPort, parseHostPort } from './host-port.ts'
export {
  listen,
  type Listener,
  type ListenOptions,
  type RefusalCounts,
  type RefusalReason,
} from './listener.ts'
export { createNetLoop, type NetLoop, type NextTurn, WriteJoiner } from './net-loop.ts'
export {
  createSelfSignedCertificate,
  type SelfSignedCertificate,
  type SelfSignedOptions,
} from './self-signed.ts'
