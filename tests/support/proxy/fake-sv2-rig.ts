/**
 * A scripted Stratum V2 rig, or a proxy with many channels, on a real socket with real Noise, that hashes for real. It
 * knows the rules a client may rely on (Mining Protocol, 5.1 to 5.3) and notes every breach in `faults`; its coinbase,
 * its merkle root and its header are its own.
 */
import { connect, type Socket } from 'node:net'
import { concatBytes, equalBytes, systemEntropy, toHex } from '../../../src-main/base/index.ts'
import {
  asBlockHash,
  asTarget,
  difficultyOfTarget,
  MAX_TARGET,
  meetsTarget,
  sha256d,
  type Target,
  targetOfDifficulty,
} from '../../../src-main/mining/index.ts'
import {
  createInitiator,
  decodeMessage,
  encodeMessage,
  encodeTlvs,
  type Frame,
  type MiningConnectionMessage,
  type NewExtendedMiningJob,
  type NewMiningJob,
  type NoiseStream,
  type OpenExtendedMiningChannelSuccess,
  type OpenStandardMiningChannelSuccess,
  type SetNewPrevHash,
  type UnknownMessage,
  workerNameTlv,
} from '../../../src-main/sv2/index.ts'
import { until } from './until.ts'

export interface FakeSv2RigOptions {
  readonly port: number
  /** Key the proxy must prove; null accepts any. */
  readonly authorityKey: Uint8Array | null
  /** Of SetupConnection. */
  readonly flags?: number
  readonly vendor?: string
  readonly firmware?: string
  readonly protocol?: number
  readonly minVersion?: number
  readonly maxVersion?: number
  /** Extensions asked for right after set-up. */
  readonly extensions?: readonly number[]
  /** The rig's clock. */
  readonly nowMs?: () => number
}

export interface FakeChannelOptions {
  readonly kind?: 'standard' | 'extended'
  readonly user?: string
  readonly nominalHashRate?: number
  readonly maxTarget?: Uint8Array
  readonly minExtranonceSize?: number
}

/** A job with all that was in force for it. */
export interface Sv2RigJob {
  readonly id: number
  readonly version: number
  readonly versionRollingAllowed: boolean
  /** Null while it is a future job. */
  readonly active: {
    readonly prevHash: Uint8Array
    readonly nBits: number
    readonly ntime: number
    readonly target: Target
  } | null
  /** What the header commits to, for a rollable extranonce. */
  root(extranonce: Uint8Array): Uint8Array
  /** The part of the coinbase before the extranonce; empty for a standard job. */
  readonly coinbasePrefix: Uint8Array
  readonly extranoncePrefix: Uint8Array
  readonly isGroupJob: boolean
}

export type ActiveSv2Job = Sv2RigJob & { readonly active: NonNullable<Sv2RigJob['active']> }

export interface Sv2RigShare {
  readonly job: ActiveSv2Job
  readonly extranonce: Uint8Array
  readonly ntime: number
  readonly nonce: number
  readonly version: number
}

export interface Sv2SolveOptions {
  /** Difficulty the hash must meet; unless given 2 % more than the job's. */
  readonly difficulty?: number
  /** Difficulty the hash must not meet. */
  readonly below?: number
  readonly ntime?: number
  /** Rolled into the version; the mask is the caller's affair. */
  readonly versionBits?: number
}

type Message = MiningConnectionMessage | UnknownMessage

const REQUIRES_STANDARD_JOBS = 1
const REQUIRES_VERSION_ROLLING = 4
const MOST_HASHES = 100_000
const ESP_FRAME_LIMIT = 8192

