/**
 * Where each rig shall work, and which lines are wanted for that: the routing joined with what the pools can do now.
 * Moves nobody.
 */
import { type Clock } from '../../base/index.ts'
import { expectedHashes } from '../../mining/index.ts'
import { type Downstream } from '../downstream/downstream.ts'
import { type PoolConfig } from '../upstream/upstream.ts'
import { type Line } from './line.ts'
import { type PoolKeeper } from './pool-keeper.ts'
import { type PoolLines } from './pool-lines.ts'
import { RouteDesk, type RouteView } from './route-desk.ts'
import { DEFAULT_ROUTING, type FailoverSettings, type RoutingConfig } from './routing.ts'
import { type Seat } from './seat.ts'
import { SplitPlanner } from './split-planner.ts'

export interface RouterParts {
  readonly clock: Clock
  readonly lines: PoolLines
  readonly keeper: PoolKeeper
  readonly seats: ReadonlyMap<Downstream, Seat>
}

/** How long a rig waits for a line of its own before it works on one for all of the same pool. */
const OWN_LINE_PATIENCE_MS = 10_000
/** Rigs up to which each new one is given its part of the split at once. */
const PROMPT_RIGS = 32
/** How often the split is looked after. */
const SPLIT_PERIOD_MS = 5_000

export class Router {
  /** Pools in order of priority. */
  configs: ReadonlyMap<string, PoolConfig> = new Map()
  /** The pool that a person wants to switch to; null while no switch is under way. */
  soughtId: string | null = null
  /** Whether lines may have become needed or needless. */
  unsettled = false
  readonly #clock: Clock
  readonly #lines: PoolLines
  readonly #keeper: PoolKeeper
  readonly #seats: ReadonlyMap<Downstream, Seat>
  readonly #view: RouteView
  readonly #viewWithoutDefault: RouteView
  readonly #planner = new SplitPlanner()
  #routing: RoutingConfig = DEFAULT_ROUTING
  #routes = new RouteDesk(DEFAULT_ROUTING)
  #plannedMs = -Infinity

