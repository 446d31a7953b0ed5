/**
 * Entry of the pool's process: Stratum V2 pools as cheap as can be. They open one extended channel a
 * connection, give one job a tip, take every share without looking at it and acknowledge ten at a time. And
 * a port that reads and forgets, for proxies that speak to nobody.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { serveThread } from '../../../src-main/app/thread-link.ts'
import { systemEntropy } from '../../../src-main/base/index.ts'
import { targetOfDifficulty } from '../../../src-main/mining/index.ts'
import {
  createResponder,
  createResponderIdentity,
  decodeMessage,
  encodeMessage,
  generateAuthorityKeyPair,
  type MiningConnectionMessage,
  type NoiseStream,
} from '../../../src-main/sv2/index.ts'
import { ORDINARY_JOB, prevHashOf } from './ordinary-job.ts'
import { parentPort } from './processes.ts'

export interface PoolProcedures extends Record<string, (argument: never) => unknown> {
  /** Opens a port whose pool asks for shares of this difficulty. */
  listen(difficulty: number): Promise<{ port: number; authorityKey: Uint8Array }>
  /** A port that reads and forgets. */
  discard(argument: null): Promise<{ port: number }>
  /**
   * A new tip, with its job, on all connections of a port.
   * @returns when it began, on the clock of `process.hrtime`, nanoseconds
   */
  newTip(port: number): number
  /** When the last job of a port was sent, on the clock of `process.hrtime`, nanoseconds; 0 before any. */
  lastJobNs(port: number): number
  /** Shares that came in on a port. */
  shares(port: number): number
  /** From now on it is noted when each share of a port came in. */
  watchShares(port: number): void
  /** What was noted, which ends it. */
  arrivals(port: number): Arrivals
}

/** Shares in the order they came in. */
export interface Arrivals {
  readonly nonces: Uint32Array
  /** On the clock of `process.hrtime`, nanoseconds. */
  readonly atNs: Float64Array
}

const SHARES_PER_ACKNOWLEDGEMENT = 10
const CHANNEL_ID = 1
/** Long enough that shares which are no full ten are acknowledged soon, and without hurry. */
const ACKNOWLEDGE_AFTER_MS = 20

const authority = generateAuthorityKeyPair(systemEntropy)
const identity = createResponderIdentity({ authority, entropy: systemEntropy, nowMs: () => Date.now() })

type Received = Extract<ReturnType<typeof decodeMessage>, { ok: true }>['value']['message']

class PoolConnection {
  readonly #socket: Socket
  readonly #noise: NoiseStream
  readonly #difficulty: number
  readonly #timer: NodeJS.Timeout
  #open = false
  #lastJobId = 0
  #lastSequenceNumber = 0
  #unacknowledged = 0
  shares = 0
  lastJobNs = 0
  /** Where arrivals are noted, while somebody watches. */
  noted: { nonces: number[]; atNs: number[] } | null = null

