/** What Stratum V1 would have cost, beside a connection that speaks Stratum V2. Holds numbers and little else. */
import { advertisedDifficulty, asTarget, difficultyOfTarget, isDifficulty } from '../../mining/index.ts'
import {
  decodeMessage,
  type Frame,
  FRAME_HEADER_LENGTH,
  MiningSetupFlags,
  newExtendedMiningJob,
  newMiningJob,
  setNewPrevHash,
  setTarget,
  submitSharesExtended,
  submitSharesStandard,
  submitSharesSuccess,
} from '../../sv2/index.ts'
import { sv1ErrorOf } from '../downstream/sv1-submit.ts'
import { type CounterpartTotals } from './counterpart.ts'
import {
  difficultyLineSize,
  errorLineSize,
  extranonceLineSize,
  notifySize,
  SESSION_REQUESTS,
  sessionLineSizes,
  submitLineSize,
  TLS_HANDSHAKE_DOWN_BYTES,
  TLS_HANDSHAKE_UP_BYTES,
  TLS_RECORD_BYTES,
  trueLinesSize,
  userNameSize,
} from './message-sizes.ts'
import { type MeteredJob } from './traffic-tap.ts'

interface Channel {
  readonly userSize: number
  groupId: number
  extranonce2Size: number
  versionRolling: boolean
  /** Id of the next share as a request, and of the next that is answered. */
  nextId: number
  answeredId: number
}

/** Channels of a connection that are told apart; further ones cost nothing here. */
const MAX_CHANNELS = 4096
/** Future jobs remembered for each connection until their tip comes. */
const MAX_FUTURES = 64
/** Openings that wait for their answer. */
const MAX_OPENINGS = 64
/** What a Stratum V1 rig would roll where a standard channel rolls nothing. */
const USUAL_EXTRANONCE2_SIZE = 4

/** Of extension_type; the bit above says that a channel id follows. */
const EXTENSION_ID_BITS = 0x7fff

/**
 * For a Stratum V2 connection: what Stratum V1 would have cost, with a session of its own for each channel. A
 * future job costs nothing until its tip comes, because Stratum V1 has none.
 */
export class Sv1Counterpart {
  #up = 0
  #down = 0
  #linesUp = 0
  #linesDown = 0
  #sessions = 0
  #jobs = 0
  #shares = 0
  #userAgent = ''
  #versionRolling = true
  #basis: Omit<MeteredJob, 'newTip'> = { coinb1Size: 0, coinb2Size: 0, merkleDepth: 0 }
  /** User identities of openings that wait for their answer; null while none does. */
  #openings: Map<number, string> | null = null
  readonly #channels = new Map<number, Channel>()
  /** Sizes of `mining.notify` for future jobs, by channel or group and job; null while there are none. */
  #futures: Map<string, number> | null = null

  basis(job: Omit<MeteredJob, 'newTip'>): void {
    this.#basis = job
  }

  frame(frame: Uint8Array | Frame): void {
    const bytes = frame instanceof Uint8Array
    const type = bytes ? frame[2]! : frame.messageType
    const extension = bytes ? (frame[0]! | (frame[1]! << 8)) & EXTENSION_ID_BITS : frame.extensionId
    if (extension !== 0) return
    const payload = bytes ? frame : frame.payload
    const at = bytes ? FRAME_HEADER_LENGTH : 0
    // Shares and their answers without a view made for them.
    if (type === submitSharesExtended.type || type === submitSharesStandard.type) {
      if (payload.length >= at + 24) this.#onShare(payload, at, type === submitSharesExtended.type)
    } else if (type === submitSharesSuccess.type) {
      if (payload.length >= at + 20) this.#onAccepted(u32(payload, at), u32(payload, at + 8))
    } else this.#message(type, payload.subarray(at))
  }

