/** A device session between a listener that keeps its jobs and a host that keeps its shares: no engine, no pool. */
import { ManualClock, silentLogger } from '../../../src-main/base/index.ts'
import {
  BIP320_MASK,
  type DeviceJob,
  difficultyOfTarget,
  ExtranoncePlaces,
  type ExtranonceLayout,
  type Job,
  networkTarget,
} from '../../../src-main/mining/index.ts'
import { DeviceSession } from '../../../src-main/proxy/downstream/device-session.ts'
import { type DownstreamHost, type ExtranonceGrant } from '../../../src-main/proxy/downstream/downstream.ts'
import { FloodGate } from '../../../src-main/proxy/downstream/flood-gate.ts'
import { Rig } from '../../../src-main/proxy/downstream/rig.ts'
import { ShareBook } from '../../../src-main/proxy/shares/accounting.ts'
import { type IssuedJob, renderNotify } from '../../../src-main/proxy/shares/job-board.ts'
import { type OfferedShare, type ShareRefusal } from '../../../src-main/proxy/shares/share-desk.ts'
import { jobOf, shareVectors } from '../mining-vectors.ts'

const NOW_MS = 1_745_611_105_000
export const FOUR_AND_FOUR: ExtranonceLayout = { extranonce1Size: 4, extranonce2Size: 4 }

export class PretendDeviceHost implements DownstreamHost {
  readonly clock = new ManualClock(NOW_MS)
  readonly log = silentLogger
  readonly sharesPerMinute = 6
  readonly session: DeviceSession
  readonly jobs: DeviceJob[] = []
  readonly answers: (ShareRefusal | null)[] = []
  readonly offered: OfferedShare[] = []
  readonly refused: { readonly poolId: string; readonly reason: string }[] = []
  readonly granted: ExtranonceGrant[] = []
  readonly released: ExtranonceGrant[] = []
  readonly ends: string[] = []
  readonly remembered = new Map<string, number>()
  disconnectedBecause: string | null = null
  readonly #issues = new Map<number, IssuedJob>()
  readonly #places = new ExtranoncePlaces()
  #nextSequence: number

  constructor(nominalHashrateHs = 0, firstSequence = 1) {
    this.#nextSequence = firstSequence
    const rig = new Rig({
      id: 'r1',
      address: 'usb:k',
      connectedAtMs: NOW_MS,
      monotonicMs: 0,
      sharesPerMinute: 6,
      startDifficulty: 1,
      poolBook: () => new ShareBook(),
    })
    rig.identify('Stick')
    this.session = new DeviceSession({
      rig,
      host: this,
      nominalHashrateHs,
      onJob: (job) => void this.jobs.push(job),
      onAnswer: (refusal) => void this.answers.push(refusal),
      onDisconnected: (reason) => (this.disconnectedBecause = reason),
    })
  }

  get lastJob(): DeviceJob {
    return this.jobs.at(-1)!
  }

  start(): void {
    this.session.open()
    this.session.start()
  }

  grant(layout = FOUR_AND_FOUR): ExtranonceGrant {
    const grant = { layout, extranonce1: this.#places.take(layout) }
    this.granted.push(grant)
    return grant
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
    this.#issues.set(issued.sequence % 0x1000000, issued)
    return issued
  }

  readonly grantExtranonce = (): ExtranonceGrant => this.grant()
  readonly releaseExtranonce = (grant: ExtranonceGrant): void => void this.released.push(grant)
  readonly offeredVersionMask = (): number => BIP320_MASK
  readonly currentIssue = (): null => null
  readonly isMeantFor = (): boolean => true
  readonly findIssue = (sequence: number): IssuedJob | undefined => this.#issues.get(sequence)
  readonly difficultyCap = ({ poolDifficulty }: IssuedJob): number => poolDifficulty
  readonly poolIdForRefusals = (): string => 'none'
  readonly offerShare = (share: OfferedShare): void => void this.offered.push(share)
  readonly refuseShare: DownstreamHost['refuseShare'] = (offerer, reference, poolId, refusal) => {
    this.refused.push({ poolId, reason: refusal.reason })
    offerer.answerShare(reference, refusal, 0)
  }
  readonly onReady = (): void => {}
  readonly onClosed: DownstreamHost['onClosed'] = (_downstream, reason) => void this.ends.push(reason)
  readonly rememberedDifficulty = (rigKey: string): number | undefined => this.remembered.get(rigKey)
}
