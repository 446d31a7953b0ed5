/** From what a person chose to the lines that are asked for, and from the answer to the charts above each other. Pure. */
import type { ExploreQuery, ExploreSeries, HistorySource, MetricUnit } from '@contract'
import { isShareMetric, metricWords } from '../../format/metrics.ts'
import { unitName } from '../../format/units.ts'
import { joinAround, type ChartData } from '../../ui/chart/chart-data.ts'
import { exploredChart, seriesColour, type ExploredAnswer } from '../../ui/chart/explored-chart.ts'
import { MOST_RIGS, offsetWords, type ExplorerState } from './explorer-state.ts'

type Line = ExploreQuery['lines'][number]

/** Which rigs get a line of their own: those chosen, or the first that are there. */
export function rigsDrawn(state: ExplorerState, sources: readonly HistorySource[]): string[] {
  const chosen =
    state.rigs.length > 0 ? state.rigs : sources.filter(({ kind }) => kind !== 'meter').map(({ id }) => id)
  return chosen.slice(0, MOST_RIGS)
}

/** The proxy knows rigs by their keys: those of them that it knows. */
function keysOf(ids: readonly string[], sources: readonly HistorySource[]): string[] {
  const byId = new Map(sources.map((source) => [source.id, source]))
  return ids.flatMap((id) => {
    const source = byId.get(id)
    if (source === undefined) return []
    return source.kind === 'proxy-rig' ? source.id : (source.rigKey ?? [])
  })
}

export function linesOf(state: ExplorerState, sources: readonly HistorySource[]): Line[] {
  const all = state.rigs.length === 0 && !state.each
  const ids = state.each ? rigsDrawn(state, sources) : [...state.rigs]
  const lines = state.metrics.flatMap((metric): Line[] => {
    const rigs = all ? null : isShareMetric(metric) ? keysOf(ids, sources) : ids
    // Rigs that the proxy never saw have no shares; asking for none would be asking for all.
    if (rigs !== null && rigs.length === 0) return []
    return [{ metric, rigs, together: !state.each, offsetMs: 0 }]
  })
  if (state.offsetMs === 0) return lines
  return lines.flatMap((line) => [line, { ...line, offsetMs: state.offsetMs }])
}

export interface UnitChart {
  unit: MetricUnit
  title: string
  data: ChartData
}

/** A chart for each unit, in the order the metrics were chosen in. */
export function chartsOf(
  state: ExplorerState,
  fine: ExploredAnswer,
  coarse: ExploredAnswer | null,
): UnitChart[] {
  const units = [...new Set(state.metrics.map((metric) => metricWords(metric).unit))]
  return units.flatMap((unit) => {
    const metrics = state.metrics.filter((metric) => metricWords(metric).unit === unit)
    const colours = new Map<string, string>()
    const look = (series: ExploreSeries, line: Line | undefined) => {
      if (series.unit !== unit || !metrics.includes(series.metric)) return null
      const offsetMs = line?.offsetMs ?? 0
      const key = `${series.metric}|${series.rig ?? ''}`
      const colour = colours.get(key) ?? seriesColour(colours.size)
      colours.set(key, colour)
      const { title } = metricWords(series.metric)
      const name =
        series.rig === null ? title : metrics.length === 1 ? series.name : `${series.name}: ${title}`
      return {
        name: offsetMs === 0 ? name : `${name}, ${offsetWords(offsetMs)}`,
        colour,
        dashed: offsetMs !== 0,
      }
    }
    const data = exploredChart(fine, look)
    if (data.lines.length === 0) return []
    const title = metrics.length === 1 ? metricWords(metrics[0]!).title : unitName(unit)
    return [{ unit, title, data: joinAround(data, coarse === null ? null : exploredChart(coarse, look)) }]
  })
}
