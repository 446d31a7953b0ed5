/** What is being dragged over the board, and the small label that hangs on the pointer. */
import { shallowRef, type ShallowRef } from 'vue'

export type Dragged = { kind: 'rigs'; rigKeys: readonly string[] } | { kind: 'group'; groupId: string }

export interface BoardDrag {
  readonly dragged: Readonly<ShallowRef<Dragged | null>>
  begin(event: DragEvent, dragged: Dragged, label: string): void
  end(): void
}

export function createBoardDrag(): BoardDrag {
  const dragged = shallowRef<Dragged | null>(null)
  return {
    dragged,
    begin(event, what, label) {
      dragged.value = what
      const { dataTransfer } = event
      if (!dataTransfer) return
      dataTransfer.effectAllowed = 'move'
      dataTransfer.setData('text/plain', label)
      const tag = document.createElement('div')
      tag.textContent = label
      tag.className =
        'fixed -top-20 rounded-md border border-accent bg-raised px-2.5 py-1 text-sm font-medium text-text'
      document.body.append(tag)
      dataTransfer.setDragImage(tag, -10, -6)
      // The browser takes its picture of it before the next turn.
      setTimeout(() => tag.remove(), 0)
    },
    end() {
      dragged.value = null
    },
  }
}
