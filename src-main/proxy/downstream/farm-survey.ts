/**
 * What all rigs deliver together, and by pool. Estimating ten thousand rigs in one go would hold shares up for ten
 * milliseconds, so a round goes through them in slices, one each turn of the loop. A farm that fits one slice
 * is surveyed on the spot; a larger one is told the totals of its last round. What was found out of each rig is
 * noted at its seat.
 */
import { type Clock } from '../../base/index.ts'
import { Broadcast } from '../../net/index.ts'
import { type Seat } from '../switching/seat.ts'
import { type Downstream } from './downstream.ts'
import { HASHRATE_WINDOW_MS, wellMeasuredHs } from './rig.ts'
import { rigState } from './rig-status.ts'

export interface PoolTotals {
  /** Rigs that work for it. */
  rigCount: number
  /** Measured, H/s. */
  hashrateHs: number
}

export interface FarmTotals {
  /** Measured, H/s. */
  readonly hashrateHs: number
  /** Rigs whose shares are not overdue. */
  readonly hashingCount: number
  readonly pools: ReadonlyMap<string, PoolTotals>
}

const SLICE = 256
const NO_POOL_TOTALS: PoolTotals = { rigCount: 0, hashrateHs: 0 }

export class FarmSurvey {
  readonly #seats: ReadonlyMap<Downstream, Seat>
  readonly #clock: Clock
  readonly #round = new Broadcast<Seat>({ sliceSize: SLICE })
  #totals: FarmTotals = { hashrateHs: 0, hashingCount: 0, pools: new Map() }

  /** @param seats of rigs that take jobs */
  constructor(seats: ReadonlyMap<Downstream, Seat>, clock: Clock) {
    this.#seats = seats
    this.#clock = clock
  }

  /** Begins a round, unless one is under way, and returns the totals of the last one that is complete. */
  take(): FarmTotals {
    if (!this.#round.active) this.#begin()
    return this.#totals
  }

  #begin(): void {
    const pools = new Map<string, PoolTotals>()
    const totals = { hashrateHs: 0, hashingCount: 0, pools }
    const nowMs = this.#clock.nowMs()
    const monotonicMs = this.#clock.monotonicMs()
    const visit = (seat: Seat): void => {
      const { downstream, line } = seat
      const { rig, ready } = downstream
      if (!ready) return
      const estimate = rig.hashrate.estimate(HASHRATE_WINDOW_MS, monotonicMs)
      const measuredHs = wellMeasuredHs(estimate)
      // A guess that is too high would earn a target that the rigs cannot reach, so pools are told no guesses.
      seat.wellMeasuredHs = measuredHs ?? 0
      seat.presumedHs = measuredHs ?? rig.guessedHashrateHs
      totals.hashrateHs += estimate?.hashrateHs ?? 0
      if (rigState(downstream, nowMs, monotonicMs) === 'hashing') totals.hashingCount++
      if (line) addTo(pools, line.poolId, estimate?.hashrateHs ?? 0)
    }
    this.#round.start(this.#seats.values(), visit, () => (this.#totals = totals))
  }
}

export function totalsOf({ pools }: FarmTotals, poolId: string): PoolTotals {
  return pools.get(poolId) ?? NO_POOL_TOTALS
}

function addTo(pools: Map<string, PoolTotals>, poolId: string, hashrateHs: number): void {
  let totals = pools.get(poolId)
  if (!totals) pools.set(poolId, (totals = { rigCount: 0, hashrateHs: 0 }))
  totals.rigCount++
  totals.hashrateHs += hashrateHs
}
