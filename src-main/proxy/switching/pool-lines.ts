/**
 * The lines that are open, by pool: opened when wanted, kept for a while for late shares when left, closed. Which
 * are wanted is not decided here.
 */
import { type Clock } from '../../base/index.ts'
import { type WriteJoiner } from '../../net/index.ts'
import { type Job } from '../../mining/index.ts'
import { type ShareAccount } from '../shares/accounting.ts'
import { FloodGate } from '../downstream/flood-gate.ts'
import { type JobBoard } from '../shares/job-board.ts'
import { type OfferedShare } from '../shares/share-desk.ts'
import { type StaleCause } from '../shares/stale-cause.ts'
import {
  type LineId,
  type LineOwner,
  type PoolConfig,
  type ShareOutcome,
  type Upstream,
  type UpstreamEvents,
  type UpstreamState,
} from '../upstream/upstream.ts'
import { Line } from './line.ts'
import { type Seat } from './seat.ts'

/** @param owner the rig that the line is for; null if it is for all */
export type CreateUpstream = (
  config: PoolConfig,
  owner: LineOwner | null,
  events: UpstreamEvents<ShareAccount>,
) => Upstream<ShareAccount>

export interface PoolLinesParts {
  readonly clock: Clock
  readonly joiner: WriteJoiner
  readonly board: JobBoard
  readonly createUpstream: CreateUpstream
  /** Shares a second that are no flood; the default of `FloodGate` unless given. */
  readonly floodSharesPerSecond?: number | undefined
  settle(token: ShareAccount, outcome: ShareOutcome): void
  onState(line: Line, state: UpstreamState): void
  /** @throws HeadframeError if it cannot be hashed: the pool is then left and connected anew */
  onJob(line: Line, job: Job): void
}

/** How long a line that was left is kept for shares that are on their way. */
const GRACE_MS = 30_000

interface PoolRecord {
  shared: Line | null
  readonly own: Map<Seat, Line>
  closedBytesIn: number
  closedBytesOut: number
  /** Why the last switch to it failed, shown until the next attempt. */
  problem: UpstreamState | null
}

export class PoolLines {
  readonly #parts: PoolLinesParts
  readonly #lines = new Map<LineId, Line>()
  readonly #pools = new Map<string, PoolRecord>()

  constructor(parts: PoolLinesParts) {
    this.#parts = parts
  }

  /** Every open line. */
  get all(): Iterable<Line> {
    return this.#lines.values()
  }

  find(lineId: LineId): Line | undefined {
    return this.#lines.get(lineId)
  }

  isOpen(line: Line): boolean {
    return this.#lines.get(line.id) === line
  }

  shared(poolId: string): Line | null {
    return this.#pools.get(poolId)?.shared ?? null
  }

  own(poolId: string, seat: Seat): Line | null {
    return this.#pools.get(poolId)?.own.get(seat) ?? null
  }

  ownCount(poolId: string): number {
    return this.#pools.get(poolId)?.own.size ?? 0
  }

  ofPool(poolId: string): Line[] {
    const record = this.#pools.get(poolId)
    if (!record) return []
    return record.shared ? [record.shared, ...record.own.values()] : [...record.own.values()]
  }

  poolIsOpen(poolId: string): boolean {
    const record = this.#pools.get(poolId)
    return record !== undefined && (record.shared !== null || record.own.size > 0)
  }

  /** Opens a line and connects it; one that is open already is returned. */
  open(config: PoolConfig, owner: Seat | null): Line {
    const record = this.#record(config.id)
    const existing = owner ? record.own.get(owner) : record.shared
    if (existing) return existing
    const { clock, joiner, board, createUpstream, floodSharesPerSecond } = this.#parts
    const line = new Line(config, owner, new FloodGate(floodSharesPerSecond), joiner)
    line.upstream = createUpstream(config, owner && ownerOf(owner), {
      onState: (state) => {
        if (this.isOpen(line)) this.#onState(line, state)
      },
      onJob: (job, dropped) => {
        board.retire(dropped, line.noteJob(job))
        if (this.isOpen(line)) this.#parts.onJob(line, job)
      },
      onDropped: (dropped) => board.retire(dropped, 'new-block'),
      onOutcome: (token, outcome) => this.#parts.settle(token, outcome),
    })
    line.sentMs = clock.monotonicMs()
    this.#lines.set(line.id, line)
    if (owner) record.own.set(owner, line)
    else record.shared = line
    record.problem = null
    line.upstream.start()
    return line
  }

