/**
 * Joins upstreams and downstreams: which pool each rig works for, now. Several pools may be in use at once, each
 * over a line for all its rigs or one for each; rigs are told apart by the routing, and moved when a person
 * switches, when a pool fails or returns, or when the split asks for it. Knows neither protocol.
 */
import { type Clock, HeadframeError, type Logger } from '../../base/index.ts'
import { type WriteJoiner } from '../../net/index.ts'
import { BIP320_MASK, expectedHashes, type Job } from '../../mining/index.ts'
import { type ShareAccount } from '../shares/accounting.ts'
import { type Downstream } from '../downstream/downstream.ts'
import { bytesText, type ExtranonceDesk } from '../downstream/extranonce-desk.ts'
import { type PoolHealth } from '../engine-views.ts'
import { type IssuedJob, type JobBoard } from '../shares/job-board.ts'
import { type OfferedShare } from '../shares/share-desk.ts'
import {
  isHopeless,
  type PoolConfig,
  sameConnection,
  type ShareOutcome,
  type Upstream,
  type UpstreamState,
} from '../upstream/upstream.ts'
import { Activation, type ActivationResult, SWITCH_TIMEOUT_MS } from './activation.ts'
import { type Line } from './line.ts'
import { Placement } from './placement.ts'
import { PoolKeeper, type PoolSight, type StandIn } from './pool-keeper.ts'
import { type CreateUpstream, PoolLines } from './pool-lines.ts'
import { RouteDesk, type RouteView } from './route-desk.ts'
import { DEFAULT_ROUTING, type RoutingConfig } from './routing.ts'
import { type Seat } from './seat.ts'
import { SplitPlanner } from './split-planner.ts'

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
/** How long a rig waits for a line of its own before it works on one for all of the same pool. */
const OWN_LINE_PATIENCE_MS = 10_000
/** How often the split is looked after. */
const SPLIT_PERIOD_MS = 5_000

export class Switchboard {
  readonly #parts: SwitchboardParts
  readonly #lines: PoolLines
  readonly #placement: Placement
  readonly #keeper: PoolKeeper
  readonly #planner = new SplitPlanner()
  #configs = new Map<string, PoolConfig>()
  #routing: RoutingConfig = DEFAULT_ROUTING
  #routes = new RouteDesk(DEFAULT_ROUTING)
  #activation: Activation | null = null
  #switchedAtMs: number | null = null
  #plannedMs = -Infinity
  #lastSummary = ''
  /** Whether lines may have become needed or needless. */
  #unsettled = false
  #stopped = false

