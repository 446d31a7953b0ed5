/** What the process of the rigs tells the process that polls them, and what that one prints. Types only. */
import { type FamilyId } from '../../../src-main/fleet/model/reading.ts'
import { type RigCredentials } from '../../../src-main/fleet/transport/rig-link.ts'

/** Where a practice rig is, and what a search would have found it to be. */
export interface BenchedRig {
  readonly host: string
  readonly port: number | null
  readonly family: FamilyId
  readonly make: string
  readonly model: string
  readonly mac: string
  readonly serial: string
  readonly hostname: string
  readonly login: RigCredentials | null
}

/** What polling took, over the time that was measured. */
export interface PollFigures {
  readonly measuredMs: number
  /** Of all threads of the process. */
  readonly cpuMs: number
  /** Since the process began. */
  readonly totalCpuMs: number
  readonly polls: number
  /** Polls that read nothing. */
  readonly failedPolls: number
  /** Rigs whose last values are live, at the end. */
  readonly liveRigs: number
  /** What the process grew by since it was ready for rigs. */
  readonly residentKibPerRig: number
  /** What of its heap and buffers is kept for them, after the garbage was collected. */
  readonly heldKibPerRig: number
  readonly loopDelayP50Ms: number
  readonly loopDelayP99Ms: number
  readonly loopDelayMaxMs: number
}
