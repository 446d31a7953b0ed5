/** A scripted Stratum V2 pool: Noise responder, one connection's channels, jobs and answers as told. */
import { type Socket } from 'node:net'
import { systemEntropy } from '../../../src-main/base/index.ts'
import { targetOfDifficulty } from '../../../src-main/mining/index.ts'
import {
  type AuthorityKeyPair,
  createResponder,
  createResponderIdentity,
  decodeMessage,
  encodeMessage,
  generateAuthorityKeyPair,
  type MiningConnectionMessage,
  type NoiseStream,
  type SubmitSharesExtended,
  type UnknownMessage,
} from '../../../src-main/sv2/index.ts'
import { FakePool, type FakePoolOptions, type GivenJob, type PoolJob } from './fake-pool.ts'

/** Steps a client takes; a pool may stop answering at each. */
export type Sv2PoolStep = 'handshake' | 'setup' | 'open' | 'job'

export interface FakeSv2PoolOptions extends FakePoolOptions {
  readonly authority?: AuthorityKeyPair
  /** The pool's clock, epoch milliseconds. */
  readonly nowMs?: () => number
}

interface Client {
  readonly socket: Socket
  readonly number: number
  readonly noise: NoiseStream
  readonly jobs: Map<number, GivenJob>
  prefix: Uint8Array
  rollableSize: number
  channelId: number | null
  user: string
  held: { sequenceNumber: number; refusal: string | null }[]
  batch: number
}

const FIXED_VERSION = 1
const REQUIRES_VERSION_ROLLING = 4

export class FakeSv2Pool extends FakePool {
  readonly authority: AuthorityKeyPair
  /** From this step on no answer is given. */
  muteFrom: Sv2PoolStep | null = null
  /** Sent to whoever connects, instead of a handshake; null to serve. */
  greeting: string | Uint8Array | null = null
  /** Closes when the first bytes of a handshake arrive. */
  closeInHandshake = false
  /** Good shares in one acknowledgement. */
  batchSize = 1
  /** Code of SetupConnection.Error; null to accept. */
  refuseSetup: string | null = null
  /** Codes of OpenMiningChannel.Error for each request in turn; served when empty. */
  refuseOpen: string[] = []
  /** Largest minExtranonceSize that is granted. */
  largestMinimum = 32
  /** Sets REQUIRES_FIXED_VERSION, or refuses clients that insist on rolling. */
  fixedVersion = false
  /** Whether a client that insists on rolling is refused by a pool of fixed versions. */
  strictFlags = false
  /** Every message, in order. */
  readonly messages: (MiningConnectionMessage | UnknownMessage)[] = []
  readonly #identity
  readonly #clients = new Set<Client>()

