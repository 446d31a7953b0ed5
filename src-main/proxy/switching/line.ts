/**
 * One place at a pool that rigs work for: its connection, its current job, its rigs' fan-out and its flood gate.
 * A pool has one for all its rigs, or one for each.
 */
import { type WriteJoiner } from '../../net/index.ts'
import { type Job, type JobId } from '../../mining/index.ts'
import { type ShareAccount } from '../shares/accounting.ts'
import { type FloodGate } from '../downstream/flood-gate.ts'
import { type IssuedJob, type JobLine } from '../shares/job-board.ts'
import { type StaleCause } from '../shares/stale-cause.ts'
import { type LineId, type PoolConfig, type Upstream } from '../upstream/upstream.ts'
import { type Timer } from '../../base/index.ts'
import { Fanout } from './fanout.ts'
import { type Seat } from './seat.ts'

export class Line implements JobLine {
  readonly config: PoolConfig
  /** The rig that has it for itself; null if it is for all. */
  readonly owner: Seat | null
  readonly floodGate: FloodGate
  readonly fanout: Fanout
  /** Known once it was opened; nothing is asked of the line before. */
  upstream!: Upstream<ShareAccount>
  /** What all its rigs were sent last; null before they were sent anything. */
  current: IssuedJob | null = null
  /** When that went out, monotonic milliseconds. */
  sentMs = 0
  rigCount = 0
  /** What its rigs deliver as far as we can tell, H/s: of the last survey, and of those that came since. */
  presumedHs = 0
  /** The same as far as it may be told to the pool. */
  wellMeasuredHs = 0
  /** Closes it when the time for late shares is over; null while it is wanted. */
  leaving: Timer | null = null
  #job: Job | null = null
  /** Whether its connection ended since its last job. */
  #interrupted = false
  /** A job of which no block could be made: as good as none. */
  #badJobId: JobId | null = null

  constructor(config: PoolConfig, owner: Seat | null, floodGate: FloodGate, joiner: WriteJoiner) {
    this.config = config
    this.owner = owner
    this.floodGate = floodGate
    this.fanout = new Fanout(this, joiner)
  }

  get id(): LineId {
    return this.upstream.lineId
  }

  get poolId(): string {
    return this.config.id
  }

  /** The job rigs could be given now; null if there is none. */
  get job(): Job | null {
    const job = this.upstream.currentJob
    return job?.id === this.#badJobId ? null : job
  }

  /** Why the jobs are worthless that fell when this one came. */
  noteJob(job: Job): StaleCause {
    const before = this.#job
    const interrupted = this.#interrupted
    this.#job = job
    this.#interrupted = false
    if (interrupted) return 'pool-lost'
    return before !== null && sameTip(before, job) ? 'job-replaced' : 'new-block'
  }

  noteInterruption(): void {
    if (this.#job !== null) this.#interrupted = true
  }

  noteBadJob(job: Job): void {
    this.#badJobId = job.id
  }
}

function sameTip(a: Job, b: Job): boolean {
  return Buffer.compare(a.tip.prevHash, b.tip.prevHash) === 0
}
