/** What control and tuning need of the fleet: one rig at a time, alone with it. The fleet implements it. */
import { type RigFamily } from './families/family.ts'
import { type RigReading } from './model/reading.ts'
import { type RigLink } from './transport/rig-link.ts'

/** What the proxy knows of a rig that mines here. */
export interface RigAtProxy {
  readonly downstreamId: string
  /** Good ones since it connected, also those that the pool has no use for. */
  readonly validShares: number
  readonly lastShareAtMs: number | null
  readonly connectedAtMs: number
  /** Effective, H/s. */
  readonly hashrateHs: number
}

export interface AccessibleRig {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly mac: string | null
  readonly hostname: string | null
  readonly groupId: string | null
  readonly family: RigFamily
  /** Its last one, null before the first. */
  readonly reading: RigReading | null
  /** What is being done with it now, a run or a tuning; null for nothing. */
  readonly busy: string | null
  /** Null while it does not mine here, or cannot be told apart. */
  readonly atProxy: RigAtProxy | null
}

export interface RigAccess {
  /** @throws HeadframeError `rig/unknown` */
  rig(id: string): AccessibleRig
  /** All, in the order they were added. */
  readonly ids: readonly string[]
  /**
   * Runs `work` while nobody else talks to the rig: no poll and no other action. Waits for its turn.
   * @throws HeadframeError `rig/unknown`, and whatever `work` throws
   */
  exclusively<T>(id: string, work: (link: RigLink) => Promise<T>): Promise<T>
  /** Reads the rig over `link` now and publishes it; only inside `exclusively`. @throws HeadframeError `rig/…` */
  readNow(id: string, link: RigLink): Promise<RigReading>
  /** Shows in the rig's view what is being done with it; null when it is over. */
  setBusy(id: string, action: string | null): void
}
