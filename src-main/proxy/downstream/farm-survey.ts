/**
 * What all rigs deliver together. Estimating ten thousand rigs in one go would hold shares up for ten
 * milliseconds, so a round goes through them in slices, one each turn of the loop. A farm that fits one slice
 * is surveyed on the spot; a larger one is told the totals of its last round.
 */
import { type Clock } from '../../base/index.ts'
import { Broadcast } from '../../net/index.ts'
import { type Downstream } from './downstream.ts'
import { HASHRATE_WINDOW_MS, wellMeasuredHs } from './rig.ts'
import { rigState } from './rig-status.ts'

export interface FarmTotals {
  /** Measured, H/s. */
  readonly hashrateHs: number
  /** Rigs whose shares are not overdue. */
  readonly hashingCount: number
  /**
   * Measured well enough to be told to a pool, H/s; other rigs count for nothing. A guess that is too high would
   * earn a target that the rigs cannot reach.
   */
  readonly wellMeasuredHs: number
  /** What the rigs deliver as far as we can tell, H/s. */
  readonly presumedHs: number
}

const SLICE = 256

export class FarmSurvey {
  readonly #sessions: ReadonlySet<Downstream>
  readonly #clock: Clock
  readonly #round = new Broadcast<Downstream>({ sliceSize: SLICE })
  #totals: FarmTotals = { hashrateHs: 0, hashingCount: 0, wellMeasuredHs: 0, presumedHs: 0 }

  /** @param sessions connected rigs, ready or not */
  constructor(sessions: ReadonlySet<Downstream>, clock: Clock) {
    this.#sessions = sessions
    this.#clock = clock
  }

  /** Begins a round, unless one is under way, and returns the totals of the last one that is complete. */
  take(): FarmTotals {
    if (!this.#round.active) this.#begin()
    return this.#totals
  }

  #begin(): void {
    const totals = { hashrateHs: 0, hashingCount: 0, wellMeasuredHs: 0, presumedHs: 0 }
    const nowMs = this.#clock.nowMs()
    const monotonicMs = this.#clock.monotonicMs()
    const visit = (downstream: Downstream): void => {
      const { rig, ready } = downstream
      if (!ready) return
      const estimate = rig.hashrate.estimate(HASHRATE_WINDOW_MS, monotonicMs)
      const measuredHs = wellMeasuredHs(estimate)
      totals.hashrateHs += estimate?.hashrateHs ?? 0
      totals.wellMeasuredHs += measuredHs ?? 0
      totals.presumedHs += measuredHs ?? rig.guessedHashrateHs
      if (rigState(downstream, nowMs, monotonicMs) === 'hashing') totals.hashingCount++
    }
    this.#round.start(this.#sessions, visit, () => (this.#totals = totals))
  }
}