  constructor({ clock, lines, keeper, seats }: RouterParts) {
    this.#clock = clock
    this.#lines = lines
    this.#keeper = keeper
    this.#seats = seats
    const router = (): Router => this
    this.#view = {
      get defaultId() {
        return router().#keeper.inUseId
      },
      isUsable: (poolId) => this.configs.get(poolId)?.enabled === true && keeper.isUsable(poolId),
    }
    this.#viewWithoutDefault = { defaultId: null, isUsable: this.#view.isUsable }
  }

  get failover(): FailoverSettings {
    return this.#routing.failover
  }

  /** Whether all rigs work for the pool in use. */
  get isPlain(): boolean {
    return this.#routing.rules.length === 0 && this.#routes.splitPoolIds.length === 0
  }

  setRouting(routing: RoutingConfig): void {
    this.#routing = routing
    this.#routes = new RouteDesk(routing)
    for (const seat of this.#seats.values()) this.#readWish(seat)
    this.#plannedMs = -Infinity
  }

  /** Takes a new rig into account. */
  admit(seat: Seat): void {
    this.#readWish(seat)
    if (seat.wish.kind === 'split' && this.#seats.size <= PROMPT_RIGS) this.plan()
    this.route(seat)
    this.unsettled = true
  }

  /** Decides where a rig shall work. @returns whether that is news */
  route(seat: Seat): boolean {
    const before = seat.poolId
    seat.poolId = this.#routes.route(seat.wish, seat.splitPoolId, this.#view)
    return seat.poolId !== before
  }

  /** The line of the pool a rig shall work for, opened if need be; null if it shall work for none. */
  lineFor(seat: Seat): Line | null {
    const { line } = seat
    // Nearly all are where they belong, and there are very many.
    if (line !== null && line.poolId === seat.poolId && line.config.lines === 'shared') return line
    const config = seat.poolId === null ? undefined : this.configs.get(seat.poolId)
    if (!config) return null
    if (config.lines === 'shared') return this.#lines.open(config, null)
    const own = this.#lines.open(config, seat)
    if (own.job) {
      seat.awaitsLineMs = null
      return own
    }
    const nowMs = this.#clock.monotonicMs()
    seat.awaitsLineMs ??= nowMs
    const shared =
      nowMs - seat.awaitsLineMs >= OWN_LINE_PATIENCE_MS
        ? this.#lines.open(config, null)
        : this.#lines.shared(config.id)
    return shared?.job ? shared : own
  }

  /** Where a rig will begin that takes no jobs yet. */
  firstLine({ rig }: Downstream): Line | undefined {
    const poolId = this.#routes.route(this.#routes.wishOf(rig.rigKey), null, this.#view)
    if (poolId === null) return undefined
    const lines = this.#lines.ofPool(poolId)
    return lines.find(({ job }) => job !== null) ?? lines[0]
  }

  /** Opens the lines that rigs need of a pool; one for all if it has no rigs yet. */
  openFor(config: PoolConfig): Line[] {
    const seats = config.lines === 'shared' ? [] : this.defaultSeats()
    const owners = seats.length === 0 ? [null] : seats
    return owners.map((owner) => {
      const line = this.#lines.open(config, owner)
      this.#lines.keep(line)
      return line
    })
  }

  /** Rigs that work for the pool in use: those without a rule, and those whose own pool cannot be had. */
  defaultSeats(): Seat[] {
    const seats: Seat[] = []
    for (const seat of this.#seats.values()) if (this.isDefault(seat)) seats.push(seat)
    return seats
  }

  isDefault({ wish, splitPoolId }: Seat): boolean {
    return wish.kind === 'default' || this.#routes.route(wish, splitPoolId, this.#viewWithoutDefault) === null
  }

  /** @returns whether rigs are to move */
  plan(): boolean {
    const nowMs = this.#clock.monotonicMs()
    const { splitPoolIds } = this.#routes
    if (splitPoolIds.length === 0) return false
    const isNew = [...this.#seats.values()].some(
      ({ wish, splitPoolId }) => wish.kind === 'split' && splitPoolId === null,
    )
    if (!isNew && nowMs - this.#plannedMs < SPLIT_PERIOD_MS) return false
    this.#plannedMs = nowMs
    this.#planner.setPools(this.#routes.usableSplit(this.#view))
    const rigs = new Map<string, Seat>()
    for (const seat of this.#seats.values())
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

  /** What the routes of all rigs follow from, beside their wishes; and what is to be connected. */
  summary(): string {
    const usable = [...this.configs.keys()].filter((poolId) => this.#view.isUsable(poolId))
    return JSON.stringify([this.#keeper.inUseId, usable, this.#keeper.contacts])
  }

  hasOwnLines(): boolean {
    for (const { id, lines } of this.configs.values()) {
      if (lines === 'per-rig' && this.#lines.poolIsOpen(id)) return true
    }
    return false
  }

  /** Opens lines that are wanted and lets go of those that are not. */
  settle(): void {
    this.unsettled = false
    const wanted = this.wantedPools()
    for (const poolId of wanted) {
      const config = this.configs.get(poolId)
      if (config && (config.lines === 'shared' || this.#lines.ownCount(poolId) === 0))
        this.#lines.open(config, null)
    }
    for (const line of [...this.#lines.all]) {
      if (line.rigCount > 0 || this.isWanted(line, wanted)) this.#lines.keep(line)
      else this.#lines.letGo(line)
    }
  }

  isWanted(line: Line, wanted: ReadonlySet<string>): boolean {
    const { owner, poolId, config } = line
    if (owner) {
      if (owner.gone) return false
      const isAwaited = this.soughtId === poolId && this.isDefault(owner)
      return owner.poolId === poolId || isAwaited
    }
    if (!wanted.has(poolId)) return false
    return config.lines === 'shared' || this.#lines.ownCount(poolId) === 0 || this.#isStopgap(poolId)
  }

  /** Whether rigs of a pool wait for lines of their own, and need the common one meanwhile. */
  #isStopgap(poolId: string): boolean {
    for (const seat of this.#seats.values())
      if (seat.poolId === poolId && seat.awaitsLineMs !== null) return true
    return false
  }

  wantedPools(): Set<string> {
    const wanted = new Set(this.#keeper.contacts)
    if (this.#keeper.inUseId !== null) wanted.add(this.#keeper.inUseId)
    if (this.soughtId !== null) wanted.add(this.soughtId)
    if (this.#routing.rules.length > 0) {
      for (const { wish } of this.#seats.values()) if (wish.kind === 'rule') wanted.add(wish.poolId)
    }
    if (this.#seats.size > 0) for (const poolId of this.#routes.splitPoolIds) wanted.add(poolId)
    for (const poolId of wanted) {
      const config = this.configs.get(poolId)
      if (!config || (!config.enabled && poolId !== this.#keeper.inUseId)) wanted.delete(poolId)
    }
    for (const { id, listens, enabled } of this.configs.values()) if (listens && enabled) wanted.add(id)
    return wanted
  }

  #readWish(seat: Seat): void {
    seat.wish = this.#routes.wishOf(seat.downstream.rig.rigKey)
  }
}
