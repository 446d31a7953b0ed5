/** Where a rig is: the pool it shall work for, and the line whose jobs it is sent. Kept by the switchboard. */
import { type Downstream } from '../downstream/downstream.ts'
import { type IssuedJob } from '../shares/job-board.ts'
import { type Line } from './line.ts'
import { type Wish } from './route-desk.ts'

export interface Seat {
  readonly downstream: Downstream
  /** Whether the rig left: it is given nothing any more. */
  gone: boolean
  /** What the routing says of it. */
  wish: Wish
  /** The part of the split that it was given; null if none. */
  splitPoolId: string | null
  /** The pool it shall work for; null for none. Until that has a job, the rig stays where it is. */
  poolId: string | null
  /** Where its jobs come from now; null before the first. */
  line: Line | null
  /** What it was sent last. */
  issued: IssuedJob | null
  /** What it is about to be sent, or was. */
  meant: IssuedJob | null
  /** Since when its own line is awaited, monotonic milliseconds; null while it needs none. */
  awaitsLineMs: number | null
  /** Whether it had nothing to earn when last looked at: its silence then says nothing about it. */
  idle: boolean
  /** What it delivers as far as we can tell, H/s; of the last survey. */
  presumedHs: number
  /** The same as far as it may be told to a pool: 0 until it is well measured. */
  wellMeasuredHs: number
}

export function newSeat(downstream: Downstream): Seat {
  return {
    downstream,
    gone: false,
    wish: { kind: 'default' },
    splitPoolId: null,
    poolId: null,
    line: null,
    issued: null,
    meant: null,
    awaitsLineMs: null,
    idle: false,
    presumedHs: downstream.rig.guessedHashrateHs,
    wellMeasuredHs: 0,
  }
}

/** What a rig is to hash now; null if it has nothing to earn. */
export function earningIssue({ issued }: Seat): IssuedJob | null {
  return issued !== null && issued.staleBecause === null ? issued : null
}
