/**
 * Keeps shares of the work at several pools, for instance 90/10, with few moves. Pure; moments are monotonic
 * milliseconds.
 *
 * What counts is work credited: the difficulty of the shares found, as the pools count it and a person can check.
 * A pool is owed its part of all work less what it got. Rigs are placed so that each pool's presumed hashrate is
 * nearly its part, largest first. What remains unequal, and luck, adds up to a debt; when a pool is owed more than
 * `BAND` of an hour's work, or another got as much too much, one rig moves: the smallest that turns the debt
 * around. So debts swing between one band and the other, and over any hour a part is off by at most two bands and
 * what a step overshoots: under 2 percentage points, whatever the farm. A large farm hardly moves. A farm of one
 * rig is sliced in time by the same rule: at 90/10 a minute there and nine here. Longer slices would be
 * kinder to the pools' own difficulty, but then an hour could be off by more than was promised.
 */
export interface SplitRig {
  readonly id: string
  /** Presumed, H/s. */
  readonly hashrateHs: number
  /** Work credited to it so far, hashes: only ever grows. */
  readonly workHashes: number
  /** The pool that it works for by this planner's choice; null if none yet. */
  readonly poolId: string | null
}

export interface SplitPool {
  readonly poolId: string
  /** Parts of one; all add up to 1. */
  readonly ratio: number
}

/** A debt that is acted on, as part of all work of an hour. */
export const BAND = 0.005
/** A rig is moved at most once in this time, unless its pool is out of the question. */
export const DWELL_MS = 30_000
const HOUR_S = 3600
/** In which debts are paid by the choice for new rigs. */
const PLACING_S = 600
/** Debts beyond this are forgiven: a pool that nobody could work for is not repaid with all there is. */
const FORGIVEN = 0.05

export interface SplitMove {
  readonly rigId: string
  readonly poolId: string
}

export class SplitPlanner {
  #pools: readonly SplitPool[] = []
  /** Work owed to each pool, hashes. */
  #owed = new Map<string, number>()
  /** What is known of each rig; of those that left nothing. */
  readonly #known = new Map<string, KnownRig>()

  /**
   * Takes the parts. Old debts are forgiven, because they were for other parts.
   * @param pools those that can be worked for; if some cannot, the others' parts are to be raised
   */
  setPools(pools: readonly SplitPool[]): void {
    const same =
      pools.length === this.#pools.length &&
      pools.every(({ poolId, ratio }, n) => {
        const before = this.#pools[n]
        return before?.poolId === poolId && before.ratio === ratio
      })
    if (same) return
    this.#pools = pools
    this.#owed = new Map(pools.map(({ poolId }) => [poolId, 0]))
  }

