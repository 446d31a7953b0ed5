/** What the switchboard asks of a connected rig's session, and what a session asks of the switchboard. */
import { type Clock, type Logger } from '../../base/index.ts'
import { type ExtranonceLayout } from '../../mining/index.ts'
import { type IssuedJob } from '../shares/job-board.ts'
import { type Rig } from './rig.ts'
import { type OfferedShare, type ShareOfferer, type ShareRefusal } from '../shares/share-desk.ts'

export interface ExtranonceGrant {
  readonly extranonce1: Uint8Array
  readonly layout: ExtranonceLayout
}

export interface Downstream {
  readonly rig: Rig
  readonly protocol: 'stratum-v1' | 'stratum-v2'
  /** Whether it takes jobs now. */
  readonly ready: boolean
  /** Whether a new extranonce can be told to it on the same socket. */
  readonly canSetExtranonce: boolean
  /** Sends a job; a changed difficulty or version mask goes first. */
  sendJob(issued: IssuedJob): void
  /**
   * Sends the job it has again, with a later time, because its difficulty changed.
   * @returns false if that is not possible now: try again a second later
   */
  reissue(issued: IssuedJob): boolean
  setExtranonce(grant: ExtranonceGrant, from: IssuedJob): void
  disconnect(reason: string): void
}

export interface DownstreamHost {
  readonly clock: Clock
  readonly log: Logger
  readonly sharesPerMinute: number
  /** @throws HeadframeError `extranonce/…` when no pool in use leaves room for another rig */
  grantExtranonce(rollsVersions: boolean): ExtranonceGrant
  releaseExtranonce(extranonce1: Uint8Array): void
  /** Version bits that rigs may be offered now. */
  offeredVersionMask(): number
  /** What rigs should hash now; null before the first job. */
  currentIssue(): IssuedJob | null
  findIssue(sequence: number): IssuedJob | undefined
  /** What rigs may be held to at most for this issue. */
  difficultyCap(issued: IssuedJob): number
  /** Whom to book refusals that belong to no job. */
  poolIdForRefusals(): string
  offerShare(share: OfferedShare): void
  refuseShare(offerer: ShareOfferer, reference: string, poolId: string, refusal: ShareRefusal): void
  /** The session takes jobs from now on. */
  onReady(downstream: Downstream): void
  onClosed(downstream: Downstream, reason: string): void
  /** Difficulty the rig had when it was last here; undefined if it is new. */
  rememberedDifficulty(rigKey: string): number | undefined
}