export class FakeSv2Channel {
  readonly rig: FakeSv2Rig
  readonly kind: 'standard' | 'extended'
  readonly id: number
  readonly user: string
  groupId: number
  extranoncePrefix: Uint8Array
  readonly extranonceSize: number
  target: Target
  /** Jobs that became active, oldest first. */
  readonly jobs: ActiveSv2Job[] = []
  readonly future = new Map<number, Sv2RigJob>()
  /** Ids that may still be shared, active or past. */
  readonly valid = new Map<number, ActiveSv2Job>()
  prevHash: SetNewPrevHash | null = null
  /** Shares acknowledged, and the sums that came with them. */
  acknowledged = 0
  work = 0
  lastAcknowledged: number | null = null
  readonly rejections: { readonly sequenceNumber: number; readonly code: string }[] = []
  sent = 0
  /** Why the proxy closed it; null while it is open. */
  closedBecause: string | null = null
  #counter = 0

  constructor(
    rig: FakeSv2Rig,
    kind: 'standard' | 'extended',
    user: string,
    granted: OpenStandardMiningChannelSuccess | OpenExtendedMiningChannelSuccess,
  ) {
    this.rig = rig
    this.kind = kind
    this.user = user
    this.id = granted.channelId
    this.groupId = granted.groupChannelId ?? 0
    this.extranoncePrefix = granted.extranoncePrefix
    this.extranonceSize = 'extranonceSize' in granted ? granted.extranonceSize : 0
    this.target = asTarget(granted.target)
  }

  get lastJob(): ActiveSv2Job {
    const job = this.jobs.at(-1)
    if (job === undefined) throw new Error(`channel ${this.id} has no job`)
    return job
  }

  /** Shares that nothing was heard of. */
  get unanswered(): number {
    return this.sent - this.acknowledged - this.rejections.length
  }

  get codes(): string[] {
    return this.rejections.map(({ code }) => code)
  }

  async firstJob(): Promise<ActiveSv2Job> {
    await until(`channel ${this.id}: the first job`, () => this.jobs.length > 0)
    return this.lastJob
  }

  /** Waits until there are more jobs than so many. */
  async jobAfter(count: number): Promise<ActiveSv2Job> {
    await until(`channel ${this.id}: job ${count + 1}`, () => this.jobs.length > count)
    return this.lastJob
  }

