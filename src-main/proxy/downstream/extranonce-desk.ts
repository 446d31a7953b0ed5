/**
 * Gives each rig its own place in the extranonce, in a layout that every enabled pool can carry, so that a
 * later switch finds it fitting (design, "A pool switch the rig does not notice").
 */
import { HeadframeError } from '../../base/index.ts'
import {
  chooseLayout,
  type ExtranonceLayout,
  ExtranoncePlaces,
  type ExtranonceSpace,
} from '../../mining/index.ts'
import { type ExtranonceGrant, type ExtranonceRequest } from './downstream.ts'
import { type PoolConfig } from '../upstream/upstream.ts'

/** Assumed of a pool that was never connected: SV2 pools grant what we ask for, SV1 pools often just 4. */
const ASSUMED_SV2 = 8
const ASSUMED_SV1 = 4
/** Of the 32 bytes that an extranonce has at most, a pool keeps some. */
const MOST_GRANTED = 28

export class ExtranonceDesk {
  readonly #places = new ExtranoncePlaces()
  #configs: readonly PoolConfig[] = []
  readonly #learned = new Map<string, number>()

  setPools(configs: readonly PoolConfig[]): void {
    this.#configs = configs
  }

  /** Remembers what a pool really grants. */
  learn(poolId: string, space: ExtranonceSpace): void {
    this.#learned.set(poolId, space.rollableSize)
  }

  /** Whether rigs can share what a pool grants at all. */
  carriesRigs(space: ExtranonceSpace): boolean {
    return layoutFor(space.rollableSize, ANY_RIG) !== undefined
  }

  /**
   * Room for one more rig. A pool that grants too little for such a rig is left out of account, unless it is
   * the one in use: one odd pool in the list must not keep rigs from the others.
   * @param current what the pool in use grants; null if none is
   * @throws HeadframeError `extranonce/no-room` when no pool that counts has room for such a rig,
   *   `extranonce/exhausted` when every value is taken
   */
  grant(request: ExtranonceRequest, current: ExtranonceSpace | null): ExtranonceGrant {
    const sizes = this.#configs.filter((config) => config.enabled).map((config) => this.#sizeOf(config))
    if (current) sizes.push(current.rollableSize)
    const carriers = sizes.filter((size) => layoutFor(size, request) !== undefined)
    const smallest = carriers.length > 0 ? Math.min(...carriers) : this.#hopedFor
    const served = current === null || carriers.includes(current.rollableSize)
    const layout = served ? layoutFor(smallest, request) : undefined
    if (!layout) throw noRoom(current?.rollableSize ?? (sizes.length > 0 ? Math.max(...sizes) : ASSUMED_SV2))
    return { layout, extranonce1: this.#places.take(layout) }
  }

  /** As `grant`, undefined instead of an error. */
  tryGrant(request: ExtranonceRequest, current: ExtranonceSpace): ExtranonceGrant | undefined {
    try {
      return this.grant(request, current)
    } catch (error) {
      if (error instanceof HeadframeError) return undefined
      throw error
    }
  }

  release({ extranonce1, layout }: ExtranonceGrant): void {
    this.#places.free(extranonce1, layout)
  }

  /** For a rig that none can carry as far as we know: what a pool that was never connected may yet grant, bytes. */
  get #hopedFor(): number {
    const enabled = this.#configs.filter((config) => config.enabled)
    if (enabled.length === 0) return ASSUMED_SV2
    return enabled.some((config) => this.#knownSizeOf(config) === null) ? MOST_GRANTED : 0
  }

  #sizeOf(config: PoolConfig): number {
    const assumed = config.endpoint.protocol === 'stratum-v2' ? ASSUMED_SV2 : ASSUMED_SV1
    return this.#knownSizeOf(config) ?? assumed
  }

  #knownSizeOf(config: PoolConfig): number | null {
    return this.#learned.get(config.id) ?? config.knownRollableSize
  }
}

/** The least a rig can ask for. */
const ANY_RIG: ExtranonceRequest = { rollsVersions: true, minimumRollableSize: 0 }

function layoutFor(smallestRollableSize: number, request: ExtranonceRequest): ExtranonceLayout | undefined {
  return chooseLayout({
    smallestRollableSize,
    rigRollsVersions: request.rollsVersions,
    minimumRollableSize: request.minimumRollableSize,
  })
}

function noRoom(size: number): HeadframeError {
  return new HeadframeError(
    'extranonce/no-room',
    `The pool grants only ${bytesText(size)} of extranonce, too few for this rig beside others. Use another pool, or switch on version rolling in the rig.`,
    { context: { size } },
  )
}

/** `1 byte`, `3 bytes`. */
export function bytesText(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`
}
