/**
 * A connection to a Stratum V2 pool: Noise, set-up, extensions, and the way of every message to its channel. One
 * channel or many: the code is the same (`sv2-channel.ts` is a channel). The order of steps is fixed; a message out
 * of turn is logged.
 */
import { type ErrorCode, type HeadframeError } from '../../base/index.ts'
import {
  type ChannelJobMessage,
  createInitiator,
  decodeMessage,
  describeErrorCode,
  encodeMessage,
  type Frame,
  type MiningConnectionMessage,
  MiningSetupFlags,
  MiningSetupSuccessFlags,
  type NoiseStream,
  type OpenExtendedMiningChannelSuccess,
  Protocol,
  type UnknownMessage,
} from '../../sv2/index.ts'
import { announcementOf, ChannelTable } from './channel-table.ts'
import { judgeMove } from './judge-move.ts'
import {
  type PoolSession,
  type PoolSessionParts,
  type SessionEnd,
  type SessionLine,
  type SessionLineParts,
} from './pool-session.ts'
import { SessionTimeout } from './session-timeout.ts'
import { type ChannelHost, Sv2Channel } from './sv2-channel.ts'
import { WorkerNames } from './worker-names.ts'

const HANDSHAKE_TIMEOUT_MS = 10_000
const REPLY_TIMEOUT_MS = 15_000
/** Servers without extensions do not answer (extensions/0x0001); the first job waits for this, once. */
const EXTENSIONS_TIMEOUT_MS = 5_000

export function createSv2PoolSession<Token>(parts: PoolSessionParts): PoolSession<Token> {
  return new Sv2PoolSession(parts)
}

class Sv2PoolSession<Token> implements PoolSession<Token>, ChannelHost<Token> {
  readonly parts: PoolSessionParts
  readonly #noise: NoiseStream
  readonly #timeout: SessionTimeout
  readonly #workers: WorkerNames
  readonly #channels = new ChannelTable<Token>()
  #isSetUp = false
  #ended = false
  #strayCount = 0
  fixedVersion = false
  /** Frames of one turn are sealed and written together. */
  #outbox: Uint8Array[] = []