  /** What a pool is owed, as part of `hashrateHs` for an hour. For tests and views. */
  owedRatio(poolId: string, hashrateHs: number): number {
    return (this.#owed.get(poolId) ?? 0) / (hashrateHs * HOUR_S)
  }

  /**
   * Says which rigs are to work elsewhere from now on. Call it every few seconds.
   * @param rigs all that the split is for
   */
  plan(rigs: readonly SplitRig[], nowMs: number): SplitMove[] {
    this.#forgetAllBut(rigs)
    if (this.#pools.length === 0 || rigs.length === 0) return []
    const totalHs = rigs.reduce((sum, { hashrateHs }) => sum + hashrateHs, 0)
    const hashrates = this.#hashratesOf(rigs)
    this.#book(rigs, totalHs)
    const moves = this.#placeHomeless(rigs, totalHs, hashrates, nowMs)
    if (moves.length > 0) return moves
    const move = this.#settleDebt(rigs, totalHs, hashrates, nowMs)
    return move ? [move] : []
  }

  #book(rigs: readonly SplitRig[], totalHs: number): void {
    let worked = 0
    for (const { id, poolId, workHashes } of rigs) {
      const known = this.#known.get(id)
      const done = known ? workHashes - known.workHashes : 0
      if (known) known.workHashes = workHashes
      else this.#known.set(id, { workHashes, movedMs: -Infinity })
      const owed = poolId === null ? undefined : this.#owed.get(poolId)
      if (poolId === null || owed === undefined) continue
      worked += done
      this.#owed.set(poolId, owed - done)
    }
    const mostOwed = FORGIVEN * totalHs * HOUR_S
    for (const { poolId, ratio } of this.#pools) {
      const owed = (this.#owed.get(poolId) ?? 0) + ratio * worked
      this.#owed.set(poolId, Math.max(-mostOwed, Math.min(mostOwed, owed)))
    }
  }

  /** Rigs that are new, or whose pool is none of ours any more: largest first, each to where most is missing. */
  #placeHomeless(
    rigs: readonly SplitRig[],
    totalHs: number,
    hashrates: Map<string, number>,
    nowMs: number,
  ): SplitMove[] {
    const homeless = rigs.filter(({ poolId }) => poolId === null || !this.#owed.has(poolId))
    homeless.sort((a, b) => b.hashrateHs - a.hashrateHs)
    return homeless.map(({ id, hashrateHs }) => {
      let [bestId, mostMissing] = ['', -Infinity]
      for (const { poolId, ratio } of this.#pools) {
        const missing =
          ratio * totalHs - (hashrates.get(poolId) ?? 0) + (this.#owed.get(poolId) ?? 0) / PLACING_S
        if (missing > mostMissing) [bestId, mostMissing] = [poolId, missing]
      }
      hashrates.set(bestId, (hashrates.get(bestId) ?? 0) + hashrateHs)
      this.#noteMove(id, nowMs)
      return { rigId: id, poolId: bestId }
    })
  }

  /** One rig for the pool that is owed most, if that is more than the band and does not mend by itself. */
  #settleDebt(
    rigs: readonly SplitRig[],
    totalHs: number,
    hashrates: ReadonlyMap<string, number>,
    nowMs: number,
  ): SplitMove | null {
    const band = BAND * totalHs * HOUR_S
    const owed = [...this.#owed.values()]
    if (Math.max(...owed) < band && Math.min(...owed) > -band) return null
    const creditors = this.#pools
      .filter(({ poolId }) => (this.#owed.get(poolId) ?? 0) > 0)
      .sort((a, b) => (this.#owed.get(b.poolId) ?? 0) - (this.#owed.get(a.poolId) ?? 0))
    for (const { poolId, ratio } of creditors) {
      const missingHs = ratio * totalHs - (hashrates.get(poolId) ?? 0)
      const rig = missingHs < 0 ? null : this.#bestToMove(rigs, poolId, missingHs, nowMs)
      if (!rig) continue
      this.#noteMove(rig.id, nowMs)
      return { rigId: rig.id, poolId }
    }
    return null
  }

  /** From pools that got too much: the smallest rig that turns the debt around, else the largest there is. */
  #bestToMove(
    rigs: readonly SplitRig[],
    creditorId: string,
    missingHs: number,
    nowMs: number,
  ): SplitRig | null {
    let best: SplitRig | null = null
    for (const rig of rigs) {
      const { id, poolId, hashrateHs } = rig
      if (poolId === null || poolId === creditorId || (this.#owed.get(poolId) ?? 0) >= 0) continue
      if (nowMs - (this.#known.get(id)?.movedMs ?? -Infinity) < DWELL_MS) continue
      if (best === null || isBetter(hashrateHs, best.hashrateHs, missingHs)) best = rig
    }
    return best
  }

  #hashratesOf(rigs: readonly SplitRig[]): Map<string, number> {
    const hashrates = new Map<string, number>()
    for (const { poolId, hashrateHs } of rigs) {
      if (poolId !== null) hashrates.set(poolId, (hashrates.get(poolId) ?? 0) + hashrateHs)
    }
    return hashrates
  }

  #noteMove(rigId: string, nowMs: number): void {
    const known = this.#known.get(rigId)
    if (known) known.movedMs = nowMs
  }

  #forgetAllBut(rigs: readonly SplitRig[]): void {
    if (this.#known.size <= rigs.length) return
    const present = new Set(rigs.map(({ id }) => id))
    for (const id of this.#known.keys()) if (!present.has(id)) this.#known.delete(id)
  }
}

interface KnownRig {
  workHashes: number
  /** When it was last moved. */
  movedMs: number
}

function isBetter(hashrateHs: number, bestHs: number, missingHs: number): boolean {
  if (bestHs > missingHs) return hashrateHs > missingHs && hashrateHs < bestHs
  return hashrateHs > bestHs
}
