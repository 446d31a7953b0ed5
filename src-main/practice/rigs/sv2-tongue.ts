/**
 * Stratum V2 as a practice rig speaks it: Noise, set-up, one extended channel, as the firmware with a client
 * of its own does (Mining Protocol, 5.2 and 5.3).
 */
import { type Clock, type Entropy, type Logger } from '../../base/index.ts'
import { difficultyOfHashrate, targetOfDifficulty } from '../../mining/index.ts'
import {
  type ActiveJob,
  applyChannelMessage,
  type ChannelJobs,
  createInitiator,
  decodeMessage,
  encodeMessage,
  type Frame,
  type MiningConnectionMessage,
  type NoiseStream,
  openChannelJobs,
  type OpenExtendedMiningChannelSuccess,
  Protocol,
} from '../../sv2/index.ts'
import { type RigFamily } from './families.ts'
import { type RigFind } from './hashing.ts'
import { JOBS_KEPT, type RigTongue, type RigTongueEvents } from './rig-tongue.ts'

/** What the firmware asks for. */
const MIN_EXTRANONCE_SIZE = 2
const REQUEST_ID = 1
/** Shares a minute that its easiest target is for. */
const EASIEST_RATE = 60

export interface Sv2TongueParts {
  readonly family: RigFamily
  readonly host: string
  readonly port: number
  /** 32 bytes, x-only. */
  readonly authorityKey: Uint8Array
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly events: RigTongueEvents
}

export class Sv2Tongue implements RigTongue {
  readonly #parts: Sv2TongueParts
  readonly #noise: NoiseStream
  #channel: ChannelJobs | null = null
  #nextKey = 1
  #nextSequence = 0
  /** Channel's ids of the jobs whose shares still count, by work key. */
  readonly #jobs = new Map<number, number>()

  constructor(parts: Sv2TongueParts) {
    this.#parts = parts
    const { authorityKey, entropy, clock } = parts
    this.#noise = createInitiator({ authorityKey, entropy, nowMs: () => clock.nowMs() })
  }

  get hasWork(): boolean {
    return this.#jobs.size > 0
  }

  start(): void {
    this.#parts.events.send(this.#noise.start())
  }

  receive(bytes: Uint8Array): void {
    const { send, established, frames, error } = this.#noise.receive(bytes)
    if (send.length > 0) this.#parts.events.send(send)
    if (established) this.#setUp()
    for (const frame of frames) this.#onFrame(frame)
    if (error) this.#parts.events.close(error.message)
  }

  submit({ key, extranonce2, ntime, nonce, version }: RigFind): boolean {
    const jobId = this.#jobs.get(key)
    if (jobId === undefined || !this.#channel) return false
    return this.#say({
      name: 'SubmitSharesExtended',
      channelId: this.#channel.channelId,
      sequenceNumber: this.#nextSequence++,
      jobId,
      nonce,
      ntime,
      version,
      extranonce: extranonce2,
    })
  }

  end(): void {
    this.#channel = null
    this.#jobs.clear()
  }

  #setUp(): void {
    const { host, port, family } = this.#parts
    const [vendor = '', hardwareVersion = '', firmware = ''] = family.userAgent.split('/')
    this.#say({
      name: 'SetupConnection',
      protocol: Protocol.mining,
      minVersion: 2,
      maxVersion: 2,
      flags: 0,
      endpointHost: host,
      endpointPort: port,
      vendor,
      hardwareVersion,
      firmware,
      deviceId: '',
    })
  }

  #onFrame(frame: Frame): void {
    const decoded = decodeMessage(frame)
    if (!decoded.ok) return this.#parts.events.close(decoded.error.message)
    const { message } = decoded.value
    const { events, log, family } = this.#parts
    switch (message.name) {
      case 'SetupConnection.Success':
        return this.#openChannel()
      case 'SetupConnection.Error':
      case 'OpenMiningChannel.Error':
        log.debug('practice rig was refused', { rig: family.name, reason: message.errorCode })
        return events.close(message.errorCode)
      case 'OpenExtendedMiningChannel.Success':
        return this.#onOpened(message)
      case 'NewExtendedMiningJob':
      case 'SetNewPrevHash':
      case 'SetTarget':
      case 'SetExtranoncePrefix':
      case 'SetGroupChannel':
      case 'CloseChannel': {
        if (!this.#channel) return
        const { channel, dropped, activated } = applyChannelMessage(this.#channel, message)
        this.#channel = channel
        if (channel.closedReason !== null) return events.close(channel.closedReason)
        const gone = new Set(dropped)
        for (const [key, jobId] of this.#jobs) if (gone.has(jobId)) this.#jobs.delete(key)
        const job = activated.at(-1)
        return job && this.#onJob(job)
      }
      case 'SubmitShares.Success':
        return events.onAnswers(message.newSubmitsAcceptedCount, 0)
      case 'SubmitShares.Error':
        log.debug('share rejected', { rig: family.name, reason: message.errorCode })
        return events.onAnswers(0, 1)
      default:
        return
    }
  }

  #openChannel(): void {
    const { family } = this.#parts
    this.#say({
      name: 'OpenExtendedMiningChannel',
      requestId: REQUEST_ID,
      userIdentity: family.name,
      nominalHashRate: family.hashrateHs,
      maxTarget: targetOfDifficulty(difficultyOfHashrate(family.hashrateHs, EASIEST_RATE)),
      minExtranonceSize: MIN_EXTRANONCE_SIZE,
    })
  }

  #onOpened(message: OpenExtendedMiningChannelSuccess): void {
    const channel = openChannelJobs(message)
    if (channel.ok) this.#channel = channel.value
    else this.#parts.events.close(channel.error.message)
  }

  #onJob(job: ActiveJob): void {
    const key = this.#nextKey++
    this.#jobs.set(key, job.jobId)
    const [oldest] = this.#jobs.keys()
    if (this.#jobs.size > JOBS_KEPT && oldest !== undefined) this.#jobs.delete(oldest)
    this.#parts.events.onWork({
      key,
      coinb1: job.coinbaseTxPrefix,
      extranonce1: job.extranoncePrefix,
      coinb2: job.coinbaseTxSuffix,
      extranonce2Size: job.extranonceSize,
      merkleBranches: job.merklePath,
      prevHash: job.prevHash,
      version: job.version,
      versionMask: job.versionRollingAllowed ? this.#parts.family.versionRollingMask : 0,
      nBits: job.nbits,
      ntime: job.minNtime,
      target: job.target,
    })
  }

  #say(message: MiningConnectionMessage): boolean {
    return this.#parts.events.send(this.#noise.seal([encodeMessage(message)]))
  }
}
