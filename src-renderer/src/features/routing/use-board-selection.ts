/** Which rigs are chosen on the board, across its columns, by rigKey. */
import { computed, shallowRef, type ComputedRef, type ShallowRef } from 'vue'

export interface BoardSelection {
  readonly keys: Readonly<ShallowRef<ReadonlySet<string>>>
  readonly list: ComputedRef<readonly string[]>
  toggle(key: string): void
  /** Adds these, or takes them away if all of them are chosen already. */
  toggleAll(keys: readonly string[]): void
  add(keys: readonly string[]): void
  clear(): void
  /** Forgets what is not there any more. */
  keepOnly(known: ReadonlySet<string>): void
}

export function createBoardSelection(): BoardSelection {
  const keys = shallowRef<ReadonlySet<string>>(new Set())

  function add(more: readonly string[]): void {
    keys.value = new Set([...keys.value, ...more])
  }
  function remove(gone: ReadonlySet<string>): void {
    keys.value = new Set([...keys.value].filter((key) => !gone.has(key)))
  }

  return {
    keys,
    list: computed(() => [...keys.value]),
    add,
    toggle(key) {
      if (keys.value.has(key)) remove(new Set([key]))
      else add([key])
    },
    toggleAll(all) {
      if (all.length > 0 && all.every((key) => keys.value.has(key))) remove(new Set(all))
      else add(all)
    },
    clear() {
      if (keys.value.size > 0) keys.value = new Set()
    },
    keepOnly(known) {
      if ([...keys.value].some((key) => !known.has(key)))
        keys.value = new Set([...keys.value].filter((key) => known.has(key)))
    },
  }
}
