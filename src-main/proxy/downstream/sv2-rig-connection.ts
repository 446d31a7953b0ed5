/**
 * One SV2 connection from a rig, or from a proxy with many: Noise as responder, set-up, and the channels that are
 * opened over it (Protocol Overview, 3; Mining Protocol, 5.3). Carried by TCP or a WebSocket alike.
 *
 *   handshake ──▶ set-up ──▶ open: channels opened, updated, closed; jobs out, shares in
 *
 * Bytes that make no sense end the connection and nothing else; a message we do not know is passed over.
 */
import { type Timer } from '../../base/index.ts'
import { type Connection } from '../../net/index.ts'
import {
  type AgreedSetup,
  answerExtensions,
  answerSetup,
  closeChannel,
  createResponder,
  decodeMessage,
  encodeMessage,
  ErrorCodes,
  ExtensionId,
  type Frame,
  type MiningConnectionMessage,
  type NoiseStream,
  type RequestExtensions,
  setGroupChannel,
  type SetupConnection,
  type UnknownMessage,
} from '../../sv2/index.ts'
import { type LinkOwner, type LinkTap, NO_TAP } from '../insight/traffic-tap.ts'
import { type IssuedJob } from '../shares/job-board.ts'
import { type RigTransport } from './downstream.ts'
import { agentOf, type FirmwareLimits, limitsOf } from './sv2-firmware.ts'
import { type Sv2ChannelShares } from './sv2-channel-shares.ts'
import { type ChannelLink, type OpenRequest, Sv2RigChannel } from './sv2-rig-channel.ts'
import { type Sv2RigDoor } from './sv2-rig-door.ts'
import { Sv2RigGroup } from './sv2-rig-group.ts'
import { RIG_EXTENSIONS } from './sv2-workers.ts'

/** For the handshake, and once more for SetupConnection; firmware gives up as soon. */
const STEP_TIMEOUT_MS = 10_000
/**
 * Silence that ends a connection: a proxy whose rigs are off says nothing for hours, and so do rigs during an outage of
 * all pools. A peer that is really gone is noticed by what it does not acknowledge.
 */
const IDLE_MS = 12 * 60 * 60_000
const MAX_CHANNELS = 1_024
/** A proxy that comes back opens hundreds of channels at once; shares of others get through between these. */
const OPENED_IN_A_TURN = 32
/** Messages in a row that mean nothing to us after which the connection ends: the peer speaks something else. */
const PASSED_OVER_IN_A_ROW = 100
const ACT_1_LENGTH = 64
const REASON_BYTES = 255

const NOTHING_AGREED: AgreedSetup = { standardJobsOnly: false, needsVersionRolling: false }

type Phase = 'handshake' | 'set-up' | 'open' | 'over'

export class Sv2RigConnection implements ChannelLink {
  agreed = NOTHING_AGREED
  limits: FirmwareLimits = limitsOf(null)
  agent: string | null = null
  readonly tap: LinkTap
  readonly #connection: Connection
  readonly #door: Sv2RigDoor
  readonly #noise: NoiseStream
  readonly #channels = new Map<number, Sv2RigChannel>()
  /** By the bytes of extranonce of their members. */
  readonly #groups = new Map<number, Sv2RigGroup>()
  #phase: Phase = 'handshake'
  #timeout: Timer | null
  /** First bytes received, until they are enough for a handshake. */
  #actLength = 0
  #leaveQueue: (() => void) | null = null
  #extensions: ReadonlySet<number> = new Set()
  /** Of channels and groups; never used twice. */
  #nextId = 1
  #passedOver = 0
  #openedInTurn = 0
  /** Requests for channels that wait for a later turn; meanwhile nothing is read. */
  readonly #waitingToOpen: OpenRequest[] = []
  /** Whose connection it is to those who look on. */
  #firstRig: LinkOwner | null = null

