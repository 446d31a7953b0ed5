/**
 * Knows the pools: how well each serves, which the person prefers, which is in use. Looks once a second; what is to
 * be connected or moved in consequence is the switchboard's affair.
 */
import { type Clock } from '../../base/index.ts'
import { type PoolHealth } from '../engine-views.ts'
import { type PoolConfig, type UpstreamState, type UpstreamVitals } from '../upstream/upstream.ts'
import {
  choosePool,
  decideFailover,
  type FailoverMove,
  type FailoverState,
  NO_FAILOVER,
  type PoolView,
} from './failover.ts'
import { joinVitals, PoolHealthWatch } from './pool-health.ts'
import { type FailoverSettings } from './routing.ts'

/** What is seen of the lines to a pool; null if there are none. */
export interface PoolSight {
  readonly state: UpstreamState
  readonly vitals: readonly UpstreamVitals[]
  /** Whether rigs could be given a job now. */
  readonly hasJob: boolean
}

export interface StandIn {
  readonly sinceMs: number
  readonly because: string
}

const UNKNOWN: PoolHealth = { verdict: 'unknown', because: '' }

export class PoolKeeper {
  readonly #clock: Clock
  readonly #see: (poolId: string) => PoolSight | null
  readonly #watches = new Map<string, PoolHealthWatch>()
  readonly #healths = new Map<string, PoolHealth>()
  #failover: FailoverState = NO_FAILOVER
  #preferredId: string | null = null
  #standIn: StandIn | null = null
  #contacts: readonly string[] = []

  constructor(clock: Clock, see: (poolId: string) => PoolSight | null) {
    this.#clock = clock
    this.#see = see
  }

  /** The pool the person chose. */
  get preferredId(): string | null {
    return this.#preferredId
  }

  /** The pool that works for rigs without a rule. */
  get inUseId(): string | null {
    return this.#failover.inUseId
  }

  /** Why another pool stands in for the preferred one; null while none does. */
  get standIn(): StandIn | null {
    return this.inUseId === this.#preferredId ? null : this.#standIn
  }

  /** Pools to be kept connected, whether or not rigs work for them. */
  get contacts(): readonly string[] {
    return this.#contacts
  }

  health(poolId: string): PoolHealth {
    return this.#healths.get(poolId) ?? UNKNOWN
  }

  /** Whether a pool can be relied on, as far as we know. */
  isUsable(poolId: string): boolean {
    return this.#failover.standings.get(poolId)?.usable ?? true
  }

  /** The person chose this pool. */
  choose(poolId: string | null): void {
    this.#preferredId = poolId
    this.#standIn = null
    this.#contacts = poolId === null ? [] : [poolId]
    this.#failover = choosePool(this.#failover, poolId, this.#clock.monotonicMs())
  }

  /** The pool was changed or deleted: what was learnt of it is void. */
  forget(poolId: string): void {
    this.#watches.delete(poolId)
    this.#healths.delete(poolId)
    const standings = new Map(this.#failover.standings)
    standings.delete(poolId)
    this.#failover = { ...this.#failover, standings }
    if (poolId === this.#preferredId) this.choose(null)
    else if (poolId === this.inUseId) this.choose(this.#preferredId)
  }

  /**
   * @param configs in order of priority
   * @returns what moved; null for nothing
   */
  look(configs: Iterable<PoolConfig>, settings: FailoverSettings): FailoverMove | null {
    const nowMs = this.#clock.monotonicMs()
    const pools: PoolView[] = []
    for (const config of configs) {
      const view = this.#lookAt(config, nowMs)
      if (config.enabled || config.id === this.#preferredId) pools.push(view)
    }
    const { state, move, contacts } = decideFailover(this.#failover, {
      nowMs,
      preferredId: this.#preferredId,
      pools,
      settings,
    })
    this.#failover = state
    this.#contacts = contacts
    if (move) this.#standIn = { sinceMs: this.#clock.nowMs(), because: move.because }
    return move
  }

  #lookAt({ id, name }: PoolConfig, nowMs: number): PoolView {
    const sight = this.#see(id)
    if (!sight) {
      this.#watches.delete(id)
      this.#healths.delete(id)
      return { id, service: null, because: '' }
    }
    let watch = this.#watches.get(id)
    if (!watch) this.#watches.set(id, (watch = new PoolHealthWatch()))
    const health = watch.look(sight.state, joinVitals(sight.vitals), nowMs, name)
    this.#healths.set(id, health)
    if (!sight.hasJob)
      return { id, service: 'nothing', because: health.because || `${name} has no job for us.` }
    const { verdict, because } = health
    return { id, service: verdict === 'bad' || verdict === 'doubtful' ? verdict : 'well', because }
  }
}
