/**
 * Joins upstreams and downstreams: which pool each rig works for, now. Several pools may be in use at once, each
 * over a line for all its rigs or one for each; rigs are told apart by the routing, and moved when a person
 * switches, when a pool fails or returns, or when the split asks for it. Knows neither protocol.
 */
import { type Clock, HeadframeError, type Logger } from '../../base/index.ts'
import { type WriteJoiner } from '../../net/index.ts'
import { BIP320_MASK, type Job } from '../../mining/index.ts'
import { type ShareAccount } from '../shares/accounting.ts'
import { type Downstream } from '../downstream/downstream.ts'
import { type ExtranonceDesk } from '../downstream/extranonce-desk.ts'
import { type PoolHealth } from '../engine-views.ts'
import { type IssuedJob, type JobBoard } from '../shares/job-board.ts'
import { type OfferedShare } from '../shares/share-desk.ts'
import {
  type PoolConfig,
  sameConnection,
  type ShareOutcome,
  type Upstream,
  type UpstreamState,
} from '../upstream/upstream.ts'
import { type ActivationResult } from './activation.ts'
import { type Line } from './line.ts'
import { Placement } from './placement.ts'
import { PoolKeeper, type PoolSight, type StandIn } from './pool-keeper.ts'
import { type CreateUpstream, PoolLines } from './pool-lines.ts'
import { Router } from './router.ts'
import { DEFAULT_ROUTING, type RoutingConfig } from './routing.ts'
import { type Seat } from './seat.ts'
import { SwitchDesk, unknownPool } from './switch-desk.ts'

export interface PoolEvent {
  /** failed-over: another pool stands in for the preferred one. returned: it serves again. */
  readonly kind: 'activated' | 'connected' | 'lost' | 'failed-over' | 'returned'
  readonly poolId: string
  readonly atMs: number
  readonly detail: string
}

export interface SwitchboardParts {
  readonly clock: Clock
  readonly log: Logger
  readonly board: JobBoard
  readonly extranonces: ExtranonceDesk
  /** Lets each slice of a fan-out leave in the turn that wrote it. */
  readonly joiner: WriteJoiner
  readonly createUpstream: CreateUpstream
  readonly floodSharesPerSecond?: number | undefined
  settle(token: ShareAccount, outcome: ShareOutcome): void
  onPoolEvent(event: PoolEvent): void
  /** A job became active on a line, whether or not rigs work there. */
  onJob?(poolId: string, job: Job): void
}

/** Rigs and firmware drop after two minutes without a job; they get one at least every minute, looked after each second. */
const KEEPALIVE_MS = 59_000

export class Switchboard {
  readonly #parts: SwitchboardParts
  readonly #lines: PoolLines
  readonly #placement: Placement
  readonly #keeper: PoolKeeper
  readonly #router: Router
  readonly #switches: SwitchDesk
  #switchedAtMs: number | null = null
  #lastSummary = ''
  #stopped = false