  constructor(parts: SwitchboardParts) {
    const { clock, log, joiner, board, extranonces, createUpstream, floodSharesPerSecond, settle } = parts
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
    log.debug('switchboard ready')
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
    return [...this.#configs.keys()]
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
    return seat ? seat.issued : (this.#firstLine(downstream)?.current ?? null)
  }

  /** Whether an issue goes to this rig: it was given it, or will be in a moment. */
  isMeantFor(downstream: Downstream, issued: IssuedJob): boolean {
    return this.seats.get(downstream)?.meant === issued
  }

  /** The job whose extranonce a rig must fit that subscribes now; null before there is one. */
  jobFor(downstream: Downstream): Job | null {
    const line = this.seats.get(downstream)?.line ?? this.#firstLine(downstream)
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
    const standsIn = poolId === this.#activation?.poolId || this.#keeper.contacts.includes(poolId)
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
    const before = this.#configs
    this.#configs = new Map(configs.map((config) => [config.id, config]))
    this.#parts.extranonces.setPools(configs)
    for (const [poolId, old] of before) {
      const config = this.#configs.get(poolId)
      if (config && sameConnection(config, old)) continue
      this.#closePool(poolId)
      if (config) continue
      this.#keeper.forget(poolId)
      if (poolId === this.#activation?.poolId) this.#endActivation(unknownPool())
    }
    if (this.preferredId === null && preferredId !== null && this.#configs.has(preferredId)) {
      this.#keeper.choose(preferredId)
    }
    this.#reroute()
  }

  /** Says which rigs are to work for which pools. Takes effect at once, as far as the pools have jobs. */
  setRouting(routing: RoutingConfig): void {
    this.#routing = routing
    this.#routes = new RouteDesk(routing)
    for (const seat of this.seats.values()) seat.wish = this.#routes.wishOf(seat.downstream.rig.rigKey)
    this.#plannedMs = -Infinity
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
    const { clock } = this.#parts
    const config = this.#configs.get(poolId)
    if (!config) return Promise.reject(unknownPool())
    if (!config.enabled) {
      return Promise.reject(
        new HeadframeError('pool/disabled', `${config.name} is disabled: enable it before switching to it.`),
      )
    }
    this.#endActivation(
      new HeadframeError('pool/switch-superseded', 'Another switch was asked for meanwhile.'),
    )
    const activation = new Activation(poolId, clock, () => this.#onActivationTimeout())
    if (poolId === this.activeId && this.#lines.ofPool(poolId).some(({ job }) => job !== null)) {
      this.#keeper.choose(poolId)
      const total = this.#defaultSeats().length
      const downstreams = { total, seamless: total, setExtranonce: 0, reconnected: 0 }
      activation.succeed(this.#switchedAtMs ?? clock.nowMs(), downstreams)
      return activation.promise
    }
    this.#activation = activation
    const lines = this.#openFor(config, this.#defaultSeats())
    const line = lines.find(({ job }) => job !== null)
    // A person who asks does not wait for the next attempt.
    if (!line?.job) for (const { upstream } of lines) upstream.start()
    else {
      try {
        this.#completeActivation(line, line.job)
      } catch (error) {
        if (!(error instanceof HeadframeError)) throw error
        line.noteBadJob(line.job)
        this.#failActivation(error)
      }
    }
    return activation.promise
  }

  /** Takes a rig that has become ready, and gives it a job if there is one that earns. */
  join(downstream: Downstream): void {
    const seat = this.#placement.add(downstream)
    seat.wish = this.#routes.wishOf(downstream.rig.rigKey)
    if (seat.wish.kind === 'split') this.#plan()
    seat.poolId = this.#routes.route(seat.wish, seat.splitPoolId, this.#routeView)
    this.#unsettled = true
    const line = this.#lineFor(seat)
    if (!line) return
    const { current, job } = line
    if (current?.staleBecause === null && (job === null || job === current.job)) {
      this.#placement.welcome(seat, line, current)
    } else if (job) this.#bring([seat], line, job)
  }

  /** The rig is gone. Its own lines are kept for answers that are due. */
  leave(downstream: Downstream): void {
    if (this.#placement.remove(downstream)) this.#unsettled = true
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
    const move = this.#keeper.look(this.#configs.values(), this.#routing.failover)
    const replanned = this.#plan()
    const view = this.#routingSummary()
    if (replanned || this.#unsettled || view !== this.#lastSummary || this.#hasOwnLines()) this.#reroute()
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
    this.#endActivation(new HeadframeError('pool/stopping', 'Headframe is stopping.'))
    for (const line of [...this.#lines.all]) this.#lines.close(line, 'stopping')
  }

  readonly #routeView: RouteView = this.#createRouteView()

  #createRouteView(): RouteView {
    // Read at call time: the switchboard is still being built when this runs.
    const board = (): Switchboard => this
    return {
      get defaultId() {
        return board().activeId
      },
      isUsable: (poolId) =>
        board().#configs.get(poolId)?.enabled === true && board().#keeper.isUsable(poolId),
    }
  }

  /** Decides for each rig where it shall work, and brings those there that can be. */
  #reroute(): void {
    let routesChanged = false
    for (const seat of this.seats.values()) {
      const poolId = this.#routes.route(seat.wish, seat.splitPoolId, this.#routeView)
      if (poolId !== seat.poolId) routesChanged = true
      seat.poolId = poolId
      if (poolId === null && seat.line) this.#placement.unseat(seat)
    }
    if (routesChanged || this.#unsettled || this.#hasOwnLines()) this.#placeAll()
    this.#settle()
  }

  /** Brings every rig to its line that is not there and can be. */
  #placeAll(): void {
    const groups = new Map<Line, Seat[]>()
    for (const seat of this.seats.values()) {
      const line = this.#lineFor(seat)
      if (!line || line === seat.line) continue
      const group = groups.get(line)
      if (group) group.push(seat)
      else groups.set(line, [seat])
    }
    for (const [line, seats] of groups) if (line.job) this.#bring(seats, line, line.job)
  }

  #bring(seats: readonly Seat[], line: Line, job: Job): void {
    this.#unsettled = true
    try {
      this.#placement.bring(seats, line, job)
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      line.noteBadJob(job)
      this.#parts.log.warn('job cannot be hashed', { poolId: line.poolId, code: error.code })
    }
  }

  /** The line of the pool a rig shall work for, opened if need be; null if it shall work for none. */
  #lineFor(seat: Seat): Line | null {
    const config = seat.poolId === null ? undefined : this.#configs.get(seat.poolId)
    if (!config) return null
    if (config.lines === 'shared') return this.#lines.open(config, null)
    const own = this.#lines.open(config, seat)
    if (own.job) {
      seat.awaitsLineMs = null
      return own
    }
    const nowMs = this.#parts.clock.monotonicMs()
    seat.awaitsLineMs ??= nowMs
    const shared =
      nowMs - seat.awaitsLineMs >= OWN_LINE_PATIENCE_MS
        ? this.#lines.open(config, null)
        : this.#lines.shared(config.id)
    return shared?.job ? shared : own
  }

  /** Where a rig will begin that takes no jobs yet. */
  #firstLine({ rig }: Downstream): Line | undefined {
    const poolId = this.#routes.route(this.#routes.wishOf(rig.rigKey), null, this.#routeView)
    if (poolId === null) return undefined
    const lines = this.#lines.ofPool(poolId)
    return lines.find(({ job }) => job !== null) ?? lines[0]
  }

  /** Opens the lines that rigs need of a pool; one for all if it has no rigs yet. */
  #openFor(config: PoolConfig, seats: readonly Seat[]): Line[] {
    const owners = config.lines === 'shared' || seats.length === 0 ? [null] : seats
    return owners.map((owner) => {
      const line = this.#lines.open(config, owner)
      this.#lines.keep(line)
      return line
    })
  }

  /** Rigs that work for the pool in use: those without a rule, and those whose own pool cannot be had. */
  #defaultSeats(): Seat[] {
    return [...this.seats.values()].filter((seat) => this.#isDefault(seat))
  }

  #isDefault({ wish, splitPoolId }: Seat): boolean {
    const { isUsable } = this.#routeView
    return this.#routes.route(wish, splitPoolId, { defaultId: null, isUsable }) === null
  }

  /** Opens lines that are wanted and lets go of those that are not. */
  #settle(): void {
    this.#unsettled = false
    const wanted = this.#wantedPools()
    for (const poolId of wanted) {
      const config = this.#configs.get(poolId)
      if (config && (config.lines === 'shared' || this.#lines.ownCount(poolId) === 0))
        this.#lines.open(config, null)
    }
    for (const line of [...this.#lines.all]) {
      if (line.rigCount > 0 || this.#isWanted(line, wanted)) this.#lines.keep(line)
      else this.#lines.letGo(line)
    }
  }

  #isWanted(line: Line, wanted: ReadonlySet<string>): boolean {
    const { owner, poolId, config } = line
    if (owner) {
      if (owner.gone) return false
      const isAwaited = this.#activation?.poolId === poolId && this.#isDefault(owner)
      return owner.poolId === poolId || isAwaited
    }
    if (!wanted.has(poolId)) return false
    return config.lines === 'shared' || this.#lines.ownCount(poolId) === 0 || this.#isStopgap(poolId)
  }

  /** Whether rigs of a pool wait for lines of their own, and need the common one meanwhile. */
  #isStopgap(poolId: string): boolean {
    for (const seat of this.seats.values())
      if (seat.poolId === poolId && seat.awaitsLineMs !== null) return true
    return false
  }

  #wantedPools(): Set<string> {
    const wanted = new Set(this.#keeper.contacts)
    if (this.activeId !== null) wanted.add(this.activeId)
    if (this.#activation) wanted.add(this.#activation.poolId)
    for (const { wish } of this.seats.values()) if (wish.kind === 'rule') wanted.add(wish.poolId)
    if (this.seats.size > 0) for (const poolId of this.#routes.splitPoolIds) wanted.add(poolId)
    for (const poolId of wanted) {
      const config = this.#configs.get(poolId)
      if (!config || (!config.enabled && poolId !== this.activeId)) wanted.delete(poolId)
    }
    for (const { id, listens, enabled } of this.#configs.values()) if (listens && enabled) wanted.add(id)
    return wanted
  }

  #hasOwnLines(): boolean {
    for (const { id, lines } of this.#configs.values()) {
      if (lines === 'per-rig' && this.#lines.poolIsOpen(id)) return true
    }
    return false
  }

  /** What the routes of all rigs follow from, beside their wishes; and what is to be connected. */
  #routingSummary(): string {
    const usable = [...this.#configs.keys()].filter((poolId) => this.#routeView.isUsable(poolId))
    return JSON.stringify([this.activeId, usable, this.#keeper.contacts])
  }

  /** @returns whether rigs are to move */
  #plan(): boolean {
    const nowMs = this.#parts.clock.monotonicMs()
    const { splitPoolIds } = this.#routes
    if (splitPoolIds.length === 0) return false
    const isNew = [...this.seats.values()].some(
      ({ wish, splitPoolId }) => wish.kind === 'split' && splitPoolId === null,
    )
    if (!isNew && nowMs - this.#plannedMs < SPLIT_PERIOD_MS) return false
    this.#plannedMs = nowMs
    this.#planner.setPools(this.#routes.usableSplit(this.#routeView))
    const rigs = new Map<string, Seat>()
    for (const seat of this.seats.values())
      if (seat.wish.kind === 'split') rigs.set(seat.downstream.rig.id, seat)
    const moves = this.#planner.plan(
      [...rigs].map(([id, { downstream, presumedHs, splitPoolId }]) => ({
        id,
        hashrateHs: presumedHs,
        workHashes: expectedHashes(downstream.rig.book.workDifficulty),
        poolId: splitPoolId,
      })),
      nowMs,
    )
    for (const { rigId, poolId } of moves) {
      const seat = rigs.get(rigId)
      if (seat) seat.splitPoolId = poolId
    }
    return moves.length > 0
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
    this.#unsettled = true
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
    this.#failActivationIfHopeless(poolId)
  }

  #onJob(line: Line, job: Job): void {
    const { poolId } = line
    this.#parts.extranonces.learn(poolId, job.extranonce)
    this.#parts.onJob?.(poolId, job)
    if (this.#activation?.poolId === poolId) return this.#completeActivation(line, job)
    const arrivals = this.#awaiting(line)
    if (line.rigCount > 0 || arrivals.length > 0 || poolId === this.activeId) {
      this.#placement.spread(line, job, job.cleanJobs, arrivals)
    }
    if (arrivals.length > 0) this.#unsettled = true
    if (poolId === this.activeId) this.#switchedAtMs ??= this.#parts.clock.nowMs()
  }

  /** Rigs that shall work on a line and do not yet. */
  #awaiting(line: Line): Seat[] {
    const { owner, poolId } = line
    const candidates = owner ? [owner] : this.seats.values()
    const awaiting: Seat[] = []
    for (const seat of candidates) {
      if (!seat.gone && seat.poolId === poolId && seat.line !== line && this.#lineFor(seat) === line) {
        awaiting.push(seat)
      }
    }
    return awaiting
  }

  #completeActivation(line: Line, job: Job): void {
    const activation = this.#activation
    if (!activation) return
    const { poolId } = activation
    const { clock, extranonces } = this.#parts
    const name = this.#configs.get(poolId)?.name ?? poolId
    if (!extranonces.carriesRigs(job.extranonce)) {
      const granted = bytesText(job.extranonce.rollableSize)
      const message = `${name} grants only ${granted} of extranonce, too few for several rigs, so the rigs stay where they are. Use another pool.`
      return this.#failActivation(new HeadframeError('extranonce/no-room', message))
    }
    // First, because it may fail: nothing is changed then.
    const movers = this.#movers(line)
    const isNew = line.current?.job !== job || line.current.staleBecause !== null
    const counts =
      isNew || line.rigCount === 0
        ? this.#placement.spread(line, job, true, movers)
        : this.#placement.bring(movers, line, job)
    this.#activation = null
    this.#keeper.choose(poolId)
    this.#switchedAtMs = clock.nowMs()
    this.#reroute()
    const later = this.#placement.predict(
      this.#defaultSeats().filter((seat) => seat.line !== line),
      job,
    )
    const downstreams = {
      total: counts.total + later.total,
      seamless: counts.seamless + later.seamless,
      setExtranonce: counts.setExtranonce + later.setExtranonce,
      reconnected: counts.reconnected + later.reconnected,
    }
    this.#parts.onPoolEvent({
      kind: 'activated',
      poolId,
      atMs: this.#switchedAtMs,
      detail: `${name}: ${downstreams.total} rigs, ${downstreams.reconnected} reconnected`,
    })
    activation.succeed(this.#switchedAtMs, downstreams)
  }

  /** Rigs that come to a line when its pool is activated. */
  #movers(line: Line): Seat[] {
    const { owner } = line
    if (owner) return !owner.gone && owner.line !== line && this.#isDefault(owner) ? [owner] : []
    if (line.config.lines === 'per-rig') return []
    return this.#defaultSeats().filter((seat) => seat.line !== line)
  }

  #failActivationIfHopeless(poolId: string): void {
    if (this.#activation?.poolId !== poolId) return
    const state = this.#lines.state(poolId)
    if (!isHopeless(state)) return
    const { code, message } = state.problem
    this.#failActivation(new HeadframeError(code, message, { context: { poolId } }))
  }

  /** Gives a switch up, and shows why with the pool until the next attempt. */
  #failActivation(error: HeadframeError): void {
    const poolId = this.#activation?.poolId
    if (poolId === undefined) return
    this.#endActivation(error)
    const { code, message } = error
    const problem = { code, message, atMs: this.#parts.clock.nowMs() }
    this.#lines.noteProblem(poolId, { phase: 'blocked', problem })
  }

  #onActivationTimeout(): void {
    const poolId = this.#activation?.poolId
    const name = (poolId === undefined ? undefined : this.#configs.get(poolId)?.name) ?? 'The pool'
    this.#failActivation(
      new HeadframeError(
        'pool/no-job',
        `${name} gave no job within ${SWITCH_TIMEOUT_MS / 1000} s, so the rigs stay where they are. Try again later or test the connection.`,
      ),
    )
  }

  #endActivation(error: HeadframeError): void {
    const activation = this.#activation
    if (!activation) return
    this.#activation = null
    const wanted = this.#wantedPools()
    for (const line of this.#lines.ofPool(activation.poolId)) {
      if (line.rigCount === 0 && !this.#isWanted(line, wanted)) this.#lines.close(line, 'pool-switched')
    }
    activation.fail(error)
  }
}

function unknownPool(): HeadframeError {
  return new HeadframeError('pool/unknown', 'There is no such pool: reload the list of pools.')
}