  totals(): CounterpartTotals {
    const tls = this.#sessions > 0 || this.#linesUp > 0
    const sessions = tls ? Math.max(1, this.#sessions) : 0
    return {
      up: this.#up,
      down: this.#down,
      tlsUp: this.#up + TLS_RECORD_BYTES * this.#linesUp + TLS_HANDSHAKE_UP_BYTES * sessions,
      tlsDown: this.#down + TLS_RECORD_BYTES * this.#linesDown + TLS_HANDSHAKE_DOWN_BYTES * sessions,
      standardUp: null,
      standardDown: null,
      jobs: this.#jobs,
      shares: this.#shares,
    }
  }

  #message(type: number, payload: Uint8Array): void {
    switch (type) {
      case newMiningJob.type:
        if (payload.length >= 9) this.#onJob(payload, this.#basis)
        return
      case newExtendedMiningJob.type: {
        const job = sizesOfExtendedJob(payload)
        if (job !== undefined) this.#onJob(payload, job)
        return
      }
      case setNewPrevHash.type:
        if (payload.length >= 48) this.#onTip(u32(payload, 0), u32(payload, 4))
        return
      case setTarget.type:
        if (payload.length >= 36) this.#onTarget(u32(payload, 0), payload.subarray(4, 36))
        return
      default:
        this.#rareMessage(type, payload)
    }
  }

  /** Those that come once a connection or channel are decoded like everywhere. */
  #rareMessage(type: number, payload: Uint8Array): void {
    const decoded = decodeMessage({ extensionId: 0, channelMessage: false, messageType: type, payload })
    if (!decoded.ok) return
    const { message } = decoded.value
    switch (message.name) {
      case 'SetupConnection':
        this.#userAgent = message.firmware === '' ? message.vendor : `${message.vendor}/${message.firmware}`
        this.#versionRolling = (message.flags & MiningSetupFlags.requiresVersionRolling) !== 0
        return
      case 'OpenStandardMiningChannel':
      case 'OpenExtendedMiningChannel':
        this.#openings ??= new Map()
        if (this.#openings.size < MAX_OPENINGS) this.#openings.set(message.requestId, message.userIdentity)
        return
      case 'OpenStandardMiningChannel.Success':
        return this.#onOpened(message, USUAL_EXTRANONCE2_SIZE, message.groupChannelId)
      case 'OpenExtendedMiningChannel.Success':
        return this.#onOpened(message, message.extranonceSize, message.groupChannelId ?? message.channelId)
      case 'SubmitShares.Error':
        return this.#onRefused(message.channelId, message.errorCode)
      case 'SetExtranoncePrefix': {
        const size = this.#channels.get(message.channelId)?.extranonce2Size ?? USUAL_EXTRANONCE2_SIZE
        return this.#downLines(extranonceLineSize(message.extranoncePrefix.length, size), 1)
      }
      case 'CloseChannel':
        this.#channels.delete(message.channelId)
        return
      case 'SetGroupChannel':
        for (const id of message.channelIds) {
          const channel = this.#channels.get(id)
          if (channel) channel.groupId = message.groupChannelId
        }
        return
      default:
        return
    }
  }

