/**
 * What all interfaces of Braiins OS on a practice rig know alike: groups of pools, the power target and its limits, and
 * what the machine's boards are called. Governing document: rig API digest, section 5.2.
 */
import { toHex } from '../../base/index.ts'
import { type BodyPool, type RigBody } from './rig-body.ts'

export interface BraiinsPool extends BodyPool {
  readonly uid: string
  readonly enabled: boolean
}

export interface BraiinsGroup {
  readonly uid: string
  readonly name: string
  /** As it was given: `{quota: {value}}` or `{fixedshareratio: {value}}`. */
  readonly strategy: Readonly<Record<string, unknown>>
  readonly pools: readonly BraiinsPool[]
}

export interface BraiinsGroupDraft {
  readonly name: string
  readonly strategy: Readonly<Record<string, unknown>>
  readonly pools: readonly (BodyPool & { readonly enabled: boolean })[]
}

/** Boards of these are numbered as their sockets are. */
const OLD_MODELS = /^S9/
const OLD_FIRST_BOARD = 6

export class BraiinsMachine {
  readonly body: RigBody
  #groups: readonly BraiinsGroup[]

  constructor(body: RigBody) {
    this.body = body
    this.#groups = this.#named([
      {
        name: 'Default',
        strategy: { quota: { value: 1 } },
        pools: body.pools.map((pool) => ({ ...pool, enabled: true })),
      },
    ])
  }

  get groups(): readonly BraiinsGroup[] {
    return this.#groups
  }

  /** The one that is worked for: the first that is enabled. */
  get activePool(): BraiinsPool | null {
    return this.#groups.flatMap(({ pools }) => pools).find(({ enabled }) => enabled) ?? null
  }

  /** Saved; worked for from the next start of its miner. @returns what is wrong, or null */
  replaceGroups(drafts: readonly BraiinsGroupDraft[]): string | null {
    if (drafts.length === 0) return 'At least one pool group is required'
    for (const { name, pools } of drafts) {
      if (name === '') return 'Group name must not be empty'
      if (pools.length === 0) return `Group "${name}" has no pools`
      const bad = pools.find(
        ({ url }) => !/^(?:stratum\+tcp|stratum\+ssl|stratum2\+tcp):\/\/[^\s/]+:\d+/.test(url),
      )
      if (bad !== undefined) return `Invalid pool URL: ${bad.url}`
      if (pools.some(({ user }) => user === '')) return 'Pool user must not be empty'
    }
    this.#groups = this.#named(drafts)
    const enabled = this.#groups.flatMap(({ pools }) => pools).filter((pool) => pool.enabled)
    this.body.savePools(enabled.map(({ url, user, password }) => ({ url, user, password })))
    return null
  }

  get powerTargetW(): number {
    return this.body.powerLimitW ?? this.body.blueprint.nameplateW
  }

  get powerLimitsW(): { readonly default: number; readonly min: number; readonly max: number } {
    const { nameplateW } = this.body.blueprint
    return {
      default: nameplateW,
      min: Math.round(nameplateW * 0.4),
      max: Math.round(nameplateW * 1.2),
    }
  }

  /** @returns what is wrong, or null */
  setPowerTarget(watts: unknown): string | null {
    const { min, max } = this.powerLimitsW
    if (typeof watts !== 'number' || watts < min || watts > max) {
      return `Power target must be between ${String(min)} and ${String(max)} W`
    }
    this.body.powerLimitW = watts
    return null
  }

  get modelName(): string {
    const { make, model } = this.body.blueprint
    return `${make} ${model}`
  }

  /** `2025-08-06-0-3881c51d-25.07-plus` */
  get fullVersion(): string {
    const { firmwareVersion } = this.body.blueprint
    return firmwareVersion.includes('-') ? firmwareVersion : `2025-08-06-0-3881c51d-${firmwareVersion}-plus`
  }

  get boardIds(): readonly number[] {
    const { model, boardCount } = this.body.blueprint
    const first = OLD_MODELS.test(model) ? OLD_FIRST_BOARD : 1
    return Array.from({ length: boardCount }, (_, index) => first + index)
  }

  #named(drafts: readonly BraiinsGroupDraft[]): BraiinsGroup[] {
    return drafts.map(({ name, strategy, pools }, index) => ({
      uid: String(index),
      name,
      strategy,
      pools: pools.map((pool) => ({ ...pool, uid: toHex(this.body.entropy(8)) })),
    }))
  }
}
