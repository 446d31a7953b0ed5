/**
 * Accepting TCP connections within limits: who may reach us, how many in all and from one address. Each is
 * handed over as a `Connection`. Knows nothing of what is spoken.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { errorText, HeadframeError, systemErrorCode } from '../base/index.ts'
import {
  type AddressRange,
  anyRangeContains,
  parseAddressRanges,
  plainAddress,
  PRIVATE_RANGE_TEXTS,
} from './address-ranges.ts'
import { TCP_KEEPALIVE_MS } from './connect.ts'
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS, SocketConnection } from './connection.ts'
import { type Connection } from './connection-types.ts'
import { formatHostPort, type HostPort } from './host-port.ts'
import { type NetLoop } from './net-loop.ts'

export interface ListenOptions extends HostPort {
  readonly loop: NetLoop
  /** The command line option that sets the address, named in errors, for instance `--stratum`. */
  readonly optionName: string
  readonly maxConnections?: number
  /** Unless given, 512, and no limit of its own for loopback. */
  readonly maxConnectionsPerAddress?: number
  /** Ranges that may connect beside loopback and the private ones, CIDR. */
  readonly extraRanges?: readonly string[]
  /** Ranges that may connect at all, instead of loopback and the private ones; for tests and strict setups. */
  readonly onlyRanges?: readonly string[]
  readonly limits?: ConnectionLimits
  /** Called for each refused connection; the reason is counted in any case. */
  readonly onRefused?: (reason: RefusalReason, remoteAddress: string) => void
}

export type RefusalReason =
  /** The address is in no allowed range. */
  | 'address-not-allowed'
  | 'too-many-connections'
  | 'too-many-from-address'
  /** The system could not accept: out of file handles, for instance. */
  | 'system'

export type RefusalCounts = Record<RefusalReason, number>

export interface Listener {
  /** Where it listens; the port is the real one also when 0 was asked for. */
  readonly address: HostPort
  readonly connectionCount: number
  readonly acceptedTotal: number
  readonly refusals: Readonly<RefusalCounts>
  /** Accepts no more, closes every connection with `text` as its reason, and waits until all are gone. */
  stop(text: string): Promise<void>
}

const DEFAULT_MAX_CONNECTIONS = 12_000
/** A farm behind one router, or a proxy of another make, arrives from one address. Loopback is this machine. */
const DEFAULT_MAX_CONNECTIONS_PER_ADDRESS = 512
const LOOPBACK = rangesOf(['127.0.0.0/8', '::1'])
/** Connections the system may hold for us before we accept: a whole farm after a power cut. */
const BACKLOG = 4_096

/**
 * Starts listening.
 * @throws HeadframeError `listen/…` naming the port and the option that changes it
 */
export async function listen(
  options: ListenOptions,
  onConnection: (connection: Connection) => void,
): Promise<Listener> {
  const ranges = rangesOf([...(options.onlyRanges ?? PRIVATE_RANGE_TEXTS), ...(options.extraRanges ?? [])])
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEPALIVE_MS })
  const listener = new TcpListener(server, options, ranges, onConnection)
  await listener.start()
  return listener
}

function rangesOf(texts: readonly string[]): readonly AddressRange[] {
  const ranges = parseAddressRanges(texts)
  if (!ranges.ok) throw new HeadframeError('listen/bad-range', `${ranges.error}.`)
  return ranges.value
}

class TcpListener implements Listener {
  readonly #server: Server
  readonly #options: ListenOptions
  readonly #ranges: readonly AddressRange[]
  readonly #onConnection: (connection: Connection) => void
  readonly #maxConnections: number
  readonly #maxPerAddress: number | undefined
  readonly #connections = new Set<ListenedConnection>()
  /** Connections by address. Holds only addresses that have one, so it is as small as `#connections`. */
  readonly #countByAddress = new Map<string, number>()
  #stopped = false
  address: HostPort
  acceptedTotal = 0
  readonly refusals: RefusalCounts = {
    'address-not-allowed': 0,
    'too-many-connections': 0,
    'too-many-from-address': 0,
    system: 0,
  }