  /** Finds a share, another one each time. */
  solve(job: ActiveSv2Job = this.lastJob, options: Sv2SolveOptions = {}): Sv2RigShare {
    const { target, prevHash, nBits } = job.active
    const wanted = targetOfDifficulty(options.difficulty ?? 1.02 * difficultyOfTarget(target))
    const never = options.below === undefined ? null : targetOfDifficulty(options.below)
    const mustMeet = never === null || options.difficulty !== undefined
    const ntime = options.ntime ?? job.active.ntime
    const header = new Uint8Array(80)
    const view = new DataView(header.buffer)
    header.set(prevHash, 4)
    view.setUint32(68, ntime, true)
    view.setUint32(72, nBits, true)
    for (let tried = 0; tried < MOST_HASHES; this.#counter++) {
      const extranonce = this.#extranonce()
      const rolls = job.versionRollingAllowed && options.versionBits === undefined
      const bits = options.versionBits ?? (rolls ? Math.imul(this.#counter, 0x2000) & 0x1fffe000 : 0)
      const version = ((job.version & ~0x1fffe000) | bits) >>> 0
      view.setUint32(0, options.versionBits === undefined && !rolls ? job.version : version, true)
      header.set(job.root(extranonce), 36)
      for (let n = 0; n < 4096; n++, tried++) {
        const nonce = (this.#counter * 4096 + n) >>> 0
        view.setUint32(76, nonce, true)
        const hash = asBlockHash(sha256d(header))
        if (never !== null && meetsTarget(hash, never)) continue
        if (mustMeet && !meetsTarget(hash, wanted)) continue
        this.#counter++
        return { job, extranonce, ntime, nonce, version: view.getUint32(0, true) }
      }
    }
    throw new Error(`no share of difficulty ${difficultyOfTarget(target)} in ${MOST_HASHES} hashes`)
  }

  /** @returns its sequence number */
  submit(share: Sv2RigShare, worker?: string): number {
    const { job, extranonce, ntime, nonce, version } = share
    const sequenceNumber = this.sent++
    const fields = { channelId: this.id, sequenceNumber, jobId: job.id, nonce, ntime, version }
    if (this.kind === 'standard') this.rig.send({ name: 'SubmitSharesStandard', ...fields })
    else {
      const trailing = worker === undefined ? undefined : encodeTlvs([workerNameTlv(worker)])
      this.rig.send({ name: 'SubmitSharesExtended', ...fields, extranonce }, trailing)
    }
    return sequenceNumber
  }

  /** Finds and submits shares, one after the other. */
  async mine(count: number, job?: ActiveSv2Job, options?: Sv2SolveOptions): Promise<void> {
    for (let n = 0; n < count; n++) {
      this.submit(this.solve(job ?? this.lastJob, options))
      await turn()
    }
  }

  close(reasonCode = ''): void {
    this.rig.send({ name: 'CloseChannel', channelId: this.id, reasonCode })
  }

  #extranonce(): Uint8Array {
    const bytes = new Uint8Array(this.extranonceSize)
    let value = this.#counter
    for (let at = bytes.length - 1; at >= 0; at--, value = Math.floor(value / 256)) bytes[at] = value & 0xff
    return bytes
  }
}

export class FakeSv2Rig {
  /** Every message that was sent to us, in order. */
  readonly messages: Message[] = []
  readonly channels = new Map<number, FakeSv2Channel>()
  /** Rules that the proxy broke. */
  readonly faults: string[] = []
  /** Extensions agreed on; null until answered. */
  extensions: readonly number[] | null = null
  closed = false
  bytesIn = 0
  readonly #options: FakeSv2RigOptions
  readonly #socket: Socket
  readonly #noise: NoiseStream
  readonly #everUsed = new Set<number>()
  #nextRequestId = 1
  readonly #opening = new Map<number, { readonly user: string }>()
  readonly #taken = new Set<Message>()

  private constructor(socket: Socket, options: FakeSv2RigOptions) {
    this.#socket = socket
    this.#options = options
    this.#noise = createInitiator({
      authorityKey: options.authorityKey,
      entropy: systemEntropy,
      nowMs: options.nowMs ?? (() => Date.now()),
    })
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => (this.closed = true))
    socket.on('data', (bytes: Uint8Array) => this.#onData(bytes))
  }

