/**
 * Accepting sockets within limits: who may reach us, how many in all and from one address, TLS for those that begin
 * with it. Each is handed on once it has spoken. What becomes of it (a stream of bytes, a WebSocket) is for the
 * listeners above.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { HeadframeError } from '../base/index.ts'
import {
  type AddressRange,
  anyRangeContains,
  parseAddressRanges,
  plainAddress,
  PRIVATE_RANGE_TEXTS,
} from './address-ranges.ts'
import { type Connection } from './connection-types.ts'
import { TlsAcceptor, type TlsIdentity, waitForFirstByte } from './first-byte.ts'
import {
  DEFAULT_HALF_OPEN_LIMITS,
  HalfOpenBook,
  type HalfOpenEnd,
  type HalfOpenLimits,
  type HalfOpenPeer,
} from './half-open.ts'
import { type HostPort } from './host-port.ts'
import { explainListenError } from './listen-errors.ts'
import { type NetLoop } from './net-loop.ts'
import { TCP_KEEPALIVE_MS } from './open-socket.ts'
import { type ConnectionLimits } from './queued-connection.ts'

export interface ListenOptions extends HostPort {
  readonly loop: NetLoop
  /** The command line option that sets the address, named in errors, for instance `--stratum`. */
  readonly optionName: string
  /** Half-open ones count too. */
  readonly maxConnections?: number
  /** Unless given, 512, and no limit of its own for loopback. */
  readonly maxConnectionsPerAddress?: number
  /** Ranges that may connect beside loopback and the private ones, CIDR. */
  readonly extraRanges?: readonly string[]
  /** Ranges that may connect at all, instead of loopback and the private ones; for tests and strict setups. */
  readonly onlyRanges?: readonly string[]
  readonly limits?: ConnectionLimits
  /** Offers TLS on the same port, to peers that begin with it. Not for ports of SV2, whose first byte is random. */
  readonly tls?: TlsIdentity | null
  /** Bounds of sockets that have not yet shown what they are. */
  readonly halfOpen?: HalfOpenLimits
  /** Called for each refused connection; the reason is counted in any case. */
  readonly onRefused?: (reason: RefusalReason, remoteAddress: string) => void
}

export type RefusalReason =
  /** The address is in no allowed range. */
  | 'address-not-allowed'
  | 'too-many-connections'
  | 'too-many-from-address'
  /** It said nothing, or did not end its handshakes, in time. */
  | 'half-open-timeout'
  /** It had said nothing yet when others needed the place. */
  | 'half-open-limit'
  | 'tls-handshake-failed'
  /** An HTTP request that may not become a WebSocket. */
  | 'upgrade-refused'
  /** The system could not accept: out of file handles, for instance. */
  | 'system'

export type RefusalCounts = Record<RefusalReason, number>

export interface Listener {
  /** Where it listens; the port is the real one also when 0 was asked for. */
  readonly address: HostPort
  /** Connections that were handed over and are not gone. */
  readonly connectionCount: number
  /** Sockets that have not yet shown what they are. */
  readonly halfOpenCount: number
  /** Connections handed over so far. */
  readonly acceptedTotal: number
  readonly refusals: Readonly<RefusalCounts>
  /** Accepts no more, closes every connection with `text` as its reason, and waits until all are gone. */
  stop(text: string): Promise<void>
}

const DEFAULT_MAX_CONNECTIONS = 12_000
/** A farm behind one router, or a proxy of another make, arrives from one address. Loopback is this machine. */
const DEFAULT_MAX_CONNECTIONS_PER_ADDRESS = 512
/** Part of an address' connections that may be half-open. */
const HALF_OPEN_RATIO = 0.5
const LOOPBACK = rangesOf(['127.0.0.0/8', '::1'])
/** Connections the system may hold for us before we accept: a whole farm after a power cut. */
const BACKLOG = 4_096

const ARRIVAL = Symbol('arrival')
type ArrivedSocket = Socket & { [ARRIVAL]?: Arrival }

function onSocketClose(this: ArrivedSocket): void {
  this[ARRIVAL]?.handleGone()
}

/** One accepted socket, from its acceptance until it is gone. */
export class Arrival implements HalfOpenPeer {
  readonly address: string
  readonly acceptedAtMs: number
  readonly #socket: ArrivedSocket
  readonly #server: AcceptServer
  /** Whether a TLS handshake is under way. */
  #inTls = false
  #connection: Connection | null = null

  constructor(socket: Socket, address: string, acceptedAtMs: number, server: AcceptServer) {
    this.address = address
    this.acceptedAtMs = acceptedAtMs
    this.#socket = socket
    this.#server = server
    this.#socket[ARRIVAL] = this
    // First of all listeners: by the time a connection tells its owner of its end, it is counted out.
    socket.on('close', onSocketClose)
    socket.on('error', ignore)
  }

  get connection(): Connection | null {
    return this.#connection
  }

  beginTls(): void {
    this.#inTls = true
  }

  endTls(): void {
    this.#inTls = false
  }

  /** It is half-open no more: counts as a connection, which hears of errors itself, until its socket is gone. */
  admit(connection: Connection): void {
    this.#connection = connection
    if (connection.transport === 'tcp') this.#socket.off('error', ignore)
    this.#server.handleAdmitted(this)
  }