  constructor(
    server: Server,
    options: ListenOptions,
    ranges: readonly AddressRange[],
    onConnection: (connection: Connection) => void,
  ) {
    this.#server = server
    this.#options = options
    this.#ranges = ranges
    this.#onConnection = onConnection
    this.#maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS
    this.#maxPerAddress = options.maxConnectionsPerAddress
    this.address = { host: options.host, port: options.port }
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  start(): Promise<void> {
    const server = this.#server
    const { host, port } = this.#options
    return new Promise((resolve, reject) => {
      const onFailure = (error: Error): void => reject(explainListenError(this.#options, error))
      server.once('error', onFailure)
      server.listen({ host, port, backlog: BACKLOG }, () => {
        server.off('error', onFailure)
        // Failing to accept one connection must not end the listener.
        server.on('error', () => this.refusals.system++)
        server.on('connection', (socket) => this.#accept(socket))
        const bound = server.address()
        if (typeof bound === 'object' && bound !== null) this.address = { host, port: bound.port }
        resolve()
      })
    })
  }

  async stop(text: string): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const connection of this.#connections) connection.close(text)
    await closed
  }

  #accept(socket: Socket): void {
    if (socket.remoteAddress === undefined) {
      // It was gone before we came to it.
      socket.on('error', ignore)
      socket.destroy()
      return
    }
    const address = plainAddress(socket.remoteAddress)
    const fromAddress = this.#countByAddress.get(address) ?? 0
    const reason = this.#refusal(address, fromAddress)
    if (reason !== null) {
      this.refusals[reason]++
      socket.on('error', ignore)
      socket.destroy()
      this.#options.onRefused?.(reason, address)
      return
    }
    this.acceptedTotal++
    this.#countByAddress.set(address, fromAddress + 1)
    const { loop, limits = DEFAULT_CONNECTION_LIMITS } = this.#options
    const connection = new ListenedConnection(socket, loop, limits, this)
    this.#connections.add(connection)
    this.#onConnection(connection)
  }

  #refusal(address: string, fromAddress: number): RefusalReason | null {
    if (this.#stopped || this.#connections.size >= this.#maxConnections) return 'too-many-connections'
    if (!anyRangeContains(this.#ranges, address)) return 'address-not-allowed'
    return fromAddress >= this.#limitOf(address) ? 'too-many-from-address' : null
  }

  #limitOf(address: string): number {
    if (this.#maxPerAddress !== undefined) return this.#maxPerAddress
    return anyRangeContains(LOOPBACK, address) ? Infinity : DEFAULT_MAX_CONNECTIONS_PER_ADDRESS
  }

  /** For `ListenedConnection`. */
  forget(connection: ListenedConnection): void {
    if (!this.#connections.delete(connection)) return
    const left = (this.#countByAddress.get(connection.remoteAddress) ?? 1) - 1
    if (left > 0) this.#countByAddress.set(connection.remoteAddress, left)
    else this.#countByAddress.delete(connection.remoteAddress)
  }
}

/** A connection that its listener counts until it is gone. */
class ListenedConnection extends SocketConnection {
  readonly #listener: TcpListener

  constructor(socket: Socket, loop: NetLoop, limits: ConnectionLimits, listener: TcpListener) {
    super(socket, loop, limits)
    this.#listener = listener
  }

  override handleClosed(): void {
    this.#listener.forget(this)
    super.handleClosed()
  }
}

function explainListenError(options: ListenOptions, error: Error): HeadframeError {
  const { host, port, optionName } = options
  const details = { context: { host, port, optionName }, cause: error }
  const remedy = `start with ${optionName} HOST:PORT`
  switch (systemErrorCode(error)) {
    case 'EADDRINUSE':
      return new HeadframeError(
        'listen/port-taken',
        `Port ${String(port)} on ${host} is taken by another program; stop it or ${remedy}.`,
        details,
      )
    case 'EACCES':
    case 'EPERM':
      return new HeadframeError(
        'listen/not-permitted',
        `This system does not let us listen on port ${String(port)} of ${host}; ports below 1024 are often reserved. To use another, ${remedy}.`,
        details,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAFNOSUPPORT':
      return new HeadframeError(
        'listen/not-our-address',
        `${host} is not an address of this machine; use 0.0.0.0 for all of its networks, or ${remedy}.`,
        details,
      )
    default:
      return new HeadframeError(
        'listen/failed',
        `Could not listen on ${formatHostPort({ host, port })}: ${errorText(error)}. To use another address, ${remedy}.`,
        details,
      )
  }
}

function ignore(): void {}
