/**
 * What a device on this machine's own ports is given to hash, and what it gives back. Interface only: the proxy
 * hands it out as one more downstream, `drivers/` work on it, and neither knows the other.
 */
import { type BlockHash, type Target } from './job.ts'

/** A job for a device: everything of a header but the extranonce, which the device rolls through `merkleRoot`. */
export interface DeviceJob {
  /** Our name for it, given back with each share. Never used for two jobs at a time. */
  readonly number: number
  /** Header version with every rollable bit as the pool set it. */
  readonly version: number
  /** Version bits that shares may change; 0 when the pool allows none. */
  readonly versionRollingMask: number
  /** 32 bytes, header order. */
  readonly prevHash: BlockHash
  readonly nBits: number
  /** Header time to start from, unix seconds; it may be rolled forward by what has elapsed. */
  readonly ntime: number
  /** Bytes that `merkleRoot` takes; may be 0. */
  readonly extranonce2Size: number
  /** What shares are held to, fixed for this job. */
  readonly target: Target
  readonly difficulty: number
  /**
   * Whether all older jobs became worthless with this one: what chips still report for them may be dropped. A device
   * always moves on to a new job at once; without this flag late shares of older ones are welcome (a switch of pools:
   * the one that was left pays for a while).
   */
  readonly cleanJobs: boolean
  /**
   * @param extranonce2 exactly `extranonce2Size` bytes
   * @returns 32 bytes, header order
   */
  merkleRoot(extranonce2: Uint8Array): Uint8Array
}

/** A solved header of a `DeviceJob` whose hash meets its target. */
export interface DeviceShare {
  readonly jobNumber: number
  readonly extranonce2: Uint8Array
  /** Unix seconds. */
  readonly ntime: number
  readonly nonce: number
  /** Whole header version, rolled bits included. */
  readonly version: number
}

/** How a device presents itself to the proxy. */
export interface DeviceIntroduction {
  /** Stable for the device; part of what joins its shares over restarts. */
  readonly key: string
  /** For instance `Bitaxe Gamma 1A2B3C4D`: shown, and sent to pools that are told the names of rigs. */
  readonly name: string
  /** What it is, for instance `Bitaxe Gamma (USB)`. */
  readonly model: string
  /** H/s at its present settings. */
  readonly nominalHashrateHs: number
}

/** Our own verdicts on the shares of a device, since it was connected. What pools say is in the proxy's reports. */
export interface DeviceShareCounts {
  readonly accepted: number
  readonly refused: number
  /** Refusals, as the proxy spells them: `difficulty-too-low`, `duplicate-share`, `stale-share`, `invalid-job-id`. */
  readonly reasons: Readonly<Record<string, number>>
}

/** A device's place in the proxy, until `leave`. */
export interface DeviceWork {
  /** What joins the device with its shares in reports and history. */
  readonly rigKey: string
  /**
   * What to hash now; null before the first job, when nothing has earned for a while (its pool was deleted), and after
   * `leave` or the end of the proxy. Hash nothing then. `onJob` tells of the next; nothing tells that it became null.
   */
  readonly job: DeviceJob | null
  /** Why it is given no jobs, a sentence; null unless its pool has no room for it. */
  readonly problem: string | null
  readonly counts: DeviceShareCounts
  /** Called with each new job, in the turn in which it arrived. @returns how to end it */
  onJob(listener: (job: DeviceJob) => void): () => void
  /** Offers a share; it is checked again, judged, counted and forwarded as any other. Ignored after `leave`. */
  submit(share: DeviceShare): void
  /** The device delivers another rate from now on. */
  setNominalHashrate(nominalHashrateHs: number): void
  /**
   * Its chips report nothing easier than this as they are set (their ticket, in real difficulty): held to less, every
   * share would be worth less than the work in it. In force from the next job, and no more than a wish: a job of a pool
   * that credits less says so in its `target`, and the ticket must follow it, or shares that the pool pays are lost.
   */
  setLeastDifficulty(difficulty: number): void
  /** Harmless when repeated. */
  leave(reason: string): void
}

/** Hashes a header of 80 bytes: SHA256d, 32 bytes in header order, valid until the next call. */
export type HashHeader = (header: Uint8Array) => BlockHash
