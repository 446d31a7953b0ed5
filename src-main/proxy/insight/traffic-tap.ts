/**
 * What a session tells insight about its connection: messages in the clear for those who watch, and events for
 * the bandwidth meter. A session opens one tap for each connection and closes it with it. While nobody watches,
 * a message costs the look at one boolean.
 */
import { type Job } from '../../mining/index.ts'
import { type Frame } from '../../sv2/index.ts'
import { SV1_ERROR } from '../../sv1/index.ts'
import { type Direction } from './insight-views.ts'

/** A Stratum V1 session that stands: subscribed and authorised. */
export interface MeteredSession {
  /** As announced at subscribe; empty if it was not. */
  readonly userAgent: string
  readonly user: string
  /** What the client dialled. */
  readonly host: string
  /** Bytes. */
  readonly extranonce1Size: number
  readonly extranonce2Size: number
}

/** Whose connection it is, as far as it said by now. */
export interface LinkOwner {
  readonly name: string
  readonly rigKey: string
}

/** The sizes of a job that went over a Stratum V1 connection, bytes. */
export interface MeteredJob {
  /** Coinbase before extranonce1. */
  readonly coinb1Size: number
  readonly coinb2Size: number
  readonly merkleDepth: number
  /** Whether it began a new block. */
  readonly newTip: boolean
}

/** Events of a Stratum V1 connection; a Stratum V2 one is metered by its frames. */
export interface Sv1Meter {
  session(session: MeteredSession): void
  job(job: MeteredJob): void
  difficulty(): void
  /** @param extranonce1Size bytes */
  extranonce(extranonce1Size: number): void
  share(): void
  /** @param refusal the code a Stratum V2 server would have sent; null for a share that was accepted */
  answer(refusal: string | null): void
}

export interface LinkTap {
  /** Whether somebody watches. Ask before making bytes just for `record`. */
  readonly active: boolean
  /**
   * A line of Stratum V1, with or without its end.
   * @param line bytes are used up within the call
   */
  record(direction: Direction, line: Uint8Array | string): void
  /** A plaintext frame of Stratum V2: whole bytes as sent, or as it was opened. Meters it, and records it if active. */
  frame(direction: Direction, frame: Uint8Array | Frame): void
  /** For Stratum V1. */
  readonly meter: Sv1Meter
  /** Sizes of the job behind the next NewMiningJob, which does not carry them. */
  basis(job: Omit<MeteredJob, 'newTip'>): void
  /** The connection is over. Harmless when repeated. */
  close(): void
}

const nothing = (): void => {}

/** For connections nobody looks at: the connection test. */
export const NO_TAP: LinkTap = {
  active: false,
  record: nothing,
  frame: nothing,
  meter: {
    session: nothing,
    job: nothing,
    difficulty: nothing,
    extranonce: nothing,
    share: nothing,
    answer: nothing,
  },
  basis: nothing,
  close: nothing,
}

/**
 * The sizes of a job as a rig is sent it: what is the upstream's, and padding, is folded into coinb1.
 * @param rigBytes of extranonce1 and extranonce2 together; all of the extranonce toward a pool
 * @param newTip whether it makes every older job worthless
 */
export function meteredJob(job: Job, rigBytes: number, newTip: boolean): MeteredJob {
  const { prefix, rollableSize } = job.extranonce
  return {
    coinb1Size: job.coinbasePrefix.length + prefix.length + rollableSize - rigBytes,
    coinb2Size: job.coinbaseSuffix.length,
    merkleDepth: job.merklePath.length,
    newTip,
  }
}

/** The code a Stratum V2 pool would have sent with such a refusal. */
export function sv2CodeOf(sv1Code: number): string {
  switch (sv1Code) {
    case SV1_ERROR.jobNotFound:
      return 'stale-share'
    case SV1_ERROR.duplicateShare:
      return 'duplicate-share'
    case SV1_ERROR.lowDifficulty:
      return 'difficulty-too-low'
    default:
      return 'invalid-share'
  }
}
