/** What the switchboard asks of a connected rig's session, and what a session asks of the switchboard. */
import { type Clock, type Logger } from '../../base/index.ts'
import { type ExtranonceLayout } from '../../mining/index.ts'
import { type DownstreamLink } from '../insight/insight.ts'
import { type LinkTap } from '../insight/traffic-tap.ts'
import { type IssuedJob } from '../shares/job-board.ts'
import { type Rig } from './rig.ts'
import {
  type OfferedShare,
  type ShareOfferer,
  type ShareReference,
  type ShareRefusal,
} from '../shares/share-desk.ts'

export interface ExtranonceGrant {
  readonly extranonce1: Uint8Array
  readonly layout: ExtranonceLayout
}

/** What a rig needs of its place in the extranonce. */
export interface ExtranonceRequest {
  readonly rollsVersions: boolean
  /** Bytes that the rig must be free to roll; 0 if it did not say. */
  readonly minimumRollableSize: number
}

/** What a rig speaks; `device` for one on this machine's own ports, which our drivers speak for. */
export type RigProtocol = 'stratum-v1' | 'stratum-v2' | 'device'

/** What carries a rig's connection; `usb` for a device, which has none. */
export type RigTransport = 'tcp' | 'tls' | 'ws' | 'wss' | 'usb'

export interface Downstream {
  readonly rig: Rig
  readonly protocol: RigProtocol
  readonly transport: RigTransport
  /** Kind of its channel; null where there is none: Stratum V1, devices. */
  readonly channelKind: 'standard' | 'extended' | null
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
  /**
   * Tells a new extranonce, for this issue and those after it.
   * @returns false if the protocol has no word for such a change: nothing was told then, and the grant is not used
   */
  setExtranonce(grant: ExtranonceGrant, from: IssuedJob): boolean
  /** Told about once a second while it has nothing to hash that could earn anything. */
  onIdle?(): void
  disconnect(reason: string): void
}

export interface DownstreamHost {
  readonly clock: Clock
  readonly log: Logger
  readonly sharesPerMinute: number
  /** @throws HeadframeError `extranonce/…` when the pool of this rig leaves no room for it */
  grantExtranonce(downstream: Downstream, request: ExtranonceRequest): ExtranonceGrant
  releaseExtranonce(grant: ExtranonceGrant): void
  /** What goes over a connection is shown to the tap, which is closed with it. */
  openTap?(link: DownstreamLink): LinkTap
  /** Version bits that this rig may be offered now. */
  offeredVersionMask(downstream: Downstream): number
  /** What this rig should hash now; null before the first job. */
  currentIssue(downstream: Downstream): IssuedJob | null
  /** Whether this rig is among those that an issue goes to: it was given it, or will be in a moment. */
  isMeantFor(downstream: Downstream, issued: IssuedJob): boolean
  findIssue(sequence: number): IssuedJob | undefined
  /** What rigs may be held to at most for this issue. */
  difficultyCap(issued: IssuedJob): number
  /** Whom to book refusals that belong to no job. */
  poolIdForRefusals(downstream: Downstream): string
  offerShare(share: OfferedShare): void
  refuseShare(offerer: ShareOfferer, reference: ShareReference, poolId: string, refusal: ShareRefusal): void
  /** The session takes jobs from now on. */
  onReady(downstream: Downstream): void
  onClosed(downstream: Downstream, reason: string): void
  /** Difficulty the rig had when it was last here; undefined if it is new. */
  rememberedDifficulty(rigKey: string): number | undefined
}
