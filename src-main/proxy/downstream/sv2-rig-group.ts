/**
 * Channels of one connection that can be sent one job for all: those whose prefix and rollable extranonce have the same
 * length together, because the length of the script stands in the coinbase they share (Mining Protocol, 5.2.3). Which
 * of them a job may be sent to as a group is decided job by job: rigs of one connection may work for different pools.
 */
import { type IssuedJob, jobNumberOf } from '../shares/job-board.ts'
import { type FirmwareLimits } from './sv2-firmware.ts'
import { framesOf, jobTooLarge } from './sv2-job-frames.ts'
import { type Sv2RigChannel } from './sv2-rig-channel.ts'

export class Sv2RigGroup {
  /** Its id as a channel; one namespace with the channels' own. */
  readonly id: number
  /** Bytes of prefix and rollable extranonce of each member. */
  readonly rigBytes: number
  readonly members = new Set<Sv2RigChannel>()

  constructor(id: number, rigBytes: number) {
    this.id = id
    this.rigBytes = rigBytes
  }

  /**
   * One job for all members, with a SetTarget before it for each that needs one.
   * @returns the frames to send at once; null if the members are better sent the job each
   */
  framesFor(issued: IssuedJob, limits: FirmwareLimits): Uint8Array[] | null {
    // A channel alone may belong to firmware that has never heard of groups.
    if (this.members.size < 2 || jobTooLarge(limits, issued, this.rigBytes) !== null) return null
    for (const member of this.members) if (!member.canJoin(issued)) return null
    const frames: Uint8Array[] = []
    let clean = false
    for (const member of this.members) if (member.prepareJob(issued, frames)) clean = true
    const jobFrames = framesOf(issued)
    const jobId = jobNumberOf(issued.sequence, 0)
    frames.push(jobFrames.extended(this.rigBytes, this.id, jobId, clean ? null : issued.ntime))
    if (clean) frames.push(jobFrames.prevHash(this.id, jobId, issued.ntime))
    return frames
  }
}
