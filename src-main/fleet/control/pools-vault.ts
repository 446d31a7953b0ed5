/**
 * The pools that rigs had before they were changed from here, kept among the secrets because they hold passwords. One for
 * each rig: what was before the last change. Governing document: rig API digest, section 8, rule 8.
 */
import { type PoolsSnapshot, type PoolTarget } from '../families/family.ts'
import { samePlace } from '../model/pool-place.ts'
import { type FleetSecrets } from '../ports.ts'

interface StoredPools {
  readonly snapshot: PoolsSnapshot
  /** What was written then: url and user of each. */
  readonly wrote: readonly { readonly url: string; readonly user: string }[]
}

export class PoolsVault {
  readonly #secrets: FleetSecrets
  readonly #stored = new Map<string, StoredPools>()

  constructor(secrets: FleetSecrets) {
    this.#secrets = secrets
  }

  async load(rigIds: readonly string[]): Promise<void> {
    for (const id of rigIds) {
      const stored = parseStored(await this.#secrets.get(nameOf(id)))
      if (stored) this.#stored.set(id, stored)
    }
  }

  of(rigId: string): PoolsSnapshot | null {
    return this.#stored.get(rigId)?.snapshot ?? null
  }

  /**
   * Keeps what the rig has now. Where it has what was written last and the same is written again, what it had
   * before that is kept: else a second click would lose it.
   * @throws HeadframeError of the secret store
   */
  async keep(rigId: string, snapshot: PoolsSnapshot, toWrite: readonly PoolTarget[]): Promise<void> {
    const before = this.#stored.get(rigId)
    const wrote = toWrite.map(({ url, user }) => ({ url, user }))
    if (before && sameList(before.wrote, wrote) && sameList(before.wrote, snapshot.pools)) return
    const stored: StoredPools = { snapshot, wrote }
    await this.#secrets.set(nameOf(rigId), JSON.stringify(stored))
    this.#stored.set(rigId, stored)
  }

  async forget(rigId: string): Promise<void> {
    this.#stored.delete(rigId)
    await this.#secrets.delete(nameOf(rigId))
  }
}

const nameOf = (rigId: string): string => `rig-pools/${rigId}`

type Place = Pick<PoolTarget, 'url' | 'user'>

/** Empty entries at the end aside. */
function sameList(a: readonly Place[], b: readonly Place[]): boolean {
  const [one, two] = [a, b].map((list) => list.filter(({ url }) => url !== ''))
  return (
    one !== undefined &&
    two !== undefined &&
    one.length === two.length &&
    one.every((entry, i) => {
      const other = two[i]
      return other !== undefined && samePlace(entry.url, other.url) && entry.user === other.user
    })
  )
}

function parseStored(text: string | undefined): StoredPools | null {
  if (text === undefined) return null
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('snapshot' in value) || !('wrote' in value))
      return null
    const { snapshot, wrote } = value
    if (typeof snapshot !== 'object' || snapshot === null || !Array.isArray(wrote)) return null
    if (!('pools' in snapshot) || !Array.isArray(snapshot.pools)) return null
    // Written by `keep` alone, and sealed by the secret store.
    return value as StoredPools
  } catch {
    return null
  }
}