  constructor(options: FakeSv2PoolOptions = {}) {
    super(options)
    this.authority = options.authority ?? generateAuthorityKeyPair(systemEntropy)
    this.#identity = createResponderIdentity({
      authority: this.authority,
      entropy: systemEntropy,
      nowMs: options.nowMs ?? (() => Date.now()),
    })
  }

  static start(options: FakeSv2PoolOptions = {}): Promise<FakeSv2Pool> {
    return new FakeSv2Pool(options).listen()
  }

  /** Another job on the same tip; active at once. */
  sendJob(): void {
    const job = this.nextJob()
    for (const client of this.#open()) this.#sendJob(client, job, job.ntime)
  }

  newTip(): void {
    const job = this.nextTip()
    for (const client of this.#open()) {
      this.#sendJob(client, job, null)
      this.#sendTip(client, job)
    }
  }

  /** A new tip whose job was never sent. */
  newTipWithoutJob(): void {
    const job = this.nextTip()
    for (const client of this.#open()) this.#sendTip(client, { ...job, id: 999_999 })
  }

  /** In force for jobs that become active later. */
  setDifficulty(difficulty: number): void {
    this.difficulty = difficulty
    this.#toChannels((channelId) => ({
      name: 'SetTarget',
      channelId,
      maximumTarget: targetOfDifficulty(difficulty),
    }))
  }

  /** In force for jobs sent later. */
  setExtranoncePrefix(prefix: Uint8Array): void {
    for (const client of this.#open()) client.prefix = prefix
    this.#toChannels((channelId) => ({ name: 'SetExtranoncePrefix', channelId, extranoncePrefix: prefix }))
  }

  closeChannel(reasonCode: string): void {
    this.#toChannels((channelId) => ({ name: 'CloseChannel', channelId, reasonCode }))
  }

  reconnect(newHost: string, newPort: number): void {
    for (const client of this.#open()) this.#send(client, { name: 'Reconnect', newHost, newPort })
  }

  /** A frame of any bytes, sealed. */
  rawFrame(frame: Uint8Array): void {
    for (const client of this.#open()) client.socket.write(client.noise.seal([frame]))
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    for (const { socket } of this.#clients) socket.write(bytes)
  }

  /** The first bytes of a sealed message, and then the end. */
  breakOffInsideFrame(): void {
    for (const client of this.#open()) {
      const sealed = client.noise.seal([
        encodeMessage({ name: 'CloseChannel', channelId: 1, reasonCode: 'x' }),
      ])
      client.socket.end(sealed.subarray(0, sealed.length - 5))
    }
  }

  /** Answers held shares, oldest first, and goes on answering at once. */
  release(): void {
    this.answering = 'at-once'
    for (const client of this.#open()) {
      for (const { sequenceNumber, refusal } of client.held.splice(0)) {
        this.#answer(client, sequenceNumber, refusal)
      }
    }
  }

  protected onSocket(socket: Socket): void {
    if (this.greeting !== null) {
      socket.write(this.greeting)
      socket.resume()
      return
    }
    if (this.muteFrom === 'handshake') {
      socket.resume()
      return
    }
    const client: Client = {
      socket,
      number: this.connectionCount,
      noise: createResponder({ identity: this.#identity, entropy: systemEntropy }),
      jobs: new Map(),
      prefix: this.prefixOf(this.connectionCount),
      rollableSize: this.rollableSize,
      channelId: null,
      user: '',
      held: [],
      batch: 0,
    }
    this.#clients.add(client)
    client.noise.start()
    socket.on('data', (bytes: Uint8Array) => {
      if (this.closeInHandshake) {
        socket.end(new Uint8Array(100).fill(1))
        return
      }
      const output = client.noise.receive(bytes)
      if (output.send.length > 0) socket.write(output.send)
      for (const frame of output.frames) {
        const decoded = decodeMessage(frame)
        if (!decoded.ok) throw new Error(`the proxy sent what cannot be read: ${decoded.error.message}`)
        this.messages.push(decoded.value.message)
        this.#onMessage(client, decoded.value.message)
      }
      if (output.error) socket.destroy()
    })
  }

  protected onGone(socket: Socket): void {
    for (const client of this.#clients) if (client.socket === socket) this.#clients.delete(client)
  }

  #open(): Client[] {
    return [...this.#clients].filter(({ channelId }) => channelId !== null)
  }

  #toChannels(message: (channelId: number) => MiningConnectionMessage): void {
    for (const client of this.#open()) this.#send(client, message(client.channelId!))
  }

  #onMessage(client: Client, message: MiningConnectionMessage | UnknownMessage): void {
    switch (message.name) {
      case 'SetupConnection':
        return this.#onSetup(client, message.flags)
      case 'OpenExtendedMiningChannel':
        return this.#onOpen(client, message)
      case 'SubmitSharesExtended':
        return this.#onShare(client, message)
      default:
    }
  }

  #onSetup(client: Client, flags: number): void {
    if (this.muteFrom === 'setup') return
    if (this.refuseSetup !== null) {
      this.#send(client, { name: 'SetupConnection.Error', flags: 0, errorCode: this.refuseSetup })
      client.socket.end()
      return
    }
    if (this.strictFlags && (flags & REQUIRES_VERSION_ROLLING) !== 0) {
      const errorCode = 'unsupported-feature-flags'
      this.#send(client, { name: 'SetupConnection.Error', flags: REQUIRES_VERSION_ROLLING, errorCode })
      client.socket.end()
      return
    }
    const answer = this.fixedVersion ? FIXED_VERSION : 0
    this.#send(client, { name: 'SetupConnection.Success', usedVersion: 2, flags: answer })
  }

  #onOpen(
    client: Client,
    request: {
      readonly requestId: number
      readonly userIdentity: string
      readonly minExtranonceSize: number
    },
  ): void {
    if (this.muteFrom === 'open') return
    const { requestId, userIdentity, minExtranonceSize } = request
    const refusal = this.refuseOpen.shift()
    const tooLarge = minExtranonceSize > this.largestMinimum ? 'min-extranonce-size-too-large' : undefined
    const errorCode = refusal ?? tooLarge
    if (errorCode !== undefined) {
      this.#send(client, { name: 'OpenMiningChannel.Error', requestId, errorCode })
      return
    }
    client.channelId = 10 + client.number
    client.user = userIdentity
    this.#send(client, {
      name: 'OpenExtendedMiningChannel.Success',
      requestId,
      channelId: client.channelId,
      target: targetOfDifficulty(this.difficulty),
      extranonceSize: client.rollableSize,
      extranoncePrefix: client.prefix,
      groupChannelId: 5,
    })
    if (this.muteFrom === 'job') return
    this.#sendJob(client, this.currentJob, null)
    this.#sendTip(client, this.currentJob)
  }

  #onShare(client: Client, share: SubmitSharesExtended): void {
    const refusal = this.judge(client.jobs.get(share.jobId), {
      jobId: share.jobId,
      user: client.user,
      rollable: share.extranonce.slice(),
      ntime: share.ntime,
      nonce: share.nonce,
      version: share.version,
    })
    const { sequenceNumber } = share
    if (this.answering === 'at-once') this.#answer(client, sequenceNumber, refusal)
    else if (this.answering === 'held') client.held.push({ sequenceNumber, refusal })
  }

  #answer(client: Client, sequenceNumber: number, refusal: string | null): void {
    const channelId = client.channelId!
    if (refusal !== null) {
      this.rejected++
      this.#send(client, { name: 'SubmitShares.Error', channelId, sequenceNumber, errorCode: refusal })
      return
    }
    client.batch++
    if (client.batch < this.batchSize) return
    this.acknowledged += client.batch
    this.#send(client, {
      name: 'SubmitShares.Success',
      channelId,
      lastSequenceNumber: sequenceNumber,
      newSubmitsAcceptedCount: client.batch,
      newSharesSum: 0n,
    })
    client.batch = 0
  }

  /** @param minNtime null makes it a future job */
  #sendJob(client: Client, job: PoolJob, minNtime: number | null): void {
    const rolls = this.versionMask !== 0 && !this.fixedVersion
    client.jobs.set(job.id, this.give(job, client.prefix, client.rollableSize, rolls ? this.versionMask : 0))
    this.#send(client, {
      name: 'NewExtendedMiningJob',
      channelId: client.channelId!,
      jobId: job.id,
      minNtime,
      version: job.version,
      versionRollingAllowed: this.versionMask !== 0,
      merklePath: job.merklePath,
      coinbaseTxPrefix: job.coinbasePrefix,
      coinbaseTxSuffix: job.coinbaseSuffix,
    })
  }

  #sendTip(client: Client, job: PoolJob): void {
    for (const [jobId, given] of client.jobs) if (jobId !== job.id) given.stale = true
    this.#send(client, {
      name: 'SetNewPrevHash',
      channelId: client.channelId!,
      jobId: job.id,
      prevHash: job.prevHash,
      minNtime: job.ntime,
      nbits: job.nBits,
    })
  }

  #send(client: Client, message: MiningConnectionMessage): void {
    if (!client.socket.destroyed) client.socket.write(client.noise.seal([encodeMessage(message)]))
  }
}
