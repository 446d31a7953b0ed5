/** The practice pool's Stratum V1 face on a real socket, plain or TLS: one `Sv1Session` a connection. */
import { type Clock, DisposalStack, errorText, type Logger } from '../base/index.ts'
import { ExtranonceAllocator } from '../mining/index.ts'
import { type Connection, type HostPort, listen, type NetLoop } from '../net/index.ts'
import { decodeLine, LineFramer, MAX_LINE_BYTES, SV1_ERROR, formatError } from '../sv1/index.ts'
import { type PoolCore } from './pool-core.ts'
import { type PoolServer } from './sv2-server.ts'
import { type Sv1Output, Sv1Session } from './sv1-session.ts'

export interface Sv1ServerOptions {
  readonly pool: PoolCore
  readonly log: Logger
  readonly loop: NetLoop
  readonly listenAt: HostPort
  /** Bytes. Default 8. */
  readonly extranonce2Size?: number
  /** With it clients may use TLS on the same port. PEM. */
  readonly tls?: { readonly certificatePem: string; readonly privateKeyPem: string }
  readonly maxConnections?: number
}

const EXTRANONCE1_SIZE = 4
const DEFAULT_EXTRANONCE2_SIZE = 8
const DEFAULT_MAX_CONNECTIONS = 1_000
/** From the connection to the first job. */
const GREETING_TIMEOUT_MS = 60_000
const TICK_MS = 1_000

/**
 * Starts listening.
 * @throws HeadframeError `listen/…` when the port cannot be had
 */
export async function startSv1Server(options: Sv1ServerOptions): Promise<PoolServer> {
  const { pool, loop, log, listenAt, tls, extranonce2Size = DEFAULT_EXTRANONCE2_SIZE } = options
  const { clock } = pool
  const extranonces = new ExtranonceAllocator(EXTRANONCE1_SIZE)
  const links = new Set<Sv1Link>()
  const disposal = new DisposalStack()
  const onConnection = (connection: Connection): void => {
    const session = new Sv1Session({ pool, log, extranonces, extranonce2Size })
    const link = new Sv1Link(connection, session, clock, log)
    links.add(link)
    void link.ended.then(() => links.delete(link))
  }
  const maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS
  const listener = await listen(
    { ...listenAt, loop, optionName: 'a practice port', maxConnections, tls: tls ?? null },
    onConnection,
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
        log.warn('could not stop a part of the SV1 pool', { part: name, error: errorText(error) })
      }
      await Promise.all(ended)
    },
  }
}

/** A connection, its lines and its session. */
class Sv1Link {
  readonly #connection: Connection
  readonly #session: Sv1Session
  readonly #framer = new LineFramer(MAX_LINE_BYTES)
  readonly #log: Logger
  /** Resolves when the connection is gone and everything it held was given back. */
  readonly ended: Promise<void>

  constructor(connection: Connection, session: Sv1Session, clock: Clock, log: Logger) {
    this.#connection = connection
    this.#session = session
    this.#log = log
    const timeout = clock.after(GREETING_TIMEOUT_MS, () => {
      if (!session.isOpen) connection.destroy('no subscription in time')
    })
    connection.onData((bytes) => this.#onData(bytes))
    this.ended = new Promise((resolve) => {
      connection.onClose((reason) => {
        timeout.cancel()
        this.#framer.close()
        session.end()
        log.debug('connection ended', { reason: reason.text })
        resolve()
      })
    })
  }

  apply(act: (session: Sv1Session) => Sv1Output): void {
    if (!this.#connection.closed) this.#perform(act(this.#session))
  }

  close(reason: string): void {
    this.#connection.close(reason)
  }

  #onData(chunk: Uint8Array): void {
    const fault = this.#framer.push(chunk, (bytes, start, end) => {
      const text = decodeLine(bytes, start, end)
      if (text.ok) this.#perform(this.#session.receive(text.value))
      else this.#refuse(text.error.message)
    })
    if (fault !== null) this.#refuse(fault.message)
  }

  #refuse(message: string): void {
    this.#perform({ send: [formatError('null', SV1_ERROR.other, message)], close: message })
  }

  #perform({ send, close }: Sv1Output): void {
    for (const line of send) this.#connection.write(line)
    if (close === null) return
    this.#log.debug('connection closed', { reason: close })
    this.#framer.close()
    this.#connection.close(close)
  }
}