  constructor(socket: Socket, difficulty: number) {
    this.#socket = socket
    this.#difficulty = difficulty
    this.#noise = createResponder({ identity, entropy: systemEntropy })
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.#onData(bytes))
    socket.on('error', () => {})
    this.#timer = setInterval(() => this.#acknowledge(1), ACKNOWLEDGE_AFTER_MS)
    socket.on('close', () => clearInterval(this.#timer))
  }

  newTip(): void {
    if (!this.#open) return
    const jobId = ++this.#lastJobId
    this.lastJobNs = nowNs()
    const { version, nBits, merklePath, coinbasePrefix, coinbaseSuffix } = ORDINARY_JOB
    this.#send(
      {
        name: 'NewExtendedMiningJob',
        channelId: CHANNEL_ID,
        jobId,
        minNtime: null,
        version,
        versionRollingAllowed: true,
        merklePath,
        coinbaseTxPrefix: coinbasePrefix,
        coinbaseTxSuffix: coinbaseSuffix,
      },
      {
        name: 'SetNewPrevHash',
        channelId: CHANNEL_ID,
        jobId,
        prevHash: prevHashOf(jobId),
        minNtime: Math.floor(Date.now() / 1000),
        nbits: nBits,
      },
    )
  }

  #onData(bytes: Uint8Array): void {
    const { send, frames, error } = this.#noise.receive(bytes)
    if (send.length > 0) this.#socket.write(send)
    for (const frame of frames) {
      const decoded = decodeMessage(frame)
      if (!decoded.ok) throw new Error(`the proxy sent what cannot be read: ${decoded.error.message}`)
      this.#onMessage(decoded.value.message)
    }
    if (error) throw error
    this.#acknowledge(SHARES_PER_ACKNOWLEDGEMENT)
  }

  #onMessage(message: Received): void {
    if (message.name === 'SubmitSharesExtended') {
      this.shares++
      if (this.noted) {
        this.noted.nonces.push(message.nonce)
        this.noted.atNs.push(nowNs())
      }
      this.#unacknowledged++
      this.#lastSequenceNumber = message.sequenceNumber
    } else if (message.name === 'SetupConnection') {
      this.#send({ name: 'SetupConnection.Success', usedVersion: 2, flags: 0 })
    } else if (message.name === 'OpenExtendedMiningChannel') {
      this.#send({
        name: 'OpenExtendedMiningChannel.Success',
        requestId: message.requestId,
        channelId: CHANNEL_ID,
        target: targetOfDifficulty(this.#difficulty),
        extranonceSize: ORDINARY_JOB.rollableSize,
        extranoncePrefix: ORDINARY_JOB.extranoncePrefix,
        groupChannelId: 2,
      })
      this.#open = true
      this.newTip()
    }
  }

  #acknowledge(least: number): void {
    if (this.#unacknowledged < least) return
    const messages: MiningConnectionMessage[] = []
    while (this.#unacknowledged >= least) {
      const count = Math.min(this.#unacknowledged, SHARES_PER_ACKNOWLEDGEMENT)
      this.#unacknowledged -= count
      messages.push({
        name: 'SubmitShares.Success',
        channelId: CHANNEL_ID,
        lastSequenceNumber: (this.#lastSequenceNumber - this.#unacknowledged) >>> 0,
        newSubmitsAcceptedCount: count,
        newSharesSum: BigInt(count),
      })
    }
    this.#send(...messages)
  }

  #send(...messages: MiningConnectionMessage[]): void {
    this.#socket.write(this.#noise.seal(messages.map((message) => encodeMessage(message))))
  }
}

class Pool {
  readonly connections = new Set<PoolConnection>()
  closedShares = 0

  get shares(): number {
    let shares = this.closedShares
    for (const connection of this.connections) shares += connection.shares
    return shares
  }
}

const pools = new Map<number, Pool>()

const nowNs = (): number => Number(process.hrtime.bigint())

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (typeof address === 'object' && address) resolve(address.port)
    })
  })
}

const procedures: PoolProcedures = {
  async listen(difficulty) {
    const pool = new Pool()
    const server = createServer((socket) => {
      const connection = new PoolConnection(socket, difficulty)
      pool.connections.add(connection)
      socket.on('close', () => {
        pool.connections.delete(connection)
        pool.closedShares += connection.shares
      })
    })
    const port = await listening(server)
    pools.set(port, pool)
    return { port, authorityKey: authority.publicKey }
  },
  async discard() {
    return { port: await listening(createServer((socket) => socket.on('error', () => {}).resume())) }
  },
  newTip(port) {
    const startNs = nowNs()
    for (const connection of pools.get(port)?.connections ?? []) connection.newTip()
    return startNs
  },
  lastJobNs: (port) =>
    Math.max(0, ...[...(pools.get(port)?.connections ?? [])].map(({ lastJobNs }) => lastJobNs)),
  shares: (port) => pools.get(port)?.shares ?? 0,
  watchShares(port) {
    for (const connection of pools.get(port)?.connections ?? []) connection.noted = { nonces: [], atNs: [] }
  },
  arrivals(port) {
    const nonces: number[] = []
    const atNs: number[] = []
    for (const connection of pools.get(port)?.connections ?? []) {
      nonces.push(...(connection.noted?.nonces ?? []))
      atNs.push(...(connection.noted?.atNs ?? []))
      connection.noted = null
    }
    return { nonces: Uint32Array.from(nonces), atNs: Float64Array.from(atNs) }
  },
}

serveThread(parentPort(), procedures)
