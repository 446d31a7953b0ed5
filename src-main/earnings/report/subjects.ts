/**
 * What a report is split by: rigs, pools, and the cells that are one rig at one pool. Each list ends with a "none" for
 * what belongs to no rig or no pool. Whoever is met in the data and not in the lists is added by its key.
 */
import { type PoolTerms } from '../expected/terms.ts'
import { type PoolInput, type ReportInputs, type RigInput } from './inputs.ts'

export interface PoolSubject extends PoolInput {
  readonly terms: PoolTerms | null
}

export class Subjects {
  readonly rigs: readonly RigInput[]
  readonly pools: readonly PoolSubject[]
  /** Index of "no rig", one past the rigs. */
  readonly noRig: number
  readonly noPool: number
  readonly #rigOfId: Map<string, number>
  readonly #rigOfKey = new Map<string, number>()
  readonly #poolOfId: Map<string, number>
  /** By rig and pool; -1 where there is no such cell yet. */
  readonly #cells: Int32Array
  readonly cells: { rig: number; pool: number }[] = []

  constructor(inputs: ReportInputs) {
    const rigs = [...inputs.rigs]
    const known = new Set(rigs.map(({ rigId }) => rigId))
    const keys = new Set(rigs.flatMap(({ rigKeys }) => rigKeys))
    const stranger = (rigId: string, rigKeys: string[]) => {
      known.add(rigId)
      rigKeys.forEach((key) => keys.add(key))
      rigs.push({ ...STRANGER, rigId, name: rigId, rigKeys })
    }
    for (const series of inputs.energy) {
      if (series.kind === 'rig' && !known.has(series.rigId)) stranger(series.rigId, [])
    }
    for (const { rigKey } of inputs.work) {
      if (!keys.has(rigKey)) stranger(known.has(rigKey) ? `${rigKey} (proxy)` : rigKey, [rigKey])
    }
    this.rigs = rigs
    this.#rigOfId = new Map(rigs.map(({ rigId }, i) => [rigId, i]))
    rigs.forEach(({ rigKeys }, i) => rigKeys.forEach((key) => this.#rigOfKey.set(key, i)))

    const terms = new Map(inputs.terms.map((one) => [one.poolId, one]))
    const names = new Map(inputs.pools.map(({ poolId, name }) => [poolId, name]))
    const poolIds = new Set([
      ...names.keys(),
      ...inputs.work.map(({ poolId }) => poolId),
      ...[...inputs.accounts, ...inputs.payouts].flatMap(({ poolId }) => poolId ?? []),
    ])
    this.pools = [...poolIds].map((poolId) => ({
      poolId,
      name: names.get(poolId) ?? poolId,
      terms: terms.get(poolId) ?? null,
    }))
    this.#poolOfId = new Map([...poolIds].map((poolId, i) => [poolId, i]))
    this.noRig = rigs.length
    this.noPool = this.pools.length
    this.#cells = new Int32Array((rigs.length + 1) * (this.pools.length + 1)).fill(-1)
  }

  rigOfId(rigId: string): number {
    return this.#rigOfId.get(rigId) ?? this.noRig
  }

  rigOfKey(rigKey: string): number {
    return this.#rigOfKey.get(rigKey) ?? this.noRig
  }

  poolOf(poolId: string | null): number {
    return poolId === null ? this.noPool : (this.#poolOfId.get(poolId) ?? this.noPool)
  }

  /** Index of the cell of a rig at a pool, made when it is first asked for. */
  cellOf(rig: number, pool: number): number {
    const at = rig * (this.pools.length + 1) + pool
    if (this.#cells[at]! < 0) this.#cells[at] = this.cells.push({ rig, pool }) - 1
    return this.#cells[at]!
  }
}

const STRANGER = {
  groupId: null,
  present: false,
  sinceMs: null,
  untilMs: null,
  source: null,
  enteredW: null,
  joulesPerTh: null,
  nameplateW: null,
}
