/**
 * The practice pool's Stratum V2 face on a real socket: Noise responder, frames, one `Sv2Session` a connection.
 * Its parts know nothing of practice but the pool core they are given.
 */
import { type Clock, DisposalStack, type Entropy, errorText, type Logger } from '../base/index.ts'
import { ExtranonceAllocator } from '../mining/index.ts'
import { type Connection, type HostPort, listen, type NetLoop } from '../net/index.ts'
import {
  type AuthorityKeyPair,
  createResponder,
  createResponderIdentity,
  decodeMessage,
  encodeMessage,
  type Frame,
  MAX_EXTRANONCE_LENGTH,
  type NoiseStream,
  type ResponderIdentity,
} from '../sv2/index.ts'
import { type PoolCore } from './pool-core.ts'
import { type Sv2Output, Sv2Session } from './sv2-session.ts'

export interface Sv2ServerOptions {
  readonly pool: PoolCore
  readonly authority: AuthorityKeyPair
  readonly entropy: Entropy
  readonly log: Logger
  readonly loop: NetLoop
  readonly listenAt: HostPort
  /** Bytes of extranonce granted to extended channels, whatever was asked. Default 8. */
  readonly rollableSize?: number
  readonly maxChannelsPerConnection?: number
  readonly maxConnections?: number
}

export interface PoolServer {
  /** Where it listens, with the real port. */
  readonly address: HostPort
  readonly connectionCount: number
  /** Closes every connection and waits until all are gone. Harmless when repeated. */
  stop(reason: string): Promise<void>
}

/** Bytes of the extranonce prefix that tells channels apart. */
const PREFIX_SIZE = 4
const DEFAULT_ROLLABLE_SIZE = 8
const DEFAULT_MAX_CHANNELS = 256
const DEFAULT_MAX_CONNECTIONS = 1_000
/** From the connection to SetupConnection, the handshake included. */
const SETUP_TIMEOUT_MS = 10_000
const TICK_MS = 500

/**
 * Starts listening.
 * @throws HeadframeError `listen/…` when the port cannot be had
 */
export async function startSv2Server(options: Sv2ServerOptions): Promise<PoolServer> {
  const { pool, loop, log, listenAt, rollableSize = DEFAULT_ROLLABLE_SIZE } = options
  if (PREFIX_SIZE + rollableSize > MAX_EXTRANONCE_LENGTH) {
    throw new RangeError(`${rollableSize} bytes of extranonce are too many beside a prefix of ${PREFIX_SIZE}`)
  }
  const { clock } = pool
  const prefixes = new ExtranonceAllocator(PREFIX_SIZE)
  const identity = createResponderIdentity({ ...options, nowMs: () => clock.nowMs() })
  const links = new Set<Sv2Link>()
  const disposal = new DisposalStack()

  const listener = await listen(
    {
      ...listenAt,
      loop,
      optionName: 'a practice port',
      maxConnections: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    },
    (connection) => {
      const session = new Sv2Session({
        pool,
        log,
        prefixes,
        rollableSize,
        maxChannels: options.maxChannelsPerConnection ?? DEFAULT_MAX_CHANNELS,
      })
      const link = new Sv2Link({ connection, session, identity, clock, entropy: options.entropy, log })
      links.add(link)
      void link.ended.then(() => links.delete(link))
    },
  )
  disposal.add('listener', () => listener.stop('the practice pool is going down'))
  disposal.add(
    'templates',
    pool.chain.templates.on((template) => {
      for (const link of links) link.apply((session) => session.offer(template))
    }),
  )
  const ticks = clock.every(TICK_MS, () => {
    for (const link of links) link.apply((session) => session.tick())
  })
  disposal.add('ticks', () => ticks.cancel())

  return {
    get address() {
      return listener.address
    },
    get connectionCount() {
      return listener.connectionCount
    },
    async stop(reason) {
      const ended = [...links].map((link) => link.ended)
      for (const link of links) link.close(reason)
      for (const { name, error } of await disposal.dispose()) {
        log.warn('could not stop a part of the SV2 pool', { part: name, error: errorText(error) })
      }
      await Promise.all(ended)
    },
  }
}

interface Sv2LinkParts {
  readonly connection: Connection
  readonly session: Sv2Session
  readonly identity: ResponderIdentity
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

/** A connection, its encryption and its session. */
class Sv2Link {
  readonly #connection: Connection
  readonly #session: Sv2Session
  readonly #noise: NoiseStream
  readonly #log: Logger
  /** Resolves when the connection is gone and everything it held was given back. */
  readonly ended: Promise<void>

  constructor({ connection, session, identity, clock, entropy, log }: Sv2LinkParts) {
    this.#connection = connection
    this.#session = session
    this.#log = log
    this.#noise = createResponder({ identity, entropy })
    const timeout = clock.after(SETUP_TIMEOUT_MS, () => {
      if (!session.isOpen) connection.destroy('no SetupConnection in time')
    })
    connection.onData((bytes) => this.#onData(bytes))
    this.ended = new Promise((resolve) => {
      connection.onClose((reason) => {
        timeout.cancel()
        session.end()
        log.debug('connection ended', { reason: reason.text })
        resolve()
      })
    })
  }

  /** Lets the session act, once it may. */
  apply(act: (session: Sv2Session) => Sv2Output): void {
    if (this.#noise.established && !this.#connection.closed) this.#perform(act(this.#session))
  }

  close(reason: string): void {
    this.#connection.close(reason)
  }

  #onData(bytes: Uint8Array): void {
    const { send, frames, error } = this.#noise.receive(bytes)
    if (send.length > 0) this.#connection.write(send)
    for (const frame of frames) {
      if (this.#connection.closed) return
      this.#onFrame(frame)
    }
    if (error !== null) this.#fail(error.message)
  }

  #onFrame(frame: Frame): void {
    const decoded = decodeMessage(frame)
    if (decoded.ok) this.#perform(this.#session.receive(decoded.value.message))
    else this.#fail(decoded.error.message)
  }

  #perform({ send, close }: Sv2Output): void {
    // One write for all of them; what is sealed first must leave first.
    if (send.length > 0)
      this.#connection.write(this.#noise.seal(send.map((message) => encodeMessage(message))))
    if (close !== null) this.#fail(close)
  }

  #fail(reason: string): void {
    this.#log.debug('connection closed', { reason })
    this.#connection.close(reason)
  }
}
