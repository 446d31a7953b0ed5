/**
 * The explorer's moving parts joined: what was chosen, the window over it, the address that says both, the clock that a
 * range like the last hour goes along with.
 */
import { useDebounceFn, useIntervalFn } from '@vueuse/core'
import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { useExplorerStore } from '../../stores/explorer.ts'
import { useOverviewStore } from '../../stores/overview.ts'
import { spanMs, type Span, type WindowAction } from '../../ui/chart/chart-window.ts'
import { useChartWindow, type HeldWindow } from '../../ui/chart/use-chart-window.ts'
import {
  RANGES,
  readQuery,
  SHARE_METRICS,
  START_STATE,
  writeQuery,
  type ExplorerRange,
  type ExplorerState,
} from './explorer-state.ts'

export interface Explorer {
  state: Readonly<ShallowRef<ExplorerState>>
  window: HeldWindow
  /** Whether the window ends now and goes along with it. */
  following: ComputedRef<boolean>
  set(change: Partial<ExplorerState>): void
  setRange(range: Exclude<ExplorerRange, 'custom'>): void
  act(action: WindowAction): void
}

const TICK_MS = 5000
/** A window is moved when that shows: by a pixel or so. */
const STEPS_PER_WINDOW = 700
const WRITE_MS = 250
/** Before anything is known. */
const LEAST_BOUNDS_MS = 3_600_000

export function useExplorer(): Explorer {
  const store = useExplorerStore()
  const overview = useOverviewStore()
  const route = useRoute()
  const router = useRouter()
  const state = shallowRef<ExplorerState>(readQuery(route.query))

  function boundsNow(): Span {
    const to = Math.ceil(overview.coreNow)
    const known = (store.sources ?? []).flatMap(({ firstAt }) => firstAt ?? [])
    const asked = state.value.span?.from ?? to
    const from = known.length === 0 ? Math.min(asked, to - LEAST_BOUNDS_MS) : Math.min(...known)
    return { from: Math.min(from, to - LEAST_BOUNDS_MS), to }
  }
  function spanOf({ range, span }: ExplorerState, bounds: Span): Span {
    if (range === 'custom' && span !== null) return span
    const length = RANGES.find(({ value }) => value === range)?.spanMs ?? spanMs(bounds)
    return { from: bounds.to - length, to: bounds.to }
  }
  const bounds = boundsNow()
  const window = useChartWindow(bounds, spanOf(state.value, bounds))
  const following = computed(() => state.value.range !== 'custom')

  function set(change: Partial<ExplorerState>): void {
    state.value = { ...state.value, ...change }
  }
  function setRange(range: Exclude<ExplorerRange, 'custom'>): void {
    set({ range, span: null })
    const next = boundsNow()
    window.act({ kind: 'bounds', bounds: next })
    window.act({ kind: 'select', span: spanOf(state.value, next) })
  }
  function act(action: WindowAction): void {
    const before = window.shown.value
    window.act(action)
    if (window.shown.value !== before) set({ range: 'custom', span: window.shown.value })
  }

  // How far back there is anything is known only once the sources are.
  watch(
    () => store.sources,
    (sources) => {
      const onlyShares = (sources ?? []).every(({ kind }) => kind !== 'rig')
      if (onlyShares && route.query.metrics === undefined && state.value.metrics === START_STATE.metrics)
        set({ metrics: SHARE_METRICS })
      const next = boundsNow()
      window.open(next, spanOf(state.value, next))
    },
  )
  // The core's clock is known with its first report; until then this page's was taken.
  watch(
    () => overview.overview !== null,
    () => following.value && tick(true),
  )
  function tick(now = false): void {
    if (!following.value || (!overview.fresh && !now)) return
    const next = boundsNow()
    const moved = Math.abs(next.to - window.bounds.value.to)
    if (!now && moved < spanMs(window.shown.value) / STEPS_PER_WINDOW) return
    window.act({ kind: 'bounds', bounds: next, follow: true })
  }
  useIntervalFn(() => tick(), TICK_MS)

  let written = JSON.stringify(writeQuery(state.value))
  const write = useDebounceFn(() => {
    const query = writeQuery(state.value)
    if (JSON.stringify(query) === written || route.name !== 'history') return
    written = JSON.stringify(query)
    void router.replace({ query })
  }, WRITE_MS)
  watch(state, () => void write())
  // A link to another view, or the way back to one.
  watch(
    () => route.query,
    (query) => {
      if (route.name !== 'history') return
      const read = readQuery(query)
      const text = JSON.stringify(writeQuery(read))
      if (text === written) return
      written = text
      state.value = read
      const next = boundsNow()
      window.open(next, spanOf(read, next))
    },
  )

  return { state, window, following, set, setRange, act }
}
