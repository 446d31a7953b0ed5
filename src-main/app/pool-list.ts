/** The list of pools: adding, changing, ordering, removing. What is saved here is told to the proxy by its owner. */
import { type PoolDraft, type PoolPatch } from '../../src-preload/contract/index.ts'
import { type Entropy, HeadframeError, toHex } from '../base/index.ts'
import { type PoolSettings, type SecretStore, type Settings, type SettingsStore } from '../settings/index.ts'
import { checkFallback, poolEndpoint, mayShareSecret } from './pool-config.ts'
import { withoutPool } from './routing-config.ts'

const ID_BYTES = 6

export class PoolList {
  readonly #settings: SettingsStore
  readonly #secrets: SecretStore
  readonly #entropy: Entropy

  constructor(settings: SettingsStore, secrets: SecretStore, entropy: Entropy) {
    this.#settings = settings
    this.#secrets = secrets
    this.#entropy = entropy
  }

  get all(): readonly PoolSettings[] {
    return this.#settings.current.pools
  }

  /** @throws HeadframeError `pool/unknown` */
  require(id: string): PoolSettings {
    const pool = this.all.find((candidate) => candidate.id === id)
    if (!pool) throw unknownPool(id)
    return pool
  }

  /** Adds a pool at the end; the first one becomes the active one. @throws HeadframeError `pool/invalid-url` */
  async create(draft: PoolDraft): Promise<PoolSettings> {
    poolEndpoint(draft.url)
    checkFallback(draft.fallbackUrl)
    const id = `p${toHex(this.#entropy(ID_BYTES))}`
    const secretRef = draft.password ? await this.#storePassword(id, draft.password) : null
    await this.#settings.update((settings) => ({
      ...settings,
      pools: [
        ...settings.pools,
        {
          id,
          name: draft.name,
          url: cleanUrl(draft.url),
          userIdentity: draft.userIdentity,
          enabled: draft.enabled ?? true,
          fallbackUrl: draft.fallbackUrl ? cleanUrl(draft.fallbackUrl) : null,
          lines: draft.lines ?? 'shared',
          namesRigs: draft.namesRigs ?? false,
          mayMoveTo: draft.mayMoveTo ?? 'same-host',
          listens: draft.listens ?? false,
          solo: draft.solo ?? false,
          versionRolling: draft.versionRolling ?? 'bip320',
          knownRollableSize: null,
          secretRef,
        },
      ],
      activePoolId: settings.activePoolId ?? id,
    }))
    return this.require(id)
  }

  /** @throws HeadframeError `pool/unknown`, `pool/invalid-url` */
  async update(id: string, patch: PoolPatch): Promise<PoolSettings> {
    const before = this.require(id)
    if (patch.url !== undefined) poolEndpoint(patch.url)
    checkFallback(patch.fallbackUrl)
    // A password is for the server it was entered for.
    const moved = patch.url !== undefined && !mayShareSecret(before.url, patch.url)
    const secretRef = await this.#changedPassword(before, patch.password ?? (moved ? '' : undefined))
    await this.#settings.update((settings) => {
      const pools = settings.pools.map((pool) =>
        pool.id === id ? { ...patched(pool, patch), secretRef } : pool,
      )
      return {
        ...settings,
        pools: patch.priority === undefined ? pools : reordered(pools, id, patch.priority),
      }
    })
    return this.require(id)
  }

  /** @throws HeadframeError `pool/unknown`, `pool/active` */
  async remove(id: string, activeId: string | null): Promise<void> {
    const pool = this.require(id)
    if (id === activeId) {
      throw new HeadframeError(
        'pool/active',
        `${pool.name} is in use: switch to another pool before removing it.`,
      )
    }
    await this.#settings.update((settings) => ({
      ...settings,
      pools: settings.pools.filter((candidate) => candidate.id !== id),
      activePoolId: settings.activePoolId === id ? null : settings.activePoolId,
      routing: withoutPool(settings.routing, id),
    }))
    if (pool.secretRef !== null) await this.#secrets.delete(pool.secretRef)
  }

  async setActive(id: string): Promise<void> {
    await this.#settings.update((settings) => ({ ...settings, activePoolId: id }))
  }

  /** Remembers what pools granted, so that the next start gives rigs a fitting layout. */
  async learnGrants(grants: ReadonlyMap<string, number>): Promise<void> {
    const changes = (settings: Settings): boolean =>
      settings.pools.some(({ id, knownRollableSize }) => {
        const size = grants.get(id)
        return size !== undefined && size !== knownRollableSize
      })
    if (!changes(this.#settings.current)) return
    await this.#settings.update((settings) => ({
      ...settings,
      pools: settings.pools.map((pool) => ({
        ...pool,
        knownRollableSize: grants.get(pool.id) ?? pool.knownRollableSize,
      })),
    }))
  }

  async #changedPassword(before: PoolSettings, password: string | undefined): Promise<string | null> {
    if (password === undefined) return before.secretRef
    if (password !== '') return this.#storePassword(before.id, password)
    if (before.secretRef !== null) await this.#secrets.delete(before.secretRef)
    return null
  }

  async #storePassword(poolId: string, password: string): Promise<string> {
    const ref = `pool/${poolId}/password`
    await this.#secrets.set(ref, password)
    return ref
  }
}

function unknownPool(id: string): HeadframeError {
  return new HeadframeError('pool/unknown', 'There is no such pool: reload the list of pools.', {
    context: { id },
  })
}

function patched(pool: PoolSettings, patch: PoolPatch): PoolSettings {
  const url = patch.url === undefined ? pool.url : cleanUrl(patch.url)
  return {
    ...pool,
    name: patch.name ?? pool.name,
    url,
    userIdentity: patch.userIdentity ?? pool.userIdentity,
    enabled: patch.enabled ?? pool.enabled,
    fallbackUrl:
      patch.fallbackUrl === undefined
        ? pool.fallbackUrl
        : patch.fallbackUrl
          ? cleanUrl(patch.fallbackUrl)
          : null,
    lines: patch.lines ?? pool.lines,
    namesRigs: patch.namesRigs ?? pool.namesRigs,
    mayMoveTo: patch.mayMoveTo ?? pool.mayMoveTo,
    listens: patch.listens ?? pool.listens,
    solo: patch.solo ?? pool.solo,
    versionRolling: patch.versionRolling ?? pool.versionRolling,
    knownRollableSize: url === pool.url ? pool.knownRollableSize : null,
  }
}

function reordered(pools: PoolSettings[], id: string, priority: number): PoolSettings[] {
  const pool = pools.find((candidate) => candidate.id === id)
  const others = pools.filter((candidate) => candidate.id !== id)
  return pool ? [...others.slice(0, priority), pool, ...others.slice(priority)] : pools
}

/** Without the blanks and quotes that come along when people paste. */
function cleanUrl(url: string): string {
  return url.trim().replace(/^["'`]+|["'`]+$/g, '')
}