  /** Closes a line when the time for late shares is over; at once if nothing can come of it any more. */
  letGo(line: Line): void {
    if (line.leaving) return
    const { phase } = line.upstream.state
    if (phase !== 'ready' && phase !== 'silent') this.close(line, 'pool-switched')
    else line.leaving = this.#parts.clock.after(GRACE_MS, () => this.close(line, 'pool-switched'))
  }

  /** It is wanted after all. */
  keep(line: Line): void {
    line.leaving?.cancel()
    line.leaving = null
  }

  /** Unanswered shares are reported lost. */
  close(line: Line, because: StaleCause): void {
    if (!this.isOpen(line)) return
    const record = this.#record(line.poolId)
    this.#lines.delete(line.id)
    if (line.owner) record.own.delete(line.owner)
    else record.shared = null
    this.keep(line)
    this.#parts.board.retireLine(line.id, because)
    line.upstream.stop()
    const { bytesIn, bytesOut } = line.upstream.traffic
    record.closedBytesIn += bytesIn
    record.closedBytesOut += bytesOut
  }

  closePool(poolId: string, because: StaleCause): void {
    for (const line of this.ofPool(poolId)) this.close(line, because)
  }

  /** Of the line that is best off; without lines, why the last attempt failed. */
  state(poolId: string): UpstreamState {
    let best: UpstreamState = { phase: 'idle' }
    for (const { upstream } of this.ofPool(poolId)) {
      if (RANKS[upstream.state.phase] > RANKS[best.phase]) best = upstream.state
    }
    return this.poolIsOpen(poolId) ? best : (this.#pools.get(poolId)?.problem ?? best)
  }

  noteProblem(poolId: string, problem: UpstreamState): void {
    this.#record(poolId).problem = problem
  }

  /** Bytes of all connections to a pool since the start. */
  traffic(poolId: string): { bytesIn: number; bytesOut: number } {
    const record = this.#pools.get(poolId)
    const sums = { bytesIn: record?.closedBytesIn ?? 0, bytesOut: record?.closedBytesOut ?? 0 }
    for (const { upstream } of this.ofPool(poolId)) {
      sums.bytesIn += upstream.traffic.bytesIn
      sums.bytesOut += upstream.traffic.bytesOut
    }
    return sums
  }

  /** Sends a share on the line of its job. */
  forward({ issued, rollable, ntime, nonce, version, offerer }: OfferedShare, token: ShareAccount): boolean {
    const line = this.#lines.get(issued.lineId)
    if (line === undefined) return false
    return line.upstream.submit(
      { jobId: issued.job.id, rollable, ntime, nonce, version },
      token,
      offerer.rig.name,
    )
  }

  /** Sends a block on the line of its job, or else on any of its pool that knows the job. */
  forwardBlock(offered: OfferedShare, token: ShareAccount): boolean {
    const { issued, rollable, ntime, nonce, version, offerer } = offered
    if (this.forward(offered, token)) {
      this.#lines.get(issued.lineId)?.upstream.flush?.()
      return true
    }
    const share = { jobId: issued.job.id, rollable, ntime, nonce, version }
    const taker = this.ofPool(issued.poolId).find(
      ({ upstream }) => upstream.accepts(share.jobId) && upstream.submit(share, token, offerer.rig.name),
    )
    taker?.upstream.flush?.()
    return taker !== undefined
  }

  #onState(line: Line, state: UpstreamState): void {
    const isDown = state.phase === 'waiting' || state.phase === 'blocked'
    if (isDown || state.phase === 'connecting') line.noteInterruption()
    // Nothing more can come of it.
    if (line.leaving && isDown) this.close(line, 'pool-switched')
    else if (!line.leaving || state.phase === 'ready') this.#parts.onState(line, state)
  }

  #record(poolId: string): PoolRecord {
    let record = this.#pools.get(poolId)
    if (!record) {
      record = { shared: null, own: new Map(), closedBytesIn: 0, closedBytesOut: 0, problem: null }
      this.#pools.set(poolId, record)
    }
    return record
  }
}

const RANKS: Readonly<Record<UpstreamState['phase'], number>> = {
  idle: 0,
  blocked: 1,
  waiting: 2,
  connecting: 3,
  silent: 4,
  ready: 5,
}

function ownerOf(seat: Seat): LineOwner {
  const { rig } = seat.downstream
  return { rigId: rig.id, rigName: rig.name, nominalHashrateHs: () => seat.wellMeasuredHs }
}
