/** Practice pools on real sockets, and clients that mine on them. */
import { type Clock, silentLogger, systemClock, systemEntropy } from '../../../src-main/base/index.ts'
import { createNonceScanner } from '../../../src-main/checker/index.ts'
import { encodeHeader } from '../../../src-main/mining/index.ts'
import { createNetLoop } from '../../../src-main/net/index.ts'
import {
  type DifficultyPolicy,
  PoolCore,
  type PoolCoreOptions,
  type PoolServer,
  PRACTICE_DIFFICULTY,
  PracticeChain,
  startSv1Server,
  type Sv1ServerOptions,
  startSv2Server,
  type Sv2ServerOptions,
} from '../../../src-main/practice/index.ts'
import {
  type ActiveJob,
  applyChannelMessage,
  type ChannelJobs,
  generateAuthorityKeyPair,
  miningConnection,
  type MiningConnectionMessage,
  openChannelJobs,
  type OpenExtendedMiningChannel,
  type SetupConnection,
} from '../../../src-main/sv2/index.ts'
import { dial, type Sv2Session } from '../../interop/sv2-session.ts'
import { findShare, findWeakShare, type FoundShare } from '../../support/practice-mining.ts'
import { asBlockHash, asTarget, type Job, type JobId } from '../../../src-main/mining/index.ts'

/** A share in some four thousand hashes, and no wish to change that during a test. */
export const STEADY: DifficultyPolicy = {
  ...PRACTICE_DIFFICULTY,
  startDifficulty: 1e-6,
  minDifficulty: 1e-6,
  sharesPerMinute: 60_000,
}

export const authority = generateAuthorityKeyPair(systemEntropy)

/** Resolves when `holds` does; fails with what was waited for after half a minute. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 30_000
  while (!holds()) {
    if (Date.now() > deadlineMs) throw new Error(`waited half a minute for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export interface PoolBench {
  readonly chain: PracticeChain
  readonly pool: PoolCore
  readonly server: PoolServer
  stop(): Promise<void>
}

export interface PoolBenchOptions extends Partial<PoolCoreOptions> {
  readonly networkDifficulty?: number
  readonly clock?: Clock
}

function poolParts(options: PoolBenchOptions): { chain: PracticeChain; pool: PoolCore } {
  const { clock = systemClock, networkDifficulty = 1 } = options
  const chain = new PracticeChain({ clock, entropy: systemEntropy, difficulty: networkDifficulty })
  return { chain, pool: new PoolCore({ chain, clock, log: silentLogger, difficulty: STEADY, ...options }) }
}

const AT = { host: '127.0.0.1', port: 0 }

export async function startSv2Pool(
  options: PoolBenchOptions & Partial<Sv2ServerOptions> = {},
): Promise<PoolBench> {
  const { chain, pool } = poolParts(options)
  const server = await startSv2Server({
    authority,
    entropy: systemEntropy,
    log: silentLogger,
    loop: createNetLoop(systemClock),
    listenAt: AT,
    ...options,
    pool,
  })
  return { chain, pool, server, stop: () => server.stop('the test is over') }
}

export async function startSv1Pool(
  options: PoolBenchOptions & Partial<Sv1ServerOptions> = {},
): Promise<PoolBench> {
  const { chain, pool } = poolParts(options)
  const server = await startSv1Server({
    log: silentLogger,
    loop: createNetLoop(systemClock),
    listenAt: AT,
    ...options,
    pool,
  })
  return { chain, pool, server, stop: () => server.stop('the test is over') }
}

const SETUP: SetupConnection = {
  name: 'SetupConnection',
  protocol: 0,
  minVersion: 2,
  maxVersion: 2,
  flags: 0,
  endpointHost: '127.0.0.1',
  endpointPort: 3333,
  vendor: 'wire test',
  hardwareVersion: '',
  firmware: '',
  deviceId: '',
}

const EVERYTHING = new Uint8Array(32).fill(0xff)

/** A client made of the project's own SV2 pieces, that mines when it is told. */
export class Sv2Miner {
  readonly session: Sv2Session<MiningConnectionMessage>
  channel: ChannelJobs | null = null
  /** What was submitted last. */
  lastShare: FoundShare | null = null
  #nextSequence = 0
  #nextNonce = 0

  constructor(port: number) {
    this.session = dial(port, authority.publicKey, miningConnection)
    this.session.onMessage = (message) => this.#follow(message as MiningConnectionMessage)
  }

  /** The handshake and SetupConnection; resolves with the flags of the answer. */
  async setUp(changes: Partial<SetupConnection> = {}): Promise<number> {
    await this.session.established
    this.session.send({ ...SETUP, ...changes })
    return (await this.next('SetupConnection.Success')).flags
  }

