/** The history of one rig: a window that may follow the clock, and what is stored in it, in two questions of at most twelve lines. */
import { useElementSize, useIntervalFn, useStorage } from '@vueuse/core'
import { computed, watch, type ComputedRef, type Ref } from 'vue'
import type { HistoryMetric } from '@contract'
import { useExplorerStore } from '../../stores/explorer.ts'
import { useExploring, type Exploring } from '../../stores/exploring.ts'
import { useOverviewStore } from '../../stores/overview.ts'
import type { WindowAction } from '../../ui/chart/chart-window.ts'
import { AXIS_LEFT, plotRight } from '../../ui/chart/line-chart-options.ts'
import { useChartWindow, type HeldWindow } from '../../ui/chart/use-chart-window.ts'
import {
  FIRST_CHARTS,
  HISTORY_RANGES,
  RIG_CHARTS,
  rigLines,
  UPTIME_METRICS,
  type HistoryRange,
} from './history-ranges.ts'

export interface RigHistory {
  chosen: Ref<HistoryRange>
  /** `the last hour`; null once the window was moved by hand. */
  words: ComputedRef<string | null>
  window: HeldWindow
  act(action: WindowAction): void
  first: Exploring
  rest: Exploring
}

const RELOAD_MS = 30_000
const YEARS_MS = 3 * 31_536_000_000

const metricsOf = (isFirst: boolean): HistoryMetric[] => [
  ...RIG_CHARTS.filter(({ key }) => FIRST_CHARTS.some((first) => first === key) === isFirst).flatMap(
    ({ metrics }) => metrics,
  ),
  ...(isFirst ? UPTIME_METRICS : []),
]

export function useRigHistory(rigId: () => string, host: Ref<HTMLElement | null>): RigHistory {
  const store = useExplorerStore()
  const overview = useOverviewStore()
  const chosen = useStorage<HistoryRange>('headframe.rig.range', '24h')
  const range = computed(
    () => HISTORY_RANGES.find(({ value }) => value === chosen.value) ?? HISTORY_RANGES[1]!,
  )
  const source = computed(() => store.sources?.find(({ id }) => id === rigId()))

  function bounds(): { from: number; to: number } {
    const to = Math.ceil(overview.coreNow)
    const known = source.value?.firstAt ?? to - YEARS_MS
    return { from: Math.max(0, Math.min(known, to - range.value.spanMs)), to }
  }
  const spanNow = (): { from: number; to: number } => {
    const to = Math.ceil(overview.coreNow)
    return { from: to - range.value.spanMs, to }
  }
  const window = useChartWindow(bounds(), spanNow())
  const following = computed(() => window.shown.value.to >= window.bounds.value.to)
  const untouched = computed(
    () =>
      following.value && Math.round(window.shown.value.to - window.shown.value.from) === range.value.spanMs,
  )
  watch([range, () => overview.overview === null, () => source.value?.firstAt], () =>
    window.open(bounds(), spanNow()),
  )
  watch(
    () => overview.fresh,
    (fresh) => fresh && void store.loadSources(),
    { immediate: true },
  )
  useIntervalFn(() => {
    if (overview.fresh && following.value) window.act({ kind: 'bounds', bounds: bounds(), follow: true })
  }, RELOAD_MS)

  const { width } = useElementSize(host)
  const pixels = computed(() => Math.max(0, width.value - AXIS_LEFT - plotRight(true)) || 600)
  const explore = (isFirst: boolean): Exploring => {
    const metrics = metricsOf(isFirst)
    return useExploring(() =>
      store.sources === null && store.problem === null
        ? null
        : {
            lines: rigLines(metrics, rigId(), source.value?.rigKey ?? null),
            window: window.shown.value,
            bounds: window.bounds.value,
            pixels: pixels.value,
          },
    )
  }
  return {
    chosen,
    words: computed(() => (untouched.value ? range.value.words : null)),
    window,
    act: window.act,
    first: explore(true),
    rest: explore(false),
  }
}
