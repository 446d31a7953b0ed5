/** An SV2 channel between a link that keeps its frames and a host that keeps its shares: no socket, no pool. */
import { createLogger, ManualClock, toHex } from '../../../src-main/base/index.ts'
import {
  BIP320_MASK,
  difficultyOfTarget,
  ExtranoncePlaces,
  type ExtranonceLayout,
  type Job,
  networkTarget,
} from '../../../src-main/mining/index.ts'
import {
  decodeFrame,
  decodeMessage,
  type MiningConnectionMessage,
  type OpenExtendedMiningChannel,
  type UnknownMessage,
} from '../../../src-main/sv2/index.ts'
import {
  type Downstream,
  type DownstreamHost,
  type ExtranonceGrant,
} from '../../../src-main/proxy/downstream/downstream.ts'
import { FloodGate } from '../../../src-main/proxy/downstream/flood-gate.ts'
import { Rig } from '../../../src-main/proxy/downstream/rig.ts'
import { limitsOf } from '../../../src-main/proxy/downstream/sv2-firmware.ts'
import {
  type ChannelKind,
  type ChannelLink,
  type OpenRequest,
  Sv2RigChannel,
} from '../../../src-main/proxy/downstream/sv2-rig-channel.ts'
import { type Sv2ChannelShares } from '../../../src-main/proxy/downstream/sv2-channel-shares.ts'
import { NO_TAP } from '../../../src-main/proxy/insight/traffic-tap.ts'
import { ShareBook } from '../../../src-main/proxy/shares/accounting.ts'
import { type IssuedJob, renderNotify } from '../../../src-main/proxy/shares/job-board.ts'
import { type OfferedShare, type ShareRefusal } from '../../../src-main/proxy/shares/share-desk.ts'
import { jobOf, shareVectors } from '../mining-vectors.ts'

/** The clock of the tests, epoch milliseconds: when the vectors' job arrived. */
export const NOW_MS = 1_745_611_105_000

export interface PretendChannelOptions {
  readonly kind?: ChannelKind
  readonly id?: number
  readonly flags?: { readonly standardJobsOnly?: boolean; readonly needsVersionRolling?: boolean }
  readonly agent?: string | null
  readonly layout?: ExtranonceLayout
  /** Granted instead of the next free place. */
  readonly extranonce1?: Uint8Array
}

export class PretendSv2Channel {
  readonly clock = new ManualClock(NOW_MS)
  readonly logs: string[] = []
  readonly channel: Sv2RigChannel
  /** Plaintext frames as they were sealed, in hex, and what they say. */
  readonly frames: string[] = []
  readonly sent: (MiningConnectionMessage | UnknownMessage)[] = []
  readonly offered: OfferedShare[] = []
  readonly refused: { readonly poolId: string; readonly refusal: ShareRefusal }[] = []
  readonly released: ExtranonceGrant[] = []
  readonly issues = new Map<number, IssuedJob>()
  readonly remembered = new Map<string, number>()
  readonly unacknowledged = new Set<Sv2ChannelShares>()
  current: IssuedJob | null = null
  mask = BIP320_MASK
  closedBecause: string | null = null
  disconnectedBecause: string | null = null
  groupJobs: IssuedJob[] = []
  takesGroupJobs = false
  readonly #places = new ExtranoncePlaces()
  readonly #options: PretendChannelOptions
  #nextSequence = 1

  constructor(options: PretendChannelOptions = {}) {
    this.#options = options
    const { kind = 'extended', id = 7, agent = null, flags = {} } = options
    const rig = new Rig({
      id: 'r1',
      address: '192.168.1.2',
      connectedAtMs: NOW_MS,
      monotonicMs: 0,
      sharesPerMinute: 6,
      startDifficulty: 1,
      poolBook: () => new ShareBook(),
    })
    const link: ChannelLink = {
      tap: NO_TAP,
      transport: 'tcp',
      agreed: { standardJobsOnly: false, needsVersionRolling: false, ...flags },
      limits: limitsOf(agent),
      agent,
      send: (frames) => this.#keep(frames),
      sendToGroup: (_channel, issued) => {
        if (this.takesGroupJobs) this.groupJobs.push(issued)
        return this.takesGroupJobs
      },
      regroup: () => {},
      awaitAcknowledging: (shares) => void this.unacknowledged.add(shares),
      disconnect: (channel, reason) => {
        this.disconnectedBecause = reason
        channel.end(reason, true)
      },
    }
    this.channel = new Sv2RigChannel({ id, kind, rig, host: this.#host(), link })
  }

  get names(): string[] {
    return this.sent.map(({ name }) => name)
  }

  /** Opens and starts it. @returns the code of a refusal */
  open(changes: Partial<OpenExtendedMiningChannel> = {}): string | null {
    const request: OpenRequest = {
      name: 'OpenExtendedMiningChannel',
      requestId: 1,
      userIdentity: 'user.bitaxe',
      nominalHashRate: 0,
      maxTarget: new Uint8Array(32).fill(0xff),
      minExtranonceSize: 2,
      ...changes,
    }
    const refusal = this.channel.open(request)
    if (refusal === null) this.channel.start()
    return refusal
  }

  /** A job as the switchboard would issue it; that of the vectors unless changed. */
  issue(changes: Partial<Job> = {}, of: Partial<IssuedJob> = {}): IssuedJob {
    const job = jobOf(shareVectors[1]!, changes)
    const issued: IssuedJob = {
      sequence: this.#nextSequence++,
      poolId: 'a',
      lineId: 'a',
      floodGate: new FloodGate(),
      job,
      ntime: job.ntime,
      cleanJobs: job.cleanJobs,
      issuedMonotonicMs: this.clock.monotonicMs(),
      poolDifficulty: difficultyOfTarget(job.target),
      networkTarget: networkTarget(job.tip.nBits),
      template: renderNotify(job, job.ntime),
      lines: new Map(),
      staleBecause: null,
      ...of,
    }
    this.issues.set(issued.sequence % 0x1000000, issued)
    this.current = issued
    return issued
  }

  #keep(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      this.frames.push(toHex(frame))
      const decoded = decodeFrame(frame.slice())
      if (!decoded.ok) throw new Error(decoded.error.message)
      const message = decodeMessage(decoded.value)
      if (!message.ok) throw new Error(message.error.message)
      this.sent.push(message.value.message)
    }
  }

  #host(): DownstreamHost {
    return {
      clock: this.clock,
      log: createLogger((_level, _scope, message) => void this.logs.push(message)),
      sharesPerMinute: 6,
      grantExtranonce: (_downstream: Downstream, { minimumRollableSize }) => {
        const layout = this.#options.layout ?? {
          extranonce1Size: 4,
          extranonce2Size: Math.max(4, minimumRollableSize),
        }
        return { layout, extranonce1: this.#options.extranonce1 ?? this.#places.take(layout) }
      },
      releaseExtranonce: (grant) => void this.released.push(grant),
      offeredVersionMask: () => this.mask,
      currentIssue: () => this.current,
      isMeantFor: (_downstream, issued) => issued === this.current,
      findIssue: (sequence) => this.issues.get(sequence),
      difficultyCap: (issued) => issued.poolDifficulty,
      poolIdForRefusals: () => 'none',
      offerShare: (share) => void this.offered.push(share),
      refuseShare: (offerer, reference, poolId, refusal) => {
        this.refused.push({ poolId, refusal })
        offerer.answerShare(reference, refusal, 0)
      },
      onReady: () => {},
      onClosed: (_downstream, reason) => (this.closedBecause = reason),
      rememberedDifficulty: (rigKey) => this.remembered.get(rigKey),
    }
  }
}