  /** Counts a refusal; who calls this ends the socket. */
  refuse(reason: RefusalReason): void {
    this.#server.countRefusal(reason, this.address)
  }

  endHalfOpen(end: HalfOpenEnd): void {
    this.#inTls = false
    if (end !== 'stopped') this.refuse(end)
    this.#socket.destroy()
  }

  handleGone(): void {
    if (this.#inTls) this.refuse('tls-handshake-failed')
    this.#server.handleGone(this)
  }
}

/** @param stream the socket, or TLS over it; ready to be read from its first byte on */
export type OnStream = (stream: Socket, secure: boolean, arrival: Arrival) => void

export class AcceptServer implements Listener {
  readonly #server: Server
  readonly #options: ListenOptions
  readonly #ranges: readonly AddressRange[]
  readonly #onStream: OnStream
  readonly #tls: TlsAcceptor | null
  readonly #maxConnections: number
  readonly #halfOpen: HalfOpenBook
  readonly #arrivals = new Set<Arrival>()
  /** Arrivals by address. Holds only addresses that have one, so it is as small as `#arrivals`. */
  readonly #countByAddress = new Map<string, number>()
  #stopped = false
  address: HostPort
  connectionCount = 0
  acceptedTotal = 0
  readonly refusals: RefusalCounts = {
    'address-not-allowed': 0,
    'too-many-connections': 0,
    'too-many-from-address': 0,
    'half-open-timeout': 0,
    'half-open-limit': 0,
    'tls-handshake-failed': 0,
    'upgrade-refused': 0,
    system: 0,
  }

  /** @throws HeadframeError `listen/bad-range`, `listen/bad-certificate` */
  constructor(options: ListenOptions, onStream: OnStream) {
    this.#options = options
    this.#onStream = onStream
    this.#ranges = rangesOf([...(options.onlyRanges ?? PRIVATE_RANGE_TEXTS), ...(options.extraRanges ?? [])])
    this.#tls = options.tls ? new TlsAcceptor(options.tls) : null
    this.#maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS
    this.#halfOpen = new HalfOpenBook({
      clock: options.loop.clock,
      limits: options.halfOpen ?? DEFAULT_HALF_OPEN_LIMITS,
      limitOf: (address) => Math.max(1, this.#limitOf(address) * HALF_OPEN_RATIO),
    })
    this.#server = createServer({
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEPALIVE_MS,
    })
    this.address = { host: options.host, port: options.port }
  }

  get halfOpenCount(): number {
    return this.#halfOpen.size
  }

  /** @throws HeadframeError `listen/…` naming the port and the option that changes it */
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
    for (const { connection } of this.#arrivals) connection?.close(text)
    this.#halfOpen.endAll()
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
      this.countRefusal(reason, address)
      socket.on('error', ignore)
      socket.destroy()
      return
    }
    this.#countByAddress.set(address, fromAddress + 1)
    const arrival = new Arrival(socket, address, this.#options.loop.clock.monotonicMs(), this)
    this.#arrivals.add(arrival)
    this.#halfOpen.add(arrival)
    waitForFirstByte(socket, (isTls) => this.#onSpoken(socket, isTls, arrival))
  }

  #onSpoken(socket: Socket, isTls: boolean, arrival: Arrival): void {
    if (!isTls || this.#tls === null) {
      this.#onStream(socket, false, arrival)
      return
    }
    arrival.beginTls()
    this.#tls.accept(socket, (secured) => {
      arrival.endTls()
      this.#onStream(secured, true, arrival)
    })
  }

  #refusal(address: string, fromAddress: number): RefusalReason | null {
    if (this.#stopped || this.#arrivals.size >= this.#maxConnections) return 'too-many-connections'
    if (!anyRangeContains(this.#ranges, address)) return 'address-not-allowed'
    return fromAddress >= this.#limitOf(address) ? 'too-many-from-address' : null
  }

  #limitOf(address: string): number {
    const { maxConnectionsPerAddress } = this.#options
    if (maxConnectionsPerAddress !== undefined) return maxConnectionsPerAddress
    return anyRangeContains(LOOPBACK, address) ? Infinity : DEFAULT_MAX_CONNECTIONS_PER_ADDRESS
  }

  /** For `Arrival`, as the next two. */
  countRefusal(reason: RefusalReason, address: string): void {
    this.refusals[reason]++
    this.#options.onRefused?.(reason, address)
  }

  handleAdmitted(arrival: Arrival): void {
    this.#halfOpen.remove(arrival)
    this.acceptedTotal++
    this.connectionCount++
  }

  handleGone(arrival: Arrival): void {
    if (!this.#arrivals.delete(arrival)) return
    this.#halfOpen.remove(arrival)
    if (arrival.connection !== null) this.connectionCount--
    const left = (this.#countByAddress.get(arrival.address) ?? 1) - 1
    if (left > 0) this.#countByAddress.set(arrival.address, left)
    else this.#countByAddress.delete(arrival.address)
  }
}

function rangesOf(texts: readonly string[]): readonly AddressRange[] {
  const ranges = parseAddressRanges(texts)
  if (!ranges.ok) throw new HeadframeError('listen/bad-range', `${ranges.error}.`)
  return ranges.value
}

function ignore(): void {}