  /** A rig with an open socket that has said nothing yet. */
  static async dial(options: FakeSv2RigOptions): Promise<FakeSv2Rig> {
    const socket = connect({ host: '127.0.0.1', port: options.port })
    await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail))
    return new FakeSv2Rig(socket, options)
  }

  /** A rig after its handshake. */
  static async shake(options: FakeSv2RigOptions): Promise<FakeSv2Rig> {
    const rig = await FakeSv2Rig.dial(options)
    rig.raw(rig.#noise.start())
    await until('the handshake', () => rig.established || rig.closed)
    return rig
  }

  /** A rig that is set up. */
  static async start(options: FakeSv2RigOptions): Promise<FakeSv2Rig> {
    const rig = await FakeSv2Rig.shake(options)
    const answer = await rig.setUp()
    if (answer.name !== 'SetupConnection.Success') throw new Error(`set-up: ${JSON.stringify(answer)}`)
    return rig
  }

  get established(): boolean {
    return this.#noise.established
  }

  get unanswered(): number {
    let count = 0
    for (const channel of this.channels.values()) {
      if (channel.closedBecause === null) count += channel.unanswered
    }
    return count
  }

  async setUp(): Promise<Message> {
    const { flags = 0, vendor = 'fake', firmware = '1', protocol = 0 } = this.#options
    const { minVersion = 2, maxVersion = 2, extensions } = this.#options
    this.send({
      name: 'SetupConnection',
      protocol,
      minVersion,
      maxVersion,
      flags,
      endpointHost: '127.0.0.1',
      endpointPort: this.#options.port,
      vendor,
      hardwareVersion: '',
      firmware,
      deviceId: '',
    })
    const answer = await this.message('SetupConnection.Success', 'SetupConnection.Error')
    if (extensions !== undefined && answer.name === 'SetupConnection.Success') {
      this.send({ name: 'RequestExtensions', requestId: 1, requestedExtensions: extensions })
      const agreed = await this.message('RequestExtensions.Success', 'RequestExtensions.Error')
      this.extensions = agreed.name === 'RequestExtensions.Success' ? agreed.supportedExtensions : []
    }
    return answer
  }

  /** Opens a channel. @throws Error with the code if it is refused */
  async channel(options: FakeChannelOptions = {}): Promise<FakeSv2Channel> {
    const opened = await this.tryChannel(options)
    if (typeof opened === 'string') throw new Error(`no channel: ${opened}`)
    return opened
  }

  /** Opens a channel. @returns the code if it is refused */
  async tryChannel(options: FakeChannelOptions = {}): Promise<FakeSv2Channel | string> {
    const requestId = this.askForChannel(options)
    let answer: Message | undefined
    await until('an answer to the opening of a channel', () => {
      answer = this.messages.find(
        (message) =>
          message.name.startsWith('Open') && 'requestId' in message && message.requestId === requestId,
      )
      return answer !== undefined || this.closed
    })
    if (answer === undefined) return 'connection closed'
    if (answer.name === 'OpenMiningChannel.Error') return answer.errorCode
    const { channelId } = answer as OpenExtendedMiningChannelSuccess
    return this.channels.get(channelId)!
  }

  /** Sends the request alone. @returns its id */
  askForChannel(options: FakeChannelOptions = {}): number {
    const requestId = this.#nextRequestId++
    const { kind = 'extended', user = 'rig', nominalHashRate = 0, maxTarget = MAX_TARGET } = options
    const request = { requestId, userIdentity: user, nominalHashRate, maxTarget }
    this.#opening.set(requestId, { user })
    this.send(
      kind === 'standard'
        ? { name: 'OpenStandardMiningChannel', ...request }
        : {
            name: 'OpenExtendedMiningChannel',
            ...request,
            minExtranonceSize: options.minExtranonceSize ?? 2,
          },
    )
    return requestId
  }

  /** The next message of one of these names that was not taken yet. */
  async message<N extends Message['name']>(...names: N[]): Promise<Extract<Message, { name: N }>> {
    let found: Message | undefined
    await until(`${names.join(' or ')}`, () => {
      found = this.messages.find((message) => names.includes(message.name as N) && !this.#taken.has(message))
      return found !== undefined
    })
    this.#taken.add(found!)
    return found as Extract<Message, { name: N }>
  }

  /** Messages of one name so far. */
  all<N extends Message['name']>(name: N): Extract<Message, { name: N }>[] {
    return this.messages.filter((message) => message.name === name) as Extract<Message, { name: N }>[]
  }

  send(message: MiningConnectionMessage, trailing?: Uint8Array): void {
    this.sendFrame(encodeMessage(message, trailing))
  }

  /** A frame of any bytes, sealed. */
  sendFrame(...frames: Uint8Array[]): void {
    this.raw(this.#noise.seal(frames))
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array | string): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes)
  }

  firstBytes(): Uint8Array {
    return this.#noise.start()
  }

  pause(): void {
    this.#socket.pause()
  }

  close(): void {
    this.#socket.destroy()
  }

  #onData(bytes: Uint8Array): void {
    this.bytesIn += bytes.length
    const output = this.#noise.receive(bytes)
    if (output.send.length > 0) this.raw(output.send)
    for (const frame of output.frames) this.#onFrame(frame)
    if (output.error !== null) {
      this.faults.push(output.error.message)
      this.#socket.destroy()
    }
  }

  #onFrame(frame: Frame): void {
    const decoded = decodeMessage(frame)
    if (!decoded.ok) {
      this.faults.push(decoded.error.message)
      return
    }
    const { message } = decoded.value
    this.messages.push(message)
    const small = (this.#options.vendor ?? '') === 'bitaxe'
    if (small && frame.payload.length > ESP_FRAME_LIMIT) this.#fault(`${message.name} is too long`)
    this.#onMessage(message)
  }

  #onMessage(message: Message): void {
    switch (message.name) {
      case 'OpenStandardMiningChannel.Success':
      case 'OpenExtendedMiningChannel.Success':
        return this.#onOpened(message)
      case 'NewMiningJob':
        return this.#toChannels(message.channelId, false, (channel) => this.#onJob(channel, message, false))
      case 'NewExtendedMiningJob': {
        if (this.#requires(REQUIRES_STANDARD_JOBS))
          this.#fault('an extended job where only standard ones are taken')
        if (this.#requires(REQUIRES_VERSION_ROLLING) && !message.versionRollingAllowed) {
          this.#fault('a job without version rolling')
        }
        const isGroupJob = !this.channels.has(message.channelId)
        return this.#toChannels(message.channelId, true, (channel) =>
          this.#onJob(channel, message, isGroupJob),
        )
      }
      case 'SetNewPrevHash':
        return this.#toChannels(message.channelId, true, (channel) => this.#onPrevHash(channel, message))
      case 'SetTarget':
        return this.#toChannels(message.channelId, true, (channel) => {
          channel.target = asTarget(message.maximumTarget)
        })
      case 'SetExtranoncePrefix':
        return this.#toChannels(message.channelId, false, (channel) => {
          channel.extranoncePrefix = message.extranoncePrefix
        })
      case 'SetGroupChannel':
        if (this.#requires(REQUIRES_STANDARD_JOBS)) this.#fault('SetGroupChannel where groups are not taken')
        for (const id of message.channelIds) {
          const channel = this.channels.get(id)
          if (channel) channel.groupId = message.groupChannelId
          else this.#fault(`SetGroupChannel for the unknown channel ${id}`)
        }
        return
      case 'CloseChannel':
        return this.#toChannels(message.channelId, true, (channel) => {
          channel.closedBecause = message.reasonCode
        })
      case 'SubmitShares.Success': {
        const channel = this.channels.get(message.channelId)
        if (!channel) return this.#fault('an acknowledgement for an unknown channel')
        channel.acknowledged += message.newSubmitsAcceptedCount
        channel.work += Number(message.newSharesSum)
        channel.lastAcknowledged = message.lastSequenceNumber
        if (channel.unanswered < 0) this.#fault('more acknowledgements than shares')
        return
      }
      case 'SubmitShares.Error': {
        const { sequenceNumber, errorCode: code } = message
        this.channels.get(message.channelId)?.rejections.push({ sequenceNumber, code })
        return
      }
      case 'SetupConnection.Success':
      case 'SetupConnection.Error':
      case 'OpenMiningChannel.Error':
      case 'UpdateChannel.Error':
      case 'SetCustomMiningJob.Error':
      case 'RequestExtensions.Success':
      case 'RequestExtensions.Error':
        return
      default:
        this.#fault(`the proxy sent ${message.name}`)
    }
  }

  #onOpened(message: OpenStandardMiningChannelSuccess | OpenExtendedMiningChannelSuccess): void {
    const { channelId, groupChannelId } = message
    if (this.#everUsed.has(channelId)) this.#fault(`channel id ${channelId} was used before`)
    this.#everUsed.add(channelId)
    if (groupChannelId === null) this.#fault('no group channel id')
    else if (
      this.#everUsed.has(groupChannelId) &&
      ![...this.channels.values()].some(({ groupId }) => groupId === groupChannelId)
    ) {
      this.#fault(`group id ${groupChannelId} was used before`)
    }
    if (groupChannelId !== null) this.#everUsed.add(groupChannelId)
    const kind = message.name === 'OpenStandardMiningChannel.Success' ? 'standard' : 'extended'
    const user = this.#opening.get(message.requestId)?.user ?? ''
    const channel = new FakeSv2Channel(this, kind, user, message)
    const sizeOf = (one: FakeSv2Channel): number => one.extranoncePrefix.length + one.extranonceSize
    for (const other of this.channels.values()) {
      if (other.groupId === channel.groupId && sizeOf(other) !== sizeOf(channel)) {
        this.#fault('members of a group whose extranonces differ in length')
      }
    }
    this.channels.set(channelId, channel)
  }

  /** @param groups whether the message may be for a group */
  #toChannels(id: number, groups: boolean, apply: (channel: FakeSv2Channel) => void): void {
    const channel = this.channels.get(id)
    if (channel) return apply(channel)
    const members = [...this.channels.values()].filter(({ groupId }) => groupId === id)
    const open = members.filter(({ closedBecause }) => closedBecause === null)
    if (!groups || members.length === 0) return this.#fault(`a message for the unknown channel ${id}`)
    for (const member of open) apply(member)
  }

  #onJob(channel: FakeSv2Channel, message: NewMiningJob | NewExtendedMiningJob, isGroupJob: boolean): void {
    const { jobId, minNtime } = message
    if (channel.valid.has(jobId) || channel.future.has(jobId)) this.#fault(`job id ${jobId} is in use`)
    if (message.name === 'NewMiningJob' && channel.kind !== 'standard') {
      this.#fault('a standard job for an extended channel')
    }
    if (message.name === 'NewExtendedMiningJob' && channel.kind === 'standard' && !isGroupJob) {
      this.#fault('an extended job for a standard channel')
    }
    const prefix = channel.extranoncePrefix
    const job: Sv2RigJob = {
      id: jobId,
      version: message.version,
      versionRollingAllowed: message.name === 'NewMiningJob' || message.versionRollingAllowed,
      active: null,
      root(extranonce) {
        if (message.name === 'NewMiningJob') return message.merkleRoot
        const { coinbaseTxPrefix, coinbaseTxSuffix, merklePath } = message
        let root = sha256d(concatBytes(coinbaseTxPrefix, prefix, extranonce, coinbaseTxSuffix))
        for (const node of merklePath) root = sha256d(concatBytes(root, node))
        return root
      },
      coinbasePrefix: message.name === 'NewMiningJob' ? new Uint8Array(0) : message.coinbaseTxPrefix,
      extranoncePrefix: prefix,
      isGroupJob,
    }
    if (minNtime === null) {
      channel.future.set(jobId, job)
      return
    }
    if (channel.prevHash === null) return this.#fault('the first job of a channel is not a future job')
    const { prevHash, nbits: nBits } = channel.prevHash
    const active = { prevHash, nBits, ntime: minNtime, target: channel.target }
    this.#activate(channel, { ...job, active })
  }

  #onPrevHash(channel: FakeSv2Channel, message: SetNewPrevHash): void {
    const job = channel.future.get(message.jobId)
    if (!job) return this.#fault(`SetNewPrevHash for the unknown job ${message.jobId}`)
    const { prevHash, nbits: nBits, minNtime: ntime } = message
    channel.future.clear()
    channel.valid.clear()
    channel.prevHash = message
    this.#activate(channel, { ...job, active: { prevHash, nBits, ntime, target: channel.target } })
  }

  #activate(channel: FakeSv2Channel, job: ActiveSv2Job): void {
    const again = channel.jobs.find(
      (earlier) =>
        equalBytes(earlier.active.prevHash, job.active.prevHash) &&
        earlier.active.ntime === job.active.ntime &&
        toHex(earlier.root(new Uint8Array(channel.extranonceSize))) ===
          toHex(job.root(new Uint8Array(channel.extranonceSize))),
    )
    if (again) this.#fault(`job ${job.id} is the same work as job ${again.id}`)
    channel.valid.set(job.id, job)
    channel.jobs.push(job)
  }

  #requires(flag: number): boolean {
    return ((this.#options.flags ?? 0) & flag) !== 0
  }

  #fault(what: string): void {
    this.faults.push(what)
  }
}

/** Lets the loop turn, and other tests' sockets with it. */
function turn(): Promise<void> {
  return new Promise((done) => setTimeout(done, 1))
}
