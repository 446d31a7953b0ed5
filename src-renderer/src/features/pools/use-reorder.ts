/** Dragging a pool to another place: which row is dragged, and where it would land. */
import { shallowRef, type Ref } from 'vue'

export type DropMark = 'above' | 'below' | null

export interface Reorder {
  begin(id: string): void
  /** The pointer is over the row at `index`. */
  over(index: number, event: DragEvent): void
  drop(): void
  cancel(): void
  dropMark(index: number): DropMark
}

export function useReorder(
  items: Readonly<Ref<readonly { id: string }[]>>,
  move: (id: string, toIndex: number) => void,
): Reorder {
  const dragged = shallowRef<string | null>(null)
  /** Index that the dragged item would be inserted before, 0 to length. */
  const slot = shallowRef<number | null>(null)

  function cancel(): void {
    dragged.value = null
    slot.value = null
  }

  return {
    begin(id) {
      dragged.value = id
    },
    over(index, event) {
      if (dragged.value === null || !(event.currentTarget instanceof HTMLElement)) return
      const { top, height } = event.currentTarget.getBoundingClientRect()
      slot.value = event.clientY > top + height / 2 ? index + 1 : index
    },
    drop() {
      const id = dragged.value
      const to = slot.value
      cancel()
      if (id === null || to === null) return
      const from = items.value.findIndex((item) => item.id === id)
      // Taking the item out moves everything below it up by one.
      const index = to > from ? to - 1 : to
      if (index !== from) move(id, index)
    },
    cancel,
    dropMark(index) {
      if (dragged.value === null || slot.value === null) return null
      if (slot.value === index) return 'above'
      return slot.value === index + 1 && index === items.value.length - 1 ? 'below' : null
    },
  }
}