  constructor(connection: Connection, door: Sv2RigDoor) {
    this.#connection = connection
    this.#door = door
    const { entropy, host } = door.parts
    const owner = (): LinkOwner | null => this.#firstRig
    this.tap = host.openTap?.({ protocol: 'stratum-v2', connection, owner }) ?? NO_TAP
    this.#noise = createResponder({ identity: door.identity, entropy })
    this.#timeout = this.#awaitStep('handshake')
    connection.idleTimeoutMs = IDLE_MS
    connection.onData((bytes) => this.#onData(bytes))
    connection.onClose((reason) => {
      this.tap.close()
      this.#onClosed(reason.text)
    })
  }

  get transport(): RigTransport {
    return this.#connection.transport
  }

  /** Channels that are open. */
  get channelCount(): number {
    return this.#channels.size
  }

  send(frames: readonly Uint8Array[]): void {
    // What is sealed first must leave first, and nothing comes between.
    if (this.#connection.closed || frames.length === 0) return
    for (const frame of frames) this.tap.frame('out', frame)
    this.#connection.write(this.#noise.seal(frames))
  }

  sendToGroup(channel: Sv2RigChannel, issued: IssuedJob): boolean {
    const group = this.#groups.get(channel.rigBytes)
    if (!group || this.agreed.standardJobsOnly) return false
    const frames = group.framesFor(issued, this.limits)
    if (frames === null) return false
    this.send(frames)
    return true
  }

  regroup(channel: Sv2RigChannel): void {
    for (const group of this.#groups.values()) group.members.delete(channel)
    const group = this.#groupFor(channel)
    this.send([setGroupChannel.encode({ groupChannelId: group.id, channelIds: [channel.id] })])
  }

  awaitAcknowledging(shares: Sv2ChannelShares): void {
    this.#door.awaitAcknowledging(shares)
  }

  disconnect(channel: Sv2RigChannel, reason: string): void {
    const reasonCode = reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, REASON_BYTES)
    const isOnly = this.#channels.size === 1
    this.#drop(channel, reason)
    this.send([closeChannel.encode({ channelId: channel.id, reasonCode })])
    // Firmware passes CloseChannel over and would wait for minutes.
    if (isOnly) this.#connection.close(reason)
  }

  #awaitStep(step: string): Timer {
    return this.#door.parts.clock.after(STEP_TIMEOUT_MS, () => {
      this.#door.countFault(`no-${step}`)
      this.#connection.destroy(`no ${step} within ${STEP_TIMEOUT_MS / 1000} s`)
    })
  }

  #onData(bytes: Uint8Array): void {
    if (this.#phase === 'over') return
    if (!this.#noise.established) return this.#onAct(bytes)
    this.#receive(bytes)
  }

  /** The arithmetic begins with the last byte of act 1: from there on it is a matter of the queue. */
  #onAct(bytes: Uint8Array): void {
    this.#actLength += bytes.length
    if (this.#actLength < ACT_1_LENGTH) return this.#receive(bytes)
    if (this.#leaveQueue !== null || this.#actLength > ACT_1_LENGTH + MAX_EARLY_BYTES) {
      return this.#fail('noise/too-early', 'The peer went on before its handshake was answered.')
    }
    const act = bytes.slice()
    this.#timeout?.cancel()
    const leave = this.#door.handshakes.add(() => {
      this.#leaveQueue = null
      if (this.#phase === 'handshake') this.#receive(act)
    })
    if (leave === undefined) {
      return this.#fail('noise/too-many-handshakes', 'Too many rigs connect at once; try again in a moment.')
    }
    this.#leaveQueue = leave
  }

  #receive(bytes: Uint8Array): void {
    const { send, frames, established, error } = this.#noise.receive(bytes)
    if (send.length > 0) this.#connection.write(send)
    if (established !== null) {
      this.#phase = 'set-up'
      this.#timeout = this.#awaitStep('SetupConnection')
    }
    for (const frame of frames) {
      if (this.#isOver) return
      this.#onFrame(frame)
    }
    if (error !== null && !this.#isOver) this.#fail(error.code, error.message)
  }

  get #isOver(): boolean {
    return this.#phase === 'over' || this.#connection.closed
  }

  #onFrame(frame: Frame): void {
    this.tap.frame('in', frame)
    const decoded = decodeMessage(frame)
    if (!decoded.ok) return this.#fail(decoded.error.code, decoded.error.message)
    const { message, trailing } = decoded.value
    if (message.name === 'SetupConnection') return this.#onSetup(message)
    if (this.#phase !== 'open') {
      return this.#fail('sv2/no-setup', `${message.name} came before SetupConnection`)
    }
    this.#onMessage(message, trailing)
  }

  #onMessage(message: MiningConnectionMessage | UnknownMessage, trailing: Uint8Array): void {
    if (this.#isUnderstood(message, trailing)) {
      this.#passedOver = 0
      return
    }
    const { log } = this.#door.parts.host
    log.debug('message from a rig passed over', { message: message.name, agent: this.agent })
    if (++this.#passedOver >= PASSED_OVER_IN_A_ROW) {
      this.#fail('sv2/nothing-understood', `${PASSED_OVER_IN_A_ROW} messages in a row meant nothing here`)
    }
  }

  /** @returns false for a message that is none of a rig's, or that we do not know */
  #isUnderstood(message: MiningConnectionMessage | UnknownMessage, trailing: Uint8Array): boolean {
    switch (message.name) {
      case 'SubmitSharesExtended': {
        const channel = this.#channels.get(message.channelId)
        if (channel === undefined) return this.#refuseShare(message.channelId, message.sequenceNumber)
        if (channel.channelKind !== 'extended') channel.shares.refuseKind(message)
        else channel.shares.submitExtended(message, this.#namesWorkers ? trailing : NO_BYTES)
        return true
      }
      case 'SubmitSharesStandard': {
        const channel = this.#channels.get(message.channelId)
        if (channel === undefined) return this.#refuseShare(message.channelId, message.sequenceNumber)
        if (channel.channelKind === 'standard') channel.shares.submitStandard(message)
        else channel.shares.refuseKind(message)
        return true
      }
      case 'OpenStandardMiningChannel':
      case 'OpenExtendedMiningChannel':
        this.#requestOpening(message)
        return true
      case 'UpdateChannel': {
        const { channelId } = message
        const channel = this.#channels.get(channelId)
        const errorCode = channel ? channel.update(message) : ErrorCodes.updateChannel.invalidChannelId
        if (errorCode !== null) this.#reply({ name: 'UpdateChannel.Error', channelId, errorCode })
        return channel !== undefined
      }
      case 'CloseChannel':
        return this.#onClose(message.channelId, message.reasonCode)
      case 'SetCustomMiningJob': {
        const { channelId, requestId } = message
        const errorCode = ErrorCodes.setCustomMiningJob.jdNotSupported
        this.#reply({ name: 'SetCustomMiningJob.Error', channelId, requestId, errorCode })
        return true
      }
      case 'RequestExtensions':
        this.#onExtensions(message)
        return true
      default:
        return false
    }
  }

  get #namesWorkers(): boolean {
    return this.#extensions.has(ExtensionId.workerHashrate)
  }

  #onSetup(message: SetupConnection): void {
    if (this.#phase !== 'set-up') return this.#fail('sv2/second-setup', 'SetupConnection came twice')
    const outcome = answerSetup(message, true)
    this.#reply(outcome.reply)
    if (!outcome.ok) {
      return this.#fail(`setup/${outcome.reply.errorCode}`, `set-up refused: ${outcome.reply.errorCode}`)
    }
    this.#timeout?.cancel()
    this.#timeout = null
    this.#phase = 'open'
    this.agreed = outcome.agreed
    this.agent = agentOf(message)
    this.limits = limitsOf(this.agent)
  }

  #onExtensions(message: RequestExtensions): void {
    const answer = answerExtensions(message, RIG_EXTENSIONS)
    const agreed = answer.name === 'RequestExtensions.Success' ? answer.supportedExtensions : []
    this.#extensions = new Set(agreed)
    this.#reply(answer)
  }

  #requestOpening(request: OpenRequest): void {
    if (this.#openedInTurn === 0) (this.#door.parts.nextTurn ?? setImmediate)(this.#onNextTurn)
    if (this.#openedInTurn++ < OPENED_IN_A_TURN) return this.#onOpen(request)
    if (this.#waitingToOpen.length === 0) this.#connection.pause()
    this.#waitingToOpen.push(request)
  }

  readonly #onNextTurn = (): void => {
    this.#openedInTurn = 0
    const now = this.#waitingToOpen.splice(0, OPENED_IN_A_TURN)
    if (now.length === 0 || this.#isOver) return
    for (const request of now) this.#requestOpening(request)
    if (this.#waitingToOpen.length === 0) this.#connection.resume()
  }

  #onOpen(request: OpenRequest): void {
    const { requestId } = request
    const opened = this.#open(request)
    if (typeof opened === 'string') {
      return this.#reply({ name: 'OpenMiningChannel.Error', requestId, errorCode: opened })
    }
    const group = this.#groupFor(opened)
    const granted = {
      requestId,
      channelId: opened.id,
      target: opened.target,
      extranoncePrefix: opened.extranoncePrefix,
      groupChannelId: group.id,
    }
    // Firmware expects the success as the very next frame.
    this.#reply(
      opened.channelKind === 'standard'
        ? { name: 'OpenStandardMiningChannel.Success', ...granted }
        : {
            name: 'OpenExtendedMiningChannel.Success',
            ...granted,
            extranonceSize: opened.extranonceSize,
          },
    )
    this.#door.parts.onChannel(opened)
    opened.start()
  }

  /** @returns the channel, or the code to refuse it with */
  #open(request: OpenRequest): Sv2RigChannel | string {
    const codes = ErrorCodes.openMiningChannel
    const kind = request.name === 'OpenStandardMiningChannel' ? 'standard' : 'extended'
    if (kind === 'extended' && this.agreed.standardJobsOnly) {
      return codes.extendedChannelsNotSupportedForStandardJobs
    }
    if (this.#channels.size >= MAX_CHANNELS) return 'too-many-channels'
    const { host, newRig } = this.#door.parts
    const rig = newRig(this.#connection.remoteAddress)
    const channel = new Sv2RigChannel({ id: this.#takeId(), kind, rig, host, link: this })
    const refusal = channel.open(request)
    if (refusal !== null) return refusal
    this.#channels.set(channel.id, channel)
    this.#firstRig ??= rig
    return channel
  }

  /** @returns false if there is no such channel or group */
  #onClose(id: number, reasonCode: string): boolean {
    const group = [...this.#groups.values()].find((one) => one.id === id)
    const channel = this.#channels.get(id)
    const closing = group ? [...group.members] : channel ? [channel] : []
    for (const one of closing)
      this.#drop(one, `closed by the rig${reasonCode === '' ? '' : `: ${reasonCode}`}`)
    return group !== undefined || channel !== undefined
  }

  /** @returns false: such a share is nobody's */
  #refuseShare(channelId: number, sequenceNumber: number): boolean {
    const errorCode = ErrorCodes.submitShares.invalidChannelId
    this.#reply({ name: 'SubmitShares.Error', channelId, sequenceNumber, errorCode })
    return false
  }

  /** The group of a channel by the length of its extranonce; made when there is none. */
  #groupFor(channel: Sv2RigChannel): Sv2RigGroup {
    const { rigBytes } = channel
    let group = this.#groups.get(rigBytes)
    if (!group) this.#groups.set(rigBytes, (group = new Sv2RigGroup(this.#takeId(), rigBytes)))
    group.members.add(channel)
    return group
  }

  #takeId(): number {
    return this.#nextId++
  }

  #drop(channel: Sv2RigChannel, reason: string): void {
    this.#channels.delete(channel.id)
    for (const group of this.#groups.values()) group.members.delete(channel)
    channel.end(reason, true)
  }

  #reply(message: MiningConnectionMessage): void {
    this.send([encodeMessage(message)])
  }

  #fail(code: string, reason: string): void {
    this.#door.countFault(code)
    this.#door.parts.host.log.debug('connection of a rig ended', {
      address: this.#connection.remoteAddress,
      code,
      reason,
    })
    this.#end(reason)
    this.#connection.close(reason, 'protocol')
  }

  #onClosed(text: string): void {
    const error = this.#phase === 'over' ? null : this.#noise.ended()
    if (error !== null) this.#door.countFault(error.code)
    this.#end(text)
  }

  #end(reason: string): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    this.#timeout?.cancel()
    this.#leaveQueue?.()
    for (const channel of this.#channels.values()) channel.end(reason, false)
    this.#channels.clear()
    this.#groups.clear()
  }
}

const NO_BYTES = new Uint8Array(0)
/** Room for whole requests of other protocols, which are then recognised. */
const MAX_EARLY_BYTES = 16_384