  #onOpened(
    opened: {
      readonly requestId: number
      readonly channelId: number
      readonly target: Uint8Array
      readonly extranoncePrefix: Uint8Array
    },
    extranonce2Size: number,
    groupId: number,
  ): void {
    const user = this.#openings?.get(opened.requestId) ?? ''
    this.#openings?.delete(opened.requestId)
    if (this.#openings?.size === 0) this.#openings = null
    if (this.#channels.size >= MAX_CHANNELS) return
    this.#channels.set(opened.channelId, {
      userSize: userNameSize(user),
      groupId,
      extranonce2Size,
      versionRolling: this.#versionRolling,
      nextId: SESSION_REQUESTS + 1,
      answeredId: SESSION_REQUESTS + 1,
    })
    const { up, down } = sessionLineSizes({
      userAgent: this.#userAgent,
      user,
      extranonce1Size: opened.extranoncePrefix.length,
      extranonce2Size,
    })
    this.#sessions++
    this.#up += up
    this.#linesUp += SESSION_REQUESTS
    this.#downLines(down, SESSION_REQUESTS)
    this.#onTarget(opened.channelId, opened.target)
  }

  #onShare(payload: Uint8Array, at: number, extended: boolean): void {
    this.#shares++
    const channel = this.#channels.get(u32(payload, at))
    this.#linesUp++
    this.#up += submitLineSize({
      id: channel ? channel.nextId++ : SESSION_REQUESTS + this.#shares,
      userSize: channel?.userSize ?? 0,
      jobIdSize: hexDigitsOf(u32(payload, at + 8)),
      extranonce2Size: extended ? (payload[at + 24] ?? 0) : USUAL_EXTRANONCE2_SIZE,
      versionRolling: channel?.versionRolling ?? this.#versionRolling,
    })
  }

  #onAccepted(channelId: number, count: number): void {
    const channel = this.#channels.get(channelId)
    // What a peer counts is not believed beyond what was sent.
    const answered = channel ? Math.min(count, channel.nextId - channel.answeredId) : 0
    if (!channel || answered <= 0) return
    this.#downLines(trueLinesSize(channel.answeredId, answered), answered)
    channel.answeredId += answered
  }

  #onRefused(channelId: number, errorCode: string): void {
    const channel = this.#channels.get(channelId)
    const { code, message } = sv1ErrorOf(errorCode)
    this.#downLines(errorLineSize(channel?.answeredId ?? SESSION_REQUESTS + 1, code, message), 1)
    if (channel && channel.answeredId < channel.nextId) channel.answeredId++
  }

  /** @param payload starts with channel and job id, then the optional time that tells a future job from another */
  #onJob(payload: Uint8Array, job: Omit<MeteredJob, 'newTip'>): void {
    const channelId = u32(payload, 0)
    const jobId = u32(payload, 4)
    const isFuture = payload[8] === 0
    this.#noteRolling(channelId, payload, job !== this.#basis)
    const size = notifySize({ ...job, newTip: isFuture }, hexDigitsOf(jobId))
    if (!isFuture) return this.#onNotify(channelId, size)
    this.#futures ??= new Map()
    if (this.#futures.size >= MAX_FUTURES) {
      const [oldest] = this.#futures.keys()
      if (oldest !== undefined) this.#futures.delete(oldest)
    }
    this.#futures.set(`${channelId} ${jobId}`, size)
  }

  #noteRolling(channelId: number, payload: Uint8Array, extended: boolean): void {
    if (!extended) return
    const allowed = (payload[payload[8] === 0 ? 13 : 17]! & 1) === 1
    for (const channel of this.#membersOf(channelId)) channel.versionRolling = allowed
  }

  #onTip(channelId: number, jobId: number): void {
    const futures = this.#futures
    if (futures === null) return
    const size = futures.get(`${channelId} ${jobId}`)
    for (const key of [...futures.keys()]) if (key.startsWith(`${channelId} `)) futures.delete(key)
    if (futures.size === 0) this.#futures = null
    if (size !== undefined) this.#onNotify(channelId, size)
  }

  #onNotify(channelId: number, size: number): void {
    const sessions = Math.max(1, this.#membersOf(channelId).length)
    this.#jobs += sessions
    this.#downLines(size * sessions, sessions)
  }

  #onTarget(channelId: number, target: Uint8Array): void {
    const exact = difficultyOfTarget(asTarget(target))
    const size = difficultyLineSize(isDifficulty(exact) ? advertisedDifficulty(exact) : 1)
    const sessions = Math.max(1, this.#membersOf(channelId).length)
    this.#downLines(size * sessions, sessions)
  }

  /** The channel of this id, or those of the group. */
  #membersOf(channelId: number): Channel[] {
    const channel = this.#channels.get(channelId)
    if (channel) return [channel]
    return [...this.#channels.values()].filter(({ groupId }) => groupId === channelId)
  }

  #downLines(size: number, count: number): void {
    this.#down += size
    this.#linesDown += count
  }
}

/** Where the parts of a NewExtendedMiningJob end, from its counts alone; undefined if they lie. */
function sizesOfExtendedJob(payload: Uint8Array): Omit<MeteredJob, 'newTip'> | undefined {
  if (payload.length < 19) return undefined
  const countAt = payload[8] === 0 ? 14 : 18
  const merkleDepth = payload[countAt] ?? 0
  const coinb1At = countAt + 1 + 32 * merkleDepth
  if (payload.length < coinb1At + 2) return undefined
  const coinb1Size = payload[coinb1At]! | (payload[coinb1At + 1]! << 8)
  const coinb2At = coinb1At + 2 + coinb1Size
  if (payload.length < coinb2At + 2) return undefined
  const coinb2Size = payload[coinb2At]! | (payload[coinb2At + 1]! << 8)
  return { merkleDepth, coinb1Size, coinb2Size }
}

const u32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0

/** Characters of a number as our job ids are written. */
function hexDigitsOf(value: number): number {
  return value < 0x10
    ? 1
    : value < 0x100
      ? 2
      : value < 0x1000
        ? 3
        : value < 0x10000
          ? 4
          : value.toString(16).length
}
