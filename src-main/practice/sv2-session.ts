/**
 * One SV2 mining connection as the pool's side sees it: messages in, messages out. Owns no socket, no
 * encryption and no timer: `sv2-server.ts` carries its bytes and asks it now and then what is due. Governed by
 * the Mining Protocol, 5.1 to 5.3.
 *
 *   SetupConnection ──▶ open ──▶ channels: opened, updated, closed; jobs out, shares in
 *
 * Every channel is addressed by its own id, never through its group: all clients understand that.
 */
import { type Logger } from '../base/index.ts'
import { asTarget, difficultyOfTarget, type ExtranonceAllocator } from '../mining/index.ts'
import {
  type AgreedSetup,
  answerExtensions,
  answerSetup,
  ErrorCodes,
  type MiningConnectionMessage,
  type OpenExtendedMiningChannel,
  type OpenStandardMiningChannel,
  type SetupConnection,
  type SubmitSharesExtended,
  type SubmitSharesStandard,
  type UnknownMessage,
  type UpdateChannel,
} from '../sv2/index.ts'
import { type PoolCore } from './pool-core.ts'
import { type ChannelKind, Sv2Channel } from './sv2-channel.ts'
import { type Template } from './template.ts'

export interface Sv2SessionParts {
  readonly pool: PoolCore
  readonly log: Logger
  /** Of the whole server: two channels never share a prefix, on whatever connections they are. */
  readonly prefixes: ExtranonceAllocator
  /** Bytes granted to extended channels. */
  readonly rollableSize: number
  /** Channels on one connection; more are refused. */
  readonly maxChannels: number
}

/** What follows from a message or a moment. */
export interface Sv2Output {
  /** In order. */
  readonly send: readonly MiningConnectionMessage[]
  /** Why to close the connection once that is sent; null to go on. */
  readonly close: string | null
}

type Phase =
  | { readonly name: 'waiting' }
  | { readonly name: 'open'; readonly agreed: AgreedSetup }
  | { readonly name: 'over' }

/** Group and channels share one namespace; the group all channels of a connection belong to comes first. */
const GROUP_CHANNEL_ID = 1
/** No channel is held to more, whatever target it says is the easiest it accepts. */
const HARDEST_DIFFICULTY = 2 ** 50

const NOTHING: Sv2Output = { send: [], close: null }

export class Sv2Session {
  readonly #parts: Sv2SessionParts
  readonly #channels = new Map<number, Sv2Channel>()
  #phase: Phase = { name: 'waiting' }
  #nextChannelId = GROUP_CHANNEL_ID + 1

  constructor(parts: Sv2SessionParts) {
    this.#parts = parts
  }

  /** Whether SetupConnection succeeded. */
  get isOpen(): boolean {
    return this.#phase.name === 'open'
  }

  get channelCount(): number {
    return this.#channels.size
  }

  receive(message: MiningConnectionMessage | UnknownMessage): Sv2Output {
    const phase = this.#phase
    if (phase.name === 'over') return NOTHING
    if (message.name === 'SetupConnection') return this.#onSetup(message)
    if (phase.name === 'waiting') return close(`${message.name} came before SetupConnection`)
    switch (message.name) {
      case 'OpenStandardMiningChannel':
        return this.#onOpen(message, 'standard', phase.agreed)
      case 'OpenExtendedMiningChannel':
        return this.#onOpen(message, 'extended', phase.agreed)
      case 'UpdateChannel':
        return this.#onUpdate(message)
      case 'CloseChannel':
        return this.#onClose(message.channelId)
      case 'SubmitSharesStandard':
        return this.#onShare(message, 'standard')
      case 'SubmitSharesExtended':
        return this.#onShare(message, 'extended')
      case 'SetCustomMiningJob': {
        const { channelId, requestId } = message
        const errorCode = ErrorCodes.setCustomMiningJob.jdNotSupported
        return reply({ name: 'SetCustomMiningJob.Error', channelId, requestId, errorCode })
      }
      case 'RequestExtensions':
        return reply(answerExtensions(message, NO_EXTENSIONS))
      default:
        this.#parts.log.debug('message passed over', { message: message.name })
        return NOTHING
    }
  }