  constructor(parts: PoolSessionParts) {
    this.parts = parts
    const { config, connection, clock, entropy, memory } = parts
    this.#timeout = new SessionTimeout(clock, (what, ms) => this.#onTimeout(what, ms))
    this.#workers = new WorkerNames(config, memory)
    const { endpoint } = config
    this.#noise = createInitiator({
      authorityKey: endpoint.protocol === 'stratum-v2' ? endpoint.authorityKey : null,
      entropy,
      nowMs: () => clock.nowMs(),
    })
    connection.onData((bytes) => this.#onData(bytes))
    connection.onClose((reason) => this.#onClosed(reason.text))
    connection.write(this.#noise.start())
    this.#timeout.await('handshake', HANDSHAKE_TIMEOUT_MS)
  }

  openLine(line: SessionLineParts<Token>): SessionLine<Token> {
    const channel = new Sv2Channel(this, line)
    this.#channels.all.add(channel)
    if (this.#isSetUp) channel.open()
    return channel
  }

  askForLife(): void {
    this.#channels.first?.repeatNominal()
  }

  close(reason: string): void {
    // Shares of this very turn still leave; one of them may be a block.
    this.flush()
    this.#ended = true
    this.#timeout.clear()
    this.parts.connection.close(reason)
  }

  nextRequestId(channel: Sv2Channel<Token>): number {
    return this.#channels.ask(channel)
  }

  shareTrailer(rigName: string): Uint8Array | undefined {
    return this.#workers.tlvOf(rigName)
  }

  onClosed(channel: Sv2Channel<Token>): void {
    this.#channels.remove(channel)
  }

  send(message: MiningConnectionMessage): void {
    this.sendFrame(encodeMessage(message))
  }

  sendFrame(frame: Uint8Array): void {
    this.parts.tap.frame('out', frame)
    this.#outbox.push(frame)
    if (this.#outbox.length === 1) setImmediate(this.flush)
  }

  #onData(bytes: Uint8Array): void {
    if (this.#ended) return
    const output = this.#noise.receive(bytes)
    if (output.send.length > 0) this.parts.connection.write(output.send)
    this.parts.events.onHeard()
    if (output.established) this.#onEstablished()
    for (const frame of output.frames) {
      if (this.#ended) return
      this.#onFrame(frame)
    }
    if (output.error) this.#onNoiseError(output.error)
  }

  #onNoiseError(error: HeadframeError): void {
    const { name } = this.parts.config
    const blocked = error.code === 'noise/authority-key-mismatch'
    this.#fail({ code: error.code, message: `${name}: ${error.message}`, blocked })
  }

  #onClosed(text: string): void {
    const { name } = this.parts.config
    const error = this.#noise.ended()
    if (error) this.#onNoiseError(error)
    else this.#end('pool/connection-closed', `${name}: ${text}`)
  }

  #onEstablished(): void {
    const { events, config, memory, userAgent } = this.parts
    const { endpoint } = config
    const verified = endpoint.protocol === 'stratum-v2' && endpoint.authorityKey !== null
    events.onStep('noise', verified ? 'encrypted, pool key verified' : 'encrypted, pool key not verified')
    const [vendor = 'headframe', firmware = ''] = userAgent.split('/')
    this.send({
      name: 'SetupConnection',
      protocol: Protocol.mining,
      minVersion: 2,
      maxVersion: 2,
      // Jobs without it are understood, but rigs that roll versions do much better with it: ask first.
      flags: memory.versionRollingRefused ? 0 : MiningSetupFlags.requiresVersionRolling,
      endpointHost: endpoint.host,
      endpointPort: endpoint.port,
      vendor,
      hardwareVersion: '',
      firmware,
      deviceId: '',
    })
    this.#timeout.await('answer to SetupConnection', REPLY_TIMEOUT_MS)
  }

  #onFrame(frame: Frame): void {
    this.parts.tap.frame('in', frame)
    const decoded = decodeMessage(frame)
    if (decoded.ok) return this.#onMessage(decoded.value.message)
    const { name } = this.parts.config
    const detail = decoded.error.message
    this.#end('pool/garbage', `${name} sent a message we cannot read (${detail}). We connect anew.`)
  }

  #onMessage(message: MiningConnectionMessage | UnknownMessage): void {
    switch (message.name) {
      case 'SetupConnection.Success':
        return this.#onSetUp(message.usedVersion, message.flags)
      case 'SetupConnection.Error':
        return this.#onSetupRefused(message.flags, message.errorCode)
      case 'RequestExtensions.Success':
      case 'RequestExtensions.Error':
        this.#workers.onReply(message)
        return this.#openChannels()
      case 'OpenExtendedMiningChannel.Success':
        return this.#onOpened(message)
      case 'OpenMiningChannel.Error':
        return this.#channels.answered(message.requestId)?.onOpenRefused(message.errorCode)
      case 'NewExtendedMiningJob':
      case 'SetNewPrevHash':
      case 'SetTarget':
      case 'SetExtranoncePrefix':
      case 'SetGroupChannel':
      case 'CloseChannel':
        return this.#onJobMessage(message)
      case 'SubmitShares.Success':
        return this.#channel(message)?.onAcknowledged(message)
      case 'SubmitShares.Error':
        return this.#channel(message)?.onRejected(message)
      case 'Reconnect':
        return this.#onReconnect(message.newHost, message.newPort)
      default:
        this.parts.log.debug('message from pool passed over', { message: message.name })
    }
  }

  #onSetUp(usedVersion: number, flags: number): void {
    if (this.#isSetUp) return
    this.fixedVersion = (flags & MiningSetupSuccessFlags.requiresFixedVersion) !== 0
    const versions = this.fixedVersion ? 'versions fixed' : 'versions may be rolled'
    this.parts.events.onStep('setup', `Stratum V2, protocol version ${usedVersion}, ${versions}`)
    const request = this.#workers.request()
    if (!request) return this.#openChannels()
    this.send(request)
    this.#timeout.await('answer to RequestExtensions', EXTENSIONS_TIMEOUT_MS)
  }

  #openChannels(): void {
    if (this.#isSetUp) return
    this.#timeout.clear()
    this.#isSetUp = true
    for (const channel of this.#channels.all) channel.open()
  }

  #onSetupRefused(unsupportedFlags: number, errorCode: string): void {
    const { memory, config } = this.parts
    const rolling = (unsupportedFlags & MiningSetupFlags.requiresVersionRolling) !== 0
    const again = rolling && !memory.versionRollingRefused
    if (again) memory.versionRollingRefused = true
    const message = `${config.name} refused the connection (${errorCode || 'no reason given'}). ${describeErrorCode(errorCode)}`
    this.#fail({ code: 'pool/setup-refused', message, again })
  }

  #onOpened(message: OpenExtendedMiningChannelSuccess): void {
    const { requestId, channelId } = message
    const channel = this.#channels.answered(requestId)
    if (channel === undefined) return this.#stray(message.name, { requestId })
    if (channel === null) {
      this.#channels.rememberClosed(channelId)
      return this.send({ name: 'CloseChannel', channelId, reasonCode: 'not needed any more' })
    }
    // With two owners of one id nothing could be told apart.
    if (this.#channels.isTaken(channelId)) {
      const { name } = this.parts.config
      return this.#end('pool/garbage', `${name} gave one id to two channels. We connect anew.`)
    }
    this.#channels.open(channelId, channel)
    channel.onOpened(message)
  }

  /** To one channel, or to all of a group (Mining Protocol, 5.2.3). */
  #onJobMessage(message: ChannelJobMessage): void {
    if (message.name === 'SetGroupChannel') {
      for (const id of message.channelIds) this.#channels.find(id)?.onJobMessage(message)
      return
    }
    const own = this.#channels.find(message.channelId)
    if (own) return own.onJobMessage(message)
    const members = this.#channels.membersOf(message.channelId)
    if (members.length === 0) return this.#stray(message.name, { channelId: message.channelId })
    const missed = message.name === 'SetNewPrevHash' ? announcementOf(members, message.jobId) : undefined
    for (const member of members) {
      // Announced to the group before this channel joined it.
      if (missed && member.jobs?.future.has(missed.jobId) === false) member.onJobMessage(missed)
      member.onJobMessage(message)
    }
  }

  #channel(message: { readonly name: string; readonly channelId: number }): Sv2Channel<Token> | undefined {
    const channel = this.#channels.find(message.channelId)
    if (!channel) this.#stray(message.name, { channelId: message.channelId })
    return channel
  }

  /** For nobody here. The first is worth a line in the log; a pool may send very many. */
  #stray(message: string, fields: Record<string, number>): void {
    if (fields.channelId !== undefined && this.#channels.wasClosed(fields.channelId)) return
    if (this.#strayCount++ > 0) return
    this.parts.log.warn('message from pool for an unknown channel', { message, ...fields })
  }

  #onReconnect(newHost: string, newPort: number): void {
    const { config, log, events } = this.parts
    const { endpoint, name } = config
    const moveTo = {
      host: newHost === '' ? endpoint.host : newHost,
      port: newPort === 0 ? endpoint.port : newPort,
    }
    if (!judgeMove(config, moveTo.host)) {
      log.warn('pool wanted to send us to another host', { poolId: config.id, host: moveTo.host })
      return events.onMoveRefused(moveTo.host)
    }
    log.info('pool sends us on', { poolId: config.id, ...moveTo })
    const message = `${name} asked us to reconnect to ${moveTo.host}:${moveTo.port}; its key must stay the same.`
    this.#fail({ code: 'pool/reconnect', message, moveTo })
  }

  readonly flush = (): void => {
    const frames = this.#outbox
    this.#outbox = []
    if (this.#ended || frames.length === 0 || !this.#noise.established) return
    this.parts.connection.write(this.#noise.seal(frames))
    // This is the end of a turn already: the joiner would let it wait for another.
    this.parts.connection.flush()
  }

  #onTimeout(what: string, timeoutMs: number): void {
    if (what === 'answer to RequestExtensions') {
      this.#workers.onSilence()
      return this.#openChannels()
    }
    const { name } = this.parts.config
    this.#end(
      'pool/no-answer',
      `${name} accepted the connection but sent no ${what} within ${timeoutMs / 1000} s. Check that host and port are those of its Stratum V2 service.`,
    )
  }

  #end(code: ErrorCode, message: string): void {
    this.#fail({ code, message })
  }

  #fail(end: SessionEnd): void {
    if (this.#ended) return
    // What was sent in this very turn leaves first: a share of it may be a block.
    this.flush()
    this.#ended = true
    this.#timeout.clear()
    this.parts.events.onEnd(end)
  }
}
