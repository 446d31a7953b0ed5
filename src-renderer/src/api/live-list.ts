/**
 * A list that is followed: the snapshot, then changes in order, kept by id. A change whose revision does
 * not follow the last one is refused, and the follower asks for a new snapshot.
 */
import type { LiveList } from '@contract'
import { shallowRef, type ShallowRef } from 'vue'

export interface FollowedList<T extends { id: string }> {
  /** Replaced, never mutated, at every change; in the order of first appearance. Null before the first snapshot. */
  readonly items: Readonly<ShallowRef<readonly T[] | null>>
  find(id: string): T | undefined
  /** False: a gap, nothing was applied. */
  apply(event: LiveList<T>): boolean
  clear(): void
}

export function createFollowedList<T extends { id: string }>(): FollowedList<T> {
  const items = shallowRef<readonly T[] | null>(null)
  const byId = new Map<string, T>()
  let revision: number | null = null

  function publish(): void {
    items.value = [...byId.values()]
  }

  return {
    items,
    find: (id) => byId.get(id),
    apply(event) {
      if (event.kind === 'snapshot') {
        byId.clear()
        for (const item of event.items) byId.set(item.id, item)
      } else {
        if (revision === null || event.revision !== revision + 1) return false
        for (const id of event.removedIds) byId.delete(id)
        for (const item of event.upserts) byId.set(item.id, item)
      }
      revision = event.revision
      publish()
      return true
    },
    clear() {
      byId.clear()
      revision = null
      items.value = null
    },
  }
}
