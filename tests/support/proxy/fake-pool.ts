/**
 * What the scripted pools share: jobs, the judging of shares by a way of its own (no part of the checker), and
 * knobs for what a pool may do to its clients. They serve real sockets on 127.0.0.1 and hold no timers.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { concatBytes, toHex } from '../../../src-main/base/index.ts'
import {
  type BlockHash,
  coinbaseTxid,
  encodeHeader,
  foldMerklePath,
  hashHeader,
  meetsTarget,
  sha256d,
  type Target,
  targetOfDifficulty,
} from '../../../src-main/mining/index.ts'

/** About 430 hashes a share. */
export const EASY = 1e-7
/** Difficulty 1: no share of a test is a block. */
const MAINNET_NBITS = 0x1d00ffff

export interface FakePoolOptions {
  /** Tells pools and their jobs apart. */
  readonly name?: string
  readonly difficulty?: number
  /** Bytes of extranonce the client may fill. */
  readonly rollableSize?: number
  /** Bytes of extranonce that are the pool's: the last one counts connections. */
  readonly prefixSize?: number
  /** Version bits clients may roll; 0 for none. */
  readonly versionMask?: number
  readonly nBits?: number
  readonly merkleDepth?: number
  /** Bytes added to each half of the coinbase. */
  readonly coinbasePadding?: number
  /** Serves over TLS with this key and certificate, PEM. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

/** A job as one connection was given it. */
export interface PoolJob {
  readonly id: number
  readonly prevHash: Uint8Array
  readonly version: number
  readonly ntime: number
  readonly nBits: number
  readonly coinbasePrefix: Uint8Array
  readonly coinbaseSuffix: Uint8Array
  readonly merklePath: readonly Uint8Array[]
}

/** A job with what was in force on a connection when it was given. */
export interface GivenJob {
  readonly job: PoolJob
  readonly prefix: Uint8Array
  readonly rollableSize: number
  readonly target: Target
  readonly versionMask: number
  stale: boolean
}

export interface ReceivedShare {
  readonly jobId: number
  readonly user: string
  readonly headerHex: string
  /** Why the pool refused it; null if it was good. */
  readonly refusal: string | null
}

/** How shares are answered: at once, when `release` says so, or never. */
export type Answering = 'at-once' | 'held' | 'never'

export abstract class FakePool {
  readonly name: string
  /** Every share, in order of arrival. */
  readonly shares: ReceivedShare[] = []
  /** Answers that were sent. */
  acknowledged = 0
  rejected = 0
  /** Difficulty of each job, by the name `/pool id/` that its coinbase carries. */
  readonly difficultyOf = new Map<string, number>()
  /** Connections accepted so far. */
  connectionCount = 0
  answering: Answering = 'at-once'
  /** Refuses shares that are good, with this reason. */
  refuseWith: string | null = null
  difficulty: number
  rollableSize: number
  versionMask: number
  /** Whether every connection gets the same prefix, as a pool that restores sessions gives. */
  samePrefix = false
  readonly prefixSize: number
  readonly usesTls: boolean
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #nBits: number
  readonly #merkleDepth: number
  readonly #padding: Uint8Array
  readonly #headers = new Set<string>()
  #tip = 1
  #nextJobId = 1
  protected currentJob: PoolJob

  constructor(options: FakePoolOptions) {
    this.name = options.name ?? 'pool'
    this.difficulty = options.difficulty ?? EASY
    this.rollableSize = options.rollableSize ?? 8
    this.prefixSize = options.prefixSize ?? 4
    this.versionMask = options.versionMask ?? 0x1fffe000
    this.#nBits = options.nBits ?? MAINNET_NBITS
    this.#merkleDepth = options.merkleDepth ?? 2
    this.#padding = new Uint8Array(options.coinbasePadding ?? 0)
    this.currentJob = this.#makeJob()
    this.usesTls = options.tls !== undefined
    const accept = (socket: Socket): void => this.#accept(socket)
    this.#server = options.tls
      ? createTlsServer(options.tls, accept).on('tlsClientError', () => {})
      : createServer({ noDelay: true }, accept)
  }

  get port(): number {
    const address = this.#server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the pool does not listen')
    return address.port
  }

  /** Connections open now. */
  get openCount(): number {
    return this.#sockets.size
  }

  /** Header time of the job of the moment, unix seconds. */
  get jobTime(): number {
    return this.currentJob.ntime
  }