  constructor(parts: SwitchboardParts) {
    const { clock, joiner, board, extranonces, createUpstream, floodSharesPerSecond, settle } = parts
    this.#parts = parts
    this.#lines = new PoolLines({
      clock,
      joiner,
      board,
      createUpstream,
      floodSharesPerSecond,
      settle,
      onState: (line, state) => this.#onState(line, state),
      onJob: (line, job) => this.#onJob(line, job),
    })
    this.#placement = new Placement({ clock, board, extranonces })
    this.#keeper = new PoolKeeper(clock, (poolId) => this.#see(poolId))
    const own = { clock, lines: this.#lines, keeper: this.#keeper }
    this.#router = new Router({ ...own, seats: this.#placement.seats })
    this.#switches = new SwitchDesk({
      ...own,
      extranonces,
      placement: this.#placement,
      router: this.#router,
      reroute: () => this.#reroute(),
      switchedAtMs: () => this.#switchedAtMs,
      onSwitched: (poolId, atMs, detail) => {
        this.#switchedAtMs = atMs
        parts.onPoolEvent({ kind: 'activated', poolId, atMs, detail })
      },
    })
  }

  /** The pool in use for rigs without a rule. */
  get activeId(): string | null {
    return this.#keeper.inUseId
  }

  /** The pool the person chose. */
  get preferredId(): string | null {
    return this.#keeper.preferredId
  }

  get standIn(): StandIn | null {
    return this.#keeper.standIn
  }

  /** When the first job of the pool in use went out; null before. */
  get switchedAtMs(): number | null {
    return this.#switchedAtMs
  }

  /** What rigs without a rule should hash now; null before the first job. */
  get current(): IssuedJob | null {
    const { activeId } = this
    if (activeId === null) return null
    const lines = this.#lines.ofPool(activeId)
    return lines.find(({ current }) => current?.staleBecause === null)?.current ?? lines[0]?.current ?? null
  }

  /** The job of a pool: what its rigs hash, or would; null before the first. */
  jobOf(poolId: string | null): { readonly poolId: string; readonly job: Job } | null {
    if (poolId === null) return null
    const lines = this.#lines.ofPool(poolId)
    const job = lines.find((line) => line.job !== null)?.job ?? lines[0]?.current?.job
    return job ? { poolId, job } : null
  }

  /** Pools in order of priority. */
  get poolIds(): string[] {
    return [...this.#router.configs.keys()]
  }

  get lines(): PoolLines {
    return this.#lines
  }

  get seats(): ReadonlyMap<Downstream, Seat> {
    return this.#placement.seats
  }

  health(poolId: string): PoolHealth {
    return this.#keeper.health(poolId)
  }

  /** The connection for all rigs of a pool, or else the first; undefined if there is none. */
  slot(
    poolId: string,
  ): { readonly config: PoolConfig; readonly upstream: Upstream<ShareAccount> } | undefined {
    return this.#lines.ofPool(poolId)[0]
  }

  /** What a rig should hash now; of one that takes no jobs yet, what it will be given. */
  issueFor(downstream: Downstream): IssuedJob | null {
    const seat = this.seats.get(downstream)
    return seat ? seat.issued : (this.#router.firstLine(downstream)?.current ?? null)
  }

  /** Whether an issue goes to this rig: it was given it, or will be in a moment. */
  isMeantFor(downstream: Downstream, issued: IssuedJob): boolean {
    return this.seats.get(downstream)?.meant === issued
  }

  /** The job whose extranonce a rig must fit that subscribes now; null before there is one. */
  jobFor(downstream: Downstream): Job | null {
    const line = this.seats.get(downstream)?.line ?? this.#router.firstLine(downstream)
    return line?.job ?? line?.current?.job ?? null
  }

  /** Version bits a rig may be offered now: what its job allows, else what pools usually do. */
  offeredVersionMask(downstream: Downstream): number {
    return this.jobFor(downstream)?.versionRollingMask ?? BIP320_MASK
  }

  /** The pool a rig works for, or will; null if there is none. */
  poolOf(downstream: Downstream): string | null {
    const seat = this.seats.get(downstream)
    return seat ? (seat.line?.poolId ?? seat.poolId) : this.activeId
  }

  /** What a line will have to do once it is open, H/s; what is not well measured counts for nothing. */
  expectedHs(poolId: string): number {
    const standsIn = poolId === this.#switches.poolId || this.#keeper.contacts.includes(poolId)
    let sum = 0
    for (const seat of this.seats.values()) {
      if (seat.poolId === poolId || (standsIn && seat.poolId === this.activeId)) sum += seat.wellMeasuredHs
    }
    return sum
  }

  /** Starts on the pool that was preferred last; rigs get its job when it comes. */
  start(configs: readonly PoolConfig[], preferredId: string | null, routing = DEFAULT_ROUTING): void {
    this.setRouting(routing)
    this.setPools(configs, preferredId)
  }

  /**
   * Takes the list of pools after a change. A pool whose address or identity changed is connected anew.
   * @param preferredId adopted if no pool is preferred yet: the first pool a person adds
   */
  setPools(configs: readonly PoolConfig[], preferredId: string | null): void {
    const before = this.#router.configs
    this.#router.configs = new Map(configs.map((config) => [config.id, config]))
    this.#parts.extranonces.setPools(configs)
    for (const [poolId, old] of before) {
      const config = this.#router.configs.get(poolId)
      if (config && sameConnection(config, old)) continue
      this.#closePool(poolId)
      if (config) continue
      this.#keeper.forget(poolId)
      if (poolId === this.#switches.poolId) this.#switches.end(unknownPool())
    }
    if (this.preferredId === null && preferredId !== null && this.#router.configs.has(preferredId)) {
      this.#keeper.choose(preferredId)
    }
    this.#reroute()
  }

  /** Says which rigs are to work for which pools. Takes effect at once, as far as the pools have jobs. */
  setRouting(routing: RoutingConfig): void {
    this.#router.setRouting(routing)
    this.#reroute()
  }

  /**
   * Makes a pool the preferred one, which all rigs without a rule work for. The pool in use stays until the new
   * one has given a job.
   * @returns when the first rigs were sent that job
   * @throws HeadframeError `pool/unknown`, `pool/disabled`, `pool/switch-superseded`, `pool/no-job`, or why
   *   the pool could not be reached; the pool in use is then unchanged
   */
  activate(poolId: string): Promise<ActivationResult> {
    return this.#switches.begin(poolId)
  }

  /** Takes a rig that has become ready, and gives it a job if there is one that earns. */
  join(downstream: Downstream): void {
    const seat = this.#placement.add(downstream)
    this.#router.admit(seat)
    const line = this.#router.lineFor(seat)
    if (!line) return
    const { current, job } = line
    if (current?.staleBecause === null && (job === null || job === current.job)) {
      this.#placement.welcome(seat, line, current)
    } else if (job) this.#bring([seat], line, job)
  }

  /** The rig is gone. Its own lines are kept for answers that are due. */
  leave(downstream: Downstream): void {
    if (this.#placement.remove(downstream)) this.#router.unsettled = true
  }

  /** Sends a share on the line of its job. @returns false if there is no connection for it */
  forward(offered: OfferedShare, token: ShareAccount): boolean {
    return this.#lines.forward(offered, token)
  }

  /** Sends a block on the line of its job, or on any connection of its pool that can take it. */
  forwardBlock(offered: OfferedShare, token: ShareAccount): boolean {
    return this.#lines.forwardBlock(offered, token)
  }

  /** Called every second: looks after pools, routes, and rigs that wait too long for a job. */
  tick(): void {
    if (this.#stopped) return
    const move = this.#keeper.look(this.#router.configs.values(), this.#router.failover)
    const replanned = this.#router.plan()
    const view = this.#router.summary()
    if (replanned || this.#router.unsettled || view !== this.#lastSummary || this.#router.hasOwnLines())
      this.#reroute()
    this.#lastSummary = view
    if (move) {
      const atMs = this.#parts.clock.nowMs()
      this.#switchedAtMs = atMs
      this.#parts.onPoolEvent({ kind: move.kind, poolId: move.toId, atMs, detail: move.because })
      this.#parts.log.warn('another pool is in use', { kind: move.kind, from: move.fromId, to: move.toId })
    }
    this.#keepAlive()
  }

  /** Takes what the last survey found out of each rig: for flood gates, and for the pools to know. */
  tellHashrates(): void {
    for (const line of this.#lines.all) line.presumedHs = line.wellMeasuredHs = 0
    for (const { line, presumedHs, wellMeasuredHs } of this.seats.values()) {
      if (!line) continue
      line.presumedHs += presumedHs
      line.wellMeasuredHs += wellMeasuredHs
    }
    for (const line of this.#lines.all) {
      line.floodGate.update(line.presumedHs)
      if (line.rigCount > 0) line.upstream.setNominalHashrate(line.wellMeasuredHs)
    }
  }

  /** The machine woke up, or its network changed. */
  nudge(): void {
    for (const { upstream } of [...this.#lines.all]) upstream.nudge()
  }

  /** Closes every pool connection; unanswered shares are reported lost. */
  stop(): void {
    this.#stopped = true
    this.#switches.end(new HeadframeError('pool/stopping', 'Headframe is stopping.'))
    for (const line of [...this.#lines.all]) this.#lines.close(line, 'stopping')
  }

  /** Decides for each rig where it shall work, and brings those there that can be. */
  #reroute(): void {
    let routesChanged = false
    for (const seat of this.seats.values()) {
      if (this.#router.route(seat)) routesChanged = true
      if (seat.poolId === null && seat.line) this.#placement.unseat(seat)
    }
    if (routesChanged || this.#router.unsettled || this.#router.hasOwnLines()) this.#placeAll()
    this.#router.settle()
  }

  /** Brings every rig to its line that is not there and can be. */
  #placeAll(): void {
    const groups = new Map<Line, Seat[]>()
    for (const seat of this.seats.values()) {
      const line = this.#router.lineFor(seat)
      if (!line || line === seat.line) continue
      const group = groups.get(line)
      if (group) group.push(seat)
      else groups.set(line, [seat])
    }
    for (const [line, seats] of groups) if (line.job) this.#bring(seats, line, line.job)
  }

  #bring(seats: readonly Seat[], line: Line, job: Job): void {
    this.#router.unsettled = true
    try {
      this.#placement.bring(seats, line, job)
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      line.noteBadJob(job)
      this.#parts.log.warn('job cannot be hashed', { poolId: line.poolId, code: error.code })
    }
  }

  #see(poolId: string): PoolSight | null {
    const lines = this.#lines.ofPool(poolId).filter(({ leaving }) => leaving === null)
    if (lines.length === 0) return null
    return {
      state: this.#lines.state(poolId),
      vitals: lines.map(({ upstream }) => upstream.vitals),
      hasJob: lines.some(({ job }) => job !== null),
    }
  }

  /** Nothing keeps rigs and firmware on the line like a job once in a while. */
  #keepAlive(): void {
    const nowMs = this.#parts.clock.monotonicMs()
    for (const line of this.#lines.all) {
      const { current, rigCount, sentMs } = line
      if (rigCount === 0 || nowMs - sentMs < KEEPALIVE_MS) continue
      // During an outage as well: the last job may yet count if the pool restores the session.
      if (current?.staleBecause === null) this.#placement.spread(line, current.job, false)
    }
  }

  #closePool(poolId: string): void {
    for (const line of this.#lines.ofPool(poolId)) {
      for (const seat of this.seats.values()) if (seat.line === line) this.#placement.unseat(seat)
    }
    this.#lines.closePool(poolId, 'pool-changed')
    this.#router.unsettled = true
  }

  #onState(line: Line, state: UpstreamState): void {
    const { poolId, owner, config } = line
    const atMs = this.#parts.clock.nowMs()
    // Of many lines of one pool only the first and the last make news.
    const others = owner
      ? this.#lines.ofPool(poolId).filter((other) => other !== line && other.upstream.state.phase === 'ready')
      : []
    if (state.phase === 'ready' && others.length === 0) {
      this.#parts.onPoolEvent({ kind: 'connected', poolId, atMs, detail: config.name })
    } else if (state.phase === 'waiting' || state.phase === 'blocked') {
      this.#parts.log.warn('pool connection failed', { poolId, line: line.id, code: state.problem.code })
      if (others.length === 0) {
        this.#parts.onPoolEvent({ kind: 'lost', poolId, atMs, detail: state.problem.message })
      }
    }
    this.#switches.failIfHopeless(poolId)
  }

  #onJob(line: Line, job: Job): void {
    const { poolId } = line
    this.#parts.extranonces.learn(poolId, job.extranonce)
    this.#parts.onJob?.(poolId, job)
    if (this.#switches.poolId === poolId) return this.#switches.complete(line, job)
    const arrivals = this.#awaiting(line)
    if (line.rigCount > 0 || arrivals.length > 0 || poolId === this.activeId) {
      this.#placement.spread(line, job, job.cleanJobs, arrivals)
    }
    if (arrivals.length > 0) this.#router.unsettled = true
    if (poolId === this.activeId) this.#switchedAtMs ??= this.#parts.clock.nowMs()
  }

  /** Rigs that shall work on a line and do not yet. */
  #awaiting(line: Line): Seat[] {
    const { owner, poolId } = line
    const awaiting: Seat[] = []
    if (line.rigCount === this.seats.size) return awaiting
    const candidates = owner ? [owner] : this.seats.values()
    for (const seat of candidates) {
      if (!seat.gone && seat.poolId === poolId && seat.line !== line && this.#router.lineFor(seat) === line) {
        awaiting.push(seat)
      }
    }
    return awaiting
  }
}