  /** The next message of a kind that was not asked for before. */
  async next<Name extends MiningConnectionMessage['name']>(
    name: Name,
  ): Promise<Extract<MiningConnectionMessage, { readonly name: Name }>> {
    const seen = this.#seen.get(name) ?? 0
    await until(name, () => this.session.received(name).length > seen)
    this.#seen.set(name, seen + 1)
    return this.session.received(name)[seen]!
  }
  readonly #seen = new Map<string, number>()

  requestExtended(changes: Partial<OpenExtendedMiningChannel> = {}): void {
    this.session.send({
      name: 'OpenExtendedMiningChannel',
      requestId: 1,
      userIdentity: 'practice.wire',
      nominalHashRate: 0,
      maxTarget: EVERYTHING,
      minExtranonceSize: 2,
      ...changes,
    })
  }

  /** Opens a channel and waits for its first job. */
  async openExtended(changes: Partial<OpenExtendedMiningChannel> = {}): Promise<ChannelJobs> {
    this.requestExtended(changes)
    const success = await this.next('OpenExtendedMiningChannel.Success')
    const opened = openChannelJobs(success)
    if (!opened.ok) throw new Error(opened.error.message)
    this.channel = opened.value
    const from = this.session.messages.indexOf(success)
    for (const message of this.session.messages.slice(from + 1)) {
      this.#follow(message as MiningConnectionMessage)
    }
    await until('a job', () => this.channel?.active !== null)
    return this.channel
  }

  get activeJob(): ActiveJob {
    if (!this.channel?.active) throw new Error('no job')
    return this.channel.active
  }

  /** Finds a share of the active job and submits it. @returns its sequence number */
  submit(changes: Partial<FoundShare> & { weak?: boolean; jobId?: number; channelId?: number } = {}): number {
    const { weak = false, jobId = this.activeJob.jobId, ...rest } = changes
    const job = sv2Job(this.activeJob)
    const found = weak ? findWeakShare(job) : findShare(job, { fromNonce: this.#nextNonce })
    this.#nextNonce = weak ? this.#nextNonce : found.nonce + 1
    this.lastShare = { ...found, ...rest }
    const { rollable, ...share } = this.lastShare
    const sequenceNumber = this.#nextSequence++
    this.session.send({
      name: 'SubmitSharesExtended',
      channelId: this.channel!.channelId,
      sequenceNumber,
      jobId,
      extranonce: rollable,
      ...share,
    })
    return sequenceNumber
  }

  /** As many shares as are acknowledged at once. */
  submitBatch(): void {
    for (let i = 0; i < 5; i++) this.submit()
  }

  get acknowledged(): number {
    return this.session
      .received('SubmitShares.Success')
      .reduce((sum, { newSubmitsAcceptedCount }) => sum + newSubmitsAcceptedCount, 0)
  }

  /** Error codes by sequence number. */
  get refused(): Map<number, string> {
    const errors = this.session.received('SubmitShares.Error')
    return new Map(errors.map(({ sequenceNumber, errorCode }) => [sequenceNumber, errorCode]))
  }

  #follow(message: MiningConnectionMessage): void {
    if (this.channel === null) return
    switch (message.name) {
      case 'NewExtendedMiningJob':
      case 'SetNewPrevHash':
      case 'SetTarget': {
        const { channel, fault, activated } = applyChannelMessage(this.channel, message)
        if (fault !== null) throw new Error(fault.message)
        this.channel = channel
        if (activated.length > 0) this.#nextNonce = 0
      }
    }
  }
}

function sv2Job(active: ActiveJob): Job {
  return {
    id: active.jobId as JobId,
    upstreamJobId: String(active.jobId),
    tip: { prevHash: asBlockHash(active.prevHash), nBits: active.nbits, minNtime: active.minNtime },
    version: active.version,
    versionRollingMask: 0,
    ntime: active.minNtime,
    coinbasePrefix: active.coinbaseTxPrefix,
    coinbaseSuffix: active.coinbaseTxSuffix,
    merklePath: active.merklePath,
    extranonce: { prefix: active.extranoncePrefix, rollableSize: active.extranonceSize },
    target: asTarget(active.target),
    cleanJobs: false,
    receivedAtMs: 0,
  }
}

/** A nonce for the header of a standard channel's job. */
export function findStandardNonce(
  job: { version: number; merkleRoot: Uint8Array },
  tip: { prevHash: Uint8Array; minNtime: number; nbits: number },
  target: Uint8Array,
  fromNonce: number,
): number {
  const { version, merkleRoot } = job
  const { prevHash, minNtime: ntime, nbits: nBits } = tip
  const header = encodeHeader({ version, prevHash, merkleRoot, ntime, nBits, nonce: 0 })
  const scanner = createNonceScanner(header.subarray(0, 76), target)
  for (let nonce = fromNonce; nonce < 2 ** 32; nonce += 4_096) {
    const [found] = scanner.scan(nonce, 4_096)
    if (found !== undefined) return found
  }
  throw new Error('no share in all nonces')
}