  /** Shares that were good, whatever was answered. */
  get goodShares(): number {
    return this.shares.filter(({ refusal }) => refusal === null).length
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>((done, fail) => {
      this.#server.once('error', fail)
      this.#server.listen(port, '127.0.0.1', done)
    })
    return this
  }

  /** Cuts every connection; new ones are still accepted. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Accepts nobody new; who is connected stays. */
  closeListener(): void {
    this.#server.close()
  }

  /** Cuts every connection and listens no more. */
  async stop(): Promise<void> {
    this.drop()
    await new Promise<void>((done) => this.#server.close(() => done()))
  }

  protected abstract onSocket(socket: Socket): void
  protected abstract onGone(socket: Socket): void

  /** Another job on the same tip. */
  protected nextJob(): PoolJob {
    this.currentJob = this.#makeJob()
    return this.currentJob
  }

  /** A job on a new tip. */
  protected nextTip(): PoolJob {
    this.#tip++
    return this.nextJob()
  }

  protected prefixOf(connection: number): Uint8Array {
    const prefix = sha256d(new TextEncoder().encode(this.name)).slice(0, this.prefixSize)
    if (!this.samePrefix && prefix.length > 0) prefix[prefix.length - 1] = connection & 0xff
    return prefix
  }

  protected give(job: PoolJob, prefix: Uint8Array, rollableSize: number, versionMask: number): GivenJob {
    const target = targetOfDifficulty(this.difficulty)
    this.difficultyOf.set(`/${this.name} ${job.id}/`, this.difficulty)
    return { job, prefix, rollableSize, target, versionMask, stale: false }
  }

  /** Rebuilds the header, hashes it and says what a strict pool would. */
  protected judge(
    given: GivenJob | undefined,
    share: {
      readonly jobId: number
      readonly user: string
      readonly rollable: Uint8Array
      readonly ntime: number
      readonly nonce: number
      readonly version: number
    },
  ): string | null {
    const { jobId, user, rollable, ntime, nonce, version } = share
    let headerHex = ''
    const refusal = ((): string | null => {
      if (given === undefined) return 'invalid-job-id'
      const { job, prefix, target, versionMask } = given
      if (rollable.length !== given.rollableSize) return 'bad-extranonce-size'
      if (((version ^ job.version) & ~versionMask) !== 0) return 'invalid-version'
      if (ntime < job.ntime) return 'invalid-ntime'
      const txid = coinbaseTxid(job.coinbasePrefix, prefix, rollable, job.coinbaseSuffix)
      const header = encodeHeader({
        version,
        prevHash: job.prevHash,
        merkleRoot: foldMerklePath(txid, job.merklePath),
        ntime,
        nBits: job.nBits,
        nonce,
      })
      headerHex = toHex(header)
      if (given.stale) return 'stale-share'
      if (this.#headers.has(headerHex)) return 'duplicate-share'
      const hash: BlockHash = hashHeader(header)
      if (!meetsTarget(hash, target)) return 'difficulty-too-low'
      this.#headers.add(headerHex)
      return null
    })()
    this.shares.push({ jobId, user, headerHex, refusal })
    return refusal ?? this.refuseWith
  }

  #accept(socket: Socket): void {
    this.connectionCount++
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.onGone(socket)
    })
    this.onSocket(socket)
  }

  #makeJob(): PoolJob {
    const id = this.#nextJobId++
    const text = new TextEncoder().encode(`/${this.name} ${id}/`)
    const extranonceSize = this.prefixSize + this.rollableSize
    const script = concatBytes(Uint8Array.of(3, id & 0xff, 0, 1), text, Uint8Array.of(extranonceSize))
    return {
      id,
      prevHash: sha256d(new TextEncoder().encode(`${this.name} tip ${this.#tip}`)),
      version: 0x20000000,
      ntime: Math.floor(Date.now() / 1000),
      nBits: this.#nBits,
      coinbasePrefix: concatBytes(
        Uint8Array.of(2, 0, 0, 0, 1),
        new Uint8Array(32),
        Uint8Array.of(0xff, 0xff, 0xff, 0xff, script.length + extranonceSize),
        script,
        this.#padding,
      ),
      coinbaseSuffix: concatBytes(
        Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 0, 0xf2, 5, 0x2a, 1, 0, 0, 0, 22, 0, 20),
        new Uint8Array(20).fill(7),
        new Uint8Array(4),
        this.#padding,
      ),
      merklePath: Array.from({ length: this.#merkleDepth }, (_, n) =>
        sha256d(new TextEncoder().encode(`${this.name} ${id} node ${n}`)),
      ),
    }
  }
}
