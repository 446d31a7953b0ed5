/**
 * Which pool a rig shall work for: the one its rule names, else its part of the split, else the pool in use. A pool
 * that cannot be relied on is passed over, and its rigs work for the pool in use meanwhile. Pure.
 */
import { type RoutingConfig } from './routing.ts'

/** What the routing says of a rig, whether or not the pool can be had. */
export type Wish =
  | { readonly kind: 'rule'; readonly poolId: string }
  | { readonly kind: 'split' }
  | { readonly kind: 'default' }

const SPLIT: Wish = { kind: 'split' }
const DEFAULT: Wish = { kind: 'default' }

export interface RouteView {
  /** The pool in use for rigs without a rule; null if there is none. */
  readonly defaultId: string | null
  /** Whether a pool exists, is enabled and can be relied on. */
  isUsable(poolId: string): boolean
}

export class RouteDesk {
  readonly #rules = new Map<string, Wish>()
  readonly #split: readonly { readonly poolId: string; readonly ratio: number }[]

  constructor({ rules, split }: RoutingConfig) {
    for (const { rigKeys, poolId } of rules) {
      for (const rigKey of rigKeys) {
        if (!this.#rules.has(rigKey)) this.#rules.set(rigKey, { kind: 'rule', poolId })
      }
    }
    this.#split = split.filter(({ ratio }) => ratio > 0)
  }

  wishOf(rigKey: string): Wish {
    return this.#rules.get(rigKey) ?? (this.#split.length > 0 ? SPLIT : DEFAULT)
  }

  /** Pools that the split names. */
  get splitPoolIds(): string[] {
    return this.#split.map(({ poolId }) => poolId)
  }

  /** The parts of those that can be relied on, raised to one together; empty if none can. */
  usableSplit(view: RouteView): { poolId: string; ratio: number }[] {
    const usable = this.#split.filter(({ poolId }) => view.isUsable(poolId))
    const sum = usable.reduce((total, { ratio }) => total + ratio, 0)
    return usable.map(({ poolId, ratio }) => ({ poolId, ratio: ratio / sum }))
  }

  /**
   * @param assigned the part of the split that the rig was given; null if none yet
   * @returns null if there is no pool at all
   */
  route(wish: Wish, assigned: string | null, view: RouteView): string | null {
    if (wish.kind === 'rule' && view.isUsable(wish.poolId)) return wish.poolId
    if (wish.kind === 'split' && assigned !== null && view.isUsable(assigned)) return assigned
    return view.defaultId
  }
}
