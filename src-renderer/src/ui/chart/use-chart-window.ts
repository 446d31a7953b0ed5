/** A chart window held for a screen: one place for its charts, its strip and its keys to act on. */
import { computed, shallowRef, type ComputedRef, type ShallowRef } from 'vue'
import { openWindow, windowAfter, type ChartWindow, type Span, type WindowAction } from './chart-window.ts'

export interface HeldWindow {
  state: Readonly<ShallowRef<ChartWindow>>
  shown: ComputedRef<Span>
  bounds: ComputedRef<Span>
  canGoBack: ComputedRef<boolean>
  act(action: WindowAction): void
  /** Begins anew, with nothing to go back to. */
  open(bounds: Span, shown?: Span): void
}

export function useChartWindow(bounds: Span, shown?: Span): HeldWindow {
  const state = shallowRef(openWindow(bounds, shown))
  return {
    state,
    shown: computed(() => state.value.shown),
    bounds: computed(() => state.value.bounds),
    canGoBack: computed(() => state.value.back.length > 0),
    act(action) {
      state.value = windowAfter(state.value, action)
    },
    open(nextBounds, nextShown) {
      state.value = openWindow(nextBounds, nextShown)
    },
  }
}