  /** Hands a template to every channel. */
  offer(template: Template): Sv2Output {
    return this.#forEachChannel((channel) => this.#issue(channel, template.cleanJobs, template))
  }

  /** What time brings: new targets, acknowledgements. To be called about twice a second. */
  tick(): Sv2Output {
    const nowMs = this.#parts.pool.clock.monotonicMs()
    return this.#forEachChannel((channel) => {
      const due = channel.acknowledgements.isDue(nowMs) ? channel.acknowledgements.take() : null
      const retargeted = channel.account.retarget(nowMs) ? this.#retargeted(channel) : []
      return due === null ? retargeted : [due, ...retargeted]
    })
  }

  /** Gives everything back; nothing is answered afterwards. */
  end(): void {
    this.#phase = { name: 'over' }
    for (const channel of this.#channels.values()) this.#release(channel)
    this.#channels.clear()
  }

  #onSetup(message: SetupConnection): Sv2Output {
    if (this.#phase.name !== 'waiting') return close('SetupConnection came twice')
    const outcome = answerSetup(message, this.#parts.pool.versionRollingMask !== 0)
    if (!outcome.ok) {
      return { send: [outcome.reply], close: `set-up refused: ${outcome.reply.errorCode}` }
    }
    this.#phase = { name: 'open', agreed: outcome.agreed }
    return reply(outcome.reply)
  }

  #onOpen(
    request: OpenStandardMiningChannel | OpenExtendedMiningChannel,
    kind: ChannelKind,
    agreed: AgreedSetup,
  ): Sv2Output {
    const { requestId } = request
    const errorCode = this.#refusal(request, agreed)
    if (errorCode !== null) return reply({ name: 'OpenMiningChannel.Error', requestId, errorCode })
    const channel = this.#openChannel(request, kind)
    const { account } = channel
    const granted = {
      requestId,
      channelId: channel.id,
      target: account.target,
      extranoncePrefix: account.extranonce.prefix,
      groupChannelId: GROUP_CHANNEL_ID,
    }
    const success: MiningConnectionMessage =
      kind === 'standard'
        ? { name: 'OpenStandardMiningChannel.Success', ...granted }
        : {
            name: 'OpenExtendedMiningChannel.Success',
            ...granted,
            extranonceSize: account.extranonce.rollableSize,
          }
    return { send: [success, ...this.#issue(channel, true)], close: null }
  }

  /** The code to refuse a channel with, or null. */
  #refusal(
    request: OpenStandardMiningChannel | OpenExtendedMiningChannel,
    agreed: AgreedSetup,
  ): string | null {
    const codes = ErrorCodes.openMiningChannel
    const { pool, rollableSize, maxChannels } = this.#parts
    if (!pool.knowsUser(request.userIdentity)) return codes.unknownUser
    if (!isHashrate(request.nominalHashRate)) return codes.invalidNominalHashrate
    if (!isServable(request.maxTarget)) return codes.maxTargetOutOfRange
    if (request.name === 'OpenExtendedMiningChannel') {
      if (agreed.standardJobsOnly) return codes.extendedChannelsNotSupportedForStandardJobs
      if (request.minExtranonceSize > rollableSize) return codes.minExtranonceSizeTooLarge
    }
    return this.#channels.size >= maxChannels ? 'too-many-channels' : null
  }

  #openChannel(
    request: OpenStandardMiningChannel | OpenExtendedMiningChannel,
    kind: ChannelKind,
  ): Sv2Channel {
    const { pool, prefixes, rollableSize } = this.#parts
    const ownPrefix = prefixes.allocate()
    // Members of a group have extranonces of one length: a standard channel's prefix is as long as the whole.
    const prefix = new Uint8Array(kind === 'standard' ? ownPrefix.length + rollableSize : ownPrefix.length)
    prefix.set(ownPrefix)
    const account = pool.openAccount({
      userIdentity: request.userIdentity,
      extranonce: { prefix, rollableSize: kind === 'standard' ? 0 : rollableSize },
      maxTarget: asTarget(request.maxTarget),
      nominalHashrateHs: request.nominalHashRate,
    })
    const channel = new Sv2Channel(this.#nextChannelId++, kind, account, ownPrefix)
    this.#channels.set(channel.id, channel)
    return channel
  }

  #onUpdate({ channelId, nominalHashRate, maximumTarget }: UpdateChannel): Sv2Output {
    const codes = ErrorCodes.updateChannel
    const refuse = (errorCode: string): Sv2Output =>
      reply({ name: 'UpdateChannel.Error', channelId, errorCode })
    const channel = this.#channels.get(channelId)
    if (channel === undefined) return refuse(codes.invalidChannelId)
    if (!isHashrate(nominalHashRate)) return refuse(codes.invalidNominalHashrate)
    if (!isServable(maximumTarget)) return refuse(ErrorCodes.openMiningChannel.maxTargetOutOfRange)
    const nowMs = this.#parts.pool.clock.monotonicMs()
    const mustFollow = channel.account.setMaxTarget(asTarget(maximumTarget), nowMs)
    return mustFollow ? { send: this.#retargeted(channel), close: null } : NOTHING
  }

  #onClose(channelId: number): Sv2Output {
    const closing =
      channelId === GROUP_CHANNEL_ID
        ? [...this.#channels.values()]
        : [...this.#channels.values()].filter(({ id }) => id === channelId)
    const send: MiningConnectionMessage[] = []
    for (const channel of closing) {
      const rest = channel.acknowledgements.take()
      if (rest !== null) send.push(rest)
      this.#channels.delete(channel.id)
      this.#release(channel)
    }
    return { send, close: null }
  }

  #onShare(share: SubmitSharesStandard | SubmitSharesExtended, kind: ChannelKind): Sv2Output {
    const { pool } = this.#parts
    const { channelId, sequenceNumber, jobId, nonce, ntime, version } = share
    const refuse = (errorCode: string): Sv2Output =>
      reply({ name: 'SubmitShares.Error', channelId, sequenceNumber, errorCode })
    const channel = this.#channels.get(channelId)
    if (channel?.kind !== kind) {
      const { invalidChannelId } = ErrorCodes.submitShares
      pool.rejectStray(invalidChannelId)
      return refuse(invalidChannelId)
    }
    const rollable = share.name === 'SubmitSharesExtended' ? share.extranonce : NO_BYTES
    const verdict = pool.submit(channel.account, { jobNumber: jobId, rollable, ntime, nonce, version })
    if (verdict.kind === 'rejected') return refuse(verdict.reason)
    const { acknowledgements } = channel
    const nowMs = pool.clock.monotonicMs()
    acknowledgements.add(sequenceNumber, verdict.difficulty, nowMs)
    if (verdict.solution === null && !acknowledgements.isDue(nowMs)) return NOTHING
    const due = acknowledgements.take()
    return due === null ? NOTHING : reply(due)
  }

  /** Announces a target and lets a job follow, since targets hold for later jobs only. */
  #retargeted(channel: Sv2Channel): MiningConnectionMessage[] {
    const maximumTarget = channel.account.target
    return [{ name: 'SetTarget', channelId: channel.id, maximumTarget }, ...this.#issue(channel, false)]
  }

  #issue(channel: Sv2Channel, newTip: boolean, template?: Template): MiningConnectionMessage[] {
    const { pool } = this.#parts
    const source = template ?? { ...pool.chain.template, cleanJobs: newTip }
    return channel.jobMessages(pool.issue(channel.account, source), newTip)
  }

  #forEachChannel(messagesOf: (channel: Sv2Channel) => MiningConnectionMessage[]): Sv2Output {
    const send: MiningConnectionMessage[] = []
    for (const channel of this.#channels.values()) send.push(...messagesOf(channel))
    return send.length === 0 ? NOTHING : { send, close: null }
  }

  #release(channel: Sv2Channel): void {
    this.#parts.prefixes.free(channel.ownPrefix)
    this.#parts.pool.closeAccount(channel.account)
  }
}

const NO_BYTES = new Uint8Array(0)
const NO_EXTENSIONS: ReadonlySet<number> = new Set()

function reply(message: MiningConnectionMessage): Sv2Output {
  return { send: [message], close: null }
}

function close(reason: string): Sv2Output {
  return { send: [], close: reason }
}

function isHashrate(value: number): boolean {
  return Number.isFinite(value) && value >= 0
}

function isServable(maxTarget: Uint8Array): boolean {
  return difficultyOfTarget(asTarget(maxTarget)) <= HARDEST_DIFFICULTY
}
