/**
 * Which rigs are chosen: ids, never places in the table, so that sorting or a new reading never changes whom an action is
 * for.
 */
import { computed, shallowRef, watch, type ComputedRef, type Ref } from 'vue'

export interface RigSelection {
  readonly ids: Readonly<Ref<ReadonlySet<string>>>
  readonly count: ComputedRef<number>
  has(id: string): boolean
  /** This one alone. */
  only(id: string): void
  toggle(id: string): void
  /** From where the last choice was made to here, in the order that is shown; what was chosen before stays. */
  extendTo(id: string, order: readonly string[]): void
  add(ids: readonly string[]): void
  remove(ids: readonly string[]): void
  clear(): void
}

/** `known` are all ids there are: what goes away is no longer chosen. */
export function useSelection(known: Readonly<Ref<ReadonlySet<string>>>): RigSelection {
  const ids = shallowRef<ReadonlySet<string>>(new Set())
  let anchor: string | null = null

  watch(known, (all) => {
    if ([...ids.value].some((id) => !all.has(id)))
      ids.value = new Set([...ids.value].filter((id) => all.has(id)))
  })

  function add(more: readonly string[]): void {
    ids.value = new Set([...ids.value, ...more])
  }
  function remove(fewer: readonly string[]): void {
    const gone = new Set(fewer)
    ids.value = new Set([...ids.value].filter((id) => !gone.has(id)))
  }

  return {
    ids,
    count: computed(() => ids.value.size),
    has: (id) => ids.value.has(id),
    only(id) {
      anchor = id
      ids.value = new Set([id])
    },
    toggle(id) {
      anchor = id
      if (ids.value.has(id)) remove([id])
      else add([id])
    },
    extendTo(id, order) {
      const to = order.indexOf(id)
      const from = anchor === null ? -1 : order.indexOf(anchor)
      if (from === -1 || to === -1) {
        anchor = id
        add([id])
      } else add(order.slice(Math.min(from, to), Math.max(from, to) + 1))
    },
    add,
    remove,
    clear() {
      anchor = null
      ids.value = new Set()
    },
  }
}
