/**
 * Gives each rig its own place in the extranonce, in a layout that every enabled pool can carry, so that a
 * later switch finds it fitting (design, "A pool switch the rig does not notice").
 */
import { HeadframeError } from '../base/index.ts'
import {
  chooseLayout,
  ExtranonceAllocator,
  type ExtranonceLayout,
  type ExtranonceSpace,
} from '../mining/index.ts'
import { type ExtranonceGrant } from './downstream.ts'
import { type PoolConfig } from './upstream.ts'

/** Assumed of a pool that was never connected: SV2 pools grant what we ask for, SV1 pools often just 4. */
const ASSUMED_SV2 = 8
const ASSUMED_SV1 = 4

export class ExtranonceDesk {
  readonly #allocators = new Map<number, ExtranonceAllocator>()
  #configs: readonly PoolConfig[] = []
  readonly #learned = new Map<string, number>()

  setPools(configs: readonly PoolConfig[]): void {
    this.#configs = configs
  }

  /** Remembers what a pool really grants. */
  learn(poolId: string, space: ExtranonceSpace): void {
    this.#learned.set(poolId, space.rollableSize)
  }

  /** Rollable bytes that every enabled pool carries; the ideal 8 when there is none yet. */
  get smallestRollableSize(): number {
    const sizes = this.#configs.filter((config) => config.enabled).map((config) => this.#sizeOf(config))
    return sizes.length === 0 ? ASSUMED_SV2 : Math.min(...sizes)
  }

  /**
   * @throws HeadframeError `extranonce/no-room` when a pool grants too little for rigs to share it,
   *   `extranonce/exhausted` when every value is taken
   */
  grant(rollsVersions: boolean): ExtranonceGrant {
    const layout = this.#layout(rollsVersions)
    if (!layout) {
      throw new HeadframeError(
        'extranonce/no-room',
        `An enabled pool grants only ${this.smallestRollableSize} bytes of extranonce, too few for several rigs: disable that pool.`,
      )
    }
    return { layout, extranonce1: this.#allocator(layout.extranonce1Size).allocate() }
  }

  /** As `grant`, undefined instead of an error. */
  tryGrant(rollsVersions: boolean): ExtranonceGrant | undefined {
    try {
      return this.grant(rollsVersions)
    } catch (error) {
      if (error instanceof HeadframeError) return undefined
      throw error
    }
  }

  release(extranonce1: Uint8Array): void {
    this.#allocator(extranonce1.length).free(extranonce1)
  }

  #layout(rigRollsVersions: boolean): ExtranonceLayout | undefined {
    return chooseLayout({ smallestRollableSize: this.smallestRollableSize, rigRollsVersions })
  }

  #sizeOf(config: PoolConfig): number {
    const assumed = config.endpoint.protocol === 'stratum-v2' ? ASSUMED_SV2 : ASSUMED_SV1
    return this.#learned.get(config.id) ?? config.knownRollableSize ?? assumed
  }

  #allocator(size: number): ExtranonceAllocator {
    let allocator = this.#allocators.get(size)
    if (!allocator) {
      allocator = new ExtranonceAllocator(size)
      this.#allocators.set(size, allocator)
    }
    return allocator
  }
}
