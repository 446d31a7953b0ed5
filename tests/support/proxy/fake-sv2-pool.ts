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
  decodeTlvs,
  findWorkerName,
  type NoiseStream,
  type OpenExtendedMiningChannel,
  type RequestExtensions,
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

interface Channel {
  readonly id: number
  readonly user: string
  groupId: number
  readonly jobs: Map<number, GivenJob>
  prefix: Uint8Array
  rollableSize: number
  held: { sequenceNumber: number; refusal: string | null }[]
  batch: number
}

interface Client {
  readonly socket: Socket
  readonly number: number
  readonly noise: NoiseStream
  readonly channels: Map<number, Channel>
  /** Open requests that wait for `answerOpens`. */
  opens: OpenExtendedMiningChannel[]
  /** Extensions that were agreed on. */
  extensions: Set<number>
}

/** All channels of a fake pool are in it unless they were moved. */
export const GROUP_ID = 5

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
  /** Jobs and tips go to the group of all channels instead of to each. */
  groupJobs = false
  /** Open requests wait for `answerOpens`. */
  holdOpens = false
  /** Users whose channel is refused, with the code. */
  readonly refusedUsers = new Map<string, string>()
  /** Gives every channel this id, as no pool may; null for a new one each. */
  sameChannelId: number | null = null
  /** What RequestExtensions is answered with: the extensions supported, or nothing at all. */
  extensions: readonly number[] | null = null
  /** Worker names behind shares, in order of arrival; null where there was none. */
  readonly workers: (string | null)[] = []
  #channelsOpened = 0
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
    this.#toReceivers((client, channelId) => this.#sendJob(client, channelId, job, job.ntime))
  }

  /** A job for a tip to come; `activate` with it as often as liked. */
  sendFutureJob(): PoolJob {
    const job = this.nextJob()
    this.#toReceivers((client, channelId) => this.#sendJob(client, channelId, job, null))
    return job
  }

  /** The tip a future job was for. */
  activate(job: PoolJob): void {
    this.#toReceivers((client, channelId) => this.#sendTip(client, channelId, job))
  }

  newTip(): void {
    const job = this.nextTip()
    this.#toReceivers((client, channelId) => {
      this.#sendJob(client, channelId, job, null)
      this.#sendTip(client, channelId, job)
    })
  }

  /** A new tip whose job was never sent. */
  newTipWithoutJob(): void {
    const job = this.nextTip()
    this.#toReceivers((client, channelId) => this.#sendTip(client, channelId, { ...job, id: 999_999 }))
  }

  /** In force for jobs that become active later. */
  setDifficulty(difficulty: number): void {
    this.difficulty = difficulty
    this.#toChannels(({ id }) => ({
      name: 'SetTarget',
      channelId: id,
      maximumTarget: targetOfDifficulty(difficulty),
    }))
  }

  /**
   * In force for jobs sent later.
   * @param user of one channel; all without
   */
  setExtranoncePrefix(prefix: Uint8Array, user?: string): void {
    this.#toChannels((channel) => {
      channel.prefix = prefix
      return { name: 'SetExtranoncePrefix', channelId: channel.id, extranoncePrefix: prefix }
    }, user)
  }

  /** @param user of one channel; all without */
  closeChannel(reasonCode: string, user?: string): void {
    this.#toChannels(({ id }) => ({ name: 'CloseChannel', channelId: id, reasonCode }), user)
    for (const { channels } of this.#clients) {
      for (const channel of channels.values())
        if (user === undefined || channel.user === user) channels.delete(channel.id)
    }
  }

  /** Users of the channels that are open. */
  get openUsers(): string[] {
    return this.#open().flatMap(({ channels }) => [...channels.values()].map(({ user }) => user))
  }

  /** Moves the channels of these users to a group of their own. */
  setGroup(groupId: number, users: readonly string[]): void {
    for (const client of this.#open()) {
      const moved = [...client.channels.values()].filter(({ user }) => users.includes(user))
      for (const channel of moved) channel.groupId = groupId
      this.#send(client, {
        name: 'SetGroupChannel',
        groupChannelId: groupId,
        channelIds: moved.map(({ id }) => id),
      })
    }
  }

  /** Answers held open requests, the last first. */
  answerOpens(): void {
    this.holdOpens = false
    for (const client of this.#clients)
      for (const request of client.opens.splice(0).reverse()) this.#onOpen(client, request)
  }

  /** A message as it is, to every client. */
  send(message: MiningConnectionMessage): void {
    for (const client of this.#clients) this.#send(client, message)
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
      for (const channel of client.channels.values()) {
        for (const { sequenceNumber, refusal } of channel.held.splice(0)) {
          this.#answer(client, channel, sequenceNumber, refusal)
        }
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
      channels: new Map(),
      opens: [],
      extensions: new Set(),
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
        this.#onMessage(client, decoded.value.message, decoded.value.trailing)
      }
      if (output.error) socket.destroy()
    })
  }

  protected onGone(socket: Socket): void {
    for (const client of this.#clients) if (client.socket === socket) this.#clients.delete(client)
  }

  #open(): Client[] {
    return [...this.#clients].filter(({ channels }) => channels.size > 0)
  }

  #toChannels(message: (channel: Channel) => MiningConnectionMessage, user?: string): void {
    for (const client of this.#open()) {
      for (const channel of client.channels.values()) {
        if (user === undefined || channel.user === user) this.#send(client, message(channel))
      }
    }
  }

  /** Every channel, or every group where jobs go to groups. */
  #toReceivers(send: (client: Client, channelId: number) => void): void {
    for (const client of this.#open()) {
      const channels = [...client.channels.values()]
      const ids = this.groupJobs
        ? new Set(channels.map(({ groupId }) => groupId))
        : channels.map(({ id }) => id)
      for (const id of ids) send(client, id)
    }
  }

  #onMessage(client: Client, message: MiningConnectionMessage | UnknownMessage, trailing: Uint8Array): void {
    switch (message.name) {
      case 'SetupConnection':
        return this.#onSetup(client, message.flags)
      case 'RequestExtensions':
        return this.#onExtensions(client, message)
      case 'OpenExtendedMiningChannel':
        return this.#onOpen(client, message)
      case 'CloseChannel':
        return void client.channels.delete(message.channelId)
      case 'SubmitSharesExtended': {
        const tlvs = decodeTlvs(trailing, client.extensions)
        this.workers.push(tlvs.ok ? findWorkerName(tlvs.value) : null)
        return this.#onShare(client, message)
      }
      default:
    }
  }

  #onExtensions(client: Client, { requestId, requestedExtensions }: RequestExtensions): void {
    if (this.extensions === null) return
    const supported = requestedExtensions.filter((id) => this.extensions!.includes(id))
    client.extensions = new Set(supported)
    if (supported.length > 0) {
      this.#send(client, { name: 'RequestExtensions.Success', requestId, supportedExtensions: supported })
    } else {
      this.#send(client, {
        name: 'RequestExtensions.Error',
        requestId,
        unsupportedExtensions: requestedExtensions,
        requiredExtensions: [],
      })
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

  #onOpen(client: Client, request: OpenExtendedMiningChannel): void {
    if (this.muteFrom === 'open') return
    if (this.holdOpens) {
      client.opens.push(request)
      return
    }
    const { requestId, userIdentity, minExtranonceSize } = request
    const refusal = this.refuseOpen.shift() ?? this.refusedUsers.get(userIdentity)
    const tooLarge = minExtranonceSize > this.largestMinimum ? 'min-extranonce-size-too-large' : undefined
    const errorCode = refusal ?? tooLarge
    if (errorCode !== undefined) {
      this.#send(client, { name: 'OpenMiningChannel.Error', requestId, errorCode })
      return
    }
    const serial = ++this.#channelsOpened
    const isFirst = client.channels.size === 0
    const channel: Channel = {
      id: this.sameChannelId ?? (isFirst ? 10 + client.number : 10_000 + serial),
      user: userIdentity,
      groupId: GROUP_ID,
      jobs: new Map(),
      prefix: this.prefixOf(isFirst ? client.number : 100 + serial),
      rollableSize: this.rollableSize,
      held: [],
      batch: 0,
    }
    client.channels.set(channel.id, channel)
    this.#send(client, {
      name: 'OpenExtendedMiningChannel.Success',
      requestId,
      channelId: channel.id,
      target: targetOfDifficulty(this.difficulty),
      extranonceSize: channel.rollableSize,
      extranoncePrefix: channel.prefix,
      groupChannelId: GROUP_ID,
    })
    if (this.muteFrom === 'job') return
    this.#sendJob(client, channel.id, this.currentJob, null)
    this.#sendTip(client, channel.id, this.currentJob)
  }

  #onShare(client: Client, share: SubmitSharesExtended): void {
    const channel = client.channels.get(share.channelId)
    if (!channel) {
      const { channelId, sequenceNumber } = share
      const errorCode = 'invalid-channel-id'
      return this.#send(client, { name: 'SubmitShares.Error', channelId, sequenceNumber, errorCode })
    }
    const refusal = this.judge(channel.jobs.get(share.jobId), {
      jobId: share.jobId,
      user: channel.user,
      rollable: share.extranonce.slice(),
      ntime: share.ntime,
      nonce: share.nonce,
      version: share.version,
    })
    const { sequenceNumber } = share
    if (this.answering === 'at-once') this.#answer(client, channel, sequenceNumber, refusal)
    else if (this.answering === 'held') channel.held.push({ sequenceNumber, refusal })
  }

  #answer(client: Client, channel: Channel, sequenceNumber: number, refusal: string | null): void {
    const channelId = channel.id
    if (refusal !== null) {
      this.rejected++
      this.#send(client, { name: 'SubmitShares.Error', channelId, sequenceNumber, errorCode: refusal })
      return
    }
    channel.batch++
    if (channel.batch < this.batchSize) return
    this.acknowledged += channel.batch
    this.#send(client, {
      name: 'SubmitShares.Success',
      channelId,
      lastSequenceNumber: sequenceNumber,
      newSubmitsAcceptedCount: channel.batch,
      newSharesSum: 0n,
    })
    channel.batch = 0
  }

  /**
   * @param receiver a channel or a group
   * @param minNtime null makes it a future job
   */
  #sendJob(client: Client, receiver: number, job: PoolJob, minNtime: number | null): void {
    const rolls = this.versionMask !== 0 && !this.fixedVersion
    for (const channel of this.#members(client, receiver)) {
      channel.jobs.set(
        job.id,
        this.give(job, channel.prefix, channel.rollableSize, rolls ? this.versionMask : 0),
      )
    }
    this.#send(client, {
      name: 'NewExtendedMiningJob',
      channelId: receiver,
      jobId: job.id,
      minNtime,
      version: job.version,
      versionRollingAllowed: this.versionMask !== 0,
      merklePath: job.merklePath,
      coinbaseTxPrefix: job.coinbasePrefix,
      coinbaseTxSuffix: job.coinbaseSuffix,
    })
  }

  #sendTip(client: Client, receiver: number, job: PoolJob): void {
    for (const channel of this.#members(client, receiver)) {
      for (const [jobId, given] of channel.jobs) if (jobId !== job.id) given.stale = true
      // Also to those that joined after it was announced to the group.
      if (!channel.jobs.has(job.id) && receiver !== channel.id && job.id !== 999_999) {
        const mask = this.versionMask !== 0 && !this.fixedVersion ? this.versionMask : 0
        channel.jobs.set(job.id, this.give(job, channel.prefix, channel.rollableSize, mask))
      }
    }
    this.#send(client, {
      name: 'SetNewPrevHash',
      channelId: receiver,
      jobId: job.id,
      prevHash: job.prevHash,
      minNtime: job.ntime,
      nbits: job.nBits,
    })
  }

  #members(client: Client, receiver: number): Channel[] {
    return [...client.channels.values()].filter(({ id, groupId }) => id === receiver || groupId === receiver)
  }

  #send(client: Client, message: MiningConnectionMessage): void {
    if (!client.socket.destroyed) client.socket.write(client.noise.seal([encodeMessage(message)]))
  }
}
